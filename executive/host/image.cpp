// SPDX-License-Identifier: GPL-2.0
// Reading the executive's ELF file.

#include "executive/host/image.h"

#include <elf.h>
#include <fmt/format.h>
#include <osext/hijack.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace osext {

namespace {

constexpr std::uint64_t kFirst = OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_SHARED_BYTES;
// Heap, guard page and stack come behind the image.
constexpr std::uint64_t kLast = OSEXT_EXECUTIVE_BASE + OSEXT_HIJACK_REGION_MAX_BYTES - (2UL << 20);
constexpr std::uint64_t kPage = 4096;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(
        fmt::format("cannot read the executive {}: {}", path, std::strerror(errno)));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

ExecutiveSegment read_segment(const std::string& path, const std::string& file,
                              const Elf64_Phdr& header) {
  if (header.p_vaddr < kFirst || header.p_vaddr > kLast ||
      header.p_memsz > kLast - header.p_vaddr || header.p_vaddr % kPage)
    throw std::runtime_error(
        fmt::format("{} has a segment outside of the executive's region", path));
  if (header.p_filesz > header.p_memsz || header.p_offset > file.size() ||
      header.p_filesz > file.size() - header.p_offset)
    throw std::runtime_error(fmt::format("{} is cut short", path));
  int protection = 0;
  protection |= header.p_flags & PF_R ? PROT_READ : 0;
  protection |= header.p_flags & PF_W ? PROT_WRITE : 0;
  protection |= header.p_flags & PF_X ? PROT_EXEC : 0;
  return {header.p_vaddr, header.p_memsz, protection,
          file.substr(header.p_offset, header.p_filesz)};
}

}  // namespace

ExecutiveImage read_executive(const std::string& path) {
  const std::string file = read_file(path);
  Elf64_Ehdr header;
  if (file.size() < sizeof(header))
    throw std::runtime_error(fmt::format("{} is not an executive: too short", path));
  std::memcpy(&header, file.data(), sizeof(header));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_EXEC ||
      header.e_machine != EM_X86_64 || header.e_phentsize != sizeof(Elf64_Phdr))
    throw std::runtime_error(
        fmt::format("{} is not an executive: no static x86-64 ELF program", path));
  ExecutiveImage image{header.e_entry, kFirst, {}};
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr program;
    if (header.e_phoff > file.size() || (i + 1) * sizeof(program) > file.size() - header.e_phoff)
      throw std::runtime_error(fmt::format("{} is cut short", path));
    std::memcpy(&program, file.data() + header.e_phoff + i * sizeof(program), sizeof(program));
    if (program.p_type != PT_LOAD || program.p_memsz == 0) continue;
    image.segments.push_back(read_segment(path, file, program));
    image.end =
        std::max(image.end, (program.p_vaddr + program.p_memsz + kPage - 1) / kPage * kPage);
  }
  if (image.start < kFirst || image.start >= image.end)
    throw std::runtime_error(
        fmt::format("{} is not an executive: its entry lies outside of it", path));
  return image;
}

}  // namespace osext
