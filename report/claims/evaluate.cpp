// SPDX-License-Identifier: GPL-2.0
// Evaluates claims on one block of a run; see claims.h.
#include <stdexcept>

#include "report/claims/checks.h"
#include "report/primitive_cost.h"
#include "report/validity.h"

namespace osext::report {
namespace {

using Check = Claim::Check;

// The row and its cycles.  Of several rows that fit, the first of the run; the verdict names it.
struct Found {
  const Measured* row;
  Fixed cycles;
};

Found find(const Block& block, const Selector& selector) {
  const auto rows = block.select(selector.mechanism, selector.workload, selector.params);
  if (rows.empty()) throw Untestable{"no row " + to_string(selector) + " in this run"};
  for (const Measured* row : rows) {
    if (row->usable() && row->find("cycles")) return {row, *row->median("cycles")};
  }
  const Measured& first = *rows.front();
  if (first.usable()) throw Untestable{"row " + to_string(selector) + " has no cycles"};
  throw Untestable{"row " + to_string(selector) + " is " +
                   std::string(osext::to_string(first.status)) +
                   (first.reason.empty() ? "" : ": " + first.reason)};
}

// The plain system call of the unit in which `row` was measured, if that is what a claim compares
// with; else the selected row itself.
Found find_beside(const Block& block, const Selector& selector, const Found& row) {
  if (selector.workload != "null_syscall") return find(block, selector);
  const Measured* base = block.null_syscall_of(*row.row);
  if (!base) throw Untestable{"no null_syscall with cycles in this run"};
  return {base, *base->median("cycles")};
}

std::string describe(const Found& found) {
  const std::string variant = variant_text(found.row->params);
  return found.row->mechanism + " " + found.row->workload + (variant.empty() ? "" : " " + variant) +
         " " + to_string(found.cycles) +
         (found.row->status == Status::unstable ? " (unstable)" : "");
}

Fixed claimed_cycles(const Claim& claim, const Selector& selector, const References& references) {
  return claimed_value(claim, selector, references, "cycles");
}

Fixed require(std::optional<Fixed> value) {
  if (!value) throw Untestable{"a row costs nothing: no ratio can be formed"};
  return *value;
}

Verdict absolute(const Claim& claim, const Block& block, const References& references) {
  if (block.profile != claim.profile) {
    throw Untestable{"an absolute figure of another machine; testable under profile " +
                     claim.profile};
  }
  const Found row = find(block, claim.rows[0]);
  return compare_figures(claim, row.cycles, claimed_cycles(claim, claim.rows[0], references),
                         to_string, describe(row) + "; a profile may be fitted to this one figure");
}

Verdict per_syscall(const Claim& claim, const Block& block, const References& references) {
  const Selector syscall{"linux", "null_syscall", {}};
  const Found row = find(block, claim.rows[0]);
  const Found base = find_beside(block, syscall, row);
  const Fixed claimed = require(ratio(claimed_cycles(claim, claim.rows[0], references),
                                      claimed_cycles(claim, syscall, references)));
  return compare_figures(claim, require(ratio(row.cycles, base.cycles)), claimed, two_decimals,
                         describe(row) + " / " + describe(base));
}

Verdict ratio_of_rows(const Claim& claim, const Block& block, const References& references) {
  if (!claim.profile.empty() && !block.profile.empty() && block.profile != claim.profile)
    throw Untestable{"figures of another machine; testable under profile " + claim.profile};
  const Found above = find(block, claim.rows[0]);
  const Found below = find_beside(block, claim.rows[1], above);
  const Fixed claimed = require(ratio(claimed_cycles(claim, claim.rows[0], references),
                                      claimed_cycles(claim, claim.rows[1], references)));
  return compare_figures(claim, require(ratio(above.cycles, below.cycles)), claimed, two_decimals,
                         describe(above) + " / " + describe(below));
}

Verdict sum(const Claim& claim, const Block& block) {
  const Found total = find(block, claim.rows[2]);
  const Found first = find_beside(block, claim.rows[0], total);
  const Found second = find_beside(block, claim.rows[1], total);
  const Fixed expected{first.cycles.thousandths + second.cycles.thousandths};
  return compare_figures(
      claim, total.cycles, expected, to_string,
      describe(first) + " + " + describe(second) + " against " + describe(total));
}

// A missing link makes a chain untestable, unless a link that is there breaks it.
Verdict order(const Claim& claim, const Block& block) {
  Verdict verdict;
  std::string chain, missing, broken;
  std::optional<Found> before;
  for (const Selector& selector : claim.rows) {
    try {
      const Found now = find(block, selector);
      if (before && !(before->cycles < now.cycles)) {
        broken +=
            (broken.empty() ? "" : ", ") + describe(now) + " is not above " + describe(*before);
      }
      chain += (chain.empty() ? "" : " < ") + describe(now);
      before = now;
    } catch (const Untestable& reason) {
      missing += (missing.empty() ? "" : "; ") + reason.reason;
    }
  }
  if (!broken.empty()) {
    verdict.outcome = Outcome::fails;
    verdict.reason = broken;
  } else if (!missing.empty()) {
    verdict.reason = missing + (chain.find('<') == chain.npos ? "" : "; so far " + chain);
  } else {
    verdict.outcome = Outcome::holds;
    verdict.reason = chain;
  }
  return verdict;
}

}  // namespace

Fixed claimed_value(const Claim& claim, const Selector& selector, const References& references,
                    std::string_view metric) {
  Params params = selector.params;  // "leg=" selects a row without it
  std::erase_if(params, [](const auto& param) { return param.second.empty(); });
  if (!claim.profile.empty()) params["profile"] = claim.profile;
  const Cell cell{claim.experiment, selector.mechanism, selector.workload, params};
  const Reference* reference = references.find(*claim.document, cell, metric);
  if (!reference) {
    throw std::logic_error("claim " + claim.id + ": the papers' data has no " +
                           std::string(metric) + " of " + to_string(selector));
  }
  return reference->value;
}

Verdict compare_figures(const Claim& claim, Fixed measured, Fixed claimed,
                        std::string (*text)(Fixed), std::string reason) {
  Verdict verdict;
  verdict.outcome =
      within_percent(measured, claimed, claim.tolerance_percent) ? Outcome::holds : Outcome::fails;
  verdict.claimed = text(claimed);
  verdict.measured = text(measured);
  verdict.deviation = deviation_percent(measured, claimed).value_or("");
  verdict.reason = std::move(reason);
  return verdict;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::holds:
      return "holds";
    case Outcome::fails:
      return "fails";
    case Outcome::untestable:
      return "untestable";
  }
  return "";
}

Verdict evaluate(const Claim& claim, const Block& block, const References& references) {
  try {
    switch (claim.check) {
      case Check::absolute:
        return absolute(claim, block, references);
      case Check::per_syscall:
        return per_syscall(claim, block, references);
      case Check::ratio:
        return ratio_of_rows(claim, block, references);
      case Check::sum:
        return sum(claim, block);
      case Check::order:
        return order(claim, block);
      case Check::equals:
      case Check::constant:
      case Check::no_growth:
      case Check::rises:
      case Check::at_most:
      case Check::part:
      case Check::bounded:
        return evaluate_background(claim, block, references);
      case Check::share:
      case Check::natural:
      case Check::without:
        return evaluate_counts(claim, block);
      case Check::reservation:
      case Check::only_reservation:
      case Check::surplus:
      case Check::overload:
      case Check::even:
      case Check::starved:
      case Check::less:
      case Check::follows:
        return evaluate_streams(claim, block, references);
      case Check::finer:
      case Check::held:
        return evaluate_shares(claim, block);
      default:
        return evaluate_sweep(claim, block, references);
    }
  } catch (const Untestable& untestable) {
    Verdict verdict;
    verdict.reason = untestable.reason;
    return verdict;
  }
}

}  // namespace osext::report
