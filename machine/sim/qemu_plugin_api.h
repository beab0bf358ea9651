// SPDX-License-Identifier: GPL-2.0
// The part of QEMU's TCG plugin interface (API version 4, QEMU >= 10.0) that the
// counting plugin uses.  No Debian package ships QEMU's own header, so the
// declarations are written down here; names and signatures are QEMU's.
//
// Every symbol is weak: an older QEMU, which has only some of them, then still
// loads the plugin, and the plugin itself can say what is missing.
#pragma once

#include <cstddef>
#include <cstdint>

#define OSEXT_QEMU_API extern "C" __attribute__((weak))

using qemu_plugin_id_t = std::uint64_t;

// What qemu_plugin_install() is told about the machine.
struct qemu_info_t {
  const char* target_name;
  struct {
    int min;
    int cur;
  } version;
  bool system_emulation;
  struct {
    int smp_vcpus;
    int max_vcpus;
  } system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;
struct qemu_plugin_register;

// One 64-bit word in a scoreboard: what generated code can add to and compare.
struct qemu_plugin_u64 {
  qemu_plugin_scoreboard* score;
  std::size_t offset;
};

struct qemu_plugin_reg_descriptor {
  qemu_plugin_register* handle;
  const char* name;
  const char* feature;
};

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_CB_RW_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
enum qemu_plugin_cond {
  QEMU_PLUGIN_COND_NEVER,
  QEMU_PLUGIN_COND_ALWAYS,
  QEMU_PLUGIN_COND_EQ,
  QEMU_PLUGIN_COND_NE
};
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64, QEMU_PLUGIN_INLINE_STORE_U64 };

using qemu_plugin_simple_cb_t = void (*)(qemu_plugin_id_t);
using qemu_plugin_udata_cb_t = void (*)(qemu_plugin_id_t, void*);
using qemu_plugin_vcpu_simple_cb_t = void (*)(qemu_plugin_id_t, unsigned vcpu);
using qemu_plugin_vcpu_udata_cb_t = void (*)(unsigned vcpu, void*);
using qemu_plugin_vcpu_tb_trans_cb_t = void (*)(qemu_plugin_id_t, qemu_plugin_tb*);
using qemu_plugin_meminfo_t = std::uint32_t;
using qemu_plugin_vcpu_mem_cb_t = void (*)(unsigned vcpu, qemu_plugin_meminfo_t,
                                           std::uint64_t vaddr, void*);

// Heads of GLib's GArray and GByteArray, which the interface hands out.
struct _GArray {
  char* data;
  unsigned len;
};
struct _GByteArray {
  std::uint8_t* data;
  unsigned len;
};
OSEXT_QEMU_API _GByteArray* g_byte_array_new();
OSEXT_QEMU_API _GByteArray* g_byte_array_set_size(_GByteArray*, unsigned length);

OSEXT_QEMU_API void qemu_plugin_reset(qemu_plugin_id_t, qemu_plugin_simple_cb_t);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t,
                                                      qemu_plugin_vcpu_simple_cb_t);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                                          qemu_plugin_vcpu_tb_trans_cb_t);

OSEXT_QEMU_API void qemu_plugin_register_vcpu_tb_exec_cond_cb(qemu_plugin_tb*,
                                                              qemu_plugin_vcpu_udata_cb_t,
                                                              qemu_plugin_cb_flags,
                                                              qemu_plugin_cond, qemu_plugin_u64,
                                                              std::uint64_t immediate, void*);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_insn*,
                                                           qemu_plugin_vcpu_udata_cb_t,
                                                           qemu_plugin_cb_flags, void*);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_insn_exec_cond_cb(qemu_plugin_insn*,
                                                                qemu_plugin_vcpu_udata_cb_t,
                                                                qemu_plugin_cb_flags,
                                                                qemu_plugin_cond, qemu_plugin_u64,
                                                                std::uint64_t immediate, void*);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(qemu_plugin_insn*,
                                                                        qemu_plugin_op,
                                                                        qemu_plugin_u64,
                                                                        std::uint64_t immediate);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn*, qemu_plugin_vcpu_mem_cb_t,
                                                     qemu_plugin_cb_flags, qemu_plugin_mem_rw,
                                                     void*);
OSEXT_QEMU_API void qemu_plugin_register_vcpu_mem_inline_per_vcpu(qemu_plugin_insn*,
                                                                  qemu_plugin_mem_rw,
                                                                  qemu_plugin_op, qemu_plugin_u64,
                                                                  std::uint64_t immediate);

OSEXT_QEMU_API std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
OSEXT_QEMU_API std::uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb*);
OSEXT_QEMU_API qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb*, std::size_t index);
OSEXT_QEMU_API std::size_t qemu_plugin_insn_data(const qemu_plugin_insn*, void* bytes,
                                                 std::size_t length);
OSEXT_QEMU_API std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn*);
OSEXT_QEMU_API unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);

OSEXT_QEMU_API qemu_plugin_scoreboard* qemu_plugin_scoreboard_new(std::size_t element_size);
OSEXT_QEMU_API void* qemu_plugin_scoreboard_find(qemu_plugin_scoreboard*, unsigned vcpu);

OSEXT_QEMU_API _GArray* qemu_plugin_get_registers();
OSEXT_QEMU_API int qemu_plugin_read_register(qemu_plugin_register*, _GByteArray*);
OSEXT_QEMU_API bool qemu_plugin_read_memory_vaddr(std::uint64_t address, _GByteArray*,
                                                  std::size_t length);
