// SPDX-License-Identifier: GPL-2.0
// Table and figure of rows beside CPU-bound tasks; see background.h.
#include "report/background.h"

#include <algorithm>
#include <map>
#include <set>

#include "report/data/embedded.h"
#include "report/status.h"
#include "report/validity.h"

namespace osext::report {
namespace {

std::set<std::uint64_t> loads_of(std::span<const Curve> curves) {
  std::set<std::uint64_t> loads;
  for (const Curve& curve : curves)
    for (const auto& [tasks, row] : curve.points) loads.insert(tasks);
  return loads;
}

std::optional<Fixed> value_at(const Curve& curve, std::uint64_t tasks, const Shown& shown) {
  const auto point = curve.points.find(tasks);
  if (point == curve.points.end()) return std::nullopt;
  const auto value = figure_of(*point->second, shown.metric);
  if (!value) return std::nullopt;
  return quotient(value->thousandths, 1000 * shown.unit_ops);
}

// "" if there is no such figure; a row that failed says so in its first column.
Value value_text(const Curve& curve, std::uint64_t tasks, const Shown& shown, bool first) {
  if (const auto value = value_at(curve, tasks, shown)) return {to_string(*value), Tone::plain};
  const auto point = curve.points.find(tasks);
  if (!first || point == curve.points.end() || point->second->usable()) return {""};
  return status_value(*point->second);
}

// Why figures are missing: one note a reason.
void append_status_notes(Table& table, std::span<const Curve> curves) {
  std::map<std::string, std::string> notes;  // by reason
  for (const Curve& curve : curves) {
    for (const auto& [tasks, row] : curve.points) {
      if (row->status == Status::ok) continue;
      std::string& rows = notes[status_text(*row)];
      rows += (rows.empty() ? "" : "; ") + title_of(curve) + ", " + std::to_string(tasks) +
              " background tasks";
    }
  }
  for (const auto& [reason, rows] : notes) table.notes.push_back(rows + ": " + reason);
}

void append(std::vector<std::string>& all, std::vector<std::string> more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

std::string title_of(const Curve& curve) {
  std::string text = curve.mechanism == "linux"    ? "Linux"
                     : curve.mechanism == "hijack" ? "Hijack"
                     : curve.mechanism == "uls"    ? "ULS"
                     : curve.mechanism == "safex"  ? "SafeX"
                                                   : curve.mechanism;
  for (const char* key : {"policy", "receiver", "hosts", "until", "highres"}) {
    const auto found = curve.params.find(key);
    if (found == curve.params.end() || found->second == "hijack") continue;
    if (found->second == "hijack_extended") {
      text += " Extended";
      continue;
    }
    const std::string name = key;
    text +=
        ", " + (name == "highres"    ? "highres=" + found->second
                : name == "until"    ? "until the " + found->second + " runs"
                : name == "receiver" ? found->second + " receiver"
                : name == "hosts"    ? found->second + (found->second == "one" ? " host" : " hosts")
                                     : found->second);
  }
  return text;
}

Table background_table(const RunInfo& info, const std::string& id, const std::string& title,
                       const std::vector<std::string>& lead, std::span<const Curve> curves,
                       std::span<const Shown> shown) {
  Table table;
  table.id = id;
  table.title = title + ": " + setting(info, "");
  table.lead = time_provenance(info);
  append(table.lead, lead);
  table.group_id = "mechanism";
  table.columns = {column("row", "CPU-bound tasks beside it:", "", Align::left)};
  const auto loads = loads_of(curves);
  for (const Shown& one : shown)
    for (const std::uint64_t tasks : loads)
      table.columns.push_back(
          column(one.id + "_" + std::to_string(tasks), std::to_string(tasks), one.band));
  for (const Curve& curve : curves) {
    Row row{curve.mechanism, {{title_of(curve)}}};
    for (const Shown& one : shown)
      for (const std::uint64_t tasks : loads)
        row.cells.push_back(value_text(curve, tasks, one, &one == &shown.front()));
    table.rows.push_back(std::move(row));
  }
  append_status_notes(table, curves);
  append(table.notes, time_reservations(info));
  return table;
}

Figure background_figure(const RunInfo& info, const std::string& name, const std::string& title,
                         const std::string& axis, std::span<const Curve> curves,
                         const Shown& shown) {
  Figure figure;
  figure.name = name;
  figure.program = kBackgroundPlot;
  figure.data =
      "# " + title + ". Columns: CPU-bound tasks, then " + axis +
      " of each line; ? = no value.\n# Written by osext, drawn by background.gp.\n# tasks";
  std::vector<std::string> lines;
  bool any = false;
  for (const Curve& curve : curves) {
    lines.push_back(title_of(curve));
    figure.data += " " + quoted_column(lines.back());
  }
  figure.data += '\n';
  const auto loads = loads_of(curves);
  for (const std::uint64_t tasks : loads) {
    figure.data += std::to_string(tasks);
    for (const Curve& curve : curves) {
      const auto value = value_at(curve, tasks, shown);
      any = any || value;
      figure.data += " " + (value ? to_string(*value) : "?");
    }
    figure.data += '\n';
  }
  if (!any) figure.nothing = "No plot: no row of this experiment has a figure.";
  figure.set("title_text", title);
  figure.set("subtitle_text", setting(info, ""));
  figure.set("axis_text", axis);
  figure.set("line", lines);
  figure.set("note", time_reservations(info));
  figure.set("most_tasks", loads.empty() ? 1 : std::max<std::size_t>(1, *loads.rbegin()));
  return figure;
}

}  // namespace osext::report
