// SPDX-License-Identifier: GPL-2.0
// The entry points; see report.h.
#include "report/report.h"

#include <algorithm>
#include <fstream>
#include <ostream>
#include <stdexcept>

#include "report/claims/claims.h"
#include "report/compare.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/primitive_cost.h"
#include "report/render/render.h"
#include "report/section.h"
#include "report/summary.h"

namespace osext {
namespace {

using namespace report;
namespace fs = std::filesystem;

constexpr const char* kExperiment = "primitive_cost";
constexpr std::size_t kFileWidth = 120;  // columns of tables/*.txt

// Everything that is derived from a run's two files.
struct Derived {
  Run run;
  std::vector<report::Series> series;
  Blocks all_blocks;              // they point into `series`
  std::span<const Block> blocks;  // those of primitive_cost
  std::vector<Table> headline, detail, claims;
  std::vector<Section> sections;  // the other experiments
  ClaimCounts claim_counts;
};

void derive_tables(Derived& derived) {
  const RunInfo& info = derived.run.info;
  const References& references = References::built_in();
  for (const Block& block : derived.blocks) {
    derived.headline.push_back(headline_table(info, block, references));
    derived.detail.push_back(detail_table(info, block));
  }
  derived.sections = make_sections(info, derived.all_blocks, references);
  if (derived.series.empty()) return;
  for (const std::string& profile : derived.all_blocks.profiles()) {
    derived.claims.push_back(claims_table(info, derived.all_blocks, profile, references,
                                          built_in_claims(), derived.claim_counts));
  }
}

// Fills in place: blocks point into the series beside them.
void derive(Derived& derived, const fs::path& run_dir) {
  derived.run = load_run(run_dir);
  derived.series = collect_series(derived.run.samples);
  derived.all_blocks = Blocks(derived.series);
  derived.blocks = derived.all_blocks.of(kExperiment);
  derive_tables(derived);
}

std::map<Status, int> count_cells(const std::vector<report::Series>& series) {
  std::map<Cell, Status> worst;
  for (const report::Series& one : series) {
    const auto [cell, is_new] = worst.try_emplace(one.cell, one.status);
    if (!is_new) cell->second = std::max(cell->second, one.status);  // Status rises with badness
  }
  std::map<Status, int> counts;
  for (const auto& [cell, status] : worst) ++counts[status];
  return counts;
}

std::string all_texts(const std::vector<Table>& tables, const TextStyle& style) {
  std::string out;
  for (const Table& table : tables) out += (out.empty() ? "" : "\n") + render_text(table, style);
  return out;
}

std::string all_rendered(const std::vector<Table>& tables, std::string (*render)(const Table&)) {
  std::string out;
  for (const Table& table : tables) out += (out.empty() ? "" : "\n") + render(table);
  return out;
}

using Files = std::map<std::string, std::string>;  // name in the run directory -> bytes

void add_formats(Files& files, const std::string& name, const std::vector<Table>& tables) {
  if (tables.empty()) return;
  files["tables/" + name + ".txt"] = all_texts(tables, {kFileWidth, false});
  files["tables/" + name + ".md"] = all_rendered(tables, render_markdown);
  files["tables/" + name + ".tex"] = all_rendered(tables, render_latex);
  files["tables/" + name + ".csv"] = render_csv(tables);
}

// Blocks of one table go into one file.
void add_section(Files& files, const Section& section) {
  std::map<std::string, std::vector<Table>> by_id;
  for (const Table& table : section.tables) by_id[table.id].push_back(table);
  for (const auto& [id, tables] : by_id) add_formats(files, id, tables);
}

std::vector<Figure> figures_of(const Derived& derived) {
  std::vector<Figure> figures;
  if (!derived.blocks.empty() || derived.sections.empty()) {
    figures.push_back(
        ratio_figure(ratio_plot(derived.run.info, derived.blocks, References::built_in())));
  }
  for (const Section& section : derived.sections) {
    figures.insert(figures.end(), section.figures.begin(), section.figures.end());
  }
  return figures;
}

// Whole or not at all: a reader never sees half a file.
void write_whole(const fs::path& path, const std::string& bytes) {
  const fs::path temporary = path.string() + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw std::runtime_error(path.string() + ": cannot be written; is the disk full?");
  }
  fs::rename(temporary, path);
}

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const fs::path& run_dir, const Files& files, ReportSummary& summary) {
  for (const auto& [name, bytes] : files) {
    write_whole(run_dir / name, bytes);
    summary.files.push_back(name);
  }
}

}  // namespace

