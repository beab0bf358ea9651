// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/host/tool/cpu.h"

#include <fmt/format.h>
#include <osext/cpu_service.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

#include "kmod_safex/cpu/host/service.h"

namespace osext {
namespace {

struct Wanted {
  pid_t thread;
  std::chrono::milliseconds target, period;
};

// PID=TARGET/PERIOD
Wanted parse(const std::string& words) {
  int thread = 0, target = 0, period = 0;
  const char *at = words.data(), *end = at + words.size();
  const auto number = [&](int& value, char before) {
    if (before != 0 && (at == end || *at++ != before)) return false;
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc();
  };
  if (!number(thread, 0) || !number(target, '=') || !number(period, '/') || at != end)
    throw SafexError(fmt::format("{}: PID=TARGET/PERIOD, in ms, such as 123=40/400", words));
  return {thread, std::chrono::milliseconds(target), std::chrono::milliseconds(period)};
}

void print(const osext_safex_cpu_statistics& one) {
  const auto is = [&](std::uint32_t bit, const char* word) {
    return (one.state & bit) != 0 ? word : "";
  };
  const double elapsed_ns = static_cast<double>(one.samples) * OSEXT_SAFEX_CPU_SAMPLE_NS;
  fmt::print("thread {}: {} of {} ms, has {:.1f} % of the CPU{}{}{}{}\n", one.pid,
             one.target_ns / 1'000'000, one.period_ns / 1'000'000,
             elapsed_ns > 0 ? 100 * static_cast<double>(one.used_ns) / elapsed_ns : 0.0,
             is(OSEXT_SAFEX_CPU_RAISED, ", raised"), is(OSEXT_SAFEX_CPU_BLOCKED, ", blocked"),
             is(OSEXT_SAFEX_CPU_UNSAFE, ", not QoS safe"),
             (one.state & OSEXT_SAFEX_CPU_ALIVE) == 0 ? ", over" : "");
  fmt::print(
      "  timeslice_ms={:.1f} periods={} blocks={} unsafe={} raises={} lowers={} trimmed={} "
      "longest_overrun_ms={:.1f}\n",
      one.timeslice_ns / 1e6, one.periods, one.blocks, one.unsafe, one.raises, one.lowers,
      one.trimmed, one.overrun_max_ns / 1e6);
}

int list() {
  const osext_safex_cpu_list all = cpu_reservations();
  fmt::print(
      "reserved: {} of {} permille; manager: {} samples, {:.3f} ms, and {:.3f} ms for "
      "priorities\n",
      all.reserved_permille, all.limit_permille, all.samples, all.busy_ns / 1e6,
      all.changing_ns / 1e6);
  for (std::uint32_t i = 0; i < all.count; ++i) print(all.tasks[i]);
  return 0;
}

// Until SIGINT or SIGTERM, or so many seconds if there are any.
void stay(double seconds) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  const timespec limit = {static_cast<time_t>(seconds),
                          static_cast<long>((seconds - static_cast<time_t>(seconds)) * 1e9)};
  if (seconds > 0)
    sigtimedwait(&ends, nullptr, &limit);
  else
    sigwaitinfo(&ends, nullptr);
}

}  // namespace

SafexCpuCommand::SafexCpuCommand(CLI::App& tool)
    : command_(tool.add_subcommand("cpu", "reserve CPU time for threads")),
      manage_(command_->add_subcommand("manage",
                                       "hold threads at their shares until Ctrl-C; then they are "
                                       "as before")) {
  command_->require_subcommand(1);
  command_->add_subcommand("list", "reservations, and how their threads fare");
  manage_->add_option("THREAD", threads_, "PID=TARGET/PERIOD, in ms; may be repeated")->required();
  auto* monitor = manage_->add_option("--monitor", monitor_,
                                      "extension that sees each sample (cpu_monitor.bpf.o)");
  auto* handler = manage_->add_option("--handler", handler_,
                                      "extension that adapts the timeslice (cpu_handler.bpf.o)");
  monitor->needs(handler);
  handler->needs(monitor);
  manage_->add_option("--pid", form_, "the handler's PID function")
      ->check(CLI::IsMember({"printed", "textbook"}))
      ->capture_default_str();
  manage_->add_flag("--keep-priority", keep_priority_, "block threads only, raise none");
  manage_->add_option("--for", seconds_, "end after so many seconds");
}

int SafexCpuCommand::manage() const {
  const std::uint32_t flags = keep_priority_ ? 0 : OSEXT_SAFEX_CPU_RAISE;
  std::optional<SafexCpuService> service;
  std::vector<CpuReservation> plain;
  if (!monitor_.empty())
    service.emplace(SafexProgram(monitor_), SafexProgram(handler_),
                    form_ == "printed" ? OSEXT_CPU_PID_PRINTED : OSEXT_CPU_PID_TEXTBOOK,
                    static_cast<std::uint32_t>(threads_.size()));
  for (const std::string& words : threads_) {
    const Wanted one = parse(words);
    if (service)
      service->manage(one.thread, one.target, one.period, flags);
    else
      plain.emplace_back(one.thread, one.target, one.period, flags);
  }
  fmt::print("{} threads are managed\n", threads_.size());
  std::fflush(stdout);
  stay(seconds_);
  if (service)
    for (const osext_safex_cpu_statistics& one : service->threads()) print(one);
  for (const CpuReservation& one : plain) print(one.statistics());
  return 0;
}

int SafexCpuCommand::run() const {
  return manage_->parsed() ? manage() : list();
}

}  // namespace osext
