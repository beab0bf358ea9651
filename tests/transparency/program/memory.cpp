// SPDX-License-Identifier: GPL-2.0
// Memory: mappings made, shared, protected, moved, dropped; the break; large blocks.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

constexpr std::size_t kMega = 1 << 20;

char* map(std::size_t bytes, int protection, int flags, int fd = -1) {
  void* address = mmap(nullptr, bytes, protection, flags, fd, 0);
  need(address != MAP_FAILED, "mmap");
  return static_cast<char*>(address);
}

std::uint64_t hash(const char* bytes, std::size_t count) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < count; ++i)
    value = (value ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
  return value;
}

const Part mappings("mmap", [](const auto&) {
  char* block = map(8 * kMega, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  for (std::size_t i = 0; i < 8 * kMega; ++i) block[i] = static_cast<char>(i * 7 >> 3);
  std::printf("filled %016llx\n", static_cast<unsigned long long>(hash(block, 8 * kMega)));
  char* moved = static_cast<char*>(mremap(block, 8 * kMega, 16 * kMega, MREMAP_MAYMOVE));
  need(moved != MAP_FAILED, "mremap");
  std::printf("moved %016llx, %d\n", static_cast<unsigned long long>(hash(moved, 8 * kMega)),
              moved[12 * kMega]);
  need(madvise(moved, 4 * kMega, MADV_DONTNEED) == 0, "madvise");
  std::printf("dropped %d, kept %d\n", moved[kMega], moved[4 * kMega + 24]);
  need(mprotect(moved, 4096, PROT_NONE) == 0, "mprotect");
  int pipes[2];
  need(pipe(pipes) == 0, "pipe");
  const ssize_t written = write(pipes[1], moved, 16);
  std::printf("write from it: %zd, %s\n", written, std::strerror(errno));
  munmap(moved, 16 * kMega);
  char* shared = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  if (fork() == 0) {
    std::strcpy(shared, "from the child");
    _exit(0);
  }
  wait(nullptr);
  std::printf("shared: %s\n", shared);
  const int file = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
  need(ftruncate(file, 3 * 4096) == 0, "ftruncate");
  char* mapped = map(3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file);
  std::memset(mapped + 4096, 'm', 4096);
  need(msync(mapped, 3 * 4096, MS_SYNC) == 0, "msync");
  char text[8] = {};
  need(pread(file, text, 4, 4096 + 100) == 4, "pread");
  std::printf("through the file: %s\n", text);
  char* copy = map(3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file);
  copy[4096] = 'c';
  std::printf("a private copy: %c %c\n", copy[4096], mapped[4096]);
  unsigned char residency[3];
  std::printf("mincore: %d\n", mincore(mapped, 3 * 4096, residency));
  // Code made at run time: mov $42, %eax; ret.
  char* code = map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  std::memcpy(code, "\xb8\x2a\x00\x00\x00\xc3", 6);
  need(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0, "mprotect");
  std::printf("new code: %d\n", reinterpret_cast<int (*)()>(code)());
  char* const end = static_cast<char*>(sbrk(0));
  need(sbrk(kMega) == end, "sbrk");
  std::memset(end, 'b', kMega);
  const char last = end[kMega - 1];
  need(sbrk(-static_cast<int>(kMega)) == end + kMega, "sbrk");
  std::printf("break: %c\n", last);
  for (int i = 0; i < 200; ++i) {
    auto* much = static_cast<char*>(std::malloc(kMega + static_cast<std::size_t>(i) * 1000));
    much[kMega] = 1;
    std::free(much);
  }
  // Many mappings, forked with: page tables are copied and taken down.
  for (int i = 0; i < 50; ++i) {
    char* one = map(64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    std::memset(one, i, 64 * 4096);
    const pid_t child = fork();
    if (child == 0) {
      one[0] = 99;
      _exit(one[4096]);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) != i || one[0] != i) std::printf("round %d is wrong\n", i);
    if (i % 2) munmap(one, 64 * 4096);
  }
  return 0;
});

// Deterministic bytes that a packer can do something with.
const Part bytes("bytes", [](const auto& arguments) {
  std::uint64_t left = arguments.empty() ? 0 : std::strtoull(arguments[0].c_str(), nullptr, 10);
  std::uint64_t state = 88172645463325252ULL;
  static char buffer[1 << 16];
  char line[64];
  while (left > 0) {
    for (std::size_t i = 0; i < sizeof buffer; i += 32) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      std::snprintf(line, sizeof line, "%08llx the quick brown ox,%3llu\n",
                    static_cast<unsigned long long>(state & 0xffffffff),
                    static_cast<unsigned long long>(state >> 32 & 255));
      std::memcpy(buffer + i, line, 32);
    }
    std::size_t done = 0;
    const std::size_t size = left < sizeof buffer ? static_cast<std::size_t>(left) : sizeof buffer;
    while (done < size) {
      const ssize_t n = write(1, buffer + done, size - done);
      need(n > 0, "write");
      done += static_cast<std::size_t>(n);
    }
    left -= size;
  }
  return 0;
});

}  // namespace
}  // namespace osext::test
