// SPDX-License-Identifier: GPL-2.0
// tables/summary.csv; see summary.h.
#include "report/summary.h"

#include "measure/metric.h"

namespace osext::report {

Table summary_table(const RunInfo& info, std::span<const Series> series) {
  Table table;
  table.id = "summary";
  table.title = "Every measured series";
  for (const char* id :
       {"experiment", "mechanism", "workload", "params", "metric", "unit", "source", "machine",
        "kernel", "n", "min", "median", "mean", "p99", "max", "status", "reason"}) {
    Column column;
    column.id = column.title = id;
    table.columns.push_back(column);
  }
  for (const Series& one : series) {
    const auto number = [&](Fixed value) { return one.n > 0 ? to_string(value) : std::string(); };
    // A record that only says why there is no value has no metric, so it has no source either.
    const std::string source =
        one.metric.empty() ? ""
                           : std::string(osext::to_string(source_of(one.metric, info.machine)));
    Row row;
    for (std::string text : {one.cell.experiment, one.cell.mechanism, one.cell.workload,
                             osext::to_string(one.cell.params), one.metric, one.unit, source,
                             info.machine, info.kernel, std::to_string(one.n), number(one.min),
                             number(one.median), number(one.mean), number(one.p99), number(one.max),
                             std::string(osext::to_string(one.status)), one.reason}) {
      row.cells.push_back({std::move(text)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace osext::report
