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
  };
  std::string id;      // "2a": the claim's number, and a letter if it has several parts
  std::string source;  // P = paper, S = slides, or "P, S"
  std::string text;
  std::string experiment;
  Check check = Check::order;
  std::optional<Document> document;  // where the claimed figure stands
  std::vector<Selector> rows;
  int tolerance_percent = 0;
  std::string profile;  // check absolute: the only profile on which it can be tested
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

Verdict evaluate(const Claim& claim, const Block& block, const References& references);

struct ClaimCounts {
  int holds = 0, fails = 0, untestable = 0;
};

// One table a block; counts are added to `counts`.
Table claims_table(const RunInfo& info, const Block& block, const References& references,
                   const std::vector<Claim>& claims, ClaimCounts& counts);

// The same without the grounds, one line a claim; why claims are untestable moves to the notes.
Table brief_claims_table(const Table& full);

}  // namespace osext::report
