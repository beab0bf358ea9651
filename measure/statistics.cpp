// SPDX-License-Identifier: GPL-2.0
#include "measure/statistics.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace osext {

std::int64_t nearest_rank(std::span<const std::int64_t> sorted, unsigned percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[rank == 0 ? 0 : rank - 1];
}

Statistics statistics(std::span<const std::int64_t> values) {
  if (values.empty()) throw std::invalid_argument("statistics of no values");
  std::vector<std::int64_t> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  Statistics result;
  result.n = sorted.size();
  result.min = sorted.front();
  result.median = nearest_rank(sorted, 50);
  result.p99 = nearest_rank(sorted, 99);
  result.max = sorted.back();
  result.sum = std::accumulate(sorted.begin(), sorted.end(), static_cast<__int128>(0));
  return result;
}

std::string format_quotient(__int128 numerator, __int128 denominator) {
  if (denominator <= 0) throw std::invalid_argument("format_quotient: denominator not positive");
  const bool negative = numerator < 0;
  const unsigned __int128 magnitude = negative ? -static_cast<unsigned __int128>(numerator)
                                               : static_cast<unsigned __int128>(numerator);
  const auto divisor = static_cast<unsigned __int128>(denominator);
  // The remainder is scaled, not the whole, so that no value overflows.
  unsigned __int128 whole = magnitude / divisor;
  unsigned __int128 thousandths = (magnitude % divisor * 2000 + divisor) / (2 * divisor);
  if (thousandths == 1000) {
    ++whole;
    thousandths = 0;
  }
  std::string text = fmt::format("{}", whole);
  if (thousandths != 0) {
    text += fmt::format(".{:03}", static_cast<unsigned>(thousandths));
    while (text.back() == '0') text.pop_back();
  }
  return negative && text != "0" ? "-" + text : text;
}

}  // namespace osext
