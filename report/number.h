// SPDX-License-Identifier: GPL-2.0
// Numbers of the report: decimal fixed point, so that the same samples give the same digits on
// every computer.  No floating point takes part.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace osext::report {

// A value in thousandths of its unit.
struct Fixed {
  std::int64_t thousandths = 0;
  auto operator<=>(const Fixed&) const = default;
};

// total / ops, rounded half away from zero.  Throws std::range_error if it does not fit, and
// std::invalid_argument if ops is 0.
Fixed quotient(__int128 total, std::uint64_t ops);

// At most three decimals, none that say nothing: 430, 0.5, -1.125.
std::string to_string(Fixed value);

// Reads what to_string writes; throws std::invalid_argument on anything else.
Fixed parse_fixed(std::string_view text);

// a / b; none if b is not positive or the quotient does not fit.
std::optional<Fixed> ratio(Fixed a, Fixed b);

// With exactly two decimals, rounded: how every ratio is shown.
std::string two_decimals(Fixed value);

// How far `value` is from `reference`, in percent with one decimal and a sign: +3.7, -12.0.
// None if the reference is 0.
std::optional<std::string> deviation_percent(Fixed value, Fixed reference);

// |value - reference| <= percent/100 * |reference|, exactly.
bool within_percent(Fixed value, Fixed reference, int percent);

}  // namespace osext::report
