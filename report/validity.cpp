// SPDX-License-Identifier: GPL-2.0
// The sentences that stand with tables and plots; see validity.h.
#include "report/validity.h"

namespace osext::report {
namespace {

bool of_the_papers(std::string_view profile) {
  return profile.starts_with("pentium");
}

}  // namespace

std::string_view cycles_are(std::string_view machine) {
  return machine == "sim" ? "modelled" : "measured";
}

std::string setting(const RunInfo& info, std::string_view profile) {
  std::string text = profile.empty() ? "" : "profile " + std::string(profile) + ", ";
  return text + "machine " + info.machine + ", kernel " + kernel_text(info);
}

std::vector<std::string> provenance(const RunInfo& info, std::string_view profile) {
  if (info.machine == "sim") {
    return {"Instructions are counted, exactly. Cycles and TLB misses are modelled by profile " +
            std::string(profile) + ", never measured."};
  }
  return {
      "Cycles are measured on this hardware; instructions and TLB misses where it has a "
      "counter for them."};
}

std::vector<std::string> reservations(const RunInfo& info, std::string_view profile) {
  std::vector<std::string> notes;
  if (info.machine == "sim" && of_the_papers(profile)) {
    notes.push_back(
        "The profile transplants costs and TLB geometry, not the old machine: trace cache, "
        "out-of-order execution and data caches are not modelled.");
  } else if (info.machine == "sim") {
    notes.push_back(
        "The simulated machine has no PCID: process switches, and with them pipes, come out dearer "
        "than on this processor under Linux with PCID.");
  } else {
    notes.push_back(
        "The papers' columns are from machines of 2001 to 2004: compare ratios, not cycles.");
  }
  return notes;
}

std::vector<std::string> time_provenance(const RunInfo& info) {
  if (info.machine == "sim") {
    return {
        "Times are read from the guest's clock, which counts instructions: exact, and virtual (an "
        "instruction takes 1 ns)."};
  }
  return {"Times are read from the clock of this machine."};
}

std::vector<std::string> time_reservations(const RunInfo& info) {
  std::vector<std::string> notes;
  if (info.machine == "sim") {
    notes.push_back(
        "Time is virtual, 1 ns an instruction (shift 0): TLB misses, caches and mode switches cost "
        "nothing in it.");
  }
  // What the machine was set to when it booted, for every experiment alike.
  constexpr std::string_view kSetting = "facts.setting.";
  std::string settings;
  for (const auto& [name, value] : info.environment)
    if (name.starts_with(kSetting))
      settings += (settings.empty() ? "" : ", ") + name.substr(kSetting.size()) + "=" + value;
  if (!settings.empty())
    notes.push_back("A real-time task may have the whole CPU: " + settings + ".");
  return notes;
}

}  // namespace osext::report
