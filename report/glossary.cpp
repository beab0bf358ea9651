// SPDX-License-Identifier: GPL-2.0
// What the ids of a table mean; see glossary.h.
#include "report/glossary.h"

#include <span>
#include <utility>

namespace osext::report {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr Entry kOperations[] = {
    {"overhead",
     "an empty measurement: what begin and end mark themselves cost; shown, never "
     "subtracted"},
    {"null_syscall", "a plain system call, getppid(): the unit of every ratio"},
    {"rpc", "the caller calls the extension, which changes a counter and the result, and returns"},
    {"rpc_peer",
     "a message to another protection domain and its answer: two processes over pipes, "
     "or two guests"},
    {"trap", "one way: from the caller to the first instruction of the extension"},
    {"return", "one way: from the extension back to the caller"},
    {"interpose", "a system call that the extension intercepts, makes itself and answers"},
    {"upcall", "one way: from the kernel's handler to the first instruction in the sandbox"},
    {"upcall_return", "an upcall and the return from it"},
    {"upcall_timer",
     "one way: from a timer's callback to the first instruction in the sandbox, or to the "
     "executive's policy"},
    {"upcall_tlb", "an upcall that includes flushing the TLB and reloading a working set"},
    {"tlb_reload", "opening the sandbox, flushing the TLB and reloading a working set"},
    {"fault",
     "from an instruction that faults to whoever takes the fault: a signal's handler, or the "
     "executive's policy"},
    {"signal_self", "from kill() to the first instruction of the process's own handler"},
    {"signal_other",
     "from kill() to the first instruction of another process's handler; role=manager: kill() "
     "alone, "
     "which stops an application or lets it go on"},
    {"context_switch",
     "the CPU passes from one process to another; role=manager: to a CPU-bound application that "
     "was "
     "preempted"},
    {"read_proc_stat", "reading /proc/PID/stat once; fd=kept: of a file that stays open"},
    {"udp_stream", "four tasks that each receive a stream of packets and work on each packet"},
    {"nic_receive", "a packet's way from the card into a socket's queue"},
    {"traced_call", "one getppid() of a process all of whose system calls somebody sees"},
    {"traced_program",
     "a real program, from execve() to its end, all of whose calls somebody sees"},
    {"cpu_shares", "three CPU-bound tasks, a disturbance above them, and who manages their shares"},
    {"runaway", "an extension that never returns is called, and ended"},
    {"in_budget", "a call of an extension that returns at once"},
    {"verifier_bound", "a loop of plain eBPF that the verifier accepts, and nothing ends"},
    {"monitor_handler",
     "a round of a CPU service manager: monitor, handler and guard for each of its tasks"},
};

constexpr Entry kMechanisms[] = {
    {"linux", "plain Linux, no module loaded: the baseline"},
    {"ptrace", "POSIX ptrace: a tracing process, two context switches a stop"},
    {"hijack", "a kernel module redirects system calls to a user-level executive"},
    {"uls", "user-level sandboxing: extensions in pages that every process shares"},
    {"safex", "extensions in the kernel, checked before they are loaded"},
};

std::string_view find(std::span<const Entry> entries, std::string_view id) {
  for (const Entry& entry : entries) {
    if (entry.first == id) return entry.second;
  }
  return {};
}

}  // namespace

std::string_view operation_meaning(std::string_view workload) {
  return find(kOperations, workload);
}

std::string_view mechanism_meaning(std::string_view mechanism) {
  return find(kMechanisms, mechanism);
}

}  // namespace osext::report
