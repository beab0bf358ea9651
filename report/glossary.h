// SPDX-License-Identifier: GPL-2.0
// What the ids of a table mean, in a sentence each.
#pragma once

#include <string_view>

namespace osext::report {

// "" for an id that has none.
std::string_view operation_meaning(std::string_view workload);
std::string_view mechanism_meaning(std::string_view mechanism);

}  // namespace osext::report
