// SPDX-License-Identifier: GPL-2.0
// What the CPU service manager of ULS is made of in the sandbox (uls_manager.h): its data, and the
// symbols of its code, which is copied there.
#pragma once

#include <osext/cpu_service.h>
#include <osext/uls.h>

namespace osext {

inline constexpr unsigned kUlsManagedTasks = 3;

struct UlsManagedTask {
  __u32 pid;
  __u32 priority;  // as it started
  __u64 had_ns;    // 10 ms for each timer's interrupt that found it running
  osext_cpu_task state;
};

struct UlsManagerData {
  __u64 upcalls, samples, unsafe, unsafe_blocked;   // written by the upcall
  __u64 stamps;                                     // what it took, by the time stamp counter
  __u64 raised, lowered, stops, continues, failed;  // written by the thread
  __u32 may_run;                                    // a bit a task; the thread waits for changes
  __u32 id;                                         // of the extension
  UlsManagedTask tasks[kUlsManagedTasks];
};

}  // namespace osext

extern "C" {
// The image: from __start_ to __stop_, as the linker names a section's ends.
extern const char __start_osext_uls_manager[], __stop_osext_uls_manager[];
extern const char osext_uls_manager_data[];  // a word of it, which becomes the address of the data
void osext_uls_manager_upcall(const osext_uls_record* record);
long osext_uls_manager_thread(__u64 may_run, const osext_uls_thread_record* record);
}
