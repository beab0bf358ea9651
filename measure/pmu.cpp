// SPDX-License-Identifier: GPL-2.0
#include "measure/pmu.h"

#include <fmt/core.h>
#include <perfmon/pfmlib_perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "measure/counter_probe.h"

namespace osext {
namespace {

// What read() returns for a group: PERF_FORMAT_GROUP and both times.
struct GroupReading {
  std::uint64_t count;
  std::uint64_t time_enabled;
  std::uint64_t time_running;
  std::uint64_t values[kMaxCounters];
};

std::string why_not(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      return "this CPU shows no performance counters (many virtual machines hide them)";
    case EACCES:
    case EPERM:
      return "no permission to count a whole CPU: be root, or set kernel.perf_event_paranoid to 0";
    case ENOSYS:
      return "the kernel has no perf_event_open";
    default:
      return fmt::format("perf_event_open: {}", std::strerror(error));
  }
}

perf_event_attr encode(const char* name) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  pfm_perf_encode_arg_t arg{};
  arg.attr = &attr;
  arg.size = sizeof arg;
  const int result =
      pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &arg);
  if (result != PFM_SUCCESS)
    throw std::runtime_error(
        fmt::format("libpfm4 has no event {} here: {}", name, pfm_strerror(result)));
  attr.read_format =
      PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attr;
}

}  // namespace

PmuGroup::PmuGroup(const std::vector<Event>& events, int cpu) {
  try {
    for (const Event& event : events) {
      perf_event_attr attr = encode(event.name);
      // Only the leader may be pinned: the group then runs always or not at all.
      attr.pinned = files_.empty();
      const int file =
          static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu,
                                   files_.empty() ? -1 : leader(), PERF_FLAG_FD_CLOEXEC));
      if (file < 0) throw std::runtime_error(why_not(errno));
      files_.push_back(file);
      metrics_.push_back(event.metric);
    }
    check_undisturbed();
  } catch (...) {
    for (int file : files_) close(file);
    throw;
  }
}

PmuGroup::PmuGroup(PmuGroup&& other) noexcept
    : files_(std::exchange(other.files_, {})), metrics_(std::move(other.metrics_)) {}

PmuGroup::~PmuGroup() {
  for (int file : files_) close(file);
}

void PmuGroup::read(std::uint64_t* values) {
  GroupReading reading;
  if (::read(leader(), &reading, sizeof reading) <= 0) std::memset(&reading, 0, sizeof reading);
  std::memcpy(values, reading.values, sizeof reading.values);
}

void PmuGroup::check_undisturbed() {
  GroupReading reading{};
  // A pinned group that lost its counters reads as end of file.
  if (::read(leader(), &reading, sizeof reading) <= 0 ||
      reading.time_enabled != reading.time_running)
    throw std::runtime_error("the performance counters are in use by something else");
}

PmuGroups::PmuGroups() {
  if (const int result = pfm_initialize(); result != PFM_SUCCESS)
    throw std::runtime_error(fmt::format("libpfm4: {}", pfm_strerror(result)));
  const int cpu = sched_getcpu();
  groups_.emplace_back(
      std::vector<PmuGroup::Event>{
          {"perf::INSTRUCTIONS:u", {"instructions_user", "instructions"}},
          {"perf::INSTRUCTIONS:k", {"instructions_kernel", "instructions"}},
          {"perf::CYCLES:u:k", {"core_cycles", "core_cycles"}},
      },
      cpu);
  try {
    groups_.emplace_back(
        std::vector<PmuGroup::Event>{
            {"perf::ITLB-LOAD-MISSES:u", {"itlb_misses", "misses"}},
            {"perf::DTLB-LOAD-MISSES:u", {"dtlb_misses", "misses"}},
        },
        cpu);
  } catch (const std::runtime_error&) {
    // Generic TLB events exist on some CPUs only; the first group is what every table needs.
  }
}

}  // namespace osext
