// SPDX-License-Identifier: GPL-2.0
// Who has loaded which extension by the tool: a file each, locked by the creator while it lives.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "uls/host/extension.h"

namespace osext {

struct UlsEntry {
  std::string name, path;
  std::uint32_t id = 0;
  pid_t creator = 0;
  std::map<std::string, UlsVariable> variables;
  std::vector<std::string> bindings;  // in words
};

// The creator's own entry, as long as this lives.  Throws UlsError.
class UlsRegistration {
 public:
  UlsRegistration(const UlsExtension& extension, const std::string& path,
                  const std::vector<std::string>& bindings);
  ~UlsRegistration();
  UlsRegistration(const UlsRegistration&) = delete;
  UlsRegistration& operator=(const UlsRegistration&) = delete;

 private:
  std::string file_;
  int descriptor_ = -1;
};

// Those whose creators live, by name.
std::vector<UlsEntry> list_uls();
// Throws UlsError if there is none.
UlsEntry find_uls(const std::string& name);

}  // namespace osext
