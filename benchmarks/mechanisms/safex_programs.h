// SPDX-License-Identifier: GPL-2.0
// SafeX's compiled extensions (kmod_safex/extensions/), as the runner carries them.
#pragma once

#include "kmod_safex/host/safex.h"

namespace osext {

SafexProgram safex_count();
SafexProgram safex_cpu_monitor();
SafexProgram safex_cpu_handler();
SafexProgram safex_endless();
SafexProgram safex_calls();
SafexProgram safex_clock();
SafexProgram safex_packets();

}  // namespace osext
