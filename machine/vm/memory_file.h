// SPDX-License-Identifier: GPL-2.0
// Files that live in memory only: another process opens them by path(), and
// nothing of them is left behind when the last user is gone.
#pragma once

#include <string>

#include "machine/vm/descriptor.h"

namespace osext {

class MemoryFile {
 public:
  // Throws MachineError if there is no memory for it.
  MemoryFile(const std::string& name, size_t bytes);
  int fd() const { return fd_.get(); }
  // Valid in a child that inherited fd().
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
  // The last `limit` bytes.
  std::string tail(size_t limit) const;

 private:
  Descriptor fd_;
};

}  // namespace osext
