// SPDX-License-Identifier: GPL-2.0
// The counting service: the smallest thing an executive can do for a guest
// (paper 3.1, "RPC from guest to executive and back"), the markers by which the
// ways in and out are measured apart, and the choice of a system call that
// entry.S serves.

#include <osext/marker.h>

#include "executive/policy.h"
#include "executive/state.h"

namespace osext::executive {

namespace {

constexpr uint64_t kInvalid = static_cast<uint64_t>(-22), kNoSuchCall = static_cast<uint64_t>(-38);

// For machines where the time stamp measures and no plugin counts.
uint64_t time_stamp() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return low | uint64_t{high} << 32;
}

uint64_t statistic(uint64_t which) {
  return which < OSEXT_HIJACK_COUNTS ? executive_counters[which] : kInvalid;
}

// A call with pointers stays with the policy: made here, they could name the executive.
uint64_t interpose_minimal(uint64_t number) {
  if (number != ~uint64_t{0} && !is_direct(number)) return kInvalid;
  executive_minimal_call = static_cast<uint32_t>(number);
  return 0;
}

}  // namespace

Answer on_hypercall(Frame& frame) {
  if (frame.rax == OSEXT_HIJACK_RPC) {
    ++executive_counters[OSEXT_HIJACK_COUNT_RPCS];
    return resume(osext_hijack_rpc_result(frame.rdi));
  }
  switch (frame.rax) {
    case OSEXT_HIJACK_TRAP:
      OSEXT_MARK(OSEXT_MARK_END);
      ++executive_counters[OSEXT_HIJACK_COUNT_MARKED];
      return resume(time_stamp());
    case OSEXT_HIJACK_RETURN: {
      ++executive_counters[OSEXT_HIJACK_COUNT_MARKED];
      const Answer answer = resume(time_stamp());
      OSEXT_MARK(OSEXT_MARK_BEGIN);
      return answer;
    }
    case OSEXT_HIJACK_LEAVE:
      return leave(frame.rax);
    case OSEXT_HIJACK_STATISTICS:
      return resume(statistic(frame.rdi));
    case OSEXT_HIJACK_INTERPOSE_MINIMAL:
      return resume(interpose_minimal(frame.rdi));
  }
  return resume(kNoSuchCall);
}

}  // namespace osext::executive
