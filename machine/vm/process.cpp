// SPDX-License-Identifier: GPL-2.0
// Child processes; see process.h.
#include "machine/vm/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "machine/machine.h"

namespace osext {
namespace {

// Between fork and exec only async-signal-safe calls: the parent has threads.
[[noreturn]] void become(const SpawnOptions& options, char* const* argv, pid_t parent,
                         int error_pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  if (options.own_group) setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  int input = options.input >= 0 ? options.input : open("/dev/null", O_RDONLY);
  bool ok = input == 0 || dup2(input, 0) == 0;
  if (options.output >= 0) ok = ok && dup2(options.output, 1) == 1 && dup2(options.output, 2) == 2;
  for (int fd : options.keep) ok = ok && fcntl(fd, F_SETFD, 0) == 0;
  if (!options.folder.empty()) ok = ok && chdir(options.folder.c_str()) == 0;
  if (ok) execvp(argv[0], argv);
  int error = errno;
  (void)!write(error_pipe, &error, sizeof error);
  _exit(127);
}

}  // namespace

int remaining_ms(Deadline deadline) {
  auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, 1'000'000'000));
}

Process::Process(const SpawnOptions& options) : own_group_(options.own_group) {
  std::vector<char*> argv;
  for (const auto& word : options.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  // Closed by a successful exec; carries errno otherwise.
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0)
    throw MachineError(fmt::format("cannot make a pipe: {}", strerror(errno)));
  Descriptor reading(pipe_ends[0]), writing(pipe_ends[1]);
  pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw MachineError(fmt::format("cannot start a process: {}", strerror(errno)));
  if (pid_ == 0) become(options, argv.data(), parent, writing.get());
  writing.reset();
  int error = 0;
  ssize_t n;
  while ((n = read(reading.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (n > 0) {
    kill_and_reap();
    throw MachineError(fmt::format("cannot run {}: {}", options.argv[0], strerror(error)));
  }
  pidfd_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) {
    int why = errno;
    kill_and_reap();
    throw MachineError(fmt::format("cannot watch a process: {}", strerror(why)));
  }
}

std::optional<int> Process::wait_until(Deadline deadline) {
  while (!status_) {
    pollfd watched{pidfd_.get(), POLLIN, 0};
    int ready = poll(&watched, 1, remaining_ms(deadline));
    if (ready < 0 && errno != EINTR) break;
    int status;
    if (waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    if (ready == 0) break;
  }
  return status_;
}

void Process::kill_and_reap() {
  if (status_ || pid_ < 0) return;
  // While it is not reaped, neither its number nor its group's can be another's.
  if (own_group_) kill(-pid_, SIGKILL);
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

}  // namespace osext
