// SPDX-License-Identifier: GPL-2.0
// See guest.h.
#include "tests/checks/guest.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <system_error>

namespace osext::test {

std::mt19937_64 dice;
std::string way;
std::uint64_t rounds_asked;

namespace {
// A function's, so that it is there before the first check registers.
std::map<std::string, std::function<void()>>& checks() {
  static std::map<std::string, std::function<void()>> all;
  return all;
}

// What is wrong, or nothing.
std::string run_check(const std::string& word, const std::vector<std::string>& ways) {
  const std::size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  const std::size_t at = name.find('@');
  const auto check = checks().find(name.substr(0, at));
  if (check == checks().end()) return "no such check";
  way = at == name.npos ? "" : name.substr(at + 1);
  if (at != name.npos && std::find(ways.begin(), ways.end(), way) == ways.end())
    return "no such way to do it";
  try {
    rounds_asked = colon == word.npos ? 0 : std::stoull(word.substr(colon + 1));
    check->second();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

sigjmp_buf after_signal;
void jump_back(int signal) {
  siglongjmp(after_signal, signal);
}
}  // namespace

RegisterCheck::RegisterCheck(const char* name, std::function<void()> check) {
  checks()[name] = std::move(check);
}

int run_checks(const std::string& seed, const std::vector<std::string>& words,
               const std::vector<std::string>& ways) {
  dice.seed(std::stoull(seed));
  int failed = 0;
  for (const std::string& word : words) {
    const std::string problem = run_check(word, ways);
    fmt::print("{} {}\n", word, problem.empty() ? "ok" : "FAILED: " + problem);
    std::fflush(stdout);
    failed += !problem.empty();
  }
  return failed != 0;
}

LoadedModule::LoadedModule(const std::string& file, const std::string& name,
                           const std::string& parameters) {
  module_.load(file, name, parameters);
}

LoadedModule::~LoadedModule() noexcept(false) {
  const bool unloaded = module_.unload();
  if (!unloaded && !std::uncaught_exceptions())
    throw std::runtime_error("the module does not unload: somebody still uses it");
}

pid_t start_child(const std::function<int()>& body) {
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
  return child;
}

int status_of_child(const std::function<int()>& body) {
  int status;
  const pid_t child = start_child(body);
  require(waitpid(child, &status, 0) == child, "waitpid failed");
  return status;
}

std::string describe_status(int status) {
  return WIFSIGNALED(status) ? fmt::format("died of signal {}", WTERMSIG(status))
                             : fmt::format("exited with {}", WEXITSTATUS(status));
}

void wait_until(const char* what, const std::function<bool()>& condition) {
  for (int tries = 0; tries < 30000; ++tries) {
    if (condition()) return;
    usleep(1000);
  }
  throw std::runtime_error(fmt::format("waited in vain for: {}", what));
}

int error_of(const std::function<void()>& attempt) {
  try {
    attempt();
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

int signal_of(const std::function<void()>& touch) {
  struct sigaction action = {}, before_segv, before_bus;
  action.sa_handler = jump_back;
  sigaction(SIGSEGV, &action, &before_segv);
  sigaction(SIGBUS, &action, &before_bus);
  const int signal = sigsetjmp(after_signal, 1);
  if (signal == 0) touch();
  sigaction(SIGSEGV, &before_segv, nullptr);
  sigaction(SIGBUS, &before_bus, nullptr);
  return signal;
}

}  // namespace osext::test
