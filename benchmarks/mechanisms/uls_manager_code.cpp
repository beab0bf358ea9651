// SPDX-License-Identifier: GPL-2.0
// The CPU service manager of ULS, as it runs in the sandbox: position-independent, all in one
// section, with general registers only, and nothing called.
//
// The upcall is the monitor, the handler and the guard: a timer's interrupt, every 10 ms, in
// whatever host runs.  It makes no system call, so it knows of CPU time what it sees itself: whom
// the timer interrupted.  When a task's right to run has changed it leaves that in a word, and a
// thread in the sandbox, which waits for the word, acts by system calls.
#include "benchmarks/mechanisms/uls_manager_code.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "workloads/system_call.h"

asm(R"(
  .pushsection osext_uls_manager, "ax", @progbits
  .balign 16
  .globl osext_uls_manager_data
  .hidden osext_uls_manager_data
osext_uls_manager_data:
  .quad 0
  .popsection
)");

#define IN_SANDBOX [[gnu::section("osext_uls_manager"), gnu::flatten, gnu::used]]

namespace osext {
namespace {

[[gnu::always_inline]] inline UlsManagerData& manager_data() {
  UlsManagerData* data;
  asm("movq osext_uls_manager_data(%%rip), %0" : "=r"(data));
  return *data;
}

[[gnu::always_inline]] inline __u64 stamp() {
  return __builtin_ia32_rdtsc();
}

// SIGCONT and above the disturbance, or SIGSTOP and back; as the process of the slides does it.
[[gnu::always_inline]] inline void set(UlsManagerData& data, const UlsManagedTask& task, bool run) {
  sched_param parameter;
  parameter.sched_priority = run ? OSEXT_CPU_RAISED_PRIORITY : static_cast<int>(task.priority);
  const long pid = task.pid;
  long failed = 0;
  if (!run) failed |= system_call(SYS_kill, pid, SIGSTOP);
  failed |= system_call(SYS_sched_setscheduler, pid, SCHED_RR, reinterpret_cast<long>(&parameter));
  if (run) failed |= system_call(SYS_kill, pid, SIGCONT);
  if (failed != 0) ++data.failed;
  if (run) {
    ++data.raised;
    ++data.continues;
  } else {
    ++data.lowered;
    ++data.stops;
  }
}

}  // namespace
}  // namespace osext

extern "C" {

IN_SANDBOX void osext_uls_manager_upcall(const osext_uls_record* record) {
  const __u64 begin = osext::stamp();
  osext::UlsManagerData& data = osext::manager_data();
  __u32 may_run = 0;
  for (unsigned i = 0; i < osext::kUlsManagedTasks; ++i) {
    osext::UlsManagedTask& task = data.tasks[i];
    if (task.pid == record->pid) task.had_ns += OSEXT_CPU_SAMPLE_NS;
    const bool run = osext_cpu_sample(&task.state, task.had_ns, 1) != 0;
    if (run) may_run |= 1U << i;
    ++data.samples;
    if (task.state.blocked == 0) continue;
    ++data.unsafe;
    if (!run) ++data.unsafe_blocked;
  }
  ++data.upcalls;
  data.may_run = may_run;
  data.stamps += osext::stamp() - begin;
}

IN_SANDBOX long osext_uls_manager_thread(__u64 may_run, const osext_uls_thread_record* record) {
  osext::UlsManagerData& data = osext::manager_data();
  osext_uls_pass pass;
  pass.id = record->id;
  pass.put = 0;
  pass.value = 0;
  pass.wait = static_cast<__u32>(reinterpret_cast<__u64>(&data.may_run));
  pass.known = static_cast<__u32>(may_run);
  for (;;) {
    const long failed = osext::system_call(SYS_ioctl, record->device, OSEXT_ULS_PASS,
                                           reinterpret_cast<long>(&pass));
    if (failed != 0) return 1;
    for (unsigned i = 0; i < osext::kUlsManagedTasks; ++i)
      if (((pass.got ^ pass.known) >> i & 1) != 0)
        osext::set(data, data.tasks[i], (pass.got >> i & 1) != 0);
    pass.known = pass.got;
  }
}

}  // extern "C"
