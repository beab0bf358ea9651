// SPDX-License-Identifier: GPL-2.0
// What the virtual machines share among themselves; users include machine.h.
#pragma once

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {

// Fills in the paths that were left empty and makes them absolute.  Throws
// MachineError if the plugin or its profile does not exist.
VmOptions with_defaults(VmOptions options);

// Throws MachineError that says how to build the guest's image.
void require_image(const VmOptions& options);

}  // namespace osext
