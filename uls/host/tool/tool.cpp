// SPDX-License-Identifier: GPL-2.0
// osext-uls: loads an extension and stays as its creator; asks about those that are loaded.
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>
#include <system_error>

#include "uls/host/call_names.h"
#include "uls/host/tool/registry.h"

namespace {

using osext::UlsError;

struct LoadOptions {
  std::string path;
  osext::UlsExtensionOptions extension;
  std::vector<double> timers_us;
  std::vector<std::uint32_t> events;
  std::vector<std::string> calls;
  std::vector<std::uint16_t> ports;
  pid_t watch = 0;
  bool faults = false;
  std::vector<std::string> shared;   // KEY=BYTES
  std::vector<std::string> threads;  // functions
  std::uint32_t queue = OSEXT_ULS_QUEUE_MAX;
  double seconds = 0, budget_us = 10'000;
  bool busy = false, elsewhere = false;
};

volatile sig_atomic_t asked_to_end = 0;

void share(osext::UlsSession& session, const std::string& words) {
  const std::size_t equals = words.find('=');
  try {
    std::size_t end;
    const int key = std::stoi(words, &end);
    if (end == equals)
      return session.share(key, static_cast<std::uint32_t>(std::stoul(words.substr(equals + 1))));
  } catch (const std::logic_error&) {
  }
  throw UlsError(fmt::format("--share {}: KEY=BYTES, both numbers", words));
}

void print_statistics(const std::string& name, const osext_uls_statistics& counts) {
  std::uint64_t aborts = 0;
  for (const std::uint64_t count : counts.aborts) aborts += count;
  fmt::print("{} events={} upcalls={} returns={} aborts={} overruns={} threads={}{}\n", name,
             counts.events, counts.upcalls, counts.returns, aborts, counts.overruns, counts.threads,
             counts.condemned ? " condemned" : "");
}

// Until somebody asks, the time is over, or the extension is of no use any more.
void stay(const LoadOptions& options, const osext::UlsExtension& extension) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(options.seconds);
  auto look = Clock::now();
  while (!asked_to_end && (options.seconds <= 0 || Clock::now() < end)) {
    // In user mode events interrupt this program at once; asleep, it takes them when it wakes.
    if (!options.busy) usleep(10'000);
    if (Clock::now() < look) continue;
    look = Clock::now() + std::chrono::milliseconds(100);
    if (extension.statistics().condemned)
      throw UlsError(fmt::format("{} was aborted {} times and gets no more events",
                                 extension.name(), OSEXT_ULS_ABORTS_MAX));
  }
}

// Binds what was asked for: raised events by their own numbers, the others by the next free ones.
std::vector<std::string> bind(const LoadOptions& options, osext::UlsExtension& extension) {
  std::vector<std::string> bindings;
  std::uint32_t number = 0;
  for (const std::uint32_t event : options.events) {
    extension.bind_software(event, options.queue);
    bindings.push_back(fmt::format("{} raised", event));
    number = std::max(number, event + 1);
  }
  for (const double period : options.timers_us) {
    extension.bind_timer(number, static_cast<std::uint64_t>(period * 1000));
    bindings.push_back(fmt::format("{} timer {} us", number++, period));
  }
  const pid_t process = options.watch ? options.watch : getpid();
  for (const std::string& call : options.calls) {
    const std::uint32_t which = osext::uls_call_number(call);
    extension.bind_call(number, which, process, options.queue);
    bindings.push_back(
        fmt::format("{} syscall {} of {}", number++, osext::uls_call_name(which), process));
  }
  if (options.faults) {
    extension.bind_fault(number, process, options.queue);
    bindings.push_back(fmt::format("{} faults of {}", number++, process));
  }
  for (const std::uint16_t port : options.ports) {
    extension.bind_packet(number, port, options.queue);
    bindings.push_back(fmt::format("{} packets at {}", number++, port));
  }
  return bindings;
}

int load(const LoadOptions& options) {
  struct sigaction action = {};
  action.sa_handler = [](int) { asked_to_end = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  osext::UlsSession session;
  for (const std::string& words : options.shared) share(session, words);
  osext::UlsExtensionOptions wanted = options.extension;
  wanted.budget_ns = static_cast<std::uint64_t>(options.budget_us * 1000);
  osext::UlsExtension extension = session.load(options.path, wanted);
  std::vector<osext::UlsThread> threads;
  for (const std::string& function : options.threads)
    threads.push_back(extension.start_thread(function));
  const osext::UlsRegistration registration(extension, options.path, bind(options, extension));
  if (!options.elsewhere) session.sandbox().join();
  if (options.busy) setpriority(PRIO_PROCESS, 0, 19);
  fmt::print("{} is loaded, id {}, creator {}\n", extension.name(), extension.id(), getpid());
  std::fflush(stdout);
  stay(options, extension);
  print_statistics(extension.name(), extension.statistics());
  extension.unload();
  return 0;
}

int raise(const std::string& name, std::uint32_t number, std::uint64_t value) {
  const int error = osext::UlsSandbox().raise(osext::find_uls(name).id, number, value);
  if (error == -EAGAIN)
    throw UlsError(fmt::format("the queue of event {} of {} is full", number, name));
  if (error == -ENOENT)
    throw UlsError(fmt::format("{} has no event {}: see load --event", name, number));
  if (error < 0)
    throw UlsError(
        fmt::format("cannot raise event {} of {}: {}", number, name, std::strerror(-error)));
  return 0;
}

int list() {
  osext::UlsSandbox sandbox;
  for (const osext::UlsEntry& entry : osext::list_uls()) {
    fmt::print("{}: id {}, creator {}, {}\n  ", entry.name, entry.id, entry.creator, entry.path);
    for (const std::string& binding : entry.bindings) fmt::print("event {}\n  ", binding);
    print_statistics("counts:", sandbox.statistics(entry.id));
  }
  return 0;
}

// A number where it is one, else words of 8 bytes.
int read(const std::string& name, const std::string& symbol) {
  const osext::UlsEntry entry = osext::find_uls(name);
  const auto found = entry.variables.find(symbol);
  if (found == entry.variables.end()) {
    std::string others;
    for (const auto& [other, where] : entry.variables) others += " " + other;
    throw UlsError(fmt::format("{} has no variable {}; there are:{}", name, symbol, others));
  }
  std::string bytes(found->second.bytes, '\0');
  osext::UlsSandbox().read(entry.id, found->second.address, bytes.data(), bytes.size());
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
    fmt::print("{}{}", at ? " " : "", value);
  }
  fmt::print("\n");
  return 0;
}

// Returns when the creator is gone, and with it the extension.
int unload(const std::string& name) {
  const osext::UlsEntry entry = osext::find_uls(name);
  if (kill(entry.creator, SIGTERM) != 0)
    throw UlsError(fmt::format("cannot end the creator {} of {}: {}", entry.creator, name,
                               std::strerror(errno)));
  for (int tries = 0; tries < 1000; ++tries) {
    bool there = false;
    for (const osext::UlsEntry& one : osext::list_uls())
      there = there || one.creator == entry.creator;
    if (!there) return 0;
    usleep(10'000);
  }
  throw UlsError(fmt::format("the creator {} of {} does not end", entry.creator, name));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "osext-uls: extensions in the user-level sandbox (module osext_uls loaded, as root)");
  app.require_subcommand(1);

  LoadOptions options;
  auto* load_command =
      app.add_subcommand("load", "load an extension and stay as its creator until Ctrl-C");
  load_command
      ->add_option("FILE", options.path, "what osext_uls_extension() of CMake built: NAME.uls")
      ->required();
  load_command->add_option("--name", options.extension.name, "default: the file's");
  load_command->add_option("--timer", options.timers_us,
                           "an event every so many us; may be repeated");
  load_command->add_option("--event", options.events,
                           "the number of an event that can be raised; may be repeated");
  load_command->add_option("--thread", options.threads,
                           "a function that the kernel schedules as a thread in the sandbox; may "
                           "be repeated");
  load_command->add_option("--syscall", options.calls,
                           "an event where this call, by name or number, or all, of the watched "
                           "process return; may be repeated");
  load_command->add_flag("--fault", options.faults, "an event where the watched process faults");
  load_command->add_option("--watch", options.watch,
                           "the process that is watched, while it is a host; default: this one");
  load_command
      ->add_option("--packet", options.ports,
                   "an event where a UDP packet arrives at this port; may be repeated")
      ->check(CLI::Range(1, 65535));
  load_command->add_option("--queue", options.queue, "events that may wait, of each number")
      ->capture_default_str();
  load_command->add_option("--share", options.shared,
                           "KEY=BYTES: memory for shmget(KEY); may be repeated");
  load_command->add_option("--heap", options.extension.heap_bytes, "bytes, whole pages")
      ->capture_default_str();
  load_command->add_option("--stack", options.extension.stack_bytes, "bytes")
      ->capture_default_str();
  load_command->add_option("--budget", options.budget_us, "of one event, in us")
      ->capture_default_str();
  load_command->add_option("--for", options.seconds, "end after so many seconds");
  load_command->add_flag("--busy", options.busy,
                         "stay in user mode, so that events reach this program at once");
  load_command->add_flag("--elsewhere", options.elsewhere,
                         "do not join: events reach other hosts only");

  std::string name, symbol;
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  auto* raise_command = app.add_subcommand("raise", "raise an event");
  raise_command->add_option("NAME", name, "the extension")->required();
  raise_command->add_option("NUMBER", number, "of the event")->required();
  raise_command->add_option("VALUE", value, "what it is told");
  auto* list_command =
      app.add_subcommand("list", "the extensions that this program has loaded, and their counts");
  auto* read_command = app.add_subcommand("read", "print a variable of an extension");
  read_command->add_option("NAME", name, "the extension")->required();
  read_command->add_option("SYMBOL", symbol, "the variable")->required();
  auto* unload_command =
      app.add_subcommand("unload", "end an extension's creator, and the extension with it");
  unload_command->add_option("NAME", name, "the extension")->required();

  CLI11_PARSE(app, argc, argv);
  try {
    if (*load_command) return load(options);
    if (*raise_command) return raise(name, number, value);
    if (*list_command) return list();
    if (*read_command) return read(name, symbol);
    if (*unload_command) return unload(name);
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-uls: {}\n", error.what());
  }
  return 1;
}
