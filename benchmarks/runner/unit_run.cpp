// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/runner/unit_run.h"

#include <fmt/core.h>

#include <stdexcept>
#include <utility>

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
}

void UnitRun::finish() {
  if (std::exchange(state_, State::bare) == State::ready) mechanism_.teardown();
}

}  // namespace osext
