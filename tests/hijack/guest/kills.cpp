// SPDX-License-Identifier: GPL-2.0
// kill -9 at random moments, of random parties: osext-hijack, its executive, and programs under it
// that compute, fork, exec, sleep and talk through pipes.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>

#include "tests/hijack/guest/launched.h"
#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

constexpr const char* kScripts[] = {
    "while :; do echo a | /bin/busybox cat >/dev/null; /bin/busybox true; done",
    "while :; do /bin/busybox sleep 0.01 & /bin/busybox sleep 0.02; wait; done",
    "(while :; do :; done) & (while :; do :; done) & "
    "while :; do /bin/busybox true | /bin/busybox cat | /bin/busybox wc -c >/dev/null; done",
    "/bin/busybox yes | /bin/busybox gzip | /bin/busybox md5sum",
    "trap : TERM; while :; do (kill -TERM $$; exit 3) & wait; done"};

enum Party { launcher, executive, guest, parties };

pid_t choose(const Launched& launched, Party party) {
  if (party == launcher) return launched.launcher();
  if (party == executive) return launched.executive();
  const std::vector<pid_t> guests = launched.guests();
  return guests.empty() ? 0 : guests[dice() % guests.size()];
}

const RegisterCheck kills("kills_of_everybody", [] {
  constexpr unsigned longest_pause_us = 30000;
  const int wanted = rounds(20);
  Loaded module;
  int kills[parties] = {}, done = 0, runs = 0;
  for (; done < wanted; ++runs) {
    const Launched launched(kScripts[dice() % std::size(kScripts)]);
    // One in four is killed while it starts.
    if (runs % 4 != 0) await([&] { return !launched.guests().empty(); }, "no guest arrives");
    for (Party party = guest; party == guest && done < wanted;) {
      usleep(static_cast<useconds_t>(dice() % longest_pause_us));
      party =
          done % 6 < 2 ? static_cast<Party>(done % 6) : guest;  // guests most: others end the run
      const pid_t victim = choose(launched, party);
      if (victim == 0 || kill(victim, SIGKILL) != 0) break;
      ++kills[party];
      ++done;
    }
    kill(launched.launcher(), SIGKILL);
    require_nobody_left();
  }
  fmt::print("  {} runs; killed: {} launchers, {} executives, {} guests\n", runs, kills[launcher],
             kills[executive], kills[guest]);
  std::fflush(stdout);
  for (const int count : kills) require(count >= wanted / 8, "one party was hardly killed");
  require_working_session();
});

}  // namespace
}  // namespace osext::test
