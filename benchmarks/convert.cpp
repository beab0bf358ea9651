// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/convert.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>

#include "benchmarks/ring_series.h"
#include "measure/metric.h"
#include "measure/raw_reader.h"
#include "measure/raw_writer.h"

namespace osext {
namespace {

// What the record file says about one cell.
struct CellRecord {
  std::vector<std::pair<Series, std::size_t>> marked;  // and its place among all MARKED frames
  std::vector<RawValues> values;
  std::map<std::string, std::int64_t> facts;
  std::optional<RawStatus> status;
};

struct UnitRecords {
  std::map<Cell, CellRecord> cells;
  std::size_t marked = 0;
  std::vector<std::pair<std::string, std::string>> notes;
};

// Sorts the frames by cell.  Throws std::runtime_error when they do not belong together.
UnitRecords sort_frames(const std::vector<PlannedCell>& plan, std::vector<RawFrame> frames) {
  UnitRecords unit;
  CellRecord* open = nullptr;
  const auto current = [&open]() -> CellRecord& {
    if (open == nullptr) throw std::runtime_error("record file: a frame outside of a cell");
    return *open;
  };
  for (RawFrame& frame : frames) {
    if (const auto* cell = std::get_if<Cell>(&frame)) {
      const bool planned = std::any_of(plan.begin(), plan.end(),
                                       [&](const PlannedCell& p) { return p.cell == *cell; });
      const auto [place, fresh] = unit.cells.try_emplace(*cell);
      if (!planned || !fresh)
        throw std::runtime_error(fmt::format("record file: cell {} {} is {}", cell->workload,
                                             to_string(cell->params),
                                             planned ? "there twice" : "not planned"));
      open = &place->second;
    } else if (const auto* marked = std::get_if<RawMarked>(&frame)) {
      current().marked.emplace_back(marked->series, unit.marked++);
    } else if (auto* values = std::get_if<RawValues>(&frame)) {
      current().values.push_back(std::move(*values));
    } else if (const auto* fact = std::get_if<RawFact>(&frame)) {
      current().facts[fact->name] = fact->value;
    } else if (const auto* status = std::get_if<RawStatus>(&frame)) {
      current().status = *status;
      open = nullptr;
    } else if (auto* note = std::get_if<RawNote>(&frame)) {
      unit.notes.emplace_back(std::move(note->name), std::move(note->value));
    }
  }
  return unit;
}

// A metric of measure/metric.h that the plugin's counters give.
struct CountedMetric {
  const char* name;
  std::function<std::uint64_t(const osext_counters&)> value;
};

// Everything that is not the kernel's: user, executive and sandbox pages.
std::uint64_t outside_kernel(const __u64 (&by_space)[OSEXT_SPACES]) {
  return by_space[OSEXT_SPACE_USER] + by_space[OSEXT_SPACE_EXECUTIVE] +
         by_space[OSEXT_SPACE_SANDBOX];
}

std::vector<CountedMetric> counted_metrics(const Profile& profile) {
  using Delta = const osext_counters&;
  return {
      {"instructions",
       [](Delta d) { return outside_kernel(d.instructions) + d.instructions[OSEXT_SPACE_KERNEL]; }},
      {"instructions_user", [](Delta d) { return outside_kernel(d.instructions); }},
      {"instructions_kernel", [](Delta d) { return d.instructions[OSEXT_SPACE_KERNEL]; }},
      {"cr3_writes", [](Delta d) { return d.cr3_writes; }},
      {"cycles", [&profile](Delta d) { return charge_cycles(profile, d); }},
      {"itlb_misses", [](Delta d) { return outside_kernel(d.itlb_misses); }},
      {"dtlb_misses", [](Delta d) { return outside_kernel(d.dtlb_misses); }},
      {"page_walks", [](Delta d) { return d.page_walks; }},
  };
}

class Converter {
 public:
  Converter(const UnitEvidence& evidence, const Profile* profile, bool exact)
      : evidence_(evidence), profile_(profile), exact_(exact) {}

  Converted run(const std::vector<PlannedCell>& plan) {
    Converted result;
    try {
      read(plan);
      result.notes = unit_.notes;
      for (const PlannedCell& planned : plan) convert_cell(planned, result.samples);
    } catch (const std::exception& error) {
      // The evidence as a whole cannot be trusted, so neither can any cell.
      result.samples.clear();
      for (const PlannedCell& planned : plan)
        result.samples.push_back(planned.skip_reason.empty()
                                     ? verdict(planned.cell, Status::failed, error.what())
                                     : verdict(planned.cell, Status::skipped, planned.skip_reason));
    }
    return result;
  }

 private:
  void read(const std::vector<PlannedCell>& plan) {
    const auto bytes = std::as_bytes(std::span(evidence_.records.data(), evidence_.records.size()));
    unit_ = sort_frames(plan, read_raw_records(bytes).frames);
    series_ = split_ring(evidence_.ring);
    // Every SERIES marker is announced by its frame, so more of them mean lost frames.
    if (series_.size() > unit_.marked)
      throw std::runtime_error(
          fmt::format("the ring has {} series, the record file {}", series_.size(), unit_.marked));
  }

  static Sample verdict(const Cell& cell, Status status, std::string_view reason) {
    Sample sample;
    sample.cell = cell;
    sample.status = status;
    sample.reason = one_line(reason);
    return sample;
  }

