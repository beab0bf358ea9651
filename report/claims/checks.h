// SPDX-License-Identifier: GPL-2.0
// What the evaluators of claims share.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "report/claims/claims.h"

namespace osext::report {

// Thrown by an evaluator: the claim cannot be tested, and why.
struct Untestable {
  std::string reason;
};

// The document's figure for the row.  Throws std::logic_error if the papers' data has none: the
// claim is wrong then.
Fixed claimed_value(const Claim& claim, const Selector& selector, const References& references,
                    std::string_view metric);

// Compares two figures within the claim's tolerance; `text` prints them.
Verdict compare_figures(const Claim& claim, Fixed measured, Fixed claimed,
                        std::string (*text)(Fixed), std::string reason);

// The first curve that fits the selector and has values of the claim's metric, by the number that
// it goes along.  Throws Untestable.
std::map<std::uint64_t, Fixed> curve_values(const Claim& claim, const Block& block,
                                            const Selector& selector);

// A count that belongs to the first such row that has it.
std::optional<std::int64_t> count_of(const Block& block, const Selector& selector,
                                     const std::string& name);

// The checks on curves (sweep.cpp).
Verdict evaluate_sweep(const Claim& claim, const Block& block, const References& references);

// Those of them that allow a tolerance at each point (background.cpp).
Verdict evaluate_background(const Claim& claim, const Block& block, const References& references);

// The checks on counts (counts.cpp).
Verdict evaluate_counts(const Claim& claim, const Block& block);

// The checks on packet streams (streams.cpp).
Verdict evaluate_streams(const Claim& claim, const Block& block, const References& references);

// The checks on shares of the processor (shares.cpp).
Verdict evaluate_shares(const Claim& claim, const Block& block);

}  // namespace osext::report
