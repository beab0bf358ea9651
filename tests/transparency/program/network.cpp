// SPDX-License-Identifier: GPL-2.0
// A TCP client and a server, two processes over the loopback interface; the same by epoll.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

constexpr int kMessages = 500, kMessageBytes = 4096;

int listen_somewhere(std::uint16_t* port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  need(bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0, "bind");
  need(listen(listener, 8) == 0, "listen");
  need(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0, "getsockname");
  *port = address.sin_port;
  return listener;
}

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  need(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
  return fd;
}

void send_all(int fd, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
    need(n > 0, "send");
    bytes += n;
    count -= static_cast<std::size_t>(n);
  }
}

void receive_all(int fd, char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t n = recv(fd, bytes, count, 0);
    need(n > 0, "recv");
    bytes += n;
    count -= static_cast<std::size_t>(n);
  }
}

// Sends messages and checks what comes back, each byte plus one.
std::uint64_t talk(int fd) {
  char out[kMessageBytes], in[kMessageBytes];
  std::uint64_t sum = 0;
  for (int i = 0; i < kMessages; ++i) {
    for (int k = 0; k < kMessageBytes; ++k) out[k] = static_cast<char>(i * 31 + k);
    send_all(fd, out, sizeof out);
    receive_all(fd, in, sizeof in);
    for (int k = 0; k < kMessageBytes; ++k) {
      need(in[k] == static_cast<char>(out[k] + 1), "the answer");
      sum = sum * 131 + static_cast<unsigned char>(in[k]);
    }
  }
  return sum;
}

// Answers whatever arrives until all clients are gone; `clients` connections in all.
void serve(int listener, int clients) {
  const int events = epoll_create1(EPOLL_CLOEXEC);
  epoll_event interest{EPOLLIN, {.fd = listener}};
  need(epoll_ctl(events, EPOLL_CTL_ADD, listener, &interest) == 0, "epoll_ctl");
  static char buffer[1 << 15];
  while (clients > 0) {
    epoll_event ready[8];
    const int count = epoll_wait(events, ready, 8, -1);
    need(count > 0, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int fd = ready[i].data.fd;
      if (fd == listener) {
        interest.data.fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        need(interest.data.fd >= 0, "accept");
        need(epoll_ctl(events, EPOLL_CTL_ADD, interest.data.fd, &interest) == 0, "epoll_ctl");
        continue;
      }
      const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
      need(n >= 0, "recv");
      for (ssize_t k = 0; k < n; ++k) ++buffer[k];
      if (n > 0) send_all(fd, buffer, static_cast<std::size_t>(n));
      if (n == 0) {
        close(fd);
        --clients;
      }
    }
  }
}

const Part tcp("tcp", [](const auto&) {
  constexpr int kClients = 3;
  std::uint16_t port = 0;
  const int listener = listen_somewhere(&port);
  const pid_t server = fork();
  if (server == 0) {
    serve(listener, kClients);
    _exit(12);
  }
  close(listener);
  for (int i = 0; i < kClients; ++i) {
    const int fd = connect_to(port);
    std::printf("client %d: %016llx\n", i, static_cast<unsigned long long>(talk(fd)));
    shutdown(fd, SHUT_WR);
    char byte;
    std::printf("then %zd\n", recv(fd, &byte, 1, 0));
    close(fd);
  }
  int status = 0;
  waitpid(server, &status, 0);
  std::printf("server: %d\n", WEXITSTATUS(status));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in nobody{};
  nobody.sin_family = AF_INET;
  nobody.sin_port = port;
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int refused = connect(fd, reinterpret_cast<sockaddr*>(&nobody), sizeof nobody);
  std::printf("nobody listens: %d, %s\n", refused, std::strerror(errno));
  return 0;
});

const Part sockets("socketpair", [](const auto&) {
  int pair[2];
  need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "socketpair");
  if (fork() == 0) {
    char text[64];
    const ssize_t n = recv(pair[1], text, sizeof text, 0);
    int received = -1;
    need(n > 0, "recv");
    // The descriptor that comes along is the parent's file.
    char control[CMSG_SPACE(sizeof(int))];
    iovec vector{text, sizeof text};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    need(recvmsg(pair[1], &message, 0) > 0, "recvmsg");
    std::memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    _exit(write(received, "by the child\n", 13) == 13 ? 0 : 1);
  }
  need(send(pair[0], "hello", 5, 0) == 5, "send");
  std::FILE* file = std::fopen("passed", "w+");
  int passed = fileno(file);
  char control[CMSG_SPACE(sizeof(int))] = {};
  char byte = 'x';
  iovec vector{&byte, 1};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  need(sendmsg(pair[0], &message, 0) == 1, "sendmsg");
  int status = -1;
  wait(&status);
  char text[64] = {};
  need(pread(passed, text, sizeof text - 1, 0) > 0, "pread");
  std::printf("%d %s", status, text);
  return 0;
});

}  // namespace
}  // namespace osext::test
