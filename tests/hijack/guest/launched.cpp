// SPDX-License-Identifier: GPL-2.0
// See launched.h.
#include "tests/hijack/guest/launched.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

struct Process {
  pid_t parent, session;
  char state;
};

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> all;
  DIR* folder = opendir("/proc");
  require(folder != nullptr, "no /proc");
  while (const dirent* entry = readdir(folder)) {
    if (!std::isdigit(static_cast<unsigned char>(entry->d_name[0]))) continue;
    std::ifstream file(fmt::format("/proc/{}/stat", entry->d_name));
    std::string line;
    if (!std::getline(file, line)) continue;  // it has ended
    // The name in parentheses may hold anything.
    Process process{};
    int group;
    if (std::sscanf(line.c_str() + line.rfind(')'), ") %c %d %d %d", &process.state,
                    &process.parent, &group, &process.session) == 4)
      all[std::atoi(entry->d_name)] = process;
  }
  closedir(folder);
  return all;
}

// All that live and have this process among their forebears.
std::map<pid_t, Process> descendants() {
  const auto all = all_processes();
  std::map<pid_t, Process> found;
  for (const auto& [pid, process] : all) {
    pid_t forebear = process.parent;
    while (forebear != getpid() && all.count(forebear)) forebear = all.at(forebear).parent;
    if (forebear == getpid() && process.state != 'Z') found[pid] = process;
  }
  return found;
}

[[noreturn]] void become_launcher(const std::string& script, int terminal) {
  if (terminal >= 0) {
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    for (int file = 0; file < 3; ++file) dup2(terminal, file);
  } else {
    dup2(open("/dev/null", O_RDWR), 0);
  }
  execl(place.launcher.c_str(), "osext-hijack", "run", "--executive", place.executive.c_str(),
        "--option", "quantum_us=1000", "--", "/bin/busybox", "sh", "-c", script.c_str(), nullptr);
  _exit(127);
}

}  // namespace

void adopt_orphans() {
  require(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "cannot adopt orphans");
}

Launched::Launched(const std::string& script, int terminal) {
  std::fflush(stdout);
  adopt_orphans();
  launcher_ = fork();
  require(launcher_ >= 0, "fork failed");
  if (launcher_ == 0) become_launcher(script, terminal);
}

pid_t Launched::executive() const {
  for (const auto& [pid, process] : all_processes())
    if (process.parent == launcher_ && process.session == pid && process.state != 'Z') return pid;
  return 0;
}

std::vector<pid_t> Launched::guests() const {
  std::vector<pid_t> found;
  for (const auto& [pid, process] : descendants())
    if (pid != launcher_ && process.session != pid) found.push_back(pid);
  return found;
}

void kill_everybody() {
  for (const auto& [pid, process] : descendants()) kill(pid, SIGKILL);
}

void require_nobody_left() {
  await(
      [] {
        pid_t reaped;
        do reaped = waitpid(-1, nullptr, WNOHANG | __WALL);
        while (reaped > 0);
        return reaped < 0 && errno == ECHILD;
      },
      "a process lives on");
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  await(
      [] {
        int users = -1;
        std::ifstream("/sys/module/osext_hijack/refcnt") >> users;
        return users == 0;
      },
      "the module is still in use");
}

}  // namespace osext::test
