// SPDX-License-Identifier: GPL-2.0
#include "workloads/udp_socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

namespace osext {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

int bound_udp_socket(std::uint32_t address, std::uint32_t port) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(address);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) fail("bind");
  return descriptor;
}

std::optional<SocketState> socket_state(std::uint32_t address, std::uint32_t port) {
  // The address is printed as it lies in memory, the port is not.
  const std::string local = fmt::format("{:08X}:{:04X}", htonl(address), port);
  std::ifstream file("/proc/net/udp");
  for (std::string line; std::getline(file, line);) {
    char bound[32];
    unsigned long long queued, drops;
    if (std::sscanf(line.c_str(), "%*s %31s %*s %*s %*[^:]:%llx %*s %*s %*s %*s %*s %*s %*s %llu",
                    bound, &queued, &drops) == 3 &&
        local == bound)
      return SocketState{queued, drops};
  }
  return std::nullopt;
}

}  // namespace osext
