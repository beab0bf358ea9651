// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_packets.h"

#include <fmt/core.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/safex_programs.h"
#include "benchmarks/mechanisms/udp_cell.h"
#include "workloads/udp_schedule.h"

namespace osext {
namespace {

// What all streams together are let through: less than four tasks can work on while so much is
// offered, chosen by measurement (at 10^9 instructions a second).  Reservations come out of it.
constexpr std::uint32_t kPaperLinkPps = 70'000;
constexpr std::uint32_t kSlidesLinkPps = 64'000;
constexpr std::int64_t kSaved = 32;  // tokens, of a stream; of the link twice as many

using Counts = std::array<std::uint64_t, OSEXT_SAFEX_SETS_MAX>;  // as the extension has them

std::vector<std::uint32_t> reservations_of(const Params& params) {
  std::vector<std::uint32_t> reserved_pps = {35'000, 20'000, 10'000};
  if (params.at("streams") == "slides") reserved_pps.pop_back();  // as for the executive
  reserved_pps.resize(kUdpTasks);
  return reserved_pps;
}

SafexAttribute tokens(std::uint32_t per_second, std::int64_t saved) {
  return {"tokens", 0, OSEXT_SAFEX_TOKENS, 0, saved, per_second};
}

SafexClass make_stream(std::uint32_t task, std::uint32_t reserved_pps) {
  std::vector<SafexAttribute> attributes;
  if (reserved_pps != 0) attributes.push_back(tokens(reserved_pps, kSaved));
  return SafexClass(fmt::format("stream{}", task), attributes, {});
}

// What the extension accounted; returns it for all tasks together.
std::uint64_t report_accounts(const SafexProgram& program, Sampler& sampler) {
  const auto packets = program.get<Counts>("packets"), last = program.get<Counts>("last");
  std::uint64_t all = 0;
  for (std::size_t task = 0; task < kUdpTasks; ++task) {
    all += packets[task];
    sampler.fact(fmt::format("task{}_accounted", task), static_cast<std::int64_t>(packets[task]));
    // The card may have dropped some before; serial numbers begin with 0.
    if (packets[task] == 0 || last[task] + 1 < packets[task])
      throw std::runtime_error(fmt::format("Task{}: {} packets told, the last one is number {}",
                                           task, packets[task], last[task]));
  }
  return all;
}

}  // namespace

void measure_safex_packets(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                           const SafexReservation& reservation) {
  constexpr std::uint32_t kRights = OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE;
  const SafexProgram program = safex_packets();
  SafexExtension extension(program, reservation);
  const bool slides = plan.cell.params.at("streams") == "slides";
  SafexClass link("link", {tokens(slides ? kSlidesLinkPps : kPaperLinkPps, 2 * kSaved)}, {});
  const std::vector<std::uint32_t> reserved_pps = reservations_of(plan.cell.params);
  std::vector<SafexClass> streams;
  for (std::uint32_t task = 0; task < kUdpTasks; ++task) {
    streams.push_back(make_stream(task, reserved_pps[task]));
    streams[task].grant(extension, kRights, task, 0);
    link.grant(extension, kRights, task, 1);
    extension.bind_packets(static_cast<std::uint16_t>(kUdpPort + task), task);
  }
  measure_udp_stream(plan, env, sampler, {}, [&](int task) {
    return program.get<Counts>("dropped")[static_cast<std::size_t>(task)];
  });
  const std::uint64_t accounted = report_accounts(program, sampler);
  const osext_safex_statistics counts = extension.statistics();
  if (counts.aborts != 0 || counts.throttled != 0 || counts.runs != accounted)
    throw std::runtime_error(fmt::format("{} packets accounted, {} runs, {} aborts, {} left out",
                                         accounted, counts.runs, counts.aborts, counts.throttled));
}

}  // namespace osext
