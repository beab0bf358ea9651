// SPDX-License-Identifier: GPL-2.0
// traced_call, traced_program: what a tracer of system calls makes slower.
//
//   measures: calls: batches of getppid(), by the clock that the program reads before and after
//   each;
//             program: from just before execve() until the program's end is known, its memory and
//             its pages included.  gzip compresses 128 KB of text from memory; sh runs a loop of
//             redirections, five system calls a round, in one process; tcc compiles 36 KB of C
//             from memory to an object file in memory
//   excludes: what the mechanism does before: forking, making the program traced
//   expected: ptrace: two stops and four switches of processes a call
//   confounders: what a tracer does with what it sees; the output goes nowhere
#pragma once

#include <cstdint>
#include <string>

#include "measure/sampler.h"
#include "measure/shared_array.h"

namespace osext {

class TracedTask {
 public:
  static constexpr std::uint64_t kCallsABatch = 100;

  // `program`: "gzip", "sh", "tcc", or "" for calls.  Throws std::system_error, std::invalid_argument.
  TracedTask(const std::string& program, std::uint64_t batches);
  TracedTask(const TracedTask&) = delete;
  TracedTask& operator=(const TracedTask&) = delete;
  ~TracedTask();

  bool is_program() const { return !program_.empty(); }
  std::uint64_t calls() const { return batches_ * kCallsABatch; }  // of getppid()

  // In the traced process; a program does not return.
  void run();
  // In the tracer: the process has ended.
  void ended();
  // Reports time_ns.  Throws std::runtime_error if the task never ran.
  void report(Sampler& sampler);

 private:
  void make_calls();
  [[noreturn]] void execute();

  std::string program_;
  std::uint64_t batches_;
  int input_ = -1;   // what the program reads: a file in memory, or nothing
  int output_ = -1;  // what it writes, where that is looked at
  SharedArray<std::int64_t> times_ns_;
};

}  // namespace osext
