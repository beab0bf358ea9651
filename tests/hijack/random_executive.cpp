// SPDX-License-Identifier: GPL-2.0
// An executive that does anything: operations in any order, on any guest, with pointers that lead
// nowhere and states that no thread can have.  Its option seed= makes it repeat itself.  It may die
// of what it does, and so may its guests; the kernel may not.
#include <asm/unistd.h>
#include <osext/hijack.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "executive/boot.h"

extern "C" {
extern char arrive[];
std::int64_t operation(std::uint64_t number, std::uint64_t a, std::uint64_t b,
                       const osext_hijack_state* guest);
void become_executive(const osext::executive::Boot* boot);
[[noreturn]] void go_on();
}

namespace {

// What it reports to the host: operations made, those refused, guests resumed.
enum Count { made, refused, resumed, counts };
osext::executive::Report* report;

constexpr unsigned kGuests = 6;  // numbers it uses: more than there are
std::uint64_t random_state;
osext_hijack_state states[kGuests];
unsigned loaded;  // whose registers were switched to last
osext_hijack_call call;

std::uint64_t dice() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * 0x2545f4914f6cdd1d;
}
std::uint64_t below(std::uint64_t limit) {
  return dice() % limit;
}

std::uint64_t own_call(std::uint64_t number, std::uint64_t a, std::uint64_t b = 0,
                       std::uint64_t c = 0, std::uint64_t d = 0) {
  std::uint64_t result;
  register std::uint64_t r10 asm("r10") = d;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}

std::uint64_t hostile_pointer() {
  constexpr std::uint64_t region_end = OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_REGION_MAX_BYTES;
  switch (below(8)) {
    case 0:
      return 0;
    case 1:
      return OSEXT_EXECUTIVE_BASE + below(region_end - OSEXT_EXECUTIVE_BASE);
    case 2:
      return OSEXT_EXECUTIVE_BASE - below(8192);
    case 3:
      return OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE - below(8192);
    case 4:
      return 0x7ffffffff000 - below(8192);
    case 5:
      return 0x800000000000 + below(8192);
    case 6:
      return 0xffff888000000000 + (dice() & 0xffffff);
    default:
      return dice();
  }
}

std::uint64_t any_guest() {
  return below(16) == 0 ? dice() : below(kGuests);
}

// Calls that do no harm to the machine, whatever their arguments are; and numbers of none.
constexpr std::uint16_t kCalls[] = {__NR_getpid,
                                    __NR_getppid,
                                    __NR_read,
                                    __NR_write,
                                    __NR_mmap,
                                    __NR_munmap,
                                    __NR_mremap,
                                    __NR_brk,
                                    __NR_madvise,
                                    __NR_mprotect,
                                    __NR_getcwd,
                                    __NR_uname,
                                    __NR_fork,
                                    __NR_vfork,
                                    __NR_clone3,
                                    __NR_rseq,
                                    __NR_sched_yield,
                                    __NR_rt_sigreturn,
                                    __NR_futex,
                                    __NR_sigaltstack,
                                    __NR_times,
                                    __NR_execve,
                                    __NR_exit,
                                    __NR_ptrace,
                                    __NR_close,
                                    __NR_mlock,
                                    __NR_mincore,
                                    __NR_io_uring_setup,
                                    1023,
                                    0xffff};
std::uint64_t any_call() {
  return kCalls[below(sizeof kCalls / sizeof *kCalls)];
}

void spoil(osext_hijack_state& state) {
  auto* words = reinterpret_cast<std::uint64_t*>(&state);
  constexpr std::size_t count = sizeof(state) / 8;
  for (std::uint64_t left = below(4); left > 0; --left)
    words[below(2) ? below(count) : below(32)] = below(2) ? dice() : hostile_pointer();
}

std::uint64_t state_pointer(unsigned guest) {
  return below(8) == 0 ? hostile_pointer() : reinterpret_cast<std::uint64_t>(&states[guest]);
}

std::uint64_t count(std::uint64_t result) {
  ++report->values[made];
  report->values[refused] += static_cast<std::int64_t>(result) < 0;
  return result;
}

std::uint64_t plain(std::uint64_t number, std::uint64_t a, std::uint64_t b = 0) {
  return count(static_cast<std::uint64_t>(operation(number, a, b, nullptr)));
}

void take() {
  const std::uint64_t id = any_guest();
  plain(OSEXT_HIJACK_OP_TAKE, id, state_pointer(id % kGuests));
}

