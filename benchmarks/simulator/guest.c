// SPDX-License-Identifier: GPL-2.0
// The whole user space of the slowdown benchmark's guest: announces each round of a
// loop on the console, so that the host can read its clock around it.
//
// The kernel hands words of its command line over as environment: "watch=1" turns
// the TLB model on, "rounds=N" repeats the loops.
#include <osext/marker.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void system_calls(long count) {
  while (count-- > 0) syscall(SYS_getppid);
}

// Mostly arithmetic, with one read and one write of a 32 KB table in each round.
static void arithmetic(long count) {
  static volatile uint64_t table[4096];
  uint64_t random = 1;
  while (count-- > 0) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    table[(random >> 40) & 4095] += random;
  }
}

static void forks(long count) {
  while (count-- > 0) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
  }
}

static void measure(const char* name, void (*loop)(long), long count) {
  dprintf(1, "begin %s\n", name);
  loop(count);
  dprintf(1, "end %s\n", name);
}

int main(void) {
  const char* const watch = getenv("watch");
  const char* const rounds = getenv("rounds");
  if (watch && atoi(watch)) OSEXT_MARK(OSEXT_MARK_WATCH);
  system_calls(20000);  // translates anew what is needed
  for (int round = rounds ? atoi(rounds) : 1; round > 0; --round) {
    measure("getppid", system_calls, 300000);
    measure("arithmetic", arithmetic, 40000000);
    measure("fork", forks, 150);
  }
  dprintf(1, "finished\n");
  if (ioperm(0x501, 2, 1) == 0) outb(0, 0x501);  // ends QEMU
  reboot(RB_POWER_OFF);
  return 1;
}
