// SPDX-License-Identifier: GPL-2.0
#include "measure/raw_reader.h"

#include <fmt/core.h>
#include <osext/raw_record.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace osext {
namespace {

// A pair's counters are differences of two ring entries, so no series can be longer than the ring.
constexpr std::uint64_t kMostPairs = OSEXT_REGION_RING_ENTRIES;

[[noreturn]] void malformed(const std::string& what) {
  throw std::runtime_error(what);
}

// Takes the text up to `end` from the front of `rest`, and `end` with it.
std::string_view take_until(std::string_view& rest, char end, const char* what) {
  const std::size_t length = rest.find(end);
  if (length == std::string_view::npos) malformed(fmt::format("{} has no end", what));
  const std::string_view text = rest.substr(0, length);
  rest.remove_prefix(length + 1);
  for (char c : text)
    if (static_cast<unsigned char>(c) < 0x20) malformed(fmt::format("{} is not text", what));
  return text;
}

template <class T>
T take(std::string_view& rest, const char* what) {
  T value;
  if (rest.size() < sizeof value) malformed(fmt::format("{} is too short", what));
  std::memcpy(&value, rest.data(), sizeof value);
  rest.remove_prefix(sizeof value);
  return value;
}

void require_end(std::string_view rest, const char* what) {
  if (!rest.empty()) malformed(fmt::format("{} has {} bytes too many", what, rest.size()));
}

Cell parse_cell(std::string_view rest) {
  Cell cell;
  cell.experiment = take_until(rest, '\n', "experiment");
  cell.mechanism = take_until(rest, '\n', "mechanism");
  cell.workload = take_until(rest, '\n', "workload");
  cell.params = parse_params(take_until(rest, '\n', "params"));
  require_end(rest, "CELL frame");
  if (cell.experiment.empty() || cell.mechanism.empty() || cell.workload.empty())
    malformed("CELL frame with an empty id");
  return cell;
}

RawMarked parse_marked(std::string_view rest) {
  const auto raw = take<osext_raw_marked>(rest, "MARKED frame");
  require_end(rest, "MARKED frame");
  if (raw.count == 0 || raw.count > kMostPairs || raw.warmup > kMostPairs || raw.ops == 0)
    malformed(fmt::format("MARKED frame of {} + {} pairs of {} operations", raw.warmup, raw.count,
                          raw.ops));
  return {Series{raw.count, raw.ops, raw.warmup, raw.trial}};
}

RawValues parse_values(std::string_view rest) {
  const auto raw = take<osext_raw_values>(rest, "VALUES frame");
  RawValues values;
  values.ops = raw.ops;
  values.trial = raw.trial;
  values.metric = take_until(rest, '\0', "metric");
  values.unit = take_until(rest, '\0', "unit");
  values.labels = parse_params(take_until(rest, '\0', "labels"));
  if (values.metric.empty() || raw.ops == 0 || raw.count == 0)
    malformed("VALUES frame without metric, operations or values");
  if (rest.size() % sizeof(std::int64_t) != 0 || rest.size() / sizeof(std::int64_t) != raw.count)
    malformed(
        fmt::format("VALUES frame promises {} values and has {} bytes", raw.count, rest.size()));
  values.values.resize(raw.count);
  std::memcpy(values.values.data(), rest.data(), rest.size());
  return values;
}

std::pair<std::string_view, std::string_view> split_pair(std::string_view text, const char* what) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    malformed(fmt::format("{} is not name=value", what));
  return {text.substr(0, equals), text.substr(equals + 1)};
}

RawFact parse_fact(std::string_view payload) {
  const auto [name, text] = split_pair(payload, "FACT frame");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    malformed("FACT frame without an integer");
  return {std::string(name), value};
}

RawStatus parse_raw_status(std::string_view rest) {
  RawStatus status;
  status.status = parse_status(take_until(rest, '\n', "status"));
  if (status.status != Status::ok) {
    status.reason = take_until(rest, '\n', "reason");
    if (status.reason.empty()) malformed("STATUS frame without a reason");
  }
  require_end(rest, "STATUS frame");
  return status;
}

RawNote parse_note(std::string_view payload) {
  const auto [name, value] = split_pair(payload, "NOTE frame");
  return {std::string(name), std::string(value)};
}

RawFrame parse_frame(std::uint32_t kind, std::string_view payload) {
  switch (kind) {
    case OSEXT_RAW_CELL:
      return parse_cell(payload);
    case OSEXT_RAW_MARKED:
      return parse_marked(payload);
    case OSEXT_RAW_VALUES:
      return parse_values(payload);
    case OSEXT_RAW_FACT:
      return parse_fact(payload);
    case OSEXT_RAW_STATUS:
      return parse_raw_status(payload);
    case OSEXT_RAW_NOTE:
      return parse_note(payload);
  }
  malformed(fmt::format("unknown kind {}", kind));
}

}  // namespace

RawRecords read_raw_records(std::span<const std::byte> bytes) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  RawRecords records;
  while (!rest.empty()) {
    const std::size_t offset = bytes.size() - rest.size();
    try {
      if (rest.size() < sizeof(osext_raw_header)) {
        records.truncated = true;
        break;
      }
      const auto header = take<osext_raw_header>(rest, "header");
      if (header.magic != OSEXT_RAW_MAGIC) malformed("not a frame");
      if (header.bytes > OSEXT_REGION_OUTPUT_SIZE)
        malformed(fmt::format("frame of {} bytes", header.bytes));
      if (header.bytes > rest.size()) {
        records.truncated = true;
        break;
      }
      records.frames.push_back(parse_frame(header.kind, rest.substr(0, header.bytes)));
      rest.remove_prefix(header.bytes);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("record file, byte {}: {}", offset, error.what()));
    }
  }
  return records;
}

}  // namespace osext
