// SPDX-License-Identifier: GPL-2.0
// Section of cpu_service; see cpu_service.h.
#include "report/cpu_service.h"

#include <algorithm>

#include "report/data/embedded.h"
#include "report/shares.h"
#include "report/status.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "cpu_service";
constexpr const char* kHog = "hog";

const Series* series_of(const std::map<std::string, const Measured*>& rows, const std::string& task,
                        std::string_view metric) {
  const auto row = rows.find(task);
  return row == rows.end() || !row->second->usable() ? nullptr : row->second->find(metric);
}

std::string mean_text(const Series* series) {
  return series ? two_decimals(series->mean) : "";
}

std::optional<std::int64_t> count_in(const std::vector<ManagedRun>& runs, const std::string& name) {
  for (const ManagedRun& run : runs)
    if (const auto count = run.count(name)) return count;
  return std::nullopt;
}

// "P1: 10 %".
std::string band_of(const std::vector<ManagedRun>& runs, const std::string& task) {
  const auto target = count_in(runs, task + "_target_thousandths");
  return task + (target ? ": " + to_string(Fixed{*target}) + " %" : "");
}

// More than half of the seconds off by more than 2 points.
Tone tone_of(const Series* violations, const Series* shares) {
  if (!violations || !shares) return Tone::plain;
  const auto seconds = static_cast<std::int64_t>(shares->n);
  return 2 * violations->mean.thousandths > 1000 * seconds ? Tone::bad : Tone::plain;
}

std::vector<Value> cells_of(const ManagedRun& run, const std::vector<std::string>& tasks) {
  std::vector<Value> cells = {{run.title()}};
  for (const std::string& task : tasks) {
    const Series* violations = series_of(run.tasks, task, "violations");
    const Series* shares = series_of(run.tasks, task, "utilization_percent");
    cells.push_back({mean_text(shares)});
    cells.push_back({mean_text(series_of(run.tasks, task, "abs_error_points")), Tone::strong});
    cells.push_back({violations ? to_string(violations->mean) : "", tone_of(violations, shares)});
    cells.push_back({mean_text(series_of(run.bursts, task, "utilization_percent"))});
  }
  const Series* own = run.cell && run.usable() ? run.cell->find("overhead_percent") : nullptr;
  cells.push_back({mean_text(own)});
  if (!run.usable() && run.cell) cells[1] = status_value(*run.cell);
  return cells;
}

std::string seconds_text(std::int64_t ns) {
  return to_string(Fixed{ns / 1'000'000});
}

std::vector<std::string> notes_of(const RunInfo& info, const std::vector<ManagedRun>& runs) {
  std::vector<std::string> notes;
  for (const ManagedRun& run : runs)
    if (run.cell && run.cell->status != Status::ok)
      notes.push_back(run.title() + ": " + status_text(*run.cell));
  if (const auto kp = count_in(runs, "pid_kp_1024ths"))
    notes.push_back("Gains of the PID function, in 1/1024, are ours: Kp = " + std::to_string(*kp) +
                    ", Ki = " + std::to_string(count_in(runs, "pid_ki_1024ths").value_or(0)) +
                    ", Kd = " + std::to_string(count_in(runs, "pid_kd_1024ths").value_or(0)) +
                    ". Nobody has published any.");
  const auto daemons = count_in(runs, "kernel_daemons");
  if (daemons)
    notes.push_back("Real-time priorities: the hog " +
                    std::to_string(count_in(runs, "hog_priority").value_or(0)) + ", the kernel's " +
                    std::to_string(*daemons) + " threads " +
                    std::to_string(count_in(runs, "kernel_daemon_priority").value_or(0)) +
                    ", the tasks 80 x target / period when they start.");
  if (std::any_of(runs.begin(), runs.end(),
                  [](const ManagedRun& run) { return run.mechanism == "uls"; }))
    notes.push_back(
        "ULS: an upcall decides, a thread in the sandbox acts. What managing took is both in the "
        "sandbox and the thread's calls, without the kernel's way there and back.");
  if (std::any_of(runs.begin(), runs.end(),
                  [](const ManagedRun& run) { return run.mechanism == "hijack"; }))
    notes.push_back(
        "Hijack: the executive runs the tasks itself, each until its time is spent, by a timer and "
        "without a PID function. What the tasks had is what it counts of its thread's CPU time; "
        "what managing took is the rest of that, without the kernel's way there and back.");
  for (const std::string& note : time_reservations(info)) notes.push_back(note);
  return notes;
}

