// SPDX-License-Identifier: GPL-2.0
#include "workloads/traced.h"

#include <fcntl.h>
#include <fmt/core.h>
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
constexpr int kFunctions = 300;
constexpr const char* kBusybox = "/bin/busybox";
constexpr char kScript[] = "i=0; while [ $i -lt 200 ]; do : </dev/null; i=$((i+1)); done";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int memory_file(const char* name, const std::string& content) {
  const int file = memfd_create(name, MFD_CLOEXEC);
  if (file < 0) fail("cannot make a file in memory");
  if (write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    close(file);
    fail("cannot write a file in memory");
  }
  return file;
}

// Words that come again and again, always the same ones.
std::string make_text() {
  constexpr std::array kWords = {"upcall ", "sandbox ", "process ", "kernel ",
                                 "event ",  "timer\n",  "guest ",   "signal ",
                                 "page ",   "table ",   "service ", "packet "};
  std::mt19937 dice(1);
  std::string text;
  while (text.size() < kTextBytes) {
    text += kWords[dice() % kWords.size()];
    text += std::to_string(dice() % 1000);
  }
  text.resize(kTextBytes);
  return text;
}

// C that needs no header.
std::string make_source() {
  std::string source, calls;
  for (int i = 0; i < kFunctions; ++i) {
    source += fmt::format(
        "static int f{0}(int a, int b) {{ int s = 0; for (int i = 0; i < a; ++i) "
        "s += (i ^ b) % {1}; return s; }}\n",
        i, i + 3);
    calls += fmt::format("s += f{0}({0}, s);\n", i);
  }
  return source + "int main(void) { int s = 0;\n" + calls + "return s; }\n";
}

std::vector<const char*> words_of(const std::string& program) {
  // The compiler unlinks its output's name before it opens it, which /proc does not let it.
  if (program == "tcc") return {"tcc", "-c", "-o", "/proc/self/fd/1", "-", nullptr};
  std::vector<const char*> words;
  if (access(kBusybox, X_OK) == 0) words.push_back(kBusybox);
  words.insert(words.end(), {program.c_str(), "-c"});
  if (program == "sh") words.push_back(kScript);
  words.push_back(nullptr);
  return words;
}

}  // namespace

TracedTask::TracedTask(const std::string& program, std::uint64_t batches)
    : program_(program), batches_(program.empty() ? batches : 1), times_ns_(batches_ + 1) {
  if (program == "gzip") {
    input_ = memory_file("text", make_text());
  } else if (program == "tcc") {
    input_ = memory_file("source", make_source());
    output_ = memory_file("object", "");
  } else if (program != "sh" && program != "") {
    throw std::invalid_argument("'" + program +
                                "' is no program to trace; there are: gzip, sh, tcc");
  }
}

TracedTask::~TracedTask() {
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
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
  if (input_ >= 0) lseek(input_, 0, SEEK_SET);
  dup2(input_ >= 0 ? input_ : nothing, 0);
  dup2(output_ >= 0 ? output_ : nothing, 1);
  const std::vector<const char*> words = words_of(program_);
  times_ns_[0] = now_ns();
  execvp(words[0], const_cast<char* const*>(words.data()));
  fail(words[0]);
}

void TracedTask::ended() {
  if (is_program()) times_ns_[1] = now_ns();
}

void TracedTask::report(Sampler& sampler) {
  if (output_ >= 0 && lseek(output_, 0, SEEK_END) == 0)
    throw std::runtime_error("the traced program wrote nothing");
  std::vector<std::int64_t> spans_ns;
  for (std::uint64_t i = 0; i < batches_; ++i) {
    if (times_ns_[i] == 0 || times_ns_[i + 1] < times_ns_[i])
      throw std::runtime_error("the traced task did not run");
    spans_ns.push_back(times_ns_[i + 1] - times_ns_[i]);
  }
  sampler.report("time_ns", spans_ns, {}, is_program() ? 1 : kCallsABatch);
}

}  // namespace osext
