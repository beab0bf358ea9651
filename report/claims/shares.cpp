// SPDX-License-Identifier: GPL-2.0
// Claims about shares of the processor (report/shares.h): who keeps tasks nearer to their targets.
#include "report/shares.h"

#include <algorithm>
#include <stdexcept>

#include "report/claims/checks.h"

namespace osext::report {
namespace {

using Check = Claim::Check;

constexpr std::int64_t kToleratedThousandths = 2'000;  // 2 points

ManagedRun run_of(const Block& block, const Selector& selector) {
  for (const ManagedRun& run : managed_runs(block)) {
    if (run.mechanism != selector.mechanism || !matches(run.params, selector.params)) continue;
    if (run.usable()) return run;
    throw Untestable{"row " + to_string(selector) + " is " +
                     (run.cell ? std::string(osext::to_string(run.cell->status)) : "not there") +
                     (run.cell && !run.cell->reason.empty() ? ": " + run.cell->reason : "")};
  }
  throw Untestable{"no row " + to_string(selector) + " in this run"};
}

// The mean of a metric of each task.
std::map<std::string, Fixed> means(const std::map<std::string, const Measured*>& tasks,
                                   std::string_view metric) {
  std::map<std::string, Fixed> all;
  for (const auto& [name, row] : tasks)
    if (const Series* series = row->find(metric)) all[name] = series->mean;
  if (all.empty()) throw Untestable{"the row has no " + std::string(metric)};
  return all;
}

Fixed mean_error(const ManagedRun& run) {
  const auto errors = means(run.tasks, "abs_error_points");
  std::int64_t sum = 0;
  for (const auto& [task, error] : errors) sum += error.thousandths;
  return quotient(sum, 1000 * errors.size());
}

Verdict finer(const Claim& claim, const Block& block) {
  const ManagedRun best = run_of(block, claim.rows[0]);
  const Fixed error = mean_error(best);
  Verdict verdict;
  verdict.outcome = Outcome::holds;
  verdict.measured = to_string(error);
  verdict.reason = "mean error in points: " + best.title() + " " + to_string(error);
  for (std::size_t i = 1; i < claim.rows.size(); ++i) {
    const ManagedRun other = run_of(block, claim.rows[i]);
    const Fixed its = mean_error(other);
    if (!(error < its)) verdict.outcome = Outcome::fails;
    verdict.reason += "; " + other.title() + " " + to_string(its);
  }
  return verdict;
}

Verdict held(const Claim& claim, const Block& block) {
  const ManagedRun run = run_of(block, claim.rows[0]);
  Verdict verdict;
  verdict.outcome = Outcome::holds;
  std::int64_t most = 0;
  for (const auto& [task, error] : means(run.bursts, "abs_error_points")) {
    most = std::max(most, error.thousandths);
    if (error.thousandths > kToleratedThousandths) verdict.outcome = Outcome::fails;
    verdict.reason += (verdict.reason.empty() ? "points off over the bursts: " : ", ") + task +
                      " " + to_string(error);
  }
  verdict.claimed = to_string(Fixed{kToleratedThousandths});
  verdict.measured = to_string(Fixed{most});
  return verdict;
}

}  // namespace

Verdict evaluate_shares(const Claim& claim, const Block& block) {
  switch (claim.check) {
    case Check::finer:
      return finer(claim, block);
    case Check::held:
      return held(claim, block);
    default:
      throw std::logic_error("claim " + claim.id + " is about no shares");
  }
}

}  // namespace osext::report