Table table_of(const RunInfo& info, const std::vector<ManagedRun>& runs) {
  const std::vector<std::string> tasks = task_names(runs);
  Table table;
  table.id = kExperiment;
  table.title = "Shares of the processor under a service manager: " + setting(info, "");
  table.lead = time_provenance(info);
  const auto bursts_ns = count_in(runs, "bursts_ns");
  const Series* first = nullptr;
  for (const ManagedRun& run : runs)
    if (!first && !tasks.empty()) first = series_of(run.tasks, tasks[0], "utilization_percent");
  if (first && bursts_ns)
    table.lead.push_back(
        "Three CPU-bound tasks over " + std::to_string(first->n) +
        " seconds, of which a hog of higher priority wants the whole processor in bursts of " +
        seconds_text(*bursts_ns) + " s in all.");
  table.lead.push_back(
      "mean: share of the processor, %; error: mean distance from the target over the seconds, "
      "points; viol.: seconds outside of 2 points; bursts: share over all bursts together; "
      "manager: what managing took of the processor. Every manager but Hijack looks every 10 ms, "
      "and every one keeps a task from running that has had its timeslice. SIGSTOP: that is all, "
      "by the "
      "slides' process, "
      "of the hog's priority. raised: a task with budget left is put above the hog, too.");
  table.group_id = "mechanism";
  table.columns = {column("manager", "who manages", "", Align::left)};
  for (const std::string& task : tasks) {
    const std::string band = band_of(runs, task);
    table.columns.push_back(column(task + "_mean_percent", "mean", band));
    table.columns.push_back(column(task + "_error_points", "error", band));
    table.columns.push_back(column(task + "_violations", "viol.", band));
    table.columns.push_back(column(task + "_bursts_percent", "bursts", band));
  }
  table.columns.push_back(column("manager_percent", "manager, %", ""));
  for (const ManagedRun& run : runs) {
    std::vector<Value> cells = cells_of(run, tasks);
    cells.resize(table.columns.size());
    table.rows.push_back({run.mechanism, std::move(cells)});
  }
  table.notes = notes_of(info, runs);
  return table;
}

// One block of data a manager: second, then the share of each task and of the hog, in percent.
Figure figure_of(const RunInfo& info, const std::vector<ManagedRun>& runs) {
  std::vector<std::string> columns = task_names(runs);
  std::vector<std::size_t> targets;
  std::vector<std::string> titles, legends;
  for (const std::string& task : columns) {
    targets.push_back(
        static_cast<std::size_t>(count_in(runs, task + "_target_thousandths").value_or(0)));
    legends.push_back(band_of(runs, task));
  }
  columns.push_back(kHog);
  Figure figure;
  figure.name = kExperiment;
  figure.program = kSharesPlot;
  figure.data =
      "# Shares of the processor, %. One block a manager. Columns: second, then each task and the\n"
      "# hog; ? = no value. Written by osext, drawn by shares.gp.\n";
  for (const ManagedRun& run : runs) {
    if (!run.usable()) continue;
    if (!titles.empty()) figure.data += "\n\n";
    titles.push_back(run.title());
    figure.data += "# " + run.title() + "\n";
    std::size_t seconds = 0;
    for (const std::string& name : columns)
      if (const Series* shares = series_of(run.tasks, name, "utilization_percent"))
        seconds = std::max(seconds, shares->values.size());
    for (std::size_t second = 0; second < seconds; ++second) {
      figure.data += std::to_string(second + 1);
      for (const std::string& name : columns) {
        const Series* shares = series_of(run.tasks, name, "utilization_percent");
        const bool any = shares && second < shares->values.size();
        figure.data += " " + (any ? to_string(quotient(shares->values[second], shares->ops)) : "?");
      }
      figure.data += '\n';
    }
  }
  if (titles.empty()) figure.nothing = "No plot of shares: no row of cpu_service has figures.";
  figure.set("title_text", "Shares of the processor over time (slides, CPU service management)");
  figure.set("subtitle_text", setting(info, ""));
  figure.set("manager", titles);
  figure.set("task", legends);
  for (std::size_t i = 0; i < targets.size(); ++i)
    figure.set("target_" + std::to_string(i + 1) + "_thousandths", targets[i]);
  figure.set("note", time_reservations(info));
  return figure;
}

}  // namespace

Section cpu_service_section(const RunInfo& info, std::span<const Block> blocks, const References&) {
  // No profile has a say in this experiment, so it has one block.
  const std::vector<ManagedRun> runs = managed_runs(blocks.front());
  Section section;
  section.experiment = kExperiment;
  section.title = "CPU service management";
  section.tables = {table_of(info, runs)};
  section.figures = {figure_of(info, runs)};
  return section;
}

}  // namespace osext::report
