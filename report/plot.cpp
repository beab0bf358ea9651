// SPDX-License-Identifier: GPL-2.0
// Data and texts of the figure of ratios; see plot.h.
#include "report/plot.h"

#include <algorithm>
#include <optional>

#include "report/data/embedded.h"
#include "report/primitive_cost.h"
#include "report/validity.h"

namespace osext::report {
namespace {

// gnuplot's sign for "no value".
std::string data_text(const std::optional<Fixed>& value) {
  return value ? two_decimals(*value) : "?";
}

// "hijack rpc" and, where another row of the plot has that name, its variant.
std::string label(const Measured& row, std::span<const Measured* const> rows) {
  std::string text = row.mechanism + " " + row.workload;
  const auto same = std::count_if(rows.begin(), rows.end(), [&](const Measured* other) {
    return other->mechanism == row.mechanism && other->workload == row.workload;
  });
  return same > 1 ? text + " " + variant_text(row.params) : text;
}

std::optional<Fixed> reference_ratio(const References& references, Document document,
                                     const Measured& row, const std::string& profile) {
  const Reference* found = references.find(document, reference_cell(row, profile), "cycles");
  return found ? references.ratio_of(*found) : std::nullopt;
}

std::optional<Fixed> own_ratio(const Block& block, const Measured& row) {
  for (const Measured* same : block.select(row.mechanism, row.workload, row.params)) {
    if (same->params == row.params && same->usable()) return block.ratio_of(*same);
  }
  return std::nullopt;
}

// The rows that a document has a ratio for, in the order of those ratios.  null_syscall is the unit
// itself: nothing to see.
std::vector<const Measured*> plotted_rows(std::span<const Block> blocks,
                                          const References& references) {
  std::vector<std::pair<Fixed, const Measured*>> known;
  if (blocks.empty()) return {};
  const std::string& profile = blocks.front().profile;
  for (const Measured& row : blocks.front().rows) {
    auto ratio = reference_ratio(references, Document::paper, row, profile);
    if (!ratio) ratio = reference_ratio(references, Document::slides, row, profile);
    if (ratio && !is_batch(row.params) && row.workload != "null_syscall") {
      known.emplace_back(*ratio, &row);
    }
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const Measured*> rows;
  for (const auto& [ratio, row] : known) rows.push_back(row);
  return rows;
}

}  // namespace

RatioPlot ratio_plot(const RunInfo& info, std::span<const Block> all,
                     const References& references) {
  RatioPlot plot;
  // Whole blocks: one with few of the mechanisms has its table.
  std::vector<Block> blocks(all.begin(), all.end());
  if (std::any_of(blocks.begin(), blocks.end(), [](const Block& block) { return !block.partial; }))
    std::erase_if(blocks, [](const Block& block) { return block.partial; });
  plot.title = "Cycles of an operation over those of a plain system call";
  plot.series = {"paper", "slides"};
  const std::string are(cycles_are(info.machine));
  for (const Block& block : blocks) {
    plot.series.push_back("osext, " + are + (block.profile.empty() ? "" : ", " + block.profile));
  }
  plot.subtitle =
      "osext: cycles " + are + " on machine " + info.machine + ", kernel " + kernel_text(info);
  for (const Block& block : blocks) {
    for (const std::string& note : reservations(info, block.profile)) {
      if (std::find(plot.notes.begin(), plot.notes.end(), note) == plot.notes.end()) {
        plot.notes.push_back(note);
      }
    }
  }

  const std::vector<const Measured*> rows = plotted_rows(blocks, references);
  plot.data =
      "# Ratio to a plain system call; ? = no value. Written by osext, drawn by ratios.gp.\n";
  plot.data += "# operation";
  for (const std::string& series : plot.series) plot.data += " " + quoted_column(series);
  plot.data += '\n';
  for (const Measured* row : rows) {
    const std::string& profile = blocks.front().profile;
    plot.data += quoted_column(label(*row, rows));
    plot.data += ' ' + data_text(reference_ratio(references, Document::paper, *row, profile));
    plot.data += ' ' + data_text(reference_ratio(references, Document::slides, *row, profile));
    for (const Block& block : blocks) plot.data += ' ' + data_text(own_ratio(block, *row));
    plot.data += '\n';
  }
  plot.groups = rows.size();
  return plot;
}

Figure ratio_figure(const RatioPlot& plot) {
  Figure figure;
  figure.name = "ratios";
  figure.data = plot.data;
  figure.program = kRatiosPlot;
  if (plot.groups == 0)
    figure.nothing = "No plot of ratios: the run has no row beside a figure of the papers.";
  figure.set("title_text", plot.title);
  figure.set("subtitle_text", plot.subtitle);
  figure.set("axis_text", "ratio to a plain system call (getppid) on the same machine; log scale");
  figure.set("groups", plot.groups);
  figure.set("note", plot.notes);
  figure.set("series", plot.series);
  return figure;
}

}  // namespace osext::report
