// SPDX-License-Identifier: GPL-2.0
// UlsManager: the slides' CPU service manager by ULS.  An upcall every 10 ms watches and decides,
// in whatever process runs; a thread in the sandbox acts (uls_manager_code.cpp).
#pragma once

#include <memory>
#include <optional>

#include "benchmarks/mechanisms/stamp_clock.h"
#include "benchmarks/mechanisms/uls_manager_code.h"
#include "uls/host/sandbox.h"
#include "workloads/child.h"
#include "workloads/cpu_manager.h"

namespace osext {

class UlsManager : public CpuManager {
 public:
  // `form`: one of OSEXT_CPU_PID_...  The module must be loaded.
  explicit UlsManager(unsigned form) : form_(form) {}

  void enter() override;
  void start(std::span<const ManagedTask> tasks) override;
  void stop() override;
  std::int64_t cpu_ns() override;
  std::map<std::string, std::int64_t> counters() override;

 private:
  UlsManagerData data();

  unsigned form_;
  UlsSandbox sandbox_;
  StampClock clock_;
  osext_uls_load loaded_{};
  std::optional<UlsThread> thread_;
  std::unique_ptr<Child> idle_;  // a host for the timer when nothing else wants the CPU
  UlsManagerData last_{};
  osext_uls_statistics statistics_{};
};

}  // namespace osext
