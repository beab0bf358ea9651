// SPDX-License-Identifier: GPL-2.0
// What the tests of report/ share: folders that vanish, files as text, samples in one line.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "measure/sample.h"

namespace osext::report_tests {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "osext-report-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline fs::path data_folder(const std::string& name) {
  return fs::path(OSEXT_REPORT_TESTS) / "data" / name;
}

// A copy of a run's two files, to derive a report in.
inline void copy_run(const std::string& name, const fs::path& to) {
  for (const char* file : {"run.json", "samples.jsonl"}) {
    fs::copy_file(data_folder(name) / file, to / file);
  }
}

inline Sample make_sample(const std::string& mechanism, const std::string& workload,
                          const std::string& params, const std::string& metric,
                          std::vector<std::int64_t> values, std::uint64_t ops = 1) {
  Sample result;
  result.cell = {"primitive_cost", mechanism, workload, parse_params(params)};
  result.metric = result.unit = metric;
  result.ops = ops;
  result.values = std::move(values);
  return result;
}

// What the call throws, as text; "" if it throws nothing.
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace osext::report_tests