void serve(std::uint64_t number) {
  const std::uint64_t id = any_guest();
  osext_hijack_state& state = states[id % kGuests];
  constexpr std::int64_t odd[] = {OSEXT_HIJACK_REQUEST_NONE, OSEXT_HIJACK_REQUEST_FAULT, -3};
  state.request = below(4) ? static_cast<std::int64_t>(any_call()) : odd[below(3)];
  state.fault_number = below(2) ? 11 : below(40);
  if (below(4) == 0) spoil(state);
  plain(number, id, state_pointer(id % kGuests));
}

void switch_guest() {
  const std::uint64_t id = below(8) == 0 ? OSEXT_HIJACK_HOME : any_guest();
  const std::uint64_t stack =
      below(8) ? reinterpret_cast<std::uint64_t>(&states[0]) : hostile_pointer();
  if (plain(OSEXT_HIJACK_OP_SWITCH, id, stack) == 0 && id < kGuests)
    loaded = static_cast<unsigned>(id);
}

void resume() {
  auto* shared = reinterpret_cast<osext_hijack_shared*>(OSEXT_EXECUTIVE_BASE);
  const osext_hijack_state& state = states[loaded];
  shared->ip = below(8) ? state.ip : hostile_pointer();
  shared->flags = below(8) ? state.flags : dice();
  shared->sp = below(16) ? state.sp : hostile_pointer();
  shared->ax = below(2) ? state.ax : dice();
  shared->cx = state.cx;
  shared->r11 = state.r11;
  ++report->values[resumed];
  ++report->values[made];
  // Returns only if it was refused; otherwise the guest arrives, some time.
  const std::uint64_t number = below(2) ? OSEXT_HIJACK_OP_RESUME : OSEXT_HIJACK_OP_RESUME_ALL;
  report->values[refused] += operation(number, 0, 0, &state) < 0;
}

void call_for_guest() {
  call.number = any_call();
  if (call.number == __NR_exit) call.number = __NR_getpid;
  for (std::uint64_t left = 6; left > 0; --left)
    call.arguments[left - 1] = below(2) ? hostile_pointer() : below(8192);
  plain(OSEXT_HIJACK_OP_CALL,
        below(8) ? reinterpret_cast<std::uint64_t>(&call) : hostile_pointer());
}

void next() {
  constexpr std::uint64_t longest_ns = 1000000;
  const std::uint64_t mode = below(3) ? OSEXT_HIJACK_WAIT_NO : below(5);
  plain(OSEXT_HIJACK_OP_NEXT, mode, 1 + below(longest_ns));
}

void do_anything() {
  switch (below(16)) {
    case 0:
    case 1:
      return next();
    case 2:
    case 3:
    case 4:
      return take();
    case 5:
    case 6:
    case 7:
      return serve(OSEXT_HIJACK_OP_SERVE);
    case 8:
      if (below(8) == 0) serve(OSEXT_HIJACK_OP_LEAVE);
      return;
    case 9:
    case 10:
      return switch_guest();
    case 11:
    case 12:
    case 13:
      return resume();
    case 14:
      return call_for_guest();
    default:
      plain(OSEXT_HIJACK_OP_FIRST + below(12), hostile_pointer(), hostile_pointer());
  }
}

}  // namespace

void become_executive(const osext::executive::Boot* boot) {
  // "seed=N" is all that it is told.
  for (const char* at = boot->options; *at; ++at)
    if (*at >= '0' && *at <= '9')
      random_state = random_state * 10 + static_cast<std::uint64_t>(*at - '0');
  random_state = random_state * 2 + 1;
  report = reinterpret_cast<osext::executive::Report*>(boot->heap);
  report->count = counts;
  struct {
    std::uint64_t handler, flags, restorer, mask;
  } action{reinterpret_cast<std::uint64_t>(&arrive), 0x04000000,
           reinterpret_cast<std::uint64_t>(&arrive), 0};
  for (const std::uint64_t signal : {4, 5, 7, 8, 11, 14, 31})
    own_call(__NR_rt_sigaction, signal, reinterpret_cast<std::uint64_t>(&action), 0, 8);
  osext_hijack_attach attach{reinterpret_cast<std::uint64_t>(&arrive),
                             reinterpret_cast<std::uint64_t>(&arrive), 0, 0};
  if (own_call(__NR_ioctl, boot->device, OSEXT_HIJACK_ATTACH,
               reinterpret_cast<std::uint64_t>(&attach)) != 0)
    own_call(__NR_exit_group, 1);
  operation(OSEXT_HIJACK_OP_NEXT, OSEXT_HIJACK_WAIT_NO, 0, nullptr);
}

void go_on() {
  for (;;) do_anything();
}
