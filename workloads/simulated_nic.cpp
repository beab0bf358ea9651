// SPDX-License-Identifier: GPL-2.0
#include "workloads/simulated_nic.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

namespace osext {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

ifreq request_for_interface() {
  ifreq request{};
  std::strncpy(request.ifr_name, OSEXT_NIC_INTERFACE, IFNAMSIZ - 1);
  return request;
}

void set_address(int socket, unsigned long command, std::uint32_t address) {
  ifreq request = request_for_interface();
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address);
  std::memcpy(&request.ifr_addr, &in, sizeof in);
  if (ioctl(socket, command, &request) != 0) fail("cannot give the simulated NIC its address");
}

void set_up(bool up) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail("socket");
  if (up) {
    constexpr std::uint32_t kMask = 0xffffff00;
    set_address(socket, SIOCSIFADDR, OSEXT_NIC_TARGET_ADDRESS);
    set_address(socket, SIOCSIFNETMASK, kMask);
  }
  ifreq request = request_for_interface();
  ioctl(socket, SIOCGIFFLAGS, &request);
  request.ifr_flags =
      static_cast<short>(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  const int result = ioctl(socket, SIOCSIFFLAGS, &request);
  close(socket);
  if (result != 0 && up) fail("cannot bring the simulated NIC up");
}

}  // namespace

SimulatedNic::SimulatedNic() {
  device_ = open(OSEXT_NIC_DEVICE, O_RDWR | O_CLOEXEC);
  if (device_ < 0) fail("cannot open " OSEXT_NIC_DEVICE);
  set_up(true);
}

SimulatedNic::~SimulatedNic() {
  set_up(false);
  close(device_);
}

void SimulatedNic::start(const osext_nic_plan& plan) {
  if (ioctl(device_, OSEXT_NIC_START, &plan) != 0) fail("the simulated NIC refuses the plan");
}

osext_nic_counters SimulatedNic::counters() const {
  osext_nic_counters counters{};
  if (ioctl(device_, OSEXT_NIC_GET_COUNTERS, &counters) != 0) fail("reading the NIC's counters");
  return counters;
}

int bound_udp_socket(std::uint32_t port) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(OSEXT_NIC_TARGET_ADDRESS);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("bind");
  return descriptor;
}

std::optional<SocketState> socket_state(std::uint32_t port) {
  // The address is printed as it lies in memory, the port is not.
  const std::string local = fmt::format("{:08X}:{:04X}", htonl(OSEXT_NIC_TARGET_ADDRESS), port);
  std::ifstream file("/proc/net/udp");
  for (std::string line; std::getline(file, line);) {
    char address[32];
    unsigned long long queued, drops;
    if (std::sscanf(line.c_str(), "%*s %31s %*s %*s %*[^:]:%llx %*s %*s %*s %*s %*s %*s %*s %llu",
                    address, &queued, &drops) == 3 &&
        local == address)
      return SocketState{queued, drops};
  }
  return std::nullopt;
}

}  // namespace osext
