// SPDX-License-Identifier: GPL-2.0
// Events: raised by a process, by a timer, by an extension; chains, sets, storms and loops.
#include <unistd.h>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

const RegisterCheck raise("raise", [] {
  Loaded module;
  Alone writer("writer");
  for (int i = 1; i <= 100; ++i) {
    const osext_safex_raise done = writer.raise(i);
    require(done.runs == 1 && done.aborted == 0 && done.answer == 0, "raise {}: {} runs, answer {}",
            i, done.runs, done.answer);
    require(writer.task.get("adjustment") == i, "the attribute is {}",
            writer.task.get("adjustment"));
  }
  require(writer.program.get<std::uint64_t>("runs") == 100, "runs: {}",
          writer.program.get<std::uint64_t>("runs"));
  require(writer.extension.statistics().runs == 100, "the module counts other runs");
  require(writer.task.raise("again").runs == 0, "an event without a binding runs something");
});

// One monitor and one handler serve three tasks: each set is a task of its own.
const RegisterCheck sets("sets", [] {
  Loaded module;
  const SafexProgram monitor_program = battery("monitor"), handler_program = battery("handler");
  SafexExtension monitor(monitor_program, kGenerous), handler(handler_program, kGenerous);
  std::vector<SafexClass> tasks;
  for (std::uint32_t set = 0; set < 3; ++set) {
    tasks.push_back(make_task("task" + std::to_string(set)));
    tasks[set].set("actual", 10 * set);
    tasks[set].grant(monitor, OSEXT_SAFEX_READ | OSEXT_SAFEX_RAISE, set);
    tasks[set].grant(handler, OSEXT_SAFEX_WRITE, set);
    tasks[set].bind(monitor, "sample", set);
    tasks[set].bind(handler, "error", set);
  }
  for (int round = 1; round <= 3; ++round)
    for (std::uint32_t set = 0; set < 3; ++set) {
      const osext_safex_raise done = tasks[set].raise("sample");
      const std::int64_t expected = round * (100 - 10 * static_cast<int>(set));
      require(done.runs == 2 && done.answer == expected, "task {}: {} runs, answer {}, not {}", set,
              done.runs, done.answer, expected);
      require(tasks[set].get("adjustment") == expected, "task {}: adjustment {}", set,
              tasks[set].get("adjustment"));
    }
});

// Extensions run even when their process does not.
const RegisterCheck timers("timers", [] {
  Loaded module;
  Alone reader("reader");
  reader.extension.bind_timer(1'000'000);
  wait_until("ten runs by timer", [&] { return reader.extension.statistics().runs >= 10; });
  reader.extension.unload();
  usleep(5000);
  const std::uint64_t after = reader.program.get<std::uint64_t>("runs");
  usleep(20'000);
  require(reader.program.get<std::uint64_t>("runs") == after, "it runs though it is unloaded");
});

// Only so many runs in a period are reserved.
void burst(const std::string& off, bool held) {
  Loaded module(off);
  Alone reader("reader", {OSEXT_SAFEX_TICK, 1'000'000, 1'000'000'000'000, 20});
  std::uint32_t runs = 0;
  for (int i = 0; i < 100; ++i) runs += reader.raise().runs;
  require(runs == (held ? 20U : 100U), "{} runs", runs);
  require(reader.extension.statistics().throttled == (held ? 80U : 0U), "{} throttled",
          reader.extension.statistics().throttled);
}
const RegisterCheck throttled("throttled", [] { burst("", true); });
const RegisterCheck throttled_control("throttled_control", [] { burst("invocations", false); });

// An event that raises itself goes round until the chain is too long.
void loop(const std::string& off, std::uint32_t runs) {
  Loaded module(off);
  Alone looper("looper");
  looper.task.bind(looper.extension, "again");
  const osext_safex_raise done = looper.raise();
  require(done.runs == runs && done.answer == runs, "{} runs, answer {}", done.runs, done.answer);
  const osext_safex_statistics statistics = looper.extension.statistics();
  require(statistics.cut == 1 && statistics.raised == runs - 1, "{} cut, {} raised", statistics.cut,
          statistics.raised);
}
const RegisterCheck event_loop("event_loop", [] { loop("", OSEXT_SAFEX_CHAIN_MAX); });
const RegisterCheck event_loop_control("event_loop_control",
                                       [] { loop("chains", 100 * OSEXT_SAFEX_CHAIN_MAX); });

const RegisterCheck storm("storm", [] {
  Loaded module;
  Alone stormer("stormer");
  const SafexProgram program = battery("handler");
  SafexExtension handler(program, kGenerous);
  stormer.task.grant(handler, kAll);
  stormer.task.bind(handler, "error");
  const osext_safex_raise done = stormer.raise();
  require(done.runs == 1 + OSEXT_SAFEX_QUEUE_MAX, "{} runs", done.runs);
  require(stormer.program.get<std::uint64_t>("calls") == OSEXT_SAFEX_QUEUE_MAX, "{} were taken",
          stormer.program.get<std::uint64_t>("calls"));
  require(stormer.extension.statistics().cut == 100 - OSEXT_SAFEX_QUEUE_MAX, "{} cut",
          stormer.extension.statistics().cut);
});

}  // namespace
}  // namespace osext::test
