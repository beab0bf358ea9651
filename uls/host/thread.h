// SPDX-License-Identifier: GPL-2.0
// A thread of an extension, as its creator sees it: a child process.
#pragma once

#include <osext/uls.h>
#include <sys/types.h>

namespace osext {

class UlsThread {
 public:
  // `device` is the open file that loaded the extension.  Throws std::system_error if the thread
  // cannot be started.
  UlsThread(int device, const osext_uls_thread& what);
  UlsThread(UlsThread&& other) noexcept;
  UlsThread& operator=(UlsThread&&) = delete;
  ~UlsThread();  // kills it

  pid_t pid() const { return pid_; }
  // Waits until it ends; what waitpid() says.  Throws std::system_error.
  int join();
  void kill() noexcept;

 private:
  pid_t pid_ = -1;
};

}  // namespace osext
