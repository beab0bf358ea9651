// SPDX-License-Identifier: GPL-2.0
// Vector registers, x87, rounding modes and exception flags, kept over system calls and signals;
// AVX where the processor has it.
#include <fenv.h>
#include <immintrin.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

constexpr int kRounds = 20000;

volatile sig_atomic_t ticks;
// Spoils what the kernel is to bring back.
void on_tick(int) {
  volatile double spoilt = 1.5;
  for (int i = 0; i < 20; ++i) spoilt = spoilt * 1.25 + ticks;
  ticks = ticks + 1;
}

// Values live in registers across a system call that the compiler knows nothing of.
inline long raw_getppid() {
  long result = 110;
  asm volatile("syscall" : "+a"(result)::"rcx", "r11", "memory");
  return result;
}

std::uint64_t sse_rounds() {
  __m128i a = _mm_set_epi64x(1, 2), b = _mm_set_epi64x(3, 5);
  for (int i = 0; i < kRounds; ++i) {
    a = _mm_add_epi64(_mm_xor_si128(a, b), _mm_set1_epi64x(i));
    raw_getppid();
    b = _mm_add_epi64(_mm_slli_epi64(b, 1), a);
  }
  std::uint64_t words[2];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words), _mm_xor_si128(a, b));
  return words[0] + 3 * words[1];
}

__attribute__((target("avx2"))) std::uint64_t avx_rounds() {
  __m256i a = _mm256_set_epi64x(1, 2, 3, 4), b = _mm256_set_epi64x(5, 6, 7, 8);
  __m256i c = _mm256_set1_epi32(77);
  for (int i = 0; i < kRounds; ++i) {
    a = _mm256_add_epi64(_mm256_xor_si256(a, b), _mm256_set1_epi64x(i));
    raw_getppid();
    b = _mm256_add_epi64(_mm256_slli_epi64(b, 1), a);
    c = _mm256_add_epi32(c, _mm256_permute4x64_epi64(a, 0x1b));
  }
  std::uint64_t words[4];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words),
                      _mm256_xor_si256(_mm256_xor_si256(a, b), c));
  return words[0] + 3 * words[1] + 5 * words[2] + 7 * words[3];
}

long double x87_rounds() {
  long double sum = 0;
  for (int i = 1; i < kRounds; ++i) {
    const long double term = 1.0L / i;
    raw_getppid();
    sum += term;
  }
  return sum;
}

int report() {
  std::printf("sse %016llx\n", static_cast<unsigned long long>(sse_rounds()));
  if (__builtin_cpu_supports("avx2"))
    std::printf("avx %016llx\n", static_cast<unsigned long long>(avx_rounds()));
  std::printf("x87 %.18Lf\n", x87_rounds());
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST}) {
    fesetround(mode);
    getppid();
    volatile double three = 3;
    std::printf("rounding %d: %.20f, kept: %d\n", mode, 1 / three, fegetround() == mode);
  }
  feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0, one = 1;
  volatile double result = one / zero;
  usleep(1000);
  std::printf("%f, divided by zero: %d, invalid: %d\n", result, fetestexcept(FE_DIVBYZERO) != 0,
              fetestexcept(FE_INVALID) != 0);
  std::printf("%.15f %.15f\n", std::sin(1e6), std::pow(1.0001, 1e4));
  return 0;
}

const Part vectors("vectors", [](const auto&) { return report(); });

const Part interrupted("vectors_interrupted", [](const auto&) {
  struct sigaction action {};
  action.sa_handler = on_tick;
  action.sa_flags = SA_RESTART;
  need(sigaction(SIGALRM, &action, nullptr) == 0, "sigaction");
  itimerval interval{{0, 2000}, {0, 2000}};
  need(setitimer(ITIMER_REAL, &interval, nullptr) == 0, "setitimer");
  const int status = report();
  while (ticks < 20) sse_rounds();
  interval = {};
  setitimer(ITIMER_REAL, &interval, nullptr);
  std::printf("at least 20 ticks\n");
  return status;
});

}  // namespace
}  // namespace osext::test
