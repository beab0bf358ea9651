// SPDX-License-Identifier: GPL-2.0
// Runs gnuplot on a template of the tree; see gnuplot.h.
#include "report/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "report/run.h"

extern char** environ;

namespace osext::report {
namespace {

namespace fs = std::filesystem;

constexpr int kNoSuchProgram = 127;  // what a shell says; posix_spawnp gives ENOENT

// Runs `gnuplot FILE` in `directory` with its words in `log`.  Returns its exit status, or
// kNoSuchProgram.
int run_gnuplot(const fs::path& directory, const std::string& script, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::string program = "gnuplot", argument = script;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, "gnuplot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return kNoSuchProgram;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string first_words(const fs::path& log) {
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const std::string text = one_line(line);
    if (text.find_first_not_of(" ^") != text.npos) return text.substr(text.find_first_not_of(' '));
  }
  return "it gave no reason";
}

}  // namespace

std::string gnuplot_string(std::string_view text) {
  std::string quoted = "'";
  for (char c : one_line(text)) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string quoted_column(std::string text) {
  std::replace(text.begin(), text.end(), '"', '\'');
  return '"' + one_line(text) + '"';
}

void Figure::set(const std::string& variable, std::string_view text) {
  variables += variable + " = " + gnuplot_string(text) + "\n";
}

void Figure::set(const std::string& variable, std::size_t number) {
  variables += variable + " = " + std::to_string(number) + "\n";
}

void Figure::set(const std::string& variable, const std::vector<std::string>& texts) {
  set(variable + "_count", texts.size());
  variables += "array " + variable + "[" + std::to_string(texts.size() + 1) + "]\n";
  for (std::size_t i = 0; i < texts.size(); ++i) {
    set(variable + "[" + std::to_string(i + 1) + "]", texts[i]);
  }
}

std::string draw(const Figure& figure, const fs::path& directory) {
  if (!figure.nothing.empty()) return figure.nothing;
  const std::string script = "." + figure.name + ".gp", drawn = "." + figure.name + ".svg",
                    log = "." + figure.name + ".log";
  const fs::path folder = fs::absolute(directory);
  {
    std::ofstream file(folder / script, std::ios::binary);
    file << "data = " << gnuplot_string(figure.name + ".dat") << '\n'
         << "output_file = " << gnuplot_string(drawn) << '\n'
         << figure.variables << figure.program;
    if (!file.flush()) throw std::runtime_error((folder / script).string() + ": cannot be written");
  }
  const int status = run_gnuplot(folder, script, folder / log);
  std::string reason;
  if (status == kNoSuchProgram) {
    reason =
        "No plot: gnuplot is not installed. Install it (apt install gnuplot-nox) and report "
        "this run again.";
  } else if (status != 0 || !fs::exists(folder / drawn) || fs::file_size(folder / drawn) == 0) {
    reason = "No plot: gnuplot failed: " + first_words(folder / log) + ".";
  } else {
    fs::rename(folder / drawn, folder / (figure.name + ".svg"));
  }
  std::error_code ignored;
  for (const std::string& name : {script, drawn, log}) fs::remove(folder / name, ignored);
  return reason;
}

}  // namespace osext::report
