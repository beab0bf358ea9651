// SPDX-License-Identifier: GPL-2.0
// Capabilities: rights, revocation at the next access, stale ones; guards; admission; who may.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

void access_without_rights(const std::string& off, bool refused) {
  Loaded module(off);
  Alone writer("writer", kGenerous, OSEXT_SAFEX_READ | OSEXT_SAFEX_RAISE);
  require(writer.raise(5).answer == (refused ? -EPERM : 0), "writing without the right");
  require(writer.task.get("adjustment") == (refused ? 0 : 5), "it became {}",
          writer.task.get("adjustment"));
}
const RegisterCheck rights("rights", [] {
  access_without_rights("", true);
  Loaded module;
  {
    Alone reader("reader", kGenerous, OSEXT_SAFEX_WRITE | OSEXT_SAFEX_RAISE);
    require(reader.raise().answer == OSEXT_SAFEX_NO_VALUE, "reading without the right");
  }
  {
    Alone reader("reader", kGenerous, OSEXT_SAFEX_READ);
    require(reader.raise().answer == 7, "reading with the right");
  }
  Alone looper("looper", kGenerous, OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE);
  looper.task.bind(looper.extension, "again");
  require(looper.raise().runs == 1, "raising without the right");
  require(looper.program.get<std::int64_t>("last_result") == -EPERM, "another reason");
});
const RegisterCheck rights_control("rights_control",
                                   [] { access_without_rights("rights", false); });

const RegisterCheck out_of_range("out_of_range", [] {
  Loaded module;
  Alone writer("writer");
  for (const std::int64_t value :
       {std::int64_t{1001}, std::int64_t{-1001}, INT64_MAX, INT64_MIN + 1, INT64_MIN})
    require(writer.raise(value).answer == -ERANGE && writer.task.get("adjustment") == 0,
            "{} is taken", value);
  for (const std::int64_t value : {1000, -1000, 0})
    require(writer.raise(value).answer == 0 && writer.task.get("adjustment") == value,
            "{} is not taken", value);
  require(error_of([&] { writer.task.set("adjustment", 1001); }) == ERANGE,
          "the creator is not guarded");
});
const RegisterCheck out_of_range_control("out_of_range_control", [] {
  Loaded module("guards");
  Alone writer("writer");
  require(writer.raise(1001).answer == 0 && writer.task.get("adjustment") == 1001,
          "1001 is not taken");
});

const RegisterCheck revoked("revoked", [] {
  Loaded module;
  Alone writer("writer");
  require(writer.raise(5).answer == 0, "not before");
  writer.task.revoke(writer.extension);
  require(writer.raise(6).runs == 1 && writer.task.get("adjustment") == 5,
          "a revoked capability writes");
  writer.task.grant(writer.extension, kAll);
  require(writer.raise(7).runs == 1 && writer.task.get("adjustment") == 7,
          "granted again, it does not write");
});

