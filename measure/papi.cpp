// SPDX-License-Identifier: GPL-2.0
#include "measure/papi.h"

#include <fmt/core.h>
#include <papi.h>

#include <stdexcept>

#include "measure/counter_probe.h"

namespace osext {
namespace {

void check(int result, const char* what) {
  if (result != PAPI_OK)
    throw std::runtime_error(fmt::format("PAPI {}: {}", what, PAPI_strerror(result)));
}

}  // namespace

Papi::Papi() : event_set_(PAPI_NULL) {
  if (PAPI_library_init(PAPI_VER_CURRENT) != PAPI_VER_CURRENT)
    throw std::runtime_error("PAPI: the library does not start, or is of another version");
  if (PAPI_num_hwctrs() <= 0) {
    PAPI_shutdown();
    throw std::runtime_error("PAPI: this CPU shows no performance counters");
  }
  try {
    check(PAPI_create_eventset(&event_set_), "event set");
    check(PAPI_add_event(event_set_, PAPI_TOT_INS), "PAPI_TOT_INS");
    check(PAPI_add_event(event_set_, PAPI_TOT_CYC), "PAPI_TOT_CYC");
    check(PAPI_start(event_set_), "start");
  } catch (...) {
    PAPI_shutdown();
    throw;
  }
  // By default PAPI counts user mode only.
  metrics_ = {{"papi_instructions_user", "instructions"}, {"papi_cycles_user", "core_cycles"}};
}

Papi::~Papi() {
  long long values[kMaxCounters];
  PAPI_stop(event_set_, values);
  PAPI_shutdown();
}

void Papi::read(std::uint64_t* values) {
  long long now[kMaxCounters] = {};
  PAPI_read(event_set_, now);
  for (std::size_t i = 0; i < kMaxCounters; ++i) values[i] = static_cast<std::uint64_t>(now[i]);
}

}  // namespace osext
