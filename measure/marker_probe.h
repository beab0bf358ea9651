// SPDX-License-Identifier: GPL-2.0
// MarkerProbe: on the simulated machine each mark is one NOP at which the counting plugin records
// every counter.  Nothing else stands in the timed region, and no state is kept.
#pragma once

#include <osext/marker.h>

#include <cstdint>

namespace osext {

class MarkerProbe {
 public:
  [[gnu::always_inline]] void begin() { OSEXT_MARK(OSEXT_MARK_BEGIN); }
  [[gnu::always_inline]] void end() { OSEXT_MARK(OSEXT_MARK_END); }
  // The mark was executed where the time stamp was taken: nothing to do here.
  [[gnu::always_inline]] void ended_elsewhere(std::uint64_t) {}
  [[gnu::always_inline]] void began_elsewhere(std::uint64_t) {}
};

}  // namespace osext
