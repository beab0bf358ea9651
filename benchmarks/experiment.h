// SPDX-License-Identifier: GPL-2.0
// Experiment: a question, the workloads that answer it, and what they need of a mechanism.  These
// are plain data: the host plans with them, the runner measures with them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "measure/sample.h"
#include "measure/series.h"

namespace osext {

enum class MachineId { sim, kvm, native, smp };
std::string_view to_string(MachineId machine);
MachineId parse_machine(std::string_view text);  // throws std::invalid_argument

// What a workload needs and a mechanism offers.
enum class Capability {
  baseline,       // the kernel as it is, measured once for all mechanisms
  system_calls,   // a process that makes system calls
  interposition,  // another program sees and may change a process's system calls
  extension,      // protected code that a process calls and that returns to it
  calls,          // ... called and answered, there and back at least
  peers,          // two protection domains that call each other
  threads,        // the kernel schedules protected code of its own, beside processes
  signals,        // POSIX signals between processes
  processes,      // processes that the kernel schedules and shows in /proc
  timers,         // signals and wake-ups when a time has come, beside CPU-bound tasks
  faults,         // a program's fault reaches whoever handles it
  upcalls,        // events that run protected code in whatever process runs
  timer_upcalls,  // the same for timers alone: they interrupt a process
  tracing,        // another program, or protected code, is told of each system call of a process
  packets,        // several tasks at once that receive from the network
  budgets,        // protected code that is ended when it takes longer than it may
  monitors,       // code looks at other tasks and decides about them, in rounds
  management,     // other tasks' shares of the processor are watched and corrected
};

// When a cell is measured: before Mechanism::setup() or after it.
enum class Phase { bare, ready };

// How much of something a run with --quick takes, and one with --full.
struct Extent {
  std::uint64_t quick = 0;
  std::uint64_t full = 0;
};

// A workload as an experiment asks for it.
struct Row {
  std::string workload;
  Capability needs;
  std::vector<Params> variants;  // of the workload itself; {{}} for one without parameters
  bool batch = false;            // measured in batches too (sampling=batch): the floors
  Reach reach = Reach::caller;
  std::vector<Params> full_only = {};  // variants that only a full run has: the points between

  // A row that reports values by name (Sampler::report) marks no operations.  These are the metrics
  // of measure/metric.h that each of its cells must report, at least once each; how many values
  // there are is the workload's own affair.
  std::vector<std::string> reports = {};
  // Keys of the labels with which it may tell its values apart ("task"); none is a parameter.
  std::vector<std::string> labels = {};
  Extent count = {};        // operations of a cell, in place of the run's own number
  Extent warmup = {};       // and those before them
  Extent window_ms = {};    // how long a cell goes on, by the machine's own clock
  std::string module = {};  // the kernel module that it needs with whatever mechanism, or ""
  bool without_module_natively = false;  // on this computer something else takes its place
  std::string only_virtual = {};         // not "": why it is not measured on this computer
};

// Mechanisms that a run measures under one more profile than it was asked for: some figures of the
// papers are another machine's.
struct FurtherProfile {
  std::string profile;
  std::vector<std::string> mechanisms;
};

struct Experiment {
  std::string id;
  std::string question;
  std::vector<Row> rows;
  std::vector<FurtherProfile> further_profiles = {};
};

// A mechanism's description; its code is a Mechanism (mechanism.h).
struct MechanismInfo {
  std::string id;
  std::string title;
  bool needs_module = false;
  // What it offers; a capability that is missing here has its reason in `lacks`.
  std::vector<Capability> offers;
  std::map<Capability, std::string> lacks;
  // Variants that the mechanism adds to a workload: interpose -> variant=getregs, ...  A key
  // "experiment/workload" is for that experiment and goes before "workload".
  std::map<std::string, std::vector<Params>> variants;
  // Workloads whose reach is wider with this mechanism than the row says.
  std::map<std::string, Reach> reach;
};

// One box of the matrix, ready to be measured, or with the reason why it never is.
struct PlannedCell {
  Cell cell;
  Series series;
  std::vector<std::string> reports;     // as in Row; empty: operations are marked
  std::vector<std::string> labels;      // as in Row
  std::chrono::milliseconds window{0};  // as in Row; 0: the series' count decides
  std::string boot;                     // words that the kernel must have been booted with
  Phase phase = Phase::ready;
  bool must_be_ok = false;  // another state than ok fails the run on this machine
  std::string skip_reason;  // not "": the cell is not measured on this machine
};

}  // namespace osext
