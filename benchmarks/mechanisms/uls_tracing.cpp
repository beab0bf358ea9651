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
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "uls/host/sandbox.h"
#include "workloads/child.h"
#include "workloads/traced.h"

// The extension: notes number and result of the last 1024 calls, and counts them; and those of one
// number.  The first word becomes the address of its data: the count, the others' count, that
// number, and then the calls, 16 bytes each.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_trace:
  .quad 0
osext_uls_trace_entry:
  movq osext_uls_trace(%rip), %rsi
  movl 64(%rdi), %eax  # struct osext_uls_record: about.call.number
  movq 8(%rdi), %rdx   # value, which is the result
  movq (%rsi), %rcx
  incq (%rsi)
  cmpq %rax, 16(%rsi)
  jne 1f
  incq 8(%rsi)
1:
  andl $1023, %ecx
  shll $4, %ecx
  movq %rax, 32(%rsi, %rcx)
  movq %rdx, 40(%rsi, %rcx)
  ret
osext_uls_trace_end:
  .text
)");
extern "C" const char osext_uls_trace[], osext_uls_trace_entry[], osext_uls_trace_end[];

namespace osext {
namespace {

static_assert(offsetof(osext_uls_record, value) == 8 &&
              offsetof(osext_uls_record, about.call.number) == 64);

constexpr std::size_t kLogBytes = 1024 * 16;
constexpr std::uint32_t kQueue = OSEXT_ULS_QUEUE_MAX;

class TraceExtension {
 public:
  explicit TraceExtension(UlsSandbox& sandbox) : sandbox_(sandbox) {
    const std::size_t bytes = osext_uls_trace_end - osext_uls_trace;
    loaded_ = sandbox.load({.name = "tracer",
                            .code_bytes = static_cast<std::uint32_t>(bytes),
                            .data_bytes = sizeof(Counts) + kLogBytes,
                            .budget_ns = OSEXT_ULS_BUDGET_MAX_NS});
    std::vector<char> image(osext_uls_trace, osext_uls_trace_end);
    const std::uint64_t data = loaded_.data;
    std::memcpy(image.data(), &data, sizeof data);
    sandbox.write(loaded_.id, loaded_.code, image.data(), bytes);
    const Counts counts{0, 0, SYS_getppid, 0};
    sandbox.write(loaded_.id, loaded_.data, &counts, sizeof counts);
    sandbox.start(loaded_.id, loaded_.code + (osext_uls_trace_entry - osext_uls_trace));
  }
  TraceExtension(const TraceExtension&) = delete;
  TraceExtension& operator=(const TraceExtension&) = delete;
  ~TraceExtension() { sandbox_.unload(loaded_.id); }

  void watch(pid_t host) {
    sandbox_.bind(loaded_.id, {.kind = OSEXT_ULS_SYSCALL,
                               .queue = kQueue,
                               .call = OSEXT_ULS_ANY_CALL,
                               .pid = static_cast<std::uint64_t>(host)});
  }

  struct Counts {
    std::uint64_t all, wanted, number, reserved;
  };
  Counts counts() {
    Counts counts;
    sandbox_.read(loaded_.id, loaded_.data, &counts, sizeof counts);
    return counts;
  }
  // None lost, none aborted.
  void check() {
    const osext_uls_statistics statistics = sandbox_.statistics(loaded_.id);
    if (statistics.overruns != 0 || statistics.returns != counts().all ||
        statistics.events != counts().all)
      throw std::runtime_error(fmt::format("{} events, {} lost, {} noted", statistics.events,
                                           statistics.overruns, counts().all));
  }

 private:
  UlsSandbox& sandbox_;
  osext_uls_load loaded_;
};

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

void trace_program(TracedTask& task, TraceExtension& extension) {
  const Inherited device;
  Child child([&] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "PTRACE_TRACEME");
    task.run();
  });
  await_stop(child.pid());
  make_host(child.pid(), device.file());
  extension.watch(child.pid());
  trace(PTRACE_DETACH, child.pid(), 0, nullptr);
  child.join();
  task.ended();
}

void trace_calls(TracedTask& task, UlsSandbox& sandbox, TraceExtension& extension) {
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
    extension.watch(child.pid());
    if (write(go[1], &byte, 1) != 1) throw std::runtime_error("the program is gone");
    child.join();
  }
  for (const int file : {ready[0], go[0], go[1]}) close(file);
  if (extension.counts().wanted != task.calls())
    throw std::runtime_error(
        fmt::format("the extension saw {} of {} calls", extension.counts().wanted, task.calls()));
}

}  // namespace

void measure_uls_tracing(const PlannedCell& plan, Sampler& sampler) {
  const auto program = plan.cell.params.find("program");
  TracedTask task(program == plan.cell.params.end() ? "" : program->second, plan.series.count);
  UlsSandbox sandbox;
  TraceExtension extension(sandbox);
  if (task.is_program())
    trace_program(task, extension);
  else
    trace_calls(task, sandbox, extension);
  extension.check();
  sampler.fact("calls_seen", static_cast<std::int64_t>(extension.counts().all));
  task.report(sampler);
}

}  // namespace osext
