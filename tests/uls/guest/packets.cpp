// SPDX-License-Identifier: GPL-2.0
// UDP packets: each that arrives at the port is told once, whether this process sent it or a card
// received it, or counted as lost.
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/uls/guest/check.h"
#include "workloads/simulated_nic.h"

namespace osext::test {
namespace {

constexpr std::uint16_t kPort = 4711, kOther = 4712;

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

void bind_packets(UlsSandbox& sandbox, const Extension& extension, std::uint32_t queue,
                  std::uint64_t port = kPort, std::uint32_t number = 1) {
  UlsBinding binding{OSEXT_ULS_PACKET, number, 0, queue};
  binding.port = port;
  sandbox.bind(extension.id, binding);
}

// A socket of the loopback interface.
class Socket {
 public:
  explicit Socket(int family = AF_INET) : socket_(socket(family, SOCK_DGRAM, 0)) {
    require(socket_ >= 0, "no socket");
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    ioctl(socket_, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    require(ioctl(socket_, SIOCSIFFLAGS, &request) == 0, "the loopback interface stays down");
    bool bound;
    if (family == AF_INET) {
      sockaddr_in own{};
      own.sin_family = AF_INET;
      own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      bound = bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0;
      socklen_t bytes = sizeof own;
      getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &bytes);
      port_ = ntohs(own.sin_port);
    } else {
      sockaddr_in6 own{};
      own.sin6_family = AF_INET6;
      own.sin6_addr = in6addr_loopback;
      bound = bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0;
    }
    require(bound, "cannot bind a socket");
  }
  ~Socket() { close(socket_); }
  void send(const void* data, std::size_t bytes, std::uint16_t port = kPort) const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    require(sendto(socket_, data, bytes, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) ==
                static_cast<ssize_t>(bytes),
            "sending fails");
  }
  void send6(const void* data, std::size_t bytes) const {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr = in6addr_loopback;
    to.sin6_port = htons(kPort);
    require(sendto(socket_, data, bytes, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) ==
                static_cast<ssize_t>(bytes),
            "sending fails");
  }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// Sent by this process: told when the call that sends returns.
const RegisterCheck packets("packets", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    const Socket socket;
    bind_packets(sandbox, extension, 8);
    char data[200];
    for (std::size_t i = 0; i < sizeof data; ++i) data[i] = static_cast<char>(i + 1);
    const std::size_t sizes[] = {0, 1, 16, 63, 64, 65, 200};
    std::uint64_t events = 0;
    for (const std::size_t bytes : sizes) {
      const std::uint64_t before = now_ns();
      socket.send(data, bytes);
      socket.send(data, bytes, kOther);
      require(extension.count() == ++events, "{} upcalls for {} packets", extension.count(),
              events);
      const osext_uls_record record = extension.record(events - 1);
      const osext_uls_packet& packet = record.about.packet;
      require(record.kind == OSEXT_ULS_PACKET && record.value == bytes && packet.bytes == bytes &&
                  packet.port == kPort && packet.source_port == socket.port(),
              "kind {}, {} bytes from {} to {}", record.kind, packet.bytes, packet.source_port,
              packet.port);
      require(packet.arrived_ns >= before && packet.arrived_ns <= now_ns(), "wrong time");
      const unsigned char loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
      require(std::memcmp(packet.source, loopback, 16) == 0 &&
                  std::memcmp(packet.destination, loopback, 16) == 0,
              "wrong addresses");
      for (std::size_t i = 0; i < OSEXT_ULS_PACKET_BYTES; ++i)
        require(packet.data[i] == (i < bytes ? i + 1 : 0), "byte {} is {}", i, packet.data[i]);
    }
    const Socket six(AF_INET6);
    six.send6(data, 5);
    require(extension.count() == ++events, "no upcall for IPv6");
    const osext_uls_record record = extension.record(events - 1);
    require(std::memcmp(record.about.packet.source, &in6addr_loopback, 16) == 0 &&
                record.about.packet.bytes == 5,
            "IPv6 is told wrongly");
  });
});

// What does not fit into the queue is counted, to the last packet.
const RegisterCheck packets_overrun("packets_overrun", [] {
  Loaded module;
  constexpr std::uint64_t kSent = 3000, kQueue = 4;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_details);
  bind_packets(sandbox, extension, kQueue);
  {
    const Socket socket;
    for (std::uint64_t i = 0; i < kSent; ++i) socket.send(&i, sizeof i);
  }
  in_child([&] {
    sandbox.join();
    require(extension.count() == kQueue, "{} upcalls", extension.count());
    for (std::uint64_t i = 0; i < kQueue; ++i) {
      std::uint64_t serial;
      const osext_uls_record record = extension.record(i);
      std::memcpy(&serial, record.about.packet.data, sizeof serial);
      require(serial == i && record.overrun == (i == 0 ? kSent - kQueue : 0),
              "packet {}, {} lost before", serial, record.overrun);
    }
    const osext_uls_statistics statistics = extension.statistics();
    require(statistics.events == kSent && statistics.overruns == kSent - kQueue, "{} of {} lost",
            statistics.overruns, statistics.events);
  });
});

std::string nic_path() {
  return module_path.substr(0, module_path.rfind('/')) + "/osext_nic.ko";
}

