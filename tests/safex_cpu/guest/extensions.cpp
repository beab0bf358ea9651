// SPDX-License-Identifier: GPL-2.0
// Monitor and handler at work: that they adapt, that the guard holds, and that an extension gets
// nothing for its thread that others have reserved.
#include <osext/cpu_service.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include "kmod_safex/cpu/host/service.h"
#include "tests/safex_cpu/guest/check.h"

namespace osext::test {
namespace {

constexpr const char* kMonitor = "/run/osext/safex-cpu-monitor.bpf.o";
constexpr const char* kHandler = "/run/osext/safex-cpu-handler.bpf.o";
constexpr const char* kGreedy = "/run/osext/safex-cpu-greedy.bpf.o";

// Where time is the wall's, a run may stand still for longer than any budget: aborts are not what
// is looked at here.
constexpr const char* kNoAborts = "limit=100 test_off=budgets";
SafexCpuService make_service(const char* handler = kHandler, std::uint32_t form = 0) {
  return {SafexProgram(kMonitor), SafexProgram(handler), form, 3, std::chrono::microseconds(1300)};
}

void wait_for_runs(const SafexCpuService& service, std::uint64_t runs) {
  const std::uint64_t until = service.handler().runs + runs;
  wait_until("runs of the handler", [&] { return service.handler().runs >= until; });
}

// Both run at each sample, for each thread; and also while the threads themselves do not.
void adapts() {
  AboveAll above;
  Loaded module(kNoAborts);
  for (const std::uint32_t form : {OSEXT_CPU_PID_PRINTED, OSEXT_CPU_PID_TEXTBOOK}) {
    Child one, two, three;
    SafexCpuService service = make_service(kHandler, form);
    service.manage(one.pid(), milliseconds(40), milliseconds(400));
    service.manage(two.pid(), milliseconds(100), milliseconds(500));
    service.manage(three.pid(), milliseconds(60), milliseconds(200));
    wait_for_runs(service, 600);
    const osext_safex_statistics monitor = service.monitor(), handler = service.handler();
    require(monitor.aborts + handler.aborts + monitor.throttled + handler.throttled + monitor.cut +
                    handler.cut ==
                0,
            "{} {} aborts, {} {} runs left out", monitor.aborts, handler.aborts, monitor.throttled,
            handler.throttled);
    require(handler.runs + 3 >= monitor.runs, "{} runs of the monitor, {} of the handler",
            monitor.runs, handler.runs);
    for (const osext_safex_cpu_statistics& thread : service.threads()) {
      const double share =
          static_cast<double>(thread.used_ns) / (static_cast<double>(thread.samples) * 1e7);
      const double target = static_cast<double>(thread.target_ns) / thread.period_ns;
      fmt::print("  {:.1f} % of {:.0f} %, timeslice {} us, unsafe {}, blocks {}\n", share * 100,
                 target * 100, thread.timeslice_ns / 1000, thread.unsafe, thread.blocks);
      require(share < target * 1.6 && share > target / 3, "it has {:.3f} of the CPU", share);
      require(thread.blocks > 0 && thread.raises > 0, "neither blocked nor raised");
    }
  }
}

// The extension runs while its thread does not, cannot even.
void runs_without_thread() {
  Loaded module(kNoAborts);
  Child child;
  SafexCpuService service = make_service();
  service.manage(child.pid(), milliseconds(10), milliseconds(100));
  kill(child.pid(), SIGSTOP);
  wait_until("the stop", [&] { return child.state() == 'T'; });
  const std::uint64_t used = service.threads()[0].used_ns;
  wait_for_runs(service, 50);
  require(service.threads()[0].used_ns == used, "the stopped thread runs");
  require(service.threads()[0].timeslice_ns > 10'000'000, "the handler gave it no more time");
}

osext_safex_value value(const SafexFile& task, std::uint32_t attribute, std::int64_t to) {
  osext_safex_value request{0, attribute, to};
  safex_request(task.get(), OSEXT_SAFEX_SET, &request, "setting");
  return request;
}

std::int64_t get(const SafexFile& task, std::uint32_t attribute) {
  osext_safex_value request{0, attribute, 0};
  safex_request(task.get(), OSEXT_SAFEX_GET, &request, "getting");
  return request.value;
}

struct WithClass {
  explicit WithClass(pid_t pid, int target_ms = 20, int period_ms = 100, std::uint32_t flags = 0)
      : reservation(pid, milliseconds(target_ms), milliseconds(period_ms), flags),
        task(safex_request(reservation.descriptor(), OSEXT_SAFEX_CPU_CLASS, nullptr, "class")) {}
  CpuReservation reservation;
  SafexFile task;
};

// Out of range, negative, unsafe: what the guard makes of it.
void guard() {
  Loaded module(kNoAborts);
  Child child;
  kill(child.pid(), SIGSTOP);  // so that it is safe
  wait_until("the stop", [&] { return child.state() == 'T'; });
  WithClass one(child.pid());
  constexpr std::int64_t kMs = 1'000'000;
  wait_for_periods(one.reservation, 2);
  const auto timeslice = [&] {
    return static_cast<std::int64_t>(one.reservation.statistics().timeslice_ns);
  };
  require(get(one.task, OSEXT_SAFEX_CPU_TARGET) == 20 * kMs, "another target");
  require(get(one.task, OSEXT_SAFEX_CPU_ACTUAL) == 0, "it has run");
  require(timeslice() == 20 * kMs, "the timeslice is not the target");
  value(one.task, OSEXT_SAFEX_CPU_ADJUSTMENT, 5 * kMs);
  require(timeslice() == 25 * kMs, "{} ns", timeslice());
  require(get(one.task, OSEXT_SAFEX_CPU_ADJUSTMENT) == 5 * kMs, "another adjustment");
  value(one.task, OSEXT_SAFEX_CPU_ADJUSTMENT, -50 * kMs);
  require(timeslice() == 0, "{} ns", timeslice());
  for (const std::int64_t bad : {101 * kMs, -101 * kMs, INT64_MAX, INT64_MIN + 1}) {
    require(error_of([&] { value(one.task, OSEXT_SAFEX_CPU_ADJUSTMENT, bad); }) == ERANGE,
            "{} is in range", bad);
    require(timeslice() == 0, "a refused value changed it");
  }
  for (const std::uint32_t attribute : {OSEXT_SAFEX_CPU_TARGET, OSEXT_SAFEX_CPU_ACTUAL})
    require(error_of([&] { value(one.task, attribute, 1); }) == EPERM, "{} is written", attribute);
  require(ioctl(one.reservation.descriptor(), OSEXT_SAFEX_CPU_CLASS) == -1 && errno == EBUSY,
          "a second class");
}

// Not QoS safe: blocked, whatever is asked for.
void guard_blocks() {
  Loaded module(kNoAborts);
  Child child;
  WithClass one(child.pid());
  constexpr std::int64_t kMs = 1'000'000;
  for (int i = 0; i < 200; ++i) {
    value(one.task, OSEXT_SAFEX_CPU_ADJUSTMENT, 60 * kMs);
    wait_for_samples(one.reservation, 1);
  }
  const osext_safex_cpu_statistics all = one.reservation.statistics();
  const double share = static_cast<double>(all.used_ns) / (static_cast<double>(all.samples) * 1e7);
  fmt::print("  {:.1f} % of 20 %, unsafe {}\n", share * 100, all.unsafe);
  require(all.unsafe > 0 && all.unsafe_blocked > 0, "it was always safe");
  require(share < 0.5, "it has {:.3f} of the CPU", share);
}

// What a handler that asks for everything gets for its thread: with the others' reservations there
// is no more than 100 of 1000 permille left.
std::uint64_t longest_of_greedy() {
  Child greedy, other;
  kill(greedy.pid(), SIGSTOP);  // safe at any time
  const CpuReservation reserved(other.pid(), milliseconds(70), milliseconds(100), 0);
  SafexCpuService service = make_service(kGreedy);
  service.manage(greedy.pid(), milliseconds(10), milliseconds(100), 0);
  std::uint64_t longest = 0;
  for (int i = 0; i < 20; ++i) {
    wait_for_runs(service, 3);
    longest = std::max<std::uint64_t>(longest, service.threads()[0].timeslice_ns);
  }
  // Admission goes by reservations: what the greedy one took beyond its own makes nobody wait.
  Child third;
  const CpuReservation late(third.pid(), milliseconds(10), milliseconds(100), 0);
  wait_for_runs(service, 3);
  const std::uint64_t left = service.threads()[0].timeslice_ns;
  fmt::print("  {} us, and with a third thread {} us\n", longest / 1000, left / 1000);
  return left > 10'000'000 ? std::max<std::uint64_t>(longest, 21'000'000) : longest;
}

void isolated() {
  Loaded module(kNoAborts);
  const std::uint64_t longest = longest_of_greedy();
  require(longest == 20'000'000, "{} ns for a thread that can have 20 ms", longest);
}

void isolated_control() {
  Loaded module("limit=100 test_off=budgets+isolation");
  const std::uint64_t longest = longest_of_greedy();
  require(longest > 90'000'000, "{} ns without isolation", longest);
}

// The class outlives its reservation, extensions their class, and everything the other way round.
void any_order() {
  Loaded module(kNoAborts);
  for (int order = 0; order < 6; ++order) {
    auto child = std::make_unique<Child>();
    auto service = std::make_unique<SafexCpuService>(make_service());
    service->manage(child->pid(), milliseconds(5), milliseconds(50));
    Child second;
    auto one = std::make_unique<WithClass>(second.pid());
    wait_for_runs(*service, 5);
    if (order % 2 != 0) child.reset();
    if (order < 2) {
      one->reservation.end();
      require(error_of([&] { value(one->task, OSEXT_SAFEX_CPU_ADJUSTMENT, 1); }) == ESRCH,
              "a class without its thread takes values");
      get(one->task, OSEXT_SAFEX_CPU_ACTUAL);
    } else if (order < 4) {
      one->task = SafexFile();
      one->task = SafexFile(safex_request(one->reservation.descriptor(), OSEXT_SAFEX_CPU_CLASS,
                                          nullptr, "a second class after the first"));
      wait_for_samples(one->reservation, 3);
    }
    one.reset();
    service.reset();
  }
}

const RegisterCheck checks[] = {
    {"adapts", adapts},      {"runs_without_thread", runs_without_thread},
    {"guard", guard},        {"guard_blocks", guard_blocks},
    {"isolated", isolated},  {"isolated_control", isolated_control},
    {"any_order", any_order}};

}  // namespace
}  // namespace osext::test