  void convert_cell(const PlannedCell& planned, std::vector<Sample>& samples) const {
    const auto found = unit_.cells.find(planned.cell);
    const bool begun = found != unit_.cells.end();
    if (!planned.skip_reason.empty()) {
      samples.push_back(verdict(planned.cell, Status::skipped, planned.skip_reason));
    } else if (begun && found->second.status) {
      closed_cell(planned, found->second, samples);
    } else if (evidence_.end == Status::ok) {
      samples.push_back(verdict(
          planned.cell, Status::failed,
          begun ? "the runner ended during this cell" : "the runner ended before this cell"));
    } else {
      samples.push_back(verdict(planned.cell, evidence_.end, evidence_.end_reason));
    }
  }

  void closed_cell(const PlannedCell& planned, const CellRecord& record,
                   std::vector<Sample>& samples) const {
    if (record.status->status != Status::ok) {
      samples.push_back(verdict(planned.cell, record.status->status, record.status->reason));
      return;
    }
    std::vector<Sample> measured;
    try {
      for (const auto& [series, place] : record.marked)
        counted(planned, record, series, place, measured);
      for (const RawValues& values : record.values)
        passed_through(planned, record, values, measured);
      if (measured.empty()) throw std::runtime_error("nothing was measured");
      require_reports(planned, record);
    } catch (const std::runtime_error& error) {
      measured = {verdict(planned.cell, Status::failed, error.what())};
    }
    samples.insert(samples.end(), measured.begin(), measured.end());
  }

  void counted(const PlannedCell& planned, const CellRecord& record, const Series& series,
               std::size_t place, std::vector<Sample>& samples) const {
    if (profile_ == nullptr) throw std::runtime_error("markers, but no profile to charge by");
    if (series.count != planned.series.count || series.ops != planned.series.ops)
      throw std::runtime_error(fmt::format("{} x {} operations were measured instead of {} x {}",
                                           series.count, series.ops, planned.series.count,
                                           planned.series.ops));
    if (place >= series_.size())
      throw std::runtime_error(evidence_.ring_lost != 0 ? "the counter ring overflowed"
                                                        : "the series left no marker in the ring");
    // Marks are lost from the ring's end only, so earlier series are whole.
    if (evidence_.ring_lost != 0 && place + 1 == series_.size())
      throw std::runtime_error("the counter ring overflowed");
    const std::vector<osext_counters> deltas = pair_deltas(series_[place], series);
    const auto counters = counters_of(record, deltas);
    for (const CountedMetric& counted : counted_metrics(*profile_)) {
      const Metric& metric = *find_metric(counted.name);
      const bool modelled = metric.on_sim == Source::modelled;
      if (!modelled && !exact_) continue;
      Sample sample;
      sample.cell = planned.cell;
      if (modelled) sample.cell.params["profile"] = profile_->name;
      sample.trial = series.trial;
      sample.metric = metric.name;
      sample.unit = metric.unit;
      sample.ops = series.ops;
      sample.counters = counters;
      sample.values.reserve(deltas.size());
      for (const osext_counters& delta : deltas)
        sample.values.push_back(static_cast<std::int64_t>(counted.value(delta)));
      samples.push_back(std::move(sample));
    }
  }

  static std::map<std::string, std::int64_t> counters_of(
      const CellRecord& record, const std::vector<osext_counters>& deltas) {
    auto counters = record.facts;
    for (const osext_counters& delta : deltas) {
      counters["syscalls"] += static_cast<std::int64_t>(delta.syscalls);
      counters["sysrets"] += static_cast<std::int64_t>(delta.sysrets);
      counters["irets"] += static_cast<std::int64_t>(delta.irets);
    }
    return counters;
  }

  static void passed_through(const PlannedCell& planned, const CellRecord& record,
                             const RawValues& values, std::vector<Sample>& samples) {
    if (!planned.reports.empty())
      check_report(planned, values);
    else if (values.values.size() != planned.series.count || values.ops != planned.series.ops)
      throw std::runtime_error(fmt::format("{} has {} values of {} operations instead of {} of {}",
                                           values.metric, values.values.size(), values.ops,
                                           planned.series.count, planned.series.ops));
    Sample sample;
    sample.cell = planned.cell;
    sample.cell.params.insert(values.labels.begin(), values.labels.end());
    sample.trial = values.trial;
    sample.metric = values.metric;
    sample.unit = values.unit;
    sample.ops = values.ops;
    sample.values = values.values;
    sample.counters = record.facts;
    samples.push_back(std::move(sample));
  }

  // A row may report what it was planned to, under labels that it was planned to use.
  static void check_report(const PlannedCell& planned, const RawValues& values) {
    const auto is_one_of = [](const std::vector<std::string>& names, const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_one_of(planned.reports, values.metric))
      throw std::runtime_error(fmt::format("{} was reported and not planned", values.metric));
    for (const auto& [key, value] : values.labels)
      if (!is_one_of(planned.labels, key))
        throw std::runtime_error(
            fmt::format("{} is labelled by {}, which was not planned", values.metric, key));
  }

  static void require_reports(const PlannedCell& planned, const CellRecord& record) {
    for (const std::string& metric : planned.reports)
      if (std::none_of(record.values.begin(), record.values.end(),
                       [&](const RawValues& values) { return values.metric == metric; }))
        throw std::runtime_error(fmt::format("{} was not reported", metric));
    std::set<std::tuple<std::string, Params, std::uint64_t>> seen;
    for (const RawValues& values : record.values)
      if (!seen.insert({values.metric, values.labels, values.trial}).second)
        throw std::runtime_error(fmt::format("{} was reported twice", values.metric));
  }

  const UnitEvidence& evidence_;
  const Profile* profile_;
  bool exact_;
  UnitRecords unit_;
  std::vector<RingSeries> series_;
};

}  // namespace

Converted convert(const std::vector<PlannedCell>& plan, const UnitEvidence& evidence,
                  const Profile* profile, bool exact) {
  return Converter(evidence, profile, exact).run(plan);
}

}  // namespace osext
