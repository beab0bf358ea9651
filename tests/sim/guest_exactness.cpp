// SPDX-License-Identifier: GPL-2.0
// The guest's share of exactness_test: runs code that is aborted and resumed in many
// ways, between two readings of the time-stamp counter, which under icount (shift 0)
// advances by one for each instruction.  Prints "case ticks" for each.
#include <osext/marker.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t megabyte = 1 << 20;

// Memory whose pages are not there yet.
char* fresh(std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<char*>(memory);
}

// The clock is read by the same instructions at the same distance from the markers in
// every case, so that all cases are off by the same number.
#define OSEXT_TEXT_OF(x) #x
#define OSEXT_MARKER_TEXT(operation) \
  ".byte 0x0f, 0x1f, 0x84, 0x00, " OSEXT_TEXT_OF(operation) ", 0x4f, 0x53, 0x58\n"
#define OSEXT_READ_CLOCK "rdtsc\n shl $32, %%rdx\n or %%rdx, %%rax\n"
static_assert(OSEXT_MARK_BEGIN == 0 && OSEXT_MARK_END == 1);

template <class Code>
[[gnu::noinline]] void measure(const char* name, Code code) {
  std::uint64_t before, after;
  OSEXT_MARK(OSEXT_MARK_SERIES);
  asm volatile(OSEXT_READ_CLOCK OSEXT_MARKER_TEXT(0) : "=a"(before)::"rdx", "memory");
  code();
  asm volatile(OSEXT_MARKER_TEXT(1) OSEXT_READ_CLOCK : "=a"(after)::"rdx", "memory");
  std::printf("%s %llu\n", name, static_cast<unsigned long long>(after - before));
}

// Signal handler: goes on `skip` bytes behind the instruction that trapped.
int skip;
void step_over(int, siginfo_t*, void* context) {
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += skip;
}

using Function = void (*)(void*, long);

// Runs `bytes` and a return, placed so that `before` of them lie in the first of two
// pages, on each page of fresh memory.
void at_page_end(const char* name, std::initializer_list<unsigned char> bytes, std::size_t before) {
  char* const start = fresh(2 * page) + page - before;
  std::memcpy(start, bytes.begin(), bytes.size());
  start[bytes.size()] = '\xc3';
  const auto function = reinterpret_cast<Function>(start);
  char* const memory = fresh(megabyte);
  measure(name, [=] {
    for (std::size_t i = 0; i < megabyte; i += page) function(memory + i, 1);
  });
}

void page_faults() {
  char* memory = fresh(megabyte);
  measure("store", [=] {
    for (std::size_t i = 0; i < megabyte; i += page) *static_cast<volatile char*>(memory + i) = 1;
  });
  memory = fresh(megabyte);
  measure("store_across_pages", [=] {
    for (std::size_t i = page; i < megabyte; i += page) {
      volatile auto* const word = reinterpret_cast<std::uint64_t*>(memory + i - 4);
      *word = 1;
    }
  });
  // The block ends behind an instruction that loads and stores: nothing in the block
  // itself tells whether it completed.
  at_page_end("add_at_page_end", {0x48, 0x01, 0x37}, 3);
  at_page_end("locked_add_at_page_end", {0xf0, 0x48, 0x01, 0x37}, 4);
  at_page_end("add_in_two_pages", {0x48, 0x01, 0x37}, 1);
  at_page_end("xchg_at_page_end", {0x48, 0x87, 0x37}, 3);

  memory = fresh(megabyte) + megabyte;
  measure("push_and_call", [=] {
    asm volatile(
        "mov %%rsp, %%rbx\n mov %0, %%rsp\n mov $50000, %%ecx\n"
        "1: push %%rcx\n call 2f\n 2: dec %%ecx\n jnz 1b\n mov %%rbx, %%rsp\n" ::"r"(memory)
        : "rbx", "rcx", "memory");
  });
}

void string_instructions() {
  char* const from = fresh(megabyte);
  char* const to = fresh(megabyte);
  measure("rep_movs_with_faults", [=] {
    void *source = from, *target = to;
    std::size_t count = megabyte;
    asm volatile("rep movsb" : "+S"(source), "+D"(target), "+c"(count)::"memory");
  });
  measure("rep_stos_with_interrupts", [=] {
    for (int round = 0; round < 50; ++round) {
      void* target = to;
      std::size_t count = megabyte / 8;
      asm volatile("rep stosq" : "+D"(target), "+c"(count) : "a"(1L) : "memory");
    }
  });
}

void traps() {
  struct sigaction action {};
  action.sa_sigaction = step_over;
  action.sa_flags = SA_SIGINFO;
  for (const int number : {SIGFPE, SIGILL, SIGTRAP, SIGSEGV}) sigaction(number, &action, nullptr);
  const auto repeat = [](const char* name, int length, auto trap) {
    skip = length;
    measure(name, [=] {
      for (int i = 0; i < 20; ++i) trap();
    });
  };
  repeat("division_by_zero", 2, [] {
    asm volatile("xor %%ecx, %%ecx\n mov $1, %%eax\n cltd\n idivl %%ecx" ::: "rax", "rcx", "rdx");
  });
  repeat("undefined_instruction", 2, [] { asm volatile("ud2"); });
  repeat("breakpoint", 0, [] { asm volatile("int3"); });
  repeat("privileged_instruction", 1, [] { asm volatile("hlt"); });
  repeat("bad_address", 3, [] { asm volatile("mov (%0), %%rax" ::"r"(16L) : "rax"); });
  repeat("bad_string_address", 2, [] {
    void* target = reinterpret_cast<void*>(16);
    std::size_t count = 9;
    asm volatile("rep stosb" : "+D"(target), "+c"(count)::"memory");
  });
}

void processes() {
  measure("fork", [] {
    for (int i = 0; i < 10; ++i) {
      const pid_t child = fork();
      if (child == 0) _exit(0);
      waitpid(child, nullptr, 0);
    }
  });
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    for (;;) asm volatile("nop");
  }
  waitpid(child, nullptr, 0);
  measure("single_steps", [=] {
    for (int i = 0; i < 100; ++i) {
      ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
      waitpid(child, nullptr, 0);
    }
  });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

void long_loop() {
  measure("timer_interrupts", [] {
    std::uint64_t random = 1;
    for (long i = 0; i < 10'000'000; ++i) random = random * 25214903917 + 11;
    asm volatile("" ::"r"(random));
  });
}

void all() {
  measure("nothing", [] {});
  page_faults();
  string_instructions();
  traps();
  processes();
  long_loop();
}

// More memory than the plugin lets a guest access before it translates code without the model again.
void many_accesses() {
  measure("many_accesses", [] {
    volatile std::uint64_t word = 0;
    for (long i = 0; i < 30'000'000; ++i) word = word + 1;
  });
}

}  // namespace

// Without the model, with it, with code that is still translated for it, with it again, and without.
int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  all();
  OSEXT_MARK(OSEXT_MARK_WATCH);
  all();
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  all();
  OSEXT_MARK(OSEXT_MARK_WATCH);
  all();
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  many_accesses();
  all();
  return 0;
}
