// SPDX-License-Identifier: GPL-2.0
#include "executive/delivery.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>

#include <initializer_list>

#include "executive/linux.h"
#include "executive/log.h"
#include "executive/memory.h"
#include "executive/state.h"

extern "C" {
extern osext_hijack_shared executive_shared;
extern char executive_upcall[], executive_sigreturn[];
void executive_signal(int number, const siginfo_t* info, const ucontext* context);
}

namespace osext::executive {
namespace {

constexpr uint64_t kDisarmed = 2;             // SS_DISABLE
constexpr uint64_t kAutoDisarm = 1ULL << 31;  // SS_AUTODISARM
constexpr uint64_t kMaskBytes = 8;

bool handler = false;
uint64_t own_signals = 0;  // a bit for each that interrupted the executive

// For signals that interrupt the executive.  Those of guests have their frames in the guest.
alignas(kPage) uint8_t signal_stack[OSEXT_HIJACK_SIGNAL_STACK_BYTES];

struct SignalStack {
  uint64_t address;
  uint32_t flags, unused;
  uint64_t bytes;
};

// What it was before.
SignalStack arm_signal_stack() {
  const SignalStack stack{reinterpret_cast<uint64_t>(signal_stack),
                          static_cast<uint32_t>(kAutoDisarm), 0, sizeof signal_stack};
  SignalStack before{};
  system_call(__NR_sigaltstack, reinterpret_cast<uint64_t>(&stack),
              reinterpret_cast<uint64_t>(&before));
  return before;
}

bool is_fault(int number, int code) {
  return code > 0 && (number == SIGSEGV || number == SIGBUS || number == SIGILL ||
                      number == SIGFPE || number == SIGTRAP);
}

bool in_frame(const void* at, uint64_t bytes) {
  const uint64_t offset = reinterpret_cast<uint64_t>(at) - OSEXT_HIJACK_ALTERNATE;
  return offset < OSEXT_HIJACK_SIGNAL_STACK_BYTES &&
         bytes <= OSEXT_HIJACK_SIGNAL_STACK_BYTES - offset;
}

// The vector registers in the frame: the kernel has reset those in the processor.
bool copy_vectors(Guest& guest, const _fpstate* area) {
  constexpr uint64_t aligned = 64;
  constexpr uint64_t legacy_bytes = 512;
  if (reinterpret_cast<uint64_t>(area) % aligned || !in_frame(area, legacy_bytes)) return false;
  const bool extended = area->sw_reserved.magic1 == FP_XSTATE_MAGIC1;
  const uint64_t bytes = extended ? area->sw_reserved.xstate_size : legacy_bytes;
  if (bytes > sizeof guest.transfer->fpu || !in_frame(area, bytes)) return false;
  // In words: an emulator, and a processor without fast strings, takes as long for a byte.
  uint64_t words = bytes / sizeof(uint64_t);
  void* to = guest.transfer->fpu;
  asm volatile("rep movsq" : "+D"(to), "+S"(area), "+c"(words)::"memory");
  load_vectors(guest, extended);
  return true;
}

}  // namespace

void choose_delivery(const Options& options, osext_hijack_attach& attach) {
  unsigned length = 0;
  handler = options.is("delivery", "handler");
  if (!handler && options.find("delivery", length) && !options.is("delivery", "hook"))
    fail("delivery is hook or handler");
  if (!handler) return;
  attach.flags |= OSEXT_HIJACK_BY_HANDLER;
  attach.signal_stack = reinterpret_cast<uint64_t>(signal_stack);
  executive_shared.handler = reinterpret_cast<uint64_t>(&executive_signal);
}

bool by_handler() {
  return handler;
}

// The kernel kills at once whoever gets a signal that he does not handle.  By hook, those that he
// does come to us through the module, and no handler ever runs.
void expect_signals() {
  constexpr uint64_t restorer = 0x04000000, on_stack = 0x08000000, with_info = 4;
  struct {
    uint64_t handler, flags, restorer, mask;
  } action{reinterpret_cast<uint64_t>(&executive_upcall), restorer,
           reinterpret_cast<uint64_t>(&executive_upcall), 0};
  if (handler) {
    action = {OSEXT_HIJACK_HANDLER, restorer | on_stack | with_info,
              reinterpret_cast<uint64_t>(&executive_sigreturn), ~uint64_t{0}};
    arm_signal_stack();
  }
  for (uint64_t signal :
       {SIGALRM, SIGTERM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGIO})
    if (handler || signal != SIGIO)
      system_call(__NR_rt_sigaction, signal, reinterpret_cast<uint64_t>(&action), 0, kMaskBytes);
}

bool accept_delivery(Guest& guest) {
  // A signal that was delivered disarmed the stack, and no call of a guest can.
  if (!handler || !(arm_signal_stack().flags & kDisarmed)) return false;
  // All of the frame is the kernel's, and was not there to be changed since: the guest did not run,
  // its owner is idle, and nobody else reaches these pages.  A wrong one is a bug, and ends us.
  const auto* context = reinterpret_cast<const ucontext*>(guest.frame.rdx);
  const auto* info = reinterpret_cast<const siginfo_t*>(guest.frame.rsi);
  if (!in_frame(context, sizeof *context) || !in_frame(info, sizeof *info) ||
      !copy_vectors(guest, context->uc_mcontext.fpstate))
    fail("a signal's frame is not where it belongs");
  const sigcontext& from = context->uc_mcontext;
  const Frame bases = guest.frame;
  guest.frame = {0,        bases.gs_base, bases.fs_base, from.rdi, from.rsi,
                 from.rdx, from.r10,      from.r8,       from.r9,  from.rbx,
                 from.rbp, from.r12,      from.r13,      from.r14, from.r15};
  executive_shared.ip = from.rip;
  executive_shared.flags = from.eflags;
  executive_shared.sp = from.rsp;
  executive_shared.ax = from.rax;
  executive_shared.cx = from.rcx;
  executive_shared.r11 = from.r11;
  const bool only_event = info->si_signo == OSEXT_HIJACK_SIGNAL_EVENT;
  executive_shared.signal_number = only_event ? 0 : static_cast<uint64_t>(info->si_signo);
  executive_shared.signal_code = info->si_code;
  executive_shared.signal_address =
      is_fault(info->si_signo, info->si_code) ? reinterpret_cast<uint64_t>(info->si_addr) : 0;
  executive_shared.signal_trap = from.trapno;
  executive_shared.signal_error = from.err;
  constexpr uint64_t none = 0;
  system_call(__NR_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<uint64_t>(&none), 0, kMaskBytes);
  return true;
}

uint64_t next_own_signal() {
  const uint64_t bits = __atomic_load_n(&own_signals, __ATOMIC_RELAXED);
  if (!bits) return 0;
  const auto number = static_cast<uint64_t>(__builtin_ctzll(bits));
  __atomic_fetch_and(&own_signals, ~(uint64_t{1} << number), __ATOMIC_RELAXED);
  return number;
}

}  // namespace osext::executive

// The executive itself was interrupted; all signals are blocked until it returns.
extern "C" void executive_signal(int number, const siginfo_t* info, const ucontext* context) {
  using namespace osext::executive;
  if (is_fault(number, info->si_code)) {
    {
      Line line;
      line << "executive: signal " << number << " at ";
      line.hex(context->uc_mcontext.rip) << ", address ";
      line.hex(reinterpret_cast<uint64_t>(info->si_addr));
    }
    system_call(__NR_kill, static_cast<uint64_t>(system_call(__NR_getpid)), SIGKILL);
  }
  ++executive_counters[OSEXT_HIJACK_COUNT_OWN_SIGNALS];
  __atomic_fetch_or(&own_signals, uint64_t{1} << number, __ATOMIC_RELAXED);
}
