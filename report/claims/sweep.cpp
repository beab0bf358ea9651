// SPDX-License-Identifier: GPL-2.0
// Claims about the shape of curves (report/sweep.h): what lies below what, where a curve rises, how
// steeply.
#include "report/sweep.h"

#include <algorithm>
#include <stdexcept>

#include "report/claims/checks.h"

namespace osext::report {
namespace {

using Check = Claim::Check;
using Values = std::map<std::uint64_t, Fixed>;

std::string short_text(const std::string& prefix, std::uint64_t number) {
  return prefix + "=" + std::to_string(number);
}

// rows[0] lies below rows[1] (or not above it) at every common point.
Verdict below(const Claim& claim, const Block& block) {
  const Values low = curve_values(claim, block, claim.rows[0]);
  const Values high = curve_values(claim, block, claim.rows[1]);
  const bool strictly = claim.check == Check::below;
  Verdict verdict;
  std::size_t points = 0, broken = 0;
  std::string first_broken, closest;
  std::optional<Fixed> largest;
  for (const auto& [number, value] : low) {
    const auto other = high.find(number);
    if (other == high.end()) continue;
    ++points;
    const std::string here = to_string(value) + " against " + to_string(other->second) + " at " +
                             short_text(claim.along, number);
    if (strictly ? value >= other->second : value > other->second) {
      if (broken++ == 0) first_broken = here;
    }
    const auto part = ratio(value, other->second);
    if (part && (!largest || *largest < *part)) {
      largest = part;
      closest = here;
    }
  }
  if (points == 0) throw Untestable{"the two curves have no point in common"};
  verdict.outcome = broken == 0 ? Outcome::holds : Outcome::fails;
  verdict.reason = broken == 0 ? std::to_string(points) + " points; closest: " + closest
                               : std::to_string(broken) + " of " + std::to_string(points) +
                                     " points; the first: " + first_broken;
  return verdict;
}

// The document's "full from here on": the size that other figures of a curve refer to.
std::uint64_t step_of(const Claim& claim, const References& references) {
  return static_cast<std::uint64_t>(
      claimed_value(claim, claim.rows[0], references, "step_" + claim.along).thousandths / 1000);
}

void require_profile(const Claim& claim, const Block& block) {
  if (!claim.profile.empty() && block.profile != claim.profile)
    throw Untestable{"a figure of another machine; testable under profile " + claim.profile};
}

// Where the curve has risen above its start by half of the pages used: as if half of them missed.
Verdict step(const Claim& claim, const Block& block, const References& references) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  const Fixed start = values.begin()->second;
  const Fixed claimed{static_cast<std::int64_t>(step_of(claim, references)) * 1000};
  for (const auto& [number, value] : values) {
    if (2 * (value.thousandths - start.thousandths) < static_cast<std::int64_t>(number) * 1000 ||
        number == 0)
      continue;
    return compare_figures(
        claim, Fixed{static_cast<std::int64_t>(number) * 1000}, claimed, to_string,
        to_string(value) + " " + claim.metric + " at " + short_text(claim.along, number) +
            ", the first point where half of the pages miss");
  }
  Verdict verdict;
  verdict.outcome = Outcome::fails;
  verdict.claimed = to_string(claimed);
  verdict.reason = "no such step up to " + short_text(claim.along, values.rbegin()->first);
  return verdict;
}

// Nothing more than at the start until the claimed size, less the tolerance.
Verdict flat(const Claim& claim, const Block& block, const References& references) {
  const Values values = curve_values(claim, block, claim.rows[0]);
  const Fixed start = values.begin()->second;
  const Fixed claimed{static_cast<std::int64_t>(step_of(claim, references)) * 1000};
  Verdict verdict;
  verdict.claimed = to_string(claimed);
  for (const auto& [number, value] : values) {
    if (value.thousandths <= start.thousandths + 1000) continue;
    const Fixed here{static_cast<std::int64_t>(number) * 1000};
    verdict = compare_figures(claim, here, claimed, to_string,
                              "from " + to_string(start) + " " + claim.metric + " to " +
                                  to_string(value) + " at " + short_text(claim.along, number));
    if (claimed < here) verdict.outcome = Outcome::holds;  // flat for even longer
    return verdict;
  }
  verdict.outcome = Outcome::holds;
  verdict.reason = "never more than one above " + to_string(start) + " " + claim.metric;
  return verdict;
}

// The part of the curve between two percentages of the claimed size.
Values part_of(const Claim& claim, const Values& values, std::uint64_t size) {
  const std::uint64_t from = size * static_cast<std::uint64_t>(claim.from_percent) / 100;
  const std::uint64_t to = size * static_cast<std::uint64_t>(claim.to_percent) / 100;
  Values part(values.lower_bound(from), values.upper_bound(to));
  if (part.size() < 2)
    throw Untestable{"fewer than two points from " + short_text(claim.along, from) + " to " +
                     std::to_string(to)};
  return part;
}

std::string range_text(const Claim& claim, const Values& part) {
  return short_text(claim.along, part.begin()->first) + " to " +
         std::to_string(part.rbegin()->first);
}

// The height of the flat part: its median.
Verdict level(const Claim& claim, const Block& block, const References& references) {
  const Values part =
      part_of(claim, curve_values(claim, block, claim.rows[0]), step_of(claim, references));
  std::vector<Fixed> sorted;
  for (const auto& [number, value] : part) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  return compare_figures(claim, sorted[(sorted.size() - 1) / 2],
                         claimed_value(claim, claim.rows[0], references, claim.metric), to_string,
                         to_string(sorted.front()) + " to " + to_string(sorted.back()) + " from " +
                             range_text(claim, part));
}

// How much more a further page costs.
Verdict slope(const Claim& claim, const Block& block, const References& references) {
  const Values part =
      part_of(claim, curve_values(claim, block, claim.rows[0]), step_of(claim, references));
  const std::int64_t rise = part.rbegin()->second.thousandths - part.begin()->second.thousandths;
  // In thousandths, as the rise is.
  const Fixed measured = quotient(rise, 1000 * (part.rbegin()->first - part.begin()->first));
  const Fixed claimed = claimed_value(claim, claim.rows[0], references, claim.metric + "_per_page");
  Verdict verdict =
      compare_figures(claim, measured, claimed, two_decimals,
                      to_string(part.begin()->second) + " to " + to_string(part.rbegin()->second) +
                          " " + claim.metric + " from " + range_text(claim, part));
  // A rate is one that both halves have.
  const auto middle = part.lower_bound((part.begin()->first + part.rbegin()->first) / 2);
  if (middle == part.begin() || middle->first == part.rbegin()->first) return verdict;
  for (const auto& [from, to] : {std::pair(*part.begin(), *middle), {*middle, *part.rbegin()}}) {
    const Fixed half =
        quotient(to.second.thousandths - from.second.thousandths, 1000 * (to.first - from.first));
    verdict.reason += "; " + two_decimals(half) + " a page from " +
                      short_text(claim.along, from.first) + " to " + std::to_string(to.first);
    if (!within_percent(half, claimed, claim.tolerance_percent)) verdict.outcome = Outcome::fails;
  }
  return verdict;
}

// From some point on, and not at the first, rows[0] lies above rows[1].
Verdict crossover(const Claim& claim, const Block& block) {
  const Values rising = curve_values(claim, block, claim.rows[0]);
  const Values other = curve_values(claim, block, claim.rows[1]);
  std::vector<std::uint64_t> above;  // the points at the end that lie above
  std::uint64_t first = 0;
  std::size_t points = 0;
  for (const auto& [number, value] : rising) {
    const auto beside = other.find(number);
    if (beside == other.end()) continue;
    if (points++ == 0) first = number;
    if (value <= beside->second)
      above.clear();
    else
      above.push_back(number);
  }
  if (points < 2) throw Untestable{"the two curves have fewer than two points in common"};
  const auto both = [&](std::uint64_t at) {
    return to_string(rising.at(at)) + " against " + to_string(other.at(at)) + " at " +
           short_text(claim.along, at);
  };
  Verdict verdict;
  verdict.outcome = !above.empty() && above.front() != first ? Outcome::holds : Outcome::fails;
  if (above.empty()) {
    verdict.reason = "not above at the end: " + both(rising.rbegin()->first);
  } else {
    verdict.measured = std::to_string(above.front());
    verdict.reason = both(first) + "; " + both(above.front());
  }
  return verdict;
}

// A count that belongs to the row is what the document says: how the experiment is set up.
Verdict fact(const Claim& claim, const Block& block, const References& references) {
  const Selector& selector = claim.rows[0];
  const auto count = count_of(block, selector, claim.metric);
  if (!count)
    throw Untestable{"no row " + to_string(selector) + " with " + claim.metric + " in this run"};
  return compare_figures(claim, Fixed{*count * 1000},
                         claimed_value(claim, selector, references, claim.metric), to_string,
                         "recorded with the samples");
}

}  // namespace

