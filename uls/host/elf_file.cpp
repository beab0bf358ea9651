// SPDX-License-Identifier: GPL-2.0
#include "uls/host/elf_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "uls/host/object.h"

namespace osext {

void ElfFile::refuse(const std::string& why) const {
  throw UlsError(fmt::format("{}: {}", path_, why));
}

ElfFile::ElfFile(const std::string& path, std::string file) : path_(path), file_(std::move(file)) {
  check_header();
  if (elf_version(EV_CURRENT) == EV_NONE) refuse("libelf is too old to read it");
  elf_ = elf_memory(file_.data(), file_.size());
  if (!elf_) refuse(fmt::format("libelf cannot read it: {}", elf_errmsg(-1)));
  try {
    read_sections();
    check_overlaps();
  } catch (...) {
    elf_end(elf_);
    throw;
  }
}

ElfFile::~ElfFile() {
  elf_end(elf_);
}

// Before libelf sees it: the table of sections lies in the file.
void ElfFile::check_header() {
  Elf64_Ehdr header;
  if (file_.size() < sizeof header || std::memcmp(file_.data(), ELFMAG, SELFMAG) != 0)
    refuse("is no ELF file: build it by osext_uls_extension() of CMake");
  std::memcpy(&header, file_.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT ||
      header.e_machine != EM_X86_64)
    refuse("is not for 64-bit x86: build it for this machine");
  if (header.e_type == ET_DYN)
    refuse(
        "is a shared object or a program, whose code and data keep their distance: an extension "
        "is a relocatable object (ld -r), as osext_uls_extension() of CMake makes it");
  if (header.e_type != ET_REL)
    refuse("is no relocatable object: build it by osext_uls_extension() of CMake");
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0 || header.e_shoff % 8 != 0 ||
      header.e_shoff > file_.size() ||
      header.e_shnum > (file_.size() - header.e_shoff) / sizeof(Elf64_Shdr) ||
      header.e_shstrndx >= header.e_shnum)
    refuse("is cut short or damaged: its table of sections lies outside of it");
}

void ElfFile::read_sections() {
  std::size_t names, count;
  if (elf_getshdrstrndx(elf_, &names) != 0 || elf_getshdrnum(elf_, &count) != 0)
    refuse(fmt::format("libelf cannot read it: {}", elf_errmsg(-1)));
  for (std::size_t index = 0; index < count; ++index) {
    ElfSection section{};
    Elf_Scn* scn = elf_getscn(elf_, index);
    if (!scn || !gelf_getshdr(scn, &section.header))
      refuse(fmt::format("libelf cannot read section {}: {}", index, elf_errmsg(-1)));
    const GElf_Shdr& header = section.header;
    if (index > 0 && header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL &&
        header.sh_size > 0) {
      if (header.sh_offset > file_.size() || header.sh_size > file_.size() - header.sh_offset)
        refuse(fmt::format("is cut short or damaged: section {} lies outside of it", index));
      section.bytes = file_.data() + header.sh_offset;
    }
    sections_.push_back(section);
  }
  for (ElfSection& section : sections_) section.name = string(names, section.header.sh_name);
}

void ElfFile::check_overlaps() const {
  std::vector<const ElfSection*> filled;
  for (const ElfSection& section : sections_)
    if (section.bytes) filled.push_back(&section);
  std::sort(filled.begin(), filled.end(), [](const ElfSection* a, const ElfSection* b) {
    return a->header.sh_offset < b->header.sh_offset;
  });
  for (std::size_t i = 1; i < filled.size(); ++i)
    if (filled[i]->header.sh_offset - filled[i - 1]->header.sh_offset <
        filled[i - 1]->header.sh_size)
      refuse(fmt::format("is damaged: its sections {} and {} overlap", filled[i - 1]->name,
                         filled[i]->name));
}

std::string ElfFile::string(std::size_t table, std::size_t offset) const {
  if (table >= sections_.size() || sections_[table].header.sh_type != SHT_STRTAB)
    refuse(fmt::format("is damaged: section {} is no table of strings", table));
  const ElfSection& section = sections_[table];
  if (!section.bytes || offset >= section.header.sh_size)
    refuse("is damaged: a name lies outside of its table");
  const char* begin = section.bytes + offset;
  const void* end = std::memchr(begin, 0, section.header.sh_size - offset);
  if (!end) refuse("is damaged: a name has no end");
  return {begin, static_cast<const char*>(end)};
}

std::size_t ElfFile::count(const ElfSection& section, std::size_t entry_bytes) const {
  if (section.header.sh_entsize != entry_bytes || section.header.sh_size % entry_bytes != 0 ||
      (section.header.sh_size > 0 && !section.bytes))
    refuse(fmt::format("is damaged: the table {} has entries of the wrong size", section.name));
  return section.header.sh_size / entry_bytes;
}

void ElfFile::copy(const ElfSection& section, void* to, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, section.bytes, bytes);
}

}  // namespace osext
