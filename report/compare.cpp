// SPDX-License-Identifier: GPL-2.0
// Two runs side by side; see compare.h.
#include "report/compare.h"

#include "report/primitive_cost.h"
#include "report/validity.h"

namespace osext::report {
namespace {

bool measured(const Measured* row) {
  return row && row->usable() && row->find("cycles");
}

const Measured* same_row(const Block& block, const Measured& wanted) {
  for (const Measured& row : block.rows) {
    if (row.mechanism == wanted.mechanism && row.workload == wanted.workload &&
        row.params == wanted.params) {
      return &row;
    }
  }
  return nullptr;
}

// What the two columns are called: by what their cycles are, where that differs.
std::pair<std::string, std::string> names(const RunInfo& a, const RunInfo& b) {
  if (a.machine != b.machine) return {a.machine, b.machine};
  return {"A: " + a.machine, "B: " + b.machine};
}

std::string cycles_text(const Measured& row) {
  return to_string(*row.median("cycles"));
}
std::string ratio_text(const std::optional<Fixed>& value) {
  return value ? two_decimals(*value) : "";
}

void append_name(std::string& list, const Measured& row) {
  const std::string variant = variant_text(row.params);
  list += (list.empty() ? "" : ", ") + row.mechanism + " " + row.workload +
          (variant.empty() ? "" : " " + variant);
}

std::string described(const char* name, const RunInfo& info, const Block& block) {
  return std::string(name) + ": " + setting(info, block.profile) + "; cycles " +
         std::string(cycles_are(info.machine)) +
         (info.command_line.empty() ? "" : "; command line: " + info.command_line);
}

}  // namespace

Table comparison_table(const RunInfo& info_a, const Block& a, const RunInfo& info_b,
                       const Block& b) {
  const auto [name_a, name_b] = names(info_a, info_b);
  const bool model = cycles_are(info_a.machine) == "modelled";
  const bool hardware = cycles_are(info_b.machine) == "measured";
  const std::string quotient_title = model && hardware ? "model/hardware" : "A/B";
  Table table;
  table.id = "compare";
  table.title = "Ratios to a plain system call: " + name_a + " against " + name_b;
  table.lead = {described("A", info_a, a), described("B", info_b, b),
                quotient_title +
                    ": A's ratio over B's; 1.00 means that both find the operation "
                    "equally dear, measured in system calls."};
  table.group_id = "mechanism";
  table.columns = {column("operation", "operation", "", Align::left),
                   column("params", "variant", "", Align::left),
                   column("a_cycles", "cycles", name_a, Align::right),
                   column("a_ratio", "ratio", name_a, Align::right),
                   column("b_cycles", "cycles", name_b, Align::right),
                   column("b_ratio", "ratio", name_b, Align::right),
                   column("quotient", quotient_title, "", Align::right)};
  std::string only_a, only_b;
  for (const Measured& row : a.rows) {
    if (is_batch(row.params) || !measured(&row)) continue;
    const Measured* other = same_row(b, row);
    if (!measured(other)) {
      append_name(only_a, row);
      continue;
    }
    const std::optional<Fixed> ratio_a = a.ratio_of(row), ratio_b = b.ratio_of(*other);
    const std::optional<Fixed> quotient =
        ratio_a && ratio_b ? ratio(*ratio_a, *ratio_b) : std::nullopt;
    table.rows.push_back({row.mechanism,
                          {{row.workload},
                           {variant_text(row.params), Tone::muted},
                           {cycles_text(row)},
                           {ratio_text(ratio_a)},
                           {cycles_text(*other)},
                           {ratio_text(ratio_b)},
                           {ratio_text(quotient), Tone::strong}}});
  }
  for (const Measured& row : b.rows) {
    if (!is_batch(row.params) && measured(&row) && !measured(same_row(a, row))) {
      append_name(only_b, row);
    }
  }
  if (table.rows.empty()) table.notes.push_back("No row was measured in both runs.");
  if (!only_a.empty()) table.notes.push_back("Measured in A only: " + only_a + ".");
  if (!only_b.empty()) table.notes.push_back("Measured in B only: " + only_b + ".");
  return table;
}

}  // namespace osext::report
