// SPDX-License-Identifier: GPL-2.0
// Runs every command of commands.txt twice in one machine that has real programs, and reports each
// whose output or exit status differs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "machine/machine.h"
#include "machine/vm/setup_file.h"
#include "tests/transparency/guest/command_list.h"

namespace osext {
namespace {

namespace fs = std::filesystem;

const fs::path kBuild = OSEXT_BUILD, kSources = OSEXT_TRANSPARENCY;
const std::string kFolder = "/run/osext/transparency";

// What every unit here carries: the list, the scripts, the programs.
std::vector<UnitFile> files() {
  std::vector<UnitFile> all = {{OSEXT_TRANSPARENCY_GUEST, kFolder + "/guest", 0755},
                               {OSEXT_TRANSPARENCY_PROGRAM, kFolder + "/program", 0755},
                               {kSources / "commands.txt", kFolder + "/commands.txt"}};
  for (const auto& entry : fs::directory_iterator(kSources / "scripts"))
    if (entry.path().extension() != ".md")
      all.push_back({entry.path(), kFolder + "/" + entry.path().filename().string()});
  return all;
}

std::vector<std::string> names_of_commands() {
  std::ifstream in(kSources / "commands.txt");
  std::vector<std::string> names;
  for (const auto& command : test::read_command_list(in, kFolder)) names.push_back(command.name);
  return names;
}

class Transparency : public testing::TestWithParam<const char*> {
 protected:
  // Runs the script in a machine with the fat image and returns what came of it.
  static UnitResult run(const std::string& script, std::chrono::seconds limit) {
    VmOptions options;
    options.build = kBuild;
    options.kernel = GetParam();
    options.image = kBuild / "image/fat.cpio";
    const std::string begin = fmt::format("ln -s /proc/self/fd /dev/fd\ncd {}\n", kFolder);
    Unit unit{
        "transparency", {"/bin/busybox", "sh", "-e", "-c", begin + script}, files(), "", limit};
    return make_smp(options)->run(unit);
  }
  // Each command's line must be there, once, and say ok.
  static void judge(const UnitResult& result) {
    std::map<std::string, std::string> lines;
    std::istringstream console(result.console);
    for (std::string line; std::getline(console, line);)
      lines[line.substr(0, line.find(' '))] = line;
    for (const std::string& name : names_of_commands()) EXPECT_EQ(lines[name], name + " ok");
    EXPECT_EQ(result.outcome, Outcome::finished) << result.reason << "\n"
                                                 << result.console << result.kernel_log;
    for (const std::string& problem : kernel_log_problems(result.kernel_log))
      ADD_FAILURE() << problem;
  }
};

// Two native runs agree: what differs later is not the commands' own doing.
TEST_P(Transparency, CommandsRepeatThemselves) {
  try {
    read_setup(kBuild / "setup.json", GetParam());
  } catch (const MachineError& error) {
    GTEST_SKIP() << error.what();
  }
  ASSERT_TRUE(fs::exists(kBuild / "image/fat.cpio"))
      << "there is no fat image: run machine/setup/setup.sh --tests --fat";
  judge(
      run("./guest run commands.txt /tmp/native\n"
          "./guest run commands.txt /tmp/again\n"
          "./guest compare commands.txt /tmp/native /tmp/again\n",
          std::chrono::seconds(900)));
}

INSTANTIATE_TEST_SUITE_P(Kernels, Transparency, testing::Values("6.12", "6.1"),
                         [](const auto& info) {
                           return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
                         });

}  // namespace
}  // namespace osext