std::optional<std::int64_t> count_of(const Block& block, const Selector& selector,
                                     const std::string& name) {
  for (const Measured* row : block.select(selector.mechanism, selector.workload, selector.params)) {
    for (const Series* series : row->series) {
      const auto count = series->counters.find(name);
      if (count != series->counters.end()) return count->second;
    }
  }
  return std::nullopt;
}

std::map<std::uint64_t, Fixed> curve_values(const Claim& claim, const Block& block,
                                            const Selector& selector) {
  bool any = false;
  for (const Curve& curve : curves(block, claim.along)) {
    if (curve.mechanism != selector.mechanism || curve.workload != selector.workload ||
        !matches(curve.params, selector.params)) {
      continue;
    }
    any = true;
    auto values = curve.values(claim.metric);
    if (!values.empty()) return values;
  }
  throw Untestable{(any ? "no point of " : "no row ") + to_string(selector) +
                   (any ? " has " + claim.metric : " along " + claim.along + " in this run")};
}

Verdict evaluate_sweep(const Claim& claim, const Block& block, const References& references) {
  require_profile(claim, block);
  switch (claim.check) {
    case Check::below:
    case Check::not_above:
      return below(claim, block);
    case Check::step:
      return step(claim, block, references);
    case Check::flat:
      return flat(claim, block, references);
    case Check::level:
      return level(claim, block, references);
    case Check::slope:
      return slope(claim, block, references);
    case Check::crossover:
      return crossover(claim, block);
    case Check::fact:
      return fact(claim, block, references);
    default:
      throw std::logic_error("claim " + claim.id + " is about no curve");
  }
}

}  // namespace osext::report
