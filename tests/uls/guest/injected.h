// SPDX-License-Identifier: GPL-2.0
// Processes that execute something, to see whether they join by themselves.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/uls/guest/check.h"

namespace osext::test {

// Of any of its threads: the first may have ended.
inline bool is_mapped(pid_t process) {
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::ifstream maps(thread.path() / "maps");
    for (std::string line; std::getline(maps, line);)
      if (line.find("osext_uls") != std::string::npos) return true;
  }
  return false;
}

// Those of its threads that have not ended.
inline bool is_asleep(pid_t process) {
  bool asleep = false;
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::ifstream file(thread.path() / "stat");
    std::stringstream stat;
    stat << file.rdbuf();
    const std::string text = stat.str();
    if (text.find(") Z ") != text.npos) continue;
    if (text.find(") S ") == text.npos) return false;
    asleep = true;
  }
  return asleep;
}

// A process that executes a program which sleeps.
inline pid_t start_sleeper(
    const std::function<void()>& before = [] {}, const char* program = "/bin/busybox") {
  const pid_t process = start_child([&] {
    before();
    execl(program, "busybox", "sleep", "1000", nullptr);
    return 98;
  });
  wait_until("the program", [&] {
    std::ifstream file(fmt::format("/proc/{}/cmdline", process));
    std::string text;
    std::getline(file, text, '\0');
    return text == "busybox" && is_asleep(process);
  });
  return process;
}

inline void end(pid_t process) {
  kill(process, SIGKILL);
  int status;
  waitpid(process, &status, 0);
}

}  // namespace osext::test
