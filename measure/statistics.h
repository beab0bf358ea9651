// SPDX-License-Identifier: GPL-2.0
// Statistics of a sample's raw integers, and the one way in which a figure is printed.  Values stay
// integers until they are printed, so that equal samples print equally everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace osext {

struct Statistics {
  std::size_t n = 0;
  std::int64_t min = 0;
  std::int64_t median = 0;  // nearest rank: always one of the values
  std::int64_t p99 = 0;     // nearest rank
  std::int64_t max = 0;
  __int128 sum = 0;
};

// Of raw values, not divided by ops.  Throws std::invalid_argument when there are none.
Statistics statistics(std::span<const std::int64_t> values);

// The value at rank ceil(percent * n / 100) of `sorted`, which is ascending and not empty; percent
// in 1..100.
std::int64_t nearest_rank(std::span<const std::int64_t> sorted, unsigned percent);

// numerator / denominator in decimal, rounded half away from zero to at most three decimals,
// without trailing zeros: "331", "0.5", "-1.333".  denominator > 0.
std::string format_quotient(__int128 numerator, __int128 denominator);

// A value that covers `ops` operations, per operation.
inline std::string format_per_op(std::int64_t value, std::uint64_t ops) {
  return format_quotient(value, ops);
}
// The mean per operation.
inline std::string format_mean(const Statistics& s, std::uint64_t ops) {
  return format_quotient(s.sum, static_cast<__int128>(s.n) * ops);
}

}  // namespace osext
