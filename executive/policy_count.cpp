// SPDX-License-Identifier: GPL-2.0
// Policy `count`: how often guests made which system call; printed as lines
// `NAME COUNT` when the executive ends.  Observes only.  Of a call that a signal
// interrupts, and that is to be made again, only the last time counts.

#include "executive/error_table.h"
#include "executive/log.h"
#include "executive/policy.h"
#include "executive/syscall_table.h"

namespace osext::executive {
namespace {

class Count final : public Policy {
  Verdict on_call(Guest& guest) override {
    const uint64_t number = guest.frame.rax;
    ++count_of(number);
    return {Verdict::next};
  }

  void on_served(Guest& guest) override {
    if (guest.call >= 0 && is_interrupted(guest.result))
      --count_of(static_cast<uint64_t>(guest.call));
  }

  void end() override {
    for (uint64_t number = 0; number < kCallsMax; ++number) {
      if (!counts_[number]) continue;
      Line line;
      if (const char* name = call_name(number))
        line << name;
      else
        line << "syscall_" << number;
      line << " " << counts_[number];
    }
    if (counts_[kCallsMax]) Line() << "unknown " << counts_[kCallsMax];
  }

  uint64_t& count_of(uint64_t number) { return counts_[number < kCallsMax ? number : kCallsMax]; }

  uint64_t counts_[kCallsMax + 1] = {};
};

constinit Count count;
POLICY("count", count);

}  // namespace
}  // namespace osext::executive
