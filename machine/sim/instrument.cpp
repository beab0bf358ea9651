// SPDX-License-Identifier: GPL-2.0
// See instrument.h; for where counts are placed see count_plan.h.
#include "machine/sim/instrument.h"

#include <osext/counters.h>
#include <osext/marker.h>

#include <array>
#include <deque>

#include "machine/sim/count_plan.h"
#include "machine/sim/guest_cpu.h"
#include "machine/sim/guest_tables.h"
#include "machine/sim/ring.h"
#include "machine/sim/spaces.h"

namespace osext {
namespace {

// Words that generated code itself changes.
struct LiveWords {
  std::uint64_t instructions[OSEXT_SPACES];
  std::uint64_t syscalls, sysrets, irets;
  // Compared at the start of every block; unequal calls block_starts().  While
  // watching it is the page of the code that ran last, otherwise 0; `alert`
  // makes the next block call in any case.
  std::uint64_t attention;
  std::uint64_t unsettled;  // a PackedInstruction that may have been aborted, or 0
};
constexpr std::uint64_t alert = ~0ULL;

// Code is translated again to start watching, and to stop.  Who stops often starts soon: the next
// cell of an experiment.  So the guest accesses memory that often first.  Most cells of
// tlb_working_set lie closer together; with much more, the callbacks cost what they save.
constexpr std::uint64_t patience_after_unwatch = 40'000'000;

// An operand to be evaluated when its instruction runs.
struct AddressSource {
  MemoryOperand memory;
  std::uint64_t next_instruction;
  unsigned type_register;
};

// The last instruction of a block, in one word: address, length, kind.
struct PackedInstruction {
  std::uint64_t word;
  static PackedInstruction pack(std::uint64_t address, std::size_t length, bool string) {
    return {(address & 0xffffffffffffULL) | std::uint64_t{length} << 48 |
            std::uint64_t{string} << 52 | 1ULL << 53};
  }
  std::uint64_t address() const {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(word << 16) >> 16);
  }
  std::uint64_t next() const { return address() + ((word >> 48) & 15); }
  bool string() const { return (word >> 52) & 1; }
};

struct State {
  State(qemu_plugin_id_t plugin, const Profile& profile, const std::string& region_file)
      : id(plugin), ring(region_file), tables(GuestCpu::read_memory), tlbs(profile.tlbs, tables) {}

  qemu_plugin_id_t id;
  Ring ring;
  GuestCpu cpu;
  GuestTables tables;
  TlbHierarchy tlbs;
  qemu_plugin_scoreboard* scoreboard = nullptr;
  LiveWords* live = nullptr;
  bool watch_wanted = false;  // as the last WATCH or UNWATCH marker says
  bool watching = false;      // translated code calls page_entered() and memory_accessed()
  bool modelling = false;     // both, since a block that started after the marker
  std::uint64_t patience = 0;  // memory accesses until it no longer does, once it is not wanted
  osext_counters rare{};      // events counted in callbacks
  std::deque<AddressSource> address_sources;
  // Scratch of translate(), kept to spare allocations.
  std::vector<Decoded> decoded;
  CountPlan plan;
};

// Never destroyed: QEMU calls back until the process is gone.
State* state;

qemu_plugin_u64 live_word(std::size_t offset) {
  return {state->scoreboard, offset};
}
qemu_plugin_u64 instruction_word(osext_space space) {
  return live_word(offsetof(LiveWords, instructions) + space * sizeof(std::uint64_t));
}

// ---- Running: callbacks from translated code.

// The instruction that ended the block before, and was counted as it started, may
// have been aborted.  What runs now tells: an abort continues in a handler of the
// kernel, below whose stack pointer lies the address of the aborted instruction.
void settle(std::uint64_t now) {
  const PackedInstruction last{state->live->unsettled};
  state->live->unsettled = 0;
  const bool in_kernel = now >> 63;
  if (!in_kernel || now == last.next() || now == last.address()) return;
  std::uint64_t slot = 0;
  const std::uint64_t stack = state->cpu.general(4);
  // With an error code on top: a fault.  Without one: a fault of another kind, or,
  // for a string instruction, an interrupt between two of its iterations.
  const bool faulted =
      (GuestCpu::read_memory(stack + 8, &slot) && slot == last.address()) ||
      (!last.string() && GuestCpu::read_memory(stack, &slot) && slot == last.address());
  if (faulted) --state->live->instructions[space_of(last.address())];
}

void block_starts(unsigned, void* address) {
  const auto now = reinterpret_cast<std::uint64_t>(address);
  if (state->live->unsettled) settle(now);
  if (state->watch_wanted && state->watching && !state->modelling) {
    state->tlbs.clear();
    state->modelling = true;
  }
  if (state->modelling) state->tlbs.fetch(now);
  state->live->attention = state->watching ? now >> 12 : 0;
}

void page_entered(unsigned, void* address) {
  const auto now = reinterpret_cast<std::uint64_t>(address);
  if (state->watch_wanted && !state->modelling) return;  // block_starts() is due
  if (state->modelling) state->tlbs.fetch(now);
  state->live->attention = now >> 12;
}

void restart(qemu_plugin_id_t id);

void memory_accessed(unsigned, qemu_plugin_meminfo_t info, std::uint64_t address, void*) {
  if (!state->modelling) {
    if (!state->watch_wanted && --state->patience == 0) qemu_plugin_reset(state->id, restart);
    return;
  }
  ++state->rare.data_accesses;
  state->tlbs.access(address);
  constexpr std::uint64_t largest_access = 64;
  if ((address & 0xfff) > 4096 - largest_access) {
    const std::uint64_t last = address + (1ULL << qemu_plugin_mem_size_shift(info)) - 1;
    if (last >> 12 != address >> 12) state->tlbs.access(last);
  }
}

void cr3_written(unsigned, void* source) {
  ++state->rare.cr3_writes;
  state->tables.set_cr3(
      state->cpu.general(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(source))));
  state->tlbs.write_cr3();
  state->live->attention = alert;
}

