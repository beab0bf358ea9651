// SPDX-License-Identifier: GPL-2.0
// Sections of event_interarrival and nanosleep_jitter; see timers.h.
#include "report/timers.h"

#include "report/background.h"

namespace osext::report {
namespace {

constexpr std::uint64_t kNsPerUs = 1'000;
constexpr std::uint64_t kNsPerMs = 1'000'000;

// No profile has a say in these experiments, so they have one block.
std::vector<Curve> lines_of(std::span<const Block> blocks) {
  return curves(blocks.front(), "background");
}

// What a document prints beside the rows, as a sentence each.
void append_printed(Table& table, const References& references, const std::string& experiment) {
  for (const Reference& one : references.all())
    if (one.cell.experiment == experiment)
      table.notes.push_back(std::string(to_string(one.document)) + ", " + one.place + ": " +
                            one.note + ".");
}

}  // namespace

Section event_interarrival_section(const RunInfo& info, std::span<const Block> blocks,
                                   const References& references) {
  const std::vector<Curve> lines = lines_of(blocks);
  const Shown times[] = {{"mean interarrival_ns", "mean_ms", "mean, ms", kNsPerMs},
                         {"max interarrival_ns", "max_ms", "longest, ms", kNsPerMs}};
  const Shown lost[] = {{"coalesced", "coalesced", "coalesced", 1}};
  Section section;
  section.experiment = "event_interarrival";
  section.title = "Periodic events";
  section.tables.push_back(background_table(
      info, section.experiment, "A timer's signal, due every 10 ms, beside CPU-bound tasks",
      {"On Linux every task of a row has its policy; SCHED_RR: all have one priority. A spinning "
       "receiver wants the CPU itself, a sleeping one waits for the signal.",
       "ULS: an extension notes the time. All hosts: in whatever task runs, as all of them have "
       "joined the sandbox, one of lowest priority that keeps the CPU busy included; one host: in "
       "one CPU-bound task, when the kernel schedules it. SafeX: an extension in the kernel notes "
       "the "
       "time, in a bottom half in whatever process runs."},
      lines, times));
  append_printed(section.tables.back(), references, section.experiment);
  section.tables.push_back(background_table(
      info, "event_coalesced", "Signals that never came",
      {"Coalesced: the timer expired while an earlier signal still waited to be received."}, lines,
      lost));
  section.figures.push_back(
      background_figure(info, section.experiment,
                        "Time between two signals of a 10 ms timer (Hijack paper, figure 5)",
                        "mean time between two signals, ms", lines, times[0]));
  return section;
}

Section nanosleep_jitter_section(const RunInfo& info, std::span<const Block> blocks,
                                 const References& references) {
  const std::vector<Curve> lines = lines_of(blocks);
  const Shown jitter[] = {{"mean jitter_ns", "mean_us", "mean jitter, us", kNsPerUs},
                          {"max jitter_ns", "max_us", "longest, us", kNsPerUs}};
  const Shown loops[] = {
      {"background_loops_per_ms", "loops_per_ms", "rounds a millisecond, all tasks", 1}};
  const std::vector<std::string> lead = {
      "Requests from 100 ns to 0.1 s in equal steps; jitter is what was slept beyond them. "
      "highres=off: on a kernel booted without high-resolution timers. ULS: a timer that expires "
      "once, until an extension notes the time in whatever task runs; at least 1 us. SafeX: the "
      "same in a "
      "bottom half, or until the process goes on that the extension wakes; at least 100 us."};
  Section section;
  section.experiment = "nanosleep_jitter";
  section.title = "Sleeping";
  section.tables.push_back(background_table(info, section.experiment,
                                            "How much longer nanosleep() takes than requested",
                                            lead, lines, jitter));
  append_printed(section.tables.back(), references, section.experiment);
  section.tables.push_back(background_table(
      info, "nanosleep_background", "What the background tasks get done meanwhile",
      {"Rounds of their loop, all of them together. Busy waiting takes the CPU from them."}, lines,
      loops));
  section.figures.push_back(background_figure(info, section.experiment,
                                              "Jitter of nanosleep() (Hijack paper, figure 6)",
                                              "mean jitter, us", lines, jitter[0]));
  return section;
}

}  // namespace osext::report
