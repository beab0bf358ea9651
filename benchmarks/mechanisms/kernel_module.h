// SPDX-License-Identifier: GPL-2.0
// A kernel module that is loaded while an object lives.
#pragma once

#include <string>

namespace osext {

class KernelModule {
 public:
  KernelModule() = default;
  ~KernelModule() { unload(); }
  KernelModule(const KernelModule&) = delete;
  KernelModule& operator=(const KernelModule&) = delete;

  // Throws std::runtime_error with the kernel's reason.  `name` is the module's own, as unload()
  // needs it; `parameters` as on insmod's command line.
  void load(const std::string& file, const std::string& name, const std::string& parameters = "");
  // Waits up to a second for the module's last user.  False if the kernel refused.
  bool unload() noexcept;

 private:
  std::string name_;
};

}  // namespace osext
