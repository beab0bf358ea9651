// SPDX-License-Identifier: GPL-2.0
// Claims about reservations, drops and jitter of packet streams: udp_qos.  All look at full load,
// the windows in which every stream runs (report/streams.h).
#include "report/streams.h"

#include <algorithm>
#include <functional>

#include "report/claims/checks.h"

namespace osext::report {
namespace {

using Check = Claim::Check;

constexpr unsigned kTasks = 4;

// A selector as a policy, and a task of it unless it means all.
struct Subject {
  PolicyRun run;
  std::optional<unsigned> task;
  std::string text;

  std::vector<unsigned> tasks() const {
    if (task) return {*task};
    return {0, 1, 2, 3};
  }
};

Subject find(const Block& block, const Selector& selector) {
  Params params = selector.params;
  const std::string policy = params["policy"], streams = params["streams"];
  for (PolicyRun& run : policy_runs(block)) {
    if (run.mechanism != selector.mechanism || run.policy != policy || run.streams != streams ||
        run.tasks.size() != kTasks || run.full_load().empty())
      continue;
    const std::string task = params["task"];
    Subject subject{run, std::nullopt, policy + (task.empty() ? "" : " Task" + task)};
    if (!task.empty()) subject.task = static_cast<unsigned>(std::stoul(task));
    return subject;
  }
  throw Untestable{"no row " + to_string(selector) + " in this run"};
}

std::vector<Subject> find_all(const Claim& claim, const Block& block) {
  std::vector<Subject> all;
  for (const Selector& selector : claim.rows) all.push_back(find(block, selector));
  return all;
}

Extended value_of(const Claim& claim, const PolicyRun& run, unsigned task) {
  if (claim.metric == "jitter_ns") return run.maximum_jitter(task);
  return {false, run.mean_rate(task, claim.metric)};
}

std::string list(const Subject& subject, const std::function<std::string(unsigned)>& text) {
  std::string out = subject.run.policy + ":";
  for (unsigned task : subject.tasks())
    out += (task == subject.tasks().front() ? " Task" : ", Task") + std::to_string(task) + " " +
           text(task);
  return out;
}

// At least so much, but for the claim's tolerance.
bool reaches(const Claim& claim, Fixed value, Fixed wanted) {
  return !(value < wanted) || within_percent(value, wanted, claim.tolerance_percent);
}

// What the document reserves for a task; none: best effort.
std::optional<Fixed> reserved(const Claim& claim, const Selector& selector, unsigned task,
                              const References& references) {
  Cell cell{claim.experiment, selector.mechanism, selector.workload, selector.params};
  cell.params["task"] = std::to_string(task);
  const Reference* found = references.find(*claim.document, cell, "reserved_pps");
  return found ? std::optional(found->value) : std::nullopt;
}

// Which reservations the policy of the selector misses; "" if none.
std::string missed(const Claim& claim, const Selector& selector, const Subject& subject,
                   const References& references) {
  std::string out;
  for (unsigned task : subject.tasks()) {
    const auto wanted = reserved(claim, selector, task, references);
    const Fixed delivered = subject.run.mean_rate(task, "delivered_pps");
    if (!wanted || reaches(claim, delivered, *wanted)) continue;
    out += (out.empty() ? "" : ", ") + subject.run.policy + " Task" + std::to_string(task) + " " +
           to_string(delivered) + " of " + to_string(*wanted);
  }
  return out;
}

Verdict verdict(bool holds, std::string reason) {
  Verdict result;
  result.outcome = holds ? Outcome::holds : Outcome::fails;
  result.reason = std::move(reason);
  return result;
}

// Each of the rows gets what is reserved for it.
Verdict reservation(const Claim& claim, const std::vector<Subject>& rows,
                    const References& references) {
  std::string out, delivered;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string one = missed(claim, claim.rows[i], rows[i], references);
    out += (out.empty() || one.empty() ? "" : ", ") + one;
    delivered += (delivered.empty() ? "" : "; ") + list(rows[i], [&](unsigned task) {
                   return to_string(rows[i].run.mean_rate(task, "delivered_pps"));
                 });
  }
  return verdict(out.empty(), out.empty() ? delivered : out);
}

// The first row keeps all reservations, none of the others does.
Verdict only_reservation(const Claim& claim, const std::vector<Subject>& rows,
                         const References& references) {
  bool holds = true;
  std::string reason;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string out = missed(claim, claim.rows[i], rows[i], references);
    if (out.empty() != (i == 0)) holds = false;
    reason +=
        (reason.empty() ? "" : "; ") + (out.empty() ? rows[i].run.policy + " keeps all" : out);
  }
  return verdict(holds, reason);
}

// The row gets no packet that a reservation of the others lacks, and not all that it is offered.
Verdict surplus(const Claim& claim, const Subject& row, const References& references) {
  Subject all = row;
  all.task.reset();
  const std::string out = missed(claim, claim.rows[0], all, references);
  const Fixed delivered = row.run.mean_rate(*row.task, "delivered_pps");
  const Fixed offered = row.run.mean_rate(*row.task, "offered_pps");
  return verdict(out.empty() && delivered < offered,
                 out.empty() ? to_string(delivered) + " of " + to_string(offered) +
                                   " offered, all reservations kept"
                             : out);
}

