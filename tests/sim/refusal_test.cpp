// SPDX-License-Identifier: GPL-2.0
// The plugin says in one sentence why it cannot run.  It is loaded as QEMU loads it;
// this program stands for QEMU, with the plugin interface (OSEXT_HAS_INTERFACE) or
// with the older one that lacks most of it.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "machine/sim/qemu_plugin_api.h"

#ifdef OSEXT_HAS_INTERFACE
// Found by the plugin when it is loaded; never called.
extern "C" {
[[gnu::visibility("default")]] bool qemu_plugin_read_memory_vaddr(std::uint64_t, _GByteArray*,
                                                                  std::size_t) {
  return false;
}
}
#endif

namespace osext {
namespace {

using Install = int (*)(qemu_plugin_id_t, const qemu_info_t*, int, char**);

class Refusal : public testing::Test {
 protected:
  void SetUp() override {
    handle_ = dlopen(OSEXT_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(handle_, nullptr) << dlerror();
    install_ = reinterpret_cast<Install>(dlsym(handle_, "qemu_plugin_install"));
    version_ = static_cast<int*>(dlsym(handle_, "qemu_plugin_version"));
    ASSERT_NE(install_, nullptr);
    ASSERT_NE(version_, nullptr);
  }
  // What the plugin writes when it is installed on such a machine; it must refuse.
  std::string refusal(const qemu_info_t& info, std::initializer_list<const char*> arguments) {
    std::vector<char*> argv;
    for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
    testing::internal::CaptureStderr();
    const int status = install_(1, &info, static_cast<int>(argv.size()), argv.data());
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(status, 0) << text;
    return text;
  }
  static qemu_info_t machine(int api, int cpus) {
    qemu_info_t info{};
    info.target_name = "x86_64";
    info.version = {0, api};
    info.system_emulation = true;
    info.system = {cpus, cpus};
    return info;
  }
  void* handle_ = nullptr;
  Install install_ = nullptr;
  int* version_ = nullptr;
};

#ifdef OSEXT_HAS_INTERFACE

TEST_F(Refusal, SeveralProcessors) {
  EXPECT_EQ(*version_, 4);
  EXPECT_EQ(refusal(machine(4, 2), {}),
            "osext plugin: counts are exact with one virtual CPU only: start QEMU with -smp 1\n");
}

TEST_F(Refusal, BadArguments) {
  const qemu_info_t one = machine(4, 1);
  EXPECT_EQ(refusal(one, {}), "osext plugin: give region=FILE and profile=FILE\n");
  EXPECT_EQ(refusal(one, {"colour=red"}),
            "osext plugin: unknown argument 'colour=red': give region=FILE and profile=FILE\n");
  EXPECT_EQ(refusal(one, {"region=/nowhere/region", "profile=/nowhere/profile"}),
            "osext plugin: /nowhere/profile: cannot read this CPU profile\n");
  EXPECT_EQ(refusal(one, {"region=/nowhere/region", "profile=" OSEXT_PROFILES "/zen3.profile"}),
            "osext plugin: cannot open the shared region '/nowhere/region': No such file or "
            "directory\n");
  EXPECT_EQ(refusal(one, {"region=/dev/null", "profile=" OSEXT_PROFILES "/zen3.profile"}),
            "osext plugin: cannot map the shared region '/dev/null': make it a file of 268435456 "
            "bytes first\n");
}

TEST_F(Refusal, OtherProcessors) {
  qemu_info_t arm = machine(4, 1);
  arm.target_name = "aarch64";
  EXPECT_EQ(refusal(arm, {}), "osext plugin: only qemu-system-x86_64 can be counted\n");
}

#else

TEST_F(Refusal, AnOldInterface) {
  EXPECT_EQ(*version_, 1) << "a version that an old QEMU accepts, so that it asks the plugin";
  EXPECT_EQ(refusal(machine(1, 1), {}),
            "osext plugin: this QEMU's plugin interface has version 1, but version 4 is needed: "
            "use QEMU 10.0 or later\n");
}

#endif

}  // namespace
}  // namespace osext
