// SPDX-License-Identifier: GPL-2.0
// hijack-guest SEED MODULE ENTRIES-MODULE EXECUTIVE LAUNCHER BAD-EXECUTIVE
// CHECK[@handler][:ROUNDS]...: runs the checks, a line of output each; status 0 if all hold.
// @handler: with signals delivered by handler.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "tests/hijack/guest/check.h"

namespace osext::test {

Place place;
std::mt19937_64 dice;

namespace {
std::map<std::string, std::function<void()>>& checks() {
  static std::map<std::string, std::function<void()>> all;
  return all;
}

int rounds_asked;  // 0: as usual

// CHECK[@handler][:ROUNDS]; returns what is wrong, or nothing.
std::string run_check(const std::string& word) {
  const std::size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  const std::size_t at = name.find('@');
  const auto check = checks().find(name.substr(0, at));
  if (check == checks().end()) return "no such check";
  try {
    rounds_asked = colon == std::string::npos ? 0 : std::stoi(word.substr(colon + 1));
    place.delivery = at == name.npos ? "" : name.substr(at + 1);
    check->second();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}
}  // namespace

int rounds(int usual) {
  return rounds_asked > 0 ? rounds_asked : usual;
}

RegisterCheck::RegisterCheck(const char* name, std::function<void()> check) {
  checks()[name] = std::move(check);
}

Loaded::Loaded(const std::string& parameters) {
  module_.load(place.module, "osext_hijack", parameters);
}

Loaded::~Loaded() noexcept(false) {
  const bool unloaded = module_.unload();
  if (!unloaded && !std::uncaught_exceptions())
    throw std::runtime_error("the module does not unload: somebody still uses it");
}

int status_of_child(const std::function<int()>& body) {
  std::fflush(stdout);
  const pid_t child = fork();
  require(child >= 0, "fork failed");
  if (child == 0) {
    int status = 99;
    try {
      status = body();
    } catch (const std::exception& error) {
      fmt::print("  in a child: {}\n", error.what());
      std::fflush(stdout);
    }
    _exit(status);
  }
  int status;
  require(waitpid(child, &status, 0) == child, "waitpid failed");
  return status;
}

std::string describe_status(int status) {
  return WIFSIGNALED(status) ? fmt::format("died of signal {}", WTERMSIG(status))
                             : fmt::format("exited with {}", WEXITSTATUS(status));
}

int status_of_guest(const std::function<int()>& body, const HijackOptions& options) {
  return status_of_child([&] {
    HijackSession session;
    session.start(place.executive, options);
    session.join();
    const int status = body();
    session.leave();
    session.stop();
    return status;
  });
}

void require_working_session() {
  HijackSession session;
  session.start(place.executive);
  session.join();
  const std::uint64_t answer = hijack_call(OSEXT_HIJACK_RPC, 14);
  session.leave();
  require(answer == osext_hijack_rpc_result(14), "the next session answers {}", answer);
  session.stop();
}

volatile std::uint64_t* executive_memory() {
  return reinterpret_cast<volatile std::uint64_t*>(OSEXT_EXECUTIVE_BASE +
                                                   OSEXT_HIJACK_SHARED_BYTES);
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 8) return 2;
  dice.seed(std::stoull(arguments[1]));
  place = {arguments[2], arguments[3], arguments[4], arguments[5], arguments[6], ""};
  int failed = 0;
  for (int i = 7; i < count; ++i) {
    const std::string problem = run_check(arguments[i]);
    fmt::print("{} {}\n", arguments[i], problem.empty() ? "ok" : "FAILED: " + problem);
    std::fflush(stdout);
    failed += !problem.empty();
  }
  return failed != 0;
}
