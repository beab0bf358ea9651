// SPDX-License-Identifier: GPL-2.0
// The sample record as a line of JSON: strict in what it reads, one byte form in what it writes.
#include "measure/sample.h"

#include <fmt/core.h>

#include <array>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

namespace osext {
namespace {

constexpr std::string_view kSchema = "sample/1";

constexpr std::array<std::pair<Status, std::string_view>, 6> kStatusNames{{
    {Status::ok, "ok"},
    {Status::unstable, "unstable"},
    {Status::skipped, "skipped"},
    {Status::failed, "failed"},
    {Status::timeout, "timeout"},
    {Status::crashed, "crashed"},
}};

// In the order in which they are written.
constexpr std::array<const char*, 13> kKeys{
    "schema", "experiment", "mechanism", "workload", "params", "trial", "metric",
    "unit",   "ops",        "values",    "counters", "status", "reason"};

using Json = nlohmann::json;

std::string text_of(const Json& json, const char* what) {
  if (!json.is_string()) throw std::runtime_error(fmt::format("'{}' is not a string", what));
  return json.get<std::string>();
}

std::int64_t integer_of(const Json& json, const char* what) {
  const bool too_big = json.is_number_unsigned() &&
                       json.get<std::uint64_t>() >
                           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!json.is_number_integer() || too_big)
    throw std::runtime_error(fmt::format("'{}' is not a 64-bit integer", what));
  return json.get<std::int64_t>();
}

std::uint64_t count_of(const Json& json, const char* what) {
  const std::int64_t value = integer_of(json, what);
  if (value < 0) throw std::runtime_error(fmt::format("'{}' is negative", what));
  return static_cast<std::uint64_t>(value);
}

// Parses an object and refuses keys that come twice, which the library would silently merge.
Json parse_object(std::string_view line) {
  std::vector<std::set<std::string>> open;
  const auto refuse_twice = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      throw std::runtime_error(fmt::format("'{}' comes twice", parsed.get<std::string>()));
    return true;
  };
  Json json;
  try {
    json = Json::parse(line, refuse_twice);
  } catch (const Json::exception&) {
    throw std::runtime_error("not JSON");
  }
  if (!json.is_object()) throw std::runtime_error("not a JSON object");
  return json;
}

void require_keys(const Json& json) {
  for (const char* key : kKeys)
    if (!json.contains(key)) throw std::runtime_error(fmt::format("'{}' is missing", key));
  for (const auto& [key, value] : json.items())
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
      throw std::runtime_error(fmt::format("unknown key '{}'", key));
}

}  // namespace

std::string to_string(const Params& params) {
  std::string text;
  for (const auto& [key, value] : params)
    text += fmt::format("{}{}={}", text.empty() ? "" : ";", key, value);
  return text;
}

Params parse_params(std::string_view text) {
  Params params;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw std::invalid_argument(fmt::format("'{}' is not key=value", pair));
    if (!params.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      throw std::invalid_argument(fmt::format("'{}' comes twice", pair.substr(0, equals)));
    text.remove_prefix(pair.size());
    if (!text.empty()) text.remove_prefix(1);
  }
  return params;
}

std::string_view to_string(Status status) {
  for (const auto& [value, name] : kStatusNames)
    if (value == status) return name;
  throw std::invalid_argument("unknown status");
}

Status parse_status(std::string_view text) {
  for (const auto& [value, name] : kStatusNames)
    if (name == text) return value;
  throw std::invalid_argument(fmt::format("'{}' is not a status", text));
}

std::string to_json_line(const Sample& sample) {
  nlohmann::ordered_json json;
  json["schema"] = kSchema;
  json["experiment"] = sample.cell.experiment;
  json["mechanism"] = sample.cell.mechanism;
  json["workload"] = sample.cell.workload;
  json["params"] = nlohmann::ordered_json::object();
  for (const auto& [key, value] : sample.cell.params) json["params"][key] = value;
  json["trial"] = sample.trial;
  json["metric"] = sample.metric;
  json["unit"] = sample.unit;
  json["ops"] = sample.ops;
  json["values"] = sample.values;
  json["counters"] = nlohmann::ordered_json::object();
  for (const auto& [key, value] : sample.counters) json["counters"][key] = value;
  json["status"] = to_string(sample.status);
  json["reason"] = sample.reason;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Sample parse_json_line(std::string_view line) {
  try {
    const Json json = parse_object(line);
    require_keys(json);
    if (json["schema"] != kSchema)
      throw std::runtime_error(fmt::format("schema is not {}", kSchema));
    Sample sample;
    sample.cell.experiment = text_of(json["experiment"], "experiment");
    sample.cell.mechanism = text_of(json["mechanism"], "mechanism");
    sample.cell.workload = text_of(json["workload"], "workload");
    if (!json["params"].is_object()) throw std::runtime_error("'params' is not an object");
    for (const auto& [key, value] : json["params"].items())
      sample.cell.params[key] = text_of(value, "params");
    sample.trial = count_of(json["trial"], "trial");
    sample.metric = text_of(json["metric"], "metric");
    sample.unit = text_of(json["unit"], "unit");
    sample.ops = count_of(json["ops"], "ops");
    if (sample.ops == 0) throw std::runtime_error("'ops' is 0");
    if (!json["values"].is_array()) throw std::runtime_error("'values' is not an array");
    for (const Json& value : json["values"]) sample.values.push_back(integer_of(value, "values"));
    if (!json["counters"].is_object()) throw std::runtime_error("'counters' is not an object");
    for (const auto& [key, value] : json["counters"].items())
      sample.counters[key] = integer_of(value, "counters");
    sample.status = parse_status(text_of(json["status"], "status"));
    sample.reason = text_of(json["reason"], "reason");
    return sample;
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("sample record: {}", error.what()));
  }
}

std::vector<Sample> read_samples(std::istream& in) {
  std::vector<Sample> samples;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    try {
      samples.push_back(parse_json_line(line));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("line {}: {}", number, error.what()));
    }
  }
  return samples;
}

}  // namespace osext
