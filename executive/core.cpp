// SPDX-License-Identifier: GPL-2.0
// The executive's core: becoming the executive, waiting for guests, and
// handing each of their calls to the policies.

#include <asm/unistd.h>
#include <linux/ioctl.h>

#include "executive/linux.h"
#include "executive/policy.h"
#include "executive/state.h"

using namespace osext::executive;

extern "C" {
extern osext_hijack_shared executive_shared;
extern char executive_entry[];
void executive_main(int device, uint64_t stack);
void executive_idle();
void executive_handle(Frame* frame);
}

uint64_t executive_counters[OSEXT_HIJACK_COUNTS];
uint32_t executive_minimal_call = NO_SYSTEM_CALL;

namespace {

constexpr uint64_t kUserEnd = 0x7ffffffff000;

[[noreturn]] void end(int status) {
  for (;;) system_call(__NR_exit_group, status);
}

// What was copied from the process that started us is its, not ours: without it,
// its writes need not copy pages.
void drop_inherited_memory() {
  constexpr uint64_t region_end = OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE;
  system_call(__NR_munmap, 0, OSEXT_EXECUTIVE_BASE);
  system_call(__NR_munmap, region_end, kUserEnd - region_end);
}

}  // namespace

// Waits for a guest; never returns, for the guest's first call arrives at
// executive_entry.
extern "C" void executive_idle() {
  executive_minimal_call = NO_SYSTEM_CALL;  // the last guest's choice
  constexpr int64_t interrupted = -4, unusable_guest = -11;
  for (;;) {
    int64_t error = system_call(OSEXT_HIJACK_OP_NEXT);
    if (error != interrupted && error != unusable_guest) end(2);
  }
}

extern "C" void executive_main(int device, uint64_t stack) {
  osext_hijack_attach attach{};
  attach.entry = reinterpret_cast<uint64_t>(executive_entry);
  // The frame that entry.S pushes has an odd number of words; with this the call
  // into C++ finds the stack as the ABI wants it.
  attach.stack = stack - 8;
  int64_t error =
      system_call(__NR_ioctl, device, OSEXT_HIJACK_ATTACH, reinterpret_cast<uint64_t>(&attach));
  if (error) end(static_cast<int>(-error));  // the host library explains it
  drop_inherited_memory();
  executive_idle();
}

extern "C" void executive_handle(Frame* frame) {
  ++executive_counters[OSEXT_HIJACK_COUNT_TRAPS];
  const Answer answer =
      frame->rax >= OSEXT_HIJACK_RPC ? on_hypercall(*frame) : on_system_call(*frame);
  executive_shared.ax = answer.value;
  frame->rax = answer.operation;
}
