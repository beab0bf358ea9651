// SPDX-License-Identifier: GPL-2.0
// The virtual machines behind machine.h: sim restores a snapshot for each unit,
// smp and kvm boot for each.
#include "machine/vm/machines.h"

#include <fmt/format.h>

#include "machine/vm/snapshot.h"
#include "machine/vm/vm.h"

namespace osext {
namespace fs = std::filesystem;

namespace {

std::map<std::string, std::string> describe_common(const VmSetup& setup, const VmOptions& options,
                                                   VmKind kind, const char* id) {
  return {{"id", id},
          {"kernel_release", setup.kernel.release},
          {"kernel_package", setup.kernel.package},
          {"kernel_command_line", kernel_command_line(kind, options.kernel_words)},
          {"qemu_version", setup.qemu_version},
          {"qemu_package", setup.qemu_package},
          {"qemu_command_line", shown_command_line(options, kind)}};
}

// "osext-agent: setting NAME=VALUE" lines of the boot log.
void add_settings(const std::string& log, std::map<std::string, std::string>& facts) {
  constexpr std::string_view mark = "osext-agent: setting ";
  for (size_t at = 0; (at = log.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    std::string line = log.substr(at, log.find_first_of("\r\n", at) - at);
    size_t equals = line.find('=');
    if (equals != std::string::npos)
      facts["setting." + line.substr(0, equals)] = line.substr(equals + 1);
  }
}

class Sim final : public Machine {
 public:
  explicit Sim(const VmOptions& options)
      : options_(with_defaults(options)),
        setup_(read_setup(options_.build / "setup.json", options_.kernel)),
        snapshot_(obtain_snapshot(setup_, options_)) {}

  UnitResult run(const Unit& unit) override {
    Deadline deadline = deadline_in(unit.limit);
    VmStart start;
    start.incoming = true;
    start.kernel_words = options_.kernel_words;
    start.counting = !options_.plugin.empty();
    Vm vm(setup_, options_, start);
    vm.load(snapshot_.state, deadline);
    // Only now: the restore has put the region's old contents back.
    vm.region().submit(unit);
    return vm.run_to_end(true, deadline);
  }

  std::map<std::string, std::string> describe() const override {
    auto facts = describe_common(setup_, options_, VmKind::sim, "sim");
    facts["boot_nonce"] = snapshot_.nonce;
    facts["snapshot"] = snapshot_.key;
    facts["profile"] = options_.profile.stem().string();
    add_settings(snapshot_.boot_log, facts);
    return facts;
  }

 private:
  VmOptions options_;
  VmSetup setup_;
  Snapshot snapshot_;
};

class FreshBoot final : public Machine {
 public:
  FreshBoot(const VmOptions& options, VmKind kind)
      : options_(with_defaults(options)),
        setup_(read_setup(options_.build / "setup.json", options_.kernel)),
        kind_(kind) {
    if (!options_.plugin.empty())
      throw MachineError("the counting plugin works on the machine sim only");
  }

  UnitResult run(const Unit& unit) override {
    VmStart start;
    start.kind = kind_;
    start.kernel_words = "osext.nosnapshot";
    if (!options_.kernel_words.empty()) start.kernel_words += " " + options_.kernel_words;
    Vm vm(setup_, options_, start);
    // The agent waits for it once the machine has booted.
    vm.region().submit(unit);
    return vm.run_to_end(false, deadline_in(unit.limit));
  }

  std::map<std::string, std::string> describe() const override {
    return describe_common(setup_, options_, kind_, kind_ == VmKind::smp ? "smp" : "kvm");
  }

 private:
  VmOptions options_;
  VmSetup setup_;
  VmKind kind_;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished:
      return "finished";
    case Outcome::failed:
      return "failed";
    case Outcome::timeout:
      return "timeout";
    case Outcome::crashed:
      return "crashed";
  }
  return "unknown";
}

std::unique_ptr<Machine> make_sim(const VmOptions& options) {
  return std::make_unique<Sim>(options);
}

std::unique_ptr<Machine> make_smp(const VmOptions& options) {
  return std::make_unique<FreshBoot>(options, VmKind::smp);
}

std::unique_ptr<Machine> make_kvm(const VmOptions& options) {
  return std::make_unique<FreshBoot>(options, VmKind::kvm);
}

}  // namespace osext
