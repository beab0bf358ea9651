// SPDX-License-Identifier: GPL-2.0
// Section of syscall_tracing; see syscall_tracing.h.
#include "report/syscall_tracing.h"

#include <algorithm>
#include <map>

#include "report/data/embedded.h"
#include "report/primitive_cost.h"
#include "report/status.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "syscall_tracing";

// What is traced, in the order of the columns.
struct Traced {
  const char* id;
  const char* band;
  const char* workload;
  const char* program;  // "" = calls
  const char* unit;
  std::uint64_t unit_ns;
};
constexpr Traced kTraced[] = {
    {"call", "one getppid()", "traced_call", "", "ns", 1},
    {"gzip", "gzip", "traced_program", "gzip", "ms", 1'000'000},
    {"sh", "sh", "traced_program", "sh", "ms", 1'000'000},
    {"tcc", "tcc", "traced_program", "tcc", "ms", 1'000'000},
};

// One tracer, or none: its rows by what they trace.
struct Tracer {
  std::string mechanism;
  Params params;  // without the program
  std::map<std::string, const Measured*> rows;
};

std::vector<Tracer> tracers_of(const Block& block) {
  std::vector<Tracer> tracers;
  for (const Measured& row : block.rows)
    for (const Traced& traced : kTraced) {
      const auto program = row.params.find("program");
      if (row.workload != traced.workload ||
          (program == row.params.end() ? "" : program->second) != traced.program)
        continue;
      Params params = row.params;
      params.erase("program");
      auto same = std::find_if(tracers.begin(), tracers.end(), [&](const Tracer& tracer) {
        return tracer.mechanism == row.mechanism && tracer.params == params;
      });
      if (same == tracers.end()) same = tracers.insert(same, {row.mechanism, params, {}});
      same->rows[traced.id] = &row;
    }
  return tracers;
}

std::string title_of(const Tracer& tracer) {
  if (tracer.mechanism == "linux") return "no tracer";
  const std::string variant = variant_text(tracer.params);
  return tracer.mechanism + (variant.empty() ? "" : " " + variant);
}

const Measured* row_of(const Tracer& tracer, const Traced& traced) {
  const auto found = tracer.rows.find(traced.id);
  return found == tracer.rows.end() ? nullptr : found->second;
}

std::optional<Fixed> time_of(const Tracer& tracer, const Traced& traced) {
  const Measured* row = row_of(tracer, traced);
  const Fixed* median = row && row->usable() ? row->median("time_ns") : nullptr;
  if (!median) return std::nullopt;
  return quotient(median->thousandths, 1000 * traced.unit_ns);
}

// How many times as long as without a tracer.
std::optional<Fixed> slowdown(const std::vector<Tracer>& tracers, const Tracer& tracer,
                              const Traced& traced) {
  const auto none = std::find_if(tracers.begin(), tracers.end(),
                                 [](const Tracer& one) { return one.mechanism == "linux"; });
  if (none == tracers.end()) return std::nullopt;
  const Measured *above = row_of(tracer, traced), *below = row_of(*none, traced);
  if (!above || !below || !above->usable() || !below->usable()) return std::nullopt;
  const Fixed *time = above->median("time_ns"), *base = below->median("time_ns");
  return time && base ? ratio(*time, *base) : std::nullopt;
}

std::string seen_by(const Tracer& tracer, const Traced& traced) {
  const Measured* row = row_of(tracer, traced);
  if (!row || !row->usable()) return "";
  for (const Series* series : row->series) {
    const auto count = series->counters.find("calls_seen");
    if (count != series->counters.end()) return std::to_string(count->second);
  }
  return "";
}

Value time_value(const Tracer& tracer, const Traced& traced) {
  if (const auto time = time_of(tracer, traced)) return {to_string(*time)};
  const Measured* row = row_of(tracer, traced);
  if (!row) return {""};
  return status_value(*row);
}

