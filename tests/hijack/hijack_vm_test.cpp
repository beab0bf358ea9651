// SPDX-License-Identifier: GPL-2.0
// Runs the checks of guest/ in a machine with two CPUs, all of a kernel in one boot, and reports
// each; and the costs, in the machine that counts exactly.
#include "benchmarks/ring_series.h"
#include "machine/sim/profile.h"
#include "tests/hijack/checks_in_machine.h"

namespace osext {
namespace {

const std::vector<std::string> kChecks = {"restartable_sequences",  // before this process joins
                                          "load_unload",
                                          "registers_control",
                                          "registers_fast",
                                          "registers_entry",
                                          "state",
                                          "signals",
                                          "timer_storm",
                                          "vfork_shares",
                                          "vfork_generations",
                                          "vfork_keeps",
                                          "vfork_killed",
                                          "ends",
                                          "touch_control",
                                          "touch",
                                          "touches_fast",
                                          "touches_slow",
                                          "pointers_control",
                                          "pointers",
                                          "third_process",
                                          "descriptors",
                                          "stale_translations",
                                          "stale_translations_moving",
                                          "stale_translations_moving_control",
                                          "flush_by_page_control",
                                          "flush_by_page",
                                          "unmap_reservation",
                                          "address_space_limit",
                                          "global_words",
                                          "refusals",
                                          "random_calls",
                                          "traced_guest_refused",
                                          "threads_refused",
                                          "int80",
                                          "sysenter",
                                          "bad_executives",
                                          "side_by_side",
                                          "pipes_beside_hog",
                                          "peers",
                                          "signals_while_spinning",
                                          "faults",
                                          "earliest_deadline_first",
                                          "too_many_guests",
                                          "kills_many",
                                          "kills_of_everybody",
                                          "load_under_load",
                                          "random_operations",
                                          "protection_keys",
                                          "engine_chosen",
                                          "busy",
                                          "kills",
                                          "stop_and_continue",
                                          "traced",
                                          "migration",
                                          "cpu_hotplug",
                                          "load_unload"};
// With page-table isolation, where the kernel's own entry switches.  Only what the engine decides
// once more: the ways in, registers, what is mapped and remembered where, and what could take its
// hold on the thread away.  What guests and executive do with each other is the same code.
const std::vector<std::string> kIsolatedChecks = {
    "engine_chosen", "registers_entry", "touch_control", "touch", "pointers", "int80", "sysenter",
    "tracing", "ftrace_stays", "traced_calls", "bad_executives", "global_refused",
    // The other way for signals, and what guests may try there.
    "delivery", "delivery_to_executive", "delivery_forged", "delivery_stacks", "delivery_scribbled",
    "delivery_mappings", "delivery_unfit", "registers_entry@handler", "timer_storm@handler"};
// Signals by handler: what that is about, and the checks above in which signals matter.
const std::vector<std::string> kHandlerChecks = {"load_unload",
                                                 "delivery",
                                                 "delivery_to_executive",
                                                 "delivery_forged",
                                                 "delivery_stacks",
                                                 "delivery_scribbled",
                                                 "delivery_mappings",
                                                 "delivery_mapped_before",
                                                 "address_space_limit@handler",
                                                 "reading_implies_executing@handler",
                                                 "delivery_unfit",
                                                 "delivery_refused",
                                                 "shell_pipeline",
                                                 "shell_pipeline@handler",
                                                 "registers_fast@handler",
                                                 "registers_entry@handler",
                                                 "signals@handler",
                                                 "timer_storm@handler",
                                                 "ends@handler",
                                                 "touches_fast@handler",
                                                 "faults@handler",
                                                 "side_by_side@handler",
                                                 "pipes_beside_hog@handler",
                                                 "peers@handler",
                                                 "signals_while_spinning@handler",
                                                 "earliest_deadline_first@handler",
                                                 "protection_keys@handler",
                                                 "kills@handler",
                                                 "stop_and_continue@handler",
                                                 "migration@handler",
                                                 "load_unload"};

TEST_P(HijackTest, Checks) {
  run(kChecks, make_smp);
}

TEST_P(HijackTest, ChecksWithPageTableIsolation) {
  run(kIsolatedChecks, make_smp, {.kernel_words = "pti=on"});
}

TEST_P(HijackTest, SignalsByHandler) {
  run(kHandlerChecks, make_smp);
}

// On one processor, where every turn of somebody is somebody else's wait.
TEST_P(HijackTest, OneProcessor) {
  run({"hog_stopped_and_killed", "sleeper_beside_hog", "ten_hogs_and_a_pipeline",
       "children_reaped_beside_hog", "idle_executive", "control_c", "launcher_signalled"},
      make_sim);
}

// The same, shared out: its time is virtual, so what guests had of it is exact.
TEST_P(HijackTest, Reservations) {
  run({"reserved_spinners", "reserved_spinners_control", "reserved_sleeper", "reserved_spender",
       "reserved_family", "reserved_family_control", "reserved_beside_caller", "reserved_asker",
       "reservations_refused", "reserved_signalled", "reserved_spinners@handler",
       "reserved_signalled@handler"},
      make_sim);
}

TEST_P(HijackTest, Costs) {
  run({"load_unload", "costs_direct", "costs_entry", "costs_delivery", "costs_direct"}, make_sim);
}

// Each check marks one walk through 48 pages.  Where their translations must be gone, each page
// takes a page walk; where flushing is switched off, stale ones are used instead.
TEST_P(HijackTest, GlobalPages) {
  const std::vector<std::pair<std::string, bool>> walks_expected = {
      {"global_off", true},           {"global_kept", false},
      {"global_unmap", true},         {"global_unmap_control", false},
      {"global_protect", true},       {"global_protect_control", false},
      {"global_guests", true},        {"global_guests_control", false},
      {"global_tasks", true},         {"global_tasks_control", false},
      {"global_session_on", false},   {"global_session_off", true},
      {"global_on_after_off", false}, {"global_off_after_on", true}};
  std::vector<std::string> checks;
  for (const auto& [name, walks] : walks_expected) checks.push_back(name);
  // The profile has a second level that holds the pages while the kernel works.
  const UnitResult result = run(checks, make_sim, {.profile = "zen3.profile"});
  const auto series = split_ring(result.ring);
  ASSERT_EQ(series.size(), checks.size()) << result.console;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto& [name, walks] = walks_expected[i];
    ASSERT_EQ(series[i].size(), 2U) << name;
    const osext_counters delta = difference(series[i].front(), series[i].back());
    EXPECT_EQ(delta.watching, 1U) << name;
    constexpr std::uint64_t kPages = 48;
    if (walks)
      EXPECT_GE(delta.page_walks, kPages) << name;
    else
      EXPECT_LE(delta.page_walks, kPages / 8) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, HijackTest, both_kernels(), name_of_kernel);

}  // namespace
}  // namespace osext
