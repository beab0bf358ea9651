// SPDX-License-Identifier: GPL-2.0
// Calls of guests that are no system calls of Linux: the counting service, which
// is the smallest thing an executive can do for a guest (paper 3.1, "RPC from
// guest to executive and back"); the markers by which the ways in and out are
// measured apart; and RPC between two guests (paper 3.1, Table 1).

#include <osext/marker.h>

#include "executive/policy.h"
#include "executive/state.h"

namespace osext::executive {
namespace {

constexpr uint64_t kInvalid = static_cast<uint64_t>(-22), kNoSuchCall = static_cast<uint64_t>(-38),
                   kNotConnected = static_cast<uint64_t>(-107), kBusy = static_cast<uint64_t>(-16),
                   kNotPermitted = static_cast<uint64_t>(-1);

// Whether guests may neither leave nor name a call that goes past the policies.
bool bound = false;

// For machines where the time stamp measures and no plugin counts.
uint64_t time_stamp() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return low | uint64_t{high} << 32;
}

uint64_t statistic(uint64_t which) {
  return which < OSEXT_HIJACK_COUNTS ? executive_counters[which] : kInvalid;
}

// An executive that uses so many pages: what dropping their translations costs is seen here.
uint64_t use_pages(uint64_t pages) {
  if (pages > OSEXT_HIJACK_RPC_PAGES_MAX) return kInvalid;
  ++executive_counters[OSEXT_HIJACK_COUNT_RPCS];
  constexpr uint64_t page_bytes = 4096;
  const auto* at = reinterpret_cast<const volatile uint64_t*>(OSEXT_EXECUTIVE_BASE);
  for (uint64_t page = 0; page < pages; ++page, at += page_bytes / sizeof *at) (void)*at;
  return osext_hijack_rpc_result(pages);
}

// A call with pointers stays with the policies: made here, they could name the executive.
uint64_t interpose_minimal(Guest& guest, uint64_t number) {
  if (number != ~uint64_t{0} && !is_direct(number)) return kInvalid;
  guest.minimal_call = executive_minimal_call = static_cast<uint32_t>(number);
  return 0;
}

// One guest serves, any other may call.  The server waits in PEER_SERVE, held;
// its caller waits, held, until the server's next PEER_SERVE brings the answer.
struct Peers {
  Guest* server = nullptr;  // held in PEER_SERVE, or at work for `client`
  Guest* client = nullptr;
} peers;

Verdict peer_serve(Guest& guest) {
  if (peers.server && peers.server != &guest) return {Verdict::answer, kBusy};
  if (peers.client) {
    ++executive_counters[OSEXT_HIJACK_COUNT_PEER_CALLS];
    wake(*peers.client, guest.frame.rdi, true);
    peers.client = nullptr;
  }
  peers.server = &guest;
  return {Verdict::hold};
}

Verdict peer_call(Guest& guest) {
  if (!peers.server || peers.server == &guest) return {Verdict::answer, kNotConnected};
  if (peers.client || peers.server->state != GuestState::held) return {Verdict::answer, kBusy};
  peers.client = &guest;
  wake(*peers.server, guest.frame.rdi, true);
  return {Verdict::hold};
}

}  // namespace

// The partner of a guest that dies, or that a signal called away, waits no longer.
void on_peer_gone(Guest& guest) {
  if (peers.server == &guest) {
    if (peers.client) wake(*peers.client, kNotConnected);
    peers = {};
  } else if (peers.client == &guest) {
    peers.client = nullptr;  // the server's answer goes nowhere
  }
}

void init_hypercalls(const Options& options) {
  bound = options.is("bound", "yes");
}

Verdict on_hypercall(Guest& guest) {
  const Frame& frame = guest.frame;
  if (frame.rax == OSEXT_HIJACK_RPC) {
    ++executive_counters[OSEXT_HIJACK_COUNT_RPCS];
    return {Verdict::answer, osext_hijack_rpc_result(frame.rdi)};
  }
  switch (frame.rax) {
    case OSEXT_HIJACK_TRAP:
      OSEXT_MARK(OSEXT_MARK_END);
      ++executive_counters[OSEXT_HIJACK_COUNT_MARKED];
      return {Verdict::answer, time_stamp()};
    case OSEXT_HIJACK_RETURN: {
      ++executive_counters[OSEXT_HIJACK_COUNT_MARKED];
      const Verdict verdict{Verdict::answer, time_stamp()};
      OSEXT_MARK(OSEXT_MARK_BEGIN);
      return verdict;
    }
    case OSEXT_HIJACK_RPC_PAGES:
      return {Verdict::answer, use_pages(frame.rdi)};
    case OSEXT_HIJACK_PEER_CALL:
      return peer_call(guest);
    case OSEXT_HIJACK_PEER_SERVE:
      return peer_serve(guest);
    case OSEXT_HIJACK_LEAVE:
      if (bound) return {Verdict::answer, kNotPermitted};
      return {Verdict::leave};
    case OSEXT_HIJACK_STATISTICS:
      return {Verdict::answer, statistic(frame.rdi)};
    case OSEXT_HIJACK_INTERPOSE_MINIMAL:
      if (bound) return {Verdict::answer, kNotPermitted};
      return {Verdict::answer, interpose_minimal(guest, frame.rdi)};
  }
  return {Verdict::answer, kNoSuchCall};
}

}  // namespace osext::executive
