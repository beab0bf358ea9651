// SPDX-License-Identifier: GPL-2.0
// read_proc_stat: what a monitor at user level pays to learn another process's CPU time.
//
//   measures: open(), read() and close() of /proc/PID/stat of a sleeping process, three system
//             calls; a monitor cannot keep the file open for processes that come and go.
//             kept: pread() alone, of a file that was opened before
//   excludes: making the path and parsing the text
//   expected: 53.87 us on a 550 MHz Pentium III (slides)
//   confounders: LSM hooks on open(), the number of digits in the figures, init_on_alloc
#pragma once

#include "measure/sampler.h"

namespace osext {

enum class StatFile { opened, kept };

// Throws std::runtime_error.
void read_proc_stat(Sampler& sampler, const Series& series, StatFile file_is);

}  // namespace osext
