// SPDX-License-Identifier: GPL-2.0
// Runs the commands of a list and compares runs; see usage() for the words.
// Prints one line a command, "NAME ok" or "NAME FAILED: what differs"; exits 1 if one failed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/transparency/guest/compare.h"
#include "tests/transparency/guest/counts.h"
#include "tests/transparency/guest/run.h"

namespace {

namespace fs = std::filesystem;
using namespace osext::test;

int usage() {
  fmt::print(stderr,
             "usage: transparency-guest run LIST RESULTS [PREFIX...]\n"
             "       transparency-guest compare LIST RESULTS_NATIVE RESULTS_HERE\n"
             "       transparency-guest check LIST RESULTS\n"
             "       transparency-guest counts LIST STRACE_FOLDER COUNTS_FOLDER DIFFERENCES\n"
             "counts reads STRACE_FOLDER/NAME and COUNTS_FOLDER/NAME\n");
  return 2;
}

std::ifstream open_file(const fs::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", file.string()));
  return in;
}

std::vector<ListedCommand> read_list(const fs::path& file) {
  auto in = open_file(file);
  return read_command_list(in, fs::absolute(file).parent_path().string());
}

int report(const std::string& name, const std::string& problem) {
  fmt::print("{} {}\n", name, problem.empty() ? "ok" : "FAILED: " + problem);
  std::fflush(stdout);
  return problem.empty() ? 0 : 1;
}

int run_all(const std::vector<std::string>& words) {
  const std::vector<std::string> prefix(words.begin() + 3, words.end());
  for (const ListedCommand& command : read_list(words[1])) run_command(command, prefix, words[2]);
  return 0;
}

int compare_all(const std::vector<std::string>& words) {
  int failed = 0;
  for (const ListedCommand& command : read_list(words[1]))
    failed += report(command.name, difference_of_results(command, words[2], words[3]));
  return failed != 0;
}

int check_all(const std::vector<std::string>& words) {
  int failed = 0;
  for (const ListedCommand& command : read_list(words[1]))
    failed += report(command.name, fault_of_status(command, words[2]));
  return failed != 0;
}

int count_all(const std::vector<std::string>& words) {
  auto in = open_file(words[4]);
  const auto stated = read_stated_differences(in);
  int failed = 0;
  for (const ListedCommand& command : read_list(words[1])) {
    auto log = open_file(fs::path(words[2]) / command.name);
    auto counted = open_file(fs::path(words[3]) / command.name);
    const auto problems =
        compare_counts(command.name, counts_of_strace_log(log), read_counts(counted), stated);
    failed += report(command.name, fmt::format("{}", fmt::join(problems, "; ")));
  }
  for (const StatedDifference& one : stated)
    if (!one.used) fmt::print("not needed: {} {} {}\n", one.command, one.call, one.reason);
  return failed != 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  try {
    if (words.size() >= 3 && words[0] == "run") return run_all(words);
    if (words.size() == 4 && words[0] == "compare") return compare_all(words);
    if (words.size() == 3 && words[0] == "check") return check_all(words);
    if (words.size() == 5 && words[0] == "counts") return count_all(words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "transparency-guest: {}\n", error.what());
    return 2;
  }
  return usage();
}
