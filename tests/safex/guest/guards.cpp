// SPDX-License-Identifier: GPL-2.0
// Guards that stand for more than a value: tokens, which nobody can give, and waking.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/safex/guest/check.h"
#include "workloads/clock.h"

namespace osext::test {
namespace {

// Takes one token at a time of ten, of which there is a new one each second.
struct Taker {
  Taker()
      : program(battery("writer")),
        extension(program, kGenerous),
        bucket("bucket", {{"adjustment", 0, OSEXT_SAFEX_TOKENS, 0, kSaved, 1}}, {"sample"}) {
    bucket.grant(extension, kAll);
    bucket.bind(extension, "sample");
  }
  std::int64_t take(std::int64_t number) { return bucket.raise("sample", number).answer; }
  std::int64_t take_often() {
    std::int64_t taken = 0;
    for (int i = 0; i < 100; ++i) taken += take(1) == 0;
    return taken;
  }
  static constexpr std::int64_t kSaved = 10;
  SafexProgram program;
  SafexExtension extension;
  SafexClass bucket;
};

const RegisterCheck tokens("tokens", [] {
  Loaded module;
  const std::int64_t begin_ns = now_ns();
  Taker taker;
  require(taker.bucket.get("adjustment") == Taker::kSaved, "{} tokens at first",
          taker.bucket.get("adjustment"));
  for (const std::int64_t number : {std::int64_t{-1}, Taker::kSaved + 1, INT64_MAX, INT64_MIN})
    require(taker.take(number) == -ERANGE, "{} tokens are taken", number);
  const std::int64_t taken = taker.take_often();
  const std::int64_t seconds = (now_ns() - begin_ns) / kNsPerSecond + 1;
  require(taken >= Taker::kSaved && taken <= Taker::kSaved + seconds, "{} are taken in {} s", taken,
          seconds);
  require(taker.take(Taker::kSaved) == -EAGAIN, "tokens are taken twice");
  const auto refuses = [](const SafexAttribute& attribute) {
    return error_of([&] { SafexClass("x", {attribute}, {}); }) == EINVAL;
  };
  require(refuses({"a", 0, OSEXT_SAFEX_TOKENS, 0, 0, 1}) &&
              refuses({"a", 0, OSEXT_SAFEX_TOKENS, 0, 1, 0}) &&
              refuses({"a", 1, OSEXT_SAFEX_TOKENS, 0, 1, 1}) &&
              refuses({"a", 0, OSEXT_SAFEX_TOKENS, 0, OSEXT_SAFEX_TOKENS_MAX + 1, 1}) &&
              refuses({"a", 0, OSEXT_SAFEX_ANY, 0, 0, 1}),
          "tokens that make no sense");
});
const RegisterCheck tokens_control("tokens_control", [] {
  Loaded module("guards");
  Taker taker;
  const std::int64_t taken = taker.take_often();
  require(taken == 100, "{} are taken", taken);
});

const RegisterCheck wake("wake", [] {
  Loaded module;
  const SafexProgram program = battery("writer");
  SafexExtension writer(program, kGenerous);
  SafexClass sleeper("sleeper", {{"adjustment", 0, OSEXT_SAFEX_WAKE}, {"other"}}, {"sample"});
  sleeper.grant(writer, kAll);
  sleeper.bind(writer, "sample");
  require(sleeper.await("adjustment", 7) == 0, "it waits for what is already so");
  require(error_of([&] { sleeper.await("other", 0); }) == EINVAL, "any attribute wakes");
  for (std::int64_t round = 1; round <= rounds(50); ++round) {
    std::atomic<std::int64_t> seen = -1;
    std::thread waiting([&] { seen = sleeper.await("adjustment", round - 1); });
    if (round % 2) usleep(2000);
    const bool early = seen != -1;
    sleeper.raise("sample", round);
    waiting.join();
    require(!early && seen == round, "round {}: early {}, seen {}", round, early, seen.load());
  }
  // A signal ends it.
  const pid_t child = start_child([&] {
    sleeper.await("adjustment", sleeper.get("adjustment"));
    return 0;
  });
  usleep(20'000);
  kill(child, SIGKILL);
  int status;
  require(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "the waiting process {}",
          describe_status(status));
});

}  // namespace
}  // namespace osext::test
