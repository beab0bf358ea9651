// SPDX-License-Identifier: GPL-2.0
// Policy `count`: how often guests made which system call; printed as lines
// `NAME COUNT` when the executive ends.  Observes only.  A call that a signal
// interrupted and that the kernel restarts is made, and counted, again.

#include "executive/log.h"
#include "executive/policy.h"
#include "executive/syscall_table.h"

namespace osext::executive {
namespace {

class Count final : public Policy {
  Verdict on_call(Guest& guest) override {
    const uint64_t number = guest.frame.rax;
    ++counts_[number < kCallsMax ? number : kCallsMax];
    return {Verdict::next};
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

  uint64_t counts_[kCallsMax + 1] = {};
};

constinit Count count;
POLICY("count", count);

}  // namespace
}  // namespace osext::executive
