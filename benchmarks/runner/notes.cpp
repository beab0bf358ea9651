// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/runner/notes.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

namespace osext {
namespace {

std::string first_line(const std::string& path, const std::string& otherwise) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : otherwise;
}

// "key : value" of /proc/cpuinfo's first CPU.
std::string cpuinfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    if (line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1) != key) continue;
    return colon + 2 < line.size() ? line.substr(colon + 2) : "";
  }
  return "unknown";
}

std::string feature(std::string_view flag) {
  const std::string flags = " " + cpuinfo("flags") + " ";
  return flags.find(fmt::format(" {} ", flag)) == std::string::npos ? "off" : "on";
}

// "meltdown: Not affected; spectre_v2: Mitigation: Retpolines; ..."
std::string mitigations() {
  std::map<std::string, std::string> all;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/sys/devices/system/cpu/vulnerabilities", error))
    all[entry.path().filename()] = first_line(entry.path(), "unreadable");
  std::string text;
  for (const auto& [name, state] : all)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name, state);
  return text.empty() ? "not shown by this kernel" : text;
}

std::string security_modules() {
  const std::string listed = first_line("/sys/kernel/security/lsm", "");
  if (!listed.empty()) return listed;
  std::error_code error;
  const bool selinux = std::filesystem::exists("/sys/fs/selinux", error);
  return fmt::format("securityfs is not mounted; selinux {}", selinux ? "present" : "absent");
}

std::string scheduling_policy() {
  switch (sched_getscheduler(0)) {
    case SCHED_OTHER:
      return "SCHED_OTHER";
    case SCHED_FIFO:
      return "SCHED_FIFO";
    case SCHED_RR:
      return "SCHED_RR";
    default:
      return "other";
  }
}

}  // namespace

std::vector<Note> environment_notes() {
  utsname name{};
  uname(&name);
  const std::string clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  const std::string frequency = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
  const std::string huge = "/sys/kernel/mm/transparent_hugepage/enabled";
  return {
      {"kernel_release", name.release},
      {"kernel_version", name.version},
      {"kernel_command_line", first_line("/proc/cmdline", "unreadable")},
      {"cpu_model", cpuinfo("model name")},
      {"cpu_mhz", cpuinfo("cpu MHz")},
      {"cpu_pcid", feature("pcid")},
      {"cpu_erms", feature("erms")},
      {"cpu_fsrm", feature("fsrm")},
      {"clocksource", first_line(clock, "unreadable")},
      {"mitigations", mitigations()},
      {"security_modules", security_modules()},
      {"scheduling_policy", scheduling_policy()},
      {"sched_rt_runtime_us", first_line("/proc/sys/kernel/sched_rt_runtime_us", "unreadable")},
      {"frequency_governor", first_line(frequency, "none")},
      {"transparent_hugepages", first_line(huge, "none")},
      {"perf_event_paranoid", first_line("/proc/sys/kernel/perf_event_paranoid", "unreadable")},
  };
}

}  // namespace osext
