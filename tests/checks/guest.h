// SPDX-License-Identifier: GPL-2.0
// Checks that run inside a machine, as root, with a module at hand.  A check is a function that
// returns, or throws std::runtime_error with what is wrong; the program's main() calls
// run_checks().
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/mechanisms/kernel_module.h"

namespace osext::test {

// Seeded by run_checks().
extern std::mt19937_64 dice;
// Of CHECK@WAY; empty: as usual.
extern std::string way;
// Of CHECK:ROUNDS; 0: as usual.
extern std::uint64_t rounds_asked;

// How often the running check does what it does, if it usually does it `usual` times.
template <class Number>
Number rounds(Number usual) {
  return rounds_asked > 0 ? static_cast<Number>(rounds_asked) : usual;
}

// At namespace scope: puts the check on the list.
struct RegisterCheck {
  RegisterCheck(const char* name, std::function<void()> check);
};

// Runs what `words` name as CHECK[@WAY][:ROUNDS], a line of output each: the word and "ok", or what
// is wrong.  Returns main()'s status.  `seed` is a number in words.
int run_checks(const std::string& seed, const std::vector<std::string>& words,
               const std::vector<std::string>& ways = {});

template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition)
    throw std::runtime_error(fmt::format(text, std::forward<Arguments>(arguments)...));
}

// Keeps a module loaded while it lives; the end fails the check if the module stays.
class LoadedModule {
 public:
  // As KernelModule::load().
  LoadedModule(const std::string& file, const std::string& name, const std::string& parameters);
  ~LoadedModule() noexcept(false);

 private:
  KernelModule module_;
};

// A child that runs `body` and exits with its result, or with 99 if `body` throws.
pid_t start_child(const std::function<int()>& body);
// What waitpid() says of such a child.
int status_of_child(const std::function<int()>& body);
std::string describe_status(int status);

// Waits until `condition` holds; throws if that is not so far beyond what the slowest machine
// needs.
void wait_until(const char* what, const std::function<bool()>& condition);
// The error that `attempt` throws, 0 if none.
int error_of(const std::function<void()>& attempt);
// The signal that `touch` gets, 0 if none; in this process.
int signal_of(const std::function<void()>& touch);

}  // namespace osext::test
