// SPDX-License-Identifier: GPL-2.0
// A child's output in memory; see capture.h.
#include "machine/doctor/capture.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "machine/machine.h"

namespace osext {

Capture::Capture() : memory_(memfd_create("capture", MFD_CLOEXEC)) {
  if (!memory_) throw MachineError("no memory for the output of a program: close programs");
}

std::string Capture::text() const {
  struct stat status {};
  fstat(memory_.get(), &status);
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  ssize_t n = pread(memory_.get(), text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

}  // namespace osext
