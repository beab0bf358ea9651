// SPDX-License-Identifier: GPL-2.0
// uls-guest SEED MODULE CHECK[:ROUNDS]...: runs the checks, a line of output each; status 0 if all
// hold.
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <system_error>
#include <vector>

#include "tests/uls/guest/check.h"

namespace osext::test {

std::string module_path;
std::mt19937_64 dice;

namespace {
std::map<std::string, std::function<void()>>& checks() {
  static std::map<std::string, std::function<void()>> all;
  return all;
}

std::uint64_t rounds_asked;  // 0: as usual

sigjmp_buf after_signal;
void jump_back(int signal) {
  siglongjmp(after_signal, signal);
}
}  // namespace

std::uint64_t rounds(std::uint64_t usual) {
  return rounds_asked > 0 ? rounds_asked : usual;
}

RegisterCheck::RegisterCheck(const char* name, std::function<void()> check) {
  checks()[name] = std::move(check);
}

Loaded::Loaded(const std::string& parameters) {
  module_.load(module_path, "osext_uls", parameters);
}

Loaded::~Loaded() noexcept(false) {
  const bool unloaded = module_.unload();
  if (!unloaded && !std::uncaught_exceptions())
    throw std::runtime_error("the module does not unload: somebody still uses it");
}

Extension::Extension(UlsSandbox& sandbox, const char* entry, std::uint64_t budget_ns,
                     const std::string& name)
    : sandbox_(sandbox) {
  static int number = 0;
  const std::size_t bytes = extension_end - extension_begin;
  UlsLoad what;
  what.name = name.empty() ? fmt::format("extension {} of {}", ++number, getpid()) : name;
  what.code_bytes = bytes;
  what.data_bytes = 4096;
  what.budget_ns = budget_ns;
  const osext_uls_load loaded = sandbox.load(what);
  id = loaded.id;
  code = loaded.code;
  data = loaded.data;
  std::vector<char> image(extension_begin, extension_end);
  const std::uint64_t address = data;
  std::memcpy(image.data(), &address, sizeof address);
  sandbox.write(id, code, image.data(), bytes);
  sandbox.start(id, code + (entry - extension_begin));
}

std::uint64_t Extension::word(std::uint32_t index) {
  std::uint64_t value;
  sandbox_.read(id, data + 8 * index, &value, sizeof value);
  return value;
}

void Extension::set_word(std::uint32_t index, std::uint64_t value) {
  sandbox_.write(id, data + 8 * index, &value, sizeof value);
}

Told Extension::told(std::size_t upcall) {
  Told told;
  sandbox_.read(id, data + 8 + sizeof told * upcall, &told, sizeof told);
  return told;
}

osext_uls_record Extension::record(std::size_t upcall) {
  constexpr std::size_t kLogged = 160;
  osext_uls_record record{};
  sandbox_.read(id, data + 8 + kLogged * upcall, &record, kLogged);
  return record;
}

void Extension::bind_software(std::uint32_t number, std::uint32_t queue, std::int32_t priority) {
  sandbox_.bind(id, {OSEXT_ULS_SOFTWARE, number, priority, queue});
}

void Extension::bind_timer(std::uint64_t period_ns) {
  sandbox_.bind(id, {OSEXT_ULS_TIMER, 77, 0, 1, 0, period_ns});
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
  for (int tries = 0; tries < 20000; ++tries) {
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

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 4) return 2;
  dice.seed(std::stoull(arguments[1]));
  module_path = arguments[2];
  int failed = 0;
  for (int i = 3; i < count; ++i) {
    const std::string word = arguments[i];
    const std::size_t colon = word.find(':');
    const auto check = checks().find(word.substr(0, colon));
    std::string problem = check == checks().end() ? "no such check" : "";
    try {
      rounds_asked = colon == word.npos ? 0 : std::stoull(word.substr(colon + 1));
      if (problem.empty()) check->second();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    fmt::print("{} {}\n", arguments[i], problem.empty() ? "ok" : "FAILED: " + problem);
    std::fflush(stdout);
    failed += !problem.empty();
  }
  return failed != 0;
}
