# SPDX-License-Identifier: GPL-2.0
# A CPU profile; the format is described in machine/sim/profile.h.
#
# "SDM table" stands for: Intel 64 and IA-32 Architectures Software Developer's
# Manual, volume 3A, chapter Memory Cache Control, table "Characteristics of the
# Caches, TLBs, Store Buffer, and Write Combining Buffer".
profile: pentium4
title: Intel Pentium 4 (Northwood, 2.4 GHz), the machine of the Hijack paper

itlb.entries = 128 entries
  source: SDM table, Instruction TLB (4-KByte pages), Pentium 4: 128 entries, 4-way set
    associative; the paper (section 3.1) names the same capacity
itlb.ways = 4 ways
  source: SDM table, the same row
itlb.replacement = lru policy
  source: estimate: not documented; the paper (section 3.1, figure 4c) reads its own getppid()
    curve, a step at the capacity, as LRU
itlb.large_pages = fragmented policy
  source: SDM table, Instruction TLB (large pages), Pentium 4: large pages are fragmented
dtlb.entries = 64 entries
  source: SDM table, Data TLB (4-KByte pages), Pentium 4: 64 entries, fully associative
dtlb.ways = 64 ways
  source: SDM table, the same row
dtlb.replacement = lru policy
  source: estimate: not documented; the same policy as for instructions
dtlb.large_pages = shared policy
  source: SDM table, Data TLB (large pages), Pentium 4: shared with the 4-KByte entries
second_level = none policy
  source: SDM table: lists no second-level TLB for the Pentium 4
global_pages = honoured policy
  source: SDM volume 3A, chapter Paging, section Global Pages (P6 family and later); the paper
    (section 2.1) depends on it

cost.instruction = 1 cycles
  source: model assumption: every instruction costs one cycle, cache misses and mispredicted
    branches nothing; what a row costs beyond its instructions is the charges below
cost.page_walk = 56 cycles
  source: estimate: two dependent reads of a two-level table from the second-level cache (18
    cycles each: IA-32 Optimization Manual, table Cache Parameters, models 3 and 4) and a
    restart of the 20-stage pipeline
cost.syscall_sysret = 107 cycles
  fitted: null_syscall = 430 cycles (paper, table 1): 430 less the 323 instructions of the row
    null_syscall (one getppid(), from marker to marker) on kernel 6.12
cost.iret = 889 cycles
  source: estimate: native cost of an exception with an almost empty handler ("divzero") on a
    Pentium 4 672, as remembered from Adams and Agesen, A Comparison of Software and Hardware
    Techniques for x86 Virtualization (ASPLOS 2006), not read again for this file
cost.cr3_write = 500 cycles
  source: estimate: a serializing instruction (SDM volume 3A, Serializing Instructions) that also
    empties the trace cache, which is tagged with linear addresses; the misses that follow are
    charged as page walks
cost.cr4_pge_toggle = 500 cycles
  source: estimate: as cost.cr3_write, for the same reasons
cost.invlpg = 240 cycles
  source: estimate: "each single flush is about 100 ns" (Linux, arch/x86/mm/tlb.c, comment above
    tlb_single_page_flush_ceiling) at 2.4 GHz
cost.invpcid = 240 cycles
  source: estimate: the processor has no INVPCID; as cost.invlpg, so that the profile is whole
