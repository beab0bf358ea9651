// SPDX-License-Identifier: GPL-2.0
#include "executive/guest.h"

#include "executive/linux.h"
#include "executive/memory.h"
#include "executive/state.h"

extern "C" osext_hijack_shared executive_shared;

namespace osext::executive {
namespace {

Guest guests[OSEXT_HIJACK_GUESTS_MAX];
Guest* current_guest = nullptr;
Guest* fpu_guest = nullptr;  // whose vector registers are in the processor
unsigned served = 0;         // guests with their owners

uint64_t fpu_features() {
  constexpr uint64_t tiles = 3ULL << 17;  // their use needs a permission that this thread has not
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low | uint64_t{high} << 32) & ~tiles;
}

void save_fpu(Guest& guest) {
  if (fpu_guest != &guest) return;
  const uint64_t features = fpu_features();
  asm volatile("xsave64 (%0)" ::"r"(guest.transfer->fpu), "a"(static_cast<uint32_t>(features)),
               "d"(static_cast<uint32_t>(features >> 32))
               : "memory");
}

void load_fpu(Guest& guest) {
  if (fpu_guest == &guest) return;
  if (fpu_guest) save_fpu(*fpu_guest);
  fpu_guest = &guest;
  const uint64_t features = fpu_features();
  asm volatile("xrstor64 (%0)" ::"r"(guest.transfer->fpu), "a"(static_cast<uint32_t>(features)),
               "d"(static_cast<uint32_t>(features >> 32))
               : "memory");
}

// What the shared page holds of the current guest goes to its record.
void unload(Guest& guest) {
  guest.ip = executive_shared.ip;
  guest.flags = executive_shared.flags;
  guest.sp = executive_shared.sp;
  guest.ax = executive_shared.ax;
  guest.cx = executive_shared.cx;
  guest.r11 = executive_shared.r11;
}

void load(const Guest& guest) {
  executive_shared.ip = guest.ip;
  executive_shared.flags = guest.flags;
  executive_shared.sp = guest.sp;
  executive_shared.ax = guest.ax;
  executive_shared.cx = guest.cx;
  executive_shared.r11 = guest.r11;
}

uint64_t stack_of(Guest& guest) {
  return reinterpret_cast<uint64_t>(&guest.frame + 1);
}

// The guest's registers into its transfer page.
void pack(Guest& guest) {
  if (current_guest == &guest) unload(guest);
  save_fpu(guest);
  if (fpu_guest == &guest) fpu_guest = nullptr;
  osext_hijack_state& state = *guest.transfer;
  const Frame& frame = guest.frame;
  state.r15 = frame.r15;
  state.r14 = frame.r14;
  state.r13 = frame.r13;
  state.r12 = frame.r12;
  state.bp = frame.rbp;
  state.bx = frame.rbx;
  state.r10 = frame.r10;
  state.r9 = frame.r9;
  state.r8 = frame.r8;
  state.dx = frame.rdx;
  state.si = frame.rsi;
  state.di = frame.rdi;
  state.fs_base = frame.fs_base;
  state.gs_base = frame.gs_base;
  state.ip = guest.ip;
  state.flags = guest.flags;
  state.sp = guest.sp;
  state.ax = guest.ax;
  // SYSCALL left them so; what else runs there may look.
  state.cx = guest.whole ? guest.cx : guest.ip;
  state.r11 = guest.whole ? guest.r11 : guest.flags;
}

void unpack(Guest& guest) {
  const osext_hijack_state& state = *guest.transfer;
  Frame& frame = guest.frame;
  frame.r15 = state.r15;
  frame.r14 = state.r14;
  frame.r13 = state.r13;
  frame.r12 = state.r12;
  frame.rbp = state.bp;
  frame.rbx = state.bx;
  frame.r10 = state.r10;
  frame.r9 = state.r9;
  frame.r8 = state.r8;
  frame.rdx = state.dx;
  frame.rsi = state.si;
  frame.rdi = state.di;
  frame.fs_base = state.fs_base;
  frame.gs_base = state.gs_base;
  guest.ip = state.ip;
  guest.flags = state.flags;
  guest.sp = state.sp;
  guest.ax = state.ax;
  guest.result = state.result;
  guest.cx = state.cx;
  guest.r11 = state.r11;
  guest.whole = guest.cx != guest.ip || guest.r11 != guest.flags;
}

void hand_over(Guest& guest, uint64_t operation) {
  guest.state = GuestState::served;
  ++served;
  system_call(operation, guest.id, reinterpret_cast<uint64_t>(guest.transfer));
  if (current_guest == &guest) current_guest = nullptr;  // the module took us home
}

}  // namespace

Guest* current() {
  return current_guest;
}

unsigned served_guests() {
  return served;
}

Guest* find_guest(uint32_t id) {
  return id < OSEXT_HIJACK_GUESTS_MAX && guests[id].state != GuestState::none ? &guests[id]
                                                                              : nullptr;
}

