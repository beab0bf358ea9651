// SPDX-License-Identifier: GPL-2.0
#include "uls/host/tool/registry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace osext {
namespace {

namespace fs = std::filesystem;

const char* const kFolder = "/run/osext-uls";

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t bytes; (bytes = read(descriptor, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(bytes));
  return text;
}

UlsEntry parse(const std::string& name, const std::string& text) {
  UlsEntry entry;
  entry.name = name;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, variable;
    words >> key;
    if (key == "id") words >> entry.id;
    if (key == "creator") words >> entry.creator;
    if (key == "path") std::getline(words >> std::ws, entry.path);
    if (std::string binding; key == "binding" && std::getline(words >> std::ws, binding))
      entry.bindings.push_back(binding);
    UlsVariable where{};
    if (key == "variable" && words >> variable >> where.address >> where.bytes &&
        where.bytes <= OSEXT_ULS_PAGE_BYTES)
      entry.variables[variable] = where;
  }
  return entry;
}

// Everybody may write into the folder, so a file counts only if its creator, who holds the lock, is
// its owner's process.
bool read_entry(const fs::path& file, UlsEntry& entry) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat own {
  }, process{};
  const bool alive = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (alive) entry = parse(file.filename().string(), read_all(descriptor));
  const bool good = alive && fstat(descriptor, &own) == 0 && S_ISREG(own.st_mode) &&
                    entry.creator > 0 &&
                    stat(fmt::format("/proc/{}", entry.creator).c_str(), &process) == 0 &&
                    process.st_uid == own.st_uid;
  close(descriptor);
  return good;
}

}  // namespace

UlsRegistration::UlsRegistration(const UlsExtension& extension, const std::string& path,
                                 const std::vector<std::string>& bindings) {
  if (extension.name().find('/') != std::string::npos || extension.name().front() == '.')
    throw UlsError(
        fmt::format("the name '{}' does not do: no /, no dot at the begin", extension.name()));
  if (mkdir(kFolder, 0700) == 0) chmod(kFolder, 01777);
  const std::string file = fmt::format("{}/{}", kFolder, extension.name());
  // The kernel knows no other extension of this name: a file that is there is a dead creator's.
  unlink(file.c_str());
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (descriptor_ < 0 || flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
    throw UlsError(fmt::format("cannot write {}: {}", file, std::strerror(errno)));
  file_ = file;
  std::string text = fmt::format("id {}\ncreator {}\npath {}\n", extension.id(), getpid(), path);
  for (const std::string& binding : bindings) text += fmt::format("binding {}\n", binding);
  for (const auto& [name, where] : extension.variables())
    text += fmt::format("variable {} {} {}\n", name, where.address, where.bytes);
  if (write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw UlsError(fmt::format("cannot write {}: {}", file, std::strerror(errno)));
}

UlsRegistration::~UlsRegistration() {
  if (!file_.empty()) unlink(file_.c_str());
  close(descriptor_);
}

std::vector<UlsEntry> list_uls() {
  std::map<std::string, UlsEntry> found;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(kFolder, error)) {
    UlsEntry entry;
    if (read_entry(file.path(), entry)) found[entry.name] = entry;
  }
  std::vector<UlsEntry> result;
  for (auto& [name, entry] : found) result.push_back(std::move(entry));
  return result;
}

UlsEntry find_uls(const std::string& name) {
  std::string others;
  for (UlsEntry& entry : list_uls()) {
    if (entry.name == name) return entry;
    others += " " + entry.name;
  }
  throw UlsError(fmt::format("no extension {} is loaded{}{}", name,
                             others.empty() ? "" : "; there are:", others));
}

}  // namespace osext