// No drops in the first window of Task3's stream alone, some under full load.
Verdict overload(const std::vector<Subject>& rows) {
  bool holds = true;
  std::string reason;
  for (const Subject& row : rows) {
    const auto first =
        row.run.rate(kTasks - 1, row.run.tasks.at(kTasks - 1).begin()->first, "dropped_pps");
    std::int64_t dropped = 0;
    for (unsigned task : row.tasks()) dropped += row.run.mean_rate(task, "dropped_pps").thousandths;
    if (!first || first->thousandths != 0 || dropped == 0) holds = false;
    reason += (reason.empty() ? "" : "; ") + row.run.policy + ": " +
              (first ? to_string(*first) : "?") + " dropped at first, " +
              to_string(Fixed{dropped}) + " packets/s in the end";
  }
  return verdict(holds, reason);
}

// The largest of the tasks' figures is within the tolerance of the least.
Verdict even(const Claim& claim, const Subject& row) {
  std::vector<Extended> values;
  for (unsigned task : row.tasks()) values.push_back(value_of(claim, row.run, task));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const bool holds =
      least->infinite == most->infinite &&
      (least->infinite || within_percent(most->value, least->value, claim.tolerance_percent));
  return verdict(
      holds, list(row, [&](unsigned task) { return to_string(value_of(claim, row.run, task)); }));
}

// Nothing is delivered to the rows: their jitter is infinite.
Verdict starved(const Claim& claim, const std::vector<Subject>& rows) {
  bool holds = true;
  std::string reason;
  for (const Subject& row : rows) {
    for (unsigned task : row.tasks()) {
      const Extended value = value_of(claim, row.run, task);
      if (claim.metric == "jitter_ns" ? !value.infinite : value.value.thousandths != 0)
        holds = false;
    }
    reason += (reason.empty() ? "" : "; ") +
              list(row, [&](unsigned task) { return to_string(value_of(claim, row.run, task)); });
  }
  return verdict(holds, reason);
}

// The first row's figure is below that of each other row; a row of all tasks counts by its least
// favourable one.
Verdict less(const Claim& claim, const std::vector<Subject>& rows) {
  const auto worst = [&](const Subject& row, bool largest) {
    std::vector<Extended> values;
    for (unsigned task : row.tasks()) values.push_back(value_of(claim, row.run, task));
    return largest ? *std::max_element(values.begin(), values.end())
                   : *std::min_element(values.begin(), values.end());
  };
  const Extended first = worst(rows[0], true);
  bool holds = true;
  std::string reason = rows[0].text + " " + to_string(first) + " against";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Extended other = worst(rows[i], false);
    if (!(first < other)) holds = false;
    reason += (i == 1 ? " " : ", ") + rows[i].text + " " + to_string(other);
  }
  return verdict(holds, reason);
}

// Where one task's maximum jitter is at least twice another's, its mean is higher, too.
Verdict follows(const std::vector<Subject>& rows) {
  struct Point {
    std::string name;
    Extended maximum, mean;
  };
  std::vector<Point> points;
  for (const Subject& row : rows)
    for (unsigned task : row.tasks())
      points.push_back({row.run.policy + " Task" + std::to_string(task),
                        row.run.maximum_jitter(task), row.run.mean_jitter(task)});
  std::size_t pairs = 0, broken = 0;
  std::string first_broken;
  for (const Point& low : points) {
    for (const Point& high : points) {
      const Extended twice{low.maximum.infinite, {2 * low.maximum.value.thousandths}};
      if (!(low.maximum < high.maximum) || high.maximum < twice) continue;
      ++pairs;
      if (low.mean < high.mean) continue;
      if (broken++ == 0)
        first_broken = low.name + " (" + to_string(low.maximum) + ", " + to_string(low.mean) +
                       ") and " + high.name + " (" + to_string(high.maximum) + ", " +
                       to_string(high.mean) + ")";
    }
  }
  return verdict(broken == 0, broken == 0
                                  ? std::to_string(pairs) + " pairs of tasks"
                                  : std::to_string(broken) + " of " + std::to_string(pairs) +
                                        " pairs of tasks; the first: " + first_broken);
}

}  // namespace

Verdict evaluate_streams(const Claim& claim, const Block& block, const References& references) {
  const std::vector<Subject> rows = find_all(claim, block);
  switch (claim.check) {
    case Check::reservation:
      return reservation(claim, rows, references);
    case Check::only_reservation:
      return only_reservation(claim, rows, references);
    case Check::surplus:
      return surplus(claim, rows[0], references);
    case Check::overload:
      return overload(rows);
    case Check::even:
      return even(claim, rows[0]);
    case Check::starved:
      return starved(claim, rows);
    case Check::less:
      return less(claim, rows);
    case Check::follows:
      return follows(rows);
    default:
      throw std::logic_error("claim " + claim.id + " is about no stream");
  }
}

}  // namespace osext::report
