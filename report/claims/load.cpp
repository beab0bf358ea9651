// SPDX-License-Identifier: GPL-2.0
// Reads claims.json; see claims.h.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "report/claims/claims.h"
#include "report/data/embedded.h"

namespace osext::report {
namespace {

using Json = nlohmann::json;
using Check = Claim::Check;

struct CheckRule {
  std::string_view name;
  Check check;
  std::size_t rows;     // how many; 0 = two or more, or kOneOrMore
  bool needs_document;  // the claimed figure is one of a document's
  bool needs_tolerance;
  bool needs_metric = false;  // curves: and the parameter that they go along
  bool needs_range = false;
};

constexpr std::size_t kOneOrMore = 1000;

constexpr std::array<CheckRule, 33> kRules{{
    {"absolute", Check::absolute, 1, true, true},
    {"per_syscall", Check::per_syscall, 1, true, true},
    {"ratio", Check::ratio, 2, true, true},
    {"sum", Check::sum, 3, false, true},
    {"order", Check::order, 0, false, false},
    {"below", Check::below, 2, false, false, true},
    {"not_above", Check::not_above, 2, false, false, true},
    {"step", Check::step, 1, true, true, true},
    {"flat", Check::flat, 1, true, true, true},
    {"level", Check::level, 1, true, true, true, true},
    {"slope", Check::slope, 1, true, true, true, true},
    {"crossover", Check::crossover, 2, false, false, true},
    {"equals", Check::equals, 1, true, true, true},
    {"constant", Check::constant, 1, false, true, true},
    {"no_growth", Check::no_growth, 1, false, true, true},
    {"rises", Check::rises, 1, false, true, true},
    {"at_most", Check::at_most, 2, false, true, true},
    {"part", Check::part, 2, false, true, true},
    {"bounded", Check::bounded, 1, false, true, true},
    {"fact", Check::fact, 1, true, true, true},
    {"share", Check::share, 1, false, true, true},
    {"natural", Check::natural, 1, false, false, true},
    {"without", Check::without, 0, false, false, true},
    {"reservation", Check::reservation, kOneOrMore, true, true},
    {"only_reservation", Check::only_reservation, 0, true, true},
    {"surplus", Check::surplus, 1, true, true},
    {"overload", Check::overload, kOneOrMore, false, false},
    {"even", Check::even, 1, false, true, true},
    {"starved", Check::starved, kOneOrMore, false, false, true},
    {"less", Check::less, 0, false, false, true},
    {"follows", Check::follows, kOneOrMore, false, false},
    {"finer", Check::finer, 0, false, false},
    {"held", Check::held, 1, false, false},
}};

[[noreturn]] void wrong(const std::string& what) {
  throw std::invalid_argument(what);
}

const CheckRule& rule_of(const std::string& name) {
  for (const CheckRule& rule : kRules) {
    if (rule.name == name) return rule;
  }
  wrong("check '" + name + "' is unknown");
}

std::string text_of(const Json& json, const char* key) {
  if (!json.contains(key)) return "";
  if (!json[key].is_string()) wrong("'" + std::string(key) + "' must be a string");
  return json[key].get<std::string>();
}

int percent_of(const Json& json, const char* key, unsigned most) {
  const Json& number = json[key];
  if (!number.is_number_unsigned() || number.get<unsigned>() > most) {
    wrong("'" + std::string(key) + "' must be a whole number from 0 to " + std::to_string(most));
  }
  return number.get<int>();
}

Claim parse_claim(const Json& json) {
  static const std::set<std::string> kKeys = {
      "id",      "source", "text",  "experiment",   "check",      "document",         "rows",
      "profile", "metric", "along", "from_percent", "to_percent", "tolerance_percent"};
  for (const auto& [key, value] : json.items()) {
    if (!kKeys.contains(key)) wrong("has an unknown key '" + key + "'");
  }
  Claim claim;
  claim.id = text_of(json, "id");
  claim.source = text_of(json, "source");
  claim.text = text_of(json, "text");
  claim.experiment = json.contains("experiment") ? text_of(json, "experiment") : "primitive_cost";
  claim.profile = text_of(json, "profile");
  if (claim.source.empty() || claim.text.empty()) wrong("needs 'source' and 'text'");

  const CheckRule rule = rule_of(text_of(json, "check"));
  claim.check = rule.check;
  const std::string document = text_of(json, "document");
  if (document == "paper") claim.document = Document::paper;
  if (document == "slides") claim.document = Document::slides;
  if (rule.needs_document != claim.document.has_value()) {
    wrong(rule.needs_document ? "needs 'document': paper or slides" : "takes no 'document'");
  }
  if (json.contains("tolerance_percent") != rule.needs_tolerance) {
    wrong(rule.needs_tolerance ? "needs 'tolerance_percent'" : "takes no 'tolerance_percent'");
  }
  claim.has_tolerance = rule.needs_tolerance;
  if (rule.needs_tolerance) claim.tolerance_percent = percent_of(json, "tolerance_percent", 100);
  claim.metric = text_of(json, "metric");
  claim.along = text_of(json, "along");
  if (claim.metric.empty() == rule.needs_metric) {
    wrong(rule.needs_metric ? "needs a 'metric'" : "takes no 'metric'");
  }
  const bool curve = claim.check >= Check::below && claim.check < Check::fact;
  const bool needs_along = rule.needs_metric && curve;
  if (claim.along.empty() == needs_along) wrong(needs_along ? "needs 'along'" : "takes no 'along'");
  for (const char* key : {"from_percent", "to_percent"}) {
    if (json.contains(key) == rule.needs_range) continue;
    wrong((rule.needs_range ? "needs '" : "takes no '") + std::string(key) + "'");
  }
  if (rule.needs_range) {
    constexpr unsigned most = 1000;
    claim.from_percent = percent_of(json, "from_percent", most);
    claim.to_percent = percent_of(json, "to_percent", most);
    if (claim.from_percent >= claim.to_percent) wrong("has an empty range");
  }
  if (!json.contains("rows") || !json["rows"].is_array()) wrong("needs a list 'rows'");
  for (const Json& row : json["rows"]) {
    if (!row.is_string()) wrong("'rows' must hold strings");
    claim.rows.push_back(parse_selector(row.get<std::string>()));
  }
  const bool count_fits = rule.rows == 0            ? claim.rows.size() >= 2
                          : rule.rows == kOneOrMore ? !claim.rows.empty()
                                                    : claim.rows.size() == rule.rows;
  if (!count_fits) wrong("has the wrong number of 'rows' for its check");
  return claim;
}

}  // namespace

Selector parse_selector(const std::string& text) {
  const std::size_t first = text.find(' ');
  if (first == text.npos || first == 0) wrong("row '" + text + "' is not 'mechanism workload'");
  const std::size_t second = text.find(' ', first + 1);
  Selector selector;
  selector.mechanism = text.substr(0, first);
  selector.workload = text.substr(first + 1, second == text.npos ? second : second - first - 1);
  if (second != text.npos) selector.params = parse_params(text.substr(second + 1));
  if (selector.workload.empty()) wrong("row '" + text + "' is not 'mechanism workload'");
  return selector;
}

std::string to_string(const Selector& selector) {
  std::string params = osext::to_string(selector.params);
  std::replace(params.begin(), params.end(), ';', ' ');
  return selector.mechanism + " " + selector.workload + (params.empty() ? "" : " " + params);
}

std::vector<Claim> parse_claims(std::string_view json, const std::string& name) {
  Json document;
  try {
    document = Json::parse(json);
  } catch (const Json::parse_error& error) {
    throw std::runtime_error(name + ": no valid JSON, at byte " + std::to_string(error.byte));
  }
  if (!document.is_object() || document.value("schema", Json()) != "claims/1" ||
      !document.contains("claims") || !document["claims"].is_array()) {
    throw std::runtime_error(name + ": must be an object with schema claims/1 and a list 'claims'");
  }
  std::vector<Claim> claims;
  std::set<std::string> ids;
  for (const Json& entry : document["claims"]) {
    std::string id = "#" + std::to_string(claims.size() + 1);
    try {
      if (!entry.is_object()) wrong("must be an object");
      if (text_of(entry, "id").empty()) wrong("needs an 'id'");
      id = text_of(entry, "id");
      if (!ids.insert(id).second) wrong("comes twice");
      claims.push_back(parse_claim(entry));
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(name + ": claim " + id + " " + error.what());
    }
  }
  return claims;
}

const std::vector<Claim>& built_in_claims() {
  static const std::vector<Claim> claims = parse_claims(kClaims, "report/claims/claims.json");
  return claims;
}

}  // namespace osext::report
