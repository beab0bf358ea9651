// SPDX-License-Identifier: GPL-2.0
// Table and figure of tlb_working_set; see tlb_working_set.h.
#include "report/tlb_working_set.h"

#include <algorithm>
#include <set>

#include "report/data/embedded.h"
#include "report/primitive_cost.h"
#include "report/status.h"
#include "report/sweep.h"
#include "report/validity.h"

namespace osext::report {
namespace {

constexpr const char* kExperiment = "tlb_working_set";
constexpr const char* kKinds[] = {"data", "code"};
constexpr const char* kFlushKind = "executive";  // pages=N are the executive's there

// One line of the figure: the same calls over data pages and over code pages.
struct Line {
  std::string title;
  std::map<std::string, Curve> by_kind;
};

std::string title_of(const Curve& curve, const Params& params) {
  std::string text;
  if (curve.workload == "null_syscall") text = "getppid()";
  if (curve.workload == "rpc_peer") text = "RPC over pipes";
  if (curve.workload == "rpc")
    text = curve.mechanism == "safex" ? "RPC to an extension" : "RPC to the executive";
  if (curve.mechanism == "uls")
    text = curve.workload == "rpc" ? "RPC into the sandbox" : "RPC to a thread in the sandbox";
  if (text.empty()) text = curve.workload;
  // What every line has is no help to tell them apart.
  Params own = params;
  own.erase("bytes");
  own.erase("save");
  const std::string variant = variant_text(own);
  return (curve.mechanism == "linux"    ? "Linux: "
          : curve.mechanism == "hijack" ? "Hijack: "
          : curve.mechanism == "uls"    ? "ULS: "
          : curve.mechanism == "safex"  ? "SafeX: "
                                        : "") +
         text + (variant.empty() ? "" : ", " + variant);
}

// Those over the caller's pages, or those over the executive's.
std::vector<Line> lines_of(const Block& block, bool of_executive) {
  std::vector<Line> lines;
  for (const Curve& curve : curves(block, "pages")) {
    Params params = curve.params;
    const std::string kind = params["kind"];
    if ((kind == kFlushKind) != of_executive) continue;
    params.erase("kind");
    const std::string title = title_of(curve, params);
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const Line& other) { return other.title == title; });
    if (line == lines.end()) line = lines.insert(lines.end(), {title, {}});
    line->by_kind[kind] = curve;
  }
  return lines;
}

std::set<std::uint64_t> points_of(const std::vector<Line>& lines, const std::string& kind) {
  std::set<std::uint64_t> points;
  for (const Line& line : lines) {
    const auto curve = line.by_kind.find(kind);
    if (curve == line.by_kind.end()) continue;
    for (const auto& [pages, row] : curve->second.points) points.insert(pages);
  }
  return points;
}

const Measured* row_at(const Line& line, const std::string& kind, std::uint64_t pages) {
  const auto curve = line.by_kind.find(kind);
  if (curve == line.by_kind.end()) return nullptr;
  const auto point = curve->second.points.find(pages);
  return point == curve->second.points.end() ? nullptr : point->second;
}

// "" if there is no such figure.
std::string text_of(const Measured* row, std::string_view metric) {
  if (!row) return "";
  const auto value = median_of(*row, metric);
  return value ? to_string(*value) : "";
}

// Why figures are missing: one note a line and reason.
void append_status_notes(Table& table, const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    std::map<std::string, std::size_t> reasons;
    for (const auto& [kind, curve] : line.by_kind) {
      for (const auto& [pages, row] : curve.points) {
        if (row->status != Status::ok) ++reasons[status_text(*row)];
      }
    }
    for (const auto& [reason, count] : reasons)
      table.notes.push_back(line.title + ", " + std::to_string(count) +
                            (count == 1 ? " point: " : " points: ") + reason);
  }
}

Table working_set_table(const RunInfo& info, const Block& block, const std::vector<Line>& lines) {
  Table table;
  table.id = kExperiment;
  table.title = "A call and the caller's working set: " + setting(info, block.profile);
  table.lead = provenance(info, block.profile);
  table.lead.push_back(
      "One operation walks through the caller's pages, one word or one instruction each, 4160 "
      "bytes "
      "apart, and makes one call. Medians; TLB misses at user level, first level.");
  table.block_id = "profile";
  table.block = block.profile;
  table.group_id = "kind";
  table.columns = {column("pages", "pages", "")};
  std::string legend;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    for (const char* metric : {"cycles", "itlb_misses", "dtlb_misses"}) {
      const std::string title = metric == std::string("cycles")        ? metric
                                : metric == std::string("itlb_misses") ? "instr."
                                                                       : "data";
      table.columns.push_back(column(number + "_" + metric, title, "[" + number + "]"));
    }
    legend += (legend.empty() ? "" : "; ") + std::string("[") + number + "] " + lines[i].title;
  }
  table.lead.push_back(legend + ". Per line: cycles, TLB misses of instructions and of data.");
  for (const char* kind : kKinds) {
    for (const std::uint64_t pages : points_of(lines, kind)) {
      Row row{kind + std::string(" pages"), {{std::to_string(pages)}}};
      for (const Line& line : lines) {
        const Measured* measured = row_at(line, kind, pages);
        row.cells.push_back({text_of(measured, "cycles"), Tone::strong});
        row.cells.push_back({text_of(measured, "itlb_misses")});
        row.cells.push_back({text_of(measured, "dtlb_misses")});
      }
      table.rows.push_back(std::move(row));
    }
  }
  append_status_notes(table, lines);
  for (std::string& text : reservations(info, block.profile))
    table.notes.push_back(std::move(text));
  return table;
}

