// SPDX-License-Identifier: GPL-2.0
#include "workloads/traced.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "workloads/clock.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

constexpr std::size_t kTextBytes = 128 << 10;
constexpr const char* kBusybox = "/bin/busybox";
constexpr char kScript[] = "i=0; while [ $i -lt 200 ]; do : </dev/null; i=$((i+1)); done";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Words that come again and again, always the same ones.
int make_text() {
  constexpr std::array kWords = {"upcall ", "sandbox ", "process ", "kernel ",
                                 "event ",  "timer\n",  "guest ",   "signal ",
                                 "page ",   "table ",   "service ", "packet "};
  std::mt19937 dice(1);
  std::string text;
  while (text.size() < kTextBytes) {
    text += kWords[dice() % kWords.size()];
    text += std::to_string(dice() % 1000);
  }
  const int file = memfd_create("text", MFD_CLOEXEC);
  if (file < 0) fail("cannot make a file in memory");
  if (write(file, text.data(), kTextBytes) != static_cast<ssize_t>(kTextBytes)) {
    close(file);
    fail("cannot write a file in memory");
  }
  return file;
}

}  // namespace

TracedTask::TracedTask(const std::string& program, std::uint64_t batches)
    : program_(program), batches_(program.empty() ? batches : 1), times_ns_(batches_ + 1) {
  if (program != "" && program != "gzip" && program != "sh")
    throw std::invalid_argument("'" + program + "' is no program to trace; there are: gzip, sh");
  if (program == "gzip") text_ = make_text();
}

TracedTask::~TracedTask() {
  if (text_ >= 0) close(text_);
}

void TracedTask::run() {
  if (is_program()) execute();
  make_calls();
}

void TracedTask::make_calls() {
  times_ns_[0] = now_ns();
  for (std::uint64_t batch = 1; batch <= batches_; ++batch) {
    for (std::uint64_t call = 0; call < kCallsABatch; ++call) system_call(SYS_getppid);
    times_ns_[batch] = now_ns();
  }
}

void TracedTask::execute() {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) fail("/dev/null");
  if (text_ >= 0) lseek(text_, 0, SEEK_SET);
  dup2(text_ >= 0 ? text_ : nothing, 0);
  dup2(nothing, 1);
  std::vector<const char*> words;
  const bool inside = access(kBusybox, X_OK) == 0;
  if (inside) words.push_back(kBusybox);
  words.push_back(program_.c_str());
  words.push_back("-c");
  if (program_ == "sh") words.push_back(kScript);
  words.push_back(nullptr);
  times_ns_[0] = now_ns();
  execvp(words[0], const_cast<char* const*>(words.data()));
  fail(words[0]);
}

void TracedTask::ended() {
  if (is_program()) times_ns_[1] = now_ns();
}

void TracedTask::report(Sampler& sampler) {
  std::vector<std::int64_t> spans_ns;
  for (std::uint64_t i = 0; i < batches_; ++i) {
    if (times_ns_[i] == 0 || times_ns_[i + 1] < times_ns_[i])
      throw std::runtime_error("the traced task did not run");
    spans_ns.push_back(times_ns_[i + 1] - times_ns_[i]);
  }
  sampler.report("time_ns", spans_ns, {}, is_program() ? 1 : kCallsABatch);
}

}  // namespace osext
