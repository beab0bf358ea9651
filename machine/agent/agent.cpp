// SPDX-License-Identifier: GPL-2.0
// The agent: the guest's first process.  It prepares the machine, freezes it at
// one fixed instant for the snapshot and, when it is woken, runs the one command
// that the host put into the shared region, leaves what came of it there and
// ends the machine.
//
// Words on the kernel's command line:
//   osext.nosnapshot   do not freeze: the command is there already
//   osext.shell        a shell on the serial console for a person; of a command,
//                      if there is one, only the files are unpacked
#include <fcntl.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "machine/agent/command.h"
#include "machine/agent/run.h"
#include "machine/agent/setup.h"

using namespace osext::agent;

namespace {

constexpr unsigned short watchdog_port = 0x443;
constexpr unsigned short debug_exit_port = 0x501;  // writing anything ends QEMU

bool kernel_was_told(const char* word) {
  char line[4096];
  int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  line[n < 0 ? 0 : n] = 0;
  for (char* token = strtok(line, " \n"); token != nullptr; token = strtok(nullptr, " \n"))
    if (strcmp(token, word) == 0) return true;
  return false;
}

[[noreturn]] void power_off() {
  fflush(stdout);
  tcdrain(1);
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

// When the person leaves the shell, the machine ends.
[[noreturn]] void run_shell(const void* region, const osext_command* command) {
  if (command != nullptr && command->submitted != 0) {
    const char* fault = find_fault(*command);
    if (fault != nullptr) printf("osext-agent: refused: %s\n", fault);
    if (fault == nullptr) unpack_files(region, *command);
  }
  pid_t child = fork();
  if (child == 0) {
    setsid();  // so that the terminal opened next becomes the controlling one
    int terminal = open("/dev/ttyS0", O_RDWR);
    for (int fd = 0; fd < 3; fd++) dup2(terminal, fd);
    if (terminal > 2) close(terminal);
    setenv("TERM", "vt100", 1);
    if (chdir("/run/osext") != 0) complain("cannot enter", "/run/osext");
    execl("/bin/sh", "-sh", static_cast<char*>(nullptr));
    complain("cannot run", "/bin/sh");
    _exit(127);
  }
  reap_until(child);
  power_off();
}

// Lets QEMU's ib700 watchdog stop the machine two seconds from now and sleeps over
// that.  Stopping it from this very instruction would be simpler, but then QEMU's
// main loop may or may not skip to the next timer before it stops the clock, and two
// boots differ.  An idle machine has only one way to get to the watchdog's instant.
void freeze() {
  constexpr unsigned char two_seconds = 0xe;
  outb(two_seconds, watchdog_port);
  const timespec beyond = {4, 0};
  nanosleep(&beyond, nullptr);
}

void wait_for_command(const osext_command* command) {
  const timespec nap = {0, 1'000'000};
  while (__atomic_load_n(&command->submitted, __ATOMIC_ACQUIRE) == 0) nanosleep(&nap, nullptr);
}

}  // namespace

int main() {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  mount_file_systems();
  bring_up_loopback();
  set_real_time_limits();
  seed_random_numbers();
  setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/run/osext", 1);
  setenv("HOME", "/run/osext", 1);

  void* region = map_shared_region();
  osext_command* command =
      region == nullptr
          ? nullptr
          : reinterpret_cast<osext_command*>(static_cast<char*>(region) + OSEXT_REGION_COMMAND);
  if (kernel_was_told("osext.shell")) run_shell(region, command);
  if (region == nullptr) power_off();
  if (iopl(3) != 0) {
    complain("cannot use", "I/O ports");
    power_off();
  }

  printf("osext-agent: ready\n");
  tcdrain(1);  // nothing may be under way when the machine is frozen
  if (!kernel_was_told("osext.nosnapshot")) freeze();
  wait_for_command(command);
  run_command(region, command);
  outb(0, debug_exit_port);
  power_off();
}
