// SPDX-License-Identifier: GPL-2.0
// Load and unload, again and again, while programs run under Hijack and outside: refused as long as
// there are guests, and afterwards nothing is left: no entry, no diverted function, no memory.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/hijack/guest/launched.h"
#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

constexpr char kScript[] =
    "(while :; do :; done) & while :; do echo a | /bin/busybox cat >/dev/null; done";

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t lines_with(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) count += line.find(word) != std::string::npos;
  return count;
}

constexpr char kTracing[] = "/tmp/tracefs";

// Kernel functions that somebody has diverted.
bool diverts() {
  return !slurp(std::string(kTracing) + "/enabled_functions").empty();
}

// Takes seconds, as the kernel has many symbols.
bool has_symbols() {
  return lines_with("/proc/kallsyms", "[osext_hijack]") > 0;
}

// Kernel memory of all kinds, in KiB, that a leak would be part of.
long kernel_memory_kib() {
  std::ofstream("/proc/sys/vm/drop_caches") << 3;
  long sum = 0;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    for (const char* kind : {"SUnreclaim:", "KernelStack:", "PageTables:", "VmallocUsed:"})
      if (line.rfind(kind, 0) == 0) sum += std::atol(line.c_str() + line.find(':') + 1);
  return sum;
}

// A process that makes all kinds of calls natively, and counts; nobody's child but init's, as the
// others' end is awaited.
pid_t start_native_load(volatile std::uint64_t* turns) {
  auto* pid = shared_array<volatile pid_t>(1);
  const int status = status_of_child([&] {
    const pid_t load = fork();
    if (load != 0) *pid = load;
    if (load != 0) return 0;
    for (std::uint64_t turn = 1;; ++turn) {
      const pid_t child = fork();
      if (child == 0) _exit(3);
      int status = 0;
      if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 3) _exit(1);
      *turns = turn;
      usleep(1000);
    }
  });
  require(status == 0 && *pid > 0, "no native process");
  return *pid;
}

void load_and_unload() {
  Loaded module;
  require(diverts(), "the module diverts nothing");
  const Launched launched(kScript);
  await([&] { return launched.guests().size() > 2; }, "no guests");
  usleep(static_cast<useconds_t>(dice() % 20000));
  errno = 0;
  require(syscall(SYS_delete_module, "osext_hijack", O_NONBLOCK) == -1 && errno == EWOULDBLOCK,
          "unloading under guests: errno {}", errno);
  require(!launched.guests().empty() && launched.executive() != 0, "the attempt ends the guests");
  kill(dice() % 2 ? launched.launcher() : launched.executive(), SIGKILL);
  require_nobody_left();
}

const RegisterCheck under_load("load_under_load", [] {
  constexpr int warm_up = 1;
  constexpr long tolerance_kib = 1024, leak_kib_per_round = 2;
  const int wanted = rounds(3);
  mkdir(kTracing, 0700);
  require(mount("tracefs", kTracing, "tracefs", 0, nullptr) == 0 || errno == EBUSY,
          "cannot mount tracefs");
  KernelModule reader;
  reader.load(place.entries_module, "osext_entries");
  const char* entries = "/sys/module/osext_entries/parameters/entries";
  const std::string before = slurp(entries);
  require(!before.empty() && !diverts(), "the module is there already");
  {
    Loaded module;
    require(has_symbols(), "the module is not seen");
  }
  auto* turns = shared_array<std::uint64_t>(1);
  const pid_t native = start_native_load(turns);
  long memory_kib = 0;
  for (int round = 0; round < wanted + warm_up; ++round) {
    if (round == warm_up) memory_kib = kernel_memory_kib();
    load_and_unload();
    require(slurp(entries) == before, "unloading does not restore the entries:\n{}{}", before,
            slurp(entries));
    require(!diverts(), "after unloading something is diverted");
  }
  require(!has_symbols(), "after unloading symbols are left");
  const long grown_kib = kernel_memory_kib() - memory_kib;
  fmt::print("  {} times; kernel memory: {} KiB, then {:+} KiB\n", wanted, memory_kib, grown_kib);
  std::fflush(stdout);
  require(grown_kib < tolerance_kib + wanted * leak_kib_per_round, "{} KiB are lost", grown_kib);
  const std::uint64_t seen = *turns;
  await([&] { return *turns > seen; }, "a native process does not survive it");
  kill(native, SIGKILL);
  require(reader.unload(), "the entries' reader stays");
});

}  // namespace
}  // namespace osext::test
