// SPDX-License-Identifier: GPL-2.0
// A second plugin, loaded into every simulated machine: makes idling repeatable.
//
// When the guest halts, QEMU's main thread moves the virtual clock to the next
// timer.  QEMU marks the virtual CPU as halted before it adds the instructions that
// ran last to the clock; a main thread that looks in between, because something
// else had woken it, moves the clock by these few instructions too far, and the run
// differs from every other run (icount_start_warp_timer() in QEMU 10.0).  So
// the virtual CPU waits before each HLT until the main thread sleeps: afterwards
// only the virtual CPU itself can wake it, which it does after its accounts are
// settled.
//
// Counts nothing; changes nothing that the guest can see.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>

#include "machine/sim/qemu_plugin_api.h"
#include "machine/sim/waiting_thread.h"

#define OSEXT_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

std::unique_ptr<osext::WaitingThread> main_thread;

void before_halt(unsigned, void*) {
  main_thread->wait();
}

void translated(qemu_plugin_id_t, qemu_plugin_tb* block) {
  // HLT ends its block.
  const std::size_t count = qemu_plugin_tb_n_insns(block);
  qemu_plugin_insn* last = qemu_plugin_tb_get_insn(block, count - 1);
  std::uint8_t bytes[2] = {};
  constexpr std::uint8_t hlt = 0xf4;
  if (qemu_plugin_insn_data(last, bytes, sizeof bytes) == 1 && bytes[0] == hlt)
    qemu_plugin_register_vcpu_insn_exec_cb(last, before_halt, QEMU_PLUGIN_CB_NO_REGS, nullptr);
}

}  // namespace

OSEXT_EXPORT int qemu_plugin_version;
int qemu_plugin_version = 4;

OSEXT_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t*, int, char**) {
  try {
    main_thread = std::make_unique<osext::WaitingThread>(getpid());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "osext idle plugin: %s\n", error.what());
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
