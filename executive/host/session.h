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
 * Several processes may join one session, and what a guest forks is a guest
 * too.  Needs CAP_SYS_ADMIN, the module loaded, and a process with one thread.
 */
#ifndef OSEXT_EXECUTIVE_HOST_SESSION_H
#define OSEXT_EXECUTIVE_HOST_SESSION_H

#include <osext/hijack.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace osext {

struct HijackOptions {
  // NAME=VALUE words for the executive: policy=A,B and what the policies know (docs/hijack.md).
  std::string words = "policy=interpose";
  int priority = 0;  // SCHED_FIFO for the executive's thread; 0 = as its owner's
  int output = 2;    // file descriptor for its lines of text
};

class HijackSession {
 public:
  HijackSession() = default;
  ~HijackSession();  // stop()s
  HijackSession(const HijackSession&) = delete;
  HijackSession& operator=(const HijackSession&) = delete;

  // Load the executive and wait until it is ready.  All throw std::runtime_error
  // that says what to do; a failed start() leaves nothing behind.
  void start(const std::string& executive_path, const HijackOptions& options = {});
  void join();
  void leave();
  // Ask the executive to end in good order, as its policies may have something to say, and wait.
  void finish();
  // End the executive at once; only when not joined.
  void stop() noexcept;

  bool joined() const { return joined_; }
  pid_t executive_pid() const { return executive_; }
  int device() const { return device_; }
  osext_hijack_statistics statistics() const;
  // What its policies recorded since the start, also after its end, until stop(); no more than the
  // first `most`.
  std::vector<std::uint64_t> report(std::size_t most = kAll) const;

 private:
  static constexpr std::size_t kAll = ~std::size_t{0};
  void await_ready(const char* failure);

  int device_ = -1;
  pid_t executive_ = -1;
  std::uint64_t report_address_ = 0;
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
