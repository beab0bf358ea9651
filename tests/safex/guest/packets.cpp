// SPDX-License-Identifier: GPL-2.0
// UDP packets as events: each for the port is told, and goes on or not as the extension says.
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

// Receives what it sends to itself, through the loopback interface.
class Socket {
 public:
  Socket() : socket_(socket(AF_INET, SOCK_DGRAM, 0)) {
    require(socket_ >= 0, "no socket");
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    ioctl(socket_, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    require(ioctl(socket_, SIOCSIFFLAGS, &request) == 0, "the loopback interface stays down");
    own_.sin_family = AF_INET;
    own_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof own_;
    constexpr timeval patience{120, 0};
    require(bind(socket_, reinterpret_cast<sockaddr*>(&own_), sizeof own_) == 0 &&
                getsockname(socket_, reinterpret_cast<sockaddr*>(&own_), &bytes) == 0 &&
                setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0,
            "cannot bind a socket");
  }
  ~Socket() { close(socket_); }
  std::uint16_t port() const { return ntohs(own_.sin_port); }
  void send(const std::string& text) const {
    require(sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&own_),
                   sizeof own_) == static_cast<ssize_t>(text.size()),
            "sending fails");
  }
  std::string receive() const {
    char text[64];
    const ssize_t bytes = recv(socket_, text, sizeof text, 0);
    require(bytes >= 0, "nothing comes");
    return {text, static_cast<std::size_t>(bytes)};
  }

 private:
  int socket_;
  sockaddr_in own_{};
};

struct Filter {
  explicit Filter(const std::string& function = "filter",
                  const SafexReservation& reservation = kGenerous)
      : program(battery(function)), extension(program, reservation) {}
  SafexProgram program;
  SafexExtension extension;
};

const RegisterCheck packets("packets", [] {
  Loaded module;
  Socket socket, other;
  Filter filter;
  filter.extension.bind_packets(socket.port());
  const auto told = [&] { return filter.program.get<std::int64_t>("last_value"); };
  socket.send("12345678 and more");
  require(socket.receive() == "12345678 and more" && told() == 0x3837363534333231, "told: {:x}",
          told());
  socket.send("k");
  require(socket.receive() == "k" && told() == 'k', "told of a short one: {:x}", told());
  socket.send("");
  require(socket.receive().empty() && told() == 0, "told of an empty one: {:x}", told());
  other.send("d");
  require(other.receive() == "d", "another port's packet is lost");
  require(filter.extension.statistics().runs == 3, "{} runs", filter.extension.statistics().runs);
  // They stay in order, so what has not come before the next one has been dropped.
  socket.send("d");
  socket.send("next");
  require(socket.receive() == "next", "it goes on though it was to be dropped");
  require(filter.extension.statistics().runs == 5, "{} runs with the dropped one",
          filter.extension.statistics().runs);
  filter.extension.unload();
  socket.send("d");
  require(socket.receive() == "d", "it is dropped though the extension is unloaded");
});

// Who is aborted has no say, and is gone at last.
const RegisterCheck packets_runaway("packets_runaway", [] {
  Loaded module;
  Socket socket;
  Filter nested("drop_and_run", {OSEXT_SAFEX_HRTIMER, 50'000, 1'000'000'000'000, 1'000'000});
  nested.extension.bind_packets(socket.port());
  for (int i = 0; i < 10; ++i) {
    socket.send(std::to_string(i));
    require(socket.receive() == std::to_string(i), "packet {} is lost", i);
  }
  const osext_safex_statistics statistics = nested.extension.statistics();
  require(statistics.aborts == OSEXT_SAFEX_ABORTS_MAX && statistics.condemned,
          "{} aborts, condemned {}", statistics.aborts, statistics.condemned);
});

void bind_without_right(const std::string& off, int expected) {
  Loaded module(off);
  Filter filter;
  const int status = status_of_child([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
    return error_of([&] { filter.extension.bind_packets(4711); }) == expected ? 0 : 2;
  });
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other user {}",
          describe_status(status));
}
const RegisterCheck packets_who_may("packets_who_may", [] {
  bind_without_right("", EPERM);
  Loaded module;
  Filter filter;
  require(error_of([&] { filter.extension.bind_packets(0); }) == EINVAL, "0 is a port");
});
const RegisterCheck packets_who_may_control("packets_who_may_control",
                                            [] { bind_without_right("watchers", 0); });

}  // namespace
}  // namespace osext::test
