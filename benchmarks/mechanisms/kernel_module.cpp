// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/kernel_module.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace osext {

void KernelModule::load(const std::string& file, const std::string& name,
                        const std::string& parameters) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw std::runtime_error(fmt::format("cannot open {}: {}", file, std::strerror(errno)));
  const long result = syscall(SYS_finit_module, descriptor, parameters.c_str(), 0);
  const int error = errno;
  close(descriptor);
  if (result != 0)
    throw std::runtime_error(fmt::format("the kernel does not load {}: {}; its log says why", name,
                                         std::strerror(error)));
  name_ = name;
}

bool KernelModule::unload() noexcept {
  if (name_.empty()) return true;
  constexpr int kTries = 100;
  constexpr useconds_t kPauseUs = 10000;
  for (int i = 0; i < kTries; ++i) {
    if (syscall(SYS_delete_module, name_.c_str(), O_NONBLOCK) == 0) {
      name_.clear();
      return true;
    }
    // A process that ended a moment ago may still be on its way out.
    if (errno != EAGAIN && errno != EBUSY && errno != EWOULDBLOCK) break;
    usleep(kPauseUs);
  }
  return false;
}

}  // namespace osext
