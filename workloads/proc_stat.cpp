// SPDX-License-Identifier: GPL-2.0
#include "workloads/proc_stat.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

#include "workloads/child.h"
#include "workloads/system_call.h"

namespace osext {

void read_proc_stat(Sampler& sampler, const Series& series, StatFile file_is) {
  Child watched([] {
    for (;;) pause();
  });
  watched.until_blocked();
  const std::string path = fmt::format("/proc/{}/stat", watched.pid());
  const auto name = reinterpret_cast<long>(path.c_str());
  static char text[1024];
  const auto buffer = reinterpret_cast<long>(text);
  if (file_is == StatFile::kept) {
    const long file = system_call(SYS_open, name, O_RDONLY | O_CLOEXEC);
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        const long length = system_call(SYS_pread64, file, buffer, sizeof text, 0);
        probe.end();
        if (length <= 0) throw std::runtime_error("cannot read the other process's /proc/PID/stat");
      }
    });
    close(static_cast<int>(file));
    return;
  }
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      const long file = system_call(SYS_open, name, O_RDONLY);
      const long length = system_call(SYS_read, file, buffer, sizeof text);
      const long closed = system_call(SYS_close, file, 0);
      probe.end();
      if (file < 0 || length <= 0 || closed != 0)
        throw std::runtime_error("cannot read the other process's /proc/PID/stat");
    }
  });
}

}  // namespace osext
