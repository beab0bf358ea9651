// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_timers.h"

#include <fmt/core.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "benchmarks/mechanisms/stamp_clock.h"
#include "uls/host/sandbox.h"
#include "workloads/background.h"
#include "workloads/child.h"
#include "workloads/clock.h"
#include "workloads/nanosleep.h"
#include "workloads/signal_interval.h"

// The extension: notes the time stamp of each upcall behind its count of them, and counts those
// that found themselves in another process than their creator.  The first word becomes the address
// of its data: the count, the others, the creator's pid, how many times there is room for, the
// times.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_clock:
  .quad 0
osext_uls_clock_entry:
  rdtscp
  shlq $32, %rdx
  orq %rdx, %rax
  movq osext_uls_clock(%rip), %rsi
  movl 24(%rdi), %edx  # struct osext_uls_record: pid
  cmpl %edx, 16(%rsi)
  je 1f
  incq 8(%rsi)
1:
  movq (%rsi), %rcx
  cmpq 24(%rsi), %rcx
  jae 2f
  movq %rax, 32(%rsi, %rcx, 8)
2:
  incq (%rsi)
  ret
osext_uls_clock_end:
  .text
)");
extern "C" const char osext_uls_clock[], osext_uls_clock_entry[], osext_uls_clock_end[];

namespace osext {
namespace {

static_assert(offsetof(osext_uls_record, pid) == 24);

// Real time stands still in upcalls on a virtual machine that its host does not run.
constexpr std::uint64_t kBudgetNs = OSEXT_ULS_BUDGET_MAX_NS;

class ClockExtension {
 public:
  // Of a creator with this pid; `times`: how many it can note.
  ClockExtension(UlsSandbox& sandbox, std::uint64_t times) : sandbox_(sandbox) {
    const std::size_t bytes = osext_uls_clock_end - osext_uls_clock;
    loaded_ = sandbox.load(
        {.name = "timers",
         .code_bytes = static_cast<std::uint32_t>(bytes),
         .data_bytes = static_cast<std::uint32_t>(sizeof(Noted) + sizeof times * times),
         .budget_ns = kBudgetNs});
    std::vector<char> image(osext_uls_clock, osext_uls_clock_end);
    const std::uint64_t data = loaded_.data;
    std::memcpy(image.data(), &data, sizeof data);
    sandbox.write(loaded_.id, loaded_.code, image.data(), bytes);
    const Noted none{0, 0, static_cast<std::uint64_t>(getpid()), times};
    sandbox.write(loaded_.id, loaded_.data, &none, sizeof none);
    sandbox.start(loaded_.id, loaded_.code + (osext_uls_clock_entry - osext_uls_clock));
  }
  ClockExtension(const ClockExtension&) = delete;
  ClockExtension& operator=(const ClockExtension&) = delete;
  ~ClockExtension() { sandbox_.unload(loaded_.id); }

  void bind(std::uint64_t period_ns, std::uint64_t count) {
    sandbox_.bind(loaded_.id, {.kind = OSEXT_ULS_TIMER, .period_ns = period_ns, .count = count});
  }
  // The time stamps, once there are `count`, and every event has had its upcall.  Sleeps meanwhile.
  std::vector<std::uint64_t> await(std::uint64_t count) {
    constexpr int kPatience = 10'000;
    for (int tries = 0; noted().count < count; ++tries) {
      if (tries == kPatience)
        throw std::runtime_error(fmt::format("{} of {} upcalls came", noted().count, count));
      usleep(1000);
    }
    std::vector<std::uint64_t> times(count);
    sandbox_.read(loaded_.id, loaded_.data + sizeof(Noted), times.data(), sizeof count * count);
    return times;
  }
  std::uint64_t in_others() { return noted().in_others; }
  osext_uls_statistics statistics() { return sandbox_.statistics(loaded_.id); }

 private:
  struct Noted {
    std::uint64_t count, in_others, creator, times;
  };
  Noted noted() {
    Noted noted;
    sandbox_.read(loaded_.id, loaded_.data, &noted, sizeof noted);
    return noted;
  }

  UlsSandbox& sandbox_;
  osext_uls_load loaded_;
};

// What proves that upcalls happened, where, and how many of them the timer's interrupt itself
// became.
class Tally {
 public:
  void add(ClockExtension& extension) {
    const osext_uls_statistics statistics = extension.statistics();
    for (const std::uint64_t aborts : statistics.aborts)
      if (aborts != 0) throw std::runtime_error("an upcall was aborted");
    upcalls_ += statistics.upcalls;
    direct_ += statistics.direct;
    in_others_ += extension.in_others();
  }
  void report(Sampler& sampler) const {
    sampler.fact("upcalls", static_cast<std::int64_t>(upcalls_));
    sampler.fact("direct", static_cast<std::int64_t>(direct_));
    sampler.fact("upcalls_in_other_processes", static_cast<std::int64_t>(in_others_));
  }

