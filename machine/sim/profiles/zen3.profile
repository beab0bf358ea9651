# SPDX-License-Identifier: GPL-2.0
# A CPU profile; the format is described in machine/sim/profile.h.
#
# "Measured" stands for: a pointer chase through N pages in random order, one
# cache line a page, in core cycles (TSC cycles scaled by a chain of dependent
# additions), on an AMD EPYC of family 25 model 1 (Zen 3), Linux 6.18 as a KVM guest.
profile: zen3
title: AMD Zen 3 (EPYC 7003), a current processor

itlb.entries = 64 entries
  source: CPUID leaf 0x80000005 of an AMD EPYC of family 25 model 1: 64 entries for 4 KB and as many
    for 2 MB pages, fully associative
itlb.ways = 64 ways
  source: the same leaf
itlb.replacement = lru policy
  source: estimate: as measured for data
itlb.large_pages = shared policy
  source: estimate: the leaf gives equal figures for both sizes, and AMD describes the first-level
    TLBs of this core family as holding all page sizes
dtlb.entries = 64 entries
  source: CPUID leaf 0x80000005, as above, and measured: no misses with 64 pages, all misses with 80
dtlb.ways = 64 ways
  source: the same leaf
dtlb.replacement = lru policy
  source: measured: a cyclic walk through 80 pages misses at every access, as under LRU
dtlb.large_pages = shared policy
  source: estimate: as for instructions
second_level = split policy
  source: CPUID leaf 0x80000006 lists second-level instruction and data TLBs
second_itlb.entries = 512 entries
  source: CPUID leaf 0x80000006 of an AMD EPYC of family 25 model 1: 512 entries
second_itlb.ways = 4 ways
  source: the same leaf, for 4 KB pages
second_itlb.replacement = lru policy
  source: estimate: not documented
second_itlb.large_pages = shared policy
  source: estimate: the leaf gives 512 entries for 2 MB pages too
second_dtlb.entries = 2048 entries
  source: CPUID leaf 0x80000006 of an AMD EPYC of family 25 model 1: 2048 entries
second_dtlb.ways = 8 ways
  source: the same leaf, for 4 KB pages
second_dtlb.replacement = lru policy
  source: estimate: not documented
second_dtlb.large_pages = shared policy
  source: estimate: the leaf gives 2048 entries for 2 MB pages too
global_pages = honoured policy
  source: AMD64 Architecture Programmer's Manual, volume 2, section Translation-Lookaside Buffer

cost.instruction = 1 cycles
  source: model assumption: every instruction costs one cycle, cache misses and mispredicted
    branches nothing; what a row costs beyond its instructions is the charges below
cost.page_walk = 40 cycles
  source: measured: 4096 pages of 4 KB 119 cycles an access, the same cache lines in 2 MB pages 79;
    with the nested tables of a KVM guest, so rather too high
cost.second_level_hit = 7 cycles
  source: measured: 11.2 cycles an access with 80 to 256 pages, 4.1 with up to 64
cost.syscall_sysret = 180 cycles
  fitted: null_syscall = 503 cycles, measured (getppid() in a loop, 381 TSC cycles at 1.32 core
    cycles each, mitigations on): 503 less the 323 instructions of the row null_syscall (one
    getppid(), from marker to marker) on kernel 6.12
cost.iret = 300 cycles
  source: estimate: entry through the interrupt table and a serializing IRET, less than twice the
    fitted pair of SYSCALL and SYSRET
cost.cr3_write = 200 cycles
  source: estimate: a serializing instruction (AMD64 Architecture Programmer's Manual, volume 2,
    Serializing Instructions); the misses that follow are charged as page walks
cost.cr4_pge_toggle = 200 cycles
  source: estimate: as cost.cr3_write
cost.invlpg = 245 cycles
  source: estimate: "each single flush is about 100 ns" (Linux, arch/x86/mm/tlb.c, comment above
    tlb_single_page_flush_ceiling) at 2.45 GHz
cost.invpcid = 245 cycles
  source: estimate: as cost.invlpg
