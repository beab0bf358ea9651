// SPDX-License-Identifier: GPL-2.0
// The guest's share in the in-machine truths: does things whose counts are known, between markers.
//   guest_truths MODULE DATA_STRIDE... : CODE_STRIDE...    (pages)
#include <fcntl.h>
#include <osext/marker.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/truths/kmod_truths/truths.h"
#include "workloads/system_call.h"

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLargePage = 2u << 20;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

unsigned char* map(std::size_t bytes, int flags) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  return static_cast<unsigned char*>(memory);
}

// Only the pages themselves are accessed: everything else stays in registers.
[[gnu::always_inline]] inline void touch(const unsigned char* memory, std::size_t pages) {
  for (std::size_t i = 0; i < pages; ++i)
    asm volatile("movb (%0), %%al" : : "r"(memory + i * kPage) : "al");
}

// One jump in each page to the next, and a return in the last: one call fetches each page once.
using Chain = void (*)();
Chain make_chain(unsigned char* memory, std::size_t pages) {
  for (std::size_t i = 0; i < pages; ++i) {
    unsigned char* at = memory + i * kPage;
    const bool last = i + 1 == pages;
    const int distance = static_cast<int>(kPage) - 5;
    at[0] = last ? 0xc3 : 0xe9;  // ret, or jmp rel32
    if (!last) std::memcpy(at + 1, &distance, sizeof distance);
  }
  return reinterpret_cast<Chain>(memory);
}

void series() {
  OSEXT_MARK(OSEXT_MARK_SERIES);
}

void count_markers() {
  series();
  for (int i = 0; i < TRUTHS_REPEATS; ++i) {
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    OSEXT_MARK(OSEXT_MARK_END);
  }
  series();
  // Straight-line code, so that nothing but the markers themselves is counted.
  asm volatile(".rept %c0\n\t.byte 0x0f, 0x1f, 0x84, 0x00, %c1, 0x4f, 0x53, 0x58\n\t.endr"
               :
               : "i"(TRUTHS_MARKERS), "i"(OSEXT_MARK_BEGIN)
               : "memory");
  OSEXT_MARK(OSEXT_MARK_END);
}

void count_calls() {
  series();
  OSEXT_MARK(OSEXT_MARK_BEGIN);
  for (int i = 0; i < TRUTHS_CALLS; ++i) osext::system_call(SYS_getppid);
  OSEXT_MARK(OSEXT_MARK_END);
}

void flush_user_pages(int device, const unsigned char* memory) {
  for (const unsigned long action :
       {TRUTHS_NOTHING, TRUTHS_WRITE_CR3, TRUTHS_TOGGLE_PGE, TRUTHS_INVLPG}) {
    series();
    for (int i = 0; i < TRUTHS_REPEATS; ++i) {
      touch(memory, TRUTHS_PAGES);
      if (ioctl(device, action, memory + 5 * kPage) != 0) fail("ioctl");
      OSEXT_MARK(OSEXT_MARK_BEGIN);
      touch(memory, TRUTHS_PAGES);
      OSEXT_MARK(OSEXT_MARK_END);
    }
  }
}

void flush_global_pages(int device) {
  for (const unsigned long action : {TRUTHS_NOTHING, TRUTHS_WRITE_CR3, TRUTHS_TOGGLE_PGE}) {
    series();
    for (int i = 0; i < TRUTHS_REPEATS; ++i)
      if (ioctl(device, TRUTHS_GLOBAL_PAGES, action) != 0) fail("ioctl");
  }
}

void use_large_pages(int device) {
  unsigned char* data = map(kLargePage, MAP_HUGETLB);
  unsigned char* code = map(kLargePage, MAP_HUGETLB);
  const Chain chain = make_chain(code, TRUTHS_PAGES);
  series();
  for (int i = 0; i < TRUTHS_REPEATS; ++i) {
    if (ioctl(device, TRUTHS_WRITE_CR3, 0) != 0) fail("ioctl");
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    touch(data, TRUTHS_PAGES);
    OSEXT_MARK(OSEXT_MARK_END);
  }
  series();
  for (int i = 0; i < TRUTHS_REPEATS; ++i) {
    chain();
    if (ioctl(device, TRUTHS_WRITE_CR3, 0) != 0) fail("ioctl");
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    chain();
    OSEXT_MARK(OSEXT_MARK_END);
  }
}

void stride_over_data(const unsigned char* memory, std::size_t pages) {
  series();
  for (int i = 0; i < TRUTHS_REPEATS; ++i) {
    for (int round = 0; round < 2; ++round) touch(memory, pages);
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    for (int round = 0; round < TRUTHS_ROUNDS; ++round) touch(memory, pages);
    OSEXT_MARK(OSEXT_MARK_END);
  }
}

void stride_over_code(unsigned char* memory, std::size_t pages) {
  const Chain chain = make_chain(memory, pages);
  series();
  for (int i = 0; i < TRUTHS_REPEATS; ++i) {
    for (int round = 0; round < 2; ++round) chain();
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    for (int round = 0; round < TRUTHS_ROUNDS; ++round) chain();
    OSEXT_MARK(OSEXT_MARK_END);
  }
}

int load(const char* module) {
  const int file = open(module, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(module);
  if (syscall(SYS_finit_module, file, "", 0) != 0) fail("loading the module");
  close(file);
  const int device = open("/dev/osext_truths", O_RDWR | O_CLOEXEC);
  if (device < 0) fail("/dev/osext_truths");
  return device;
}

void reserve_large_pages() {
  const int file = open("/proc/sys/vm/nr_hugepages", O_WRONLY);
  if (file < 0 || write(file, "4", 1) != 1) fail("nr_hugepages");
  close(file);
}

int run(int argc, char** argv) {
  if (argc < 2) throw std::runtime_error("name the module");
  std::vector<std::size_t> strides[2];
  int kind = 0;
  std::size_t most = TRUTHS_PAGES;
  for (int i = 2; i < argc; ++i) {
    if (argv[i][0] == ':') {
      kind = 1;
      continue;
    }
    const std::size_t pages = std::strtoul(argv[i], nullptr, 10);
    if (pages == 0) throw std::runtime_error("a stride of no pages");
    strides[kind].push_back(pages);
    most = pages > most ? pages : most;
  }
  const int device = load(argv[1]);
  reserve_large_pages();
  unsigned char* memory = map(most * kPage, 0);
  std::memset(memory, 0xc3, most * kPage);

  OSEXT_MARK(OSEXT_MARK_WATCH);
  osext::system_call(SYS_sched_yield);  // watching starts at the next change of control flow
  count_markers();
  count_calls();
  flush_user_pages(device, memory);
  flush_global_pages(device);
  use_large_pages(device);
  for (const std::size_t pages : strides[0]) stride_over_data(memory, pages);
  for (const std::size_t pages : strides[1]) stride_over_code(memory, pages);
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "guest_truths: %s\n", error.what());
    return 1;
  }
}
