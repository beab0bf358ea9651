// SPDX-License-Identifier: GPL-2.0
// The run directory while a run is under way: every finished unit is a file of
// its own, so that an interrupted run resumes and units that ran side by side
// end up in plan order.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "measure/sample.h"

namespace osext {

class RunDirectory {
 public:
  // Opens DIR for a run in `environment` (everything that decides about the
  // numbers).  Units finished earlier are kept if the directory holds an
  // unfinished run of an equal environment and `fresh` is false; otherwise the
  // remains of the earlier run are removed.  Throws std::runtime_error, and
  // changes nothing, if DIR holds files that no run wrote or another process is
  // running in it.
  RunDirectory(std::filesystem::path directory, const nlohmann::json& environment, bool fresh);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return directory_; }
  int resumed_units() const { return resumed_; }

  // What a finished unit left, if an earlier try finished it.
  struct UnitFiles {
    std::vector<Sample> samples;
    nlohmann::json notes;
  };
  std::optional<UnitFiles> finished(const std::string& unit) const;

  // Keeps what a unit produced; atomic, safe to call from several threads for
  // different units.
  void keep(const std::string& unit, const UnitFiles& files) const;
  void keep_log(const std::string& unit, const std::string& name, const std::string& text) const;

  // Writes samples.jsonl and run.json and drops the units' own files: the run is complete.
  void complete(const std::vector<Sample>& samples, const nlohmann::json& run) const;

 private:
  std::filesystem::path unit_file(const std::string& unit, const char* suffix) const;

  std::filesystem::path directory_;
  int lock_ = -1;  // the directory itself, locked for the life of this object
  int resumed_ = 0;
};

// Writes through a temporary name, so that no reader ever sees half a file.
void write_file(const std::filesystem::path& path, const std::string& bytes);
std::string read_file(const std::filesystem::path& path);

}  // namespace osext
