// SPDX-License-Identifier: GPL-2.0
// What the plugin plants into translated code, and what happens when it runs.
//
// There are two ways of instrumenting a block.  Counting alone adds instructions
// and rare events.  Watching also feeds every instruction page and every memory
// access to the TLB model.  The WATCH and UNWATCH markers change from one to the
// other: QEMU drops all translated code and translates anew from the next block
// on, so a measurement leaves some warm-up behind its WATCH marker.
#pragma once

#include <memory>
#include <string>

#include "machine/sim/profile.h"
#include "machine/sim/qemu_plugin_api.h"

namespace osext {

// Starts counting.  Called once, while QEMU installs the plugin.  Throws
// std::runtime_error if the shared region cannot be used.
void start_instrumentation(qemu_plugin_id_t id, const Profile& profile,
                           const std::string& region_file);

}  // namespace osext
