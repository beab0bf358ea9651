// SPDX-License-Identifier: GPL-2.0
// The executive's core: becoming the executive, and what happens to a guest that
// comes in: its call goes to the policies, and somebody goes out again.

#include <asm/unistd.h>
#include <linux/ioctl.h>

#include "executive/boot.h"
#include "executive/delivery.h"
#include "executive/linux.h"
#include "executive/log.h"
#include "executive/memory.h"
#include "executive/policy.h"
#include "executive/schedule.h"
#include "executive/state.h"

using namespace osext::executive;

extern "C" {
extern osext_hijack_shared executive_shared;
extern char executive_entry[], executive_upcall[];
void executive_main(Boot* boot);
[[noreturn]] void executive_run();
Frame* executive_choose();
Frame* executive_handle(Frame* frame);
Frame* executive_interrupted(Frame* frame);
Frame* executive_notified(Frame* frame);
Frame* executive_refused(Frame* frame);
}

uint64_t executive_counters[OSEXT_HIJACK_COUNTS];
uint32_t executive_minimal_call = NO_SYSTEM_CALL;

namespace {

constexpr uint64_t kUserEnd = 0x7ffffffff000;

// What was copied from the process that started us is its, not ours: without it,
// its writes need not copy pages.
void drop_inherited_memory() {
  constexpr uint64_t region_end = OSEXT_EXECUTIVE_BASE + OSEXT_EXECUTIVE_SIZE;
  system_call(__NR_munmap, 0, OSEXT_HIJACK_HANDLER);
  if (!by_handler()) system_call(__NR_munmap, OSEXT_HIJACK_HANDLER, OSEXT_HIJACK_HANDLER_BELOW);
  system_call(__NR_munmap, region_end, kUserEnd - region_end);
}

// Whether the guests' pages are global; without the word as the module's parameter says.
void choose_pages(const Options& options, osext_hijack_attach& attach) {
  unsigned length = 0;
  if (!options.find("global", length)) return;
  const bool on = options.is("global", "on");
  if (!on && !options.is("global", "off")) fail("global is on or off");
  attach.flags |= on ? OSEXT_HIJACK_GLOBAL_ON : OSEXT_HIJACK_GLOBAL_OFF;
}

Frame* go_on(Guest& guest, uint64_t result) {
  executive_shared.ax = result;
  guest.frame.rax = OSEXT_HIJACK_OP_RESUME;
  return &guest.frame;
}

// The guest does not simply go on.
[[gnu::noinline]] Frame* part(Guest& guest, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::answer:
      return go_on(guest, verdict.value);
    case Verdict::next:
    case Verdict::serve:
      ++executive_counters[OSEXT_HIJACK_COUNT_SERVED];
      guest.call = static_cast<int64_t>(guest.frame.rax);
      executive_shared.ax = guest.frame.rax;
      give_to_owner(guest, guest.call);
      break;
    case Verdict::hold:
      guest.state = GuestState::held;
      break;
    case Verdict::leave:
      executive_shared.ax = 0;
      release(guest);
      break;
  }
  return choose_next();
}

inline Frame* obey(Guest& guest, const Verdict& verdict) {
  return verdict.kind == Verdict::answer ? go_on(guest, verdict.value) : part(guest, verdict);
}

}  // namespace

extern "C" void executive_main(Boot* boot) {
  init_memory(boot->heap, boot->heap_end);
  init_log(static_cast<int>(boot->output), static_cast<Report*>(map_pages(kReportBytes / kPage)));
  const Options options(boot->options);
  osext_hijack_attach attach{};
  attach.entry = reinterpret_cast<uint64_t>(executive_entry);
  attach.upcall = reinterpret_cast<uint64_t>(executive_upcall);
  choose_delivery(options, attach);
  choose_pages(options, attach);
  const int64_t error = system_call(__NR_ioctl, boot->device, OSEXT_HIJACK_ATTACH,
                                    reinterpret_cast<uint64_t>(&attach));
  if (error) end(static_cast<int>(-error));  // the host library explains it
  drop_inherited_memory();
  expect_signals();
  start_schedule(options);
  choose_policies(options);
  executive_run();
}

extern "C" Frame* executive_choose() {
  look_for_events();
  return choose_next();
}

// A guest's call.
extern "C" Frame* executive_handle(Frame* frame) {
  Guest& guest = *guest_of(frame);
  ++executive_counters[OSEXT_HIJACK_COUNT_TRAPS];
  guest.whole = false;
  if (frame->rax >= OSEXT_HIJACK_RPC) return obey(guest, on_hypercall(guest));
  ++guest.calls;
  return obey(guest, ask_policies(guest));
}

// A guest was interrupted by a signal of ours, its own fault among them, or by an event.
extern "C" Frame* executive_interrupted(Frame* frame) {
  Guest& guest = *guest_of(frame);
  guest.whole = true;
  ++executive_counters[OSEXT_HIJACK_COUNT_UPCALLS];
  on_signal(&guest);
  look_for_events();
  if (guest.state == GuestState::ready) put_back(guest);
  return choose_next();
}

// The same by the handler in the guest's memory, unless the guest says so itself.
extern "C" Frame* executive_notified(Frame* frame) {
  Guest& guest = *guest_of(frame);
  if (accept_delivery(guest)) {
    ++executive_counters[OSEXT_HIJACK_COUNT_DELIVERED];
    return executive_interrupted(frame);
  }
  constexpr auto no_such_call = static_cast<uint64_t>(-38);
  ++executive_counters[OSEXT_HIJACK_COUNT_FORGED];
  guest.whole = false;
  return go_on(guest, no_such_call);
}

// The module does not resume the guest, because events wait; it is as it was.
extern "C" Frame* executive_refused(Frame* frame) {
  constexpr auto events_wait = static_cast<uint64_t>(-11);
  Guest& guest = *guest_of(frame);
  // A guest with an instruction pointer outside of user memory; it would fault there.
  if (frame->rax != events_wait) kill_guest(guest);
  look_for_events();
  if (guest.state == GuestState::ready) put_back(guest);
  return choose_next();
}
