// SPDX-License-Identifier: GPL-2.0
// report.html; see page.h.
#include "report/page.h"

#include <set>

#include "report/data/embedded.h"
#include "report/glossary.h"
#include "report/render/render.h"
#include "report/validity.h"

namespace osext::report {
namespace {

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return "<section id=\"" + id + "\">\n<h2>" + title + "</h2>\n" + body + "</section>\n";
}

std::string paragraph(const std::string& text) {
  return "<p>" + html_escape(text) + "</p>\n";
}

std::string tables(const std::vector<Table>& all) {
  std::string out;
  for (const Table& table : all) out += render_html(table);
  return out;
}

// A figure of the summary strip.
std::string tile(const std::string& value, const std::string& label, const char* tone = "") {
  return "<div class=\"tile " + std::string(tone) + "\"><b>" + html_escape(value) + "</b><span>" +
         html_escape(label) + "</span></div>\n";
}

std::string count_text(const std::map<Status, int>& cells, Status status) {
  const auto found = cells.find(status);
  return std::to_string(found == cells.end() ? 0 : found->second);
}

std::string tiles(const PageInput& input) {
  std::string out = "<div class=\"tiles\">\n";
  out += tile(input.info->machine, "machine");
  out += tile(input.info->kernel, "kernel");
  out += tile(count_text(input.cells, Status::ok), "cells ok");
  for (const auto& [status, count] : input.cells) {
    if (status == Status::ok) continue;
    out += tile(std::to_string(count), "cells " + std::string(osext::to_string(status)),
                status == Status::skipped || status == Status::unstable ? "" : "bad");
  }
  out += tile(std::to_string(input.claims_hold), "claim checks hold", "good");
  out +=
      tile(std::to_string(input.claims_fail), "claim checks fail", input.claims_fail ? "bad" : "");
  out += tile(std::to_string(input.claims_untestable), "claim checks untestable");
  return out + "</div>\n";
}

std::string what_this_is(const PageInput& input) {
  std::string out = paragraph(
      "osext implements the operating system extensions of two papers (Hijack, user-level "
      "sandboxing, SafeX) on stock Linux and measures them beside plain Linux. This page shows one "
      "run. The paper and the slides disagree, so their figures stand beside ours in two columns. "
      "What is compared are ratios to a plain system call: cycles of one processor say little "
      "about "
      "another.");
  std::string profiles;
  for (const std::string& profile : input.profiles) {
    profiles += (profiles.empty() ? "" : " and ") + profile;
  }
  for (const std::string& text : provenance(*input.info, profiles)) out += paragraph(text);
  return out + tiles(input);
}

// The part of an SVG file that may stand inside HTML.
std::string inline_svg(const std::string& svg) {
  const std::size_t start = svg.find("<svg");
  return start == svg.npos ? "" : svg.substr(start);
}

std::string plot(const PageInput& input, const std::string& name, const std::string& caption = "") {
  const auto found = input.drawings.find(name);
  if (found == input.drawings.end()) return "";
  const std::string drawing = inline_svg(found->second.svg);
  if (drawing.empty()) return paragraph(found->second.missing);
  return "<figure class=\"plot\">\n" + drawing +
         (caption.empty() ? "" : "<figcaption>" + html_escape(caption) + "</figcaption>\n") +
         "</figure>\n";
}

std::string experiment(const PageInput& input, const Section& one) {
  std::string body;
  for (const Figure& figure : one.figures) body += plot(input, figure.name, figure.caption);
  return section(one.experiment, html_escape(one.title), body + tables(one.tables));
}

std::string environment(const RunInfo& info) {
  std::string rows;
  for (const auto& [name, value] : info.environment)
    rows += "<tr><th scope=\"row\">" + html_escape(name) + "</th><td>" + html_escape(value) +
            "</td></tr>\n";
  return paragraph(
             "From run.json. Samples of equal environments are comparable byte for byte on "
             "the simulated machine.") +
         "<div class=\"scroll\"><table class=\"plain\"><tbody>\n" + rows +
         "</tbody></table></div>\n";
}

std::string meanings(const PageInput& input) {
  std::string mechanisms, operations;
  std::set<std::string> seen;
  const auto entry = [](const std::string& id, std::string_view text) {
    return "<dt>" + html_escape(id) + "</dt><dd>" + html_escape(text) + "</dd>\n";
  };
  for (const Block& block : input.blocks) {
    for (const Measured& row : block.rows) {
      const std::string_view mechanism = mechanism_meaning(row.mechanism);
      const std::string_view operation = operation_meaning(row.workload);
      if (!mechanism.empty() && seen.insert("m " + row.mechanism).second) {
        mechanisms += entry(row.mechanism, mechanism);
      }
      if (!operation.empty() && seen.insert("o " + row.workload).second) {
        operations += entry(row.workload, operation);
      }
    }
  }
  return "<h3>Mechanisms</h3>\n<dl>\n" + mechanisms + "</dl>\n<h3>Operations</h3>\n<dl>\n" +
         operations + "</dl>\n";
}

std::string how_to_read(const PageInput& input) {
  return "<ul class=\"notes\">\n"
         "<li><b>exact</b>: counted one by one by the simulated machine. <b>modelled</b>: computed "
         "from a CPU profile or from virtual time; never seen on hardware. <b>measured</b>: read "
         "from hardware.</li>\n"
         "<li>A profile may be fitted to one figure, the plain system call; every other row is "
         "then a prediction.</li>\n"
         "<li>Begin and end are marked in the caller, around the whole operation. What the marks "
         "cost is the row <code>overhead</code>; it is never subtracted.</li>\n"
         "<li>A ratio is formed within one unit of the run: the mechanism's own system call "
         "(variant <code>module=absent</code>), measured before its module was loaded.</li>\n"
         "<li>Muted figures of the papers are derived from printed ones; the notes say how.</li>\n"
         "<li><code>tables/summary.csv</code> has every series of the run, "
         "<code>samples.jsonl</code> every single value.</li>\n"
         "</ul>\n" +
         meanings(input);
}

std::string navigation(const PageInput& input) {
  const auto link = [](const std::string& id, const std::string& title) {
    return "<a href=\"#" + id + "\">" + html_escape(title) + "</a>";
  };
  const bool has_costs = !input.blocks.empty() || input.sections.empty();
  std::string out = has_costs ? link("costs", "Costs") + link("plot", "Plot") : "";
  for (const Section& one : input.sections) out += link(one.experiment, one.title);
  out += link("claims", "Claims");
  if (has_costs) out += link("detail", "Distributions");
  return out + link("environment", "Environment") + link("reading", "How to read");
}

}  // namespace

std::string render_page(const PageInput& input) {
  const RunInfo& info = *input.info;
  const std::string setting_text = "machine " + info.machine + ", kernel " + kernel_text(info) +
                                   (info.mode.empty() ? "" : ", " + info.mode + " run");
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>osext: " +
      html_escape(setting_text) + "</title>\n<style>\n" + std::string(kPageCss) +
      "</style>\n</head>\n<body>\n<header>\n<h1>osext</h1>\n<p>" + html_escape(setting_text) +
      "</p>\n<nav>" + navigation(input) + "</nav>\n</header>\n<main>\n";
  const bool has_costs = !input.blocks.empty() || input.sections.empty();
  out += section("what", "What this is", what_this_is(input));
  if (has_costs) {
    out += section("costs", "Primitive costs", tables(input.headline));
    out += section("plot", "Papers against osext", plot(input, "ratios"));
  }
  for (const Section& one : input.sections) out += experiment(input, one);
  out += section("claims", "The papers' claims", tables(input.claims));
  if (has_costs) out += section("detail", "Distributions", tables(input.detail));
  out += section("environment", "Environment", environment(info));
  out += section("reading", "How to read", how_to_read(input));
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace osext::report
