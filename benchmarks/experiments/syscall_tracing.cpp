// SPDX-License-Identifier: GPL-2.0
// syscall_tracing: what does it cost to have every system call of a process seen? (Slides,
// "Interposition Experiments": a tracer by ptrace, as an upcall handler in the sandbox, as a thread
// there.)
//
//   measures: traced_call: getppid() of a process that is traced; traced_program: a real program
//             from execve() to its end.  Every tracer sees number and result of each call:
//             ptrace by two stops and the registers; ULS by an upcall when the call returns, which
//             notes both, or leaves both to a thread in the sandbox, which is woken; Hijack's
//             executive prints a line, as strace does, and nobody reads it.  SafeX's extension sees
//             the number only, when the call begins, and counts
//   excludes: nothing is subtracted; the rows of linux are the same without a tracer
//   expected: the slides print no figures. Hijack near ptrace: the thread that a guest came
//             from makes its calls, and each takes two switches, as two stops do
//   confounders: time is virtual on the simulated machine: switches of address spaces and TLB
//             misses, which ptrace and Hijack have and upcalls and bottom halves have not, cost nothing in it; the
//             tracers do not do the same with what they see
#include "benchmarks/experiments/experiments.h"

namespace osext {

Experiment syscall_tracing() {
  Experiment experiment;
  experiment.id = "syscall_tracing";
  experiment.question = "What does it cost to have every system call of a process seen?";

  Row calls{"traced_call", Capability::tracing, {{}}};
  calls.reports = {"time_ns"};
  calls.count = {20, 100};  // batches

  Row programs{"traced_program",
               Capability::tracing,
               {{{"program", "gzip"}}, {{"program", "sh"}}, {{"program", "tcc"}}}};
  programs.reports = {"time_ns"};
  programs.count = {1, 1};

  experiment.rows = {calls, programs};
  return experiment;
}

}  // namespace osext
