// SPDX-License-Identifier: GPL-2.0
// Touching the executive: read, write, jump, right after it has run and over and over, and from a
// process that shares the guest's memory.
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

enum class Touch { read, write, jump };

void touch(Touch how, char* address) {
  raw_call(SYS_getppid);
  auto* target = reinterpret_cast<volatile std::uint64_t*>(address);
  if (how == Touch::read) {
    (void)*target;
  } else if (how == Touch::write) {
    *target = 0;
  } else {
    reinterpret_cast<void (*)()>(address)();
  }
}

std::uint64_t offset_of(const std::vector<std::string>& arguments) {
  return arguments.empty() ? 0 : std::strtoull(arguments[0].c_str(), nullptr, 0);
}

// Without a handler, so that the guest is to die.
int touch_once(Touch how, const std::vector<std::string>& arguments) {
  touch(how, executive(offset_of(arguments)));
  return found("touched %#lx", offset_of(arguments));
}
const Attack read_once("read", [](const auto& words) { return touch_once(Touch::read, words); });
const Attack write_once("write", [](const auto& words) { return touch_once(Touch::write, words); });
const Attack jump_once("jump", [](const auto& words) { return touch_once(Touch::jump, words); });

// With a handler: whatever the first faults change, the later ones must not find a way.
const Attack handled("touch_handled", [](const auto&) {
  int result = harmless;
  for (int round = 0; round < 20; ++round)
    for (const std::uint64_t offset :
         {0ULL, 0x1000ULL, 0x2000ULL, 0x3000ULL, 0x10000ULL, 0x200000ULL, OSEXT_EXECUTIVE_SIZE - 8})
      for (const Touch how : {Touch::read, Touch::write})
        if (survives([&] { touch(how, executive(offset)); }))
          result =
              found("touched %#llx in round %d", static_cast<unsigned long long>(offset), round);
  return result;
});

// Nothing between the return from the executive and the probe would flush a translation.
const Attack stale("stale", [](const auto&) {
  constexpr int kProbes = 2000;
  volatile int read = 0, probes = 0;
  while (probes < kProbes) {
    probes = probes + 1;
    if (survives([&] { touch(Touch::read, executive()); })) read = read + 1;
  }
  return read == 0 ? harmless : found("%d of %d probes read the executive", read, kProbes);
});

// A second process in the same memory looks while the first one calls.
struct Watch {
  volatile bool started, stop;
  volatile long reads;
};
Watch* watch;

int watcher(void*) {
  watch->started = true;
  while (!watch->stop)
    if (survives([] { (void)*reinterpret_cast<volatile std::uint64_t*>(executive()); }))
      watch->reads = watch->reads + 1;
  _exit(0);
}

const Attack shared("shared_memory", [](const auto&) {
  constexpr std::size_t kStack = 1 << 16;
  watch = static_cast<Watch*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  auto* stack = static_cast<char*>(
      mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const pid_t child = clone(watcher, stack + kStack, CLONE_VM | SIGCHLD, nullptr);
  if (child < 0) return static_cast<int>(harmless);
  for (int i = 0; i < 100000 && (i < 1000 || watch->started); ++i) raw_call(SYS_getppid);
  watch->stop = true;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return watch->reads == 0 ? harmless : found("%ld reads from another task", watch->reads);
});

}  // namespace
}  // namespace osext::test
