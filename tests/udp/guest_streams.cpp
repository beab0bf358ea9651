// SPDX-License-Identifier: GPL-2.0
// Inside the machine: one udp_stream run, its counts and figures as text.
//   udp-streams RATE_PPS STEP_MS same|diff
//   udp-streams RATE_PPS STEP_MS EXECUTIVE WORDS: as guests of Hijack
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <numeric>
#include <string>

#include "executive/host/session.h"
#include "measure/affinity.h"
#include "workloads/udp_stream.h"

namespace {

using namespace osext;

void print_task(int task, const UdpTaskResult& result) {
  fmt::print("task {}: offered {} delivered {} card {} socket {} reads {}\n", task, result.offered,
             result.delivered, result.dropped_by_card, result.dropped_by_socket, result.reads);
  for (std::size_t i = 0; i < result.windows.size(); ++i) {
    const auto& window = result.windows[i];
    const auto& jitter = window.jitter_ns;
    fmt::print("task {} window {}: offered {} delivered {} dropped {} pairs {} jitter {} {}\n",
               task, i, window.offered, window.delivered, window.dropped, jitter.size(),
               jitter.empty() ? -1 : *std::max_element(jitter.begin(), jitter.end()),
               std::accumulate(jitter.begin(), jitter.end(), std::int64_t{0}));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  try {
    pin_to_one_cpu();
    UdpStreamPlan plan{};
    plan.schedule.rate_pps = static_cast<std::uint32_t>(std::stoul(argv[1]));
    plan.schedule.step_ns = std::stoull(argv[2]) * 1'000'000;
    plan.schedule.seed = 1;
    HijackSession session;
    if (argc > 4) {
      session.start(argv[3], {.words = argv[4], .priority = 40});
      plan.enter = [&] { session.join(); };
    } else {
      plan.priority =
          std::strcmp(argv[3], "diff") == 0 ? different_priorities() : same_priorities();
    }
    const UdpStreamResult result = udp_stream(plan);
    fmt::print("interrupts {} polls {}\n", result.interrupts, result.polls);
    for (int task = 0; task < kUdpTasks; ++task)
      print_task(task, result.tasks[static_cast<std::size_t>(task)]);
    fmt::print("complete\n");
    return 0;
  } catch (const std::exception& error) {
    fmt::print("failed: {}\n", error.what());
    return 1;
  }
}
