// SPDX-License-Identifier: GPL-2.0
// What a crash left on the serial console, as text for people.
#pragma once

#include <string>
#include <string_view>

namespace osext {

// The first line that tells why the kernel died, without time stamp and without
// addresses; "" if nothing in the log does.
std::string crash_reason(std::string_view log);

// Replaces every word of 8 or more hexadecimal digits (addresses change from
// build to build) by "ADDRESS".
std::string without_addresses(std::string_view line);

}  // namespace osext
