// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_sender.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "workloads/instant.h"

namespace osext {
namespace {

class SendingSocket {
 public:
  SendingSocket() : descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  }
  SendingSocket(const SendingSocket&) = delete;
  SendingSocket& operator=(const SendingSocket&) = delete;
  ~SendingSocket() { close(descriptor_); }

  void send(const sockaddr_in& to, const osext_nic_payload& payload) const {
    // A full queue of the device is waited for; a refused port was an earlier packet's.
    while (sendto(descriptor_, &payload, sizeof payload, 0, reinterpret_cast<const sockaddr*>(&to),
                  sizeof to) < 0) {
      if (errno == ENOBUFS || errno == EINTR || errno == ECONNREFUSED) continue;
      throw std::system_error(errno, std::generic_category(), "sending a packet");
    }
  }

 private:
  int descriptor_;
};

}  // namespace

SendingResult send_streams(std::uint32_t address, const UdpStreams& streams) {
  const SendingSocket socket;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(address);
  std::array<std::uint64_t, kUdpTasks> next{};
  SendingResult result{};
  for (;;) {
    int earliest = -1;
    std::uint64_t due_ns = 0;
    for (int task = 0; task < kUdpTasks; ++task) {
      const auto i = static_cast<std::size_t>(task);
      if (next[i] == streams[i].packets) continue;
      const std::uint64_t at_ns = osext_nic_arrival_ns(&streams[i], next[i]);
      if (earliest >= 0 && at_ns >= due_ns) continue;
      earliest = task;
      due_ns = at_ns;
    }
    if (earliest < 0) return result;
    const auto i = static_cast<std::size_t>(earliest);
    std::uint64_t now = monotonic_ns();
    while (now < due_ns) now = monotonic_ns();
    to.sin_port = htons(static_cast<std::uint16_t>(streams[i].port));
    socket.send(to, {next[i]++, now});
    ++result.packets;
    result.latest_ns = std::max(result.latest_ns, now - due_ns);
  }
}

std::uint32_t parse_address(const char* text) {
  in_addr address{};
  if (inet_pton(AF_INET, text, &address) != 1)
    throw std::invalid_argument("not an IPv4 address: " + std::string(text));
  return ntohl(address.s_addr);
}

}  // namespace osext
