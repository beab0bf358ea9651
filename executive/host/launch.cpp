// SPDX-License-Identifier: GPL-2.0
// osext-hijack run [--policy P,...] [--delivery hook|handler] [--global on|off] [--option
// NAME=VALUE]... [--output FILE] -- PROGRAM ARGUMENT...
//
// Runs a program, and whatever it starts, as guests of a fresh executive, and
// exits as the program exits.  Needs root and the module osext_hijack.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "executive/host/session.h"

namespace {

constexpr int kUsage = 2, kFailed = 125, kNotExecutable = 126, kNotFound = 127;

struct CommandLine {
  // Programs that know nothing of their executive have no reason to leave it.
  std::string executive, options = "bound=yes", output;
  std::vector<char*> program;  // ends with a null pointer
};

[[noreturn]] void usage(std::string_view why) {
  fmt::print(
      stderr,
      "osext-hijack: {}\n"
      "usage: osext-hijack run [--policy NAME,...] [--delivery hook|handler] [--global on|off] "
      "[--option NAME=VALUE]... [--output FILE] [--executive FILE] -- PROGRAM ARGUMENT...\n"
      "  --policy      what the executive does, in this order; pass-through without it\n"
      "  --delivery    how its signals reach the executive: diverted in the kernel (hook), or\n"
      "                by a handler in the guest, as in the paper\n"
      "  --global      whether the guests' pages are global, so that their translations survive\n"
      "                the executive's CR3 writes; without it as the module's parameter says\n"
      "  --option      what the policies know: see docs/hijack.md\n"
      "  --output      where the executive's own lines go; standard error without it\n"
      "  --executive   another executive than the one beside this program\n",
      why);
  std::exit(kUsage);
}

std::string beside_this_program(const char* name) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
  if (length < 0) return name;
  const std::string own(path, static_cast<std::size_t>(length));
  return own.substr(0, own.rfind('/') + 1) + name;
}

CommandLine parse(int count, char** words) {
  CommandLine line;
  line.executive = beside_this_program("osext-executive");
  if (count < 2 || std::string_view(words[1]) != "run") usage("the only command is run");
  int at = 2;
  for (; at < count && std::string_view(words[at]) != "--"; ++at) {
    const std::string_view word = words[at];
    if (word != "--policy" && word != "--option" && word != "--delivery" && word != "--global" &&
        word != "--output" && word != "--executive")
      usage(fmt::format("does not know {}", word));
    if (++at == count) usage(fmt::format("{} wants a value", word));
    const std::string value = words[at];
    if (value.find(' ') != std::string::npos) usage(fmt::format("a space in '{}'", value));
    if (word == "--executive") {
      line.executive = value;
    } else if (word == "--output") {
      line.output = value;
    } else {
      if (word == "--option" && value.find('=') == std::string::npos)
        usage(fmt::format("'{}' is not NAME=VALUE", value));
      // --NAME VALUE is the executive's word NAME=VALUE.
      line.options += word == "--option" ? fmt::format(" {}", value)
                                         : fmt::format(" {}={}", word.substr(2), value);
    }
  }
  if (at + 1 >= count) usage("which program?");
  for (++at; at < count; ++at) line.program.push_back(words[at]);
  line.program.push_back(nullptr);
  return line;
}

[[noreturn]] void become_guest(int device, const CommandLine& line) {
  osext_hijack_join join{};
  if (ioctl(device, OSEXT_HIJACK_JOIN, &join) != 0) {
    fmt::print(stderr, "osext-hijack: cannot join the executive: {}\n", std::strerror(errno));
    _exit(kFailed);
  }
  execvp(line.program[0], line.program.data());
  const int error = errno;
  fmt::print(stderr, "osext-hijack: cannot run {}: {}\n", line.program[0], std::strerror(error));
  _exit(error == ENOENT ? kNotFound : kNotExecutable);
}

// The way the program ended is the way this one ends.
[[noreturn]] void end_as(int status) {
  if (WIFEXITED(status)) std::exit(WEXITSTATUS(status));
  signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  std::exit(128 + WTERMSIG(status));
}

int run(const CommandLine& line) {
  constexpr int highest_priority = 99;
  osext::HijackOptions options;
  options.words = line.options;
  options.priority = highest_priority;
  if (!line.output.empty()) {
    options.output = open(line.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (options.output < 0) {
      fmt::print(stderr, "osext-hijack: cannot write {}: {}\n", line.output, std::strerror(errno));
      return kFailed;
    }
  }
  osext::HijackSession session;
  session.start(line.executive, options);
  const pid_t child = fork();
  if (child < 0) {
    fmt::print(stderr, "osext-hijack: cannot fork: {}\n", std::strerror(errno));
    return kFailed;
  }
  if (child == 0) become_guest(session.device(), line);
  // The terminal asks all of us; the guests' answer counts.
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  // What the program left running in the background may end too.
  while (session.statistics().guests > 0) usleep(1000);
  session.finish();
  end_as(status);
}

}  // namespace

int main(int count, char** words) {
  const CommandLine line = parse(count, words);
  try {
    return run(line);
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-hijack: {}\n", error.what());
    return kFailed;
  }
}