Table table_of(const RunInfo& info, const std::vector<Tracer>& tracers) {
  Table table;
  table.id = kExperiment;
  table.title = "What it costs to have every system call seen: " + setting(info, "");
  table.lead = time_provenance(info);
  table.lead.push_back(
      "times: how many times as long as without a tracer. gzip compresses 128 KB, sh runs a loop "
      "of redirections, tcc compiles 36 KB of C. ptrace: two stops a call and the registers; uls: "
      "an "
      "upcall when a call returns notes its number and its result, or leaves them to a thread in "
      "the sandbox with a real-time priority, which is woken each time; hijack: the executive "
      "prints a line, as strace does, and nobody reads it.");
  table.group_id = "mechanism";
  table.columns = {column("tracer", "tracer", "", Align::left)};
  for (const Traced& traced : kTraced) {
    const std::string id = traced.id;
    table.columns.push_back(column(id + "_" + traced.unit, traced.unit, traced.band));
    table.columns.push_back(column(id + "_times", "times", traced.band));
    if (*traced.program) table.columns.push_back(column(id + "_calls", "calls seen", traced.band));
  }
  std::vector<std::string> notes;
  for (const Tracer& tracer : tracers) {
    Row row{tracer.mechanism, {{title_of(tracer)}}};
    for (const Traced& traced : kTraced) {
      const auto times = slowdown(tracers, tracer, traced);
      row.cells.push_back(time_value(tracer, traced));
      row.cells.push_back({times ? two_decimals(*times) : "", Tone::strong});
      if (*traced.program) row.cells.push_back({seen_by(tracer, traced)});
      const Measured* measured = row_of(tracer, traced);
      if (measured && !measured->reason.empty())
        notes.push_back(title_of(tracer) + ", " + traced.band + ": " + status_text(*measured));
    }
    table.rows.push_back(std::move(row));
  }
  table.notes = std::move(notes);
  for (const std::string& note : time_reservations(info)) table.notes.push_back(note);
  return table;
}

Figure figure_of(const RunInfo& info, const std::vector<Tracer>& tracers) {
  Figure figure;
  figure.name = kExperiment;
  figure.program = kRatiosPlot;
  const std::string title = "A traced program's time over its time without a tracer";
  figure.data = "# " + title + "; ? = no value. Written by osext, drawn by ratios.gp.\n# tracer";
  std::vector<std::string> series;
  for (const Traced& traced : kTraced) {
    series.push_back(traced.band);
    figure.data += " " + quoted_column(traced.band);
  }
  figure.data += '\n';
  std::size_t groups = 0;
  for (const Tracer& tracer : tracers) {
    if (tracer.mechanism == "linux") continue;
    std::string line = quoted_column(title_of(tracer));
    bool any = false;
    for (const Traced& traced : kTraced) {
      const auto times = slowdown(tracers, tracer, traced);
      any = any || times;
      line += " " + (times ? to_string(*times) : "?");
    }
    if (!any) continue;
    figure.data += line + '\n';
    ++groups;
  }
  if (groups == 0) figure.nothing = "No plot: no tracer has a figure beside plain Linux.";
  figure.set("title_text", title);
  figure.set("subtitle_text", setting(info, ""));
  figure.set("axis_text", "times as long as without a tracer; log scale");
  figure.set("groups", groups);
  figure.set("series", series);
  figure.set("note", time_reservations(info));
  return figure;
}

}  // namespace

Section syscall_tracing_section(const RunInfo& info, std::span<const Block> blocks,
                                const References&) {
  // No profile has a say in this experiment, so it has one block.
  const std::vector<Tracer> tracers = tracers_of(blocks.front());
  Section section;
  section.experiment = kExperiment;
  section.title = "Tracing system calls";
  section.tables = {table_of(info, tracers)};
  section.figures = {figure_of(info, tracers)};
  return section;
}

}  // namespace osext::report
