// SPDX-License-Identifier: GPL-2.0
// Reading kernel logs; see kernel_log.h and machine.h.
#include "machine/vm/kernel_log.h"

#include <array>
#include <cctype>
#include <vector>

#include "machine/machine.h"

namespace osext {
namespace {

// As printed by mm, kernel/panic.c, watchdog, RCU, traps and lockdep.
constexpr std::array signs = {
    "BUG:",
    "kernel BUG at",
    "Oops",
    "Kernel panic",
    "general protection fault",
    "[#1]",
    "double fault",
    "stack segment",
    "invalid opcode:",
    "divide error:",
    "unable to handle",
    "soft lockup",
    "hard LOCKUP",
    "rcu_preempt detected",
    "rcu_sched detected",
    "detected stalls",
    "self-detected stall",
    "blocked for more than",
    "scheduling while atomic",
    "sleeping function called",
    "Call Trace:",
    "refcount_t:",
    "list_add corruption",
    "list_del corruption",
    "Bad page state",
    "corrupted stack end",
    "unchecked MSR access",
    "Uhhuh. NMI",
};

std::string_view without_stamp(std::string_view line) {
  // "<4>" before, "[    1.234567] " or "[    1.234567][    T1] " at the start.
  if (!line.empty() && line[0] == '<') {
    size_t end = line.find('>');
    if (end != std::string_view::npos && end <= 4) line.remove_prefix(end + 1);
  }
  while (!line.empty() && line[0] == '[') {
    size_t end = line.find(']');
    if (end == std::string_view::npos ||
        line.substr(1, end - 1).find_first_not_of(" .0123456789TC") != std::string_view::npos)
      break;
    line.remove_prefix(end + 1);
    while (!line.empty() && line[0] == ' ') line.remove_prefix(1);
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

bool is_problem(std::string_view line) {
  // A user program's fault is told in the same words, but is no problem of the kernel's.
  if (line.starts_with("traps: ")) return false;
  // At the start only: the mitigations use the word when all is well.
  if (line.starts_with("WARNING:")) return true;
  for (std::string_view sign : signs)
    if (line.find(sign) != std::string_view::npos) return true;
  return false;
}

template <typename Visit>
void for_each_line(std::string_view log, Visit visit) {
  while (!log.empty()) {
    size_t end = log.find('\n');
    visit(log.substr(0, end));
    if (end == std::string_view::npos) return;
    log.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<std::string> kernel_log_problems(std::string_view log) {
  std::vector<std::string> found;
  for_each_line(log, [&](std::string_view line) {
    line = without_stamp(line);
    if (is_problem(line)) found.emplace_back(line);
  });
  return found;
}

std::string without_addresses(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size();) {
    size_t end = i;
    while (end < line.size() && isalnum(static_cast<unsigned char>(line[end])) != 0) end++;
    std::string_view word = line.substr(i, end - i);
    std::string_view digits = word.substr(0, 2) == "0x" ? word.substr(2) : word;
    bool address = digits.size() >= 8 &&
                   digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    out += address ? "ADDRESS" : word;
    if (end < line.size()) out += line[end++];
    i = end;
  }
  return out;
}

std::string crash_reason(std::string_view log) {
  std::string reason;
  for (const auto& line : kernel_log_problems(log))
    if (reason.empty() || (line.find("Kernel panic") != std::string::npos &&
                           reason.find("Kernel panic") == std::string::npos &&
                           reason.find("Call Trace") != std::string::npos))
      reason = line;
  return without_addresses(reason);
}

}  // namespace osext
