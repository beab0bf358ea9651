// SPDX-License-Identifier: GPL-2.0
#include "workloads/context_switch.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <atomic>

#include "measure/shared_array.h"
#include "workloads/child.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

// Whose turn it is: a word in shared memory.
enum Turn : int { kCaller = 0, kOther = 1 };

class Baton {
 public:
  [[gnu::always_inline]] void give(Turn turn) {
    __atomic_store_n(word_, turn, __ATOMIC_RELEASE);
    system_call(SYS_futex, address_, FUTEX_WAKE, 1);
  }
  [[gnu::always_inline]] void wait_for(Turn turn) {
    // The value the kernel compares with is the other turn; a wait that finds it changed returns.
    while (__atomic_load_n(word_, __ATOMIC_ACQUIRE) != turn)
      system_call(SYS_futex, address_, FUTEX_WAIT, turn == kCaller ? kOther : kCaller, 0);
  }

 private:
  SharedArray<int> shared_{1};
  int* word_ = shared_.data();
  long address_ = reinterpret_cast<long>(word_);
};

}  // namespace

void context_switch(Sampler& sampler, const Series& series) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    Baton baton;
    Child other([&] {
      for (;;) {
        baton.wait_for(kOther);
        probe.end();
        baton.give(kCaller);
      }
    });
    for (std::uint64_t i = 0; i < pairs; ++i) {
      other.until_blocked();
      probe.begin();
      baton.give(kOther);
      baton.wait_for(kCaller);
    }
  });
}

}  // namespace osext
