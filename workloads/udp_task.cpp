// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_task.h"

#include <osext/nic.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "workloads/instant.h"
#include "workloads/udp_socket.h"

namespace osext {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void use_round_robin(int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(0, SCHED_RR, &parameter) != 0) fail("sched_setscheduler");
}

// The work: every packet costs the same, from the first on.
class Statistics {
 public:
  [[gnu::noinline]] void add(std::int64_t jitter_ns, TaskProgress& result) {
    latest_ns_[next_++ % kStatisticsPackets] = jitter_ns;
    std::int64_t sum = 0, least = jitter_ns, most = jitter_ns;
    for (const std::int64_t value : latest_ns_) {
      sum += value;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    result.mean_ns = sum / static_cast<std::int64_t>(kStatisticsPackets);
    result.least_ns = least;
    result.most_ns = most;
  }

 private:
  std::array<std::int64_t, kStatisticsPackets> latest_ns_{};
  std::size_t next_ = 0;
};

}  // namespace

void receive_packets(std::uint32_t address, std::uint32_t port, RoundRobinPriority priority,
                     TaskLog& log) {
  constexpr std::size_t kPacketsARead = 64;
  static std::array<osext_nic_payload, kPacketsARead> buffer;
  static Statistics statistics;
  if (priority) use_round_robin(*priority);
  const int descriptor = bound_udp_socket(address, port);
  TaskProgress& progress = log.progress[0];
  Reception before{};
  for (;;) {
    const ssize_t bytes = read(descriptor, buffer.data(), sizeof buffer);
    const std::uint64_t received_ns = monotonic_ns();
    if (bytes < 0) fail("read");
    const auto packets = static_cast<std::size_t>(bytes) / sizeof buffer[0];
    if (packets * sizeof buffer[0] != static_cast<std::size_t>(bytes))
      throw std::runtime_error("a packet has another size than was sent");
    if (packets > log.receptions.size() - progress.received)
      throw std::runtime_error("more packets came in than were sent");
    for (std::size_t i = 0; i < packets; ++i) {
      const Reception now{buffer[i].serial, buffer[i].sent_ns, received_ns};
      log.receptions[progress.received] = now;
      const auto jitter = static_cast<std::int64_t>((now.received_ns - before.received_ns) -
                                                    (now.sent_ns - before.sent_ns));
      statistics.add(progress.received == 0 ? 0 : std::abs(jitter), progress);
      before = now;
      std::atomic_ref(progress.received).fetch_add(1, std::memory_order_release);
    }
    ++progress.reads;
  }
}

}  // namespace osext
