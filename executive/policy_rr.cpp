// SPDX-License-Identifier: GPL-2.0
// Policy `rr`: guests take turns, quantum_us (10000) each (paper 3.2, "its own
// round-robin scheduler").  This is what the executive does when no policy wants
// anything else; naming it in front of another one makes it go first.

#include "executive/policy.h"

namespace osext::executive {
namespace {

class RoundRobin final : public Policy {
  Guest* choose() override { return ready_guests().front(); }
};

constinit RoundRobin round_robin;
POLICY("rr", round_robin);

}  // namespace
}  // namespace osext::executive
