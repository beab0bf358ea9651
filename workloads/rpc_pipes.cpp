// SPDX-License-Identifier: GPL-2.0
#include "workloads/rpc_pipes.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "workloads/child.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

struct Pipe {
  int ends[2];
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int out() const { return ends[0]; }
  int in() const { return ends[1]; }
};

// A server ends when it is killed: its own copy of the pipe's other end keeps end-of-file away.
void serve(const Pipe& request, const Pipe& answer, long bytes) {
  unsigned char message[8];
  const auto buffer = reinterpret_cast<long>(message);
  while (system_call(SYS_read, request.out(), buffer, bytes) == bytes) {
    ++message[0];
    if (system_call(SYS_write, answer.in(), buffer, bytes) != bytes) return;
  }
}

// A process like the client, blocked in its read().
std::shared_ptr<void> serving_child(const Pipe& request, const Pipe& answer, long bytes) {
  auto child =
      std::make_shared<Child>([&request, &answer, bytes] { serve(request, answer, bytes); });
  child->until_blocked();
  return child;
}

template <class Walk>
void measure(Sampler& sampler, const Series& series, std::uint64_t bytes, Walk walk,
             const PipeServer& other = {}) {
  if (bytes < 1 || bytes > 8) throw std::runtime_error("rpc_peer exchanges 1 to 8 bytes");
  const long length = static_cast<long>(bytes);
  Pipe request;
  Pipe answer;
  const std::shared_ptr<void> server =
      other ? other(request.out(), answer.in()) : serving_child(request, answer, length);
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    unsigned char message[8] = {};
    const auto buffer = reinterpret_cast<long>(message);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      const unsigned char expected = static_cast<unsigned char>(message[0] + 1);
      probe.begin();
      walk();
      const long written = system_call(SYS_write, request.in(), buffer, length);
      const long got = system_call(SYS_read, answer.out(), buffer, length);
      probe.end();
      if (written != length || got != length || message[0] != expected)
        throw std::runtime_error("the pipe server answers wrongly");
    }
  });
}

}  // namespace

void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes) {
  measure(sampler, series, bytes, NoWalk{});
}

void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes, const WorkingSet& set) {
  set.visit([&](const auto& walk) { measure(sampler, series, bytes, walk); });
}

void rpc_pipes(Sampler& sampler, const Series& series, std::uint64_t bytes,
               const PipeServer& server) {
  measure(sampler, series, bytes, NoWalk{}, server);
}

}  // namespace osext
