// SPDX-License-Identifier: GPL-2.0
// Reservations of the CPU service manager, as C++ sees them.
#pragma once

#include <osext/safex_cpu.h>
#include <sys/types.h>

#include <chrono>

namespace osext {

// CPU time for one thread, while the object lives: its end, or this process's, gives the thread
// its own scheduling back.  Every function throws std::system_error with the kernel's reason.
class CpuReservation {
 public:
  CpuReservation(pid_t thread, std::chrono::nanoseconds target, std::chrono::nanoseconds period,
                 std::uint32_t flags = OSEXT_SAFEX_CPU_RAISE);
  ~CpuReservation() { end(); }
  CpuReservation(CpuReservation&& from) noexcept;
  CpuReservation& operator=(CpuReservation&& from) noexcept;

  osext_safex_cpu_statistics statistics() const;
  int descriptor() const { return descriptor_; }
  void end() noexcept;

 private:
  int descriptor_;
};

// The caller's reservations, for root all.
osext_safex_cpu_list cpu_reservations();

}  // namespace osext
