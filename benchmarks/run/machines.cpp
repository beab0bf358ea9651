// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/machines.h"

#include <fmt/format.h>

#include <set>

#include "benchmarks/catalog.h"
#include "machine/doctor/kvm_race.h"
#include "machine/vm/setup_file.h"

namespace osext {

namespace fs = std::filesystem;

namespace {

constexpr const char* guest_folder = "/run/osext";

// KVM is used only where it runs a stock kernel faster than interpreting it would.
void require_kvm(const VmOptions& vm) {
  const KvmRace race = race_kvm(read_setup(vm.build / "setup.json", vm.kernel));
  if (race.verdict == KvmRace::Verdict::usable) return;
  throw MachineError(
      "the machine kvm is not usable on this computer: benchmarks/all --doctor says why; the "
      "default, --machine sim, needs no KVM");
}

std::unique_ptr<Machine> make_machine(const RunOptions& options, const Place& place,
                                      const MachineKey& key, bool fresh) {
  if (options.machine == "native") return make_native({});
  VmOptions vm;
  vm.build = place.build();
  vm.kernel = kernel_name(place, options.kernel);
  vm.kernel_words = key.boot;
  if (options.machine == "kvm") {
    require_kvm(vm);
    return make_kvm(vm);
  }
  vm.fresh = fresh;
  vm.snapshots = options.snapshots;
  if (key.profile.empty()) return make_sim(vm);
  vm.plugin = place.plugin();
  vm.profile = place.profile(key.profile);
  if (!fs::exists(vm.profile)) {
    throw MachineError(
        fmt::format("there is no CPU profile '{}': see machine/sim/profiles", key.profile));
  }
  return make_sim(vm);
}

// Every module of the tree, or only those that the experiment's workloads need themselves.
std::set<fs::path> modules_of(const PlannedUnit& planned, bool all, const RunOptions& options,
                              const Place& place) {
  const fs::path source = place.modules(kernel_name(place, options.kernel));
  std::set<fs::path> files;
  for (const Row& row : find_experiment(planned.experiment).rows)
    if (!row.module.empty()) files.insert(source / (row.module + ".ko"));
  if (!all) return files;
  for (const auto& entry : fs::directory_iterator(source))
    if (entry.path().extension() == ".ko") files.insert(entry.path());
  return files;
}

}  // namespace

Machines make_machines(const std::vector<PlannedUnit>& plan, const RunOptions& options,
                       const Place& place) {
  Machines machines;
  std::set<std::string> booted;  // one boot of each command line serves all profiles
  for (const PlannedUnit& unit : plan) {
    const MachineKey key = machine_of(unit);
    if (machines.contains(key)) continue;
    const bool fresh = options.fresh && booted.insert(key.boot).second;
    machines[key] = make_machine(options, place, key, fresh);
  }
  return machines;
}

Unit make_unit(const PlannedUnit& planned, const RunOptions& options, const Place& place) {
  const std::string folder = guest_folder;
  Unit unit;
  unit.name = planned.name();
  unit.records = folder + "/records";
  unit.files.push_back({place.runner(), folder + "/osext-runner", 0755});
  unit.argv = {folder + "/osext-runner",
               "--experiment=" + planned.experiment,
               "--mechanism=" + planned.mechanism,
               "--machine=" + options.machine,
               fmt::format("--operations={}", options.operations()),
               fmt::format("--seed={}", options.seed),
               "--records=" + unit.records};
  if (options.full) unit.argv.push_back("--full");
  if (!planned.boot.empty()) unit.argv.push_back("--boot=" + planned.boot);
  if (options.machine != "native") {
    const bool all = find_mechanism(planned.mechanism).needs_module;
    for (const fs::path& module : modules_of(planned, all, options, place))
      unit.files.push_back({module, folder + "/modules/" + module.filename().string(), 0644});
    if (unit.files.size() > 1) unit.argv.push_back("--modules=" + folder + "/modules");
    if (all) {
      unit.files.push_back({place.executive(), folder + "/executive", 0755});
      unit.argv.push_back("--executive=" + folder + "/executive");
    }
  }
  // By the host's clock: far beyond what a unit takes, as the host may be busy with other things.
  unit.limit = std::chrono::seconds(options.full ? 3600 : 900);
  return unit;
}

}  // namespace osext
