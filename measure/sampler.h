// SPDX-License-Identifier: GPL-2.0
// Sampler: runs a measuring loop once per probe that the machine has, and writes what it yields as
// raw records.  Workloads and mechanisms know this class and Series, and no probe by name.
#pragma once

#include <osext/marker.h>
#include <sched.h>

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "measure/counter_probe.h"
#include "measure/marker_probe.h"
#include "measure/papi.h"
#include "measure/pmu.h"
#include "measure/raw_writer.h"
#include "measure/series.h"
#include "measure/tsc_probe.h"

namespace osext {

class Sampler {
 public:
  // `markers`: the counting plugin watches (machine sim).  Otherwise the TSC measures, and the PMU
  // and PAPI where they exist.  `writer` outlives the sampler.
  Sampler(RawWriter& writer, bool markers);
  ~Sampler();

  bool markers() const { return markers_; }
  // "" or why this second source of counts yields nothing on this machine.
  const std::string& pmu_reason() const { return pmu_reason_; }
  const std::string& papi_reason() const { return papi_reason_; }

  // Runs loop(probe, pairs): it must call begin and end exactly `pairs` times, on the probe itself
  // or (markers) wherever the marks stand.  May be called several times for a cell.  Throws
  // std::runtime_error when the loop made another number of pairs, and what the loop throws.
  template <class Loop>
  void measure(const Series& series, Loop&& loop);

  // What a row says itself, by the names of measure/metric.h, instead of marking operations: times
  // by the guest's clock, packets, percentages.  Each value covers `ops` operations.  `labels` tell
  // apart what one cell measures of several things.  Throws std::logic_error for an unknown metric.
  void report(std::string_view metric, std::span<const std::int64_t> values,
              const Params& labels = {}, std::uint64_t ops = 1);

  // A count that belongs to the cell being measured, e.g. how often a fast path was taken.
  void fact(std::string_view name, std::int64_t value) { writer_.fact(name, value); }

 private:
  template <class Loop>
  void by_markers(const Series& series, Loop&& loop);
  static void require_pairs(std::uint64_t made, std::uint64_t wanted);

  RawWriter& writer_;
  bool markers_;
  std::unique_ptr<PmuGroups> pmu_;
  std::unique_ptr<Papi> papi_;
  std::string pmu_reason_;
  std::string papi_reason_;
};

template <class Loop>
void Sampler::by_markers(const Series& series, Loop&& loop) {
  // The frame comes first: it must be there for every SERIES marker, also when the loop throws.
  writer_.marked(series);
  MarkerProbe probe;
  OSEXT_MARK(OSEXT_MARK_WATCH);
  sched_yield();  // watching starts at the next change of control flow
  OSEXT_MARK(OSEXT_MARK_SERIES);
  try {
    loop(probe, series.pairs());
  } catch (...) {
    OSEXT_MARK(OSEXT_MARK_UNWATCH);
    throw;
  }
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
}

template <class Loop>
void Sampler::measure(const Series& series, Loop&& loop) {
  if (markers_) return by_markers(series, loop);

  TscProbe tsc(series.pairs());
  loop(tsc, series.pairs());
  require_pairs(tsc.pairs(), series.pairs());
  writer_.values(series, "cycles", "tsc_cycles", tsc.values(series.warmup));

  if (pmu_ && series.reach != Reach::enclosed) {
    for (PmuGroup& group : pmu_->groups()) {
      CounterProbe<PmuGroup> probe(group, series.pairs());
      loop(probe, series.pairs());
      require_pairs(probe.pairs(), series.pairs());
      group.check_undisturbed();
      for (std::size_t i = 0; i < group.metrics().size(); ++i)
        writer_.values(series, group.metrics()[i].name, group.metrics()[i].unit,
                       probe.values(i, series.warmup));
    }
  }
  if (papi_ && series.reach == Reach::caller) {
    CounterProbe<Papi> probe(*papi_, series.pairs());
    loop(probe, series.pairs());
    require_pairs(probe.pairs(), series.pairs());
    for (std::size_t i = 0; i < papi_->metrics().size(); ++i)
      writer_.values(series, papi_->metrics()[i].name, papi_->metrics()[i].unit,
                     probe.values(i, series.warmup));
  }
}

}  // namespace osext
