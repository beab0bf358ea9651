// SPDX-License-Identifier: GPL-2.0
// QEMU's and the kernel's command lines.  They are part of every result: the same
// words give the same numbers, and run.json prints them.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {

enum class VmKind { sim, smp, kvm };

// What differs from one start to the next without any meaning for the guest.
struct VmChannels {
  std::string region;  // path of the shared region's file
  int qmp = -1;        // connected socket that QEMU inherits; -1: none
  std::string serial;  // path of the serial log; "": the terminal
};

struct VmStart {
  VmKind kind = VmKind::sim;
  bool incoming = false;     // stand still and wait for a snapshot
  bool counting = false;     // load the counting plugin
  std::string kernel_words;  // more words for the kernel, such as osext.shell
};

std::string kernel_command_line(VmKind kind, const std::string& more);

std::vector<std::string> qemu_command_line(const VmSetup& setup, const VmOptions& options,
                                           const VmStart& start, const VmChannels& channels);

// The same for people and run.json: the constant part only, no paths.
std::string shown_command_line(const VmOptions& options, VmKind kind);

}  // namespace osext
