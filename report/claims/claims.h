// SPDX-License-Identifier: GPL-2.0
// The papers' claims, evaluated on a run: data in claims.json, one evaluator a kind of check.
//
// A claimed figure is never written down here: it is looked up in the papers' data, so claim and
// table cannot disagree.  A tolerance belongs to its claim and is shown with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/reference.h"
#include "report/run.h"
#include "report/series.h"
#include "report/table.h"

namespace osext::report {

// Which row a claim speaks of: "hijack rpc save=full", "linux null_syscall".
struct Selector {
  std::string mechanism;
  std::string workload;
  Params params;
};
Selector parse_selector(const std::string& text);  // throws std::invalid_argument
std::string to_string(const Selector& selector);

struct Claim {
  enum class Check {
    absolute,     // rows[0] costs what the document says; only on the document's machine
    per_syscall,  // rows[0] over its null_syscall = the document's over its system call
    ratio,        // rows[0] / rows[1] = the document's
    sum,          // rows[0] + rows[1] = rows[2]
    order,        // rows rise strictly
    // On curves along a parameter (`along`), of a metric (`metric`):
    below,      // rows[0] lies below rows[1] everywhere
    not_above,  // the same, or on it
    step,       // where half of the pages miss = the document's figure step_ALONG
    flat,       // no rise before that figure
    level,      // the height from from_percent to to_percent of that figure = the document's
    slope,      // the rise per page there = the document's METRIC_per_page
    crossover,  // rows[0] is above rows[1] from some point on, but not from the first
    equals,     // each point = the document's figure
    constant,   // the largest is at most the tolerance above the smallest
    no_growth,  // none is more than the tolerance above the first
    rises,      // it never falls, and ends more than the tolerance above its start
    at_most,    // rows[0] is at most the tolerance above rows[1] everywhere
    part,       // rows[0] is at most that many percent of rows[1] everywhere
    bounded,    // no point is above a clock tick, a count that belongs to the rows
    fact,       // a count that belongs to rows[0] = the document's
    share,      // in rows[0] one count is at least 100 % of another, less the tolerance
    natural,    // a count (`metric`) of each row that fits rows[0] is 0 or more
    without,    // rows[0] has none of the metric where every other row has some
    // On packet streams under full load, of policies or of one task of a policy:
    reservation,       // each of the rows gets what the document reserves for it
    only_reservation,  // rows[0] keeps all reservations, no other row does
    surplus,           // rows[0] gets what the reservations leave
    overload,          // packets are dropped in the end and not at first
    even,              // the tasks of rows[0] have one figure (`metric`)
    starved,           // the rows get nothing
    less,              // the figure of rows[0] is below every other row's
    follows,           // mean jitter goes with maximum jitter
    // On shares of the processor under a manager:
    finer,  // the tasks of rows[0] are nearer to their targets than those of every other row
    held,   // over the bursts each task of rows[0] is within 2 points of its target
  };
  std::string id;      // "2a": the claim's number, and a letter if it has several parts
  std::string source;  // P = paper, S = slides, or "P, S"
  std::string text;
  std::string experiment;
  Check check = Check::order;
  std::optional<Document> document;  // where the claimed figure stands
  std::vector<Selector> rows;
  bool has_tolerance = false;
  int tolerance_percent = 0;
  std::string profile;  // not "": the only profile on which it can be tested
  std::string metric;   // its median, or "mean METRIC", "max METRIC"
  std::string along;
  int from_percent = 0, to_percent = 0;
};

// Throws std::runtime_error that names `name`, the claim and what is wrong with it.
std::vector<Claim> parse_claims(std::string_view json, const std::string& name);
const std::vector<Claim>& built_in_claims();

enum class Outcome { holds, fails, untestable };
std::string_view to_string(Outcome outcome);

struct Verdict {
  Outcome outcome = Outcome::untestable;
  std::string claimed;    // "6.74"
  std::string measured;   // "6.98"
  std::string deviation;  // "+3.5", percent
  std::string reason;     // the rows and figures it rests on, or why it cannot be tested
};

// On the rows of the claim's experiment.
Verdict evaluate(const Claim& claim, const Block& block, const References& references);

struct ClaimCounts {
  int holds = 0, fails = 0, untestable = 0;
};

// One table a profile; counts are added to `counts`.
Table claims_table(const RunInfo& info, const Blocks& blocks, const std::string& profile,
                   const References& references, const std::vector<Claim>& claims,
                   ClaimCounts& counts);

// The same without the grounds, one line a claim; why claims are untestable moves to the notes, and
// with it those about experiments that were not run.
Table brief_claims_table(const Table& full);

}  // namespace osext::report
