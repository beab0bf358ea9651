// SPDX-License-Identifier: GPL-2.0
// uls-guest SEED MODULE CHECK[:ROUNDS]...: runs the checks, a line of output each; status 0 if all
// hold.
#include <unistd.h>

#include <cstring>

#include "tests/uls/guest/check.h"

namespace osext::test {

std::string module_path;

Extension::Extension(UlsSandbox& sandbox, const char* entry, std::uint64_t budget_ns,
                     const std::string& name)
    : sandbox_(sandbox) {
  static int number = 0;
  const std::size_t bytes = extension_end - extension_begin;
  UlsLoad what;
  what.name = name.empty() ? fmt::format("extension {} of {}", ++number, getpid()) : name;
  what.code_bytes = bytes;
  what.data_bytes = 4096;
  what.budget_ns = budget_ns;
  const osext_uls_load loaded = sandbox.load(what);
  id = loaded.id;
  code = loaded.code;
  data = loaded.data;
  std::vector<char> image(extension_begin, extension_end);
  const std::uint64_t address = data;
  std::memcpy(image.data(), &address, sizeof address);
  sandbox.write(id, code, image.data(), bytes);
  sandbox.start(id, code + (entry - extension_begin));
}

std::uint64_t Extension::word(std::uint32_t index) {
  std::uint64_t value;
  sandbox_.read(id, data + 8 * index, &value, sizeof value);
  return value;
}

void Extension::set_word(std::uint32_t index, std::uint64_t value) {
  sandbox_.write(id, data + 8 * index, &value, sizeof value);
}

Told Extension::told(std::size_t upcall) {
  Told told;
  sandbox_.read(id, data + 8 + sizeof told * upcall, &told, sizeof told);
  return told;
}

osext_uls_record Extension::record(std::size_t upcall) {
  constexpr std::size_t kLogged = 160;
  osext_uls_record record{};
  sandbox_.read(id, data + 8 + kLogged * upcall, &record, kLogged);
  return record;
}

void Extension::bind_software(std::uint32_t number, std::uint32_t queue, std::int32_t priority) {
  sandbox_.bind(id, {OSEXT_ULS_SOFTWARE, number, priority, queue});
}

void Extension::bind_timer(std::uint64_t period_ns) {
  sandbox_.bind(id, {OSEXT_ULS_TIMER, 77, 0, 1, 0, period_ns});
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 4) return 2;
  module_path = arguments[2];
  return run_checks(arguments[1], {arguments + 3, arguments + count});
}
