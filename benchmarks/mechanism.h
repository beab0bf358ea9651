// SPDX-License-Identifier: GPL-2.0
// Mechanism: a way of extending an operating system, as the runner sees it.  Plain Linux and ptrace
// are mechanisms like the others.
//
// An adapter is one file, benchmarks/mechanisms/ID.cpp: a subclass and a RegisterMechanism.  What
// the mechanism offers is data in catalog.cpp, because the host plans cells without the adapter's
// code.
//
// The runner, for one unit (experiment x mechanism):
//   reason = probe(env)              not ""? every cell becomes `skipped` with that reason
//   measure(cell, sampler) ...       cells with Phase::bare, nothing loaded yet
//   setup(env)                       throws? every remaining cell becomes `failed`
//   measure(cell, sampler) ...       the others; one that throws is `failed`, the next one runs
//   teardown()
//
// The seed draws the order of the cells within a phase (runner/drawing.h): no cell may count on
// another one having been measured before it.
//
// measure() usually ends in one call of Sampler::measure (measure/sampler.h):
//
//   sampler.measure(plan.series, [&](auto& probe, std::uint64_t pairs) {
//     session.inside([&] { calls(probe, pairs, plan.series.ops, NUMBER, Leg::round_trip); });
//   });
//
// The lambda is instantiated once per probe, so that no virtual call stands in a timed region, and
// must make exactly `pairs` pairs of marks.  It may fork: probes keep their values in shared
// memory. With Leg::there the far side executes OSEXT_MARK(OSEXT_MARK_END) (and, where the TSC
// measures, returns its time stamp as the call's result); with Leg::back it executes the BEGIN.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "benchmarks/experiment.h"
#include "measure/sampler.h"

namespace osext {

// What the runner was told on its command line.
struct Environment {
  MachineId machine = MachineId::native;
  std::string modules;     // folder of the .ko files, "" = no module may be loaded
  std::string executive;   // file of Hijack's executive, "" = none
  std::uint64_t seed = 1;  // draws whatever a workload leaves to chance
};

class Mechanism {
 public:
  virtual ~Mechanism() = default;

  // "" if the mechanism can be used here, else one line that says why not.  Changes nothing.
  virtual std::string probe(const Environment& env) = 0;

  // Loads and starts what measuring needs.  Throws std::runtime_error; nothing stays half set up.
  virtual void setup(const Environment& env) = 0;

  // Measures one cell.  Throws std::runtime_error with a one-line reason; the mechanism must then
  // still be able to measure its other cells.
  virtual void measure(const PlannedCell& plan, Sampler& sampler) = 0;

  // Undoes setup().  Called once after a successful setup(), also after failures.
  virtual void teardown() = 0;
};

// An adapter puts one of these at file scope, and the runner knows it:
//   const RegisterMechanism registered("linux", [] { return std::make_unique<Linux>(); });
struct RegisterMechanism {
  RegisterMechanism(std::string id, std::function<std::unique_ptr<Mechanism>()> make);
};

// By id; throws std::invalid_argument for an id without an adapter.
std::unique_ptr<Mechanism> make_mechanism(const std::string& id);

}  // namespace osext
