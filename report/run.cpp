// SPDX-License-Identifier: GPL-2.0
// Loading a run directory; see run.h.
#include "report/run.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace osext::report {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void wrong(const std::string& name, const std::string& what) {
  throw std::runtime_error(name + ": " + what);
}

// Member `key`, which must be text; "" if it is absent.
std::string optional_text(const Json& object, const char* key, const std::string& name) {
  const auto member = object.find(key);
  if (member == object.end() || member->is_null()) return "";
  if (!member->is_string()) wrong(name, "'" + std::string(key) + "' must be a string");
  return one_line(member->get<std::string>());
}

std::string required_text(const Json& object, const char* key, const std::string& name) {
  const std::string text = optional_text(object, key, name);
  if (text.empty()) wrong(name, "'" + std::string(key) + "' is missing");
  return text;
}

std::ifstream open(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error(path.string() +
                             ": cannot be read. A run directory holds run.json and "
                             "samples.jsonl; is the run complete?");
  }
  return file;
}

std::string scalar_text(const Json& json) {
  return json.is_string() ? one_line(json.get<std::string>()) : json.dump();
}

void append_values(RunInfo& info, const std::string& path, const Json& json) {
  if (path == "cells" || path == "schema") return;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items())
      append_values(info, path.empty() ? key : path + "." + key, value);
    return;
  }
  std::string text;
  if (json.is_array()) {
    for (const Json& item : json) text += (text.empty() ? "" : ", ") + scalar_text(item);
  } else {
    text = scalar_text(json);
  }
  info.environment.emplace_back(one_line(path), text);
}

// Nothing in a sample may act on a terminal or break a line of a table.
void make_harmless(Sample& sample) {
  for (std::string* text : {&sample.cell.experiment, &sample.cell.mechanism, &sample.cell.workload,
                            &sample.metric, &sample.unit, &sample.reason}) {
    *text = one_line(*text);
  }
  Params params;
  for (const auto& [key, value] : sample.cell.params) params[one_line(key)] = one_line(value);
  sample.cell.params = std::move(params);
  std::map<std::string, std::int64_t> counters;
  for (const auto& [name, value] : sample.counters) counters[one_line(name)] = value;
  sample.counters = std::move(counters);
}

}  // namespace

RunInfo parse_run_info(std::string_view text, const std::string& name) {
  RunInfo info;
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    wrong(name, "no valid JSON, at byte " + std::to_string(error.byte));
  }
  if (!json.is_object()) wrong(name, "must be a JSON object");
  const std::string schema = required_text(json, "schema", name);
  if (schema != "run/1") {
    wrong(name, "schema '" + schema + "' is not 'run/1'; use the osext that wrote it");
  }
  info.machine = required_text(json, "machine", name);
  info.mode = optional_text(json, "mode", name);

  const auto kernel = json.find("kernel");
  if (kernel == json.end() || !kernel->is_object()) {
    wrong(name, "'kernel' must be an object with a 'name'");
  }
  info.kernel = required_text(*kernel, "name", name);
  info.kernel_release = optional_text(*kernel, "release", name);
  info.kernel_package = optional_text(*kernel, "package", name);
  info.command_line = optional_text(*kernel, "command_line", name);

  if (const auto profiles = json.find("profiles"); profiles != json.end()) {
    if (!profiles->is_array()) wrong(name, "'profiles' must be a list of strings");
    for (const Json& profile : *profiles) {
      if (!profile.is_string()) wrong(name, "'profiles' must be a list of strings");
      info.profiles.push_back(one_line(profile.get<std::string>()));
    }
  }
  append_values(info, "", json);
  return info;
}

Run load_run(const std::filesystem::path& directory) {
  Run run;
  std::ifstream info = open(directory / "run.json");
  std::ifstream samples = open(directory / "samples.jsonl");
  std::ostringstream text;
  text << info.rdbuf();
  run.info = parse_run_info(text.str(), (directory / "run.json").string());
  try {
    run.samples = read_samples(samples);
    for (Sample& sample : run.samples) make_harmless(sample);
  } catch (const std::exception& error) {
    throw std::runtime_error((directory / "samples.jsonl").string() + ": " + error.what());
  }
  return run;
}

std::string kernel_text(const RunInfo& info) {
  if (info.kernel_release.empty() || info.kernel_release == info.kernel) return info.kernel;
  return info.kernel + " (" + info.kernel_release + ")";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return line;
}

}  // namespace osext::report