void cr4_written(unsigned, void* source) {
  const std::uint64_t value =
      state->cpu.general(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(source)));
  if ((value ^ state->cpu.cr4()) & GuestTables::cr4_pge) {
    ++state->rare.cr4_pge_toggles;
    state->tlbs.toggle_cr4_pge();
  }
  state->tables.set_cr4(value);
  state->live->attention = alert;
}

void page_invalidated(unsigned, void* source) {
  const auto* const operand = static_cast<const AddressSource*>(source);
  ++state->rare.invlpg;
  state->tables.forget();
  state->tlbs.invlpg(state->cpu.address(operand->memory, operand->next_instruction));
  state->live->attention = alert;
}

void pcid_invalidated(unsigned, void* source) {
  const auto* const operand = static_cast<const AddressSource*>(source);
  ++state->rare.invpcid;
  // The descriptor: 8 bytes of PCID, 8 of address.
  std::uint64_t address = 0;
  GuestCpu::read_memory(state->cpu.address(operand->memory, operand->next_instruction) + 8,
                        &address);
  state->tables.forget();
  state->tlbs.invpcid(state->cpu.general(operand->type_register), address);
  state->live->attention = alert;
}

void record(unsigned operation) {
  osext_counters entry = state->rare;
  entry.operation = operation;
  for (int space = 0; space < OSEXT_SPACES; ++space) {
    entry.instructions[space] = state->live->instructions[space];
    entry.itlb_misses[space] = state->tlbs.counts().itlb_misses[space];
    entry.dtlb_misses[space] = state->tlbs.counts().dtlb_misses[space];
  }
  entry.syscalls = state->live->syscalls;
  entry.sysrets = state->live->sysrets;
  entry.irets = state->live->irets;
  entry.stlb_hits = state->tlbs.counts().stlb_hits;
  entry.page_walks = state->tlbs.counts().page_walks;
  entry.watching = state->modelling;
  state->ring.append(entry);
}

void marker_reached(unsigned, void* operand) {
  const auto operation = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(operand));
  if (operation != OSEXT_MARK_WATCH && operation != OSEXT_MARK_UNWATCH) {
    record(operation);
    return;
  }
  state->watch_wanted = operation == OSEXT_MARK_WATCH;
  if (state->watch_wanted) {
    state->tables.set_cr3(state->cpu.cr3());
    state->tables.set_cr4(state->cpu.cr4());
    state->modelling = false;
    state->live->attention = alert;
    if (!state->watching) qemu_plugin_reset(state->id, restart);
  } else {
    state->modelling = false;
    state->patience = patience_after_unwatch;
  }
}

// ---- Translating: what is planted where.

void* as_pointer(std::uint64_t value) {
  return reinterpret_cast<void*>(value);
}

void add_inline(qemu_plugin_insn* instruction, qemu_plugin_u64 word, std::uint64_t amount) {
  qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(instruction, QEMU_PLUGIN_INLINE_ADD_U64, word,
                                                      amount);
}
void store_inline(qemu_plugin_insn* instruction, qemu_plugin_u64 word, std::uint64_t value) {
  qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(instruction, QEMU_PLUGIN_INLINE_STORE_U64,
                                                      word, value);
}
void call(qemu_plugin_insn* instruction, qemu_plugin_vcpu_udata_cb_t what, void* data) {
  qemu_plugin_register_vcpu_insn_exec_cb(instruction, what, QEMU_PLUGIN_CB_R_REGS, data);
}

