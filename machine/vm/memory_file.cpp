// SPDX-License-Identifier: GPL-2.0
// Files in memory; see memory_file.h.
#include "machine/vm/memory_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "machine/machine.h"

namespace osext {

MemoryFile::MemoryFile(const std::string& name, size_t bytes)
    : fd_(memfd_create(name.c_str(), MFD_CLOEXEC)) {
  if (!fd_ || ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0)
    throw MachineError(fmt::format("cannot make a file in memory: {}", strerror(errno)));
}

std::string MemoryFile::tail(size_t limit) const {
  struct stat info;
  if (fstat(fd_.get(), &info) != 0) return "";
  auto size = static_cast<size_t>(info.st_size);
  std::string text(std::min(size, limit), '\0');
  ssize_t n = pread(fd_.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(n < 0 ? 0 : static_cast<size_t>(n));
  return text;
}

}  // namespace osext
