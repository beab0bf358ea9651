// SPDX-License-Identifier: GPL-2.0
// From raw values to the statistics that tables show, and from those to rows: one row is what was
// measured of one operation, all metrics together.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/sample.h"
#include "report/number.h"

namespace osext::report {

// All values of one metric of one cell, trials together.  Statistics are of value/ops, with
// nearest-rank percentiles; they mean nothing if n is 0.
struct Series {
  Cell cell;
  std::string metric;
  std::string unit;
  std::uint64_t ops = 1;
  std::uint64_t n = 0;
  Fixed min, median, mean, p99, max;
  // As they came, of metrics in percent: what figures show over time.
  std::vector<std::int64_t> values;
  Status status = Status::ok;  // the worst of its samples
  std::string reason;          // of that sample
  std::map<std::string, std::int64_t> counters;
};

// In order of first appearance.  Throws std::runtime_error that names the cell of a sample whose
// values cannot be divided or printed.
std::vector<Series> collect_series(std::span<const Sample> samples);

// Batches give totals of many operations and no distribution: no headline row.
bool is_batch(const Params& params);

// One operation under one profile ("" on a machine without): everything known about it.
struct Measured {
  std::string mechanism;
  std::string workload;
  Params params;  // without profile
  std::vector<const Series*> series;
  Status status = Status::ok;
  std::string reason;

  // The first series of that metric with values, or nullptr.
  const Series* find(std::string_view metric) const;
  // The median of it, or of nothing.
  const Fixed* median(std::string_view metric) const;
  bool usable() const { return status == Status::ok || status == Status::unstable; }
};

// The rows of one experiment under one profile.
struct Block {
  std::string profile;
  std::vector<Measured> rows;
  bool partial = false;  // some mechanisms were measured under other profiles only

  // The plain system call that `row` is compared with: its own mechanism's, measured before the
  // module was there, else Linux's, on a kernel of the same kind; nullptr if neither has cycles.
  const Measured* null_syscall_of(const Measured& row) const;
  // Rows that have every one of `params`; a key with an empty value means: without that key.
  std::vector<const Measured*> select(std::string_view mechanism, std::string_view workload,
                                      const Params& params) const;
  // Cycles of the row over cycles of its null_syscall; none if one is missing.
  std::optional<Fixed> ratio_of(const Measured& row) const;
};

// One block a profile, in order of first appearance; a series without a profile (a skipped cell, an
// exact count) is in all of them.  The blocks point into `series`.
std::vector<Block> make_blocks(std::span<const Series> series, std::string_view experiment);

// The blocks of every experiment of a run.  They point into `series`.
class Blocks {
 public:
  explicit Blocks(std::span<const Series> series);
  Blocks() = default;

  std::span<const Block> of(const std::string& experiment) const;
  // The one of that profile, or the only one of an experiment that no profile models; nullptr if
  // the run has no such rows.
  const Block* find(const std::string& experiment, const std::string& profile) const;
  // True if under this profile some mechanisms were not measured that others know.
  bool is_partial(const std::string& profile) const;
  // All profiles of the run; one that is empty if there is none.
  const std::vector<std::string>& profiles() const { return profiles_; }

 private:
  std::map<std::string, std::vector<Block>> by_experiment_;
  std::vector<std::string> profiles_{""};
};

// True if `params` has every pair of `wanted`; an empty value in `wanted` asks for absence.
bool matches(const Params& params, const Params& wanted);

}  // namespace osext::report
