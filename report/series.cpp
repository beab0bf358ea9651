// SPDX-License-Identifier: GPL-2.0
// Statistics and rows; see series.h.
#include "report/series.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <tuple>

#include "measure/statistics.h"
#include "report/run.h"

namespace osext::report {
namespace {

template <class Target>
void take_worse(Target& target, Status status, const std::string& reason) {
  const bool worse = status > target.status;  // the enumeration goes from good to bad
  if (worse) target.status = status;
  if (worse || (status == target.status && target.reason.empty())) {
    target.reason = one_line(reason);
  }
}

void summarize(Series& series, const std::vector<std::int64_t>& values) {
  series.n = values.size();
  if (values.empty()) return;
  const Statistics raw = statistics(values);
  series.min = quotient(raw.min, series.ops);
  series.median = quotient(raw.median, series.ops);
  series.p99 = quotient(raw.p99, series.ops);
  series.max = quotient(raw.max, series.ops);
  // Rounded once: the exact sum over the exact number of operations.
  if (series.ops > UINT64_MAX / raw.n) throw std::range_error("ops is too large");
  series.mean = quotient(raw.sum, series.ops * raw.n);
}

// Rows of one mechanism become neighbours.  `order` holds the mechanisms' places so far, so that
// all blocks have the same; rows keep theirs otherwise.
void group_by_mechanism(std::vector<Measured>& rows, std::map<std::string, std::size_t>& order) {
  for (const Measured& row : rows) order.try_emplace(row.mechanism, order.size());
  std::stable_sort(rows.begin(), rows.end(), [&](const Measured& a, const Measured& b) {
    return order.at(a.mechanism) < order.at(b.mechanism);
  });
}

// Exact counts stand in every block.  Where nothing else of a mechanism does, while another profile
// models it, the mechanism is no part of the block.
void leave_out_unmodelled(std::vector<Block>& blocks, std::span<const Series> series,
                          std::string_view experiment) {
  std::set<std::pair<std::string, std::string>> modelled;  // mechanism, profile
  std::set<std::string> anywhere;
  for (const Series& one : series) {
    const auto profile = one.cell.params.find("profile");
    if (one.cell.experiment != experiment || profile == one.cell.params.end()) continue;
    modelled.insert({one.cell.mechanism, profile->second});
    anywhere.insert(one.cell.mechanism);
  }
  for (Block& block : blocks) {
    const auto left_out = std::erase_if(block.rows, [&](const Measured& row) {
      return anywhere.contains(row.mechanism) && !modelled.contains({row.mechanism, block.profile});
    });
    block.partial = left_out != 0;
  }
}

std::string describe(const Cell& cell) {
  const std::string params = osext::to_string(cell.params);
  return cell.experiment + "/" + cell.mechanism + "/" + cell.workload +
         (params.empty() ? "" : " " + params);
}

}  // namespace

std::vector<Series> collect_series(std::span<const Sample> samples) {
  using Key = std::tuple<Cell, std::string, std::string, std::uint64_t>;
  std::map<Key, std::size_t> places;
  std::vector<Series> result;
  std::vector<std::vector<std::int64_t>> values;
  for (const Sample& sample : samples) {
    const Key key{sample.cell, sample.metric, sample.unit, sample.ops};
    const auto [place, is_new] = places.try_emplace(key, result.size());
    if (is_new) {
      Series series;
      series.cell = sample.cell;
      series.metric = sample.metric;
      series.unit = sample.unit;
      series.ops = sample.ops;
      result.push_back(std::move(series));
      values.emplace_back();
    }
    Series& series = result[place->second];
    auto& pool = values[place->second];
    pool.insert(pool.end(), sample.values.begin(), sample.values.end());
    take_worse(series, sample.status, sample.reason);
    series.counters.insert(sample.counters.begin(), sample.counters.end());
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    try {
      summarize(result[i], values[i]);
      if (result[i].unit == "percent") result[i].values = std::move(values[i]);
    } catch (const std::exception& error) {
      throw std::runtime_error("samples of " + describe(result[i].cell) + ", metric '" +
                               result[i].metric + "': " + error.what());
    }
  }
  return result;
}

bool is_batch(const Params& params) {
  const auto sampling = params.find("sampling");
  return sampling != params.end() && sampling->second == "batch";
}

bool matches(const Params& params, const Params& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto found = params.find(key);
    if (value.empty() ? found != params.end() : found == params.end() || found->second != value) {
      return false;
    }
  }
  return true;
}

