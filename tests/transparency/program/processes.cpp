// SPDX-License-Identifier: GPL-2.0
// Processes: fork, vfork, exec, posix_spawn, popen, wait in its forms, process groups, resource
// limits, working folders and descriptors of their own.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/transparency/program/part.h"

namespace osext::test {
namespace {

int private_value = 1;
volatile int* volatile nowhere = nullptr;

int wait_for(pid_t child) {
  int status = -1;
  need(waitpid(child, &status, 0) == child, "waitpid");
  return status;
}

const Part forks("fork", [](const auto&) {
  int pipes[2];
  need(pipe(pipes) == 0, "pipe");
  const pid_t parent = getpid();
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    private_value = 2;
    need(chdir("/") == 0, "chdir");
    close(0);
    const pid_t words[2] = {getpid(), getppid()};
    _exit(write(pipes[1], words, sizeof words) == sizeof words ? 17 : 1);
  }
  pid_t words[2];
  need(read(pipes[0], words, sizeof words) == sizeof words, "read");
  std::printf("the child's pid: %d, its parent: %d\n", words[0] == child, words[1] == parent);
  std::printf("status %x, private memory: %d, folder: %d, descriptor 0: %d\n", wait_for(child),
              private_value, std::strcmp(get_current_dir_name(), "/") != 0, fcntl(0, F_GETFD) >= 0);
  // A tree of processes, each adds its children's statuses.
  const pid_t tree = fork();
  if (tree == 0) {
    int sum = 0;
    for (int i = 1; i <= 3; ++i) {
      const pid_t leaf = fork();
      if (leaf == 0) _exit(i);
      sum += WEXITSTATUS(wait_for(leaf));
    }
    _exit(sum);
  }
  std::printf("the tree's sum: %d\n", WEXITSTATUS(wait_for(tree)));
  int ended = 0;
  for (int i = 0; i < 40; ++i) {
    const pid_t one = fork();
    need(one >= 0, "fork");
    if (one == 0) _exit(i);
  }
  int sum = 0;
  for (int status; wait(&status) > 0; ++ended) sum += WEXITSTATUS(status);
  std::printf("%d ended, sum %d, then %s\n", ended, sum, std::strerror(errno));
  return 0;
});

const Part waits("wait", [](const auto&) {
  const pid_t killed = fork();
  if (killed == 0)
    for (;;) pause();
  int status = -1;
  std::printf("not yet: %d\n", waitpid(killed, &status, WNOHANG));
  kill(killed, SIGSTOP);
  need(waitpid(killed, &status, WUNTRACED) == killed, "waitpid");
  std::printf("stopped by %d\n", WSTOPSIG(status));
  kill(killed, SIGCONT);
  need(waitpid(killed, &status, WCONTINUED) == killed, "waitpid");
  std::printf("continued: %d\n", WIFCONTINUED(status) != 0);
  kill(killed, SIGKILL);
  siginfo_t info{};
  need(waitid(P_PID, static_cast<id_t>(killed), &info, WEXITED | WNOWAIT) == 0, "waitid");
  std::printf("code %d, status %d, its pid: %d\n", info.si_code, info.si_status,
              info.si_pid == killed);
  std::printf("died of %d\n", WTERMSIG(wait_for(killed)));
  const pid_t group = fork();
  if (group == 0) {
    setpgid(0, 0);
    if (fork() == 0)
      for (;;) pause();
    if (fork() == 0)
      for (;;) pause();
    usleep(20000);
    kill(0, SIGTERM);
    for (;;) pause();
  }
  std::printf("the group died of %d\n", WTERMSIG(wait_for(group)));
  const pid_t faulty = fork();
  if (faulty == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    *nowhere = 1;
  }
  std::printf("faulted: %d\n", WTERMSIG(wait_for(faulty)));
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  std::printf("children used memory: %d\n", usage.ru_maxrss > 0);
  return 0;
});

const Part executes("exec", [](const auto&) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("PASSED", "on", 1);
    execlp("sh", "sh", "-c", "echo \"passed $PASSED, $0 $#\"; exit 6", "zero", "one", nullptr);
    _exit(1);
  }
  std::printf("exec: %d\n", WEXITSTATUS(wait_for(child)));
  const pid_t brief = vfork();
  if (brief == 0) {
    execl("/bin/false", "false", nullptr);
    _exit(9);
  }
  std::printf("vfork: %d\n", WEXITSTATUS(wait_for(brief)));
  const int none = execl("/no/such", "such", nullptr);
  std::printf("no such program: %d, %s\n", none, std::strerror(errno));
  std::printf("system: %d\n", WEXITSTATUS(std::system("echo by system; exit 3")));
  std::FILE* pipe = popen("seq 1 5 | tac", "r");
  char line[64];
  while (std::fgets(line, sizeof line, pipe) != nullptr) std::fputs(line, stdout);
  std::printf("popen: %d\n", WEXITSTATUS(pclose(pipe)));
  std::fflush(stdout);
  const int kept = open("/dev/null", O_WRONLY), closed = open("/dev/null", O_WRONLY | O_CLOEXEC);
  char command[128];
  std::snprintf(command, sizeof command, "[ -e /proc/self/fd/%d ] && [ ! -e /proc/self/fd/%d ]",
                kept, closed);
  std::printf("descriptors over exec: %d\n", WEXITSTATUS(std::system(command)));
  std::fflush(stdout);
  execl("/bin/sh", "sh", "-c", "echo instead of oneself; exit 8", nullptr);
  return 1;
});

const Part spawns("posix_spawn", [](const auto&) {
  int sum = 0;
  for (int i = 0; i < 20; ++i) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "spawned", O_WRONLY | O_CREAT | O_APPEND, 0644);
    const std::string script = "echo spawned " + std::to_string(i) + "; exit " + std::to_string(i);
    const char* argv[] = {"sh", "-c", script.c_str(), nullptr};
    pid_t child = 0;
    need(
        posix_spawnp(&child, "sh", &actions, nullptr, const_cast<char* const*>(argv), environ) == 0,
        "posix_spawnp");
    sum += WEXITSTATUS(wait_for(child));
    posix_spawn_file_actions_destroy(&actions);
  }
  std::printf("sum %d\n", sum);
  std::fflush(stdout);
  return std::system("tail -n 2 spawned");
});

// The child tells its parent by way of their common memory.
const Part spawns_nothing("posix_spawn_nothing", [](const auto&) {
  pid_t child = 0;
  const char* argv[] = {"/no/such", nullptr};
  const int error =
      posix_spawn(&child, argv[0], nullptr, nullptr, const_cast<char* const*>(argv), environ);
  std::printf("no such program: %s\n", std::strerror(error));
  return 0;
});

}  // namespace
}  // namespace osext::test
