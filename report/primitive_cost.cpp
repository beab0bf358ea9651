// SPDX-License-Identifier: GPL-2.0
// The tables of experiment primitive_cost; see primitive_cost.h.
#include "report/primitive_cost.h"

#include <algorithm>
#include <optional>
#include <set>

#include "measure/metric.h"
#include "report/status.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "primitive_cost";

std::string median_text(const Measured& row, std::string_view metric) {
  const Fixed* median = row.median(metric);
  return median && row.usable() ? to_string(*median) : "";
}

std::string ratio_text(const std::optional<Fixed>& value) {
  return value ? two_decimals(*value) : "";
}

// A document's figure and its ratio to its own system call.
struct Beside {
  const Reference* reference = nullptr;
  std::string value, ratio;
};

Beside beside(const References& references, Document document, const Cell& cell) {
  const Reference* reference = references.find(document, cell, "cycles");
  if (!reference) return {};
  return {reference, to_string(reference->value), ratio_text(references.ratio_of(*reference))};
}

bool is_derived(const Beside& figure) {
  return figure.reference && figure.reference->derived;
}

// "paper return: round trip minus trap"; the note says how it was derived.
void append_derivation(std::string& text, const Beside& figure) {
  if (!is_derived(figure)) return;
  const Reference& reference = *figure.reference;
  const std::string one = std::string(to_string(reference.document)) + " " +
                          reference.cell.workload + " (" + reference.note + ")";
  if (text.find(one) == text.npos) text += (text.empty() ? "" : ", ") + one;
}

Value reference_value(const Beside& figure) {
  return {figure.value, is_derived(figure) ? Tone::muted : Tone::plain};
}

std::string row_name(const Measured& row) {
  const std::string variant = variant_text(row.params);
  return row.mechanism + " " + row.workload + (variant.empty() ? "" : " " + variant);
}

// Why rows show no figures, or what to keep in mind about them: one note a reason.
void append_status_notes(Table& table, const Block& block) {
  std::vector<std::pair<std::string, std::string>> notes;  // rows, reason
  for (const Measured& row : block.rows) {
    if (row.status == Status::ok || is_batch(row.params)) continue;
    const std::string reason = status_text(row);
    auto same = std::find_if(notes.begin(), notes.end(),
                             [&](const auto& note) { return note.second == reason; });
    if (same == notes.end()) same = notes.insert(same, {"", reason});
    same->first += (same->first.empty() ? "" : ", ") + row_name(row);
  }
  for (const auto& [rows, reason] : notes) table.notes.push_back(rows + ": " + reason);
}

// Ticks of the time stamp counter are no cycles of the core.
bool counts_tsc_ticks(const Block& block) {
  return std::any_of(block.rows.begin(), block.rows.end(), [](const Measured& row) {
    const Series* cycles = row.find("cycles");
    return cycles && cycles->unit == "tsc_cycles";
  });
}

// How many operations stand behind the medians.
std::string count_note(const Block& block) {
  std::uint64_t least = 0, most = 0;
  for (const Measured& row : block.rows) {
    const Series* cycles = row.find("cycles");
    if (!cycles || is_batch(row.params)) continue;
    least = least == 0 ? cycles->n : std::min(least, cycles->n);
    most = std::max(most, cycles->n);
  }
  if (most == 0) return "No row has cycles.";
  const std::string n =
      least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
  return "n = " + n +
         " operations a row, every figure per operation; the detail table has the "
         "distributions.";
}

// Rows of another kernel in the same table.
void append_boot_note(Table& table, const Block& block) {
  const bool isolated = std::any_of(block.rows.begin(), block.rows.end(),
                                    [](const Measured& row) { return row.params.contains("pti"); });
  if (!isolated) return;
  table.notes.push_back(
      "pti=on: on a kernel booted with page-table isolation, and compared with its own system "
      "call; guests have no global pages there.");
}

void append_setting_notes(Table& table, const RunInfo& info, const Block& block) {
  for (std::string& text : reservations(info, block.profile)) {
    table.notes.push_back(std::move(text));
  }
  if (!info.command_line.empty()) {
    table.notes.push_back("Kernel command line: " + info.command_line);
  }
}

Column csv_only(std::string id) {
  Column result = column(id, id);
  result.csv_only = true;
  return result;
}

// The first column that shows a figure says instead why there is none.
Value figure_or_status(const Measured& row, std::string text) {
  if (row.usable()) return {std::move(text), Tone::strong};
  return status_value(row);
}

}  // namespace

std::string variant_text(const Params& params) {
  std::string text = osext::to_string(params);
  std::replace(text.begin(), text.end(), ';', ' ');
  return text;
}

Cell reference_cell(const Measured& row, const std::string& profile) {
  Cell cell{kExperiment, row.mechanism, row.workload, row.params};
  if (!profile.empty()) cell.params["profile"] = profile;
  return cell;
}

