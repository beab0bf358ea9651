// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/run.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

#include "benchmarks/convert.h"
#include "benchmarks/run/dispersion.h"
#include "benchmarks/run/machines.h"
#include "benchmarks/run/merge.h"
#include "benchmarks/run/plan.h"
#include "benchmarks/run/progress.h"
#include "benchmarks/run/run_directory.h"
#include "report/report.h"

namespace osext {

namespace {

using Json = nlohmann::json;

// What describes one boot or one profile and not the run.
bool varies(const std::string& fact) {
  return fact == "boot_nonce" || fact == "snapshot" || fact == "profile";
}

Json describe(const RunOptions& options, const Machines& machines) {
  Json run = {{"schema", "run/1"},
              {"machine", options.machine},
              {"profiles", Json::array()},
              {"seed", options.seed},
              {"mode", options.full ? "full" : "quick"},
              {"operations", options.operations()},
              {"command", command_text(options)},
              {"tool", {{"compiler", "g++ " __VERSION__}}}};
  for (const auto& profile : profiles_of(options)) {
    if (!profile.empty()) run["profiles"].push_back(profile);
  }
  const auto facts = machines.begin()->second->describe();
  const auto fact = [&](const char* name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string() : found->second;
  };
  const std::string short_name = options.machine == "native" ? "native" : options.kernel;
  run["kernel"] = {{"name", std::filesystem::path(short_name).filename().string()},
                   {"release", fact("kernel_release")},
                   {"package", fact("kernel_package")},
                   {"command_line", fact("kernel_command_line")}};
  if (!fact("qemu_version").empty()) {
    run["qemu"] = {{"version", fact("qemu_version")},
                   {"package", fact("qemu_package")},
                   {"command_line", fact("qemu_command_line")}};
  }
  for (const auto& [name, value] : facts) {
    if (!varies(name)) run["facts"][name] = value;
  }
  for (const auto& [key, machine] : machines) {
    if (!key.boot.empty())
      run["boot_variants"][key.boot] = machine->describe().at("kernel_command_line");
  }
  return run;
}

// Everything that decides about the numbers: an interrupted run resumes only in an equal one.
Json environment(const RunOptions& options, const Machines& machines, const Place& place) {
  Json all = describe(options, machines);
  // This very program too: it turns counts into cycles.
  std::vector<std::filesystem::path> files = {place.runner(), place.executive(), place.plugin(),
                                              place.image(), "/proc/self/exe"};
  for (const auto& profile : profiles_of(options)) files.push_back(place.profile(profile));
  const auto modules = place.modules(kernel_name(place, options.kernel));
  if (options.machine != "native" && std::filesystem::exists(modules)) {
    for (const auto& entry : std::filesystem::directory_iterator(modules)) {
      files.push_back(entry.path());
    }
  }
  // Another boot is another state to measure from.
  for (const auto& [key, machine] : machines) {
    const auto facts = machine->describe();
    const auto nonce = facts.find("boot_nonce");
    if (nonce != facts.end()) all["boot_nonce"]["boot " + key.boot] = nonce->second;
  }
  std::sort(files.begin(), files.end());
  all["fingerprint"] = fmt::format("{:016x}", fingerprint(files));
  return all;
}

std::string verdict(const std::vector<Sample>& samples) {
  std::map<Status, std::size_t> count;
  std::map<Cell, Status> cells;
  for (const Sample& sample : samples) {
    auto& state = cells.try_emplace(sample.cell, sample.status).first->second;
    state = std::max(state, sample.status);
  }
  for (const auto& [cell, state] : cells) ++count[state];
  std::string text;
  for (const auto& [state, number] : count) {
    if (state != Status::ok)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, to_string(state));
  }
  return text.empty() ? "ok" : text;
}

class Run {
 public:
  Run(const RunOptions& options, const Place& place)
      : options_(options),
        place_(place),
        plan_(make_plan(options)),
        machines_(make_machines(plan_, options, place)),
        directory_(options.out.empty() ? place.tree / "results" / "latest" : options.out,
                   environment(options, machines_, place), options.fresh),
        progress_(static_cast<int>(plan_.size())),
        results_(plan_.size()) {}

  int execute() {
    if (directory_.resumed_units() > 0) {
      progress_.note(fmt::format("resuming: {} of {} units are done already",
                                 directory_.resumed_units(), plan_.size()));
    }
    measure_all();
    return finish();
  }

 private:
  void measure_all() {
    // On the simulated machine two units may run side by side: time there is virtual.
    const unsigned workers =
        options_.machine == "sim" ? std::clamp(std::thread::hardware_concurrency(), 1U, 2U) : 1;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < workers; ++i) threads.emplace_back([this] { work(); });
    threads.clear();  // joins
    if (error_) std::rethrow_exception(error_);
  }

