// SPDX-License-Identifier: GPL-2.0
// osext-runner: measures one unit (experiment x mechanism) on the machine it runs on and writes raw
// records.  The same binary runs inside the virtual machines and natively; Google Benchmark
// registers and drives the cells, with fixed iterations and manual time.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "benchmarks/catalog.h"
#include "benchmarks/mechanism.h"
#include "benchmarks/runner/drawing.h"
#include "benchmarks/runner/notes.h"
#include "benchmarks/runner/record_reporter.h"
#include "benchmarks/runner/unit_run.h"
#include "measure/affinity.h"

namespace osext {
namespace {

struct Arguments {
  std::string experiment = "primitive_cost";
  std::string mechanism = "linux";
  std::string machine = "native";
  std::string records;
  PlanOptions plan;
  Environment env;
  std::uint64_t seed = 1;
  std::string boot;
  bool list = false;
};

void add_options(CLI::App& app, Arguments& args) {
  app.add_option("--experiment", args.experiment, "which experiment");
  app.add_option("--mechanism", args.mechanism, "which mechanism");
  app.add_option("--machine", args.machine, "sim, kvm, native or smp: decides what counts");
  app.add_option("--operations", args.plan.operations, "operations of each series")
      ->check(CLI::Range(1, 200'000));
  app.add_option("--warmup", args.plan.warmup, "operations before each series")
      ->check(CLI::Range(0, 50'000));
  app.add_option("--seed", args.seed,
                 "draws the order of the cells, where stack and data lie, phases of streams");
  app.add_option("--records", args.records, "file for the raw records");
  app.add_option("--only", args.plan.only, "these workloads only")->delimiter(',');
  app.add_option("--modules", args.env.modules, "folder of the kernel modules; loads them");
  app.add_option("--executive", args.env.executive, "file of Hijack's executive");
  app.add_flag("--full", args.plan.full, "the full extent, and the rows that only a full run has");
  app.add_option("--boot", args.boot,
                 "the cells that need these words on the kernel's command line (default: none)");
  app.add_flag("--list", args.list, "print the cells and measure nothing");
}

std::string name_of(const Cell& cell) {
  return cell.params.empty() ? cell.workload
                             : fmt::format("{}/{}", cell.workload, to_string(cell.params));
}

void list_cells(const std::vector<PlannedCell>& cells) {
  for (const PlannedCell& plan : cells)
    fmt::print("{} {} {}: {} x {} operations{}\n", plan.cell.experiment, plan.cell.mechanism,
               name_of(plan.cell), plan.series.count, plan.series.ops,
               plan.skip_reason.empty() ? "" : ", skipped: " + plan.skip_reason);
}

// What Google Benchmark calls: one pass over all pairs of the cell.
void run_cell(benchmark::State& state, UnitRun& unit, const DrawnCell& cell) {
  while (state.KeepRunningBatch(state.max_iterations)) {
    const auto start = std::chrono::steady_clock::now();
    try {
      placed(cell, [&] { unit.measure(*cell.plan); });
    } catch (const std::exception& error) {
      state.SkipWithError(one_line(error.what()).c_str());
      return;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
  }
}

void write_notes(RawWriter& writer, const Sampler& sampler, int cpu) {
  for (const auto& [name, value] : environment_notes()) writer.note(name, value);
  writer.note("pinned_to_cpu", std::to_string(cpu));
  writer.note("benchmark_library_build", benchmark_library_build());
  writer.note("pmu", sampler.pmu_reason().empty() ? "counts" : sampler.pmu_reason());
  writer.note("papi", sampler.papi_reason().empty() ? "counts" : sampler.papi_reason());
}

void skip(RawWriter& writer, const PlannedCell& plan, const std::string& reason) {
  writer.cell(plan.cell);
  writer.status(Status::skipped, reason);
  fmt::print("{}: skipped: {}\n", name_of(plan.cell), reason);
}

// Returns how many cells failed.
std::size_t run_unit(const Arguments& args, const std::vector<PlannedCell>& cells) {
  RawWriter writer(args.records);
  const int cpu = pin_to_one_cpu();
  Sampler sampler(writer, args.env.machine == MachineId::sim);
  write_notes(writer, sampler, cpu);

  std::vector<const PlannedCell*> wanted;
  for (const PlannedCell& plan : cells) {
    if (plan.skip_reason.empty())
      wanted.push_back(&plan);
    else
      skip(writer, plan, plan.skip_reason);
  }
  if (wanted.empty()) return 0;

  const auto mechanism = make_mechanism(args.mechanism);
  if (const std::string reason = mechanism->probe(args.env); !reason.empty()) {
    for (const PlannedCell* plan : wanted) skip(writer, *plan, reason);
    return 0;
  }
  UnitRun unit(*mechanism, args.env, sampler, writer);
  for (const DrawnCell& cell : draw(wanted, args.seed)) {
    const auto measure = [&unit, cell](benchmark::State& state) { run_cell(state, unit, cell); };
    benchmark::RegisterBenchmark(name_of(cell.plan->cell).c_str(), measure)
        ->Iterations(static_cast<benchmark::IterationCount>(cell.plan->series.pairs()))
        ->UseManualTime();
  }
  RecordReporter reporter(writer);
  benchmark::RunSpecifiedBenchmarks(&reporter, std::string("all"));
  unit.finish();
  return reporter.failed();
}

int run(int argc, char** argv) {
  Arguments args;
  CLI::App app("Measures one experiment with one mechanism on this machine.");
  add_options(app, args);
  CLI11_PARSE(app, argc, argv);
  args.env.machine = args.plan.machine = parse_machine(args.machine);
  args.plan.modules = !args.env.modules.empty();
  args.env.seed = args.seed;
  auto cells =
      plan_cells(find_experiment(args.experiment), find_mechanism(args.mechanism), args.plan);
  std::erase_if(cells, [&](const PlannedCell& plan) { return plan.boot != args.boot; });
  if (cells.empty())
    throw std::invalid_argument(fmt::format("{} measures nothing of {}; see --list of the others",
                                            args.experiment, args.mechanism));
  if (args.list) {
    list_cells(cells);
    return 0;
  }
  if (args.records.empty())
    throw std::invalid_argument("say with --records FILE where the raw records go");
  int none = 1;
  benchmark::Initialize(&none, argv);
  return run_unit(args, cells) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace osext

int main(int argc, char** argv) {
  try {
    return osext::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-runner: {}\n", error.what());
    return 2;
  }
}
