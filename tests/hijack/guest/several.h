// SPDX-License-Identifier: GPL-2.0
// Several processes that are guests of one session, and what they share.
#pragma once

#include <sys/mman.h>

#include "tests/hijack/guest/check.h"

namespace osext::test {

// A process of its own that is a guest of the session while it runs `body`, to its end.
pid_t start_guest(HijackSession& session, const std::function<int()>& body);

// Its status, once it has ended.
int wait_for(pid_t child);

// Waits for a condition that must come true sooner or later, in steps of a millisecond; the limit
// is far beyond what the slowest machine needs.
void await(const std::function<bool()>& condition, const char* what);

// Memory that this process and all that it forks from now on have in common.
template <class Value>
Value* shared_array(std::size_t count) {
  void* memory = mmap(nullptr, count * sizeof(Value), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "mmap failed");
  return static_cast<Value*>(memory);
}

}  // namespace osext::test
