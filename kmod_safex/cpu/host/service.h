// SPDX-License-Identifier: GPL-2.0
// A monitor and a handler at work for managed threads: one program each, for all of them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kmod_safex/cpu/host/reservation.h"
#include "kmod_safex/host/safex.h"

namespace osext {

class SafexCpuService {
 public:
  // `form` is one of OSEXT_CPU_PID_..., for the handler's variable of this name.  `budget` is of
  // one run for one of `threads` threads.  Throws SafexError or std::system_error.
  SafexCpuService(SafexProgram monitor, SafexProgram handler, std::uint32_t form,
                  std::uint32_t threads = 3,
                  std::chrono::nanoseconds budget = std::chrono::microseconds(200));

  // From now on, until the object's end.
  void manage(pid_t thread, std::chrono::nanoseconds target, std::chrono::nanoseconds period,
              std::uint32_t flags = OSEXT_SAFEX_CPU_RAISE);

  std::vector<osext_safex_cpu_statistics> threads() const;
  osext_safex_statistics monitor() const { return monitor_.statistics(); }
  osext_safex_statistics handler() const { return handler_.statistics(); }

 private:
  // Their ends take the reservations' classes, and extensions, with them.
  struct Thread {
    CpuReservation reservation;
    SafexFile file;
  };
  SafexProgram monitor_program_, handler_program_;
  SafexExtension monitor_, handler_;
  std::vector<Thread> threads_;
};

}  // namespace osext
