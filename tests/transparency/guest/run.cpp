// SPDX-License-Identifier: GPL-2.0
// Runs one command; see run.h.
#include "tests/transparency/guest/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace osext::test {
namespace {

namespace fs = std::filesystem;

// The same for every run, because it shows in the output of some.
const char* const kWorkFolder = "/tmp/transparency";
char* const kEnvironment[] = {const_cast<char*>("PATH=/usr/bin:/bin:/usr/sbin:/sbin"),
                              const_cast<char*>("HOME=/tmp"),
                              const_cast<char*>("LC_ALL=C"),
                              const_cast<char*>("TZ=UTC0"),
                              const_cast<char*>("PYTHONDONTWRITEBYTECODE=1"),
                              const_cast<char*>("PYTHONHASHSEED=0"),
                              nullptr};

void put_descriptor(int number, const fs::path& file, int flags) {
  const int fd = open(file.c_str(), flags, 0644);
  if (fd < 0 || dup2(fd, number) != number) _exit(125);
  if (fd != number) close(fd);
}

[[noreturn]] void become(const std::vector<std::string>& words, const fs::path& results,
                         const std::string& name) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  setpgid(0, 0);
  umask(022);
  put_descriptor(0, "/dev/null", O_RDONLY);
  put_descriptor(1, results / (name + ".out"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  put_descriptor(2, results / (name + ".err"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  if (chdir(kWorkFolder) != 0) _exit(125);
  execve(argv[0], argv.data(), kEnvironment);
  fmt::print(stderr, "cannot run {}: {}\n", argv[0], strerror(errno));
  _exit(125);
}

// Whether the process ended in time.
bool ends_within(pid_t pid, unsigned limit_s) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) throw std::runtime_error(fmt::format("pidfd_open: {}", strerror(errno)));
  pollfd waiting{fd, POLLIN, 0};
  const int ready = poll(&waiting, 1, static_cast<int>(limit_s) * 1000);
  close(fd);
  return ready > 0;
}

}  // namespace

void run_command(const ListedCommand& command, const std::vector<std::string>& prefix,
                 const fs::path& results) {
  std::vector<std::string> words;
  for (std::string word : prefix) {
    const std::size_t mark = word.find('%');
    if (mark != std::string::npos) word.replace(mark, 1, command.name);
    words.push_back(std::move(word));
  }
  words.insert(words.end(), command.argv.begin(), command.argv.end());
  fs::create_directories(results);
  fs::remove_all(kWorkFolder);
  fs::create_directories(kWorkFolder);

  const pid_t child = fork();
  if (child < 0) throw std::runtime_error(fmt::format("fork: {}", strerror(errno)));
  if (child == 0) become(words, results, command.name);
  setpgid(child, child);  // whoever comes first; the other fails harmlessly
  const bool in_time = ends_within(child, command.limit_s);
  // Whatever it left behind must not disturb the next command.
  kill(-child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  std::ofstream out(results / (command.name + ".status"));
  if (!in_time)
    out << "timeout\n";
  else if (WIFSIGNALED(status))
    out << "signal " << WTERMSIG(status) << '\n';
  else
    out << "exit " << WEXITSTATUS(status) << '\n';
}

}  // namespace osext::test
