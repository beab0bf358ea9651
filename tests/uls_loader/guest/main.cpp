// SPDX-License-Identifier: GPL-2.0
// uls-loader-guest SEED MODULE TOOL EXTENSION OVERFLOW CHECK...: loads extensions as a program and
// as a person does; a line of output for each check, status 0 if all hold.  OVERFLOW fails after
// memory was reserved.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "tests/checks/guest.h"
#include "uls/host/extension.h"

namespace osext::test {
namespace {

std::string module_path, tool, good, overflow;

// A machine's time is the wall's, and it may stand still for long: the largest budget.
UlsExtensionOptions named(const std::string& name) {
  UlsExtensionOptions options;
  options.name = name;
  options.budget_ns = OSEXT_ULS_BUDGET_MAX_NS;
  return options;
}

std::uint64_t word(const UlsExtension& extension, const char* name) {
  return extension.get<std::uint64_t>(name);
}

void require_sound(const UlsExtension& extension) {
  require(word(extension, "wrong") == 0, "self_check.cpp:{} does not hold",
          word(extension, "first_wrong"));
  const osext_uls_statistics statistics = extension.statistics();
  for (const std::uint64_t aborts : statistics.aborts)
    require(aborts == 0, "an upcall was aborted");
}

void expect_refused(const std::function<void()>& body, const std::string& why) {
  try {
    body();
  } catch (const std::exception& error) {
    require(std::string(error.what()).find(why) != std::string::npos, "'{}' does not say '{}'",
            error.what(), why);
    return;
  }
  require(false, "not refused: {}", why);
}

void events() {
  UlsSession session;
  session.share(42, 4096);
  UlsExtension one = session.load(good, named("one")), two = session.load(good, named("two"));
  require(word(one, "answers") == 1 && word(one, "events_software") == 0, "not as it was built");
  one.bind_software(7, 4);
  two.bind_software(7);
  session.sandbox().join();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    require(one.raise(7, i) == 0, "raising fails");
    require(word(one, "events_software") == i && word(one, "last_value") == i &&
                word(one, "doubled_value") == 2 * i,
            "event {} is not answered", i);
    require_sound(one);
  }
  require(word(one, "list_sum") == 210, "the list's sum is {}", word(one, "list_sum"));
  require(two.raise(7, 0) == 0 && word(two, "shared_before") == 20, "two saw {} in shared memory",
          word(two, "shared_before"));
  require_sound(two);
  two.set<std::uint64_t>("last_value", 99);
  require(word(two, "last_value") == 99 && word(one, "last_value") == 20, "written elsewhere");
  require(two.read("answers").size() == 64, "an array has another size");
  expect_refused([&] { one.read("nothing"); }, "has no variable nothing");
  expect_refused([&] { session.load(good, named("one")); }, "is loaded already");

  one.bind_timer(8, 100'000);
  while (word(one, "events_timer") < 100) require_sound(one);
  require(word(one, "last_value") >= 100, "expirations are not counted");
  // While its timer runs.
  one.unload();
  require(one.raise(7) == -ENOENT, "unloaded, and still there");
  expect_refused([&] { one.read("wrong"); }, "is not loaded any more");
  const UlsExtension again = session.load(good, named("one"));
  require(word(again, "events_timer") == 0 && word(again, "answers") == 1, "old state");
  require_sound(two);
}

void nothing_left() {
  UlsSession session;
  for (int i = 0; i < 3 * OSEXT_ULS_EXTENSIONS_MAX; ++i)
    expect_refused([&] { session.load(overflow, named("bad")); }, "too far away");
  expect_refused([&] { session.load("/dev/null", named("bad")); }, "is no file");
  UlsExtensionOptions options = named("big");
  options.heap_bytes = 1 << 20;
  const UlsExtension big = session.load(good, options);
  options.name = "bigger";
  expect_refused([&] { session.load(good, options); }, "the sandbox is full");
  options.stack_bytes = 8;
  expect_refused([&] { session.load(good, options); }, "a stack of 8 bytes");
  std::vector<UlsExtension> all;
  options = named("");
  options.heap_bytes = 4096;
  options.stack_bytes = 4096;
  for (int i = 1; i < OSEXT_ULS_EXTENSIONS_MAX; ++i) {
    options.name = fmt::format("extension {}", i);
    all.push_back(session.load(good, options));
  }
  options.name = "one more";
  expect_refused([&] { session.load(good, options); }, "16 extensions are loaded already");
}

struct Answer {
  int status;
  std::string text;
};

Answer call(const std::string& words) {
  FILE* pipe = popen(fmt::format("{} {} 2>&1", tool, words).c_str(), "r");
  require(pipe != nullptr, "popen failed");
  Answer answer{};
  std::array<char, 512> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe)) answer.text += buffer.data();
  answer.status = WEXITSTATUS(pclose(pipe));
  return answer;
}

