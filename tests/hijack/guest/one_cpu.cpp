// SPDX-License-Identifier: GPL-2.0
// Nobody starves on one processor: guests that never make a call beside guests that sleep, fork,
// stop and talk.  What must happen is awaited, what must not is counted.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

using Counter = volatile std::uint64_t;

const HijackOptions short_turns{"quantum_us=1000"};

// Never makes a system call.
[[noreturn]] void spin(Counter* counter) {
  for (;;) *counter = *counter + 1;
}

pid_t start_hog(HijackSession& session, Counter* counter) {
  const pid_t hog = start_guest(session, [&]() -> int { spin(counter); });
  await([&] { return *counter > 0; }, "the hog does not start");
  return hog;
}

void require_progress(Counter* counter, const char* what) {
  const std::uint64_t before = *counter;
  await([&] { return *counter > before; }, what);
}

void end(pid_t hog) {
  kill(hog, SIGKILL);
  const int status = wait_for(hog);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the hog {}",
          describe_status(status));
}

void require_good_end(pid_t guest, const char* who) {
  const int status = wait_for(guest);
  require(status == 0, "{} {}", who, describe_status(status));
}

// SIGSTOP holds a spinning process, SIGCONT lets it go on, SIGKILL ends it.
int stop_continue_kill(pid_t hog, Counter* counter) {
  constexpr useconds_t pause_us = 10000;
  for (int round = 0; round < 3; ++round) {
    require(kill(hog, SIGSTOP) == 0, "cannot stop the hog");
    // It stops as soon as its executive lets it take the signal; then it stays.
    std::uint64_t seen = *counter;
    await(
        [&] {
          usleep(pause_us);
          const std::uint64_t now = *counter;
          const bool still = now == seen;
          seen = now;
          return still;
        },
        "the hog does not stop");
    usleep(3 * pause_us);
    require(*counter == seen, "a stopped hog goes on");
    require(kill(hog, SIGCONT) == 0, "cannot continue the hog");
    require_progress(counter, "the hog does not continue");
  }
  return kill(hog, SIGKILL) == 0 ? 0 : 1;
}

const RegisterCheck stopping("hog_stopped_and_killed", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive, short_turns);
  auto* counter = shared_array<std::uint64_t>(2);
  for (const bool by_guest : {true, false}) {
    const pid_t hog = start_hog(session, counter + by_guest);
    if (by_guest)
      require_good_end(start_guest(session, [&] { return stop_continue_kill(hog, counter + 1); }),
                       "the sibling");
    else
      require(stop_continue_kill(hog, counter) == 0, "cannot kill the hog");
    const int status = wait_for(hog);
    require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the hog {}",
            describe_status(status));
  }
  session.stop();
});

const RegisterCheck sleeping("sleeper_beside_hog", [] {
  constexpr int kSleeps = 30;
  Loaded module;
  HijackSession session;
  session.start(place.executive, short_turns);
  auto* counter = shared_array<std::uint64_t>(1);
  const pid_t hog = start_hog(session, counter);
  const pid_t sleeper = start_guest(session, [&] {
    const std::uint64_t before = *counter;
    for (int i = 0; i < kSleeps; ++i)
      if (usleep(2000) != 0) return 1;
    return *counter > before ? 0 : 2;  // the hog runs while it sleeps
  });
  require_good_end(sleeper, "the sleeper");
  require_progress(counter, "the hog starves");
  end(hog);
  session.stop();
});

const RegisterCheck crowd("ten_hogs_and_a_pipeline", [] {
  constexpr int kHogs = 10;
  Loaded module;
  HijackSession session;
  session.start(place.executive, short_turns);
  auto* counters = shared_array<std::uint64_t>(kHogs);
  std::vector<pid_t> hogs;
  for (int i = 0; i < kHogs; ++i)
    hogs.push_back(start_guest(session, [&, i]() -> int { spin(counters + i); }));
  const pid_t shell = start_guest(session, [] {
    execl("/bin/busybox", "busybox", "sh", "-c",
          "result=$(busybox seq 1 100 | busybox awk '{ sum += $1 } END { print sum }' | "
          "busybox sed 's/^/sum /'); [ \"$result\" = 'sum 5050' ]",
          nullptr);
    return 1;
  });
  require_good_end(shell, "the shell's pipeline");
  for (int i = 0; i < kHogs; ++i) require_progress(counters + i, "a hog starves");
  for (const pid_t hog : hogs) end(hog);
  session.stop();
});

const RegisterCheck reaping("children_reaped_beside_hog", [] {
  constexpr int kChildren = 10;
  Loaded module;
  HijackSession session;
  session.start(place.executive, short_turns);
  auto* counter = shared_array<std::uint64_t>(2);
  const pid_t hog = start_hog(session, counter);
  const pid_t parent = start_guest(session, [&] {
    for (int i = 0; i < kChildren; ++i) {
      const bool killed = i % 2;
      const pid_t child = fork();
      if (child == 0 && !killed) _exit(i);
      if (child == 0) spin(counter + 1);
      if (killed && kill(child, SIGKILL) != 0) return 1;
      int status = 0;
      if (waitpid(child, &status, 0) != child) return 2;
      if (killed ? !WIFSIGNALED(status) : WEXITSTATUS(status) != i) return 3;
      if (kill(child, 0) != -1 || errno != ESRCH) return 4;
    }
    return waitpid(-1, nullptr, 0) == -1 && errno == ECHILD ? 0 : 5;
  });
  require_good_end(parent, "the parent");
  end(hog);
  session.stop();
});

// Time on the processor, in ns, and how often it got it.
std::string processor_use(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/schedstat", pid));
  std::uint64_t run_ns = 0, waited_ns = 0, turns = 0;
  require(static_cast<bool>(file >> run_ns >> waited_ns >> turns), "no schedstat");
  return fmt::format("{} ns in {} turns", run_ns, turns);
}

const RegisterCheck idle("idle_executive", [] {
  constexpr useconds_t settle_us = 50000, watch_us = 300000;
  Loaded module;
  HijackSession session;
  session.start(place.executive, short_turns);
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  std::vector<pid_t> guests;
  for (int i = 0; i < 6; ++i)
    guests.push_back(start_guest(session, [&, i] {
      char byte;
      return i % 2 ? pause() : static_cast<int>(read(pipes[0], &byte, 1));
    }));
  await([&] { return session.statistics().serves >= guests.size(); }, "the guests do not start");
  usleep(settle_us);
  const std::string before = processor_use(session.executive_pid());
  usleep(watch_us);
  const std::string after = processor_use(session.executive_pid());
  require(before == after, "the executive has nothing to do, but ran: {}, then {}", before, after);
  for (const pid_t guest : guests) end(guest);
  require(processor_use(session.executive_pid()) != after, "its running is not seen");
  session.stop();
});

}  // namespace
}  // namespace osext::test
