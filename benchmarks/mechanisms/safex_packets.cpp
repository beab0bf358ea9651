// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_packets.h"

#include <fmt/core.h>

#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/safex_programs.h"
#include "benchmarks/mechanisms/udp_cell.h"
#include "workloads/udp_schedule.h"

namespace osext {
namespace {

// What all streams together are let through: less than four tasks can work on, chosen by
// measurement (at 10^9 instructions a second).  Reservations come out of it.
constexpr std::uint32_t kLinkPps = 75'000;
constexpr std::int64_t kSaved = 32;  // tokens, of a stream; of the link twice as many
constexpr std::int64_t kKept = kSaved;

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
  std::vector<SafexAttribute> attributes = {{"packets"}, {"dropped"}, {"last", -1}};
  if (reserved_pps != 0) attributes.push_back(tokens(reserved_pps, kSaved));
  return SafexClass(fmt::format("stream{}", task), attributes, {});
}

}  // namespace

void measure_safex_packets(const PlannedCell& plan, const Environment& env, Sampler& sampler,
                           const SafexReservation& reservation) {
  constexpr std::uint32_t kRights = OSEXT_SAFEX_READ | OSEXT_SAFEX_WRITE;
  const SafexProgram program = safex_packets();
  SafexExtension extension(program, reservation);
  SafexClass link("link", {tokens(kLinkPps, 2 * kSaved), {"kept", kKept, OSEXT_SAFEX_CONSTANT}},
                  {});
  const std::vector<std::uint32_t> reserved_pps = reservations_of(plan.cell.params);
  std::vector<SafexClass> streams;
  for (std::uint32_t task = 0; task < kUdpTasks; ++task) {
    streams.push_back(make_stream(task, reserved_pps[task]));
    streams[task].grant(extension, kRights, task, 0);
    link.grant(extension, kRights, task, 1);
    extension.bind_packets(static_cast<std::uint16_t>(kUdpPort + task), task);
  }
  measure_udp_stream(plan, env, sampler, {}, [&](int task) {
    return static_cast<std::uint64_t>(streams[static_cast<std::size_t>(task)].get("dropped"));
  });
  std::int64_t accounted = 0;
  for (std::uint32_t task = 0; task < kUdpTasks; ++task) {
    const std::int64_t packets = streams[task].get("packets"), last = streams[task].get("last");
    accounted += packets;
    sampler.fact(fmt::format("task{}_accounted", task), packets);
    // The card may have dropped some before; serial numbers begin with 0.
    if (packets == 0 || last + 1 < packets)
      throw std::runtime_error(
          fmt::format("Task{}: {} packets told, the last one is number {}", task, packets, last));
  }
  const osext_safex_statistics counts = extension.statistics();
  if (counts.aborts != 0 || counts.throttled != 0 ||
      counts.runs != static_cast<std::uint64_t>(accounted))
    throw std::runtime_error(fmt::format("{} packets accounted, {} runs, {} aborts, {} left out",
                                         accounted, counts.runs, counts.aborts, counts.throttled));
}

}  // namespace osext
