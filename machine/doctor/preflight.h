// SPDX-License-Identifier: GPL-2.0
// The doctor's questions that a shell script answers; see ../setup/preflight.sh.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "machine/doctor.h"

namespace osext {

// Runs the script for at most 40 s; one diagnosis says so if it gives no answer.
std::vector<Diagnosis> run_preflight(const std::filesystem::path& tree);

// The script's output as diagnoses; lines of another form are left out.
std::vector<Diagnosis> parse_preflight(std::string_view text);

}  // namespace osext
