// SPDX-License-Identifier: GPL-2.0
// Names of system calls.
#pragma once

#include <cstdint>
#include <string>

namespace osext {

// The number of a call by its name, or in digits; OSEXT_ULS_ANY_CALL for "all".  Throws UlsError.
std::uint32_t uls_call_number(const std::string& word);
// Its name, or its number if it has none.
std::string uls_call_name(std::uint32_t number);

}  // namespace osext