Table flush_table(const RunInfo& info, const Block& block, const std::vector<Line>& lines) {
  Table table;
  table.id = "flush_methods";
  table.title = "How the executive's translations are dropped: " + setting(info, block.profile);
  table.lead = provenance(info, block.profile);
  table.lead.push_back(
      "Cycles of a call to the executive and back, if a CR3 write drops its translations before "
      "the "
      "guest goes on, or one INVLPG for each of the executive's pages. Medians.");
  table.block_id = "profile";
  table.block = block.profile;
  table.columns = {column("pages", "pages", "")};
  for (std::size_t i = 0; i < lines.size(); ++i)
    table.columns.push_back(
        column(std::to_string(i + 1) + "_cycles", "[" + std::to_string(i + 1) + "]", ""));
  std::string legend;
  for (std::size_t i = 0; i < lines.size(); ++i)
    legend += (i == 0 ? "[" : "; [") + std::to_string(i + 1) + "] " + lines[i].title;
  table.lead.push_back(legend + ".");
  for (const std::uint64_t pages : points_of(lines, kFlushKind)) {
    Row row{"", {{std::to_string(pages)}}};
    for (const Line& line : lines)
      row.cells.push_back({text_of(row_at(line, kFlushKind, pages), "cycles"), Tone::strong});
    table.rows.push_back(std::move(row));
  }
  append_status_notes(table, lines);
  table.notes.push_back(
      "Each call reads a word of each of these pages. flush=invlpg is sound only if it drops every "
      "page that the executive has: with fewer than the five or so that a call uses by itself it "
      "leaves some behind, and is cheaper than it could be. CR3 writes are the default.");
  for (std::string& text : reservations(info, block.profile))
    table.notes.push_back(std::move(text));
  return table;
}

// The points begin evenly spaced; where they end being so, the figure's logarithmic half begins.
std::uint64_t linear_end(const std::set<std::uint64_t>& points) {
  std::uint64_t before = 0, step = 0;
  for (const std::uint64_t point : points) {
    if (point == 0) continue;
    if (step == 0) step = point - before;
    if (2 * (point - before) > 3 * step) break;
    before = point;
  }
  return before;
}

std::string data_of(const std::vector<Line>& lines) {
  std::string data =
      "# Figure 4. Two blocks: data pages, code pages. Columns: pages, then cycles and TLB misses\n"
      "# (instruction and data) of each line; ? = no value. Written by osext, drawn by "
      "working_set.gp.\n# pages";
  for (const Line& line : lines)
    data +=
        " " + quoted_column(line.title + ", cycles") + " " + quoted_column(line.title + ", misses");
  data += '\n';
  for (const char* kind : kKinds) {
    if (kind != kKinds[0]) data += "\n\n";
    data += "# " + std::string(kind) + "\n";
    for (const std::uint64_t pages : points_of(lines, kind)) {
      data += std::to_string(pages);
      for (const Line& line : lines) {
        for (const char* metric : {"cycles", "misses"}) {
          const std::string text = text_of(row_at(line, kind, pages), metric);
          data += " " + (text.empty() ? "?" : text);
        }
      }
      data += '\n';
    }
  }
  return data;
}

bool any(const std::vector<Line>& lines, std::string_view metric) {
  for (const Line& line : lines) {
    for (const auto& [kind, curve] : line.by_kind) {
      if (!curve.values(metric).empty()) return true;
    }
  }
  return false;
}

// The paper's machine is what its printed figures may be drawn for.
std::size_t printed(const References& references, const std::string& profile, const char* mechanism,
                    const char* workload, const char* metric) {
  if (profile != "pentium4") return 0;
  const Cell cell{kExperiment, mechanism, workload, {{"kind", "code"}}};
  const Reference* found = references.find(Document::paper, cell, metric);
  return found ? static_cast<std::size_t>(found->value.thousandths / 1000) : 0;
}

Figure working_set_figure(const RunInfo& info, const Block& block, const std::vector<Line>& lines,
                          const References& references) {
  Figure figure;
  figure.name = "working_set" + (block.profile.empty() ? "" : "_" + block.profile);
  figure.data = data_of(lines);
  figure.program = kWorkingSetPlot;
  if (!any(lines, "cycles"))
    figure.nothing = "No plot of working sets: the run has no row of tlb_working_set with cycles.";
  figure.set("title_text", "A call and the caller's working set (Hijack paper, figure 4)");
  figure.set("subtitle_text", "cycles and TLB misses " + std::string(cycles_are(info.machine)) +
                                  ", " + setting(info, block.profile));
  std::vector<std::string> titles;
  for (const Line& line : lines) titles.push_back(line.title);
  figure.set("line", titles);
  figure.set("note", reservations(info, block.profile));
  figure.set("has_misses", std::size_t{any(lines, "misses")});
  for (const char* kind : kKinds) {
    const auto points = points_of(lines, kind);
    figure.set(std::string(kind) + "_linear_end", linear_end(points));
    figure.set(std::string(kind) + "_end", points.empty() ? 0 : *points.rbegin());
  }
  figure.set("paper_misses", printed(references, block.profile, "hijack", "rpc", "misses"));
  figure.set("paper_step",
             printed(references, block.profile, "linux", "null_syscall", "step_pages"));
  return figure;
}

}  // namespace

Section tlb_working_set_section(const RunInfo& info, std::span<const Block> blocks,
                                const References& references) {
  Section section;
  section.experiment = kExperiment;
  section.title = "Working sets";
  for (const Block& block : blocks) {
    const std::vector<Line> lines = lines_of(block, false), flushes = lines_of(block, true);
    if (!lines.empty()) {
      section.tables.push_back(working_set_table(info, block, lines));
      section.figures.push_back(working_set_figure(info, block, lines, references));
    }
    if (!flushes.empty()) section.tables.push_back(flush_table(info, block, flushes));
  }
  return section;
}

}  // namespace osext::report
