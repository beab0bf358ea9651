// SPDX-License-Identifier: GPL-2.0
#include "uls/host/vector_note.h"

#include <fmt/format.h>

#include <cstring>

#include "uls/host/elf_file.h"
#include "uls/host/object.h"

namespace osext {
namespace {

constexpr std::uint32_t kFeature2Used = 0xc0010001;  // GNU_PROPERTY_X86_FEATURE_2_USED
constexpr std::uint32_t kGeneral = 1;  // of its bits; all others are about other registers

std::uint32_t word(const char* bytes) {
  std::uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::size_t align(std::size_t bytes) {
  return (bytes + 7) / 8 * 8;
}

// Looks through the properties of one note.  True: it has the one that counts.
bool find_used(const char* bytes, std::size_t size, std::uint32_t& used) {
  for (std::size_t at = 0; size - at >= 8;) {
    const std::uint32_t type = word(bytes + at), length = word(bytes + at + 4);
    if (length > size - at - 8) return false;
    if (type == kFeature2Used && length == 4) {
      used = word(bytes + at + 8);
      return true;
    }
    const std::size_t step = 8 + align(length);
    if (step > size - at) return false;
    at += step;
  }
  return false;
}

bool find_used(const ElfSection& section, std::uint32_t& used) {
  const std::size_t size = section.header.sh_size;
  constexpr std::size_t kHead = 16;  // three words and the name "GNU"
  for (std::size_t at = 0; section.bytes && size - at >= kHead;) {
    const char* note = section.bytes + at;
    const std::uint32_t name = word(note), length = word(note + 4), type = word(note + 8);
    if (name != 4 || length > size - at - kHead) return false;
    if (type == NT_GNU_PROPERTY_TYPE_0 && std::memcmp(note + 12, "GNU", 4) == 0 &&
        find_used(note + kHead, length, used))
      return true;
    const std::size_t step = kHead + align(length);
    if (step > size - at) return false;
    at += step;
  }
  return false;
}

}  // namespace

void check_vector_note(const ElfFile& elf) {
  std::uint32_t used = 0;
  bool found = false;
  for (const ElfSection& section : elf.sections())
    if (section.header.sh_type == SHT_NOTE && section.name == ".note.gnu.property")
      found = found || find_used(section, used);
  if (!found)
    elf.refuse(
        "does not say which registers it uses: build it by osext_uls_extension() of CMake, or "
        "with -Wa,-mx86-used-note=yes");
  if (used & ~kGeneral)
    elf.refuse(
        "uses floating-point or vector registers, which are the interrupted program's: build it "
        "with -mgeneral-regs-only");
}

}  // namespace osext
