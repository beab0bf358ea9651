// SPDX-License-Identifier: GPL-2.0
// Runaways of every kind are aborted, release what they hold, and are unloaded when they repeat;
// and nothing else suffers.
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

constexpr std::uint32_t kModes[] = {OSEXT_SAFEX_TICK, OSEXT_SAFEX_HRTIMER};

SafexReservation tight(std::uint32_t mode, std::uint64_t budget_ns = 300'000) {
  return {mode, budget_ns, 1'000'000'000'000, 10'000};
}

// A runaway with two classes in its slots; each raise is an abort.
struct Runaway {
  Runaway(const SafexProgram& program, const SafexReservation& reservation, const std::string& name)
      : extension(program, reservation, name),
        task(make_task(name)),
        other(make_task(name + "_too")) {
    task.grant(extension, kAll);
    other.grant(extension, kAll, 0, 1);
    task.bind(extension, "sample");
  }
  SafexExtension extension;
  SafexClass task, other;
};

// Aborts `times` times; loads it anew when it was unloaded for it.
void abort_often(const SafexProgram& program, std::uint32_t mode, int times,
                 const std::string& name, std::uint64_t held) {
  std::uint64_t released = 0;
  for (int done = 0; done < times;) {
    Runaway runaway(program, tight(mode, 100'000 + 1000 * (done % 50)), name);
    for (int i = 0; i < OSEXT_SAFEX_ABORTS_MAX; ++i, ++done) {
      const osext_safex_raise result = runaway.task.raise("sample");
      require(result.aborted == 1 && result.runs == 0, "{} abort {}: {} aborted, {} runs", name,
              done, result.aborted, result.runs);
    }
    const osext_safex_statistics statistics = runaway.extension.statistics();
    require(statistics.aborts == OSEXT_SAFEX_ABORTS_MAX && statistics.condemned, "{}: {} aborts",
            name, statistics.aborts);
    // It may be aborted before it holds anything, where time is the wall's.
    require(statistics.released <= held * OSEXT_SAFEX_ABORTS_MAX, "{}: {} released", name,
            statistics.released);
    released += statistics.released;
    wait_until("its end", [&] { return runaway.extension.statistics().capabilities == 0; });
    require(runaway.task.raise("sample").runs == 0, "{} runs though it is unloaded", name);
  }
  require(released > 0, "{} never held anything", name);
}

// Capabilities that the module has not freed.
int alive() {
  int count = -1;
  std::ifstream("/sys/module/osext_safex/parameters/capabilities") >> count;
  return count;
}

const RegisterCheck runaways("runaways", [] {
  Loaded module;
  const struct {
    const char* function;
    std::uint64_t held;
  } kinds[] = {{"nested", 1}, {"grabber", 2}, {"caller", 1}, {"storer", 1}};
  for (const std::uint32_t mode : kModes)
    for (const auto& [function, held] : kinds) {
      const SafexProgram program = battery(function);
      abort_often(program, mode, 12, function, held);
    }
  wait_until("the end of all capabilities", [] { return alive() == 0; });
  Alone writer("writer");
  require(writer.raise(9).runs == 1 && writer.task.get("adjustment") == 9,
          "others do not run any more");
});

// What they hold adds up, until there is no more to be had.
void hold_on(const std::string& off, bool released) {
  Loaded module(off);
  Alone nested("nested", tight(OSEXT_SAFEX_TICK));
  cpu_set_t first;  // what is held is counted on each CPU
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  require(sched_setaffinity(0, sizeof first, &first) == 0, "it does not stay on its CPU");
  int aborted = 0;
  for (int i = 0; i < 3 * OSEXT_SAFEX_HELD_MAX; ++i) aborted += nested.raise().aborted;
  require((aborted == 3 * OSEXT_SAFEX_HELD_MAX) == released, "{} times something was to be had",
          aborted);
}
void in_child(const std::string& off, bool released) {
  const int status = status_of_child([&] {
    hold_on(off, released);
    return 0;
  });
  require(status == 0, "the child {}", describe_status(status));
}
const RegisterCheck held("held", [] { in_child("condemn", true); });
const RegisterCheck held_control("held_control", [] { in_child("condemn+release", false); });

// The same loop, shorter: without budgets it comes to its end, with them it does not.
const RegisterCheck budget("budget", [] {
  Loaded module;
  for (const std::uint32_t mode : kModes) {
    Alone bounded("bounded", tight(mode));
    require(bounded.raise().aborted == 1, "it comes to its end");
  }
});
const RegisterCheck budget_control("budget_control", [] {
  Loaded module("budgets");
  for (const std::uint32_t mode : kModes) {
    Alone bounded("bounded", tight(mode));
    const osext_safex_raise done = bounded.raise();
    require(done.runs == 1 && done.answer == 1, "{} runs, {} aborted", done.runs, done.aborted);
  }
});
const RegisterCheck condemned_control("condemned_control", [] {
  Loaded module("condemn");
  Alone nested("nested", tight(OSEXT_SAFEX_HRTIMER));
  for (int i = 0; i < 10; ++i) require(nested.raise().aborted == 1, "raise {} is not an abort", i);
});

// A program that stays far below its budget is never aborted, also where aborts happen beside it.
const RegisterCheck many_aborts("many_aborts", [] {
  Loaded module;
  const int times = rounds(300);
  std::array<std::string, 2> problems;
  std::vector<std::thread> threads;
  const SafexProgram grabber = battery("grabber"), caller = battery("caller");
  Alone writer("writer");
  std::atomic<bool> over = false;
  std::thread beside([&] {
    for (std::int64_t i = 0; !over; ++i) {
      usleep(1000);
      const std::int64_t value = i % 1000;
      if (writer.raise(value).aborted || writer.task.get("adjustment") != value) {
        problems[0] = "the good one was aborted";
        return;
      }
    }
  });
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      try {
        const bool first = i == 0;
        abort_often(first ? grabber : caller, OSEXT_SAFEX_HRTIMER, times / 2, first ? "one" : "two",
                    first ? 2 : 1);
      } catch (const std::exception& error) {
        problems[1] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  over = true;
  beside.join();
  for (const std::string& problem : problems) require(problem.empty(), "{}", problem);
  require(writer.extension.statistics().aborts == 0, "the good one was aborted");
});

}  // namespace
}  // namespace osext::test
