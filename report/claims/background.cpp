// SPDX-License-Identifier: GPL-2.0
// Claims about curves that should be level, rise or stay below others within a tolerance, as those
// over the number of background tasks.
#include <algorithm>
#include <stdexcept>

#include "report/claims/checks.h"
#include "report/sweep.h"

namespace osext::report {
namespace {

using Check = Claim::Check;
using Values = std::map<std::uint64_t, Fixed>;

std::string point_text(const Claim& claim, std::uint64_t number, Fixed value) {
  return to_string(value) + " at " + claim.along + "=" + std::to_string(number);
}

// a <= percent % of b, exactly.
bool at_most(Fixed a, Fixed b, int percent) {
  return static_cast<__int128>(a.thousandths) * 100 <=
         static_cast<__int128>(b.thousandths) * percent;
}

Verdict verdict_of(bool holds, std::string reason) {
  Verdict verdict;
  verdict.outcome = holds ? Outcome::holds : Outcome::fails;
  verdict.reason = std::move(reason);
  return verdict;
}

// Every point is the document's figure.
Verdict equals(const Claim& claim, const Block& block, const References& references) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  const Fixed claimed =
      claimed_value(claim, claim.rows[0], references, without_statistic(claim.metric));
  const auto distance = [&](const auto& point) {
    return std::abs(point.second.thousandths - claimed.thousandths);
  };
  const auto farthest =
      std::max_element(values.begin(), values.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  return compare_figures(claim, farthest->second, claimed, to_string,
                         "farthest of " + std::to_string(values.size()) +
                             " points: " + point_text(claim, farthest->first, farthest->second));
}

// The largest is at most the tolerance above the smallest.
Verdict constant(const Claim& claim, const Block& block) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  if (values.size() < 2) throw Untestable{"the curve has one point only"};
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(values.begin(), values.end(), by_value);
  return verdict_of(at_most(most->second, least->second, 100 + claim.tolerance_percent),
                    point_text(claim, least->first, least->second) + "; " +
                        point_text(claim, most->first, most->second));
}

// No point is more than the tolerance above the first.
Verdict no_growth(const Claim& claim, const Block& block) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  if (values.size() < 2) throw Untestable{"the curve has one point only"};
  const auto first = values.begin();
  const auto most =
      std::max_element(std::next(first), values.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return verdict_of(at_most(most->second, first->second, 100 + claim.tolerance_percent),
                    point_text(claim, first->first, first->second) + "; at most " +
                        point_text(claim, most->first, most->second));
}

// No point lies below an earlier one, and the last is more than the tolerance above the first.
Verdict rises(const Claim& claim, const Block& block) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  if (values.size() < 2) throw Untestable{"the curve has one point only"};
  for (auto point = std::next(values.begin()); point != values.end(); ++point) {
    const auto before = std::prev(point);
    // A thousandth part less is no fall.
    constexpr std::int64_t noise = 1000;
    if (point->second.thousandths + point->second.thousandths / noise < before->second.thousandths)
      return verdict_of(false, "falls: " + point_text(claim, before->first, before->second) + "; " +
                                   point_text(claim, point->first, point->second));
  }
  const auto first = values.begin(), last = std::prev(values.end());
  return verdict_of(!at_most(last->second, first->second, 100 + claim.tolerance_percent),
                    point_text(claim, first->first, first->second) + "; " +
                        point_text(claim, last->first, last->second));
}

// rows[0] is at most `percent` % of rows[1] at each common point.
Verdict compared(const Claim& claim, const Block& block, int percent) {
  const Values low = curve_values(claim, block, claim.rows[0]);
  const Values high = curve_values(claim, block, claim.rows[1]);
  std::size_t points = 0;
  std::string broken, last;
  for (const auto& [number, value] : low) {
    const auto other = high.find(number);
    if (other == high.end()) continue;
    ++points;
    last = to_string(value) + " against " + point_text(claim, number, other->second);
    if (broken.empty() && !at_most(value, other->second, percent)) broken = last;
  }
  if (points == 0) throw Untestable{"the two curves have no point in common"};
  return broken.empty() ? verdict_of(true, std::to_string(points) + " points; the last: " + last)
                        : verdict_of(false, "not so: " + broken);
}

// No point is above a clock tick, which is a count that belongs to the row.
Verdict bounded(const Claim& claim, const Block& block) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  const auto tick = count_of(block, claim.rows[0], "clock_tick_ns");
  if (!tick) throw Untestable{"the rows do not say how long a clock tick is"};
  const auto most =
      std::max_element(values.begin(), values.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const Fixed bound{*tick * 1000};
  Verdict verdict = verdict_of(at_most(most->second, bound, 100 + claim.tolerance_percent),
                               point_text(claim, most->first, most->second));
  verdict.claimed = to_string(bound);
  verdict.measured = to_string(most->second);
  return verdict;
}

}  // namespace

Verdict evaluate_background(const Claim& claim, const Block& block, const References& references) {
  switch (claim.check) {
    case Check::equals:
      return equals(claim, block, references);
    case Check::constant:
      return constant(claim, block);
    case Check::no_growth:
      return no_growth(claim, block);
    case Check::rises:
      return rises(claim, block);
    case Check::at_most:
      return compared(claim, block, 100 + claim.tolerance_percent);
    case Check::part:
      return compared(claim, block, claim.tolerance_percent);
    case Check::bounded:
      return bounded(claim, block);
    default:
      throw std::logic_error("claim " + claim.id + " is about no such curve");
  }
}

}  // namespace osext::report
