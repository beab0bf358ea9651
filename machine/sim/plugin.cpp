// SPDX-License-Identifier: GPL-2.0
// The counting plugin's entry: what QEMU calls when it loads
//
//   -plugin libosext_plugin.so,region=FILE,profile=FILE
//
// `region` is the shared region (include/osext/shared_region.h), which must exist;
// `profile` a CPU profile (profile.h).  It needs the plugin interface of QEMU 10
// (API version 4) and exactly one virtual CPU; anything else it refuses with a
// sentence on stderr.
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "machine/sim/instrument.h"
#include "machine/sim/profile.h"
#include "machine/sim/qemu_plugin_api.h"

#define OSEXT_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int needed_api = 4;

int refuse(const std::string& why) {
  std::fprintf(stderr, "osext plugin: %s\n", why.c_str());
  return 1;
}

// QEMU refuses a plugin whose declared version it does not know, in words that do
// not help.  An old QEMU, known by what it lacks, is therefore told a version it
// accepts, and qemu_plugin_install() then explains.
int declared_api() {
  if (qemu_plugin_read_memory_vaddr) return needed_api;
  return qemu_plugin_scoreboard_new ? 2 : 1;
}

}  // namespace

OSEXT_EXPORT int qemu_plugin_version;
int qemu_plugin_version = declared_api();

OSEXT_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc,
                                     char** argv) {
  if (info->version.cur < needed_api || declared_api() < needed_api)
    return refuse("this QEMU's plugin interface has version " + std::to_string(info->version.cur) +
                  ", but version " + std::to_string(needed_api) +
                  " is needed: use QEMU 10.0 or later");
  if (std::string_view(info->target_name) != "x86_64" || !info->system_emulation)
    return refuse("only qemu-system-x86_64 can be counted");
  if (info->system.smp_vcpus != 1 || info->system.max_vcpus != 1)
    return refuse("counts are exact with one virtual CPU only: start QEMU with -smp 1");
  std::string region;
  std::string profile;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("region="))
      region = argument.substr(7);
    else if (argument.starts_with("profile="))
      profile = argument.substr(8);
    else
      return refuse("unknown argument '" + std::string(argument) +
                    "': give region=FILE and profile=FILE");
  }
  if (region.empty() || profile.empty()) return refuse("give region=FILE and profile=FILE");
  try {
    osext::start_instrumentation(id, osext::load_profile(profile), region);
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
  return 0;
}
