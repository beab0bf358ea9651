// SPDX-License-Identifier: GPL-2.0
#include "measure/raw_writer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace osext {
namespace {

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

RawWriter::RawWriter(const std::string& path) : path_(path) {
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0)
    throw std::system_error(errno, std::generic_category(), "cannot write records to " + path);
}

RawWriter::~RawWriter() {
  close(file_);
}

void RawWriter::frame(osext_raw_kind kind, std::string_view payload) {
  osext_raw_header header{OSEXT_RAW_MAGIC, static_cast<__u32>(kind), payload.size()};
  std::string bytes(bytes_of(header));
  bytes += payload;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = write(file_, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw std::system_error(errno, std::generic_category(), "cannot write records to " + path_);
    done += static_cast<std::size_t>(n);
  }
}

void RawWriter::cell(const Cell& cell) {
  facts_.clear();
  frame(OSEXT_RAW_CELL, fmt::format("{}\n{}\n{}\n{}\n", cell.experiment, cell.mechanism,
                                    cell.workload, to_string(cell.params)));
}

void RawWriter::marked(const Series& series) {
  const osext_raw_marked marked{series.count, series.ops, series.trial, series.warmup};
  frame(OSEXT_RAW_MARKED, bytes_of(marked));
}

void RawWriter::values(const Series& series, std::string_view metric, std::string_view unit,
                       std::span<const std::int64_t> values, const Params& labels) {
  const osext_raw_values head{values.size(), series.ops, series.trial};
  std::string payload(bytes_of(head));
  payload.append(metric).push_back('\0');
  payload.append(unit).push_back('\0');
  payload.append(to_string(labels)).push_back('\0');
  payload.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  frame(OSEXT_RAW_VALUES, payload);
}

void RawWriter::fact(std::string_view name, std::int64_t value) {
  frame(OSEXT_RAW_FACT, fmt::format("{}={}", name, value));
  facts_.emplace(name);
}

void RawWriter::status(Status status, std::string_view reason) {
  if (status == Status::ok)
    frame(OSEXT_RAW_STATUS, "ok\n");
  else
    frame(OSEXT_RAW_STATUS, fmt::format("{}\n{}\n", to_string(status), one_line(reason)));
}

void RawWriter::note(std::string_view name, std::string_view value) {
  frame(OSEXT_RAW_NOTE, fmt::format("{}={}", name, one_line(value)));
}

}  // namespace osext
