// SPDX-License-Identifier: GPL-2.0
// The extension that primitive_cost measures, and this process as its host.
#pragma once

#include <sys/syscall.h>

#include "uls/host/sandbox.h"
#include "workloads/system_call.h"
#include "workloads/working_set.h"

namespace osext {

// What an upcall of it does.
enum class UlsEntry {
  one_way,     // marks its first instruction
  reload,      // uses the host's working set, and marks when it is through
  round_trip,  // only counts
};

// Half of what the TLBs of the papers' processor hold, 64 entries for data and 128 for code: beside
// the kernel's own it stays there until somebody flushes it.
class UlsWorkingSet {
 public:
  UlsWorkingSet();
  WorkingSet::DataWalk data{};
  WorkingSet::CodeWalk code{};

 private:
  WorkingSet data_pages_, code_pages_;
};

// The extension, in the sandbox that this process has joined, while it lives.
class Upcalls {
 public:
  // `pages`: for UlsEntry::reload.
  Upcalls(UlsEntry entry, const UlsBinding& binding, const UlsWorkingSet* pages = nullptr);
  Upcalls(const Upcalls&) = delete;
  Upcalls& operator=(const Upcalls&) = delete;
  ~Upcalls();

  // What it noted: how often it ran, and the time stamps of the last mark and of its event.
  struct Noted {
    std::uint64_t count, marked, event;
    std::uint64_t pages, first_page, first_jump;  // what it is told of the working set
  };
  Noted noted();

  // Its own count and the module's must both say `upcalls`, none aborted.
  osext_uls_statistics check(std::uint64_t upcalls);

  [[gnu::always_inline]] long raise(osext_uls_raise& event) {
    event.id = loaded_.id;
    return system_call(SYS_ioctl, sandbox_.descriptor(), OSEXT_ULS_RAISE,
                       reinterpret_cast<long>(&event));
  }

  [[gnu::always_inline]] long open(osext_uls_open& open) {
    return system_call(SYS_ioctl, sandbox_.descriptor(), OSEXT_ULS_OPEN,
                       reinterpret_cast<long>(&open));
  }

  // Where both ends of the operation lie elsewhere: what they noted.
  template <class Probe>
  void stamped(Probe& probe, bool markers) {
    if (markers) return;
    const Noted last = noted();
    probe.ended_elsewhere(last.marked);
    probe.began_elsewhere(last.event);
  }

 private:
  UlsSandbox sandbox_;
  osext_uls_load loaded_;
};

}  // namespace osext
