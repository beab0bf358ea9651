// SPDX-License-Identifier: GPL-2.0
// All questions of the doctor, in the order in which they are printed.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <sstream>

#include "machine/doctor.h"
#include "machine/doctor/capture.h"
#include "machine/doctor/kvm_race.h"
#include "machine/doctor/native_kernel.h"
#include "machine/doctor/pmu.h"
#include "machine/doctor/preflight.h"
#include "machine/machine.h"
#include "machine/vm/process.h"

namespace osext {
namespace {

constexpr std::array kKernels = {"6.12", "6.1"};

// The QEMU that the set-up chose; it takes none without plugins or older than 10.
Diagnosis examine_qemu(const std::optional<VmSetup>& setup, const std::string& why) {
  if (!setup)
    return {Health::limited, "QEMU", "not set up yet", "machines sim and kvm do not start",
            "run benchmarks/all, which fetches it (" + why + ")"};
  Capture output;
  SpawnOptions spawn;
  spawn.argv = {setup->qemu.string(),         "-machine", "none", "-display", "none", "-plugin",
                "file=/nonexistent/plugin.so"};
  spawn.output = output.descriptor();
  Process qemu(spawn);
  qemu.wait_until(deadline_in(std::chrono::seconds(10)));
  if (output.text().find("Could not load plugin") == std::string::npos)
    return {Health::bad, "QEMU", setup->qemu.string() + " does not run or has no plugins",
            "machine sim does not start",
            "remove it and run benchmarks/all, which fetches another"};
  return {Health::good, "QEMU", fmt::format("{} with plugins", setup->qemu_version),
          "machine sim runs", ""};
}

Diagnosis examine_kernels(const std::vector<VmSetup>& setups) {
  std::string state;
  for (const auto& setup : setups)
    state += fmt::format("{}{}", state.empty() ? "" : ", ", setup.kernel.release);
  if (setups.empty())
    return {Health::limited, "kernels", "none fetched yet",
            "machines sim and kvm have nothing to boot", "run benchmarks/all, which fetches 6.12"};
  if (setups.size() < kKernels.size())
    return {Health::good, "kernels", state,
            "another is fetched when --kernel or tests/all asks for it", ""};
  return {Health::good, "kernels", state, "ready to boot", ""};
}

std::string seconds_text(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.1f} s", *seconds) : "more than was waited for";
}

Diagnosis examine_kvm(const std::optional<VmSetup>& setup) {
  Diagnosis line{Health::limited, "KVM", "", "machine kvm is not available; sim does not need it",
                 ""};
  if (!setup) {
    line.state = "not examined: there is no kernel to boot yet";
    line.remedy = "run benchmarks/all, then ask again";
    return line;
  }
  KvmRace race = race_kvm(*setup);
  switch (race.verdict) {
    case KvmRace::Verdict::absent:
      line.state = "there is no /dev/kvm";
      line.remedy = "enable virtualisation in the firmware, or use a computer that has it";
      break;
    case KvmRace::Verdict::forbidden:
      line.state = "/dev/kvm may not be opened";
      line.remedy = "add yourself to the group kvm: sudo adduser $USER kvm, then log in again";
      break;
    case KvmRace::Verdict::refused:
      line.state = "/dev/kvm opens, but a stock kernel does not start: " + race.detail;
      line.remedy = "use a computer whose processor virtualises in hardware";
      break;
    case KvmRace::Verdict::slow:
      line.state =
          fmt::format("/dev/kvm opens, but a stock kernel (-cpu {}) {}; TCG needs {}", race.cpu,
                      race.kvm_seconds ? fmt::format("needs {:.1f} s to boot", *race.kvm_seconds)
                                       : std::string("did not boot meanwhile"),
                      seconds_text(race.tcg_seconds));
      line.remedy = "use a computer whose processor virtualises in hardware";
      break;
    case KvmRace::Verdict::usable:
      line.health = Health::good;
      line.state = fmt::format("a stock kernel (-cpu {}) boots in {}", race.cpu,
                               seconds_text(race.kvm_seconds));
      line.consequence = "machine kvm is available";
      break;
  }
  return line;
}

Diagnosis examine_pmu() {
  PmuCheck check = check_pmu();
  if (check.counts)
    return {Health::good, "PMU", check.detail, "machine native counts in hardware", ""};
  return {Health::limited, "PMU", check.detail,
          "machine native measures time stamps only; sim counts exactly",
          "use a computer, not a virtual machine, and sysctl kernel.perf_event_paranoid=1"};
}

// Runs one question; what it throws is its answer.
template <typename Question>
Diagnosis answer(const char* name, Question question) {
  try {
    return question();
  } catch (const std::exception& error) {
    return {Health::limited, name, fmt::format("not examined: {}", error.what()), "unknown", ""};
  }
}

}  // namespace

std::vector<Diagnosis> examine(const DoctorOptions& options) {
  std::vector<VmSetup> setups;
  std::string why;
  for (const char* kernel : kKernels) {
    try {
      setups.push_back(read_setup(options.build / "setup.json", kernel));
    } catch (const std::exception& error) {
      if (why.empty()) why = error.what();
    }
  }
  std::optional<VmSetup> setup;
  if (!setups.empty()) setup = setups.front();

  std::vector<Diagnosis> lines = run_preflight(options.tree);
  lines.push_back(answer("QEMU", [&] { return examine_qemu(setup, why); }));
  lines.push_back(answer("kernels", [&] { return examine_kernels(setups); }));
  lines.push_back(answer("KVM", [&] { return examine_kvm(setup); }));
  lines.push_back(answer("PMU", [] { return examine_pmu(); }));
  lines.push_back(answer("modules", [] { return examine_modules(); }));
  lines.push_back(answer("lockdown", [] { return examine_lockdown(); }));
  return lines;
}

}  // namespace osext
