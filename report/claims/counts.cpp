// SPDX-License-Identifier: GPL-2.0
// Claims about counts: how much of one another is, and what an operation does not do at all.
#include <stdexcept>

#include "report/claims/checks.h"
#include "report/primitive_cost.h"

namespace osext::report {
namespace {

using Check = Claim::Check;

std::string name_of(const Measured& row) {
  const std::string variant = variant_text(row.params);
  return row.mechanism + " " + row.workload + (variant.empty() ? "" : " " + variant);
}

// The rows that fit, all of them usable.
std::vector<const Measured*> rows_of(const Block& block, const Selector& selector) {
  const auto rows = block.select(selector.mechanism, selector.workload, selector.params);
  if (rows.empty()) throw Untestable{"no row " + to_string(selector) + " in this run"};
  for (const Measured* row : rows)
    if (!row->usable())
      throw Untestable{"row " + name_of(*row) + " is " +
                       std::string(osext::to_string(row->status)) +
                       (row->reason.empty() ? "" : ": " + row->reason)};
  return rows;
}

std::int64_t count_in(const Measured& row, const std::string& name) {
  for (const Series* series : row.series) {
    const auto count = series->counters.find(name);
    if (count != series->counters.end()) return count->second;
  }
  throw Untestable{"row " + name_of(row) + " has no count of " + name};
}

// metric "PART/WHOLE": in each row that fits, PART is all of WHOLE, less the tolerance.
Verdict share(const Claim& claim, const Block& block) {
  const std::size_t slash = claim.metric.find('/');
  if (slash == claim.metric.npos)
    throw std::logic_error("claim " + claim.id + ": the metric is not PART/WHOLE");
  const std::string part_name = claim.metric.substr(0, slash);
  const std::string whole_name = claim.metric.substr(slash + 1);
  Verdict verdict;
  verdict.outcome = Outcome::holds;
  std::vector<std::pair<std::string, int>> shares;  // and of how many rows in a row
  for (const Measured* row : rows_of(block, claim.rows[0])) {
    const std::int64_t part = count_in(*row, part_name), whole = count_in(*row, whole_name);
    if (whole <= 0) throw Untestable{"row " + name_of(*row) + " has no " + whole_name};
    if (static_cast<__int128>(part) * 100 <
        static_cast<__int128>(whole) * (100 - claim.tolerance_percent))
      verdict.outcome = Outcome::fails;
    const std::string text = std::to_string(part) + " of " + std::to_string(whole);
    if (shares.empty() || shares.back().first != text) shares.emplace_back(text, 0);
    ++shares.back().second;
  }
  std::string all;
  for (const auto& [text, rows] : shares)
    all += (all.empty() ? "" : ", ") + text +
           (rows > 1 ? " in each of " + std::to_string(rows) + " rows" : "");
  verdict.reason = part_name + " of " + whole_name + ": " + all;
  return verdict;
}

// The first row has none of the metric where every other one has some.
Verdict without(const Claim& claim, const Block& block) {
  Verdict verdict;
  verdict.outcome = Outcome::holds;
  for (const Selector& selector : claim.rows) {
    const Measured& row = *rows_of(block, selector).front();
    const Fixed* median = row.median(claim.metric);
    if (!median) throw Untestable{"row " + name_of(row) + " has no " + claim.metric};
    const bool first = &selector == &claim.rows.front();
    if (first != (median->thousandths == 0)) verdict.outcome = Outcome::fails;
    verdict.reason +=
        (first ? claim.metric + ": " : ", ") + name_of(row) + " " + to_string(*median);
  }
  return verdict;
}

Verdict natural(const Claim& claim, const Block& block) {
  Verdict verdict;
  verdict.outcome = Outcome::holds;
  for (const Measured* row : rows_of(block, claim.rows[0])) {
    const std::int64_t count = count_in(*row, claim.metric);
    if (count < 0) verdict.outcome = Outcome::fails;
    verdict.reason += (verdict.reason.empty() ? claim.metric + ": " : ", ") + std::to_string(count);
  }
  return verdict;
}

}  // namespace

Verdict evaluate_counts(const Claim& claim, const Block& block) {
  switch (claim.check) {
    case Check::share:
      return share(claim, block);
    case Check::natural:
      return natural(claim, block);
    case Check::without:
      return without(claim, block);
    default:
      throw std::logic_error("claim " + claim.id + " is about no such count");
  }
}

}  // namespace osext::report
