// SPDX-License-Identifier: GPL-2.0
// osext-safex load: what was asked for, and staying as the creator of it.
#pragma once

#include <string>
#include <vector>

#include "kmod_safex/host/safex.h"

namespace osext {

struct SafexLoadOptions {
  std::vector<std::string> extensions;  // FILE[:FUNCTION][@EVENT]
  std::string class_name;               // empty: the first extension's name
  std::vector<std::string> attributes;  // NAME=INITIAL[:MINIMUM:MAXIMUM]
  std::vector<std::string> events;
  std::string grant = "read,write,raise";
  // For the first extension: timers, threads whose system calls are events, ports of UDP packets.
  std::vector<double> timers_us;
  std::vector<int> threads;
  std::vector<std::uint16_t> ports;
  double budget_us = 1000, period_us = 100'000, seconds = 0;
  std::uint32_t invocations = 10;
  bool exact = false;  // budget by a timer of its own
};

int safex_load(const SafexLoadOptions& options);

// From "read,write,raise"; throws SafexError.
std::uint32_t safex_rights(const std::string& words);

}  // namespace osext