const Series* Measured::find(std::string_view metric) const {
  for (const Series* candidate : series) {
    if (candidate->metric == metric && candidate->n > 0) return candidate;
  }
  return nullptr;
}

const Fixed* Measured::median(std::string_view metric) const {
  const Series* found = find(metric);
  return found ? &found->median : nullptr;
}

std::vector<const Measured*> Block::select(std::string_view mechanism, std::string_view workload,
                                           const Params& params) const {
  std::vector<const Measured*> found;
  for (const Measured& row : rows) {
    if (row.mechanism == mechanism && row.workload == workload && matches(row.params, params) &&
        is_batch(row.params) == is_batch(params)) {
      found.push_back(&row);
    }
  }
  return found;
}

const Measured* Block::null_syscall_of(const Measured& row) const {
  const auto pti = row.params.find("pti");
  const auto first = [&](std::string_view mechanism, Params params) -> const Measured* {
    // Page-table isolation makes it another kernel, with another price of a system call.
    params["pti"] = pti == row.params.end() ? "" : pti->second;
    for (const Measured* candidate : select(mechanism, "null_syscall", params)) {
      if (candidate->usable() && candidate->find("cycles")) return candidate;
    }
    return nullptr;
  };
  if (const Measured* own = first(row.mechanism, {{"module", "absent"}})) return own;
  if (const Measured* own = first(row.mechanism, {{"module", ""}})) return own;
  return first("linux", {});
}

std::optional<Fixed> Block::ratio_of(const Measured& row) const {
  const Measured* base = null_syscall_of(row);
  const Fixed* cycles = row.median("cycles");
  if (!base || !cycles) return std::nullopt;
  return ratio(*cycles, *base->median("cycles"));
}

std::vector<Block> make_blocks(std::span<const Series> series, std::string_view experiment) {
  std::vector<Block> blocks;
  const auto profile_of = [](const Series& one) {
    const auto found = one.cell.params.find("profile");
    return found == one.cell.params.end() ? std::string() : found->second;
  };
  const auto known = [&](const std::string& profile) {
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const Block& block) { return block.profile == profile; });
  };
  bool any = false;
  for (const Series& one : series) {
    if (one.cell.experiment != experiment) continue;
    any = true;
    const std::string profile = profile_of(one);
    if (!profile.empty() && !known(profile)) blocks.push_back({profile, {}, false});
  }
  if (any && blocks.empty()) blocks.emplace_back();

  std::map<std::string, std::size_t> mechanism_order;
  for (Block& block : blocks) {
    std::map<std::tuple<std::string, std::string, Params>, std::size_t> places;
    for (const Series& one : series) {
      if (one.cell.experiment != experiment) continue;
      const std::string profile = profile_of(one);
      if (!profile.empty() && profile != block.profile) continue;
      Params params = one.cell.params;
      params.erase("profile");
      const auto [place, is_new] =
          places.try_emplace({one.cell.mechanism, one.cell.workload, params}, block.rows.size());
      if (is_new) block.rows.push_back({one.cell.mechanism, one.cell.workload, params, {}, {}, {}});
      Measured& row = block.rows[place->second];
      row.series.push_back(&one);
      take_worse(row, one.status, one.reason);
    }
    group_by_mechanism(block.rows, mechanism_order);
  }
  leave_out_unmodelled(blocks, series, experiment);
  return blocks;
}

Blocks::Blocks(std::span<const Series> series) {
  for (const Series& one : series) {
    if (by_experiment_.contains(one.cell.experiment)) continue;
    auto& blocks = by_experiment_[one.cell.experiment] = make_blocks(series, one.cell.experiment);
    for (const Block& block : blocks) {
      const bool known =
          std::find(profiles_.begin(), profiles_.end(), block.profile) != profiles_.end();
      if (!known) profiles_.push_back(block.profile);
    }
  }
  if (profiles_.size() > 1) profiles_.erase(profiles_.begin());
}

std::span<const Block> Blocks::of(const std::string& experiment) const {
  const auto found = by_experiment_.find(experiment);
  if (found == by_experiment_.end()) return {};
  return found->second;
}

bool Blocks::is_partial(const std::string& profile) const {
  for (const auto& [experiment, blocks] : by_experiment_)
    for (const Block& block : blocks)
      if (block.profile == profile && block.partial) return true;
  return false;
}

const Block* Blocks::find(const std::string& experiment, const std::string& profile) const {
  for (const Block& block : of(experiment)) {
    if (block.profile == profile || block.profile.empty()) return &block;
  }
  return nullptr;
}

}  // namespace osext::report
