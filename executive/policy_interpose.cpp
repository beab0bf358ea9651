// SPDX-License-Identifier: GPL-2.0
// Policy `interpose`: system calls that carry no pointer, cannot sleep for long
// and are not about the guest's own task are made by the executive itself
// (paper 3.1: it "makes that system call on the guest's behalf").  That is the
// shortest way, and the answers are those that Linux gives to the executive: its
// parent, its user.  What the guest's own number is, the executive knows.  All
// other calls go to the guest's owner.

#include <asm/unistd.h>

#include <initializer_list>

#include "executive/linux.h"
#include "executive/policy.h"
#include "executive/state.h"

namespace osext::executive {
namespace {

// A bit for each system call.
class DirectCalls {
 public:
  constexpr DirectCalls() {
    for (unsigned number : {__NR_getppid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid})
      words_[number / 64] |= uint64_t{1} << number % 64;
  }

  constexpr bool contains(uint64_t number) const {
    return number < 64 * kWords && (words_[number / 64] >> number % 64 & 1);
  }

 private:
  static constexpr unsigned kWords = 8;
  uint64_t words_[kWords] = {};
};

constinit const DirectCalls direct_calls;
static_assert(DirectCalls().contains(__NR_getppid) && !DirectCalls().contains(__NR_read));

class Interpose final : public Policy {
  Verdict on_call(Guest& guest) override {
    const Frame& frame = guest.frame;
    if (!direct_calls.contains(frame.rax)) {
      const bool own_number = frame.rax == __NR_getpid || frame.rax == __NR_gettid;
      return own_number ? Verdict{Verdict::answer, guest.own_pid} : Verdict{Verdict::next};
    }
    ++executive_counters[OSEXT_HIJACK_COUNT_DIRECT];
    return {Verdict::answer, static_cast<uint64_t>(system_call(frame.rax, frame.rdi, frame.rsi,
                                                               frame.rdx, frame.r10))};
  }
};

constinit Interpose interpose;
POLICY("interpose", interpose);

}  // namespace

bool is_direct(uint64_t number) {
  return direct_calls.contains(number);
}

}  // namespace osext::executive