Table headline_table(const RunInfo& info, const Block& block, const References& references) {
  Table table;
  table.id = kExperiment;
  table.title = "What a primitive costs: " + setting(info, block.profile);
  table.lead = provenance(info, block.profile);
  table.lead.push_back(
      "ratio: median cycles over those of a plain system call (null_syscall) in the same unit of "
      "the run, before any module is loaded; each document's figures over its own system call.");
  table.block_id = "profile";
  table.block = block.profile;
  table.group_id = "mechanism";
  const std::string ours = "osext, " + std::string(cycles_are(info.machine));
  table.columns = {column("operation", "operation", "", Align::left),
                   column("params", "variant", "", Align::left),
                   column("instructions", "instr.", ours),
                   column("cycles", "cycles", ours),
                   column("ratio", "ratio", ours),
                   column("paper_cycles", "cycles", "paper"),
                   column("paper_ratio", "ratio", "paper"),
                   column("slides_cycles", "cycles", "slides"),
                   column("slides_ratio", "ratio", "slides"),
                   column("itlb_misses", "instr.", "TLB misses"),
                   column("dtlb_misses", "data", "TLB misses"),
                   csv_only("status"),
                   csv_only("reason")};
  std::string derivations;
  for (const Measured& row : block.rows) {
    if (is_batch(row.params)) continue;
    const Cell cell = reference_cell(row, block.profile);
    const Beside paper = beside(references, Document::paper, cell);
    const Beside slides = beside(references, Document::slides, cell);
    append_derivation(derivations, paper);
    append_derivation(derivations, slides);
    const std::string ratio = row.usable() ? ratio_text(block.ratio_of(row)) : "";
    table.rows.push_back({row.mechanism,
                          {{row.workload},
                           {variant_text(row.params), Tone::muted},
                           {median_text(row, "instructions")},
                           figure_or_status(row, median_text(row, "cycles")),
                           {ratio, Tone::strong},
                           reference_value(paper),
                           {paper.ratio},
                           reference_value(slides),
                           {slides.ratio},
                           {median_text(row, "itlb_misses")},
                           {median_text(row, "dtlb_misses")},
                           {std::string(osext::to_string(row.status))},
                           {row.reason}}});
  }
  append_status_notes(table, block);
  table.notes.push_back(count_note(block));
  append_boot_note(table, block);
  if (counts_tsc_ticks(block)) {
    table.notes.push_back(
        "Cycles are ticks of the time stamp counter: it runs at a constant rate, the core may "
        "not.");
  }
  if (!derivations.empty()) {
    table.notes.push_back("Derived from what is printed, not printed itself: " + derivations + ".");
  }
  append_setting_notes(table, info, block);
  return table;
}

Table detail_table(const RunInfo& info, const Block& block) {
  Table table;
  table.id = std::string(kExperiment) + "_detail";
  table.title = "Distributions: " + setting(info, block.profile);
  table.lead = {
      "Per operation, percentiles by nearest rank, no value left out. sampling=batch: one value is "
      "the total of many operations, divided; it shows a floor, not a distribution."};
  table.block_id = "profile";
  table.block = block.profile;
  table.group_id = "mechanism";
  table.columns = {column("operation", "operation", "", Align::left),
                   column("params", "variant", "", Align::left),
                   column("metric", "metric", "", Align::left),
                   column("unit", "unit", "", Align::left),
                   column("source", "source", "", Align::left),
                   column("n", "n"),
                   column("ops", "ops"),
                   column("min", "min"),
                   column("median", "median"),
                   column("mean", "mean"),
                   column("p99", "p99"),
                   column("max", "max")};
  for (const Measured& row : block.rows) {
    for (const Series* one : row.series) {
      if (one->n == 0) continue;
      table.rows.push_back({row.mechanism,
                            {{row.workload},
                             {variant_text(row.params), Tone::muted},
                             {one->metric},
                             {one->unit},
                             {std::string(osext::to_string(source_of(one->metric, info.machine)))},
                             {std::to_string(one->n)},
                             {std::to_string(one->ops)},
                             {to_string(one->min)},
                             {to_string(one->median), Tone::strong},
                             {to_string(one->mean)},
                             {to_string(one->p99)},
                             {to_string(one->max)}}});
    }
  }
  for (const Measured& row : block.rows) {
    std::set<std::string> seen;
    std::string counts;
    for (const Series* one : row.series) {
      for (const auto& [name, value] : one->counters) {
        const std::string count = name + " = " + std::to_string(value);
        if (seen.insert(count).second) counts += (counts.empty() ? "" : ", ") + count;
      }
    }
    if (!counts.empty()) table.notes.push_back("Counted in " + row_name(row) + ": " + counts + ".");
  }
  append_status_notes(table, block);
  return table;
}

}  // namespace osext::report
