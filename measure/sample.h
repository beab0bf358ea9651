// SPDX-License-Identifier: GPL-2.0
// The sample record "sample/1": one measured metric of one cell, the only source
// of truth of every table and plot.  One record is one line of samples.jsonl.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace osext {

// k=v pairs; std::map keeps them sorted by key, as summary.csv prints them.
using Params = std::map<std::string, std::string>;

// "k=v;k=v", sorted by key; "" for none.
std::string to_string(const Params& params);
// The reverse; throws std::invalid_argument on text without '='.
Params parse_params(std::string_view text);

enum class Status { ok, unstable, skipped, failed, timeout, crashed };
std::string_view to_string(Status status);
Status parse_status(std::string_view text);  // throws std::invalid_argument

// What is measured where: one box of the matrix.
struct Cell {
  std::string experiment;
  std::string mechanism;
  std::string workload;
  Params params;
  auto operator<=>(const Cell&) const = default;
};

struct Sample {
  Cell cell;
  std::uint64_t trial = 0;
  std::string metric;  // "" in a record that only says why a cell has no value
  std::string unit;
  std::uint64_t ops = 1;             // operations that each value covers
  std::vector<std::int64_t> values;  // raw, never divided
  std::map<std::string, std::int64_t> counters;
  Status status = Status::ok;
  std::string reason;  // one line, no addresses
};

// One line of JSON without its newline.  Key order is fixed: equal samples give equal bytes.
std::string to_json_line(const Sample& sample);
// Throws std::runtime_error that names what is wrong with the line.
Sample parse_json_line(std::string_view line);
std::vector<Sample> read_samples(std::istream& in);

}  // namespace osext
