// SPDX-License-Identifier: GPL-2.0
// The running kernel's gates; see native_kernel.h.
#include "machine/doctor/native_kernel.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>

namespace osext {
namespace {

constexpr int kCapSysModule = 16;

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_module_capability(const std::filesystem::path& root) {
  std::istringstream status(read_text(root / "proc/self/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:"))
      return std::stoull(line.substr(7), nullptr, 16) >> kCapSysModule & 1;
  return false;
}

// "[none] integrity confidentiality" -> "none".
std::string chosen(const std::string& text) {
  auto begin = text.find('['), end = text.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "";
  return text.substr(begin + 1, end - begin - 1);
}

// The variable's value follows four bytes of attributes.
bool secure_boot(const std::filesystem::path& root) {
  std::string variable =
      read_text(root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
  return variable.size() >= 5 && variable[4] == 1;
}

}  // namespace

Diagnosis examine_modules(const std::filesystem::path& root) {
  Diagnosis line{Health::limited, "modules", "",
                 "machine native measures linux and ptrace only; sim runs everything", ""};
  utsname system{};
  uname(&system);
  if (!std::filesystem::exists(root / "proc/modules")) {
    line.state = "this kernel has no loadable modules";
    line.remedy = "use a distribution's kernel, if you want modules on native";
  } else if (read_text(root / "proc/sys/kernel/modules_disabled").starts_with("1")) {
    line.state = "loading is switched off until the next boot (kernel.modules_disabled)";
    line.remedy = "boot without that setting, if you want modules on native";
  } else if (!std::filesystem::exists(root / "lib/modules" / system.release / "build")) {
    line.state = fmt::format("no headers of the running kernel {}", system.release);
    line.remedy = "install its linux-headers package, if you want modules on native";
  } else if (!has_module_capability(root)) {
    line.state = "loadable by root only";
    line.remedy = "run as root, if you want modules on native";
  } else {
    line = {Health::good, "modules", fmt::format("loadable into the running {}", system.release),
            "machine native can run everything, if you allow it", ""};
  }
  return line;
}

Diagnosis examine_lockdown(const std::filesystem::path& root) {
  std::string lockdown = chosen(read_text(root / "sys/kernel/security/lockdown"));
  bool secure = secure_boot(root);
  std::string state = fmt::format("Secure Boot {}, lockdown {}", secure ? "on" : "off",
                                  lockdown.empty() ? "absent" : lockdown);
  if (!secure && (lockdown.empty() || lockdown == "none"))
    return {Health::good, "lockdown", state, "unsigned modules are not refused for it", ""};
  return {Health::limited, "lockdown", state,
          "the running kernel refuses unsigned modules; sim is not concerned",
          "switch Secure Boot off in the firmware, if you want modules on native"};
}

}  // namespace osext
