// SPDX-License-Identifier: GPL-2.0
// System calls as events: each is seen, of the watched thread only; who may watch; what ends it.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

// Counts the calls that it is told of.
struct Seer {
  explicit Seer(const std::string& function = "seer",
                const SafexReservation& reservation = kGenerous)
      : program(battery(function)), extension(program, reservation) {}
  std::uint64_t seen(long number) {
    return program.get<std::array<std::uint64_t, 512>>("seen")[static_cast<std::size_t>(number)];
  }
  SafexProgram program;
  SafexExtension extension;
};

void call_getppid(int times) {
  for (int i = 0; i < times; ++i) syscall(SYS_getppid);
}

const RegisterCheck calls("calls", [] {
  Loaded module;
  Seer seer;
  call_getppid(10);
  seer.extension.bind_calls();
  call_getppid(100);
  require(seer.seen(SYS_getppid) == 100, "{} of 100 calls seen", seer.seen(SYS_getppid));
  std::thread([] { call_getppid(50); }).join();
  require(seer.seen(SYS_getppid) == 100, "another thread is watched");
  require(status_of_child([] {
            call_getppid(50);
            return 0;
          }) == 0,
          "the child failed");
  require(seer.seen(SYS_getppid) == 100, "a child is watched");
  long result;
  asm volatile("int $0x80" : "=a"(result) : "0"(20L) : "memory");  // getpid()
  const auto by_int80 = seer.program.get<std::int64_t>("last_large");
  require(result == getpid() && by_int80 == 20 + OSEXT_SAFEX_BY_INT80, "int $0x80 is told as {}",
          by_int80);
  Seer second("idle");
  second.extension.bind_calls();
  call_getppid(10);
  require(seer.seen(SYS_getppid) == 110 && second.extension.statistics().runs >= 10,
          "two extensions do not both see");
  seer.extension.unload();
  call_getppid(10);
  require(seer.seen(SYS_getppid) == 110, "it sees though it is unloaded");
});

// A process with a byte for each step that its parent lets it take.
class Steps {
 public:
  Steps() { require(pipe(go_) == 0 && pipe(done_) == 0, "no pipe"); }
  ~Steps() {
    for (const int end : {go_[0], go_[1], done_[0], done_[1]}) close(end);
  }
  void await() {
    char byte;
    require(read(go_[0], &byte, 1) == 1, "the parent is gone");
  }
  void done() { (void)!write(done_[1], "x", 1); }
  void let_go() { (void)!write(go_[1], "x", 1); }
  void await_done() {
    char byte;
    require(read(done_[0], &byte, 1) == 1, "the child is gone");
  }

 private:
  int go_[2], done_[2];
};

constexpr char kSecret[] = "/run/osext-secret";

// A program that nobody but root may look into.
void make_secret() {
  const std::string command = fmt::format("cp /bin/busybox {0} && chmod 0111 {0}", kSecret);
  require(std::system(command.c_str()) == 0, "cannot make {}", kSecret);
}

int execute(const char* program) {
  execl(program, "true", nullptr);
  return errno;
}

// By another process, through an execve and to the end.
const RegisterCheck calls_of_another("calls_of_another", [] {
  Loaded module;
  Seer seer;
  Steps steps;
  const pid_t child = start_child([&] {
    steps.await();
    call_getppid(100);
    return execute("/bin/busybox");
  });
  seer.extension.bind_calls(child);
  steps.let_go();
  int status;
  require(waitpid(child, &status, 0) == child && status == 0, "it {}", describe_status(status));
  require(
      seer.seen(SYS_getppid) == 100 && seer.seen(SYS_execve) == 1 && seer.seen(SYS_exit_group) == 1,
      "{} calls, {} execve, {} exit_group", seer.seen(SYS_getppid), seer.seen(SYS_execve),
      seer.seen(SYS_exit_group));
  require(error_of([&] { seer.extension.bind_calls(child); }) == ESRCH, "it is still there");
  require(seer.extension.statistics().bindings == 1, "a failed binding stays");
});

