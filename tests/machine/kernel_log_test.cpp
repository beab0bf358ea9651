// SPDX-License-Identifier: GPL-2.0
// Telling a healthy kernel log from one with a problem.
#include "machine/vm/kernel_log.h"

#include <gtest/gtest.h>

#include "machine/machine.h"

namespace osext {
namespace {

TEST(KernelLog, HealthyLinesAreNoProblems) {
  EXPECT_TRUE(kernel_log_problems("").empty());
  EXPECT_TRUE(kernel_log_problems(
                  "<6>[    0.000000] Linux version 6.12\n"
                  "<6>[    0.132041] Spectre V2 : WARNING: Unprivileged eBPF is enabled\n"
                  "<6>[    1.254185] init[115]: segfault at 10 ip 43b610 sp 7ffe error 4 in init\n"
                  "<6>[    1.254185] traps: t[52] general protection fault ip:401136 sp:7ffe\n"
                  "<6>[    1.254186] traps: t[52] trap invalid opcode ip:401136 sp:7ffe\n"
                  "<4>[    1.250280] Fair server disabled in CPU 0, system may crash due to "
                  "starvation.\n")
                  .empty());
}

class KernelLogSign : public testing::TestWithParam<const char*> {};

TEST_P(KernelLogSign, IsFoundAndStrippedOfItsStamp) {
  std::string line = GetParam();
  auto found =
      kernel_log_problems("<6>[    0.1] fine\n<4>[   12.345678][   T17] " + line + "\r\n<6>end\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], line);
}

INSTANTIATE_TEST_SUITE_P(
    Printed, KernelLogSign,
    testing::Values(
        "BUG: kernel NULL pointer dereference, address: 0000000000000008",
        "BUG: scheduling while atomic: sh/115/0x00000002", "kernel BUG at mm/slub.c:448!",
        "WARNING: CPU: 1 PID: 1 at kernel/sched/deadline.c:292 dl_rq_change_utilization+0x14c",
        "WARNING: possible circular locking dependency detected",
        "Oops: 0000 [#1] PREEMPT SMP NOPTI",
        "general protection fault, probably for non-canonical address 0xdead: 0000 [#1]",
        "Kernel panic - not syncing: sysrq triggered crash",
        "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:115]",
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
        "rcu: INFO: rcu_preempt self-detected stall on CPU",
        "INFO: task sh:115 blocked for more than 120 seconds.",
        "Call Trace:", "refcount_t: underflow; use-after-free.",
        "unchecked MSR access error: WRMSR to 0xc0000082"));

TEST(KernelLog, CrashReasonIsTheFirstProblemWithoutAddresses) {
  EXPECT_EQ(crash_reason("[    2.0] fine\n[    2.1] BUG: unable to handle page fault for address: "
                         "ffffc90000013a40\n[    2.2] Kernel panic - not syncing: Fatal\n"),
            "BUG: unable to handle page fault for address: ADDRESS");
  EXPECT_EQ(crash_reason("nothing here\n"), "");
}

TEST(KernelLog, OnlyLongHexadecimalWordsAreAddresses) {
  EXPECT_EQ(without_addresses("at 0xffffffff81000000 in deadbeef01 feed slub.c:448 facade 123"),
            "at ADDRESS in ADDRESS feed slub.c:448 facade 123");
}

}  // namespace
}  // namespace osext
