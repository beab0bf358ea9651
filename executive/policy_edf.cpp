// SPDX-License-Identifier: GPL-2.0
// Policy `edf`: SCHED_OTHER becomes earliest deadline first (paper, introduction:
// calls that set priorities are "handled in a real-time executive using a
// completely different scheduling policy").
//
// sched_setscheduler(0, SCHED_OTHER, {N}) or sched_setparam(0, {N}) gives the
// guest a period of N ms, which Linux would refuse for N > 0.  Its job of a
// period is due at the period's end; sched_yield() says that it is done, and
// waits for the next.  Of the guests that are ready, the one whose job is due
// first runs; those without a period run when none of them wants to.
//
// Reports, for each job that was not done in time: guest, and by how many ns.

#include <asm/unistd.h>

#include "executive/guest_memory.h"
#include "executive/log.h"
#include "executive/policy.h"

namespace osext::executive {
namespace {

constexpr uint64_t kMillisecond_ns = 1000000;
constexpr uint64_t kInvalid = static_cast<uint64_t>(-22), kFault = static_cast<uint64_t>(-14);
constexpr uint64_t kSchedOther = 0, kPeriodMax_ms = 60000;

struct Job {
  uint64_t period_ns;  // 0: none
  uint64_t due_ns;     // the end of the present period
  bool done;           // the guest waits for the next one
};

class Edf final : public Policy {
  void on_arrival(Guest& guest) override { jobs_[guest.id] = {}; }
  void on_gone(Guest& guest) override { jobs_[guest.id] = {}; }
  void on_recall(Guest& guest) override { jobs_[guest.id].done = false; }

  Verdict on_call(Guest& guest) override {
    const Frame& frame = guest.frame;
    const bool own = frame.rdi == 0 || frame.rdi == guest.own_pid;
    switch (frame.rax) {
      case __NR_sched_setscheduler:
        if (!own || frame.rsi != kSchedOther) return {Verdict::next};
        return set_period(guest, frame.rdx);
      case __NR_sched_setparam:
        return own ? set_period(guest, frame.rsi) : Verdict{Verdict::next};
      case __NR_sched_getparam:
        return own ? get_period(guest, frame.rsi) : Verdict{Verdict::next};
      case __NR_sched_getscheduler:
        return own ? Verdict{Verdict::answer, kSchedOther} : Verdict{Verdict::next};
      case __NR_sched_yield:
        return finish_job(guest);
    }
    return {Verdict::next};
  }

  Verdict set_period(Guest& guest, uint64_t parameter) {
    int32_t period_ms;
    if (read_guest(parameter, &period_ms, sizeof(period_ms)) != sizeof(period_ms))
      return {Verdict::answer, kFault};
    if (period_ms < 0 || static_cast<uint64_t>(period_ms) > kPeriodMax_ms)
      return {Verdict::answer, kInvalid};
    Job& job = jobs_[guest.id];
    job.period_ns = static_cast<uint64_t>(period_ms) * kMillisecond_ns;
    job.due_ns = now_ns() + job.period_ns;
    return {Verdict::answer, 0};
  }

  Verdict get_period(Guest& guest, uint64_t parameter) {
    const auto period_ms = static_cast<int32_t>(jobs_[guest.id].period_ns / kMillisecond_ns);
    const bool written = write_guest(parameter, &period_ms, sizeof(period_ms)) == sizeof(period_ms);
    return {Verdict::answer, written ? 0 : kFault};
  }

  Verdict finish_job(Guest& guest) {
    Job& job = jobs_[guest.id];
    if (job.period_ns == 0) return {Verdict::next};
    const uint64_t now = now_ns();
    if (now > job.due_ns) {
      report(guest.own_pid);
      report(now - job.due_ns);
      // The periods that it missed are over, and the one that runs has begun.
      job.due_ns += ((now - job.due_ns) / job.period_ns + 1) * job.period_ns;
      return {Verdict::answer, 0};
    }
    job.done = true;
    return {Verdict::hold};
  }

  uint64_t deadline_ns() override {
    uint64_t earliest = kNever;
    for (const Job& job : jobs_)
      if (job.done && job.due_ns < earliest) earliest = job.due_ns;
    return earliest;
  }

  void on_time(uint64_t now) override {
    for_each_guest([&](Guest& guest) {
      Job& job = jobs_[guest.id];
      if (!job.done || job.due_ns > now) return;
      job.done = false;
      job.due_ns += job.period_ns;
      wake(guest, 0);
    });
  }

  Guest* choose() override {
    Guest* first = nullptr;
    for (Guest* guest = ready_guests().front(); guest; guest = guest->next) {
      const Job& job = jobs_[guest->id];
      if (job.period_ns && (!first || job.due_ns < jobs_[first->id].due_ns)) first = guest;
    }
    return first;
  }

  Job jobs_[OSEXT_HIJACK_GUESTS_MAX] = {};
};

constinit Edf edf;
POLICY("edf", edf);

}  // namespace
}  // namespace osext::executive
