// SPDX-License-Identifier: GPL-2.0
// Metrics: the one list of what may be measured, each with its unit and with where its values come
// from.  The runner, the conversion and the report all read it here.
#pragma once

#include <span>
#include <string_view>

namespace osext {

// exact: counted one by one, or read from a clock that is a count of instructions; modelled: from a
// CPU profile; measured: read from hardware.
enum class Source { exact, modelled, measured };
std::string_view to_string(Source source);

struct Metric {
  std::string_view name;
  std::string_view unit;
  Source on_sim;  // on the simulated machine; elsewhere everything is measured
};

std::span<const Metric> metrics();

// By name; nullptr for a metric that is not in the list: a hardware counter's name, for example.
const Metric* find_metric(std::string_view name);

// On the simulated machine what the list does not know counts as modelled.
Source source_of(std::string_view metric, std::string_view machine);

}  // namespace osext
