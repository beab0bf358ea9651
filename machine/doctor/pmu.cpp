// SPDX-License-Identifier: GPL-2.0
// The performance counters, tried; see pmu.h.
#include "machine/doctor/pmu.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "machine/vm/descriptor.h"

namespace osext {
namespace {

constexpr std::uint64_t kIterations = 10'000'000;

// Two instructions an iteration.
void known_loop() {
  std::uint64_t left = kIterations;
  __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(left)::"cc");
}

std::string why_not(int error) {
  if (error == EACCES || error == EPERM)
    return "perf_event_open is forbidden (kernel.perf_event_paranoid)";
  if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
    return "the kernel knows no counter of instructions (a virtual machine without one?)";
  if (error == ENOSYS) return "the kernel has no perf_event_open";
  return fmt::format("perf_event_open: {}", strerror(error));
}

}  // namespace

PmuCheck judge_pmu(std::uint64_t counted, std::uint64_t expected) {
  // The calls that start and stop the counter add a few instructions.
  std::uint64_t allowed = expected / 100;
  bool near = counted + allowed >= expected && counted <= expected + allowed;
  return {near, fmt::format("counted {} of {} instructions of a known loop", counted, expected)};
}

PmuCheck check_pmu() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.disabled = 1;
  Descriptor counter(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!counter) return {false, why_not(errno)};
  ioctl(counter.get(), PERF_EVENT_IOC_ENABLE, 0);
  known_loop();
  ioctl(counter.get(), PERF_EVENT_IOC_DISABLE, 0);
  std::uint64_t counted = 0;
  if (read(counter.get(), &counted, sizeof counted) != sizeof counted)
    return {false, "the counter cannot be read"};
  return judge_pmu(counted, 2 * kIterations);
}

}  // namespace osext
