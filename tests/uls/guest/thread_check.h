// SPDX-License-Identifier: GPL-2.0
// What the checks of threads and calls have in common: extensions/threads.cpp, loaded.
#pragma once

#include "tests/uls/guest/check.h"
#include "uls/host/extension.h"

namespace osext::test {

// The file lies beside the module.
inline UlsExtension load_threads(UlsSession& session, const std::string& name = "threads",
                                 std::uint64_t budget_ns = kGenerousBudget) {
  UlsExtensionOptions options;
  options.name = name;
  options.heap_bytes = 0;
  options.stack_bytes = 4096;
  options.budget_ns = budget_ns;
  return session.load(module_path.substr(0, module_path.rfind('/')) + "/uls-threads.uls", options);
}

inline std::uint64_t word_of(const UlsExtension& extension, const char* name) {
  return extension.get<std::uint64_t>(name);
}

// waitpid()'s status of a thread at `function`.
inline int run_thread(UlsExtension& extension, const char* function, std::uint64_t argument = 0) {
  return extension.start_thread(function, argument).join();
}

}  // namespace osext::test
