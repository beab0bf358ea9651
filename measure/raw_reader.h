// SPDX-License-Identifier: GPL-2.0
// RawReader: takes a record file (osext/raw_record.h) apart.  The bytes come out of a machine that
// may have crashed or been attacked: nothing in them is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "measure/sample.h"
#include "measure/series.h"

namespace osext {

struct RawMarked {
  Series series;
};
struct RawValues {
  std::uint64_t ops = 1;
  std::uint64_t trial = 0;
  std::string metric;
  std::string unit;
  Params labels;
  std::vector<std::int64_t> values;
};
struct RawFact {
  std::string name;
  std::int64_t value = 0;
};
struct RawStatus {
  Status status = Status::ok;
  std::string reason;
};
struct RawNote {
  std::string name;
  std::string value;
};
using RawFrame = std::variant<Cell, RawMarked, RawValues, RawFact, RawStatus, RawNote>;

struct RawRecords {
  std::vector<RawFrame> frames;
  // The file ends inside a frame, as a crash leaves it; the frames before are whole.
  bool truncated = false;
};

// Throws std::runtime_error that names the offset and what is wrong there; a file that ends inside
// a frame is not an error.
RawRecords read_raw_records(std::span<const std::byte> bytes);

}  // namespace osext
