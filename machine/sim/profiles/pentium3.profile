# SPDX-License-Identifier: GPL-2.0
# A CPU profile; the format is described in machine/sim/profile.h.
#
# "SDM table" stands for: Intel 64 and IA-32 Architectures Software Developer's
# Manual, volume 3A, chapter Memory Cache Control, table "Characteristics of the
# Caches, TLBs, Store Buffer, and Write Combining Buffer".
profile: pentium3
title: Intel Pentium III (550 MHz), the machine of the SafeX measurements

itlb.entries = 32 entries
  source: SDM table, Instruction TLB (4-KByte pages), P6 family: 32 entries, 4-way set associative
itlb.ways = 4 ways
  source: SDM table, the same row
itlb.replacement = lru policy
  source: estimate: not documented
itlb.large_pages = separate policy
  source: SDM table, Instruction TLB (large pages), P6 family: entries of their own
itlb.large.entries = 2 entries
  source: SDM table, Instruction TLB (large pages), P6 family: 2 entries, fully associative
itlb.large.ways = 2 ways
  source: SDM table, the same row
dtlb.entries = 64 entries
  source: SDM table, Data TLB (4-KByte pages), P6 family: 64 entries, 4-way set associative
dtlb.ways = 4 ways
  source: SDM table, the same row
dtlb.replacement = lru policy
  source: estimate: not documented
dtlb.large_pages = separate policy
  source: SDM table, Data TLB (large pages), P6 family: entries of their own
dtlb.large.entries = 8 entries
  source: SDM table, Data TLB (large pages), P6 family: 8 entries, 4-way set associative
dtlb.large.ways = 4 ways
  source: SDM table, the same row
second_level = none policy
  source: SDM table: lists no second-level TLB for the P6 family
global_pages = honoured policy
  source: SDM volume 3A, chapter Paging, section Global Pages (P6 family and later)

cost.instruction = 1 cycles
  source: model assumption: every instruction costs one cycle, cache misses and mispredicted
    branches nothing; what a row costs beyond its instructions is the charges below
cost.page_walk = 20 cycles
  source: estimate: two dependent reads of a two-level table, one from the first-level and one from
    the second-level cache, and a restart of the 10-stage pipeline
cost.syscall_sysret = 150 cycles
  source: estimate: the papers give no plain system call for this machine; between SYSENTER and
    SYSEXIT without and INT 0x80 and IRET with descriptor loads on a pipeline half as long as the
    Pentium 4's
cost.iret = 250 cycles
  source: estimate: entry and return with descriptor loads, two pipeline drains
cost.cr3_write = 150 cycles
  source: estimate: a serializing instruction (SDM volume 3A, Serializing Instructions); the misses
    that follow are charged as page walks
cost.cr4_pge_toggle = 150 cycles
  source: estimate: as cost.cr3_write
cost.invlpg = 55 cycles
  source: estimate: "each single flush is about 100 ns" (Linux, arch/x86/mm/tlb.c, comment above
    tlb_single_page_flush_ceiling) at 550 MHz
cost.invpcid = 55 cycles
  source: estimate: the processor has no INVPCID; as cost.invlpg, so that the profile is whole