  // What stops one unit for good (a full disk, say) stops the run; units that the
  // other worker has under way are finished and kept.
  void work() {
    try {
      for (std::size_t unit = next_++; unit < plan_.size(); unit = next_++) measure(unit);
    } catch (...) {
      next_ = plan_.size();
      const std::scoped_lock lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  void measure(std::size_t index) {
    const PlannedUnit& planned = plan_[index];
    const auto begin = std::chrono::steady_clock::now();
    if (auto earlier = directory_.finished(planned.name())) {
      results_[index] = std::move(*earlier);
    } else {
      progress_.started(planned.name());
      results_[index] = run_unit(planned);
      directory_.keep(planned.name(), results_[index]);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    progress_.finished(planned.name(), verdict(results_[index].samples), took.count());
  }

  RunDirectory::UnitFiles run_unit(const PlannedUnit& planned) {
    UnitResult result;
    try {
      result = machines_.at(machine_of(planned))->run(make_unit(planned, options_, place_));
    } catch (const std::exception& error) {
      result.outcome = Outcome::crashed;
      result.reason = "the machine could not be had: see the logs";
      directory_.keep_log(planned.name(), "error", std::string(error.what()) + "\n");
      progress_.note(fmt::format("{}: {}", planned.name(), error.what()));
    }
    directory_.keep_log(planned.name(), "console", result.console);
    directory_.keep_log(planned.name(), "kernel", result.kernel_log);
    for (const std::string& problem : kernel_log_problems(result.kernel_log)) {
      progress_.note(fmt::format("{}: the kernel's log says: {}", planned.name(), problem));
      sick_kernel_ = true;
    }
    UnitEvidence evidence{result.records, result.ring, result.ring_lost, Status::ok, ""};
    if (result.outcome == Outcome::timeout || result.outcome == Outcome::crashed) {
      evidence.end = result.outcome == Outcome::timeout ? Status::timeout : Status::crashed;
      evidence.end_reason = result.reason;
    }
    std::optional<Profile> profile;
    if (!planned.profile.empty()) profile = load_profile(place_.profile(planned.profile));
    // Exact metrics too with every profile: merge_restores() compares them.
    const Converted converted =
        convert(planned.cells, evidence, profile ? &*profile : nullptr, true);
    Json notes = Json::object();
    for (const auto& [name, value] : converted.notes) notes[name] = value;
    return {converted.samples, notes};
  }

  int finish() {
    std::vector<std::vector<Sample>> units;
    for (const auto& result : results_) units.push_back(result.samples);
    std::vector<Sample> samples = merge_restores(units);
    if (options_.machine != "sim") mark_dispersion(samples);

    Json run = describe(options_, machines_);
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      const PlannedUnit& unit = plan_[i];
      const std::string name = unit.mechanism + (unit.boot.empty() ? "" : " " + unit.boot);
      run["notes"][name] = results_[i].notes;
    }
    for (const auto& [key, machine] : machines_) {
      const auto facts = machine->describe();
      const auto nonce = facts.find("boot_nonce");
      if (nonce == facts.end()) continue;
      const Json boot = {{"kernel", facts.at("kernel_release")}, {"nonce", nonce->second}};
      Json& boots = run["boots"];
      if (std::find(boots.begin(), boots.end(), boot) == boots.end()) boots.push_back(boot);
    }
    run["cells"] = cell_states(plan_, samples);
    directory_.complete(samples, run);

    const ReportSummary summary = write_report(directory_.path());
    print_tables();
    if (!summary.plot_missing.empty()) fmt::print("{}\n", summary.plot_missing);
    fmt::print("report: {}\n", (directory_.path() / "report.html").string());
    if (sick_kernel_) {
      fmt::print("a kernel complained while it was measured: see {}\n",
                 (directory_.path() / "logs").string());
    }
    return acceptable(run["cells"]) && !sick_kernel_ ? 0 : 1;
  }

  void print_tables() const {
    winsize window{};
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    if (terminal) ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    const std::size_t width = window.ws_col >= 60 ? window.ws_col : 100;
    std::fflush(stdout);
    print_report(directory_.path(), std::cout, std::min<std::size_t>(width, 140), terminal);
    std::cout.flush();
  }

  const RunOptions& options_;
  const Place& place_;
  const std::vector<PlannedUnit> plan_;
  const Machines machines_;
  const RunDirectory directory_;
  Progress progress_;
  std::vector<RunDirectory::UnitFiles> results_;  // in plan order
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> sick_kernel_ = false;  // BUG, WARNING, Oops, ... in a unit's log
  std::mutex error_mutex_;
  std::exception_ptr error_;  // the first that stopped a worker
};

}  // namespace

int run(const RunOptions& options, const Place& place) {
  return Run(options, place).execute();
}

}  // namespace osext
