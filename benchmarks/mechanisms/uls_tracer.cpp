// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_tracer.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

// The first word becomes the address of the data: UlsTraced, and then the calls, 16 bytes each.
//
// osext_uls_trace_entry: notes number and result of the last calls, and counts them; and those of
// one number.  osext_uls_trace_put: leaves both in the ring.  osext_uls_trace_thread: takes them
// out and counts; its argument is the request with which it waits for more, and its struct
// osext_uls_pass is on its stack.
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
  movq %rax, 64(%rsi, %rcx)
  movq %rdx, 72(%rsi, %rcx)
  ret
osext_uls_trace_put:
  movq osext_uls_trace(%rip), %rsi
  movl 64(%rdi), %eax
  movq 8(%rdi), %rdx
  movq (%rsi), %rcx
  movq %rcx, %r8
  subq 32(%rsi), %r8  # those that the thread has not seen
  cmpq $65536, %r8
  jae 1f
  andl $65535, %ecx
  shll $4, %ecx
  movq %rax, 64(%rsi, %rcx)
  movq %rdx, 72(%rsi, %rcx)
  incq (%rsi)
  ret
1:
  incq 40(%rsi)
  ret
osext_uls_trace_thread:
  movq osext_uls_trace(%rip), %rbx
  movl %edi, %r13d
  movl 8(%rsi), %ebp  # struct osext_uls_thread_record: device
  movl (%rsi), %eax   # and id
  subq $24, %rsp
  movl %eax, (%rsp)
  movq $0, 4(%rsp)      # put, value: none
  movl %ebx, 12(%rsp)   # wait: the calls noted, of which the lower half will do
  xorl %r12d, %r12d     # seen
1:
  movl %r12d, 16(%rsp)  # known
  movl $16, %eax        # ioctl()
  movl %ebp, %edi
  movl %r13d, %esi
  movq %rsp, %rdx
  syscall
  testq %rax, %rax
  js 4f
  incq 48(%rbx)
2:
  movl %r12d, %eax
  andl $65535, %eax
  shll $4, %eax
  movq 64(%rbx, %rax), %rcx
  movq 72(%rbx, %rax), %rdx
  movq %rdx, 24(%rbx)
  cmpq %rcx, 16(%rbx)
  jne 3f
  incq 8(%rbx)
3:
  incq %r12
  movq %r12, 32(%rbx)
  cmpq %r12, (%rbx)
  jne 2b
  jmp 1b
4:
  addq $24, %rsp
  ret
osext_uls_trace_end:
  .text
)");
extern "C" const char osext_uls_trace[], osext_uls_trace_entry[], osext_uls_trace_put[],
    osext_uls_trace_thread[], osext_uls_trace_end[];

namespace osext {
namespace {

static_assert(offsetof(osext_uls_record, value) == 8 &&
              offsetof(osext_uls_record, about.call.number) == 64);
static_assert(offsetof(osext_uls_thread_record, device) == 8 &&
              offsetof(osext_uls_pass, wait) == 12 && offsetof(osext_uls_pass, known) == 16);
static_assert(offsetof(UlsTraced, wanted) == 8 && offsetof(UlsTraced, number) == 16 &&
              offsetof(UlsTraced, result) == 24 && offsetof(UlsTraced, seen) == 32 &&
              offsetof(UlsTraced, lost) == 40 && offsetof(UlsTraced, wakeups) == 48 &&
              sizeof(UlsTraced) == 64);
static_assert(SYS_ioctl == 16);

constexpr std::uint32_t kRingBytes = 65536 * 16;

std::uint32_t address_in(const osext_uls_load& loaded, const char* label) {
  return loaded.code + static_cast<std::uint32_t>(label - osext_uls_trace);
}

void make_urgent(pid_t thread) {
  sched_param param = {};
  param.sched_priority = 1;
  if (sched_setscheduler(thread, SCHED_FIFO, &param) != 0)
    throw std::system_error(errno, std::generic_category(), "a real-time priority for a thread");
}

}  // namespace

UlsTracer::UlsTracer(UlsSandbox& sandbox, bool by_thread) : sandbox_(sandbox) {
  const std::size_t bytes = osext_uls_trace_end - osext_uls_trace;
  loaded_ = sandbox.load({.name = "tracer",
                          .code_bytes = static_cast<std::uint32_t>(bytes),
                          .data_bytes = sizeof(UlsTraced) + kRingBytes,
                          .budget_ns = OSEXT_ULS_BUDGET_MAX_NS});
  std::vector<char> image(osext_uls_trace, osext_uls_trace_end);
  const std::uint64_t data = loaded_.data;
  std::memcpy(image.data(), &data, sizeof data);
  sandbox.write(loaded_.id, loaded_.code, image.data(), bytes);
  UlsTraced traced = {};
  traced.number = SYS_getppid;
  sandbox.write(loaded_.id, loaded_.data, &traced, sizeof traced);
  sandbox.start(loaded_.id,
                address_in(loaded_, by_thread ? osext_uls_trace_put : osext_uls_trace_entry));
  if (!by_thread) return;
  thread_.emplace(sandbox.start_thread(loaded_.id, address_in(loaded_, osext_uls_trace_thread),
                                       OSEXT_ULS_PASS));
  make_urgent(thread_->pid());
}

UlsTracer::~UlsTracer() {
  sandbox_.unload(loaded_.id);
}

void UlsTracer::watch(pid_t host) {
  UlsBinding binding{.kind = OSEXT_ULS_SYSCALL, .queue = OSEXT_ULS_QUEUE_MAX};
  if (thread_) binding.flags = OSEXT_ULS_WAKE;
  binding.call = OSEXT_ULS_ANY_CALL;
  binding.pid = static_cast<std::uint64_t>(host);
  sandbox_.bind(loaded_.id, binding);
}

UlsTraced UlsTracer::counts() {
  UlsTraced traced;
  sandbox_.read(loaded_.id, loaded_.data, &traced, sizeof traced);
  if (!thread_) traced.seen = traced.noted;
  return traced;
}

void UlsTracer::check() {
  // With several CPUs the thread may be at it still.
  constexpr int kTries = 1000;
  constexpr useconds_t kPauseUs = 1000;
  for (int i = 0; i < kTries && counts().seen != counts().noted; ++i) usleep(kPauseUs);
  const osext_uls_statistics statistics = sandbox_.statistics(loaded_.id);
  const UlsTraced traced = counts();
  if (statistics.overruns + traced.lost != 0 || statistics.returns != traced.noted ||
      statistics.events != traced.noted || traced.seen != traced.noted)
    throw std::runtime_error(fmt::format("{} events, {} lost, {} noted, {} seen", statistics.events,
                                         statistics.overruns + traced.lost, traced.noted,
                                         traced.seen));
}

}  // namespace osext
