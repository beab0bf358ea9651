// SPDX-License-Identifier: GPL-2.0
// The host's side of the shared region; see region.h.
#include "machine/vm/region.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace osext {
namespace {

constexpr __u64 alignment = 4096;

void put_text(char* field, size_t size, const std::string& text, const Unit& unit,
              std::string_view what) {
  if (text.size() >= size || text.find('\0') != std::string::npos)
    throw MachineError(fmt::format("unit {}: the {} \"{}\" is longer than {} bytes", unit.name,
                                   what, text.substr(0, 60), size - 1));
  memcpy(field, text.c_str(), text.size() + 1);
}

void put_arguments(osext_command& command, const Unit& unit) {
  if (unit.argv.empty() || unit.argv[0].empty())
    throw MachineError(fmt::format("unit {}: there is no program to run", unit.name));
  std::string block;
  for (const auto& word : unit.argv) {
    // An empty string would end the list.
    if (word.empty() || word.find('\0') != std::string::npos)
      throw MachineError(fmt::format("unit {}: an argument is empty", unit.name));
    block.append(word).push_back('\0');
  }
  block.push_back('\0');
  if (block.size() > sizeof command.arguments)
    throw MachineError(
        fmt::format("unit {}: the arguments take {} bytes, more than the {} there are", unit.name,
                    block.size(), sizeof command.arguments));
  memcpy(command.arguments, block.data(), block.size());
}

std::string read_file(const UnitFile& file, const Unit& unit) {
  std::ifstream in(file.host, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad())
    throw MachineError(fmt::format("unit {}: cannot read {}", unit.name, file.host.string()));
  return bytes;
}

int exit_status_of(__u64 status) {
  int raw = static_cast<int>(status);
  return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

// The agent's own message, if it refused the command.
std::string agent_message(const std::string& console) {
  constexpr std::string_view mark = "osext-agent: ";
  size_t at = console.rfind(mark);
  if (at == std::string::npos || (at != 0 && console[at - 1] != '\n')) return "";
  size_t from = at + mark.size();
  return console.substr(from, console.find('\n', from) - from);
}

std::string reason_for(const UnitResult& result, __u64 raw_status) {
  int raw = static_cast<int>(raw_status);
  std::string message = agent_message(result.console);
  if (!message.empty()) return "in the guest: " + message;
  if (WIFSIGNALED(raw))
    return fmt::format("the program was killed by signal {} ({})", WTERMSIG(raw),
                       strsignal(WTERMSIG(raw)));
  return fmt::format("the program ended with status {}", WEXITSTATUS(raw));
}

}  // namespace

Region::Region() : file_("osext-region", OSEXT_REGION_SIZE) {
  void* p = mmap(nullptr, OSEXT_REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file_.fd(), 0);
  if (p == MAP_FAILED)
    throw MachineError(fmt::format("cannot map the shared region: {}", strerror(errno)));
  bytes_ = static_cast<char*>(p);
}

Region::~Region() {
  munmap(bytes_, OSEXT_REGION_SIZE);
}

osext_command* Region::command() const {
  return reinterpret_cast<osext_command*>(bytes_ + OSEXT_REGION_COMMAND);
}

void Region::submit(const Unit& unit) {
  auto command = std::make_unique<osext_command>();
  put_arguments(*command, unit);
  put_text(command->records, sizeof command->records, unit.records, unit, "record path");
  if (unit.files.size() > OSEXT_COMMAND_FILES)
    throw MachineError(fmt::format("unit {}: {} files, more than the {} there is room for",
                                   unit.name, unit.files.size(), OSEXT_COMMAND_FILES));
  std::vector<std::string> contents;
  __u64 offset = OSEXT_REGION_FILES;
  for (const auto& file : unit.files) {
    auto& entry = command->files[command->file_count++];
    put_text(entry.path, sizeof entry.path, file.guest, unit, "path");
    contents.push_back(read_file(file, unit));
    entry.offset = offset;
    entry.length = contents.back().size();
    entry.mode = file.mode;
    offset += (entry.length + alignment - 1) / alignment * alignment;
    if (offset > OSEXT_REGION_FILES + OSEXT_REGION_FILES_SIZE)
      throw MachineError(fmt::format("unit {}: its files take more than the {} MiB there are",
                                     unit.name, OSEXT_REGION_FILES_SIZE >> 20));
  }
  for (size_t i = 0; i < contents.size(); i++)
    memcpy(bytes_ + command->files[i].offset, contents[i].data(), contents[i].size());
  osext_region_header header{};
  header.magic = OSEXT_REGION_MAGIC;
  memcpy(bytes_ + OSEXT_REGION_HEADER, &header, sizeof header);
  memcpy(this->command(), command.get(), sizeof *command);
  __atomic_store_n(&this->command()->submitted, 1, __ATOMIC_RELEASE);
}

bool Region::finished() const {
  return __atomic_load_n(&command()->finished, __ATOMIC_ACQUIRE) == 1;
}

UnitResult Region::collect() const {
  UnitResult result;
  const osext_command& done = *command();
  const __u64 lengths[] = {done.records_length, done.console_length, done.kernel_log_length};
  std::string* const parts[] = {&result.records, &result.console, &result.kernel_log};
  __u64 at = 0;
  for (int i = 0; i < 3; i++) {
    if (lengths[i] > OSEXT_REGION_OUTPUT_SIZE - at) {
      result.reason = "the machine's answer makes no sense: lengths beyond the output area";
      return result;
    }
    parts[i]->assign(bytes_ + OSEXT_REGION_OUTPUT + at, lengths[i]);
    at += lengths[i];
  }
  result.exit_status = exit_status_of(done.exit_status);
  result.outcome = result.exit_status == 0 ? Outcome::finished : Outcome::failed;
  if (result.outcome == Outcome::failed) result.reason = reason_for(result, done.exit_status);
  return result;
}

void Region::collect_ring(UnitResult& result) const {
  osext_region_header header;
  memcpy(&header, bytes_ + OSEXT_REGION_HEADER, sizeof header);
  __u64 used = std::min<__u64>(header.ring_used, OSEXT_REGION_RING_ENTRIES);
  const auto* ring = reinterpret_cast<const osext_counters*>(bytes_ + OSEXT_REGION_RING);
  result.ring.assign(ring, ring + used);
  result.ring_lost = header.ring_lost;
}

}  // namespace osext