// The right is asked for again after an execve, which may have given others.
void execute_secret(const std::string& off, std::uint64_t seen) {
  Loaded module(off);
  make_secret();
  Seer seer;
  const int status = status_of_child([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
    Steps steps;
    const pid_t watched = start_child([&] {
      prctl(PR_SET_DUMPABLE, 1);
      steps.done();
      steps.await();
      call_getppid(10);
      return execute(kSecret);
    });
    steps.await_done();
    if (error_of([&] { seer.extension.bind_calls(watched); }) != 0) return 2;
    steps.let_go();
    int ended;
    return waitpid(watched, &ended, 0) == watched && ended == 0 ? 0 : 3;
  });
  require(status == 0, "the watcher {}", describe_status(status));
  require(seer.seen(SYS_getppid) == 10 && seer.seen(SYS_execve) == 1 &&
              seer.seen(SYS_exit_group) == seen,
          "{} calls, {} execve, {} exit_group", seer.seen(SYS_getppid), seer.seen(SYS_execve),
          seer.seen(SYS_exit_group));
}
const RegisterCheck calls_of_secret("calls_of_secret", [] { execute_secret("", 0); });
const RegisterCheck calls_of_secret_control("calls_of_secret_control",
                                            [] { execute_secret("watchers", 1); });

// Another user may watch itself, and nobody else.
void watch_parent(const std::string& off, bool refused) {
  Loaded module(off);
  Seer seer;
  const pid_t parent = getpid();
  const int status = status_of_child([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
    if (error_of([&] { seer.extension.bind_calls(); }) != 0) return 2;
    if (error_of([&] { seer.extension.bind_calls(parent); }) != (refused ? EPERM : 0)) return 3;
    return 0;
  });
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the watcher {}", describe_status(status));
  call_getppid(10);
  require(seer.seen(SYS_getppid) == (refused ? 0U : 10U), "{} calls seen", seer.seen(SYS_getppid));
}
const RegisterCheck calls_who_may("calls_who_may", [] {
  watch_parent("", true);
  Loaded module;
  Seer seer;
  require(error_of([&] { seer.extension.bind_calls(2); }) == EPERM, "a kernel thread is watched");
  require(error_of([&] { seer.extension.bind_calls(-1); }) == EINVAL, "-1 is a thread");
});
const RegisterCheck calls_who_may_control("calls_who_may_control",
                                          [] { watch_parent("watchers", false); });

// The watched thread goes on, whatever becomes of who watches.
const RegisterCheck calls_runaway("calls_runaway", [] {
  Loaded module;
  Seer nested("nested_alone", {OSEXT_SAFEX_HRTIMER, 50'000, 1'000'000'000'000, 1'000'000});
  nested.extension.bind_calls();
  for (int i = 0; i < 100; ++i) require(syscall(SYS_getppid) == getppid(), "a call goes wrong");
  const osext_safex_statistics statistics = nested.extension.statistics();
  require(statistics.aborts == OSEXT_SAFEX_ABORTS_MAX && statistics.condemned,
          "{} aborts, condemned {}", statistics.aborts, statistics.condemned);
});

// Watched, unwatched, killed, at any moment, on two CPUs if there are.
const RegisterCheck calls_ends("calls_ends", [] {
  Loaded module;
  for (int i = 0; i < rounds(8); ++i) {
    Seer seer;
    const pid_t child = start_child([] {
      for (;;) {
        const pid_t inner = fork();
        if (inner == 0) _exit(static_cast<int>(syscall(SYS_getppid)) & 0);
        waitpid(inner, nullptr, 0);
      }
      return 0;
    });
    seer.extension.bind_calls(child);
    wait_until("some calls", [&] { return seer.seen(SYS_wait4) > 2; });
    usleep(dice() % 3000);
    if (i % 2) seer.extension.unload();
    kill(child, SIGKILL);
    int status;
    require(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "it {}",
            describe_status(status));
  }
});

}  // namespace
}  // namespace osext::test
