// SPDX-License-Identifier: GPL-2.0
// The machine "native": this computer.  A unit runs in a private folder that
// stands for the guest's /run/osext and disappears afterwards.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "machine/machine.h"
#include "machine/vm/process.h"

namespace osext {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view guest_folder = "/run/osext/";
constexpr size_t console_limit = 2U << 20;

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class PrivateFolder {
 public:
  PrivateFolder() {
    std::string name = (fs::temp_directory_path() / "osext-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw MachineError(fmt::format("cannot make a folder in {}: {}",
                                     fs::temp_directory_path().string(), strerror(errno)));
    path_ = name;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

  // "/run/osext/x" and "--option=/run/osext/x" in terms of this folder.
  std::string translate(const std::string& word) const {
    size_t at = word.starts_with(guest_folder) ? 0 : word.find("=" + std::string(guest_folder));
    if (at == std::string::npos) return word;
    if (word[at] == '=') at++;
    return word.substr(0, at) + path_.string() + "/" + word.substr(at + guest_folder.size());
  }

 private:
  fs::path path_;
};

void place(const UnitFile& file, const Unit& unit, const PrivateFolder& folder) {
  if (!file.guest.starts_with(guest_folder) || file.guest.find("/../") != std::string::npos)
    throw MachineError(
        fmt::format("unit {}: on this computer files can only go below {}, not to {}", unit.name,
                    guest_folder, file.guest));
  fs::path target = folder.translate(file.guest);
  fs::create_directories(target.parent_path());
  std::error_code error;
  fs::copy_file(file.host, target, error);
  if (error)
    throw MachineError(
        fmt::format("unit {}: cannot copy {}: {}", unit.name, file.host.string(), error.message()));
  chmod(target.c_str(), file.mode);
}

class Native final : public Machine {
 public:
  explicit Native(const NativeOptions& options) : options_(options) {}

  UnitResult run(const Unit& unit) override {
    Deadline deadline = deadline_in(unit.limit);
    if (unit.argv.empty())
      throw MachineError(fmt::format("unit {}: there is no program to run", unit.name));
    for (const auto& file : unit.files)
      if (file.guest.ends_with(".ko") && !options_.allow_modules)
        throw MachineError(fmt::format(
            "unit {}: it loads the kernel module {} into this computer's own kernel, which has "
            "to be allowed explicitly",
            unit.name, fs::path(file.guest).filename().string()));
    PrivateFolder folder;
    for (const auto& file : unit.files) place(file, unit, folder);

    SpawnOptions spawn;
    for (const auto& word : unit.argv) spawn.argv.push_back(folder.translate(word));
    spawn.folder = folder.path();
    fs::path console = folder.path() / "console";
    Descriptor output(
        open(console.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (!output) throw MachineError(fmt::format("cannot create a file: {}", strerror(errno)));
    spawn.output = output.get();

    UnitResult result;
    {
      Process process(spawn);
      auto status = process.wait_until(deadline);
      set_outcome(status, result);
    }
    result.console = read_file(console);
    if (result.console.size() > console_limit)
      result.console.erase(0, result.console.size() - console_limit);
    if (!unit.records.empty()) result.records = read_file(folder.translate(unit.records));
    return result;
  }

  std::map<std::string, std::string> describe() const override {
    utsname name{};
    uname(&name);
    return {{"id", "native"}, {"kernel_release", name.release}, {"cpu", cpu_model()}};
  }

 private:
  static void set_outcome(std::optional<int> status, UnitResult& result) {
    if (!status) {
      result.outcome = Outcome::timeout;
      result.reason = "stopped at its time limit";
    } else if (WIFSIGNALED(*status)) {
      result.outcome = Outcome::failed;
      result.exit_status = 128 + WTERMSIG(*status);
      result.reason = fmt::format("the program was killed by signal {} ({})", WTERMSIG(*status),
                                  strsignal(WTERMSIG(*status)));
    } else {
      result.exit_status = WEXITSTATUS(*status);
      result.outcome = result.exit_status == 0 ? Outcome::finished : Outcome::failed;
      if (result.exit_status != 0)
        result.reason = fmt::format("the program ended with status {}", result.exit_status);
    }
  }

  static std::string cpu_model() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
  }

  NativeOptions options_;
};

}  // namespace

std::unique_ptr<Machine> make_native(const NativeOptions& options) {
  return std::make_unique<Native>(options);
}

}  // namespace osext
