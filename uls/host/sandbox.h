// SPDX-License-Identifier: GPL-2.0
// The device /dev/osext_uls as C++ sees it: join, load an extension, bind events to it.
#pragma once

#include <osext/uls.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "uls/host/thread.h"

namespace osext {

struct UlsLoad {
  std::string name;
  std::uint32_t code_bytes = 0, data_bytes = 0, stack_bytes = 4096;
  std::uint64_t budget_ns = 10'000'000;
};

struct UlsBinding {
  std::uint32_t kind = OSEXT_ULS_SOFTWARE, number = 0;
  std::int32_t priority = 0;
  std::uint32_t queue = 1, flags = 0;
  std::uint64_t period_ns = 0, count = 0;  // TIMER
  std::uint64_t call = 0, pid = 0;         // SYSCALL; FAULT: pid only
  std::uint64_t port = 0;                  // PACKET
};

struct UlsAnswer {
  int error;  // 0 or a negative errno
  std::uint64_t value;
};

// An open file of the device: extensions live as long as it does.  Every function but raise()
// throws std::system_error with the kernel's reason and what was tried.
class UlsSandbox {
 public:
  UlsSandbox();
  ~UlsSandbox();
  UlsSandbox(const UlsSandbox&) = delete;
  UlsSandbox& operator=(const UlsSandbox&) = delete;

  void join();
  void leave();
  osext_uls_load load(const UlsLoad& what);
  void write(std::uint32_t id, std::uint32_t address, const void* from, std::size_t bytes);
  void read(std::uint32_t id, std::uint32_t address, void* to, std::size_t bytes);
  void start(std::uint32_t id, std::uint32_t entry);
  void bind(std::uint32_t id, const UlsBinding& binding);
  void unload(std::uint32_t id);
  void grant(std::uint32_t user, bool revoke = false);
  osext_uls_statistics statistics(std::uint32_t id = OSEXT_ULS_NONE);
  // 0 or a negative errno; one system call.
  int raise(std::uint32_t id, std::uint32_t number, std::uint64_t value) noexcept;
  // Only while joined: 0 and the extension's answer, or a negative errno; one system call.
  UlsAnswer call(std::uint32_t id, std::uint32_t number, std::uint64_t value) noexcept;
  // Starts a thread of an extension that this process has loaded.
  UlsThread start_thread(std::uint32_t id, std::uint32_t entry, std::uint64_t argument = 0,
                         std::uint32_t stack_bytes = 16 << 10);
  // OSEXT_ULS_PASS; 0 or a negative errno.
  int pass(osext_uls_pass& what) noexcept;

  int descriptor() const { return descriptor_; }

 private:
  void request(unsigned long command, void* argument, const char* what);
  int descriptor_;
};

}  // namespace osext
