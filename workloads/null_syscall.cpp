// SPDX-License-Identifier: GPL-2.0
#include "workloads/null_syscall.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

#include "workloads/call_loop.h"

namespace osext {

void null_syscall(Sampler& sampler, const Series& series) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    if (call_loop(probe, pairs, series.ops, SYS_getppid) != getppid())
      throw std::runtime_error("getppid() by raw system call gives another process than libc's");
  });
}

void null_syscall(Sampler& sampler, const Series& series, const WorkingSet& set) {
  set.visit([&](const auto& walk) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      if (walked_call_loop(probe, pairs, walk, SYS_getppid) != getppid())
        throw std::runtime_error("getppid() by raw system call gives another process than libc's");
    });
  });
}

void overhead(Sampler& sampler, const Series& series) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      probe.end();
    }
  });
}

}  // namespace osext
