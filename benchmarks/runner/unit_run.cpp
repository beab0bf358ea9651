// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/runner/unit_run.h"

#include <fmt/core.h>

#include <stdexcept>
#include <utility>

#include "benchmarks/mechanisms/working_set_cell.h"

namespace osext {

UnitRun::~UnitRun() {
  try {
    finish();
  } catch (const std::exception& error) {
    fmt::print(stderr, "tear-down: {}\n", error.what());
  }
}

void UnitRun::set_up() {
  try {
    mechanism_.setup(env_);
    state_ = State::ready;
  } catch (const std::exception& error) {
    state_ = State::broken;
    broken_because_ = fmt::format("set-up: {}", error.what());
  }
}

void UnitRun::measure(const PlannedCell& plan) {
  writer_.cell(plan.cell);
  if (plan.phase == Phase::ready && state_ == State::bare) set_up();
  if (plan.phase == Phase::ready && state_ == State::broken)
    throw std::runtime_error(broken_because_);
  mechanism_.measure(plan, sampler_);
  // One that ignores the pages would have the same figures at every point.
  if (has_working_set(plan.cell) && !writer_.has_fact(kStrideFact))
    throw std::runtime_error("the mechanism walked through no pages");
}

void UnitRun::finish() {
  if (std::exchange(state_, State::bare) == State::ready) mechanism_.teardown();
}

}  // namespace osext
