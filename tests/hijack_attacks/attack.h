// SPDX-License-Identifier: GPL-2.0
// Attacks: each tries one thing that a guest must not be able to do.  It returns `harmless` if the
// attempt came to nothing and `succeeded` if it did; being killed is harmless, too.
#pragma once

#include <osext/counters.h>
#include <signal.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace osext::test {

enum Outcome { harmless = 0, succeeded = 1, unusable = 77 };

using AttackBody = std::function<int(const std::vector<std::string>& arguments)>;
std::map<std::string, AttackBody>& attacks();
struct Attack {
  Attack(const char* name, AttackBody body) { attacks()[name] = std::move(body); }
};

// Says on standard output what was possible; the attack goes on with others, then returns it.
int found(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Ends the program with status `unusable` unless `ok`: the attack cannot be made here.
void need(bool ok, const char* what);

// Runs `body`; true if it ran to its end, false if a fault ended it.  A fault that the executive
// does not give back kills the process.
bool survives(const std::function<void()>& body);
extern volatile sig_atomic_t last_signal;

// A system call that libc has no part in; the executive runs, so its pages are hot.
long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0);

inline char* executive(std::uint64_t offset = 0) {
  return reinterpret_cast<char*>(OSEXT_EXECUTIVE_BASE + offset);
}

}  // namespace osext::test
