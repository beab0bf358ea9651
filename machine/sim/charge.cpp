// SPDX-License-Identifier: GPL-2.0
// The cost model: what a profile charges for counted events.
#include "machine/sim/profile.h"

namespace osext {

std::uint64_t charge_cycles(const Profile& profile, const osext_counters& delta) {
  const Costs& costs = profile.costs;
  std::uint64_t instructions = 0;
  for (const std::uint64_t count : delta.instructions) instructions += count;
  return instructions * costs.instruction + delta.page_walks * costs.page_walk +
         delta.stlb_hits * costs.second_level_hit +
         // Not every call returns by SYSRET: each half of a pair is half its price.
         (delta.syscalls + delta.sysrets) * costs.syscall_sysret / 2 + delta.irets * costs.iret +
         delta.cr3_writes * costs.cr3_write + delta.cr4_pge_toggles * costs.cr4_pge_toggle +
         delta.invlpg * costs.invlpg + delta.invpcid * costs.invpcid;
}

osext_counters difference(const osext_counters& before, const osext_counters& after) {
  osext_counters delta = after;
  for (int space = 0; space < OSEXT_SPACES; ++space) {
    delta.instructions[space] -= before.instructions[space];
    delta.itlb_misses[space] -= before.itlb_misses[space];
    delta.dtlb_misses[space] -= before.dtlb_misses[space];
  }
  delta.syscalls -= before.syscalls;
  delta.sysrets -= before.sysrets;
  delta.irets -= before.irets;
  delta.cr3_writes -= before.cr3_writes;
  delta.cr4_pge_toggles -= before.cr4_pge_toggles;
  delta.invlpg -= before.invlpg;
  delta.invpcid -= before.invpcid;
  delta.stlb_hits -= before.stlb_hits;
  delta.page_walks -= before.page_walks;
  delta.data_accesses -= before.data_accesses;
  return delta;
}

}  // namespace osext
