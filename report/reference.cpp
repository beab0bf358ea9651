// SPDX-License-Identifier: GPL-2.0
// The papers' figures; see reference.h.
#include "report/reference.h"

#include <array>
#include <stdexcept>

#include "report/csv_reader.h"
#include "report/data/embedded.h"
#include "report/series.h"

namespace osext::report {
namespace {

constexpr std::array<std::string_view, 12> kColumns = {
    "document", "experiment", "mechanism", "workload", "params", "metric",
    "value",    "unit",       "origin",    "machine",  "place",  "note"};

Document parse_document(const std::string& text) {
  if (text == "paper") return Document::paper;
  if (text == "slides") return Document::slides;
  throw std::invalid_argument("document '" + text + "' is neither paper nor slides");
}

bool parse_derived(const std::string& text) {
  if (text != "printed" && text != "derived") {
    throw std::invalid_argument("origin '" + text + "' is neither printed nor derived");
  }
  return text == "derived";
}

Reference parse_record(const std::vector<std::string>& fields) {
  if (fields.size() != kColumns.size()) {
    throw std::invalid_argument("has " + std::to_string(fields.size()) + " fields, not " +
                                std::to_string(kColumns.size()));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool may_be_empty = kColumns[i] == "params" || kColumns[i] == "note";
    if (fields[i].empty() && !may_be_empty) {
      throw std::invalid_argument("has no " + std::string(kColumns[i]));
    }
  }
  Reference reference;
  reference.document = parse_document(fields[0]);
  reference.cell = {fields[1], fields[2], fields[3],
                    fields[4].empty() ? Params() : parse_params(fields[4])};
  reference.metric = fields[5];
  reference.value = parse_fixed(fields[6]);
  if (reference.value.thousandths <= 0) throw std::invalid_argument("value must be above 0");
  reference.unit = fields[7];
  reference.derived = parse_derived(fields[8]);
  reference.machine = fields[9];
  reference.place = fields[10];
  reference.note = fields[11];
  return reference;
}

bool same_figure(const Reference& a, const Reference& b) {
  return a.document == b.document && a.cell == b.cell && a.metric == b.metric;
}

}  // namespace

std::string_view to_string(Document document) {
  return document == Document::paper ? "paper" : "slides";
}

References References::parse(std::string_view csv, const std::string& name) {
  References result;
  const std::vector<CsvRecord> records = parse_csv(csv, name);
  const std::vector<std::string> header(kColumns.begin(), kColumns.end());
  if (records.empty() || records.front().fields != header) {
    throw std::runtime_error(name + ":1: the columns must be those of results/papers/README.md");
  }
  for (std::size_t i = 1; i < records.size(); ++i) {
    try {
      Reference reference = parse_record(records[i].fields);
      for (const Reference& earlier : result.all_) {
        if (same_figure(earlier, reference)) {
          throw std::invalid_argument("gives a figure that an earlier line gives already");
        }
      }
      result.all_.push_back(std::move(reference));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(name + ":" + std::to_string(records[i].line) + ": " + error.what());
    }
  }
  return result;
}

void References::add(const References& other, const std::string& name) {
  for (const Reference& reference : other.all_) {
    for (const Reference& earlier : all_) {
      if (same_figure(earlier, reference))
        throw std::runtime_error(name + ": gives a figure that another file gives already");
    }
  }
  all_.insert(all_.end(), other.all_.begin(), other.all_.end());
}

const References& References::built_in() {
  static const References references = [] {
    References all = parse(kPapersPrimitiveCost, "results/papers/primitive_cost.csv");
    const auto add = [&](std::string_view csv, const std::string& name) {
      all.add(parse(csv, name), name);
    };
    add(kPapersTlbWorkingSet, "results/papers/tlb_working_set.csv");
    add(kPapersEventInterarrival, "results/papers/event_interarrival.csv");
    add(kPapersUdpQos, "results/papers/udp_qos.csv");
    add(kPapersCpuService, "results/papers/cpu_service.csv");
    return all;
  }();
  return references;
}

const Reference* References::find(Document document, const Cell& cell,
                                  std::string_view metric) const {
  const Reference* best = nullptr;
  for (const Reference& reference : all_) {
    const Cell& wanted = reference.cell;
    const bool fits = reference.document == document && reference.metric == metric &&
                      wanted.experiment == cell.experiment && wanted.mechanism == cell.mechanism &&
                      wanted.workload == cell.workload && matches(cell.params, wanted.params);
    if (fits && (!best || wanted.params.size() > best->cell.params.size())) best = &reference;
  }
  return best;
}

std::optional<Fixed> References::ratio_of(const Reference& reference) const {
  for (const Reference& base : all_) {
    if (base.document == reference.document && base.machine == reference.machine &&
        base.metric == reference.metric && base.cell.workload == "null_syscall") {
      return ratio(reference.value, base.value);
    }
  }
  return std::nullopt;
}

}  // namespace osext::report
