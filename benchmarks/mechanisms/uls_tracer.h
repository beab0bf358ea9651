// SPDX-License-Identifier: GPL-2.0
// A tracer of system calls in the sandbox: an extension, alone or with a thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "uls/host/sandbox.h"

namespace osext {

// In the extension's data, before the calls it notes.
struct UlsTraced {
  std::uint64_t noted;  // calls, by upcalls
  std::uint64_t wanted, number;
  std::uint64_t result;   // thread: of the last call it looked at
  std::uint64_t seen;     // by the tracer, which is the thread if there is one
  std::uint64_t lost;     // thread: there was no room for them
  std::uint64_t wakeups;  // thread: how often it had waited
  std::uint64_t reserved;
};

// Alone: the upcall itself looks at the call, and notes the last ones.  With a thread: the upcall
// leaves number and result in a ring, and the module wakes the thread, which looks at them.  The
// traced process does not wait for the thread; but the thread has a real-time priority, so with one
// CPU it runs at once, and the process when the thread waits again.
class UlsTracer {
 public:
  UlsTracer(UlsSandbox& sandbox, bool by_thread);
  UlsTracer(const UlsTracer&) = delete;
  UlsTracer& operator=(const UlsTracer&) = delete;
  ~UlsTracer();

  void watch(pid_t host);
  UlsTraced counts();
  // The traced process has ended.  Throws std::runtime_error if a call was lost, an upcall aborted,
  // or the thread has not seen them all.
  void check();

 private:
  UlsSandbox& sandbox_;
  osext_uls_load loaded_;
  std::optional<UlsThread> thread_;
};

}  // namespace osext
