// SPDX-License-Identifier: GPL-2.0
// Section of extension_abort; see extension_abort.h.
#include "report/extension_abort.h"

#include <algorithm>
#include <set>

#include "report/data/embedded.h"
#include "report/primitive_cost.h"
#include "report/status.h"
#include "report/sweep.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "extension_abort";
constexpr const char* kAlong = "budget_us";
constexpr const char* kMetrics[] = {"overrun_ns", "abort_latency_ns"};

// The mechanism, and how it differs from its other lines.
std::string title_of(const Curve& curve) {
  const std::string variant = variant_text(curve.params);
  return curve.mechanism + (variant.empty() ? "" : " " + variant);
}

std::vector<Curve> lines_of(const Block& block, std::string_view workload) {
  std::vector<Curve> all = curves(block, kAlong);
  std::erase_if(all, [&](const Curve& curve) { return curve.workload != workload; });
  return all;
}

void append_reasons(Table& table, const std::string& title, const Measured& row) {
  if (row.status == Status::ok) return;
  table.notes.push_back(title + ": " + status_text(row));
}

Table runaway_table(const RunInfo& info, const Block& block) {
  Table table;
  table.id = kExperiment;
  table.title = "Extensions that never return: " + setting(info, "");
  table.lead = time_provenance(info);
  table.lead.push_back(
      "overrun: from the call of an extension to its last instruction, less its budget, so that "
      "the "
      "way in counts; back: from there until the caller went on. Medians and the longest, in ns.");
  table.group_id = "mechanism";
  table.columns = {column("budget_us", "budget, us", ""),
                   column("n", "n", ""),
                   column("overrun_median_ns", "median", "overrun"),
                   column("overrun_max_ns", "max", "overrun"),
                   column("back_median_ns", "median", "back"),
                   column("back_max_ns", "max", "back")};
  for (const Curve& curve : lines_of(block, "runaway")) {
    for (const auto& [budget, row] : curve.points) {
      const Series* overrun = row->usable() ? row->find(kMetrics[0]) : nullptr;
      const Series* back = row->usable() ? row->find(kMetrics[1]) : nullptr;
      Row line{title_of(curve), {{std::to_string(budget)}}};
      if (overrun && back) {
        line.cells.push_back({std::to_string(overrun->n), Tone::muted});
        line.cells.push_back({to_string(overrun->median), Tone::strong});
        line.cells.push_back({to_string(overrun->max)});
        line.cells.push_back({to_string(back->median), Tone::strong});
        line.cells.push_back({to_string(back->max)});
      } else {
        line.cells.push_back(status_value(*row));
        append_reasons(table, title_of(curve) + ", " + std::to_string(budget) + " us", *row);
      }
      line.cells.resize(table.columns.size());
      table.rows.push_back(std::move(line));
    }
  }
  for (const std::string& note : time_reservations(info)) table.notes.push_back(note);
  return table;
}

// What a budget costs who keeps it.
Table kept_table(const RunInfo& info, const Block& block) {
  Table table;
  table.id = std::string(kExperiment) + "_kept";
  table.title = "Extensions that return at once: " + setting(info, "");
  table.lead = {"The same call, with nothing to end: what is left of the budget costs nothing."};
  table.group_id = "mechanism";
  table.columns = {column("budget_us", "budget, us", ""),
                   column("median_ns", "median", "ns a call"),
                   column("max_ns", "max", "ns a call")};
  for (const Curve& curve : lines_of(block, "in_budget"))
    for (const auto& [budget, row] : curve.points) {
      const Series* time = row->usable() ? row->find("time_ns") : nullptr;
      Row line{title_of(curve), {{std::to_string(budget)}}};
      line.cells.push_back(
          {time ? to_string(time->median) : std::string(osext::to_string(row->status)),
           Tone::strong});
      line.cells.push_back({time ? to_string(time->max) : ""});
      append_reasons(table, title_of(curve) + ", " + std::to_string(budget) + " us", *row);
      table.rows.push_back(std::move(line));
    }
  return table;
}

