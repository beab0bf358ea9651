// SPDX-License-Identifier: GPL-2.0
// Tables and figures of udp_qos; see udp_qos.h.
#include "report/udp_qos.h"

#include <algorithm>
#include <set>

#include "report/data/embedded.h"
#include "report/streams.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "udp_qos";
constexpr unsigned kTasks = 4;

// Nanoseconds as microseconds with one decimal.
std::string microseconds(const Extended& value) {
  if (value.infinite) return "inf";
  const std::int64_t tenths = (value.value.thousandths + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string whole(Fixed value) {
  return std::to_string((value.thousandths + 500) / 1000);
}

std::string where_from(const RunInfo& info) {
  if (info.machine != "sim") return "Times are measured on this machine's clock.";
  return "Time is virtual: an instruction takes 1 ns, a TLB miss or a mode switch nothing.";
}

constexpr const char* kLost = "lost_on_the_way";
constexpr const char* kDroppedByExtension = "dropped_by_extension";

std::string counter_text(const PolicyRun& run, unsigned task, const char* name) {
  const auto found = run.counters.find("task" + std::to_string(task) + "_" + name);
  return found == run.counters.end() ? "" : std::to_string(found->second);
}

std::string reserved_text(const References& references, const PolicyRun& run, unsigned task) {
  // The papers know no such run of ULS or SafeX; what a task reserves is the same everywhere.
  const Cell cell{kExperiment,
                  run.mechanism == "uls" || run.mechanism == "safex" ? "linux" : run.mechanism,
                  "udp_stream",
                  {{"streams", run.streams}, {"task", std::to_string(task)}}};
  const Reference* found = references.find(Document::paper, cell, "reserved_pps");
  return found ? to_string(found->value) : "";
}

std::vector<std::string> lead_of(const RunInfo& info, const PolicyRun& run) {
  std::vector<std::string> lead = {where_from(info)};
  const auto window = run.counters.find("window_ns");
  const auto full = run.full_load();
  if (window != run.counters.end() && !full.empty()) {
    const std::int64_t ms = window->second / 1'000'000;
    lead.push_back(
        "Four tasks, four streams of 16-byte packets. Task3's stream starts first, Task2's, "
        "Task1's and Task0's " +
        std::to_string(2 * ms) + " ms apart (paper: 5 s). Means over the last " +
        std::to_string(full.size()) + " windows of " + std::to_string(ms) +
        " ms, from one step after all four run; jitter: of two packets received one after the "
        "other, the time "
        "between their receptions less that between their sendings; maximum and mean. inf: a "
        "window without a packet.");
  }
  return lead;
}

Table policy_table(const RunInfo& info, const std::vector<PolicyRun>& runs,
                   const std::string& streams, const References& references) {
  Table table;
  table.id = kExperiment;
  table.title = "Packets under overload, streams of the " + streams + ": " + setting(info, "");
  table.block_id = "streams";
  table.block = streams;
  table.group_id = "policy";
  table.columns = {column("task", "task", "", Align::left),
                   column("reserved_pps", "reserved", "packets/s"),
                   column("offered_pps", "offered", "packets/s"),
                   column("delivered_pps", "delivered", "packets/s"),
                   column("dropped_pps", "dropped", "packets/s"),
                   column("jitter_max_us", "max", "jitter, us"),
                   column("jitter_mean_us", "mean", "jitter, us"),
                   column("dropped_by_card", "card", "dropped in all by"),
                   column("dropped_by_socket", "socket", "dropped in all by")};
  const bool refused = std::any_of(runs.begin(), runs.end(), [&](const PolicyRun& run) {
    return run.streams == streams && !counter_text(run, 0, kDroppedByExtension).empty();
  });
  if (refused)
    table.columns.push_back(column(kDroppedByExtension, "extension", "dropped in all by"));
  // From a sender, where there is no card that counts.
  const auto of_sender = [&](const PolicyRun& run) {
    return run.streams == streams && !counter_text(run, 0, kLost).empty();
  };
  const bool sent = std::any_of(runs.begin(), runs.end(), of_sender);
  if (sent) table.columns.push_back(column(kLost, "lost on the way", ""));
  for (const PolicyRun& run : runs) {
    if (run.streams != streams || run.full_load().empty()) continue;
    if (table.lead.empty()) table.lead = lead_of(info, run);
    for (unsigned task = 0; task < kTasks; ++task) {
      const std::string reserved = reserved_text(references, run, task);
      const Fixed delivered = run.mean_rate(task, "delivered_pps");
      const bool kept = reserved.empty() || !(delivered < parse_fixed(reserved));
      table.rows.push_back(
          {run.title(),
           {{"Task" + std::to_string(task)},
            {reserved.empty() && streams == "paper" ? "best effort" : reserved, Tone::muted},
            {whole(run.mean_rate(task, "offered_pps"))},
            {whole(delivered), kept ? Tone::strong : Tone::bad},
            {whole(run.mean_rate(task, "dropped_pps"))},
            {microseconds(run.maximum_jitter(task))},
            {microseconds(run.mean_jitter(task))},
            {counter_text(run, task, "dropped_by_card")},
            {counter_text(run, task, "dropped_by_socket")}}});
      if (refused)
        table.rows.back().cells.push_back({counter_text(run, task, kDroppedByExtension)});
      if (sent) table.rows.back().cells.push_back({counter_text(run, task, kLost)});
    }
  }
  return table;
}

Table receive_table(const RunInfo& info, const Block& block) {
  Table table;
  table.id = std::string(kExperiment) + "_receive";
  table.title = "What a packet costs until it is queued: " + setting(info, "");
  table.lead = {where_from(info),
                "A loop with packets coming in, less the same loop in silence, by the number of "
                "packets: interrupt, poll, buffer, GRO, IP, UDP, socket queue; nobody is woken."};
  table.columns = {column("load", "load", "", Align::left), column("n", "n"),
                   column("min_ns", "min", "ns a packet"),
                   column("median_ns", "median", "ns a packet"),
                   column("max_ns", "max", "ns a packet")};
  for (const Measured& row : block.rows) {
    const Series* time = row.workload == "nic_receive" ? row.find("time_ns") : nullptr;
    if (!time) continue;
    const auto load = row.params.find("load");
    table.rows.push_back({"",
                          {{load == row.params.end() ? "" : load->second},
                           {std::to_string(time->n)},
                           {to_string(time->min)},
                           {to_string(time->median), Tone::strong},
                           {to_string(time->max)}}});
  }
  return table;
}

// One block of data a policy: time in s, then of each task delivered, dropped, maximum and mean
// jitter in ms; ? = the stream had not begun, inf = nothing came.
std::string data_of(const std::vector<const PolicyRun*>& runs) {
  std::string data =
      "# Figures 8 to 10. One block a policy. Columns: time in s, then of each task delivered and\n"
      "# dropped packets a second, maximum and mean jitter in ms; ? = not begun, inf = nothing "
      "came.\n# Written by osext, drawn by streams.gp.\n";
  for (const PolicyRun* run : runs) {
    if (run != runs.front()) data += "\n\n";
    data += "# " + run->title() + "\n";
    const auto window_ns = run->counters.find("window_ns");
    const std::int64_t length_ns = window_ns == run->counters.end() ? 0 : window_ns->second;
    std::set<unsigned> windows;
    for (const auto& [task, of_task] : run->tasks)
      for (const auto& [window, row] : of_task) windows.insert(window);
    for (unsigned window : windows) {
      const std::int64_t middle_us = length_ns * (2 * window + 1) / 2000;
      data += to_string(Fixed{middle_us / 1000});
      for (unsigned task = 0; task < kTasks; ++task) {
        for (const char* metric : {"delivered_pps", "dropped_pps"}) {
          const auto rate = run->rate(task, window, metric);
          data += " " + (rate ? to_string(*rate) : "?");
        }
        const auto jitter = run->jitter(task, window);
        for (const Fixed Jitter::*which : {&Jitter::maximum, &Jitter::mean}) {
          // Thousandths of a nanosecond to thousandths of a millisecond.
          data += !jitter ? " ?"
                  : jitter->infinite
                      ? " inf"
                      : " " + to_string(Fixed{(*jitter.*which).thousandths / 1000000});
        }
      }
      data += '\n';
    }
  }
  return data;
}

Figure streams_figure(const RunInfo& info, const std::vector<PolicyRun>& runs,
                      const std::string& streams) {
  // The paper's order: hijack, same_prio, diff_prio; and the extensions in the sandbox and in the
  // kernel.
  std::vector<const PolicyRun*> shown;
  for (const char* policy : {"hijack", "same_prio", "diff_prio", "uls", "safex"})
    for (const PolicyRun& run : runs)
      if (run.streams == streams && run.policy == policy) shown.push_back(&run);
  Figure figure;
  figure.name = "udp_qos_" + streams;
  figure.data = data_of(shown);
  figure.program = kStreamsPlot;
  if (shown.empty()) figure.nothing = "No plot of streams: the run has no policy to show.";
  figure.set("title_text",
             "Packets delivered, dropped, and their jitter (Hijack paper, figures 8 "
             "to 10), streams of the " +
                 streams);
  figure.set("subtitle_text", setting(info, "") + ". " + where_from(info));
  std::vector<std::string> titles;
  for (const PolicyRun* run : shown) titles.push_back(run->title());
  figure.set("policy", titles);
  return figure;
}

}  // namespace

Section udp_qos_section(const RunInfo& info, std::span<const Block> blocks,
                        const References& references) {
  Section section;
  section.experiment = kExperiment;
  section.title = "Reservations of packets";
  if (blocks.empty()) return section;
  const Block& block = blocks.front();  // no profile has a say
  const std::vector<PolicyRun> runs = policy_runs(block);
  for (const char* streams : {"paper", "slides"}) {
    const bool any = std::any_of(runs.begin(), runs.end(),
                                 [&](const PolicyRun& run) { return run.streams == streams; });
    if (!any) continue;
    section.tables.push_back(policy_table(info, runs, streams, references));
    section.figures.push_back(streams_figure(info, runs, streams));
  }
  Table receive = receive_table(info, block);
  if (!receive.rows.empty()) section.tables.push_back(std::move(receive));
  return section;
}

}  // namespace osext::report
