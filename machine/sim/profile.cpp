// SPDX-License-Identifier: GPL-2.0
// See profile.h.
#include "machine/sim/profile.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

namespace osext {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

struct Line {
  unsigned number;
  bool indented;
  std::string_view text;
};

// Figures by key, with the lines they stand on; knows how to complain.
class Figures {
 public:
  Figures(std::string origin, std::vector<Figure>& list)
      : origin_(std::move(origin)), list_(list) {}

  [[noreturn]] void fail(unsigned line, const std::string& what) const {
    throw ProfileError(line ? fmt::format("{}:{}: {}", origin_, line, what)
                            : fmt::format("{}: {}", origin_, what));
  }

  void add(unsigned line, Figure figure) {
    const auto [at, is_new] = places_.try_emplace(figure.key, Place{line, list_.size(), false});
    if (!is_new)
      fail(line, fmt::format("'{}' is given twice, first in line {}", figure.key, at->second.line));
    list_.push_back(std::move(figure));
  }

  bool has(const std::string& key) const { return places_.contains(key); }

  // The value of a key that must be there, in that unit.
  const std::string& text(const std::string& key, std::string_view unit) {
    const auto at = places_.find(key);
    if (at == places_.end()) fail(0, fmt::format("'{}' is missing", key));
    at->second.used = true;
    const Figure& figure = list_[at->second.index];
    if (figure.unit != unit)
      fail(at->second.line, fmt::format("'{}' must be in {}, not '{}'", key, unit, figure.unit));
    return figure.value;
  }

  std::uint64_t number(const std::string& key, std::string_view unit, std::uint64_t maximum) {
    const std::string& value = text(key, unit);
    std::uint64_t result = 0;
    const char* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, result);
    if (parsed.ec != std::errc() || parsed.ptr != end || result > maximum)
      fail(line(key),
           fmt::format("'{}' must be a whole number up to {}, not '{}'", key, maximum, value));
    return result;
  }

  template <class Choice>
  Choice choice(const std::string& key, const std::map<std::string, Choice>& choices) {
    const std::string& value = text(key, "policy");
    const auto at = choices.find(value);
    if (at != choices.end()) return at->second;
    std::string names;
    for (const auto& [name, unused] : choices) names += (names.empty() ? "" : ", ") + name;
    fail(line(key), fmt::format("'{}' must be one of {}, not '{}'", key, names, value));
  }

  unsigned line(const std::string& key) const { return places_.at(key).line; }

  void expect_all_used() const {
    for (const auto& [key, place] : places_)
      if (!place.used)
        fail(place.line, fmt::format("'{}' is not a key that this profile can have", key));
  }

 private:
  struct Place {
    unsigned line;
    std::size_t index;
    bool used;
  };
  std::string origin_;
  std::vector<Figure>& list_;
  std::map<std::string, Place> places_;
};

std::vector<Line> split_lines(std::string_view text) {
  std::vector<Line> lines;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    if (!trimmed(line).empty())
      lines.push_back({number, line.front() == ' ' || line.front() == '\t', trimmed(line)});
  }
  return lines;
}

// If `text` begins with `word`, what follows it.
bool take(std::string_view text, std::string_view word, std::string& rest) {
  if (!text.starts_with(word)) return false;
  rest = trimmed(text.substr(word.size()));
  return true;
}

// Reads a figure and the indented lines below it; returns the next line.
std::size_t read_figure(const std::vector<Line>& lines, std::size_t at, Figures& figures) {
  const Line& head = lines[at];
  const auto equals = head.text.find('=');
  if (equals == head.text.npos)
    figures.fail(head.number, fmt::format("expected 'key = value unit', not '{}'", head.text));
  Figure figure;
  figure.key = trimmed(head.text.substr(0, equals));
  std::istringstream words{std::string(head.text.substr(equals + 1))};
  std::string surplus;
  if (!(words >> figure.value >> figure.unit) || words >> surplus)
    figures.fail(head.number, fmt::format("'{}' needs one value and one unit", figure.key));
  bool has_source = false;
  for (++at; at < lines.size() && lines[at].indented; ++at) {
    std::string rest;
    const bool fitted = take(lines[at].text, "fitted:", rest);
    if (fitted || take(lines[at].text, "source:", rest)) {
      if (has_source)
        figures.fail(lines[at].number, fmt::format("'{}' has two sources", figure.key));
      has_source = true;
      figure.fitted = fitted;
      figure.source = rest;
    } else if (has_source) {
      figure.source += fmt::format(" {}", lines[at].text);
    } else {
      figures.fail(lines[at].number, "expected 'source:' or 'fitted:'");
    }
  }
  if (figure.source.empty())
    figures.fail(head.number,
                 fmt::format("'{}' has no source; say where the figure comes from", figure.key));
  if (figure.fitted && figure.key != "cost.syscall_sysret")
    figures.fail(head.number,
                 fmt::format("'{}' may not be fitted, only cost.syscall_sysret may", figure.key));
  figures.add(head.number, std::move(figure));
  return at;
}

