// SPDX-License-Identifier: GPL-2.0
#include "workloads/background.h"

#include <sched.h>

#include <stdexcept>

#include "workloads/clock.h"

namespace osext {

namespace {

void count_loops(volatile LoopCount& count) {
  while (count.stop == 0) count.loops = count.loops + 1;
}

}  // namespace

Background::Background(unsigned tasks, const std::function<void()>& first) : counts_(tasks) {
  for (unsigned i = 0; i < tasks; ++i)
    tasks_.push_back(std::make_unique<Child>([&, i] {
      first();
      count_loops(counts_[i]);
    }));
}

void Background::stop() {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    *static_cast<volatile std::uint64_t*>(&counts_[i].stop) = 1;
}

std::uint64_t Background::loops() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    sum += *static_cast<const volatile std::uint64_t*>(&counts_[i].loops);
  return sum;
}

void Background::until_each_has_run() const {
  constexpr std::int64_t kPatienceNs = 10 * kNsPerSecond;
  const std::int64_t begin_ns = now_ns();
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto& loops = *static_cast<const volatile std::uint64_t*>(&counts_[i].loops);
    while (loops == 0) {
      if (now_ns() - begin_ns > kPatienceNs)
        throw std::runtime_error("a background task does not get the CPU");
      sched_yield();
    }
  }
}

Throughput::Throughput(const Background& background)
    : background_(background), loops_(background.loops()), since_ns_(now_ns()) {}

std::int64_t Throughput::loops_per_ms() const {
  const std::int64_t elapsed_ns = now_ns() - since_ns_;
  const auto loops = static_cast<std::int64_t>(background_.loops() - loops_);
  return elapsed_ns < kNsPerMs ? 0 : loops / (elapsed_ns / kNsPerMs);
}

}  // namespace osext
