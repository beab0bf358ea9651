// SPDX-License-Identifier: GPL-2.0
// Where experiments run.  A Machine runs units: one program with its files, in
// a fresh copy of the same state, within a time limit; what comes back is what
// the program left, or why it left nothing.
#pragma once

#include <osext/counters.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace osext {

// The machine cannot be had: a missing package, a boot that failed, a unit that
// does not fit.  The text says what to do.
struct MachineError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct UnitFile {
  std::filesystem::path host;
  std::string guest;  // absolute path in the guest, at most 103 bytes
  unsigned mode = 0644;
};

struct Unit {
  std::string name;                // for messages
  std::vector<std::string> argv;   // in the guest; argv[0] is looked up in PATH
  std::vector<UnitFile> files;     // put there before argv runs
  std::string records;             // guest path of the record file, or ""
  std::chrono::seconds limit{60};  // of wall time on the host, restore included
};

enum class Outcome {
  finished,  // exit status 0
  failed,    // the program ended otherwise, or the agent refused the command
  timeout,   // stopped at its limit; records and console are what was there by then
  crashed,   // the guest's kernel died, or the machine ended without a result
};
std::string_view to_string(Outcome outcome);

struct UnitResult {
  Outcome outcome = Outcome::crashed;
  int exit_status = 0;  // of the program: 0..255, or 128 + signal
  std::string reason;   // one line without addresses; "" if finished
  std::string records;
  std::vector<osext_counters> ring;  // on machines with the counting plugin
  std::uint64_t ring_lost = 0;       // markers that found the ring full
  std::string console;               // stdout and stderr of the program
  std::string kernel_log;            // after a crash: the serial console's tail
};

class Machine {
 public:
  virtual ~Machine() = default;
  // Context: any thread; several units may run at once.  Throws MachineError if
  // the machine itself cannot be started or the unit does not fit the region.
  virtual UnitResult run(const Unit& unit) = 0;
  // What run.json records: id, kernel, command line, versions, settings.
  virtual std::map<std::string, std::string> describe() const = 0;
};

struct VmOptions {
  std::filesystem::path build = "build";  // holds setup.json, image/ and snapshots/
  std::string kernel = "6.12";            // a kernel named in setup.json
  std::filesystem::path image;            // default: BUILD/image/slim.cpio
  std::string kernel_words;               // more words for the kernel's command line
  std::chrono::seconds boot_limit{180};
  // sim only:
  int shift = 0;                    // one instruction takes 2^shift virtual nanoseconds
  std::filesystem::path plugin;     // "" runs without counters
  std::filesystem::path profile;    // the plugin's CPU profile
  std::filesystem::path snapshots;  // default: BUILD/snapshots
  bool fresh = false;               // boot even if there is a snapshot
};

// Boots once, snapshots, restores each unit: deterministic, one CPU, counters.
std::unique_ptr<Machine> make_sim(const VmOptions& options);
// Two CPUs, a boot for each unit, no virtual time, no counters: for tests only.
std::unique_ptr<Machine> make_smp(const VmOptions& options);
// The same virtual machine under KVM, a boot for each unit.
std::unique_ptr<Machine> make_kvm(const VmOptions& options);

struct NativeOptions {
  bool allow_modules = false;  // units that carry a kernel module are refused otherwise
};
// This computer: the unit's program runs in a private folder, with the guest's
// paths below it.
std::unique_ptr<Machine> make_native(const NativeOptions& options);

// Boots the virtual machine with a shell on this terminal; returns when the
// person leaves it.  `files` are there beforehand.
void run_shell(const VmOptions& options, const std::vector<UnitFile>& files);

// The lines of a kernel log that no healthy run has (BUG:, WARNING:, Oops,
// lockups, stalls, protection faults, call traces), each without its time stamp.
std::vector<std::string> kernel_log_problems(std::string_view log);

}  // namespace osext
