// SPDX-License-Identifier: GPL-2.0
// SafeX as the manager of cpu_service: the CPU service manager of kmod_safex in its bottom half,
// with the slides' monitor and handler.
#pragma once

#include <optional>

#include "kmod_safex/cpu/host/service.h"
#include "workloads/cpu_manager.h"

namespace osext {

class SafexManager : public CpuManager {
 public:
  explicit SafexManager(unsigned pid_form) : pid_form_(pid_form) {}

  void start(std::span<const ManagedTask> tasks) override;
  void stop() override;
  // Of the bottom half, extensions included, and of the thread that changes priorities.
  std::int64_t cpu_ns() override;
  std::map<std::string, std::int64_t> counters() override;

 private:
  unsigned pid_form_;
  std::optional<SafexCpuService> service_;
  std::map<std::string, std::int64_t> counters_;
};

}  // namespace osext
