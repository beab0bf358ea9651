// SPDX-License-Identifier: GPL-2.0
// What a user-level CPU service manager is made of: the rows of the slides' SafeX table.  The
// manager is the caller; applications are CPU-bound processes of SCHED_IDLE, so that nothing they
// are told makes them preempt it.
//
//   signal_dispatch  measures kill() of the manager, from just before it to just after it: the
//             signal is sent and the application made to see it, not yet run.  SIGSTOP to one that
//             is runnable, or SIGCONT to one that has stopped.
//             excludes waiting until the application has done what it was told
//             expected 1.5 us on a 550 MHz Pentium III, 825 cycles
//   switch_to_application  measures from just before the manager's FUTEX_WAIT, by which it gives up
//             the CPU, to the application's next instruction in user mode, where it sees a word
//             that the manager has written: one switch to a process that was preempted
//             excludes the way back
//             expected 2.99 us, 1645 cycles
//   monitor_handler  measures a round of the manager's: for each application open, read, close and
//             parse /proc/PID/stat, monitor, handler and guard (osext/cpu_service.h), and with
//             signals also one SIGSTOP or SIGCONT to each, in turns, whatever the guard says
//             excludes waiting until the applications have done what they were told; being woken
//             expected 190 us for three, 104,500 cycles; the slides do not say what is in it
//             confounders: LSM hooks on open(), the number of digits in the figures
#pragma once

#include "measure/sampler.h"

namespace osext {

enum class DispatchedSignal { stop, go_on };
enum class RoundSignals { none, each };

// Pin to one CPU before.  They throw std::runtime_error.
void signal_dispatch(Sampler& sampler, const Series& series, DispatchedSignal which);
void switch_to_application(Sampler& sampler, const Series& series);
void monitor_handler(Sampler& sampler, const Series& series, unsigned applications,
                     RoundSignals signals);

}  // namespace osext