void plant_event(qemu_plugin_insn* instruction, const Decoded& decoded, std::uint64_t next) {
  const auto operand_source = [&]() -> void* {
    return &state->address_sources.emplace_back(
        AddressSource{decoded.memory, next, decoded.operand});
  };
  switch (decoded.event) {
    case Event::none:
      break;
    case Event::marker:
      call(instruction, marker_reached, as_pointer(decoded.operand));
      break;
    case Event::syscall:
      add_inline(instruction, live_word(offsetof(LiveWords, syscalls)), 1);
      break;
    case Event::sysret:
      add_inline(instruction, live_word(offsetof(LiveWords, sysrets)), 1);
      break;
    case Event::iret:
      add_inline(instruction, live_word(offsetof(LiveWords, irets)), 1);
      break;
    case Event::cr3_write:
      call(instruction, cr3_written, as_pointer(decoded.operand));
      break;
    case Event::cr4_write:
      call(instruction, cr4_written, as_pointer(decoded.operand));
      break;
    case Event::invlpg:
      call(instruction, page_invalidated, operand_source());
      break;
    case Event::invpcid:
      call(instruction, pcid_invalidated, operand_source());
      break;
  }
}

// Counts the last instruction of a block, which may be aborted.
void plant_last_count(qemu_plugin_insn* instruction, const Decoded& decoded, std::uint64_t address,
                      std::size_t length) {
  const qemu_plugin_u64 word = instruction_word(space_of(address));
  if (decoded.completion != Completion::unknown) {
    // These counts also serve a block that QEMU makes for a single access to a
    // device, in which it leaves out everything but memory instrumentation.
    qemu_plugin_register_vcpu_mem_inline_per_vcpu(
        instruction, decoded.completion == Completion::load ? QEMU_PLUGIN_MEM_R : QEMU_PLUGIN_MEM_W,
        QEMU_PLUGIN_INLINE_ADD_U64, word, 1);
    return;
  }
  add_inline(instruction, word, 1);
  store_inline(instruction, live_word(offsetof(LiveWords, unsettled)),
               PackedInstruction::pack(address, length, decoded.string).word);
  store_inline(instruction, live_word(offsetof(LiveWords, attention)), alert);
}

void plant_watch(qemu_plugin_insn* instruction, std::uint64_t first_byte, std::uint64_t last_byte,
                 std::uint64_t& page) {
  for (const std::uint64_t byte : {first_byte, last_byte}) {
    if (byte >> 12 == page) continue;
    page = byte >> 12;
    qemu_plugin_register_vcpu_insn_exec_cond_cb(
        instruction, page_entered, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_COND_NE,
        live_word(offsetof(LiveWords, attention)), page, as_pointer(byte));
  }
  qemu_plugin_register_vcpu_mem_cb(instruction, memory_accessed, QEMU_PLUGIN_CB_NO_REGS,
                                   QEMU_PLUGIN_MEM_RW, nullptr);
}

void translate(qemu_plugin_id_t, qemu_plugin_tb* block) {
  const std::size_t count = qemu_plugin_tb_n_insns(block);
  const std::uint64_t start = qemu_plugin_tb_vaddr(block);
  std::uint64_t page = start >> 12;

  qemu_plugin_register_vcpu_tb_exec_cond_cb(
      block, block_starts, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_COND_NE,
      live_word(offsetof(LiveWords, attention)), state->watching ? page : 0, as_pointer(start));

  std::array<std::size_t, 512> lengths;  // QEMU's limit for a block
  state->decoded.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::array<std::uint8_t, 16> bytes;
    lengths[i] =
        qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, i), bytes.data(), bytes.size());
    state->decoded[i] = decode(std::span(bytes).first(lengths[i]));
  }
  plan_counts(state->decoded, state->plan);

  // On one instruction, instrumentation runs in the order it is planted in: a
  // marker's own count comes before its callback, page fetches before everything.
  const qemu_plugin_u64 instructions = instruction_word(space_of(start));
  for (std::size_t i = 0; i < count; ++i) {
    qemu_plugin_insn* const instruction = qemu_plugin_tb_get_insn(block, i);
    const std::uint64_t address = qemu_plugin_insn_vaddr(instruction);
    if (state->watching) plant_watch(instruction, address, address + lengths[i] - 1, page);
    if (state->plan.add_at[i]) add_inline(instruction, instructions, state->plan.add_at[i]);
    plant_event(instruction, state->decoded[i], address + lengths[i]);
    if (i + 1 == count && state->plan.last_is_uncounted)
      plant_last_count(instruction, state->decoded[i], address, lengths[i]);
  }
}

// QEMU calls this when it has dropped all translated code, between two blocks.
void restart(qemu_plugin_id_t id) {
  state->watching = state->watch_wanted;
  state->modelling = false;
  state->live->attention = alert;
  state->address_sources.clear();
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
}

void cpu_made(qemu_plugin_id_t, unsigned) {
  state->cpu.find_registers();
  state->live = static_cast<LiveWords*>(qemu_plugin_scoreboard_find(state->scoreboard, 0));
  state->live->attention = alert;
}

}  // namespace

void start_instrumentation(qemu_plugin_id_t id, const Profile& profile,
                           const std::string& region_file) {
  state = new State(id, profile, region_file);
  state->scoreboard = qemu_plugin_scoreboard_new(sizeof(LiveWords));
  qemu_plugin_register_vcpu_init_cb(id, cpu_made);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
}

}  // namespace osext
