// SPDX-License-Identifier: GPL-2.0
// Policies, tasks and windows; see streams.h.
#include "report/streams.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace osext::report {
namespace {

constexpr unsigned kSettlingWindows = 2;  // a step

std::optional<unsigned> number_of(const Params& params, const char* key) {
  const auto found = params.find(key);
  if (found == params.end()) return std::nullopt;
  unsigned number = 0;
  const char* const end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::string text_of(const Params& params, const char* key) {
  const auto found = params.find(key);
  return found == params.end() ? "" : found->second;
}

}  // namespace

std::string to_string(const Extended& value) {
  return value.infinite ? "inf" : to_string(value.value);
}

std::optional<Fixed> PolicyRun::rate(unsigned task, unsigned window,
                                     std::string_view metric) const {
  const auto of_task = tasks.find(task);
  if (of_task == tasks.end()) return std::nullopt;
  const auto row = of_task->second.find(window);
  if (row == of_task->second.end()) return std::nullopt;
  const Fixed* median = row->second->median(metric);
  return median ? std::optional(*median) : std::nullopt;
}

std::optional<Jitter> PolicyRun::jitter(unsigned task, unsigned window) const {
  if (!rate(task, window, "offered_pps")) return std::nullopt;
  const Series* series = tasks.at(task).at(window)->find("jitter_ns");
  if (!series) return Jitter{true, {}, {}};
  return Jitter{false, series->max, series->mean};
}

std::vector<unsigned> PolicyRun::full_load() const {
  if (tasks.empty()) return {};
  unsigned first = 0, last = 0;
  for (const auto& [task, windows] : tasks) {
    first = std::max(first, windows.begin()->first);
    last = std::max(last, windows.rbegin()->first);
  }
  std::vector<unsigned> all;
  for (unsigned window = first + kSettlingWindows; window <= last; ++window) all.push_back(window);
  return all;
}

Fixed PolicyRun::mean_rate(unsigned task, std::string_view metric) const {
  std::int64_t sum = 0;
  const auto windows = full_load();
  for (unsigned window : windows) {
    const auto one = rate(task, window, metric);
    if (!one) throw std::out_of_range("no " + std::string(metric));
    sum += one->thousandths;
  }
  if (windows.empty()) throw std::out_of_range("no window of full load");
  return {sum / static_cast<std::int64_t>(windows.size())};
}

Fixed PolicyRun::least_rate(unsigned task, std::string_view metric) const {
  std::optional<Fixed> least;
  for (unsigned window : full_load()) {
    const auto one = rate(task, window, metric);
    if (!one) throw std::out_of_range("no " + std::string(metric));
    least = least ? std::min(*least, *one) : *one;
  }
  if (!least) throw std::out_of_range("no window of full load");
  return *least;
}

Extended PolicyRun::maximum_jitter(unsigned task) const {
  Extended most;
  for (unsigned window : full_load()) {
    const auto one = jitter(task, window);
    if (!one) throw std::out_of_range("no jitter");
    if (one->infinite) return {true, {}};
    most.value = std::max(most.value, one->maximum);
  }
  return most;
}

Extended PolicyRun::mean_jitter(unsigned task) const {
  __int128 sum = 0;
  std::uint64_t pairs = 0;
  for (unsigned window : full_load()) {
    const auto one = jitter(task, window);
    if (!one) throw std::out_of_range("no jitter");
    if (one->infinite) return {true, {}};
    const std::uint64_t n = tasks.at(task).at(window)->find("jitter_ns")->n;
    sum += static_cast<__int128>(one->mean.thousandths) * n;
    pairs += n;
  }
  if (pairs == 0) throw std::out_of_range("no jitter");
  return {false, {static_cast<std::int64_t>(sum / pairs)}};
}

std::vector<PolicyRun> policy_runs(const Block& block) {
  std::vector<PolicyRun> runs;
  for (const Measured& row : block.rows) {
    const auto task = number_of(row.params, "task"), window = number_of(row.params, "window");
    if (row.workload != "udp_stream" || !task || !window || !row.usable()) continue;
    const std::string policy = text_of(row.params, "policy");
    const std::string streams = text_of(row.params, "streams");
    auto run = std::find_if(runs.begin(), runs.end(), [&](const PolicyRun& other) {
      return other.mechanism == row.mechanism && other.policy == policy && other.streams == streams;
    });
    if (run == runs.end()) {
      run = runs.insert(runs.end(), PolicyRun{});
      run->mechanism = row.mechanism;
      run->policy = policy;
      run->streams = streams;
      if (!row.series.empty()) run->counters = row.series.front()->counters;
    }
    run->tasks[*task][*window] = &row;
  }
  return runs;
}

}  // namespace osext::report
