// SPDX-License-Identifier: GPL-2.0
// What the tests with a real virtual machine share.
#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"

namespace osext {

inline VmOptions options_for(const std::string& kernel) {
  VmOptions options;
  options.build = OSEXT_BUILD;
  options.kernel = kernel;
  return options;
}

inline VmOptions counting_options_for(const std::string& kernel) {
  VmOptions options = options_for(kernel);
  options.plugin = OSEXT_PLUGIN;
  options.profile = OSEXT_PROFILES "/pentium4.profile";
  return options;
}

inline Unit probe_unit(const std::string& what, std::chrono::seconds limit) {
  return {what,
          {"guest-probe", what, "/run/osext/records"},
          {{OSEXT_GUEST_PROBE, "/run/osext/guest-probe", 0755}},
          "/run/osext/records",
          limit};
}

inline Unit shell_unit(const std::string& script, std::chrono::seconds limit) {
  return {"sh", {"sh", "-c", script}, {}, "", limit};
}

// Skips where nothing has been set up; the message says how to.
#define OSEXT_NEEDS_VM(kernel)                     \
  try {                                            \
    read_setup(OSEXT_BUILD "/setup.json", kernel); \
  } catch (const MachineError& error) {            \
    GTEST_SKIP() << error.what();                  \
  }

inline void expect_equal(const UnitResult& one, const UnitResult& two) {
  EXPECT_EQ(one.console, two.console);
  EXPECT_EQ(one.kernel_log, two.kernel_log);
  EXPECT_TRUE(one.records == two.records) << "the records differ";
  ASSERT_EQ(one.ring.size(), two.ring.size());
  EXPECT_EQ(memcmp(one.ring.data(), two.ring.data(), one.ring.size() * sizeof(osext_counters)), 0)
      << "the counters differ";
}

}  // namespace osext
