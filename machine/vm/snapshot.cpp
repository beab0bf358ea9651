// SPDX-License-Identifier: GPL-2.0
// Snapshots; see snapshot.h.
#include "machine/vm/snapshot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "machine/vm/machines.h"
#include "machine/vm/vm.h"

namespace osext {
namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw MachineError(fmt::format("cannot write {}: is the disk full?", file.string()));
}

// FNV-1a, 64 bits: names folders; the manifest inside is compared in full.
std::uint64_t hash(std::string_view bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (unsigned char byte : bytes) value = (value ^ byte) * 0x100000001b3;
  return value;
}

std::string new_nonce() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number)
    throw MachineError(fmt::format("no random number: {}", strerror(errno)));
  return fmt::format("{:016x}", number);
}

// Held while a snapshot is made; freed by the kernel when its holder dies.
Descriptor lock(const fs::path& file, Deadline deadline) {
  Descriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) throw MachineError(fmt::format("cannot open {}: {}", file.string(), strerror(errno)));
  while (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      throw MachineError(fmt::format("cannot lock {}: {}", file.string(), strerror(errno)));
    if (remaining_ms(deadline) == 0)
      throw MachineError(fmt::format("another process has held {} for too long", file.string()));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return fd;
}

Snapshot open_snapshot(const fs::path& folder) {
  std::error_code ignored;  // marks it as used
  fs::last_write_time(folder / "nonce", fs::file_time_type::clock::now(), ignored);
  return {folder.filename().string(), folder / "state", read_text(folder / "nonce"),
          read_text(folder / "boot.log")};
}

// A folder that create_snapshot() made; whatever else lies beside it is not ours.
bool is_snapshot(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.size() == 16 && name.find_first_not_of("0123456789abcdef") == std::string::npos &&
         fs::is_regular_file(folder / "manifest") && fs::is_regular_file(folder / "nonce");
}

// Each image or kernel that was ever used leaves a snapshot: only the latest ones are kept.
void remove_old_snapshots(const fs::path& folder) {
  constexpr size_t kept = 12;
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_snapshot(entry.path()))
      found.emplace_back(fs::last_write_time(entry.path() / "nonce", ignored), entry.path());
  std::sort(found.rbegin(), found.rend());
  for (size_t i = kept; i < found.size(); i++) fs::remove_all(found[i].second, ignored);
}

bool is_usable(const fs::path& folder, const std::string& manifest) {
  return fs::exists(folder / "state") && read_text(folder / "manifest") == manifest;
}

void create_snapshot(const VmSetup& setup, const VmOptions& options, const std::string& manifest,
                     const fs::path& folder) {
  // What an interrupted creator left; the lock is ours.
  fs::path half = folder;
  half += ".new";
  fs::remove_all(half);
  fs::create_directories(half);
  {
    VmStart start;
    start.kernel_words = options.kernel_words;
    Vm vm(setup, options, start);
    Deadline deadline = deadline_in(options.boot_limit);
    vm.run_until_pause(deadline);
    vm.save(fs::absolute(half / "state"), deadline);
    write_text(half / "boot.log", vm.serial_tail());
  }
  write_text(half / "nonce", new_nonce());
  write_text(half / "manifest", manifest);
  fs::remove_all(folder);
  fs::rename(half, folder);
}

}  // namespace

std::string snapshot_manifest(const VmSetup& setup, const VmOptions& options) {
  require_image(options);
  std::string image = read_text(options.image);
  return fmt::format(
      "snapshot=2\nkernel={} {}\nqemu={} {}\nimage={:016x} {}\nmachine={}\nkernel line={}\n",
      setup.kernel.release, setup.kernel.package, setup.qemu_version, setup.qemu_package,
      hash(image), image.size(), shown_command_line(options, VmKind::sim),
      kernel_command_line(VmKind::sim, options.kernel_words));
}

Snapshot obtain_snapshot(const VmSetup& setup, const VmOptions& options) {
  std::string manifest = snapshot_manifest(setup, options);
  fs::path folder = options.snapshots / fmt::format("{:016x}", hash(manifest));
  if (!options.fresh && is_usable(folder, manifest)) return open_snapshot(folder);
  fs::create_directories(options.snapshots);
  fs::path lock_file = folder;
  lock_file += ".lock";
  // The one before us may need its whole boot.
  Descriptor held = lock(lock_file, deadline_in(2 * options.boot_limit));
  if (options.fresh || !is_usable(folder, manifest))
    create_snapshot(setup, options, manifest, folder);
  remove_old_snapshots(options.snapshots);
  return open_snapshot(folder);
}

}  // namespace osext
