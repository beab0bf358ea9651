// SPDX-License-Identifier: GPL-2.0
// Checks that run inside a machine, as root, with the module at hand.  A check is a function that
// returns, or throws std::runtime_error with what is wrong; main.cpp runs those it is asked for.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include "benchmarks/mechanisms/kernel_module.h"
#include "executive/host/session.h"

namespace osext::test {

struct Place {  // of what the host sent along
  std::string module, entries_module, executive, launcher, bad_executive;
  std::string delivery;  // how signals reach executives; empty: as they choose
};
extern Place place;
extern std::mt19937_64 dice;  // seeded by the command line

// How often the running check does what it does: as the command line says, or as usual.
int rounds(int usual);

struct RegisterCheck {
  RegisterCheck(const char* name, std::function<void()> check);
};

template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition)
    throw std::runtime_error(fmt::format(text, std::forward<Arguments>(arguments)...));
}

// As ours, with the executive's signals as the command line wants them.
class HijackSession : public osext::HijackSession {
 public:
  void start(const std::string& executive_path, HijackOptions options = {}) {
    if (!place.delivery.empty()) options.words += " delivery=" + place.delivery;
    osext::HijackSession::start(executive_path, options);
  }
};

// Loads Hijack's module while it lives; the end fails the check if the module stays.
class Loaded {
 public:
  explicit Loaded(const std::string& parameters = "");
  ~Loaded() noexcept(false);

 private:
  KernelModule module_;
};

// What waitpid() says of a child that runs `body` and exits with its result.
int status_of_child(const std::function<int()>& body);
std::string describe_status(int status);

// Runs `body` as a guest of a fresh session in a child; returns waitpid()'s status.
int status_of_guest(const std::function<int()>& body, const HijackOptions& options = {});

// A session in this process that answers as it should, from start to stop.
void require_working_session();

// The address that guests must never reach: the executive's counters, hot after each call.
volatile std::uint64_t* executive_memory();

}  // namespace osext::test
