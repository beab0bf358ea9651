// SPDX-License-Identifier: GPL-2.0
// Checks that run inside a machine, as root, with the module at hand.  A check is a function that
// returns, or throws std::runtime_error with what is wrong; main.cpp runs those it is asked for.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <array>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include "benchmarks/mechanisms/kernel_module.h"
#include "uls/host/sandbox.h"

extern "C" const char extension_begin[], extension_end[], extension_count[], extension_details[],
    extension_least[], extension_quiet[], extension_spin[], extension_wait[], extension_misbehave[];

namespace osext::test {

extern std::string module_path;
extern std::mt19937_64 dice;  // seeded by the command line

// How often a check does what it does: what CHECK:ROUNDS asks for, else `usual`.
std::uint64_t rounds(std::uint64_t usual);

struct RegisterCheck {
  RegisterCheck(const char* name, std::function<void()> check);
};

template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition)
    throw std::runtime_error(fmt::format(text, std::forward<Arguments>(arguments)...));
}

// Loads the module while it lives; the end fails the check if the module stays.
class Loaded {
 public:
  explicit Loaded(const std::string& parameters = "");
  ~Loaded() noexcept(false);

 private:
  KernelModule module_;
};

// What an upcall of extension_count was told.
struct Told {
  std::uint32_t kind, number;
  std::uint64_t value, overrun;
  std::uint32_t pid, drained;
};

// Where a machine's time is the wall's, it may stand still for long: the most there is.
constexpr std::uint64_t kGenerousBudget = OSEXT_ULS_BUDGET_MAX_NS;

// An extension of extensions.S, started.
class Extension {
 public:
  explicit Extension(UlsSandbox& sandbox, const char* entry,
                     std::uint64_t budget_ns = kGenerousBudget, const std::string& name = "");
  std::uint64_t count() { return word(0); }  // upcalls
  Told told(std::size_t upcall);             // of the first 100
  osext_uls_record record(
      std::size_t upcall);  // of extension_details, the first 24; the last words are 0
  std::uint64_t word(std::uint32_t index);  // of its data
  void set_word(std::uint32_t index, std::uint64_t value);
  osext_uls_statistics statistics() { return sandbox_.statistics(id); }
  void bind_software(std::uint32_t number = 0, std::uint32_t queue = 1, std::int32_t priority = 0);
  void bind_timer(std::uint64_t period_ns);
  int raise(std::uint64_t value = 0, std::uint32_t number = 0) {
    return sandbox_.raise(id, number, value);
  }
  std::uint32_t id, code, data;

 private:
  UlsSandbox& sandbox_;
};

// What waitpid() says of a child that runs `body` and exits with its result.
int status_of_child(const std::function<int()>& body);
pid_t start_child(const std::function<int()>& body);
std::string describe_status(int status);
// Waits until `condition` holds; throws after some seconds.
void wait_until(const char* what, const std::function<bool()>& condition);
// The error that `attempt` throws, 0 if none.
int error_of(const std::function<void()>& attempt);
// The signal that `touch` gets, 0 if none; in this process.
int signal_of(const std::function<void()>& touch);

// Runs until `rounds` are over with known values in every general, vector and flag register and
// checks them all the time.  The number of the first that changed, 0 if none did.
extern "C" int hold_registers(std::uint64_t rounds);
extern "C" const char hold_registers_held[], hold_registers_end[];  // where it does

}  // namespace osext::test
