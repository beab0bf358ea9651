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

namespace osext {
namespace {

namespace fs = std::filesystem;

const fs::path kBuild = OSEXT_BUILD, kSources = OSEXT_TRANSPARENCY;
const std::string kFolder = "/run/osext/transparency";

// What every unit here carries: the lists, the scripts, the programs, Hijack.
std::vector<UnitFile> files(const std::string& kernel) {
  std::vector<UnitFile> all = {
      {OSEXT_TRANSPARENCY_GUEST, kFolder + "/guest", 0755},
      {OSEXT_TRANSPARENCY_PROGRAM, kFolder + "/program", 0755},
      {OSEXT_LAUNCHER, kFolder + "/osext-hijack", 0755},
      {OSEXT_EXECUTIVE, kFolder + "/osext-executive", 0755},
      {kBuild / "modules" / kernel / "osext_hijack.ko", kFolder + "/osext_hijack.ko"}};
  for (const char* list : {"commands.txt", "counted.txt", "stated_differences.txt"})
    all.push_back({kSources / list, kFolder + "/" + list});
  for (const auto& entry : fs::directory_iterator(kSources / "scripts"))
    all.push_back({entry.path(), kFolder + "/" + entry.path().filename().string()});
  return all;
}

// The first words of a list's lines, with what follows them.
std::map<std::string, std::string> read_names(const char* list) {
  std::ifstream in(kSources / list);
  std::map<std::string, std::string> names;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') {
      const std::size_t end = line.find(' ');
      names[line.substr(0, end)] = end == std::string::npos ? "" : line.substr(end);
    }
  return names;
}

class Transparency : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    try {
      read_setup(kBuild / "setup.json", GetParam());
    } catch (const MachineError& error) {
      GTEST_SKIP() << error.what();
    }
    ASSERT_TRUE(fs::exists(kBuild / "image/fat.cpio"))
        << "there is no fat image: run machine/setup/setup.sh --tests --fat";
  }

  // Runs the script in a machine with the fat image and returns what came of it.  One processor:
  // where there are two, most of the time goes into waking the other one up.
  static UnitResult run(const std::string& script, std::chrono::seconds limit,
                        const std::string& kernel_words = "") {
    VmOptions options;
    options.kernel_words = kernel_words;
    options.build = kBuild;
    options.kernel = GetParam();
    options.image = kBuild / "image/fat.cpio";
    const std::string begin = fmt::format("ln -s /proc/self/fd /dev/fd\ncd {}\n", kFolder);
    Unit unit{"transparency",
              {"/bin/busybox", "sh", "-e", "-c", begin + script},
              files(GetParam()),
              "",
              limit};
    return make_sim(options)->run(unit);
  }

  // All commands natively and as guests.
  static UnitResult run_all(std::chrono::seconds limit, const std::string& kernel_words = "") {
    return run(
        "./guest run commands.txt /tmp/native\n"
        "insmod osext_hijack.ko\n"
        "echo engine $(cat /sys/module/osext_hijack/parameters/engine)\n"
        "./guest run commands.txt /tmp/here /run/osext/transparency/osext-hijack run --\n"
        "rmmod osext_hijack\n"
        "./guest compare commands.txt /tmp/native /tmp/here || true\n"
        "echo done\n",
        limit, kernel_words);
  }

  // Each command's line must be there and say ok, but for those that are known to differ.
  static void judge(const UnitResult& result, const std::map<std::string, std::string>& names,
                    const std::map<std::string, std::string>& known) {
    std::map<std::string, std::string> lines;
    std::istringstream console(result.console);
    for (std::string line; std::getline(console, line);)
      lines[line.substr(0, line.find(' '))] = line;
    EXPECT_GT(names.size(), 20U);
    for (const auto& [name, ignored] : names)
      if (!known.contains(name))
        EXPECT_EQ(lines[name], name + " ok");
      else
        EXPECT_EQ(lines[name].rfind(name + " FAILED", 0), 0U) << "is listed: " << lines[name];
    EXPECT_EQ(lines["done"], "done") << to_string(result.outcome) << ": " << result.reason << "\n"
                                     << result.console << result.kernel_log;
    for (const std::string& problem : kernel_log_problems(result.kernel_log))
      ADD_FAILURE() << problem;
  }
};

TEST_P(Transparency, GuestsDoNotNotice) {
  judge(run_all(std::chrono::seconds(1200)), read_names("commands.txt"),
        read_names("known_differences.txt"));
}

// With page-table isolation, where the kernel's own entry switches.  Takes long (label soak).
TEST_P(Transparency, GuestsDoNotNoticeWithPageTableIsolation) {
  const UnitResult result = run_all(std::chrono::seconds(1700), "pti=on");
  EXPECT_NE(result.console.find("engine entry\n"), std::string::npos) << result.console;
  judge(result, read_names("commands.txt"), read_names("known_differences.txt"));
}

TEST_P(Transparency, CallsAreCountedAsStraceCountsThem) {
  judge(run("awk '/^#/ { next } NR == FNR { wanted[$1] = 1; next } $1 in wanted' counted.txt "
            "commands.txt >selected.txt\n"
            "mkdir strace counts\n"
            "./guest run selected.txt /tmp/native /usr/bin/strace -f -qq -e signal=none -e raw=all "
            "-o $PWD/strace/%\n"
            "insmod osext_hijack.ko\n"
            "./guest run selected.txt /tmp/here /run/osext/transparency/osext-hijack run --policy "
            "count "
            "--output $PWD/counts/% --\n"
            "./guest counts selected.txt strace counts stated_differences.txt || true\n"
            "echo done\n",
            std::chrono::seconds(1200)),
        read_names("counted.txt"), {});
}

INSTANTIATE_TEST_SUITE_P(Kernels, Transparency, testing::Values("6.12", "6.1"),
                         [](const auto& info) {
                           return std::string(info.param) == "6.1" ? "k6_1" : "k6_12";
                         });

}  // namespace
}  // namespace osext
