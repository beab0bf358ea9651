// SPDX-License-Identifier: GPL-2.0
// May modules be loaded into this very computer's kernel (`--machine native`)?
#pragma once

#include <filesystem>

#include "machine/doctor.h"

namespace osext {

// `root` stands for "/", so that a test can bring its own /proc, /sys and /lib.
Diagnosis examine_modules(const std::filesystem::path& root = "/");
// Secure Boot and the lockdown that it brings.
Diagnosis examine_lockdown(const std::filesystem::path& root = "/");

}  // namespace osext
