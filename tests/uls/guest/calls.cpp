// SPDX-License-Identifier: GPL-2.0
// System calls of watched hosts: every one that returns is told, once, before the program sees its
// result, and of nobody who may not be watched.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

void watch(UlsSandbox& sandbox, const Extension& extension, std::uint32_t call, pid_t process = 0,
           std::uint32_t number = 1, std::uint32_t queue = 16) {
  UlsBinding binding{OSEXT_ULS_SYSCALL, number, 0, queue};
  binding.call = call;
  binding.pid = static_cast<std::uint64_t>(process);
  sandbox.bind(extension.id, binding);
}

const osext_uls_call& require_call(const osext_uls_record& record, std::uint32_t number,
                                   long result, pid_t pid) {
  const osext_uls_call& call = record.about.call;
  require(record.kind == OSEXT_ULS_SYSCALL && call.number == number &&
              call.pid == static_cast<std::uint32_t>(pid),
          "kind {}, call {} of {}, not {} of {}", record.kind, call.number, call.pid, number, pid);
  require(static_cast<long>(call.result) == result && record.value == call.result,
          "call {}: result {}, value {}, not {}", number, static_cast<long>(call.result),
          static_cast<long>(record.value), result);
  return call;
}

// One number: that call's, with its arguments, at once.
const RegisterCheck one_call("one_call", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    watch(sandbox, extension, SYS_getppid);
    require(extension.count() == 0, "an event before it joins");
    sandbox.join();
    const pid_t parent = getppid();
    require(extension.count() == 1, "{} events", extension.count());
    for (long i = 1; i < 20; ++i) {
      require(syscall(SYS_getppid, i, 2, 3, 4, 5, ~i) == parent, "another result");
      require(getuid() == 0, "getuid fails");
      require(extension.count() == static_cast<std::uint64_t>(i + 1), "{} events after {} calls",
              extension.count(), i + 1);
      const osext_uls_record record = extension.record(i);
      const osext_uls_call& call = require_call(record, SYS_getppid, parent, getpid());
      for (long at = 0; at < 6; ++at) {
        const long expected = at == 0 ? i : at == 5 ? ~i : at + 1;
        require(static_cast<long>(call.arguments[at]) == expected, "argument {} is {}, not {}", at,
                static_cast<long>(call.arguments[at]), expected);
      }
    }
    // Above its lower half, rax is not part of the number.
    long result;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(0xabcdabcd00000000UL | SYS_getppid)
                 : "rcx", "r11", "memory");
    require(result == parent && extension.count() == 21, "a call can be hidden");
  });
});

void on_alarm(int) {}

volatile sig_atomic_t handled;
void on_alarm_count(int) {
  handled = handled + 1;
}

// The result is the program's even where a handler begins at the same time; what begins again is
// told when it ends.
const RegisterCheck interrupted_calls("interrupted_calls", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    watch(sandbox, extension, SYS_pause);
    watch(sandbox, extension, SYS_read, 0, 2);
    struct sigaction action = {};
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, nullptr);
    sigaction(SIGUSR1, &action, nullptr);
    // Again and again: the first may come before pause() does.
    const itimerval soon = {{0, 3000}, {0, 3000}}, never = {};
    setitimer(ITIMER_REAL, &soon, nullptr);
    require(syscall(SYS_pause, 11, 12, 13) == -1 && errno == EINTR, "pause ends otherwise");
    setitimer(ITIMER_REAL, &never, nullptr);
    require(extension.count() == 1, "{} events of pause", extension.count());
    osext_uls_record record = extension.record(0);
    const osext_uls_call& call = require_call(record, SYS_pause, -EINTR, getpid());
    require(call.arguments[0] == 11 && call.arguments[1] == 12 && call.arguments[2] == 13,
            "the handler's arguments are told");
    // Two handlers at once, one on top of the other.
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGALRM);
    sigaddset(&both, SIGUSR1);
    sigprocmask(SIG_BLOCK, &both, nullptr);
    raise(SIGALRM);
    raise(SIGUSR1);
    sigset_t none;
    sigemptyset(&none);
    watch(sandbox, extension, SYS_rt_sigsuspend, 0, 3);
    require(sigsuspend(&none) == -1 && errno == EINTR, "sigsuspend ends otherwise");
    require(extension.count() == 2, "{} events of sigsuspend", extension.count());
    record = extension.record(1);
    require_call(record, SYS_rt_sigsuspend, -EINTR, getpid());
    sigprocmask(SIG_UNBLOCK, &both, nullptr);
    // Begun again, until there is something to read.
    int pipes[2];
    require(pipe(pipes) == 0, "pipe failed");
    action.sa_handler = on_alarm_count;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);
    const itimerval often = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &often, nullptr);
    const pid_t writer = start_child([&] {
      usleep(50'000);
      return write(pipes[1], "x", 1) == 1 ? 0 : 1;
    });
    char byte;
    require(syscall(SYS_read, pipes[0], &byte, 1) == 1, "read fails");
    setitimer(ITIMER_REAL, &never, nullptr);
    require(handled > 2, "only {} signals while reading", static_cast<int>(handled));
    require(extension.count() == 3, "{} events of one read", extension.count());
    record = extension.record(2);
    require_call(record, SYS_read, 1, getpid());
    waitpid(writer, nullptr, 0);
  });
});

