// SPDX-License-Identifier: GPL-2.0
// What a child process prints, kept in memory.
#pragma once

#include <string>

#include "machine/vm/descriptor.h"

namespace osext {

class Capture {
 public:
  // Throws MachineError if there is no memory for it.
  Capture();
  int descriptor() const { return memory_.get(); }  // give it to the child as its output
  std::string text() const;                         // everything written so far

 private:
  Descriptor memory_;
};

}  // namespace osext
