// SPDX-License-Identifier: GPL-2.0
// An executive that does anything (random_executive.cpp), with guests that come and go: it may die
// of what it does, and so may they, but not the machine, and nothing may stay.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/hijack/guest/launched.h"
#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

struct Tally {
  std::uint64_t made = 0, refused = 0, resumed = 0, trapped = 0, upcalls = 0;
};

[[noreturn]] void be_a_guest(int nothing) {
  for (int file = 0; file < 3; ++file) dup2(nothing, file);
  for (;;) {
    hijack_call(OSEXT_HIJACK_RPC, 1);
    getppid();
    sched_yield();
  }
}

bool has_ended(pid_t executive) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(executive), &info, WEXITED | WNOHANG | WNOWAIT | __WALL) !=
             0 ||
         info.si_pid == executive;
}

// One executive, to its end, or until it runs a guest that does not come back, or has hardly any
// that can be run.
void run_one(Tally& tally, std::uint64_t wanted) {
  constexpr int kGuests = 5, kGuestsInAll = 60, patience = 60;
  constexpr std::uint64_t kOperations = 1500;
  constexpr useconds_t pause_us = 2000;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  HijackOptions options{fmt::format("seed={}", dice() >> 1)};
  options.output = nothing;
  adopt_orphans();
  HijackSession session;
  session.start(place.bad_executive + '9', options);
  int alive = 0, in_all = 0;
  std::uint64_t seen = 0;
  for (int idle = 0; idle < patience && !has_ended(session.executive_pid()); ++idle) {
    for (; alive < kGuests && in_all < kGuestsInAll; ++alive, ++in_all)
      start_guest(session, [&]() -> int { be_a_guest(nothing); });
    usleep(pause_us);
    while (waitpid(-1, nullptr, WNOHANG) > 0) --alive;
    const std::uint64_t made = session.report().at(0);
    if (made != seen) idle = 0;
    seen = made;
    if (made >= kOperations || tally.made + made >= wanted) break;
  }
  // The executive first, for the numbers must not change any more.
  kill(session.executive_pid(), SIGKILL);
  await([&] { return has_ended(session.executive_pid()); }, "the executive lives on");
  const std::vector<std::uint64_t> report = session.report();
  const osext_hijack_statistics statistics = session.statistics();
  tally.made += report.at(0);
  tally.refused += report.at(1);
  tally.resumed += report.at(2);
  tally.trapped += statistics.fast_traps + statistics.slow_traps;
  tally.upcalls += statistics.upcalls;
  session.stop();
  close(nothing);
  kill_everybody();
  require_nobody_left();
}

const RegisterCheck random_operations("random_operations", [] {
  // What an executive does before a guest arrives, and whether it ever runs one, is chance: more
  // executives where too little was seen of guests.
  constexpr int kMostSessions = 200;
  constexpr std::uint64_t kMore = 500;
  const auto wanted = static_cast<std::uint64_t>(rounds(2000));
  Loaded module;
  Tally tally;
  int sessions = 0;
  const auto enough = [&] { return tally.trapped > 0 && tally.upcalls > 0; };
  for (; tally.made < wanted || (!enough() && sessions < kMostSessions); ++sessions)
    run_one(tally, std::max(wanted, tally.made + kMore));
  fmt::print(
      "  {} operations of {} executives: {} refused, {} resumed a guest; {} traps, {} upcalls\n",
      tally.made, sessions, tally.refused, tally.resumed, tally.trapped, tally.upcalls);
  std::fflush(stdout);
  require(tally.refused < tally.made * 9 / 10, "hardly any operation is accepted");
  require(enough(), "hardly any guest runs");
  require_working_session();
});

}  // namespace
}  // namespace osext::test
