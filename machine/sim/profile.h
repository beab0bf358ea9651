// SPDX-License-Identifier: GPL-2.0
// CPU profiles: the geometry of a processor's TLBs and the cost of its mode
// switches, read from a text file in which every figure names its source.
//
// The format, line by line (# starts a comment):
//
//   profile: NAME
//   title: TEXT
//   key = value unit
//     source: TEXT          where the figure comes from; required
//     fitted: TEXT          instead of source, on cost.syscall_sysret only: the
//                           one number the profile is calibrated on
//     more text             any other indented line continues the text above it
#pragma once

#include <osext/counters.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "machine/sim/tlb.h"

namespace osext {

// Costs in cycles.
struct Costs {
  std::uint64_t instruction = 0;       // of each instruction
  std::uint64_t page_walk = 0;         // a miss of every level
  std::uint64_t second_level_hit = 0;  // a first-level miss that the second served
  std::uint64_t syscall_sysret = 0;    // a pair, beyond two instructions
  std::uint64_t iret = 0;              // stands for exception or interrupt entry and IRET
  std::uint64_t cr3_write = 0;
  std::uint64_t cr4_pge_toggle = 0;
  std::uint64_t invlpg = 0;
  std::uint64_t invpcid = 0;
};

// One line of the file, kept for reports.
struct Figure {
  std::string key;
  std::string value;
  std::string unit;
  std::string source;
  bool fitted = false;
};

struct Profile {
  std::string name;
  std::string title;
  TlbGeometry tlbs;
  Costs costs;
  std::vector<Figure> figures;  // in the order of the file
};

class ProfileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Both throw ProfileError, with origin and line, on anything the format does not
// allow: an unknown, missing or repeated key, a figure without its source, a
// wrong unit, a value out of range, a second fitted figure.
Profile parse_profile(std::string_view text, const std::string& origin);
Profile load_profile(const std::filesystem::path& file);

// The cycles the profile charges for what happened between two counter entries
// (`after` minus `before`, field by field).  Integer arithmetic, no state.
std::uint64_t charge_cycles(const Profile& profile, const osext_counters& delta);

// after - before, for every counter; sequence, operation and watching are after's.
osext_counters difference(const osext_counters& before, const osext_counters& after);

}  // namespace osext
