// SPDX-License-Identifier: GPL-2.0
// UnitRun: one experiment x mechanism, as the runner puts it to the machine it runs on.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/mechanism.h"
#include "measure/raw_writer.h"

namespace osext {

class UnitRun {
 public:
  // `mechanism`, `sampler` and `writer` outlive the unit.
  UnitRun(Mechanism& mechanism, const Environment& env, Sampler& sampler, RawWriter& writer)
      : mechanism_(mechanism), env_(env), sampler_(sampler), writer_(writer) {}
  UnitRun(const UnitRun&) = delete;
  UnitRun& operator=(const UnitRun&) = delete;
  ~UnitRun();

  // Measures a cell: opens it in the record file, sets the mechanism up when it is the first that
  // needs it.  Throws std::runtime_error with a one-line reason; the reporter closes the cell.
  void measure(const PlannedCell& plan);

  // Undoes the set-up; throws what the mechanism throws.
  void finish();

 private:
  enum class State { bare, ready, broken };

  void set_up();

  Mechanism& mechanism_;
  const Environment& env_;
  Sampler& sampler_;
  RawWriter& writer_;
  State state_ = State::bare;
  std::string broken_because_;
};

}  // namespace osext
