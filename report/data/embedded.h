// SPDX-License-Identifier: GPL-2.0
// Files of the tree that the library carries along (embed.cmake writes the definitions), so that a
// report depends on its run directory and on nothing else.
#pragma once

#include <string_view>

namespace osext::report {

extern const std::string_view kPapersPrimitiveCost;      // results/papers/primitive_cost.csv
extern const std::string_view kPapersTlbWorkingSet;      // results/papers/tlb_working_set.csv
extern const std::string_view kPapersEventInterarrival;  // results/papers/event_interarrival.csv
extern const std::string_view kPapersUdpQos;             // results/papers/udp_qos.csv
extern const std::string_view kPapersCpuService;         // results/papers/cpu_service.csv
extern const std::string_view kSharesPlot;               // plots/shares.gp
extern const std::string_view kAbortsPlot;               // plots/aborts.gp
extern const std::string_view kBackgroundPlot;           // plots/background.gp
extern const std::string_view kClaims;                   // report/claims/claims.json
extern const std::string_view kRatiosPlot;               // plots/ratios.gp
extern const std::string_view kStreamsPlot;              // plots/streams.gp
extern const std::string_view kWorkingSetPlot;           // plots/working_set.gp
extern const std::string_view kPageCss;                  // report/data/page.css

}  // namespace osext::report
