// SPDX-License-Identifier: GPL-2.0
// Functions for threads in the sandbox, honest and hostile; and calls, which it answers.
#include "uls/runtime/extension.h"
#include "uls/runtime/thread.h"

using namespace osext::uls;
using Record = osext_uls_thread_record;

extern "C" {
// Of the last thread that ran `tell`.
unsigned long told_argument = 0, told_pid = 0, told_user = 0, told_stack = 0;
long results[16] = {};
unsigned long calls = 0;
volatile std::uint32_t upcalls = 0;  // a word, for threads to wait for
volatile std::uint32_t request = 0, reply = 0;
volatile unsigned long ticks = 0;
char area[4096] = {1};
}

// An event's value says what to do wrong, a call's is doubled.
void osext_uls_extension(const osext_uls_record* record) {
  ++calls;
  upcalls = upcalls + 1;
  if (record->kind != OSEXT_ULS_CALLED) return;
  if (record->number == 99) abort();
  while (record->number == 98) asm volatile("pause");
  answer(record, 2 * record->value);
}

extern "C" {

long tell(std::uint64_t argument, const Record* self) {
  told_argument = argument;
  told_pid = self->pid == getpid() && self->argument == argument ? getpid() : 0;
  told_user = system_call(__NR_geteuid);
  told_stack = address_of(&argument);
  return 7;
}

// Adds one to each word of 4 bytes from one file and writes it to another, until the end.
long echo(std::uint64_t files, const Record*) {
  const int from = files & 0xffff, to = files >> 16 & 0xffff;
  std::uint32_t word;
  long count = 0;
  while (read(from, &word, sizeof word) == sizeof word) {
    ++word;
    if (write(to, &word, sizeof word) != sizeof word) return 1;
    ++count;
  }
  results[0] = count;
  return 0;
}

// Notes how many upcalls there were, whenever it is woken.
long listen(std::uint64_t, const Record* self) {
  for (;;) {
    const std::uint32_t known = upcalls;
    results[1] = known;
    if (const long error = wait_for(self, upcalls, known)) return -error;
  }
}

// Adds one to each request.
long serve(std::uint64_t, const Record* self) {
  std::uint32_t seen = 0;
  for (;;) {
    osext_uls_pass what{};
    what.put = seen ? address_of(&reply) : 0;
    what.value = seen + 1;
    what.wait = address_of(&request);
    what.known = seen;
    if (const long error = pass(self, what); error < 0) return -error;
    seen = what.got;
  }
}

long sleep_long(std::uint64_t, const Record*) {
  ticks = 1;
  for (;;) nanosleep(1'000'000'000);
}

long wait_in_vain(std::uint64_t, const Record* self) {
  ticks = 1;
  return -wait_for(self, request, request);
}

long block_in_read(std::uint64_t file, const Record*) {
  ticks = 1;
  results[0] = read(static_cast<int>(file), area, sizeof area);
  return 0;
}

long spin(std::uint64_t, const Record*) {
  for (;;) ticks = ticks + 1;
}

// Shares its memory with another process; both count.
long spin_beside(std::uint64_t, const Record*) {
  const long child = system_call(__NR_clone, 0x100 /* CLONE_VM */, address_of(area + 4096));
  if (child < 0) return 1;
  if (child > 0) results[0] = child;
  // Nothing of this function's stack may be used by the other.
  asm volatile("1: incq ticks\n\tjmp 1b" ::: "memory");
  return 0;
}

long touch(std::uint64_t address, const Record*) {
  *reinterpret_cast<volatile char*>(address) = 1;
  return 0;
}

long peek(std::uint64_t address, const Record*) {
  return 1 + (*reinterpret_cast<volatile char*>(address) & 1);
}

long jump(std::uint64_t address, const Record*) {
  reinterpret_cast<void (*)()>(address)();
  return 0;
}

// A child has no sandbox, and so no code.
long forks(std::uint64_t, const Record*) {
  const long child = system_call(__NR_fork);
  if (child < 0) return 1;
  int status = 0;
  results[0] = system_call(__NR_wait4, child, address_of(&status), 0, 0);
  results[1] = results[0] == child ? status & 0x7f : -1;
  return 0;
}

long execs(std::uint64_t, const Record*) {
  static char path[] = "/bin/busybox", name[] = "busybox", word[] = "true";
  char* const arguments[] = {name, word, nullptr};
  system_call(__NR_execve, address_of(path), address_of(arguments), 0);
  return 1;
}

// What may not be done to its mapping, and what may not be pinned.
long maps(std::uint64_t file, const Record*) {
  const long code = OSEXT_ULS_CODE, data = OSEXT_ULS_DATA, page = OSEXT_ULS_PAGE_BYTES;
  const struct {
    const void* base;
    std::size_t bytes;
  } vector = {area, sizeof area};
  results[0] = system_call(__NR_munmap, data, 4096);
  results[1] = system_call(__NR_munmap, code, page);
  results[2] =
      system_call(__NR_mremap, code, OSEXT_SANDBOX_SIZE, OSEXT_SANDBOX_SIZE, 3, 0x10000000);
  results[3] = system_call(__NR_mprotect, code, OSEXT_SANDBOX_SIZE, 7);
  results[4] = system_call(__NR_mprotect, data, 4096, 7);
  results[5] = system_call(__NR_madvise, data, page, 4 /* MADV_DONTNEED */);
  results[6] = system_call(__NR_madvise, code, OSEXT_SANDBOX_SIZE, 11 /* MADV_DOFORK */);
  results[7] = system_call(__NR_madvise, code, OSEXT_SANDBOX_SIZE, 17 /* MADV_DODUMP */);
  results[8] = system_call(__NR_mmap, data, 4096, 3, 0x32 /* private, anonymous, fixed */, -1, 0);
  results[9] = system_call(__NR_vmsplice, static_cast<long>(file), address_of(&vector), 1, 0);
  results[10] = system_call(__NR_futex, address_of(&request), 1 /* FUTEX_WAKE, shared */, 1);
  results[11] = system_call(__NR_futex, address_of(&request), 129 /* private */, 1);
  results[12] = system_call(__NR_mmap, 0, 4096, 3, 0x22 /* private, anonymous */, -1, 0);
  return 0;
}

long unmaps(std::uint64_t, const Record*) {
  system_call(__NR_munmap, OSEXT_ULS_CODE, OSEXT_SANDBOX_SIZE);
  return 0;
}

long changes_user(std::uint64_t user, const Record*) {
  results[0] = system_call(__NR_setuid, static_cast<long>(user));
  results[1] = system_call(__NR_geteuid);
  results[2] = system_call(__NR_setuid, 0);
  return 0;
}

long crashes(std::uint64_t, const Record*) {
  __builtin_trap();
}
}
