// SPDX-License-Identifier: GPL-2.0
#include "measure/metric.h"

#include <algorithm>
#include <array>

namespace osext {
namespace {

constexpr auto kExact = Source::exact;
constexpr auto kModelled = Source::modelled;

constexpr std::array kMetrics = {
    // What the counting plugin counts between two marks.
    Metric{"instructions", "instructions", kExact},
    Metric{"instructions_user", "instructions", kExact},
    Metric{"instructions_kernel", "instructions", kExact},
    Metric{"cr3_writes", "writes", kExact},
    // What the profile makes of it.
    Metric{"cycles", "cycles", kModelled},
    Metric{"itlb_misses", "misses", kModelled},
    Metric{"dtlb_misses", "misses", kModelled},
    Metric{"page_walks", "walks", kModelled},
    // What a row reports from inside the guest, by the guest's clock.  On the simulated machine
    // that
    // clock counts instructions: exact, and virtual.
    Metric{"interarrival_ns", "ns", kExact},
    Metric{"requested_ns", "ns", kExact},
    Metric{"jitter_ns", "ns", kExact},
    Metric{"time_ns", "ns", kExact},
    Metric{"overrun_ns", "ns", kExact},
    Metric{"abort_latency_ns", "ns", kExact},
    Metric{"coalesced", "signals", kExact},
    Metric{"background_loops_per_ms", "loops/ms", kExact},
    Metric{"offered_pps", "packets/s", kExact},
    Metric{"delivered_pps", "packets/s", kExact},
    Metric{"dropped_pps", "packets/s", kExact},
    Metric{"utilization_percent", "percent", kExact},
    Metric{"overhead_percent", "percent", kExact},
    Metric{"abs_error_points", "points", kExact},
    Metric{"violations", "violations", kExact},
};

}  // namespace

std::string_view to_string(Source source) {
  switch (source) {
    case Source::exact:
      return "exact";
    case Source::modelled:
      return "modelled";
    case Source::measured:
      return "measured";
  }
  return "";
}

std::span<const Metric> metrics() {
  return kMetrics;
}

const Metric* find_metric(std::string_view name) {
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                  [&](const Metric& m) { return m.name == name; });
  return found == kMetrics.end() ? nullptr : &*found;
}

Source source_of(std::string_view metric, std::string_view machine) {
  if (machine != "sim") return Source::measured;
  const Metric* known = find_metric(metric);
  return known == nullptr ? kModelled : known->on_sim;
}

}  // namespace osext
