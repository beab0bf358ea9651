// SPDX-License-Identifier: GPL-2.0
// Waits until another thread of this process waits for events itself.
#pragma once

#include <sys/types.h>

namespace osext {

class WaitingThread {
 public:
  // A thread of this process, which must outlive the object.  Throws
  // std::runtime_error if this computer does not tell what threads are doing.
  explicit WaitingThread(pid_t thread);
  ~WaitingThread();
  WaitingThread(const WaitingThread&) = delete;
  WaitingThread& operator=(const WaitingThread&) = delete;

  enum class Doing {
    polling,  // it sleeps in poll() or ppoll()
    blocked,  // it sleeps in anything else, say for a lock
    running,  // it runs, or would if it had a CPU
  };
  Doing doing() const;

  // Returns once it polls, however long it has to run before.  A thread that is
  // blocked for a whole second may well wait for the caller: that ends the waiting
  // too, with the answer false.
  bool wait() const;

 private:
  int system_call_;  // files below /proc
  int state_;
};

}  // namespace osext