void expect(const std::string& words, int status, const std::string& text) {
  const Answer answer = call(words);
  require(answer.status == status && answer.text.find(text) != std::string::npos,
          "{}: status {}, '{}', not {}, '{}'", words, answer.status, answer.text, status, text);
}

void by_tool() {
  expect("raise demo 3", 1, "no extension demo is loaded");
  FILE* creator = popen(fmt::format("{} load {} --name demo --event 3 --timer 1000 --busy "
                                    "--share 42=4096 --budget 1000000 --syscall getsid "
                                    "--syscall 4242 --fault --packet 4711 --thread greet",
                                    tool, good)
                            .c_str(),
                        "r");
  require(creator != nullptr, "popen failed");
  // What the thread says comes whenever it does.
  int greetings = 0;
  const auto next_line = [&]() -> std::string {
    std::array<char, 512> line;
    while (std::fgets(line.data(), line.size(), creator)) {
      if (line.data() != std::string("greetings\n")) return line.data();
      ++greetings;
    }
    return "";
  };
  std::string line = next_line();
  require(line.rfind("demo is loaded", 0) == 0, "load says {}", line);
  expect("list", 0, good);
  expect("list", 0, "event 3 raised");
  expect("list", 0, "event 4 timer 1000 us");
  expect("list", 0, "event 5 syscall getsid of ");
  expect("list", 0, "event 6 syscall 4242 of ");
  expect("list", 0, "event 7 faults of ");
  expect("list", 0, "event 8 packets at 4711");
  expect(fmt::format("load {} --syscall no_such_call", good), 1, "there is no system call");
  expect(fmt::format("load {} --fault --watch 4000000", good), 1, "No such process");
  expect("raise demo 3 77", 0, "");
  expect("raise demo 9", 1, "has no event 9");
  while (call("read demo events_software").text != "1\n" ||
         call("read demo events_timer").text == "0\n")
    usleep(1000);
  while (call("read demo greeted").text != "10\n") usleep(1000);
  expect("list", 0, "threads=1");
  expect("read demo wrong", 0, "0\n");
  expect("read demo nothing", 1, "there are: answers");
  expect(fmt::format("load {} --name demo", good), 1, "is loaded already");
  expect(fmt::format("load {} --name other --thread wrong", good), 1, "has no function wrong");
  expect(fmt::format("load {}", overflow), 1, "too far away");
  expect("unload demo", 0, "");
  line = next_line();
  require(line.find("aborts=0") != std::string::npos && greetings == 1, "the end says {}", line);
  require(pclose(creator) == 0, "the creator failed");
  expect("list", 0, "");
  expect("unload demo", 1, "no extension demo");
}

// With the module, in a child: a host, which the check becomes, would outlive the check.
void loaded(void (*check)()) {
  const LoadedModule module(module_path, "osext_uls", "");
  const int status = status_of_child([&] {
    check();
    return 0;
  });
  require(status == 0, "a child {}", describe_status(status));
}

const RegisterCheck check_events("events", [] { loaded(events); });
const RegisterCheck check_nothing_left("nothing_left", [] { loaded(nothing_left); });
const RegisterCheck check_by_tool("by_tool", [] { loaded(by_tool); });

}  // namespace
}  // namespace osext::test

int main(int count, char** words) {
  using namespace osext::test;
  if (count < 6) return 2;
  module_path = words[2];
  tool = words[3];
  good = words[4];
  overflow = words[5];
  return run_checks(words[1], {words + 6, words + count});
}
