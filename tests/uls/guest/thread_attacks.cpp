// SPDX-License-Identifier: GPL-2.0
// Hostile threads, what is hostile to threads, and threads whose extension or creator ends.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "tests/uls/guest/thread_check.h"

namespace osext::test {
namespace {

void require_signal(UlsExtension& extension, const char* function, std::uint64_t argument,
                    int signal) {
  const int status = run_thread(extension, function, argument);
  require(WIFSIGNALED(status) && WTERMSIG(status) == signal && !WCOREDUMP(status),
          "{} of {:#x}: {}{}", function, argument, describe_status(status),
          WIFSIGNALED(status) && WCOREDUMP(status) ? " with a core" : "");
}

std::array<long, 16> results_of(const UlsExtension& extension) {
  return extension.get<std::array<long, 16>>("results");
}

const RegisterCheck thread_hostile("thread_hostile", [] {
  Loaded module;
  const rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &unlimited);
  UlsSession session;
  UlsExtension extension = load_threads(session);
  // It reaches the sandbox as an upcall does, and nothing of what its creator has.
  static int of_creator = 1;
  require_signal(extension, "touch", OSEXT_ULS_CODE, SIGSEGV);
  require_signal(extension, "touch", OSEXT_ULS_CODE + OSEXT_ULS_STUB_BYTES, SIGSEGV);
  require_signal(extension, "jump", extension.variable("area")->address, SIGSEGV);
  require_signal(extension, "peek", OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES, SIGSEGV);
  require_signal(extension, "peek", reinterpret_cast<std::uintptr_t>(&of_creator), SIGSEGV);
  require_signal(extension, "peek", reinterpret_cast<std::uintptr_t>(&session), SIGSEGV);
  require_signal(extension, "peek", 0xffffffff81000000, SIGSEGV);
  require_signal(extension, "crashes", 0, SIGILL);
  require_signal(extension, "unmaps", 0, SIGSEGV);
  require(WEXITSTATUS(run_thread(extension, "peek", extension.variable("area")->address)) == 2,
          "it cannot read its own variables");

  require(run_thread(extension, "forks") == 0, "it cannot fork");
  require(results_of(extension)[1] == SIGSEGV, "the child of a thread ends with {}",
          results_of(extension)[1]);
  require(run_thread(extension, "execs") == 0, "it cannot exec");

  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  require(run_thread(extension, "maps", pipes[1]) == 0, "it does not survive");
  const auto results = results_of(extension);
  for (int i = 0; i < 9; ++i) require(results[i] < 0, "attempt {} is answered {}", i, results[i]);
  require(results[9] == -EFAULT && results[10] == -EFAULT, "its pages can be pinned: {}, {}",
          results[9], results[10]);
  require(results[11] == 0 && results[12] > 0, "futex or mmap answer {}, {}", results[11],
          results[12]);

  require(run_thread(extension, "changes_user", 1000) == 0, "it does not survive");
  require(results_of(extension)[0] == 0 && results_of(extension)[1] == 1000 &&
              results_of(extension)[2] == -EPERM,
          "setuid: {}", results_of(extension)[2]);
  require(geteuid() == 0, "the creator changed, too");
  require(extension.statistics().threads == 0, "threads stay");
});

const RegisterCheck thread_refusals("thread_refusals", [] {
  Loaded module;
  UlsSession session;
  UlsExtension extension = load_threads(session);
  const auto start = [&](std::uint32_t id, std::uint32_t entry, std::uint32_t stack) {
    return error_of([&] { session.sandbox().start_thread(id, entry, 0, stack); });
  };
  const std::uint32_t entry = OSEXT_ULS_CODE + OSEXT_ULS_STUB_BYTES;
  require(start(extension.id(), OSEXT_ULS_STUB, 4096) == EINVAL &&
              start(extension.id(), OSEXT_ULS_DATA, 4096) == EINVAL &&
              start(extension.id(), entry, 8) == EINVAL &&
              start(extension.id(), entry, 4097) == EINVAL &&
              start(extension.id(), entry, OSEXT_ULS_PAGE_BYTES) == EINVAL,
          "a thread that makes no sense");
  require(start(15, entry, 4096) == ENOENT, "of no extension");
  // Not who is traced, nor who shares its memory, nor another user.
  const auto become = [&] {
    const osext_uls_thread what{extension.id(), entry, 4096, -1, 0, 0};
    return ioctl(session.sandbox().descriptor(), OSEXT_ULS_THREAD, &what) == 0 ? 0 : errno;
  };
  const int traced =
      status_of_child([&] { return ptrace(PTRACE_TRACEME, 0, 0, 0) ? 1 : become(); });
  require(WEXITSTATUS(traced) == EBUSY, "a traced process {}", describe_status(traced));
  const int user = status_of_child([&] { return setuid(1000) ? 1 : become(); });
  require(WEXITSTATUS(user) == EPERM, "another user {}", describe_status(user));
  const int shares = status_of_child([&] {
    static volatile int error;
    const pid_t child = vfork();
    if (child == 0) {
      error = become();
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    return static_cast<int>(error);
  });
  require(WEXITSTATUS(shares) == EINVAL, "who shares its memory {}", describe_status(shares));
});

// From outside nobody gets into its memory, nor a hold of it without being root.
const RegisterCheck thread_outside("thread_outside", [] {
  Loaded module;
  UlsSandbox root;
  root.grant(1000);
  const auto attack = [](pid_t thread, std::uint64_t address) {
    std::uint64_t word = 0;
    iovec here = {&word, 8}, there = {reinterpret_cast<void*>(address), 8};
    const int memory = open(fmt::format("/proc/{}/mem", thread).c_str(), O_RDWR);
    const int successes =
        (process_vm_readv(thread, &here, 1, &there, 1, 0) > 0) +
        (process_vm_writev(thread, &here, 1, &there, 1, 0) > 0) +
        (memory >= 0 && pread(memory, &word, 8, static_cast<off_t>(address)) > 0) +
        (memory >= 0 && pwrite(memory, &word, 8, static_cast<off_t>(address)) > 0);
    close(memory);
    return successes;
  };
  for (const uid_t uid : {0, 1000}) {
    const int status = status_of_child([&] {
      if (uid && setuid(uid)) return 1;
      UlsSession session;
      UlsExtension extension = load_threads(session);
      UlsThread thread = extension.start_thread("sleep_long");
      wait_until("the thread", [&] { return word_of(extension, "ticks") == 1; });
      if (attack(thread.pid(), extension.variable("ticks")->address)) return 2;
      const bool seized = ptrace(PTRACE_SEIZE, thread.pid(), 0, 0) == 0;
      if (seized != (uid == 0)) return 3;
      if (!seized) return 0;
      ptrace(PTRACE_INTERRUPT, thread.pid(), 0, 0);
      waitpid(thread.pid(), nullptr, __WALL);
      errno = 0;
      ptrace(PTRACE_PEEKDATA, thread.pid(), extension.variable("ticks")->address, 0);
      if (errno == 0) return 4;
      // Unloading ends it, stopped as it is.
      extension.unload();
      return WIFSIGNALED(thread.join()) ? 0 : 5;
    });
    require(status == 0, "user {} {}", uid, describe_status(status));
  }
});

// The process beside a thread at `spin_beside`.
pid_t await_other(const UlsExtension& extension) {
  wait_until("the other one", [&] { return results_of(extension)[0] > 0; });
  return static_cast<pid_t>(results_of(extension)[0]);
}

bool is_alive(pid_t process) {
  char text[256] = {};
  const int file = open(fmt::format("/proc/{}/stat", process).c_str(), O_RDONLY);
  if (file < 0) return false;
  const ssize_t bytes = read(file, text, sizeof text - 1);
  close(file);
  const std::string all(text, bytes > 0 ? bytes : 0);
  const auto end = all.rfind(')');
  return end != std::string::npos && end + 2 < all.size() && all[end + 2] != 'Z' &&
         all[end + 2] != 'X';
}

// Whatever a thread does when its extension ends: it is gone, and the memory is free.
const RegisterCheck thread_unload("thread_unload", [] {
  Loaded module;
  UlsSession session;
  for (const char* function :
       {"spin", "sleep_long", "block_in_read", "wait_in_vain", "spin_beside"})
    for (int round = 0; round < 3; ++round) {
      int pipes[2];
      require(pipe(pipes) == 0, "pipe failed");
      UlsExtension extension = load_threads(session);
      const std::uint32_t place = extension.variable("ticks")->address;
      UlsThread thread = extension.start_thread(function, pipes[0]);
      wait_until("the thread", [&] { return word_of(extension, "ticks") > 0; });
      const pid_t other = function == std::string("spin_beside") ? await_other(extension) : 0;
      extension.unload();
      if (other) wait_until("the end of who shares its memory", [&] { return !is_alive(other); });
      UlsExtension next = load_threads(session, "next");
      require(next.variable("ticks")->address == place, "its memory is not free");
      // What wakes it up now must not be written there.
      if (function == std::string("block_in_read"))
        require(write(pipes[1], "aaaa", 4) == 4, "write failed");
      usleep(5'000);
      require(word_of(next, "ticks") == 0 && next.get<char>("area") == 1,
              "{}: the memory is written after its end", function);
      const int status = thread.join();
      require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "{}: it {}", function,
              describe_status(status));
      close(pipes[0]);
      close(pipes[1]);
    }
  require(session.sandbox().statistics().threads == 0, "threads stay");
});

// The probe for that can see it: one who shares a thread's memory, where it is left as it was.
const RegisterCheck thread_unload_control("thread_unload_control", [] {
  Loaded module("test_stale=1");
  UlsSession session;
  UlsExtension extension = load_threads(session);
  UlsThread thread = extension.start_thread("spin_beside");
  const pid_t other = await_other(extension);
  extension.unload();
  thread.join();
  usleep(5'000);
  const bool runs = is_alive(other);
  kill(other, SIGKILL);
  require(runs, "who has the sandbox open after the extension's end is never seen");
});

// Threads end with their creator, and the extension with both.
const RegisterCheck thread_creator_killed("thread_creator_killed", [] {
  Loaded module;
  for (const char* function : {"spin", "sleep_long", "wait_in_vain"}) {
    int pipes[2];
    require(pipe(pipes) == 0, "pipe failed");
    const pid_t creator = start_child([&] {
      UlsSession session;
      UlsExtension extension = load_threads(session);
      UlsThread thread = extension.start_thread(function);
      wait_until("the thread", [&] { return word_of(extension, "ticks") > 0; });
      if (write(pipes[1], "", 1) != 1) return 1;
      for (;;) pause();
      return 0;
    });
    char byte;
    require(read(pipes[0], &byte, 1) == 1, "{}: no thread", function);
    UlsSandbox root;
    require(root.statistics().threads == 1, "{}: no thread", function);
    kill(creator, SIGKILL);
    waitpid(creator, nullptr, 0);
    wait_until("the end of the extension",
               [&] { return error_of([&] { root.statistics(0); }) == ENOENT; });
    close(pipes[0]);
    close(pipes[1]);
  }
});

}  // namespace
}  // namespace osext::test
