// SPDX-License-Identifier: GPL-2.0
// Policy `tokens`: reservations of packets (paper 3.3, figure 7).
//
// The executive holds the guests' UDP sockets itself and reads for them without
// blocking, as many packets at a time as are there and as fit.  Each costs the
// guest a token; tokens are refilled each period.  Whenever a guest asks for
// packets, the most important guest that has packets and tokens gets its own,
// else one of best effort does; the others wait.
//
//   tokens=PORT:COUNT,...  a period's tokens of the guest that receives at that
//                          port, the most important first; all others: best effort
//   period_ms=100          how often they are refilled
//   look_us=100            how often the sockets are looked at while all guests wait
//   slice_us=10000         and while one works
//
// Such a socket is a descriptor of the executive's: its guest may bind it, read
// from it and close it, and nothing else.  One read() may answer with several
// packets, one behind the other.

#include "executive/policy_tokens.h"

#include <asm/unistd.h>

#include "executive/linux.h"
#include "executive/log.h"

namespace osext::executive {
namespace {

constexpr uint64_t kFirstDescriptor = 0x10000;  // what guests get as descriptors: from here
constexpr int64_t kWouldBlock = -11, kInterrupted = -4, kTooMany = -24;

class Tokens final : public Policy {
  void begin(const Options& options) override {
    period_ns_ = options.number("period_ms", 100) * 1000000;
    look_ns_ = options.number("look_us", 100) * 1000;
    slice_ns_ = options.number("slice_us", 10000) * 1000;
    if (period_ns_ == 0 || look_ns_ == 0 || slice_ns_ == 0) fail("a period of 0");
    unsigned length = 0;
    const char* text = options.find("tokens", length);
    if (text && !reservations_.parse(text, length)) fail("tokens=PORT:COUNT,... is wrong");
  }

  Verdict on_call(Guest& guest) override {
    const Frame& frame = guest.frame;
    if (frame.rax == __NR_socket) return open_socket(guest);
    Reader* reader = readers_.find(guest, frame.rdi - kFirstDescriptor);
    if (!reader) return {Verdict::next};
    switch (frame.rax) {
      case __NR_bind:
        return bind_socket(*reader);
      case __NR_read:
        return read_packets(*reader);
      case __NR_close:
        readers_.close(*reader);
        return {Verdict::answer, 0};
    }
    return {Verdict::next};  // its owner does not know the descriptor: EBADF
  }

  void on_gone(Guest& guest) override {
    readers_.for_each([&](Reader& reader) {
      if (reader.guest == &guest) readers_.close(reader);
    });
  }

  void on_recall(Guest& guest) override {
    readers_.for_each([&](Reader& reader) {
      if (reader.guest == &guest) reader.waiting = false;
    });
  }

  // The most important of those that are ready.  If it was woken for its packets, they are read
  // now that its memory is there.
  Guest* choose() override {
    Reader* best = nullptr;
    readers_.for_each([&](Reader& reader) {
      if (reader.guest->state == GuestState::ready && (!best || reader.goes_before(*best)))
        best = &reader;
    });
    if (!best || !best->waiting) return best ? best->guest : nullptr;
    if (!activate(*best->guest)) return nullptr;
    best->waiting = false;
    const int64_t bytes = receive(*best);
    // The kernel's word that there are packets was wrong (a checksum): let the guest try again.
    set_result(*best->guest, static_cast<uint64_t>(bytes == kWouldBlock ? kInterrupted : bytes));
    return best->guest;
  }

  uint64_t deadline_ns() override {
    bool waits = false, works = false;
    readers_.for_each([&](Reader& reader) {
      waits |= reader.waiting;
      works |= reader.guest->state == GuestState::ready;
    });
    return !waits ? kNever : works ? slice_ends_ns_ : look_at_ns_;
  }

  void on_time(uint64_t now) override {
    look_at_ns_ = now + look_ns_;
    slice_ends_ns_ = now + slice_ns_;
    refill(now);
    if (Reader* next = most_important()) wake(*next->guest, 0, true);
  }

  Verdict open_socket(Guest& guest) {
    constexpr uint64_t internet = 2, datagrams = 2, nonblocking = 04000, close_on_exec = 02000000;
    const Frame& frame = guest.frame;
    if (frame.rdi != internet || (frame.rsi & ~close_on_exec) != datagrams) return {Verdict::next};
    const int64_t descriptor =
        system_call(__NR_socket, internet, datagrams | nonblocking | close_on_exec, frame.rdx);
    if (descriptor < 0) return {Verdict::answer, static_cast<uint64_t>(descriptor)};
    const int place = readers_.add(guest, static_cast<uint64_t>(descriptor));
    if (place < 0) {
      system_call(__NR_close, static_cast<uint64_t>(descriptor));
      return {Verdict::answer, static_cast<uint64_t>(kTooMany)};
    }
    return {Verdict::answer, kFirstDescriptor + static_cast<uint64_t>(place)};
  }

