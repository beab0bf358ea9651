// SPDX-License-Identifier: GPL-2.0
// What a reader must know before believing a figure: the sentences that stand with tables and
// plots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/run.h"

namespace osext::report {

// "modelled" or "measured": what cycles are on this machine.
std::string_view cycles_are(std::string_view machine);

// "profile pentium4, machine sim, kernel 6.12 (6.12.95+deb12-amd64)": under every title.
std::string setting(const RunInfo& info, std::string_view profile);

// One or two sentences on where the figures of a block come from.
std::vector<std::string> provenance(const RunInfo& info, std::string_view profile);

// The reservations that belong to a plot or table of this machine and profile.
std::vector<std::string> reservations(const RunInfo& info, std::string_view profile);

// The same for times that a row reports by the clock of the machine.
std::vector<std::string> time_provenance(const RunInfo& info);
std::vector<std::string> time_reservations(const RunInfo& info);

}  // namespace osext::report
