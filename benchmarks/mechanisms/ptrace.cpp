// SPDX-License-Identifier: GPL-2.0
// Mechanism ptrace: a tracer interposes on every system call of its tracee (Hijack paper, 3.1).
//
// Per call: two stops (PTRACE_SYSCALL, wait), at the first of which the tracer fetches what
// identifies the call: the registers (variant=getregs, as in the paper), or PTRACE_GET_SYSCALL_INFO
// (variant=get_syscall_info).  The marks stand in the tracee, around its system call.
#include <fmt/core.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "benchmarks/mechanism.h"
#include "workloads/call_loop.h"
#include "workloads/child.h"
#include "workloads/traced.h"

namespace osext {
namespace {

// glibc declares the request as an enum of its own.
long trace(int request, pid_t tracee, void* address, void* data) {
  return ptrace(static_cast<__ptrace_request>(request), tracee, address, data);
}

void trace_or_throw(int request, pid_t tracee, long data, const char* what) {
  if (trace(request, tracee, nullptr, reinterpret_cast<void*>(data)) < 0)
    throw std::system_error(errno, std::generic_category(), what);
}

long call_by_registers(pid_t tracee) {
  user_regs_struct registers;
  if (trace(PTRACE_GETREGS, tracee, nullptr, &registers) < 0) return -1;
  return static_cast<long>(registers.orig_rax);
}

long call_by_syscall_info(pid_t tracee) {
  __ptrace_syscall_info info;
  if (trace(PTRACE_GET_SYSCALL_INFO, tracee, reinterpret_cast<void*>(sizeof info), &info) < 0)
    return -1;
  return info.op == PTRACE_SYSCALL_INFO_ENTRY ? static_cast<long>(info.entry.nr) : -1;
}

constexpr int kSyscallStop = SIGTRAP | 0x80;  // as PTRACE_O_TRACESYSGOOD marks it

int wait_for_stop(pid_t tracee) {
  int status;
  while (waitpid(tracee, &status, __WALL) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  if (!WIFSTOPPED(status)) throw std::runtime_error("the traced process has ended early");
  return WSTOPSIG(status);
}

struct Seen {
  std::uint64_t wanted = 0, all = 0;
};

// Interposes until the tracee exits; returns how many calls it saw, and of `wanted`.
template <class Identify>
Seen interpose(pid_t tracee, long wanted, Identify identify) {
  wait_for_stop(tracee);  // the tracee's own SIGSTOP
  trace_or_throw(PTRACE_SETOPTIONS, tracee, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL,
                 "PTRACE_SETOPTIONS");
  Seen seen;
  for (bool entry = true;;) {
    trace_or_throw(PTRACE_SYSCALL, tracee, 0, "PTRACE_SYSCALL");
    if (wait_for_stop(tracee) != kSyscallStop) continue;
    if (entry) {
      const long number = identify(tracee);
      seen.wanted += number == wanted;
      ++seen.all;
      if (number == SYS_exit_group) break;
    }
    entry = !entry;
  }
  trace_or_throw(PTRACE_DETACH, tracee, 0, "PTRACE_DETACH");
  return seen;
}

class Ptrace : public Mechanism {
 public:
  std::string probe(const Environment&) override {
    try {
      Child tracee([] { start_traced(); });
      interpose(tracee.pid(), SYS_getppid, call_by_registers);
      tracee.join();
      return "";
    } catch (const std::exception& error) {
      return fmt::format("ptrace is not allowed here: {}", error.what());
    }
  }
  void setup(const Environment&) override {}
  void teardown() override {}

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    if (plan.cell.experiment == "syscall_tracing") return trace_task(plan, sampler);
    const Series& series = plan.series;
    const auto identify = plan.cell.params.at("variant") == "get_syscall_info"
                              ? call_by_syscall_info
                              : call_by_registers;
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Child tracee([&] {
        start_traced();
        call_loop(probe, pairs, series.ops, SYS_getppid);
      });
      const std::uint64_t seen = interpose(tracee.pid(), SYS_getppid, identify).wanted;
      tracee.join();
      if (seen != pairs * series.ops)
        throw std::runtime_error(
            fmt::format("the tracer saw {} of {} calls", seen, pairs * series.ops));
    });
  }

 private:
  static void trace_task(const PlannedCell& plan, Sampler& sampler) {
    const auto program = plan.cell.params.find("program");
    TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
    Child tracee([&] {
      start_traced();
      task.run();
    });
    const Seen seen = interpose(tracee.pid(), SYS_getppid, call_by_registers);
    tracee.join();
    task.ended();
    if (!task.is_program() && seen.wanted != task.calls())
      throw std::runtime_error(
          fmt::format("the tracer saw {} of {} calls", seen.wanted, task.calls()));
    sampler.fact("calls_seen", static_cast<std::int64_t>(seen.all));
    task.report(sampler);
  }

  static void start_traced() {
    trace_or_throw(PTRACE_TRACEME, 0, 0, "PTRACE_TRACEME");
    raise(SIGSTOP);
  }
};

const RegisterMechanism registered("ptrace", [] { return std::make_unique<Ptrace>(); });

}  // namespace
}  // namespace osext
