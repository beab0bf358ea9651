/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HijackSession: a program runs itself, for a while, as the guest of an
 * executive.
 *
 *   HijackSession session;
 *   session.start("osext-executive");
 *   session.join();    // from here every system call goes to the executive
 *   ...
 *   session.leave();   // from here on natively again
 *   session.stop();
 *
 * Between join() and leave() the program runs on the executive's thread:
 * getpid() answers that thread's process.  Needs CAP_SYS_ADMIN, the module
 * loaded, and a process with one thread.
 */
#ifndef OSEXT_EXECUTIVE_HOST_SESSION_H
#define OSEXT_EXECUTIVE_HOST_SESSION_H

#include <osext/hijack.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace osext {

class HijackSession {
 public:
  HijackSession() = default;
  ~HijackSession();  // stop()s
  HijackSession(const HijackSession&) = delete;
  HijackSession& operator=(const HijackSession&) = delete;

  // Load the executive and wait until it is ready.  All throw std::runtime_error
  // that says what to do; a failed start() leaves nothing behind.
  void start(const std::string& executive_path);
  void join();
  void leave();
  // End the executive; only when not joined.
  void stop() noexcept;

  bool joined() const { return joined_; }
  pid_t executive_pid() const { return executive_; }
  int device() const { return device_; }
  osext_hijack_statistics statistics() const;

 private:
  void await_ready(const char* failure);

  int device_ = -1;
  pid_t executive_ = -1;
  void* reservation_ = nullptr;
  bool joined_ = false;
};

// A hypercall; only while joined.  Costs the system-call instruction and moves.
inline std::uint64_t hijack_call(std::uint64_t number, std::uint64_t argument = 0) {
  std::uint64_t result;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(argument) : "rcx", "r11", "memory");
  return result;
}

}  // namespace osext

#endif