std::optional<std::int64_t> count_of(const Measured& row, const std::string& name) {
  for (const Series* series : row.series) {
    const auto count = series->counters.find(name);
    if (count != series->counters.end()) return count->second;
  }
  return std::nullopt;
}

// Plain eBPF: no budget, only an end.
Table verifier_table(const RunInfo& info, const Block& block) {
  Table table;
  table.id = std::string(kExperiment) + "_verifier";
  table.title = "What the verifier of plain eBPF accepts: " + setting(info, "");
  table.lead = {
      "One bpf_loop() around a function that does nothing, with as many rounds as it takes. It "
      "ends, and that is all that is known of it: no budget, and nothing that would end it sooner. "
      "accepted: so many loops in each other; each level multiplies the time by the rounds, so "
      "that two would run for days: not run."};
  table.group_id = "mechanism";
  table.columns = {column("rounds", "rounds", ""), column("time_ms", "ms", ""),
                   column("accepted_levels", "accepted", "")};
  for (const Measured& row : block.rows) {
    if (row.workload != "verifier_bound") continue;
    const Fixed* time = row.usable() ? row.median("time_ns") : nullptr;
    const auto text = [&](const char* name) {
      const auto count = count_of(row, name);
      return Value{count ? std::to_string(*count) : ""};
    };
    const std::string ms =
        time ? to_string(quotient(time->thousandths, 1'000'000'000)) : std::string();
    table.rows.push_back({row.mechanism,
                          {text("rounds"),
                           {ms.empty() ? std::string(osext::to_string(row.status)) : ms,
                            ms.empty() ? Tone::bad : Tone::strong},
                           text("accepted_levels")}});
    append_reasons(table, row.mechanism, row);
  }
  return table;
}

// One line a mechanism and metric, over the budget.
Figure figure_of(const RunInfo& info, const Block& block) {
  Figure figure;
  figure.name = kExperiment;
  figure.program = kAbortsPlot;
  std::vector<std::string> lines;
  std::set<std::uint64_t> budgets;
  const std::vector<Curve> all = lines_of(block, "runaway");
  for (const Curve& curve : all) {
    lines.push_back(title_of(curve) + ": overrun");
    lines.push_back(title_of(curve) + ": until the program goes on");
    for (const auto& [budget, row] : curve.points) budgets.insert(budget);
  }
  figure.data =
      "# The longest overrun and abort latency, ns. Columns: budget in us, then each line; ? = no\n"
      "# value. Written by osext, drawn by aborts.gp.\n# budget";
  for (const std::string& line : lines) figure.data += " " + quoted_column(line);
  figure.data += '\n';
  bool any = false;
  for (const std::uint64_t budget : budgets) {
    figure.data += std::to_string(budget);
    for (const Curve& curve : all)
      for (const char* metric : kMetrics) {
        const auto row = curve.points.find(budget);
        const auto value = row == curve.points.end()
                               ? std::nullopt
                               : figure_of(*row->second, std::string("max ") + metric);
        any = any || value;
        figure.data += " " + (value ? to_string(*value) : "?");
      }
    figure.data += '\n';
  }
  if (!any) figure.nothing = "No plot of aborts: no extension was aborted.";
  figure.set("title_text", "How soon a runaway extension ends: the longest of all runs");
  figure.set("subtitle_text", setting(info, ""));
  figure.set("line", lines);
  figure.set("note", time_reservations(info));
  return figure;
}

}  // namespace

Section extension_abort_section(const RunInfo& info, std::span<const Block> blocks,
                                const References&) {
  // No profile has a say in this experiment, so it has one block.
  const Block& block = blocks.front();
  Section section;
  section.experiment = kExperiment;
  section.title = "Ending extensions";
  for (Table table :
       {runaway_table(info, block), kept_table(info, block), verifier_table(info, block)})
    if (!table.rows.empty()) section.tables.push_back(std::move(table));
  section.figures = {figure_of(info, block)};
  return section;
}

}  // namespace osext::report
