// SPDX-License-Identifier: GPL-2.0
// CounterMetric: what a hardware counter is called in a sample record.
#pragma once

#include <string>

namespace osext {

struct CounterMetric {
  std::string name;
  std::string unit;
};

}  // namespace osext