 private:
  std::uint64_t upcalls_ = 0, direct_ = 0, in_others_ = 0;
};

void join_or_throw() {
  UlsSandbox sandbox;  // a host needs no open file
  sandbox.join();
}

// Runs when nothing else wants the CPU.
[[noreturn]] void run_when_idle() {
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
    throw std::system_error(errno, std::generic_category(), "SCHED_IDLE");
  join_or_throw();
  for (;;) asm volatile("" ::: "memory");
}

[[noreturn]] void run_always() {
  join_or_throw();
  for (;;) asm volatile("" ::: "memory");
}

// This process is a host while this object lives.
class Host {
 public:
  explicit Host(UlsSandbox& sandbox) : sandbox_(sandbox) { sandbox.join(); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    try {
      sandbox_.leave();
    } catch (const std::exception&) {
      // The process ends soon, and with it the mapping.
    }
  }

 private:
  UlsSandbox& sandbox_;
};

void sleep_ns(std::int64_t ns) {
  const timespec request{ns / kNsPerSecond, ns % kNsPerSecond};
  nanosleep(&request, nullptr);
}

void await_hosts(UlsSandbox& sandbox, std::uint64_t hosts) {
  constexpr int kPatience = 10'000;
  for (int tries = 0; sandbox.statistics().hosts != hosts; ++tries) {
    if (tries == kPatience) throw std::runtime_error("a task does not become a host");
    usleep(1000);
  }
}

void uls_signal_interval(Sampler& sampler, bool all, unsigned background,
                         std::chrono::milliseconds window) {
  const auto count = static_cast<std::uint64_t>(window / kSignalPeriod) + 1;
  const auto become_host = [&] {
    if (all) join_or_throw();
  };
  const Background tasks(background, become_host);
  const Child host(all ? run_when_idle : run_always);
  UlsSandbox sandbox;
  std::optional<Host> self;
  if (all) self.emplace(sandbox);
  ClockExtension extension(sandbox, count);
  tasks.until_each_has_run();
  await_hosts(sandbox, all ? background + 2 : 1);
  StampClock clock;
  extension.bind(static_cast<std::uint64_t>(std::chrono::nanoseconds(kSignalPeriod).count()),
                 count);
  // One that is coalesced has no upcall of its own, so the last one may never come.
  sleep_ns(std::chrono::nanoseconds(window + 2 * kSignalPeriod).count());
  const std::uint64_t come = extension.statistics().upcalls;
  const std::vector<std::uint64_t> stamps = extension.await(come);
  clock.stop();
  std::vector<std::int64_t> times_ns;
  for (const std::uint64_t stamp : stamps)
    times_ns.push_back(clock.ns_between(stamps.front(), stamp));
  Tally tally;
  tally.add(extension);
  tally.report(sampler);
  report_arrivals(sampler, times_ns);
}

void uls_nanosleep(Sampler& sampler, const Nanosleep& wanted) {
  require_timers(wanted.high_resolution);
  std::vector<std::int64_t> requested_ns, jitter_ns;
  std::vector<std::uint64_t> began, ended;
  Tally tally;
  const Background tasks(wanted.background, join_or_throw);
  const Child host(run_when_idle);
  UlsSandbox sandbox;
  const Host self(sandbox);
  tasks.until_each_has_run();
  await_hosts(sandbox, wanted.background + 2);
  StampClock clock;
  const Throughput throughput(tasks);
  for (std::uint64_t i = 0; i < wanted.calls; ++i) {
    ClockExtension extension(sandbox, 1);
    const std::int64_t request_ns =
        std::max<std::int64_t>(requested_sleep_ns(i, wanted.calls), OSEXT_ULS_PERIOD_MIN_NS);
    requested_ns.push_back(request_ns);
    began.push_back(tsc_begin());
    extension.bind(static_cast<std::uint64_t>(request_ns), 1);
    sleep_ns(request_ns);
    ended.push_back(extension.await(1).front());
    tally.add(extension);
  }
  const std::int64_t loops_per_ms = throughput.loops_per_ms();
  clock.stop();
  for (std::size_t i = 0; i < began.size(); ++i)
    jitter_ns.push_back(clock.ns_between(began[i], ended[i]) - requested_ns[i]);
  tally.report(sampler);
  report_sleeps(sampler, requested_ns, jitter_ns, loops_per_ms);
}

}  // namespace

void measure_uls_timers(const PlannedCell& plan, Sampler& sampler) {
  const Params& params = plan.cell.params;
  const auto background = static_cast<unsigned>(std::stoul(params.at("background")));
  if (plan.cell.workload == "signal_interval")
    return uls_signal_interval(sampler, params.at("hosts") == "all", background, plan.window);
  uls_nanosleep(sampler, {.calls = plan.series.count,
                          .background = background,
                          .high_resolution = !params.contains("highres")});
}

}  // namespace osext
