// SPDX-License-Identifier: GPL-2.0
// The simulated NIC (osext/nic.h) as its user sees it: up while an object lives.
#pragma once

#include <osext/nic.h>

#include <cstdint>

namespace osext {

class SimulatedNic {
 public:
  // Needs the module loaded, and root.  Throws std::system_error.
  SimulatedNic();
  SimulatedNic(const SimulatedNic&) = delete;
  SimulatedNic& operator=(const SimulatedNic&) = delete;
  ~SimulatedNic();  // silent, and the interface down

  void start(const osext_nic_plan& plan);
  osext_nic_counters counters() const;

 private:
  int device_ = -1;
};

}  // namespace osext