// The class is gone: what an extension had of it is stale.
const RegisterCheck stale("stale", [] {
  Loaded module;
  const SafexProgram program = battery("writer");
  SafexExtension writer(program, kGenerous);
  writer.bind_timer(200'000);
  for (int i = 0; i < rounds(100); ++i) {
    SafexClass task = make_task();
    task.grant(writer, kAll);
    const std::uint64_t before = program.get<std::uint64_t>("runs");
    wait_until("a run", [&] { return program.get<std::uint64_t>("runs") > before; });
    task.end();
    require(writer.statistics().capabilities == 0, "it has a capability of nothing");
  }
  require(writer.statistics().aborts == 0 && list_safex_classes().empty(), "something is left");
});

// Revoked while it is in an extension's hands, on another CPU: from then on every access fails.
void revoke_held(const std::string& off, bool refused) {
  constexpr std::uint64_t kAccesses = 4000;
  Loaded module(off);
  std::uint64_t between = 0;
  const bool usual = rounds_asked == 0;
  // Where nothing is refused, three rounds show it; else three that hit the middle, if all goes well.
  for (int i = 0; i < (refused ? rounds(30) : rounds(3)) && !(usual && between == 3); ++i) {
    Alone holder("holder");
    std::int64_t answer = 0;
    std::thread raiser([&] { answer = holder.raise().answer; });
    while (holder.program.get<std::uint64_t>("runs") == 0) {
    }
    holder.task.revoke(holder.extension);
    raiser.join();
    const std::uint64_t calls = holder.program.get<std::uint64_t>("calls");
    require(answer == 0 || answer == -EPERM, "answer {}", answer);
    require((answer == 0) == (calls == kAccesses), "{} accesses, answer {}", calls, answer);
    require(refused || answer == 0, "revoked, though nothing is");
    between += calls > 0 && calls < kAccesses;
  }
  require(!refused || between > 0, "it was never revoked in its hands");
}
const RegisterCheck revoked_held("revoked_held", [] { revoke_held("", true); });
const RegisterCheck revoked_held_control("revoked_held_control",
                                         [] { revoke_held("rights", false); });

const RegisterCheck admission("admission", [] {
  Loaded module("", "");
  const SafexProgram program = battery("reader");
  const SafexReservation third{OSEXT_SAFEX_TICK, 3'000'000, 10'000'000, 1};
  SafexExtension one(program, third, "one");
  require(error_of([&] { SafexExtension(program, third, "two"); }) == EDQUOT, "60 % are reserved");
  SafexExtension two(program, {OSEXT_SAFEX_TICK, 2'000'000, 10'000'000, 1}, "two");
  require(error_of([&] {
            SafexExtension(program, {OSEXT_SAFEX_TICK, 1000, 100'000'000, 1}, "three");
          }) == EDQUOT,
          "more than 50 % are reserved");
  one.unload();
  SafexExtension three(program, third, "three");
});
const RegisterCheck admission_control("admission_control", [] {
  Loaded module("admission", "");
  const SafexProgram program = battery("reader");
  const SafexReservation third{OSEXT_SAFEX_TICK, 3'000'000, 10'000'000, 1};
  SafexExtension one(program, third, "one"), two(program, third, "two"),
      three(program, third, "three");
});

const RegisterCheck refusals("refusals", [] {
  Loaded module;
  Alone writer("writer");
  const auto refuses = [](int expected, const char* what, const std::function<void()>& attempt) {
    const int error = error_of(attempt);
    require(error == expected, "{}: error {}, not {}", what, error, expected);
  };
  refuses(EEXIST, "the same name", [&] { SafexExtension(writer.program, kGenerous); });
  refuses(EEXIST, "the same binding", [&] { writer.task.bind(writer.extension, "sample"); });
  refuses(EINVAL, "a name with a space", [&] { SafexExtension(writer.program, kGenerous, "a b"); });
  refuses(EINVAL, "no budget", [&] {
    SafexExtension(writer.program, {OSEXT_SAFEX_TICK, 0, 1000000, 1}, "x");
  });
  refuses(EINVAL, "no mode", [&] { SafexExtension(writer.program, {7, 1000, 1000000, 1}, "x"); });
  refuses(EINVAL, "a slot that is not there",
          [&] { writer.task.grant(writer.extension, kAll, 0, 4); });
  refuses(EINVAL, "a set that is not there",
          [&] { writer.task.grant(writer.extension, kAll, 16); });
  refuses(EINVAL, "a right that is not there", [&] { writer.task.grant(writer.extension, 8); });
  refuses(EINVAL, "a period of nothing", [&] { writer.extension.bind_timer(0); });
  refuses(ENOENT, "revoking what is not granted", [&] { writer.task.revoke(writer.extension, 3); });
  SafexClass other = make_task("other");
  refuses(EBUSY, "another class's slot", [&] { other.grant(writer.extension, kAll); });
  refuses(EBUSY, "revoking another class's", [&] { other.revoke(writer.extension); });
  refuses(EINVAL, "a range that is none", [] {
    SafexClass("x", {{"a", 5, OSEXT_SAFEX_RANGE, 9, 6}}, {});
  });
  refuses(EEXIST, "two attributes of a name", [] { SafexClass("x", {{"a"}, {"a"}}, {}); });
});

// Another user may look, and make classes, and nothing else.
const RegisterCheck who_may("who_may", [] {
  Loaded module;
  Alone writer("writer");
  const int status = status_of_child([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 1;
    const SafexFile device = open_safex();
    osext_safex_unload unload{writer.extension.id(), 0};
    osext_safex_value value{writer.task.id(), 0, 0};
    osext_safex_raise raise{};
    raise.id = writer.task.id();
    osext_safex_revoke revoke{writer.task.id(), writer.extension.id()};
    const auto ask = [&](unsigned long command, void* argument) {
      return error_of([&] { safex_request(device.get(), command, argument, ""); });
    };
    if (ask(OSEXT_SAFEX_UNLOAD, &unload) != EPERM) return 2;
    if (ask(OSEXT_SAFEX_GET_BY_ID, &value) != EPERM) return 3;
    if (ask(OSEXT_SAFEX_RAISE_BY_ID, &raise) != EPERM) return 4;
    if (ask(OSEXT_SAFEX_REVOKE, &revoke) != EPERM) return 5;
    // Even with root's verified program in its hands.
    if (error_of([&] { SafexExtension(writer.program, kGenerous, "mine"); }) != EPERM) return 6;
    if (list_safex_extensions().size() != 1) return 7;
    make_task("mine");
    return 0;
  });
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other user {}",
          describe_status(status));
  require(writer.raise(3).answer == 0, "it does not run any more");
});

}  // namespace
}  // namespace osext::test