void start(SimulatedNic& nic, std::uint64_t packets, std::uint32_t rate_pps) {
  osext_nic_plan plan{};
  plan.streams = 1;
  plan.ring_packets = 256;
  // The first packet lies ahead; on a busy machine the time for it may have come before the card
  // is told.
  for (std::uint64_t lead_ns = 2'000'000;; lead_ns *= 2) {
    plan.stream[0] = {now_ns() + lead_ns, packets, rate_pps, kPort};
    if (error_of([&] { nic.start(plan); }) == 0) return;
    require(lead_ns < OSEXT_NIC_MAX_LEAD_NS / 2, "the card does not start");
  }
}

// From a card: an interrupt over the host's user mode becomes the upcall.
const RegisterCheck packets_received("packets_received", [] {
  KernelModule card;
  card.load(nic_path(), "osext_nic");
  Loaded module;
  in_child([] {
    constexpr std::uint64_t kPackets = 400;
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    SimulatedNic nic;
    bind_packets(sandbox, extension, 64);
    start(nic, kPackets, 2000);
    std::uint64_t handed = 0, rounds = 0;
    osext_uls_statistics statistics = extension.statistics();
    // The last event may wait for its upcall still.
    while (statistics.returns + statistics.overruns < kPackets && ++rounds < 20'000) {
      require(hold_registers(1000) == 0, "registers change");
      handed = nic.counters().stream[0].handed;
      statistics = extension.statistics();
    }
    require(statistics.events == kPackets && statistics.returns == extension.count() &&
                statistics.returns + statistics.overruns == kPackets,
            "{} events, {} upcalls, {} lost of {} packets handed on", statistics.events,
            statistics.returns, statistics.overruns, handed);
    // With several CPUs the card's interrupt may come to another one than the host's.
    require(statistics.direct > kPackets / 4 || sysconf(_SC_NPROCESSORS_ONLN) > 1, "only {} direct",
            statistics.direct);
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < 24; ++i) {
      osext_nic_payload payload;
      const osext_uls_record record = extension.record(i);
      std::memcpy(&payload, record.about.packet.data, sizeof payload);
      require(i == 0 || payload.serial > last, "packet {} after {}", payload.serial, last);
      require(record.about.packet.arrived_ns >= payload.sent_ns, "before it was sent");
      last = payload.serial;
    }
  });
});

// Bindings come and go under a flood.
const RegisterCheck packets_flood("packets_flood", [] {
  KernelModule card;
  card.load(nic_path(), "osext_nic");
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    sandbox.join();
    SimulatedNic nic;
    start(nic, 1'000'000, 20'000);
    for (int round = 0; round < 30; ++round) {
      Extension extension(sandbox, extension_details);
      for (std::uint32_t number = 0; number < 3; ++number)
        bind_packets(sandbox, extension, 2, kPort, number);
      for (int i = 0; i < 100'000 && extension.statistics().events < 30; ++i)
        require(hold_registers(100) == 0, "registers change");
      const osext_uls_statistics statistics = extension.statistics();
      require(statistics.events >= 30, "{} events", statistics.events);
      for (const std::uint64_t aborts : statistics.aborts)
        require(aborts == 0, "{} aborts", aborts);
      sandbox.unload(extension.id);
    }
  });
});

// Packets come, and hosts that take events, while bindings are made.
const RegisterCheck packets_at_once("packets_at_once", [] {
  Loaded module;
  const pid_t sender = start_child([] {
    UlsSandbox sandbox;
    sandbox.join();
    const Socket socket;
    for (;;) socket.send("x", 1);
    return 0;
  });
  in_child([] {
    UlsSandbox sandbox;
    for (std::uint64_t i = 0; i < rounds<std::uint64_t>(15); ++i) {
      Extension extension(sandbox, extension_details);
      // The flag switches code of the kernel's, which takes long.
      for (std::uint32_t number = 0; number < OSEXT_ULS_BINDINGS_MAX; ++number) {
        UlsBinding binding{OSEXT_ULS_PACKET, number, static_cast<std::int32_t>(number), 2};
        binding.port = kPort;
        binding.flags = OSEXT_ULS_MARK_UPCALL;
        sandbox.bind(extension.id, binding);
      }
      const osext_uls_statistics statistics = extension.statistics();
      require(statistics.upcalls <= statistics.events, "{} upcalls for {} events",
              statistics.upcalls, statistics.events);
      sandbox.unload(extension.id);
    }
  });
  kill(sender, SIGKILL);
  waitpid(sender, nullptr, 0);
});

// Who may not receive everybody's packets may not hear of them.
const RegisterCheck packet_rights("packet_rights", [] {
  Loaded module;
  UlsSandbox root;
  root.grant(1000);
  const int status = status_of_child([&] {
    if (setgid(1000) || setuid(1000)) return 90;
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    return error_of([&] { bind_packets(sandbox, extension, 1); });
  });
  require(status == EPERM << 8, "a user {}", describe_status(status));
  Extension extension(root, extension_details);
  for (const std::uint64_t port : {0, 65536, 1 << 20})
    require(error_of([&] { bind_packets(root, extension, 1, port); }) == EINVAL, "port {}", port);
  // Another network's packets are not this one's.
  bind_packets(root, extension, 8);
  in_child([&] {
    require(unshare(CLONE_NEWNET) == 0, "no network of its own");
    const Socket socket;
    socket.send("x", 1);
    require(extension.statistics().events == 0, "a packet of another network");
    Extension own(root, extension_details);
    bind_packets(root, own, 8);
    socket.send("x", 1);
    require(own.statistics().events == 1 && extension.statistics().events == 0, "{} and {} events",
            own.statistics().events, extension.statistics().events);
    root.unload(own.id);
  });
});

}  // namespace
}  // namespace osext::test
