// SPDX-License-Identifier: GPL-2.0
// The ways in which people end osext-hijack: Ctrl-C on a terminal, and signals.  Nothing stays.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/hijack/guest/launched.h"
#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

// In the foreground, all of it: what a shell puts in the background ignores Ctrl-C.
constexpr char kScript[] = "/bin/busybox sleep 1000 | (while :; do :; done) | /bin/busybox cat";
constexpr std::size_t kGuests = 4;  // the shell, the two programs, the loop

// osext-hijack's executive has the highest real-time priority, so with a guest that spins on the
// only processor everybody else has what the kernel keeps for them: by default 5 % of the time.
// Machines that measure switch that off.
void keep_the_kernels_defaults() {
  std::ofstream("/proc/sys/kernel/sched_rt_runtime_us") << 950000;
  for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); ++cpu)  // from 6.12 on
    std::ofstream(fmt::format("/sys/kernel/debug/sched/fair_server/cpu{}/runtime", cpu))
        << 50000000;
}

struct Terminal {
  int master, slave;
};

Terminal open_terminal() {
  mkdir("/dev/pts", 0755);
  require(mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666") == 0 || errno == EBUSY,
          "cannot mount devpts");
  Terminal terminal{open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), -1};
  require(terminal.master >= 0 && grantpt(terminal.master) == 0 && unlockpt(terminal.master) == 0,
          "no terminal");
  char name[64];
  require(ptsname_r(terminal.master, name, sizeof name) == 0, "the terminal has no name");
  terminal.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  require(terminal.slave >= 0, "cannot open {}", name);
  return terminal;
}

void require_end_by(const Launched& launched, int signal) {
  int status = 0;
  await([&] { return waitpid(launched.launcher(), &status, WNOHANG) == launched.launcher(); },
        "osext-hijack does not end");
  require(WIFSIGNALED(status) && WTERMSIG(status) == signal, "osext-hijack {}",
          describe_status(status));
  require_nobody_left();
}

const RegisterCheck control_c("control_c", [] {
  keep_the_kernels_defaults();
  Loaded module;
  for (int i = rounds(1); i > 0; --i) {
    const Terminal terminal = open_terminal();  // it hangs up with its session
    const Launched launched(kScript, terminal.slave);
    await([&] { return launched.guests().size() == kGuests; }, "the guests do not start");
    constexpr char interrupt = 3;
    require(write(terminal.master, &interrupt, 1) == 1, "cannot type");
    require_end_by(launched, SIGINT);
    close(terminal.slave);
    close(terminal.master);
  }
});

const RegisterCheck signalled("launcher_signalled", [] {
  keep_the_kernels_defaults();
  Loaded module;
  for (const int signal : {SIGTERM, SIGHUP, SIGKILL})
    for (int i = rounds(1); i > 0; --i) {
      const Launched launched(kScript);
      await([&] { return launched.guests().size() == kGuests; }, "the guests do not start");
      kill(launched.launcher(), signal);
      require_end_by(launched, signal);
    }
});

}  // namespace
}  // namespace osext::test
