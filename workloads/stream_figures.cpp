// SPDX-License-Identifier: GPL-2.0
#include "workloads/stream_figures.h"

#include <fmt/core.h>

#include <stdexcept>

namespace osext {
namespace {

void check_log(std::span<const Reception> log, std::span<const std::uint64_t> sent_ns,
               Sending sending) {
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Reception& packet = log[i];
    if (packet.serial >= sent_ns.size() ||
        (sending == Sending::exact && packet.sent_ns != sent_ns[packet.serial]))
      throw std::runtime_error(
          fmt::format("packet {} was received and never sent so", packet.serial));
    if (packet.received_ns < packet.sent_ns)
      throw std::runtime_error(fmt::format("packet {} was received too early", packet.serial));
    if (i > 0 &&
        (packet.serial <= log[i - 1].serial || packet.received_ns < log[i - 1].received_ns))
      throw std::runtime_error(fmt::format("packet {} is out of order", packet.serial));
  }
}

// Of two packets in the order in which they were received.
std::int64_t jitter_of(const Reception& first, const Reception& second) {
  const auto received = static_cast<std::int64_t>(second.received_ns - first.received_ns);
  const auto sent = static_cast<std::int64_t>(second.sent_ns - first.sent_ns);
  return received > sent ? received - sent : sent - received;
}

}  // namespace

std::vector<WindowFigures> stream_figures(std::span<const Reception> log,
                                          std::span<const std::uint64_t> sent_ns,
                                          const Windows& windows, Sending sending) {
  check_log(log, sent_ns, sending);
  std::vector<WindowFigures> figures(windows.count);
  // The window of an instant; nullptr outside of all.
  const auto at = [&](std::uint64_t instant_ns) -> WindowFigures* {
    if (instant_ns < windows.start_ns) return nullptr;
    const std::uint64_t index = (instant_ns - windows.start_ns) / windows.length_ns;
    return index < windows.count ? &figures[index] : nullptr;
  };
  std::size_t next = 0;  // in the log: serial numbers rise there
  for (std::uint64_t serial = 0; serial < sent_ns.size(); ++serial) {
    const bool received = next < log.size() && log[next].serial == serial;
    if (received) ++next;
    WindowFigures* window = at(sent_ns[serial]);
    if (window == nullptr) continue;
    ++window->offered;
    if (!received) ++window->dropped;
  }
  for (std::size_t i = 0; i < log.size(); ++i) {
    WindowFigures* window = at(log[i].received_ns);
    if (window == nullptr) continue;
    ++window->delivered;
    if (i > 0) window->jitter_ns.push_back(jitter_of(log[i - 1], log[i]));
  }
  return figures;
}

}  // namespace osext