ReportSummary write_report(const fs::path& run_dir) {
  Derived derived;
  derive(derived, run_dir);
  ReportSummary summary;
  summary.cells = count_cells(derived.series);
  summary.claims_hold = derived.claim_counts.holds;
  summary.claims_fail = derived.claim_counts.fails;
  summary.claims_untestable = derived.claim_counts.untestable;

  Files files;
  const Table all_series = summary_table(derived.run.info, derived.series);
  files["tables/summary.csv"] = render_csv({&all_series, 1});
  add_formats(files, kExperiment, derived.headline);
  add_formats(files, std::string(kExperiment) + "_detail", derived.detail);
  add_formats(files, "claims", derived.claims);
  for (const Section& section : derived.sections) add_section(files, section);
  const std::vector<Figure> figures = figures_of(derived);
  for (const Figure& figure : figures) files["plots/" + figure.name + ".dat"] = figure.data;

  fs::create_directories(run_dir / "tables");
  fs::create_directories(run_dir / "plots");
  write_all(run_dir, files, summary);

  PageInput page;
  for (const Figure& figure : figures) {
    const std::string name = "plots/" + figure.name + ".svg";
    fs::remove(run_dir / name);  // one of an earlier report must not outlive its data
    const std::string missing = draw(figure, run_dir / "plots");
    if (missing.empty()) summary.files.push_back(name);
    if (summary.plot_missing.empty()) summary.plot_missing = missing;
    page.drawings[figure.name] = {missing.empty() ? read_whole(run_dir / name) : "", missing};
  }
  page.info = &derived.run.info;
  page.blocks = derived.blocks;
  page.sections = derived.sections;
  page.profiles = derived.all_blocks.profiles();
  page.headline = derived.headline;
  page.detail = derived.detail;
  page.claims = derived.claims;
  page.cells = summary.cells;
  page.claims_hold = summary.claims_hold;
  page.claims_fail = summary.claims_fail;
  page.claims_untestable = summary.claims_untestable;
  write_all(run_dir, {{"report.html", render_page(page)}}, summary);
  std::sort(summary.files.begin(), summary.files.end());
  return summary;
}

void print_report(const fs::path& run_dir, std::ostream& out, std::size_t width, bool colours) {
  Derived derived;
  derive(derived, run_dir);
  const TextStyle style{width, colours};
  out << all_texts(derived.headline, style);
  bool any = !derived.headline.empty();
  for (const Section& section : derived.sections) {
    for (const Table& table : section.tables) {
      out << (any ? "\n" : "") << render_text(table, style);
      any = true;
    }
  }
  if (!any) out << "The run has no rows of primitive_cost or another experiment.\n";
  for (const Table& table : derived.claims) {
    out << '\n' << render_text(brief_claims_table(table), style);
  }
}

void compare(const fs::path& run_a, const fs::path& run_b, std::ostream& out, std::size_t width,
             bool colours) {
  Derived a, b;
  derive(a, run_a);
  derive(b, run_b);
  bool first = true;
  for (const Block& block_a : a.blocks) {
    for (const Block& block_b : b.blocks) {
      const Table table = comparison_table(a.run.info, block_a, b.run.info, block_b);
      out << (first ? "" : "\n") << render_text(table, {width, colours});
      first = false;
    }
  }
  if (first) {
    throw std::runtime_error("nothing to compare: " + (a.blocks.empty() ? run_a : run_b).string() +
                             " has no rows of primitive_cost");
  }
}

}  // namespace osext
