// SPDX-License-Identifier: GPL-2.0
// Decimal fixed point; see number.h.
#include "report/number.h"

#include <limits>
#include <stdexcept>

#include "measure/statistics.h"

namespace osext::report {
namespace {

using Wide = __int128;

Wide magnitude(Wide value) {
  return value < 0 ? -value : value;
}

// numerator / denominator, half away from zero; denominator > 0.
Wide divide_rounded(Wide numerator, Wide denominator) {
  const Wide rounded = (magnitude(numerator) + denominator / 2) / denominator;
  return numerator < 0 ? -rounded : rounded;
}

bool fits(Wide value) {
  return value >= std::numeric_limits<std::int64_t>::min() &&
         value <= std::numeric_limits<std::int64_t>::max();
}

// `value` in units of 10^-decimals.
std::string decimal_text(Wide value, int decimals) {
  std::string digits = std::to_string(static_cast<std::uint64_t>(magnitude(value)));
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (decimals > 0) digits.insert(digits.size() - places, ".");
  return (value < 0 ? "-" : "") + digits;
}

}  // namespace

Fixed quotient(__int128 total, std::uint64_t ops) {
  if (ops == 0) throw std::invalid_argument("a value cannot cover 0 operations");
  // The sum of 2^40 values of 64 bits, times 1000, still fits.
  const Wide result = divide_rounded(total * 1000, ops);
  if (!fits(result)) throw std::range_error("a value is too large to be printed");
  return {static_cast<std::int64_t>(result)};
}

std::string to_string(Fixed value) {
  return format_quotient(value.thousandths, 1000);
}

Fixed parse_fixed(std::string_view text) {
  const std::string quoted = "'" + std::string(text) + "'";
  const auto wrong = [&] {
    return std::invalid_argument(quoted + " is no decimal number with at most three decimals");
  };
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = point == text.npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || whole.size() > 15 || part.size() > 3) throw wrong();
  if (point != text.npos && part.empty()) throw wrong();

  std::int64_t value = 0;
  const auto append = [&](char digit) {
    if (digit < '0' || digit > '9') throw wrong();
    value = value * 10 + (digit - '0');
  };
  for (char digit : whole) append(digit);
  for (std::size_t place = 0; place < 3; ++place) append(place < part.size() ? part[place] : '0');
  return {negative ? -value : value};
}

std::optional<Fixed> ratio(Fixed a, Fixed b) {
  if (b.thousandths <= 0) return std::nullopt;
  const Wide result = divide_rounded(Wide(a.thousandths) * 1000, b.thousandths);
  if (!fits(result)) return std::nullopt;
  return Fixed{static_cast<std::int64_t>(result)};
}

std::string two_decimals(Fixed value) {
  return decimal_text(divide_rounded(value.thousandths, 10), 2);
}

std::optional<std::string> deviation_percent(Fixed value, Fixed reference) {
  if (reference.thousandths == 0) return std::nullopt;
  const Wide difference = Wide(value.thousandths) - reference.thousandths;
  const Wide tenths = divide_rounded(difference * 1000, magnitude(reference.thousandths));
  if (!fits(tenths)) return std::nullopt;
  return (tenths < 0 ? "" : "+") + decimal_text(tenths, 1);
}

bool within_percent(Fixed value, Fixed reference, int percent) {
  const Wide difference = magnitude(Wide(value.thousandths) - reference.thousandths);
  return difference * 100 <= magnitude(reference.thousandths) * percent;
}

}  // namespace osext::report
