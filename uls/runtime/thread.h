/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What threads of an extension may use besides the rest of the runtime: system calls,
 * and waiting for each other.  In an upcall any of them aborts it.
 *
 * A thread's function is `extern "C" long NAME(std::uint64_t argument, const
 * osext_uls_thread_record* record)`; its result is the thread's exit status.  Threads
 * run beside each other and beside upcalls: what they share are words, changed
 * atomically.  The heap is for upcalls.  Constructors run at the extension's first event.
 */
#ifndef OSEXT_ULS_RUNTIME_THREAD_H
#define OSEXT_ULS_RUNTIME_THREAD_H

#include <asm/unistd.h>
#include <osext/uls.h>

#include <cstddef>
#include <cstdint>

namespace osext::uls {

// The result or a negative errno, as all of these.
inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  register long sixth asm("r9") = f;
  asm volatile("syscall"
               : "+a"(number)
               : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
               : "rcx", "r11", "memory");
  return number;
}

inline long address_of(const volatile void* memory) {
  return static_cast<long>(reinterpret_cast<std::uintptr_t>(memory));
}

inline long read(int file, void* to, std::size_t bytes) {
  return system_call(__NR_read, file, address_of(to), static_cast<long>(bytes));
}

inline long write(int file, const void* from, std::size_t bytes) {
  return system_call(__NR_write, file, address_of(from), static_cast<long>(bytes));
}

inline long close(int file) {
  return system_call(__NR_close, file);
}

inline long getpid() {
  return system_call(__NR_getpid);
}

inline long sched_yield() {
  return system_call(__NR_sched_yield);
}

inline long nanosleep(std::uint64_t ns) {
  const std::uint64_t time[2] = {ns / 1'000'000'000, ns % 1'000'000'000};
  return system_call(__NR_nanosleep, address_of(time));
}

[[noreturn]] inline void exit(int status) {
  for (;;) system_call(__NR_exit_group, status);
}

// OSEXT_ULS_PASS, which takes the place of futexes: those do not wake other threads.
inline long pass(const osext_uls_thread_record* self, osext_uls_pass& what) {
  what.id = self->id;
  return system_call(__NR_ioctl, self->device, static_cast<long>(OSEXT_ULS_PASS),
                     address_of(&what));
}

// Waits until `word` of the extension's variables is not `known`.
inline long wait_for(const osext_uls_thread_record* self, const volatile std::uint32_t& word,
                     std::uint32_t known) {
  osext_uls_pass what{};
  what.wait = static_cast<std::uint32_t>(address_of(&word));
  what.known = known;
  return pass(self, what);
}

// Sets `word` and wakes who waits for it.
inline long put(const osext_uls_thread_record* self, volatile std::uint32_t& word,
                std::uint32_t value) {
  osext_uls_pass what{};
  what.put = static_cast<std::uint32_t>(address_of(&word));
  what.value = value;
  return pass(self, what);
}

}  // namespace osext::uls

#endif
