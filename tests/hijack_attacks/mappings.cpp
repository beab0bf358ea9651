// SPDX-License-Identifier: GPL-2.0
// Taking the region's place: mapping over it, unmapping, moving, changing its protection.  Each
// must fail, or the guest must die of it.
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

constexpr std::size_t kPage = 4096;

// What was mapped here is the guest's own; the executive must not be seen through it.
int still_alive(const char* what) {
  const auto* word = reinterpret_cast<volatile std::uint64_t*>(executive());
  for (int i = 0; i < 1000; ++i) raw_call(SYS_getppid);
  std::uint64_t seen = 0;
  survives([&] { seen = *word; });
  return found("%s was allowed (the word there: %#lx)", what, static_cast<unsigned long>(seen));
}

bool failed(const void* result) {
  return result == MAP_FAILED;
}

const Attack over("mmap_over", [](const auto&) {
  for (const std::uint64_t offset : {0ULL, 0x1000ULL, 0x40000000ULL, OSEXT_EXECUTIVE_SIZE - kPage})
    if (!failed(mmap(executive(offset), kPage, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)))
      return still_alive("a fixed mapping");
  return static_cast<int>(harmless);
});

const Attack around("mmap_around", [](const auto&) {
  if (!failed(mmap(executive() - kPage, OSEXT_EXECUTIVE_SIZE + 2 * kPage, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0)))
    return still_alive("a mapping around the region");
  return static_cast<int>(harmless);
});

const Attack hinted("mmap_hint", [](const auto&) {
  for (const int flags : {0, MAP_FIXED_NOREPLACE}) {
    void* got = mmap(executive(), kPage, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    const auto at = reinterpret_cast<std::uint64_t>(got) - OSEXT_EXECUTIVE_BASE;
    if (!failed(got) && at < OSEXT_EXECUTIVE_SIZE) return still_alive("a mapping by hint");
  }
  return static_cast<int>(harmless);
});

const Attack unmap("munmap", [](const auto&) {
  if (munmap(executive(), OSEXT_EXECUTIVE_SIZE) == 0) return still_alive("unmapping");
  return static_cast<int>(harmless);
});
const Attack unmap_part("munmap_part", [](const auto&) {
  for (const std::uint64_t offset : {0ULL, 0x1000ULL, OSEXT_EXECUTIVE_SIZE - kPage})
    if (munmap(executive(offset), kPage) == 0) return still_alive("unmapping a part");
  return static_cast<int>(harmless);
});

const Attack protect("mprotect", [](const auto&) {
  for (const std::size_t bytes : {kPage, static_cast<std::size_t>(OSEXT_EXECUTIVE_SIZE)})
    for (const int protection : {PROT_READ, PROT_READ | PROT_WRITE, PROT_EXEC})
      if (mprotect(executive(), bytes, protection) == 0) return still_alive("mprotect");
  if (syscall(SYS_pkey_mprotect, executive(), OSEXT_EXECUTIVE_SIZE, PROT_READ, -1) == 0)
    return still_alive("pkey_mprotect");
  return static_cast<int>(harmless);
});

const Attack move("mremap", [](const auto&) {
  if (!failed(mremap(executive(), kPage, 2 * kPage, MREMAP_MAYMOVE)))
    return still_alive("moving a page of it");
  if (!failed(mremap(executive(), OSEXT_EXECUTIVE_SIZE, kPage, 0))) return still_alive("shrinking");
  void* own = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!failed(mremap(own, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, executive())))
    return still_alive("moving a page over it");
  return static_cast<int>(harmless);
});

const Attack advise("madvise", [](const auto&) {
  // Whatever is answered: it may neither populate nor drop, and the executive lives on.
  for (int advice = 0; advice <= 25; ++advice) madvise(executive(), kPage, advice);
  mlock(executive(), kPage);
  msync(executive(), kPage, MS_SYNC);
  unsigned char residency[1];
  mincore(executive(), kPage, residency);
  mlockall(MCL_CURRENT);
  const bool read = survives([] { (void)*reinterpret_cast<volatile char*>(executive()); });
  return read ? found("the executive can be read") : static_cast<int>(harmless);
});

const Attack attach("shmat", [](const auto&) {
  const int segment = shmget(IPC_PRIVATE, kPage, IPC_CREAT | 0600);
  need(segment >= 0, "shmget");
  void* got = shmat(segment, executive(), SHM_REMAP);
  shmctl(segment, IPC_RMID, nullptr);
  return failed(got) ? harmless : still_alive("shmat");
});

}  // namespace
}  // namespace osext::test