bool take(uint32_t id, bool arrival) {
  if (id >= OSEXT_HIJACK_GUESTS_MAX) return false;
  Guest& guest = guests[id];
  if (arrival) {
    guest = Guest{};
    guest.id = id;
    guest.minimal_call = NO_SYSTEM_CALL;
    guest.transfer = static_cast<osext_hijack_state*>(map_pages(1));
  }
  if (system_call(OSEXT_HIJACK_OP_TAKE, id, reinterpret_cast<uint64_t>(guest.transfer)) != 0) {
    if (arrival) unmap_pages(guest.transfer, 1);
    return false;
  }
  unpack(guest);
  if (!arrival) --served;
  guest.pid = guest.transfer->pid;
  guest.own_pid = guest.transfer->own_pid;
  guest.family = guest.transfer->family;
  guest.state = GuestState::ready;
  return true;
}

bool activate(Guest& guest) {
  if (current_guest != &guest) {
    if (current_guest) unload(*current_guest);
    constexpr int64_t home_in_use = -11;  // somebody reads it in /proc
    int64_t error = home_in_use;
    for (int tries = 0; tries < 50 && error == home_in_use; ++tries)
      error = system_call(OSEXT_HIJACK_OP_SWITCH, guest.id, stack_of(guest));
    if (error != 0) {
      leave_current();
      return false;
    }
    current_guest = &guest;
    executive_minimal_call = guest.minimal_call;
    load_fpu(guest);
    load(guest);
  }
  guest.frame.rax = guest.whole ? OSEXT_HIJACK_OP_RESUME_ALL : OSEXT_HIJACK_OP_RESUME;
  return true;
}

void leave_current() {
  if (!current_guest) return;
  unload(*current_guest);
  current_guest = nullptr;
  system_call(OSEXT_HIJACK_OP_SWITCH, OSEXT_HIJACK_HOME, 0);
}

void serve(Guest& guest, int64_t request) {
  pack(guest);
  guest.transfer->request = request;
  hand_over(guest, OSEXT_HIJACK_OP_SERVE);
}

void serve_fault(Guest& guest, uint64_t signal, int64_t code, uint64_t address, uint64_t trap,
                 uint64_t error) {
  osext_hijack_state& state = *guest.transfer;
  pack(guest);
  state.request = OSEXT_HIJACK_REQUEST_FAULT;
  state.fault_number = signal;
  state.fault_code = static_cast<uint64_t>(code);
  state.fault_address = address;
  state.fault_trap = trap;
  state.fault_error = error;
  hand_over(guest, OSEXT_HIJACK_OP_SERVE);
}

void release(Guest& guest) {
  pack(guest);
  guest.transfer->request = OSEXT_HIJACK_REQUEST_NONE;
  hand_over(guest, OSEXT_HIJACK_OP_LEAVE);
}

// What XRSTOR refuses is taken out.
void load_vectors(Guest& guest, bool extended) {
  constexpr unsigned mxcsr_at = 24, mxcsr_mask_at = 28, header_at = 512, header_bytes = 64;
  constexpr uint32_t default_mxcsr_mask = 0xffbf;
  constexpr uint64_t legacy = 3;
  uint8_t* fpu = guest.transfer->fpu;
  uint32_t mxcsr, mask;
  uint64_t features = legacy;
  memcpy(&mxcsr, fpu + mxcsr_at, sizeof mxcsr);
  memcpy(&mask, fpu + mxcsr_mask_at, sizeof mask);
  mxcsr &= mask ? mask : default_mxcsr_mask;
  memcpy(fpu + mxcsr_at, &mxcsr, sizeof mxcsr);
  if (extended) memcpy(&features, fpu + header_at, sizeof features);
  features &= fpu_features();
  memset(fpu + header_at, 0, header_bytes);
  memcpy(fpu + header_at, &features, sizeof features);
  fpu_guest = nullptr;
  load_fpu(guest);
}

void forget(Guest& guest) {
  if (fpu_guest == &guest) fpu_guest = nullptr;
  if (current_guest == &guest) current_guest = nullptr;
  if (guest.state == GuestState::served) --served;
  guest.state = GuestState::none;
  unmap_pages(guest.transfer, 1);
  guest.transfer = nullptr;
}

void set_result(Guest& guest, uint64_t result) {
  if (current_guest == &guest)
    executive_shared.ax = result;
  else
    guest.ax = result;
}

uint64_t result_of(const Guest& guest) {
  return current_guest == &guest ? executive_shared.ax : guest.ax;
}

uint64_t ip_of(const Guest& guest) {
  return current_guest == &guest ? executive_shared.ip : guest.ip;
}

void set_ip(Guest& guest, uint64_t ip) {
  if (current_guest == &guest)
    executive_shared.ip = ip;
  else
    guest.ip = ip;
}

}  // namespace osext::executive