TlbArrayShape array_shape(Figures& figures, const std::string& prefix, Replacement replacement) {
  TlbArrayShape shape;
  const std::string entries_key = prefix + ".entries";
  const std::string ways_key = prefix + ".ways";
  shape.entries = static_cast<unsigned>(figures.number(entries_key, "entries", 65536));
  shape.ways = static_cast<unsigned>(figures.number(ways_key, "ways", 65536));
  if (!shape.ways || !shape.entries || shape.entries % shape.ways ||
      !std::has_single_bit(shape.entries / shape.ways))
    figures.fail(figures.line(ways_key),
                 fmt::format("'{}' / '{}' must be a number of sets that is a power of two",
                             entries_key, ways_key));
  if (replacement == Replacement::plru && !std::has_single_bit(shape.ways))
    figures.fail(figures.line(ways_key),
                 fmt::format("'{}' must be a power of two for plru", ways_key));
  return shape;
}

TlbShape tlb_shape(Figures& figures, const std::string& prefix) {
  static const std::map<std::string, Replacement> policies = {{"lru", Replacement::lru},
                                                              {"plru", Replacement::plru},
                                                              {"fifo", Replacement::fifo},
                                                              {"random", Replacement::random}};
  static const std::map<std::string, LargePages> placements = {
      {"shared", LargePages::shared},
      {"separate", LargePages::separate},
      {"fragmented", LargePages::fragmented}};
  TlbShape shape;
  shape.replacement = figures.choice(prefix + ".replacement", policies);
  if (shape.replacement == Replacement::random) {
    shape.random_seed = figures.number(prefix + ".random_seed", "seed", ~0ULL);
    if (!shape.random_seed)
      figures.fail(figures.line(prefix + ".random_seed"), "a seed of 0 gives no random numbers");
  }
  shape.small = array_shape(figures, prefix, shape.replacement);
  shape.large_pages = figures.choice(prefix + ".large_pages", placements);
  if (shape.large_pages == LargePages::separate)
    shape.large = array_shape(figures, prefix + ".large", shape.replacement);
  return shape;
}

void read_tlbs(Figures& figures, TlbGeometry& tlbs) {
  static const std::map<std::string, SecondLevel> levels = {{"none", SecondLevel::none},
                                                            {"unified", SecondLevel::unified},
                                                            {"split", SecondLevel::split}};
  static const std::map<std::string, bool> globals = {{"honoured", true}, {"ignored", false}};
  tlbs.instruction = tlb_shape(figures, "itlb");
  tlbs.data = tlb_shape(figures, "dtlb");
  tlbs.second_level = figures.choice("second_level", levels);
  if (tlbs.second_level == SecondLevel::unified)
    tlbs.second_instruction = tlb_shape(figures, "stlb");
  if (tlbs.second_level == SecondLevel::split) {
    tlbs.second_instruction = tlb_shape(figures, "second_itlb");
    tlbs.second_data = tlb_shape(figures, "second_dtlb");
  }
  tlbs.honours_global = figures.choice("global_pages", globals);
}

void read_costs(Figures& figures, bool second_level, Costs& costs) {
  const auto cost = [&](const char* key) { return figures.number(key, "cycles", 1'000'000); };
  costs.instruction = cost("cost.instruction");
  costs.page_walk = cost("cost.page_walk");
  if (second_level) costs.second_level_hit = cost("cost.second_level_hit");
  costs.syscall_sysret = cost("cost.syscall_sysret");
  costs.iret = cost("cost.iret");
  costs.cr3_write = cost("cost.cr3_write");
  costs.cr4_pge_toggle = cost("cost.cr4_pge_toggle");
  costs.invlpg = cost("cost.invlpg");
  costs.invpcid = cost("cost.invpcid");
}

}  // namespace

Profile parse_profile(std::string_view text, const std::string& origin) {
  Profile profile;
  Figures figures(origin, profile.figures);
  const std::vector<Line> lines = split_lines(text);
  for (std::size_t at = 0; at < lines.size();) {
    if (lines[at].indented)
      figures.fail(lines[at].number, "an indented line belongs below a figure");
    if (take(lines[at].text, "profile:", profile.name) ||
        take(lines[at].text, "title:", profile.title))
      ++at;
    else
      at = read_figure(lines, at, figures);
  }
  if (profile.name.empty()) figures.fail(0, "the line 'profile: NAME' is missing");
  if (profile.title.empty()) figures.fail(0, "the line 'title: TEXT' is missing");
  read_tlbs(figures, profile.tlbs);
  read_costs(figures, profile.tlbs.second_level != SecondLevel::none, profile.costs);
  figures.expect_all_used();
  return profile;
}

Profile load_profile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    throw ProfileError(fmt::format("{}: cannot read this CPU profile", file.string()));
  return parse_profile(text.str(), file.filename().string());
}

}  // namespace osext
