// SPDX-License-Identifier: GPL-2.0
// What ULS's checks have in common, beside what all checks have.
#pragma once

#include <array>

#include "tests/checks/guest.h"
#include "uls/host/sandbox.h"

extern "C" const char extension_begin[], extension_end[], extension_count[], extension_details[],
    extension_least[], extension_quiet[], extension_clock[], extension_spin[], extension_wait[],
    extension_misbehave[];

namespace osext::test {

extern std::string module_path;

// Keeps ULS's module loaded while it lives.
struct Loaded : LoadedModule {
  explicit Loaded(const std::string& parameters = "")
      : LoadedModule(module_path, "osext_uls", parameters) {}
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

// Runs until `rounds` are over with known values in every general, vector and flag register and
// checks them all the time.  The number of the first that changed, 0 if none did.
extern "C" int hold_registers(std::uint64_t rounds);
extern "C" const char hold_registers_held[], hold_registers_end[];  // where it does

}  // namespace osext::test
