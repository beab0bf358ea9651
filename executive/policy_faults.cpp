// SPDX-License-Identifier: GPL-2.0
// Policy `faults`: for programs that measure how a fault of theirs arrives here.
//
// A guest that faults goes on at the address in its rdx, with the time stamp of
// the fault's arrival in rax.  It has no signals of its own for faults then.

#include <osext/marker.h>

#include "executive/policy.h"

namespace osext::executive {
namespace {

class Faults final : public Policy {
  bool on_fault(Guest& guest, const Fault&) override {
    OSEXT_MARK(OSEXT_MARK_END);
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    set_ip(guest, guest.frame.rdx);
    set_result(guest, low | uint64_t{high} << 32);
    return true;
  }
};

constinit Faults faults;
POLICY("faults", faults);

}  // namespace
}  // namespace osext::executive
