// SPDX-License-Identifier: GPL-2.0
// libelf's view of a file in memory, whose sections are known to lie in the file and apart.
#pragma once

#include <gelf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace osext {

struct ElfSection {
  std::string name;
  GElf_Shdr header;
  const char* bytes;  // header.sh_size of them; null: SHT_NOBITS or empty
};

class ElfFile {
 public:
  // Throws UlsError unless it is a whole relocatable x86-64 object.
  ElfFile(const std::string& path, std::string file);
  ~ElfFile();
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  const std::vector<ElfSection>& sections() const { return sections_; }
  // A string of a string table; throws UlsError.
  std::string string(std::size_t table, std::size_t offset) const;
  // The entries of a table of Elf64 structures; throws UlsError.
  template <class Entry>
  std::vector<Entry> entries(const ElfSection& section) const {
    std::vector<Entry> result(count(section, sizeof(Entry)));
    copy(section, result.data(), result.size() * sizeof(Entry));
    return result;
  }
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  void check_header();
  void read_sections();
  void check_overlaps() const;
  std::size_t count(const ElfSection& section, std::size_t entry_bytes) const;
  static void copy(const ElfSection& section, void* to, std::size_t bytes);

  std::string path_, file_;
  Elf* elf_ = nullptr;
  std::vector<ElfSection> sections_;
};

}  // namespace osext