long call_int80(int number) {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
  return result;
}

// All calls: one event each; and calls by int 0x80 with numbers of their own.
const RegisterCheck all_calls("all_calls", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    const long parent = getppid(), self = getpid();
    watch(sandbox, extension, OSEXT_ULS_ANY_CALL);  // itself the first
    syscall(SYS_getpid);
    syscall(SYS_getppid);
    syscall(9999);
    const long by_int80 = call_int80(64);           // getppid of 32-bit programs
    const std::uint64_t count = extension.count();  // a call itself, which is told after the count
    require(count == 5 || (count == 4 && by_int80 == -ENOSYS), "{} events", count);
    const long calls[][2] = {
        {SYS_ioctl, 0}, {SYS_getpid, self}, {SYS_getppid, parent}, {9999, -ENOSYS}};
    for (int i = 0; i < 4; ++i) {
      const osext_uls_record record = extension.record(i);
      require_call(record, calls[i][0], calls[i][1], self);
    }
    if (count == 5) {
      const osext_uls_record record = extension.record(4);
      require_call(record, 64, by_int80, self);
      require(record.about.call.by_int80 == 1, "int 0x80 is not told");
    }
  });
});

// A host in a loop of `call`, in a process of its own, from `start` on.
pid_t start_caller(
    UlsSandbox& sandbox, long call, const std::function<void()>& before = [] {}) {
  const std::uint64_t hosts = sandbox.statistics().hosts;
  const pid_t host = start_child([&] {
    before();
    sandbox.join();
    for (;;) {
      syscall(call);
      usleep(200);
    }
    return 0;
  });
  wait_until("the host", [&] { return sandbox.statistics().hosts == hosts + 1; });
  return host;
}

void end(pid_t process) {
  kill(process, SIGKILL);
  int status;
  waitpid(process, &status, 0);
}

// Another process: the one that is named and no other; killed, forking, on any CPU.
const RegisterCheck other_calls("other_calls", [] {
  Loaded module;
  UlsSandbox sandbox;
  for (int round = 0; round < 5; ++round) {
    const pid_t other = start_caller(sandbox, SYS_getppid);
    const pid_t watched = start_caller(sandbox, SYS_getppid, [&] { setpgid(0, 0); });
    Extension extension(sandbox, extension_details);
    watch(sandbox, extension, SYS_getppid, watched);
    wait_until("events", [&] { return extension.count() >= 24; });
    for (int i = 0; i < 24; ++i) {
      const osext_uls_record record = extension.record(i);
      require_call(record, SYS_getppid, getpid(), watched);
    }
    end(watched);
    const std::uint64_t count = extension.statistics().events;
    usleep(20'000);
    require(extension.statistics().events == count, "events of the dead");
    require(error_of([&] { watch(sandbox, extension, 1, watched, 2); }) == ESRCH,
            "the dead can be watched");
    end(other);
    sandbox.unload(extension.id);
  }
});

// Unloading while the watched process makes calls.
const RegisterCheck unload_watched("unload_watched", [] {
  Loaded module;
  UlsSandbox sandbox;
  const pid_t busy = start_child([&] {
    sandbox.join();
    for (;;) syscall(SYS_getppid);
    return 0;
  });
  wait_until("the host", [&] { return sandbox.statistics().hosts == 1; });
  for (int round = 0; round < 50; ++round) {
    Extension extension(sandbox, extension_details);
    for (std::uint32_t number = 0; number < 4; ++number)
      watch(sandbox, extension, number & 1 ? OSEXT_ULS_ANY_CALL : SYS_getppid, busy, number);
    if (round % 2) wait_until("an event", [&] { return extension.count() > 0; });
    sandbox.unload(extension.id);
  }
  end(busy);
});

// Children are not watched; a host that executes another program is not one any more, and watched
// again once it is.
const RegisterCheck calls_across("calls_across", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_details);
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t host = start_child([&] {
    char byte;
    sandbox.join();
    if (read(pipes[0], &byte, 1) != 1) return 97;
    for (int i = 0; i < 3; ++i)
      status_of_child([] {
        syscall(SYS_getsid, 0);
        return 0;
      });
    syscall(SYS_getsid, 0);
    sandbox.leave();
    syscall(SYS_getsid, 0);
    sandbox.join();
    syscall(SYS_getsid, 0);
    execl("/bin/busybox", "busybox", "true", nullptr);
    return 98;
  });
  wait_until("the host", [&] { return sandbox.statistics().hosts == 1; });
  watch(sandbox, extension, SYS_getsid, host);
  require(write(pipes[1], "x", 1) == 1, "write failed");
  int status;
  waitpid(host, &status, 0);
  close(pipes[0]);
  close(pipes[1]);
  require(status == 0, "the host {}", describe_status(status));
  wait_until("its end", [&] { return sandbox.statistics().hosts == 0; });
  require(extension.statistics().events == 2, "{} events of 2 calls as a host",
          extension.statistics().events);
});

