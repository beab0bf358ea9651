// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_tracing.h"

#include <fcntl.h>
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

#include "benchmarks/mechanisms/uls_tracer.h"
#include "uls/host/sandbox.h"
#include "workloads/child.h"
#include "workloads/traced.h"

namespace osext {
namespace {

long trace(int request, pid_t tracee, std::uint64_t address, void* data) {
  errno = 0;
  const long result = ptrace(static_cast<__ptrace_request>(request), tracee,
                             reinterpret_cast<void*>(address), data);
  if (errno != 0) throw std::system_error(errno, std::generic_category(), "ptrace");
  return result;
}

void await_stop(pid_t tracee) {
  int status;
  while (waitpid(tracee, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
    throw std::runtime_error("the program does not stop at its beginning");
}

// The tracee has just executed a program.  Makes it a host by its own system call, on a copy of its
// first page that nobody else sees, and puts everything back.
void make_host(pid_t tracee, int device) {
  user_regs_struct registers;
  trace(PTRACE_GETREGS, tracee, 0, &registers);
  const user_regs_struct before = registers;
  constexpr long kSyscallInstruction = 0x050f;
  const long first = trace(PTRACE_PEEKTEXT, tracee, registers.rip, nullptr);
  trace(PTRACE_POKETEXT, tracee, registers.rip,
        reinterpret_cast<void*>((first & ~0xffffL) | kSyscallInstruction));
  constexpr std::uint64_t kBelowStack = 256;
  const std::uint64_t arguments = registers.rsp - kBelowStack;  // struct osext_uls_join: zeros
  for (std::uint64_t offset = 0; offset < sizeof(osext_uls_join); offset += sizeof(long))
    trace(PTRACE_POKEDATA, tracee, arguments + offset, nullptr);
  registers.rax = SYS_ioctl;
  registers.rdi = static_cast<std::uint64_t>(device);
  registers.rsi = OSEXT_ULS_JOIN;
  registers.rdx = arguments;
  trace(PTRACE_SETREGS, tracee, 0, &registers);
  trace(PTRACE_SINGLESTEP, tracee, 0, nullptr);
  await_stop(tracee);
  trace(PTRACE_GETREGS, tracee, 0, &registers);
  if (registers.rax != 0)
    throw std::system_error(static_cast<int>(-registers.rax), std::generic_category(),
                            "the program does not join");
  trace(PTRACE_POKETEXT, tracee, before.rip, reinterpret_cast<void*>(first));
  user_regs_struct after = before;
  trace(PTRACE_SETREGS, tracee, 0, &after);
}

// An open file of the device that stays open when a program is executed.
class Inherited {
 public:
  Inherited() : file_(open(OSEXT_ULS_DEVICE, O_RDWR)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), OSEXT_ULS_DEVICE);
  }
  Inherited(const Inherited&) = delete;
  Inherited& operator=(const Inherited&) = delete;
  ~Inherited() { close(file_); }
  int file() const { return file_; }

 private:
  int file_;
};

void trace_program(TracedTask& task, UlsTracer& tracer) {
  const Inherited device;
  Child child([&] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "PTRACE_TRACEME");
    task.run();
  });
  await_stop(child.pid());
  make_host(child.pid(), device.file());
  tracer.watch(child.pid());
  trace(PTRACE_DETACH, child.pid(), 0, nullptr);
  child.join();
  task.ended();
}

void trace_calls(TracedTask& task, UlsSandbox& sandbox, UlsTracer& tracer) {
  int ready[2], go[2];
  if (pipe(ready) != 0 || pipe(go) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  {
    Child child([&] {
      sandbox.join();
      char byte = 0;
      if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
        throw std::runtime_error("the tracer is gone");
      task.run();
    });
    char byte = 0;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) throw std::runtime_error("the program does not join");
    tracer.watch(child.pid());
    if (write(go[1], &byte, 1) != 1) throw std::runtime_error("the program is gone");
    child.join();
  }
  for (const int file : {ready[0], go[0], go[1]}) close(file);
  tracer.check();
  if (tracer.counts().wanted != task.calls())
    throw std::runtime_error(
        fmt::format("the extension saw {} of {} calls", tracer.counts().wanted, task.calls()));
}

}  // namespace

void measure_uls_tracing(const PlannedCell& plan, Sampler& sampler) {
  const auto program = plan.cell.params.find("program");
  TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
  UlsSandbox sandbox;
  UlsTracer tracer(sandbox, plan.cell.params.at("tracer") == "thread");
  if (task.is_program())
    trace_program(task, tracer);
  else
    trace_calls(task, sandbox, tracer);
  tracer.check();
  sampler.fact("calls_seen", static_cast<std::int64_t>(tracer.counts().seen));
  sampler.fact("wakeups", static_cast<std::int64_t>(tracer.counts().wakeups));
  task.report(sampler);
}

}  // namespace osext
