// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/cpu/host/reservation.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace osext {
namespace {

constexpr const char* kDevice = "/dev/osext_safex";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The device, open for one request.
class Device {
 public:
  Device() : descriptor_(open(kDevice, O_RDWR | O_CLOEXEC)) {
    if (descriptor_ < 0) fail("/dev/osext_safex (is the module osext_safex loaded?)");
  }
  ~Device() { close(descriptor_); }
  int request(unsigned long command, void* argument, const char* what) {
    const int result = ioctl(descriptor_, command, argument);
    if (result < 0) fail(what);
    return result;
  }

 private:
  int descriptor_;
};

}  // namespace

CpuReservation::CpuReservation(pid_t thread, std::chrono::nanoseconds target,
                               std::chrono::nanoseconds period, std::uint32_t flags) {
  osext_safex_cpu_admit request{};
  request.pid = static_cast<std::uint32_t>(thread);
  request.flags = flags;
  request.target_ns = static_cast<std::uint64_t>(target.count());
  request.period_ns = static_cast<std::uint64_t>(period.count());
  descriptor_ = Device().request(OSEXT_SAFEX_CPU_ADMIT, &request, "reserving CPU time");
}

CpuReservation::CpuReservation(CpuReservation&& from) noexcept
    : descriptor_(std::exchange(from.descriptor_, -1)) {}

CpuReservation& CpuReservation::operator=(CpuReservation&& from) noexcept {
  std::swap(descriptor_, from.descriptor_);
  return *this;
}

void CpuReservation::end() noexcept {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

osext_safex_cpu_statistics CpuReservation::statistics() const {
  osext_safex_cpu_statistics result{};
  if (ioctl(descriptor_, OSEXT_SAFEX_CPU_GET_STATISTICS, &result) < 0)
    fail("reading a reservation's counts");
  return result;
}

osext_safex_cpu_list cpu_reservations() {
  osext_safex_cpu_list result{};
  Device().request(OSEXT_SAFEX_CPU_LIST, &result, "listing reservations");
  return result;
}

}  // namespace osext
