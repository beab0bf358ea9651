// SPDX-License-Identifier: GPL-2.0
// What the agent accepts from the region, and what it refuses.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>

#include "machine/agent/command.h"

namespace osext::agent {
namespace {

std::unique_ptr<osext_command> good_command() {
  auto command = std::make_unique<osext_command>();
  memcpy(command->arguments, "prog\0-x\0\0", 9);
  strcpy(command->records, "/run/osext/records");
  command->file_count = 1;
  strcpy(command->files[0].path, "/run/osext/prog");
  command->files[0].offset = OSEXT_REGION_FILES;
  command->files[0].length = OSEXT_REGION_FILES_SIZE;
  command->files[0].mode = 0755;
  return command;
}

TEST(AgentCommand, AcceptsAGoodOne) {
  auto command = good_command();
  EXPECT_EQ(find_fault(*command), nullptr);
  char* argv[8];
  ASSERT_EQ(split_arguments(*command, argv, 8), 2);
  EXPECT_STREQ(argv[0], "prog");
  EXPECT_STREQ(argv[1], "-x");
  EXPECT_EQ(argv[2], nullptr);
}

TEST(AgentCommand, SplitsNoMoreThanItHasRoomFor) {
  auto command = good_command();
  char* argv[2] = {};
  EXPECT_EQ(split_arguments(*command, argv, 2), 1);
  EXPECT_EQ(argv[1], nullptr);
}

struct Damage {
  const char* name;
  std::function<void(osext_command&)> apply;
  const char* says;
};

class AgentCommandDamage : public testing::TestWithParam<Damage> {};

TEST_P(AgentCommandDamage, IsRefused) {
  auto command = good_command();
  GetParam().apply(*command);
  const char* fault = find_fault(*command);
  ASSERT_NE(fault, nullptr);
  EXPECT_NE(strstr(fault, GetParam().says), nullptr) << fault;
}

INSTANTIATE_TEST_SUITE_P(
    All, AgentCommandDamage,
    testing::Values(
        Damage{"Flags", [](auto& c) { c.flags = 1; }, "flag"},
        Damage{"ManyFiles", [](auto& c) { c.file_count = OSEXT_COMMAND_FILES + 1; }, "too many"},
        Damage{"HugeCount", [](auto& c) { c.file_count = ~0ULL; }, "too many"},
        Damage{"EndlessPath", [](auto& c) { memset(c.files[0].path, 'a', 104); }, "terminated"},
        Damage{"RelativePath", [](auto& c) { strcpy(c.files[0].path, "etc/x"); }, "absolute"},
        Damage{"ClimbingPath", [](auto& c) { strcpy(c.files[0].path, "/a/../b"); }, "absolute"},
        Damage{"EmptyPath", [](auto& c) { c.files[0].path[0] = 0; }, "absolute"},
        Damage{"BeforeFiles", [](auto& c) { c.files[0].offset = 4096; }, "outside"},
        Damage{"BeyondFiles", [](auto& c) { c.files[0].offset += 1; }, "outside"},
        Damage{"WrappingOffset", [](auto& c) { c.files[0].offset = ~0ULL - 10; }, "outside"},
        Damage{"WrappingLength", [](auto& c) { c.files[0].length = ~0ULL; }, "outside"},
        Damage{"Mode", [](auto& c) { c.files[0].mode = 0100644; }, "mode"},
        Damage{"Reserved", [](auto& c) { c.files[0].reserved = 1; }, "mode"},
        Damage{"Records", [](auto& c) { memset(c.records, 'r', sizeof c.records); }, "record"},
        Damage{"RelativeRecords", [](auto& c) { strcpy(c.records, "r"); }, "record"},
        Damage{"NoProgram", [](auto& c) { c.arguments[0] = 0; }, "no program"},
        Damage{"EndlessArguments", [](auto& c) { memset(c.arguments, 'a', sizeof c.arguments); },
               "no program"},
        Damage{"NoEmptyArgument",
               [](auto& c) {
                 memset(c.arguments, 'a', sizeof c.arguments);
                 c.arguments[sizeof c.arguments - 1] = 0;
               },
               "empty string"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osext::agent
