# A CPU profile; the format is described in machine/sim/profile.h.
profile: pentium4
title: Intel Pentium 4 (Northwood, 2.4 GHz), the machine of the Hijack paper

itlb.entries = 128 entries
  source: Intel SDM volume 3, table "Characteristics of the Caches, TLBs, Store Buffer, and
    Write Combining Buffer", row Instruction TLB (4-KByte Pages), Pentium 4: 128 entries, 4-way
itlb.ways = 4 ways
  source: the same row
itlb.replacement = lru policy
  source: estimate: not documented; the paper (3.1) sees a step at 128 pages "which shows LRU"
itlb.large_pages = fragmented policy
  source: Intel SDM volume 3, the same table, row Instruction TLB (Large Pages), Pentium 4: large
    pages are fragmented
dtlb.entries = 64 entries
  source: Intel SDM volume 3, the same table, row Data TLB (4-KByte Pages), Pentium 4: 64 entries,
    fully set associative, shared with large page DTLBs
dtlb.ways = 64 ways
  source: the same row
dtlb.replacement = lru policy
  source: estimate: not documented
dtlb.large_pages = shared policy
  source: Intel SDM volume 3, the same table, row Data TLB (Large Pages), Pentium 4: shared with
    data TLB for 4-KByte pages
second_level = none policy
  source: Intel SDM volume 3, the same table: lists no second level for the Pentium 4
global_pages = honoured policy
  source: Intel SDM volume 3, chapter Paging: global pages, P6 family and later

cost.instruction = 1 cycles
  source: model assumption: one cycle for every instruction, so that modelled cycles are
    instructions plus the charges below
cost.page_walk = 31 cycles
  source: estimate: provisional
cost.syscall_sysret = 99 cycles
  fitted: null_syscall = 430 cycles (paper Table 1) on kernel 6.12
cost.iret = 500 cycles
  source: estimate: provisional
cost.cr3_write = 500 cycles
  source: estimate: provisional
cost.cr4_pge_toggle = 500 cycles
  source: estimate: provisional
cost.invlpg = 200 cycles
  source: estimate: provisional
cost.invpcid = 200 cycles
  source: estimate: provisional
