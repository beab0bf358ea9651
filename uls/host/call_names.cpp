// SPDX-License-Identifier: GPL-2.0
#include "uls/host/call_names.h"

#include <fmt/format.h>
#include <osext/uls.h>

#include <charconv>

#include "uls/host/object.h"

namespace osext {
namespace {

struct Name {
  std::uint32_t number;
  const char* name;
};

constexpr Name kNames[] = {
#define CALL(number, name) {number, name},
#include "syscall_names.inc"
#undef CALL
};

}  // namespace

std::uint32_t uls_call_number(const std::string& word) {
  if (word == "all") return OSEXT_ULS_ANY_CALL;
  for (const Name& entry : kNames)
    if (word == entry.name) return entry.number;
  std::uint32_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || stop != end || number > 0x7fffffff)
    throw UlsError(fmt::format("there is no system call {}: a name, a number, or all", word));
  return number;
}

std::string uls_call_name(std::uint32_t number) {
  if (number == OSEXT_ULS_ANY_CALL) return "all";
  for (const Name& entry : kNames)
    if (number == entry.number) return entry.name;
  return std::to_string(number);
}

}  // namespace osext
