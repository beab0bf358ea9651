// SPDX-License-Identifier: GPL-2.0
// The plugin's end of the shared region: the counter ring.
#pragma once

#include <osext/shared_region.h>

#include <string>

namespace osext {

class Ring {
 public:
  // Maps the region.  Throws std::runtime_error if the file is missing or shorter
  // than the region; the file itself is not changed.
  explicit Ring(const std::string& file);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Appends an entry (its `sequence` is filled in here) and updates the header.
  // Position and loss are kept here, not read back: the host writes the header
  // anew after it has restored a machine.
  void append(osext_counters entry);

 private:
  unsigned char* region_;
  __u64 used_ = 0;
  __u64 lost_ = 0;
};

}  // namespace osext