  // The port decides how important the guest is.
  Verdict bind_socket(Reader& reader) {
    const Frame& frame = reader.guest->frame;
    const int64_t result = call(__NR_bind, reader.descriptor, frame.rsi, frame.rdx);
    struct {
      uint16_t family;
      uint8_t port[2];  // in network order
      uint8_t rest[12];
    } address{};
    uint32_t bytes = sizeof address;
    if (result == 0 &&
        system_call(__NR_getsockname, reader.descriptor, reinterpret_cast<uint64_t>(&address),
                    reinterpret_cast<uint64_t>(&bytes)) == 0) {
      reader.rank = reservations_.rank_of(address.port[0] * 256u + address.port[1]);
      reader.tokens = reservations_.tokens_of(reader.rank);
    }
    return {Verdict::answer, static_cast<uint64_t>(result)};
  }

  // Figure 7, from the guest's side: it gets its packets, or waits for them.
  Verdict read_packets(Reader& reader) {
    refill(now_ns());
    reader.buffer = reader.guest->frame.rsi;
    reader.bytes = reader.guest->frame.rdx;
    reader.turn = ++turns_;
    reader.waiting = true;
    // Who waits for tokens only is no rival.
    if (reader.may_read() && !readers_.rival_of(reader)) {
      const int64_t bytes = receive(reader);
      if (bytes != kWouldBlock) {
        reader.waiting = false;
        return {Verdict::answer, static_cast<uint64_t>(bytes)};
      }
    }
    Reader* next = most_important();
    if (next == &reader) {
      const int64_t bytes = receive(reader);
      if (bytes != kWouldBlock) {
        reader.waiting = false;
        return {Verdict::answer, static_cast<uint64_t>(bytes)};
      }
      next = nullptr;
    }
    if (next) wake(*next->guest, 0, true);
    return {Verdict::hold};
  }

  // Figure 7's main loop: of the guests that wait, the first that has packets and may read them.
  Reader* most_important() {
    struct {
      int32_t descriptor;
      int16_t wanted, found;
    } entries[Readers::kMost];
    Reader* candidates[Readers::kMost];
    unsigned count = 0;
    readers_.for_each([&](Reader& reader) {
      if (!reader.waiting || !reader.may_read()) return;
      unsigned at = count++;
      for (; at > 0 && reader.goes_before(*candidates[at - 1]); --at)
        candidates[at] = candidates[at - 1];
      candidates[at] = &reader;
    });
    constexpr int16_t readable = 1;
    for (unsigned i = 0; i < count; ++i)
      entries[i] = {static_cast<int32_t>(candidates[i]->descriptor), readable, 0};
    if (count == 0 || system_call(__NR_poll, reinterpret_cast<uint64_t>(entries), count, 0) <= 0)
      return nullptr;
    for (unsigned i = 0; i < count; ++i)
      if (entries[i].found) return candidates[i];
    return nullptr;
  }

  // guest_syscall_read() of figure 7; the guest is current.  Bytes, or an error if there are none.
  int64_t receive(Reader& reader) {
    uint64_t done = 0;
    uint64_t largest = 1;
    while (reader.may_read() && reader.bytes - done >= largest) {
      const int64_t bytes =
          call(__NR_recvfrom, reader.descriptor, reader.buffer + done, reader.bytes - done);
      if (bytes < 0) return done ? static_cast<int64_t>(done) : bytes;
      done += static_cast<uint64_t>(bytes);
      if (static_cast<uint64_t>(bytes) > largest) largest = static_cast<uint64_t>(bytes);
      if (reader.rank != kBestEffort) --reader.tokens;
      if (bytes == 0) break;
    }
    return static_cast<int64_t>(done);
  }

  // In the current guest's memory.
  int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
    call_ = {number, {a, b, c, 0, 0, 0}};
    return system_call(OSEXT_HIJACK_OP_CALL, reinterpret_cast<uint64_t>(&call_));
  }

  void refill(uint64_t now) {
    if (now < refill_at_ns_) return;
    refill_at_ns_ = now - now % period_ns_ + period_ns_;
    readers_.for_each(
        [&](Reader& reader) { reader.tokens = reservations_.tokens_of(reader.rank); });
  }

  Reservations reservations_;
  Readers readers_;
  osext_hijack_call call_{};
  uint64_t period_ns_ = 0, look_ns_ = 0, slice_ns_ = 0;
  uint64_t turns_ = 0;
  uint64_t refill_at_ns_ = 0, look_at_ns_ = 0, slice_ends_ns_ = 0;
};

constinit Tokens tokens;
POLICY("tokens", tokens);

}  // namespace
}  // namespace osext::executive