// Who may not trace a process may not watch it; nor does it help to be there first.
const RegisterCheck watch_rights("watch_rights", [] {
  Loaded module;
  UlsSandbox root;
  root.grant(1000);
  const pid_t others = start_caller(root, SYS_getppid);
  const pid_t own = start_caller(root, SYS_getppid, [] {
    if (setgid(1000) || setuid(1000)) _exit(90);
  });
  const auto as_user = [&](const std::function<void(UlsSandbox&, Extension&)>& body) {
    const int status = status_of_child([&] {
      if (setgid(1000) || setuid(1000)) return 90;
      UlsSandbox sandbox;
      Extension extension(sandbox, extension_details);
      body(sandbox, extension);
      return 0;
    });
    require(status == 0, "a user {}", describe_status(status));
  };
  as_user([&](UlsSandbox& sandbox, Extension& extension) {
    require(error_of([&] { watch(sandbox, extension, SYS_getppid, others); }) == EPERM,
            "root's process can be watched");
    require(error_of([&] { watch(sandbox, extension, SYS_getppid, 1); }) == EPERM,
            "init can be watched");
    require(error_of([&] { watch(sandbox, extension, SYS_getppid, 2); }) == EPERM,
            "a thread of the kernel can be watched");
    require(extension.statistics().events == 0, "events before that is known");
    // Made undumpable by its change of user; root may.
    require(error_of([&] { watch(sandbox, extension, SYS_getppid, own); }) == EPERM,
            "an undumpable process can be watched");
  });
  Extension extension(root, extension_details);
  watch(root, extension, SYS_getppid, own);
  wait_until("events", [&] { return extension.count() > 0; });
  end(others);
  end(own);
  root.unload(extension.id);
  require(error_of([&] { watch(root, extension, 1); }) == ENOENT, "an extension that is gone");
  const auto refused = [&](std::uint64_t call, std::uint64_t pid) {
    Extension one(root, extension_details);
    UlsBinding binding{OSEXT_ULS_SYSCALL, 1, 0, 1};
    binding.call = call;
    binding.pid = pid;
    const int error = error_of([&] { root.bind(one.id, binding); });
    root.unload(one.id);
    return error;
  };
  require(refused(1ULL << 32, 0) == EINVAL && refused(0x80000000, 0) == EINVAL &&
              refused(1, 1ULL << 40) == EINVAL && refused(1, 4'000'000) == ESRCH,
          "a binding that makes no sense");
});

// A queue that is full counts what is lost; the program is not held up.
const RegisterCheck calls_overrun("calls_overrun", [] {
  Loaded module;
  in_child([] {
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    watch(sandbox, extension, SYS_getppid, 0, 1, 2);
    const pid_t sharer = start_child([] { return 0; });
    waitpid(sharer, nullptr, 0);
    // Beside a second thread there are no upcalls: events wait.
    static char stack[65536];
    const auto idle = [](void*) -> int {
      for (;;) usleep(1000);
    };
    const pid_t thread = clone(idle, stack + sizeof stack, CLONE_VM | SIGCHLD, nullptr);
    for (int i = 0; i < 7; ++i) syscall(SYS_getppid);
    require(extension.count() == 0, "an upcall beside a second thread");
    kill(thread, SIGKILL);
    waitpid(thread, nullptr, 0);
    wait_until("what waits", [&] { return extension.count() == 2; });
    require(extension.record(0).overrun == 5, "{} lost ones", extension.record(0).overrun);
  });
});

}  // namespace
}  // namespace osext::test
