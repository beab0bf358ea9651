// SPDX-License-Identifier: GPL-2.0
// What SafeX's checks have in common, beside what all checks have.
#pragma once

#include <memory>
#include <optional>

#include "kmod_safex/host/safex.h"
#include "tests/checks/guest.h"

namespace osext::test {

extern std::string module_path, extensions_path;  // extensions_path: a folder

// Keeps SafeX's module loaded while it lives.  `off`: protections that are off, with + between.
struct Loaded : LoadedModule {
  // So that reservations can be generous, the limit is, unless it is what is tested.
  explicit Loaded(const std::string& off = "", const std::string& limit = "limit=1000000000")
      : LoadedModule(module_path, "osext_safex",
                     (off.empty() ? "" : "test_off=" + off + " ") + limit) {}
};

constexpr std::uint32_t kAll = OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE | OSEXT_SAFEX_RAISE;

// Time that no run of these tests needs, where a machine's time is the wall's; and a reservation
// for it that the limit admits.
constexpr SafexReservation kGenerous{OSEXT_SAFEX_TICK, 1'000'000'000, 1'000'000'000'000, 1'000'000};

inline SafexProgram battery(const std::string& function) {
  return SafexProgram(extensions_path + "/battery.bpf.o", function);
}

// A class as the slides' service has it.
inline SafexClass make_task(const std::string& name = "task") {
  return SafexClass(name,
                    {{"target", 100, OSEXT_SAFEX_CONSTANT},
                     {"actual", 7},
                     {"adjustment", 0, OSEXT_SAFEX_RANGE, -1000, 1000}},
                    {"sample", "error", "again"});
}

// An extension of the battery with a class of its own that it has all rights for, bound to the
// class's event `sample`.
struct Alone {
  explicit Alone(const std::string& function, const SafexReservation& reservation = kGenerous,
                 std::uint32_t rights = kAll)
      : program(battery(function)), extension(program, reservation), task(make_task()) {
    task.grant(extension, rights);
    task.bind(extension, "sample");
  }
  osext_safex_raise raise(std::int64_t value = 0) { return task.raise("sample", value); }

  SafexProgram program;
  SafexExtension extension;
  SafexClass task;
};

}  // namespace osext::test
