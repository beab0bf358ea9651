// SPDX-License-Identifier: GPL-2.0
// Rows as curves; see sweep.h.
#include "report/sweep.h"

#include <algorithm>
#include <charconv>

namespace osext::report {
namespace {

std::optional<std::uint64_t> number_of(const Params& params, const std::string& key) {
  const auto found = params.find(key);
  if (found == params.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Fixed> median_of(const Measured& row, std::string_view metric) {
  if (!row.usable()) return std::nullopt;
  if (metric != "misses") {
    const Fixed* median = row.median(metric);
    return median ? std::optional(*median) : std::nullopt;
  }
  const Fixed* code = row.median("itlb_misses");
  const Fixed* data = row.median("dtlb_misses");
  if (!code || !data) return std::nullopt;
  return Fixed{code->thousandths + data->thousandths};
}

std::string_view without_statistic(std::string_view metric) {
  const std::size_t blank = metric.find(' ');
  return blank == metric.npos ? metric : metric.substr(blank + 1);
}

std::optional<Fixed> figure_of(const Measured& row, std::string_view metric) {
  const std::string_view name = without_statistic(metric);
  if (name == metric) return median_of(row, metric);
  const Series* series = row.usable() ? row.find(name) : nullptr;
  if (!series) return std::nullopt;
  if (metric.starts_with("mean ")) return series->mean;
  if (metric.starts_with("max ")) return series->max;
  return std::nullopt;
}

std::map<std::uint64_t, Fixed> Curve::values(std::string_view metric) const {
  std::map<std::uint64_t, Fixed> values;
  for (const auto& [number, row] : points) {
    if (const auto value = figure_of(*row, metric)) values[number] = *value;
  }
  return values;
}

std::vector<Curve> curves(const Block& block, const std::string& along) {
  std::vector<Curve> all;
  for (const Measured& row : block.rows) {
    const auto number = number_of(row.params, along);
    if (!number || is_batch(row.params)) continue;
    Params params = row.params;
    params.erase(along);
    auto same = std::find_if(all.begin(), all.end(), [&](const Curve& curve) {
      return curve.mechanism == row.mechanism && curve.workload == row.workload &&
             curve.params == params;
    });
    if (same == all.end()) same = all.insert(all.end(), {row.mechanism, row.workload, params, {}});
    same->points[*number] = &row;
  }
  return all;
}

}  // namespace osext::report
