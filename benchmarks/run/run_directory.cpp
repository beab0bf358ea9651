// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/run/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace osext {

namespace fs = std::filesystem;

namespace {

const std::set<std::string> run_entries = {"run.json",    "samples.jsonl", "tables", "plots",
                                           "report.html", "logs",          "units"};

// What an interrupted writer may leave beside a file of a run.
std::string without_temporary_suffix(const fs::path& path) {
  const bool temporary = path.extension() == ".part" || path.extension() == ".new";
  return (temporary ? path.stem() : path.filename()).string();
}

bool is_run(const fs::path& directory) {
  if (fs::exists(directory / "units" / "environment.json")) return true;
  if (!fs::exists(directory / "run.json")) return false;
  const auto run = nlohmann::json::parse(read_file(directory / "run.json"), nullptr, false);
  return run.is_object() && run.value("schema", "") == "run/1";
}

// Everything in `directory` may be removed: it is empty, or a run wrote it all.
void refuse_foreign_files(const fs::path& directory) {
  if (!fs::exists(directory)) return;
  if (!fs::is_directory(directory)) {
    throw std::runtime_error(
        fmt::format("{} is not a folder: give --out another name", directory.string()));
  }
  const bool run = is_run(directory);
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (run && run_entries.contains(without_temporary_suffix(entry.path()))) continue;
    throw std::runtime_error(
        fmt::format("{} holds '{}', which no run wrote: give --out an empty or a new folder",
                    directory.string(), entry.path().filename().string()));
  }
}

int lock_directory(const fs::path& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool busy = errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    throw std::runtime_error(
        busy ? fmt::format("another run is writing to {}: wait for it, or give --out another name",
                           directory.string())
             : fmt::format("cannot use the folder {}", directory.string()));
  }
  return fd;
}

}  // namespace

void write_file(const fs::path& path, const std::string& bytes) {
  const fs::path temporary = path.string() + ".part";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (!out) {
      fs::remove(temporary);
      throw std::runtime_error(
          fmt::format("cannot write {}: is the disk full or read-only?", path.string()));
    }
  }
  fs::rename(temporary, path);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", path.string()));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

RunDirectory::RunDirectory(fs::path directory, const nlohmann::json& environment, bool fresh)
    : directory_(std::move(directory)) {
  refuse_foreign_files(directory_);
  fs::create_directories(directory_);
  lock_ = lock_directory(directory_);
  const fs::path units = directory_ / "units";
  const fs::path environment_file = units / "environment.json";
  const std::string wanted = environment.dump(1) + "\n";

  bool resume = false;
  if (!fresh && fs::exists(environment_file)) resume = read_file(environment_file) == wanted;
  if (!resume) {
    std::vector<fs::path> remains;
    for (const auto& entry : fs::directory_iterator(directory_)) remains.push_back(entry.path());
    for (const auto& path : remains) fs::remove_all(path);
  }
  fs::create_directories(units);
  fs::create_directories(directory_ / "logs");
  write_file(environment_file, wanted);
  for (const auto& entry : fs::directory_iterator(units)) {
    if (entry.path().extension() == ".jsonl") ++resumed_;
  }
}

RunDirectory::~RunDirectory() {
  close(lock_);
}

fs::path RunDirectory::unit_file(const std::string& unit, const char* suffix) const {
  return directory_ / "units" / (unit + suffix);
}

std::optional<RunDirectory::UnitFiles> RunDirectory::finished(const std::string& unit) const {
  const fs::path samples = unit_file(unit, ".jsonl");
  if (!fs::exists(samples)) return std::nullopt;
  std::istringstream in(read_file(samples));
  return UnitFiles{read_samples(in), nlohmann::json::parse(read_file(unit_file(unit, ".json")))};
}

void RunDirectory::keep(const std::string& unit, const UnitFiles& files) const {
  std::string lines;
  for (const Sample& sample : files.samples) lines += to_json_line(sample) + "\n";
  // Notes come from inside the machine: they may hold any bytes.
  write_file(unit_file(unit, ".json"),
             files.notes.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  write_file(unit_file(unit, ".jsonl"), lines);  // last: its presence says "finished"
}

void RunDirectory::keep_log(const std::string& unit, const std::string& name,
                            const std::string& text) const {
  if (!text.empty()) write_file(directory_ / "logs" / (unit + "." + name), text);
}

void RunDirectory::complete(const std::vector<Sample>& samples, const nlohmann::json& run) const {
  std::string lines;
  for (const Sample& sample : samples) lines += to_json_line(sample) + "\n";
  write_file(directory_ / "samples.jsonl", lines);
  write_file(directory_ / "run.json",
             run.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  fs::remove_all(directory_ / "units");
}

}  // namespace osext
