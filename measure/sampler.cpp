// SPDX-License-Identifier: GPL-2.0
#include "measure/sampler.h"

#include <fmt/core.h>

#include "measure/metric.h"

namespace osext {

Sampler::Sampler(RawWriter& writer, bool markers) : writer_(writer), markers_(markers) {
  if (markers) {
    pmu_reason_ = papi_reason_ = "the counting plugin counts on this machine";
    return;
  }
  try {
    pmu_ = std::make_unique<PmuGroups>();
  } catch (const std::exception& error) {
    pmu_reason_ = error.what();
  }
  try {
    papi_ = std::make_unique<Papi>();
  } catch (const std::exception& error) {
    papi_reason_ = error.what();
  }
}

Sampler::~Sampler() = default;

void Sampler::report(std::string_view metric, std::span<const std::int64_t> values,
                     const Params& labels, std::uint64_t ops) {
  const Metric* known = find_metric(metric);
  if (known == nullptr)
    throw std::logic_error(fmt::format("'{}' is not in the list of metrics", metric));
  Series series;
  series.ops = ops;
  writer_.values(series, metric, known->unit, values, labels);
}

void Sampler::require_pairs(std::uint64_t made, std::uint64_t wanted) {
  if (made != wanted)
    throw std::runtime_error(fmt::format("{} operations were marked instead of {}", made, wanted));
}

}  // namespace osext
