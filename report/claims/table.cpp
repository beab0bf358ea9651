// SPDX-License-Identifier: GPL-2.0
// The table of verdicts; see claims.h.
#include <algorithm>

#include "report/claims/claims.h"
#include "report/validity.h"

namespace osext::report {
namespace {

// Places of columns that are looked at again.
constexpr std::size_t kVerdict = 7;
constexpr std::size_t kReason = 8;

// Why a claim about an experiment that was not run cannot be tested.
const std::string kNotRun = "this run has no rows of ";

Column column(std::string id, std::string title, Align align, bool wrap = false) {
  Column result = report::column(std::move(id), std::move(title), "", align);
  result.wrap = wrap;
  return result;
}

Tone tone_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::holds:
      return Tone::good;
    case Outcome::fails:
      return Tone::bad;
    case Outcome::untestable:
      break;
  }
  return Tone::muted;
}

void count(ClaimCounts& counts, Outcome outcome) {
  switch (outcome) {
    case Outcome::holds:
      ++counts.holds;
      break;
    case Outcome::fails:
      ++counts.fails;
      break;
    case Outcome::untestable:
      ++counts.untestable;
      break;
  }
}

}  // namespace

Table claims_table(const RunInfo& info, const Blocks& blocks, const std::string& profile,
                   const References& references, const std::vector<Claim>& claims,
                   ClaimCounts& counts) {
  Table table;
  table.id = "claims";
  table.title = "The papers' claims: " + setting(info, profile);
  table.lead = {
      "P = paper, S = slides. Claims in cycles are compared as multiples of the system call in the "
      "same run. within %: how far the measured figure may be from the claimed one; set "
      "beforehand, "
      "never tuned. A claim that fails is a result."};
  table.block_id = "profile";
  table.block = profile;
  table.columns = {column("id", "id", Align::left),
                   column("source", "from", Align::left),
                   column("claim", "claim", Align::left, true),
                   column("claimed", "claimed", Align::right),
                   column("measured", "measured", Align::right),
                   column("deviation_percent", "off by %", Align::right),
                   column("within_percent", "within %", Align::right),
                   column("verdict", "verdict", Align::left),
                   column("reason", "on what grounds", Align::left, true)};
  for (const Claim& claim : claims) {
    const Block* block = blocks.find(claim.experiment, profile);
    // Of a profile that few rows were measured under: what is about it.
    if (blocks.is_partial(profile) && claim.profile != profile) continue;
    Verdict verdict;
    if (block)
      verdict = evaluate(claim, *block, references);
    else
      verdict.reason = kNotRun + claim.experiment;
    count(counts, verdict.outcome);
    const bool has_tolerance = claim.has_tolerance;
    table.rows.push_back(
        {"",
         {{claim.id, Tone::muted},
          {claim.source, Tone::muted},
          {claim.text},
          {verdict.claimed},
          {verdict.measured},
          {verdict.deviation},
          {has_tolerance ? std::to_string(claim.tolerance_percent) : "", Tone::muted},
          {std::string(to_string(verdict.outcome)), tone_of(verdict.outcome)},
          {verdict.reason, Tone::muted}}});
  }
  return table;
}

Table brief_claims_table(const Table& full) {
  Table table = full;
  table.columns[kReason].csv_only = true;
  // One note a reason, with the claims that it stops.
  std::vector<std::pair<std::string, std::string>> untestable;
  for (const Row& row : table.rows) {
    if (row.cells[kVerdict].text != to_string(Outcome::untestable)) continue;
    const std::string& reason = row.cells[kReason].text;
    auto same = std::find_if(untestable.begin(), untestable.end(),
                             [&](const auto& entry) { return entry.second == reason; });
    if (same == untestable.end()) same = untestable.insert(same, {"", reason});
    same->first += (same->first.empty() ? "" : ", ") + row.cells[0].text;
  }
  std::erase_if(table.rows,
                [](const Row& row) { return row.cells[kReason].text.starts_with(kNotRun); });
  for (const auto& [ids, reason] : untestable) table.notes.push_back(ids + ": " + reason);
  return table;
}

}  // namespace osext::report
