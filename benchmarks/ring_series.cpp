// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/ring_series.h"

#include <fmt/core.h>
#include <osext/marker.h>

#include <stdexcept>

#include "machine/sim/profile.h"

namespace osext {
namespace {

// Every cumulative counter of an entry, for the check that none runs backwards.
std::vector<std::uint64_t> cumulative(const osext_counters& entry) {
  std::vector<std::uint64_t> all = {
      entry.syscalls, entry.sysrets, entry.irets,     entry.cr3_writes, entry.cr4_pge_toggles,
      entry.invlpg,   entry.invpcid, entry.stlb_hits, entry.page_walks, entry.data_accesses};
  for (int space = 0; space < OSEXT_SPACES; ++space) {
    all.push_back(entry.instructions[space]);
    all.push_back(entry.itlb_misses[space]);
    all.push_back(entry.dtlb_misses[space]);
  }
  return all;
}

bool runs_backwards(const osext_counters& begin, const osext_counters& end) {
  const auto before = cumulative(begin);
  const auto after = cumulative(end);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (after[i] < before[i]) return true;
  return false;
}

}  // namespace

std::vector<RingSeries> split_ring(std::span<const osext_counters> ring) {
  std::vector<RingSeries> series;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (ring[i].sequence != i + 1)
      throw std::runtime_error(
          fmt::format("counter ring: entry {} has number {}", i + 1, ring[i].sequence));
    switch (ring[i].operation) {
      case OSEXT_MARK_SERIES:
        series.push_back(ring.subspan(i + 1, 0));
        break;
      case OSEXT_MARK_BEGIN:
      case OSEXT_MARK_END:
        if (!series.empty()) series.back() = {series.back().data(), series.back().size() + 1};
        break;
      default:
        throw std::runtime_error(
            fmt::format("counter ring: entry {} records operation {}", i + 1, ring[i].operation));
    }
  }
  return series;
}

std::vector<osext_counters> pair_deltas(RingSeries series, const Series& wanted) {
  if (series.size() != 2 * wanted.pairs())
    throw std::runtime_error(
        fmt::format("{} marks were recorded instead of {}", series.size(), 2 * wanted.pairs()));
  std::vector<osext_counters> deltas;
  deltas.reserve(wanted.count);
  for (std::uint64_t i = 0; i < wanted.pairs(); ++i) {
    const osext_counters& begin = series[2 * i];
    const osext_counters& end = series[2 * i + 1];
    if (begin.operation != OSEXT_MARK_BEGIN || end.operation != OSEXT_MARK_END)
      throw std::runtime_error(fmt::format("pair {} is not a BEGIN and an END", i + 1));
    if (i < wanted.warmup) continue;
    if (begin.watching != 1 || end.watching != 1)
      throw std::runtime_error(fmt::format("the model did not watch pair {}", i + 1));
    if (runs_backwards(begin, end))
      throw std::runtime_error(fmt::format("a counter runs backwards in pair {}", i + 1));
    deltas.push_back(difference(begin, end));
  }
  return deltas;
}

}  // namespace osext
