// SPDX-License-Identifier: GPL-2.0
// "hijack-attacks NAME [ARGUMENT...]" makes one attack.  Exit status: 0 harmless, 1 succeeded,
// 77 cannot be made here, 2 there is no such attack.
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

sigjmp_buf after_fault;

void on_fault(int signal) {
  last_signal = signal;
  siglongjmp(after_fault, 1);
}

}  // namespace

volatile sig_atomic_t last_signal;

std::map<std::string, AttackBody>& attacks() {
  static std::map<std::string, AttackBody> all;
  return all;
}

int found(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);
  return succeeded;
}

void need(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(unusable);
}

bool survives(const std::function<void()>& body) {
  struct sigaction action {};
  action.sa_handler = on_fault;
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS})
    sigaction(signal, &action, nullptr);
  last_signal = 0;
  if (sigsetjmp(after_fault, 1) != 0) return false;
  body();
  return true;
}

long raw_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(number)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return number;
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (count < 2 || !attacks().contains(arguments[1])) {
    for (const auto& [name, body] : attacks()) std::fprintf(stderr, "%s\n", name.c_str());
    return 2;
  }
  return attacks()[arguments[1]]({arguments + 2, arguments + count});
}
