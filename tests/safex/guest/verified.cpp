// SPDX-License-Identifier: GPL-2.0
// What does not become an extension: the verifier's refusals in words, and calls off the list.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

SafexProgram refused(const std::string& function) {
  return SafexProgram(extensions_path + "/refused.bpf.o", function);
}

std::string words_of(const std::string& function) {
  try {
    refused(function);
  } catch (const SafexError& error) {
    return error.what();
  }
  throw std::runtime_error(function + " is not refused");
}

const RegisterCheck verifier("verifier", [] {
  Loaded module;
  const struct {
    const char *function, *reason;
  } cases[] = {{"forged", "R1"},
               {"moved", "R1"},
               {"leaked", "reference"},
               {"written", "write|only read|no reason"},
               {"unchecked", "trusted_ptr_or_null_|possibly NULL|must be referenced|ptr_or_null_"},
               {"used_after_release", "R1|must be referenced|scalar"},
               {"endless", "infinite loop|loop|too large|jump"}};
  for (const auto& [function, reasons] : cases) {
    const std::string words = words_of(function);
    bool found = false;
    for (std::string rest = reasons; !rest.empty();) {
      const std::size_t bar = std::min(rest.find('|'), rest.size());
      found = found || words.find(rest.substr(0, bar)) != words.npos;
      rest.erase(0, bar + 1);
    }
    require(found, "{} is refused, but not for {}: {}", function, reasons, words);
    require(words.find("the verifier refuses " + std::string(function)) == 0, "{}", words);
    require(words.size() < 2000, "{} bytes of reasons for {}", words.size(), function);
  }
  Alone writer("writer");  // the same without the offence
  require(writer.raise(5).runs == 1 && writer.task.get("adjustment") == 5,
          "the control does nothing");
});

constexpr const char* kOffList[] = {"jumper", "redirector", "reserver", "locker", "printer"};

const RegisterCheck off_list("off_list", [] {
  Loaded module;
  for (const char* function : kOffList) {
    const SafexProgram program = refused(function);
    const int error = error_of([&] { SafexExtension(program, kGenerous); });
    require(error == EACCES, "{}: error {}", function, error);
  }
  require(list_safex_extensions().empty(), "something is left");
});

const RegisterCheck off_list_control("off_list_control", [] {
  Loaded module("list");
  for (const char* function : kOffList) SafexExtension(refused(function), kGenerous);
});

// The module, with its section of types under another name.
const RegisterCheck without_btf("without_btf", [] {
  std::ifstream from(module_path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(from)), {});
  const std::string section("\0.BTF\0", 6);
  const std::size_t at = bytes.find(section);
  require(at != bytes.npos, "the module has no types");
  bytes[at + 1] = '_';
  const std::string other = "/run/osext/no_types.ko";
  std::ofstream(other, std::ios::binary) << bytes;
  KernelModule module;
  std::string words = "it is loaded";
  try {
    module.load(other, "osext_safex", "");
  } catch (const std::runtime_error& error) {
    words = error.what();
  }
  require(words.find(std::strerror(ENOEXEC)) != words.npos, "{}", words);
});

}  // namespace
}  // namespace osext::test
