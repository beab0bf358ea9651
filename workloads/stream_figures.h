// SPDX-License-Identifier: GPL-2.0
// The figures of a packet stream: what became of the packets, window by window, out of the log of
// what a task received.  Arithmetic only.
//
//   delivered  packets that the task received in the window
//   dropped    packets sent in the window that it never received, known by their serial numbers
//   jitter     of two packets received one after the other: the time between their receptions less
//              the time between their sendings, without its sign (Hijack paper, 3.3).  It belongs
//              to the window in which the second was received.  Packets lost between the two change
//              both times alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace osext {

struct Reception {
  std::uint64_t serial;
  std::uint64_t sent_ns;
  std::uint64_t received_ns;
};

// `count` windows of `length_ns` each, the first from `start_ns`.
struct Windows {
  std::uint64_t start_ns;
  std::uint64_t length_ns;
  std::uint64_t count;
};

struct WindowFigures {
  std::uint64_t offered = 0;  // sent in this window
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::vector<std::int64_t> jitter_ns;  // of each pair; empty: the stream stood still
};

// Are packets sent when the schedule says so, or perhaps later?
enum class Sending { exact, late };

// `log`: what was received, in that order; `sent_ns`: when each packet of the stream was to be
// sent, by serial number, which decides the window in which it was offered.  Throws
// std::runtime_error when the log cannot be true: a packet twice or out of order, one that was
// never sent, sent at another time, or received before it was sent.
std::vector<WindowFigures> stream_figures(std::span<const Reception> log,
                                          std::span<const std::uint64_t> sent_ns,
                                          const Windows& windows, Sending sending = Sending::exact);

}  // namespace osext
