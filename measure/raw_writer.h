// SPDX-License-Identifier: GPL-2.0
// RawWriter: appends raw record frames (osext/raw_record.h) to a file as they are measured.
#pragma once

#include <osext/raw_record.h>

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "measure/sample.h"
#include "measure/series.h"

namespace osext {

class RawWriter {
 public:
  // Creates or empties `path`; throws std::system_error when it cannot.
  explicit RawWriter(const std::string& path);
  RawWriter(const RawWriter&) = delete;
  RawWriter& operator=(const RawWriter&) = delete;
  ~RawWriter();

  // Each writes one whole frame, at once and unbuffered, so that a crash loses no earlier frame;
  // they throw std::system_error when the file cannot be written.
  void cell(const Cell& cell);
  void marked(const Series& series);
  void values(const Series& series, std::string_view metric, std::string_view unit,
              std::span<const std::int64_t> values, const Params& labels = {});
  void fact(std::string_view name, std::int64_t value);
  // Was it written since the last cell()?
  bool has_fact(std::string_view name) const { return facts_.contains(name); }
  // `reason` is made one line; "" for ok.
  void status(Status status, std::string_view reason);
  void note(std::string_view name, std::string_view value);

 private:
  void frame(osext_raw_kind kind, std::string_view payload);

  int file_ = -1;
  std::string path_;
  std::set<std::string, std::less<>> facts_;  // of the present cell
};

// Line breaks and other control characters become spaces; trailing spaces go.
std::string one_line(std::string_view text);

}  // namespace osext
