// SPDX-License-Identifier: GPL-2.0
// The client of QEMU's machine protocol: JSON objects, one a line, over a
// connected stream socket.  Nothing here waits without a deadline.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "machine/vm/process.h"

namespace osext {

struct QmpError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct QmpTimeout : QmpError {
  using QmpError::QmpError;
};
struct QmpClosed : QmpError {
  using QmpError::QmpError;
};

class Qmp {
 public:
  explicit Qmp(Descriptor socket) : socket_(std::move(socket)) {}

  // Reads the greeting and enters command mode.
  void greet(Deadline deadline);
  // Returns the command's "return"; events that arrive meanwhile are kept.
  // Throws QmpTimeout, QmpClosed, or QmpError with QEMU's own words.
  nlohmann::json execute(const std::string& command, const nlohmann::json& arguments,
                         Deadline deadline);
  // The next event with one of these names, kept ones first; nothing at the
  // deadline.  Other events before it are dropped.  Throws QmpClosed when QEMU is gone.
  std::optional<nlohmann::json> wait_event(const std::vector<std::string>& names,
                                           Deadline deadline);

 private:
  nlohmann::json read_message(Deadline deadline);
  void write_line(const std::string& line, Deadline deadline);

  Descriptor socket_;
  std::string buffer_;
  std::deque<nlohmann::json> events_;
};

}  // namespace osext
