// SPDX-License-Identifier: GPL-2.0
#include "workloads/simulated_nic.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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

}  // namespace osext
