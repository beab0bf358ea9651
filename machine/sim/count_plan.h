// SPDX-License-Identifier: GPL-2.0
// Where the plugin places its counts in a translated block, so that every
// instruction is counted exactly when it has completed.
//
// QEMU runs a block from its start, but a page fault (or another abort) can
// leave it at any instruction, which is then run again later.  Adding the block's
// length at its start would count the rest of the block twice.  The rule:
//
//   - instructions that cannot be aborted form runs; a run is added as a whole
//     when its first instruction starts;
//   - an instruction that can be aborted is added when the next one of the block
//     starts, for then it has completed;
//   - if it is the last of its block, the plan says so (`last_is_uncounted`) and
//     the plugin counts it by its memory access or by what runs next;
//   - a marker ends a run, so that no instruction behind it is counted before it.
//
// This is also what QEMU's own instruction counter (icount) does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "machine/sim/decode.h"

namespace osext {

struct CountPlan {
  std::vector<std::uint32_t> add_at;  // to add when instruction i starts
  bool last_is_uncounted = false;     // the last instruction is not in add_at
};

inline void plan_counts(std::span<const Decoded> block, CountPlan& plan) {
  plan.add_at.assign(block.size(), 0);
  plan.last_is_uncounted = false;
  std::size_t run = 0;  // where the instructions not yet placed will be added
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (block[i].completion == Completion::certain) {
      ++plan.add_at[run];
      if (block[i].event == Event::marker) run = i + 1;
    } else if (i + 1 == block.size()) {
      plan.last_is_uncounted = true;
    } else {
      run = i + 1;
      ++plan.add_at[run];
    }
  }
}

}  // namespace osext
