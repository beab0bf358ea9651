// SPDX-License-Identifier: GPL-2.0
// The experiments that have a section of their own; see section.h.
#include "report/cpu_service.h"
#include "report/extension_abort.h"
#include "report/section.h"
#include "report/syscall_tracing.h"
#include "report/timers.h"
#include "report/tlb_working_set.h"
#include "report/udp_qos.h"

namespace osext::report {
namespace {

struct Builder {
  const char* experiment;
  Section (*build)(const RunInfo& info, std::span<const Block> blocks,
                   const References& references);
};

constexpr Builder kBuilders[] = {
    {"tlb_working_set", tlb_working_set_section},
    {"event_interarrival", event_interarrival_section},
    {"nanosleep_jitter", nanosleep_jitter_section},
    {"udp_qos", udp_qos_section},
    {"syscall_tracing", syscall_tracing_section},
    {"cpu_service", cpu_service_section},
    {"extension_abort", extension_abort_section},
};

}  // namespace

std::vector<Section> make_sections(const RunInfo& info, const Blocks& blocks,
                                   const References& references) {
  std::vector<Section> sections;
  for (const Builder& builder : kBuilders) {
    const auto rows = blocks.of(builder.experiment);
    if (!rows.empty()) sections.push_back(builder.build(info, rows, references));
  }
  return sections;
}

}  // namespace osext::report
