// SPDX-License-Identifier: GPL-2.0
// tlb_working_set: what does a call cost a caller that uses many pages? (Hijack paper, 3.1, figure
// 4 a, b and c.)
//
//   measures: one operation is a walk through the caller's pages (workloads/working_set.h) and the
//             call: what the call evicts or flushes from the TLBs, the next walk pays
//   excludes: nothing is subtracted; the walk's own instructions are the same in every curve
//   expected: getppid() flat until a TLB is full; RPC over pipes rises from the first page, since
//             each switch of processes flushes; Hijack rises like pipes as long as its guest's
//             translations go with every CR3 write, and like getppid() with global pages; a call
//             into the sandbox of ULS like getppid(), for the address space stays; a thread in the
//             sandbox like pipes, for it has an address space of its own
//   confounders: the TLBs' replacement policies; the kernel's own entries, which share the TLBs;
//             no PCID on the simulated machine, which makes pipes dearer than today's processors do
//
// kind=executive asks instead how the executive's translations are dropped (2.1): by a CR3 write,
// or by one INVLPG for each of so many pages of the executive.  Each call reads a word of each of
// these pages, so that their translations are there to be dropped and have to be found again.
//
// The points: 0 to 2.5 times the first level of each profile (128 and 64 entries for code, 64 for
// data), then in even ratios to twice the largest second level (512 for code, 2048 for data). Every
// profile gets all of them: what no profile models is compared between the profiles.
#include <algorithm>
#include <cmath>

#include "benchmarks/experiments/experiments.h"

namespace osext {
namespace {

struct Sweep {
  const char* kind;
  unsigned first_level_end;  // 2.5 times the first level
  unsigned step, fine_step;  // up to there, in quick runs and in full ones
  unsigned last;             // twice the second level
};
constexpr Sweep kSweeps[] = {{"data", 160, 16, 4, 4096}, {"code", 320, 16, 8, 1024}};
constexpr unsigned kCoarsePerDoubling = 1, kFinePerDoubling = 4;

// From the sweep's end down to the linear part, each point a fixed fraction of the one above.
void add_log_spaced(const Sweep& sweep, unsigned per_doubling, std::vector<unsigned>& points) {
  for (unsigned i = 0;; ++i) {
    const auto pages = static_cast<unsigned>(
        std::lround(sweep.last * std::exp2(-static_cast<double>(i) / per_doubling)));
    if (pages <= sweep.first_level_end) return;
    points.push_back(pages);
  }
}

std::vector<unsigned> points_of(const Sweep& sweep, unsigned step, unsigned per_doubling) {
  std::vector<unsigned> points;
  for (unsigned pages = 0; pages <= sweep.first_level_end; pages += step) points.push_back(pages);
  add_log_spaced(sweep, per_doubling, points);
  std::sort(points.begin(), points.end());
  return points;
}

Params params_of(const Sweep& sweep, unsigned pages) {
  return {{"kind", sweep.kind}, {"pages", std::to_string(pages)}};
}

// The other way to drop the executive's translations: page by page, for executives of 1 to 64
// pages.
std::vector<Params> flush_methods() {
  std::vector<Params> all;
  for (const char* method : {"cr3", "invlpg"})
    for (unsigned pages = 1; pages <= 64; pages *= 2)
      all.push_back({{"flush", method}, {"kind", "executive"}, {"pages", std::to_string(pages)}});
  return all;
}

std::vector<Params> with_bytes(std::vector<Params> all) {
  for (Params& params : all) params["bytes"] = "4";
  return all;
}

}  // namespace

Experiment tlb_working_set() {
  std::vector<Params> coarse, between;
  for (const Sweep& sweep : kSweeps) {
    const auto quick = points_of(sweep, sweep.step, kCoarsePerDoubling);
    for (const unsigned pages : quick) coarse.push_back(params_of(sweep, pages));
    for (const unsigned pages : points_of(sweep, sweep.fine_step, kFinePerDoubling))
      if (!std::binary_search(quick.begin(), quick.end(), pages))
        between.push_back(params_of(sweep, pages));
  }
  const auto swept = [](const char* workload, Capability needs, const std::vector<Params>& quick,
                        const std::vector<Params>& full_only) {
    Row row{workload, needs, quick};
    row.full_only = full_only;
    row.count = {50, 300};  // of many cells
    row.warmup = {8, 8};    // two walks fill a TLB
    return row;
  };
  Experiment experiment;
  experiment.id = "tlb_working_set";
  experiment.question = "What does a call cost a caller that uses many pages?";
  experiment.rows = {
      {"null_syscall", Capability::system_calls, {{}}},
      swept("null_syscall", Capability::baseline, coarse, between),
      swept("rpc_peer", Capability::baseline, with_bytes(coarse), with_bytes(between)),
      swept("rpc_peer", Capability::threads, with_bytes(coarse), with_bytes(between)),
      swept("rpc", Capability::calls, with_bytes(coarse), with_bytes(between)),
      swept("rpc", Capability::extension, with_bytes(flush_methods()), {}),
  };
  return experiment;
}

}  // namespace osext
