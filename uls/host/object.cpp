// SPDX-License-Identifier: GPL-2.0
// What of an ELF object becomes an extension, and what makes it none.
#include "uls/host/object.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <osext/uls.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <tuple>

#include "uls/host/elf_file.h"
#include "uls/host/vector_note.h"

namespace osext {
namespace {

constexpr std::uintmax_t kFileMax = 16 << 20;
constexpr std::uint32_t kCodeMax = OSEXT_ULS_PAGE_BYTES - OSEXT_ULS_STUB_BYTES;
constexpr std::uint32_t kDataMax = OSEXT_ULS_PAGE_BYTES - OSEXT_ULS_RECORDS_BYTES;
constexpr std::uint32_t kAlignmentMax = 4096;                 // of the areas themselves
constexpr std::uint32_t kNowhere = UlsSymbol::kAbsolute - 1;  // not loaded

// Places in the areas follow one another in this order.
enum Kind { kExecuted, kOnlyRead, kConstructors, kWritten, kZeroes };

class Reader {
 public:
  Reader(const std::string& path, const std::string& file) : elf_(path, file) {
    object_.path = path;
  }

  UlsObject read() {
    check_vector_note(elf_);
    place_sections();
    read_symbols();
    read_relocations();
    return std::move(object_);
  }

 private:
  // False: it is not needed in memory.
  bool kind_of(const ElfSection& section, Kind& kind) const;
  void place_sections();
  void place(std::size_t index, Kind kind);
  void read_symbols();
  void read_relocations();
  void read_table(const ElfSection& table);
  UlsSymbol define(const Elf64_Sym& symbol, const std::string& name) const;

  ElfFile elf_;
  UlsObject object_;
  std::vector<std::uint32_t> placed_;  // by index in the file: index in the object, or kNowhere
  std::vector<Elf64_Sym> symbols_;
  std::vector<std::string> symbol_names_;
  std::size_t symbol_table_ = 0;
};

bool Reader::kind_of(const ElfSection& section, Kind& kind) const {
  const GElf_Shdr& header = section.header;
  // Tables for exceptions and debuggers.
  if (!(header.sh_flags & SHF_ALLOC) || header.sh_type == SHT_NOTE ||
      header.sh_type == SHT_X86_64_UNWIND || section.name == ".eh_frame")
    return false;
  if (header.sh_flags & SHF_TLS)
    elf_.refuse(
        fmt::format("section {} is thread-local, and an extension has no threads: remove "
                    "thread_local",
                    section.name));
  if (header.sh_flags & SHF_COMPRESSED)
    elf_.refuse(fmt::format("section {} is compressed", section.name));
  const bool writable = header.sh_flags & SHF_WRITE, executable = header.sh_flags & SHF_EXECINSTR;
  if (writable && executable)
    elf_.refuse(
        fmt::format("section {} is both written and executed, and the sandbox has no such "
                    "memory: separate code from data",
                    section.name));
  switch (header.sh_type) {
    case SHT_PROGBITS:
      kind = executable ? kExecuted : writable ? kWritten : kOnlyRead;
      return true;
    case SHT_NOBITS:
      if (!writable)
        elf_.refuse(fmt::format("section {} has no contents and is never written", section.name));
      kind = kZeroes;
      return true;
    case SHT_INIT_ARRAY:
      if (header.sh_size % 8 != 0) elf_.refuse("is damaged: half a constructor");
      kind = kConstructors;
      return true;
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
      elf_.refuse(fmt::format("section {} has no meaning here: an extension ends by being unloaded",
                              section.name));
    default:
      elf_.refuse(
          fmt::format("section {} is of the unknown type {}", section.name, header.sh_type));
  }
}

void Reader::place(std::size_t index, Kind kind) {
  const ElfSection& section = elf_.sections()[index];
  const bool code = kind <= kOnlyRead;
  const std::uint64_t alignment = std::max<std::uint64_t>(section.header.sh_addralign, 1);
  if (alignment > kAlignmentMax || (alignment & (alignment - 1)) != 0)
    elf_.refuse(
        fmt::format("section {} wants to be aligned to {}: a power of two up to {} is possible",
                    section.name, alignment, kAlignmentMax));
  std::uint32_t& end = code ? object_.code_bytes : object_.data_bytes;
  const std::uint32_t most = code ? kCodeMax : kDataMax;
  const std::uint64_t offset = (end + alignment - 1) / alignment * alignment;
  if (offset > most || section.header.sh_size > most - offset)
    elf_.refuse(
        fmt::format("has too much {}: there is room for {} bytes of all extensions together",
                    code ? "code" : "data", most));
  end = static_cast<std::uint32_t>(offset + section.header.sh_size);
  placed_[index] = static_cast<std::uint32_t>(object_.sections.size());
  object_.sections.push_back(
      {section.name, code, static_cast<std::uint32_t>(offset),
       static_cast<std::uint32_t>(section.header.sh_size),
       section.bytes ? std::string(section.bytes, section.header.sh_size) : std::string()});
  if (kind == kConstructors) {
    if (object_.constructors_end == object_.constructors_begin)
      object_.constructors_begin = object_.sections.back().offset;
    object_.constructors_end = end;
  }
}

void Reader::place_sections() {
  struct Wanted {
    Kind kind;
    std::string order;  // of constructors: .init_array.N by rising N, .init_array last
    std::size_t index;
  };
  std::vector<Wanted> wanted;
  const auto& sections = elf_.sections();
  placed_.assign(sections.size(), kNowhere);
  for (std::size_t index = 1; index < sections.size(); ++index) {
    Kind kind;
    if (!kind_of(sections[index], kind)) continue;
    std::string order;
    if (kind == kConstructors) {
      if (sections[index].header.sh_size == 0) continue;
      if (sections[index].header.sh_addralign != 8)
        elf_.refuse("is damaged: constructors that are not aligned");
      order = sections[index].name == ".init_array" ? "~" : sections[index].name;
    }
    wanted.push_back({kind, order, index});
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
    return std::tie(a.kind, a.order) < std::tie(b.kind, b.order);
  });
  for (const Wanted& one : wanted) place(one.index, one.kind);
  if (object_.code_bytes == 0) elf_.refuse("has no code");
}

UlsSymbol Reader::define(const Elf64_Sym& symbol, const std::string& name) const {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  if (type == STT_TLS) elf_.refuse(fmt::format("{} is thread-local: remove thread_local", name));
  if (type == STT_GNU_IFUNC)
    elf_.refuse(fmt::format("{} is chosen at load (ifunc), which is not possible here", name));
  if (symbol.st_shndx == SHN_ABS) return {UlsSymbol::kAbsolute, symbol.st_value, symbol.st_size};
  // Undefined and weak: null.  What else is undefined has been refused.
  if (symbol.st_shndx == SHN_UNDEF) return {UlsSymbol::kAbsolute, 0, 0};
  if (symbol.st_shndx == SHN_COMMON)
    elf_.refuse(fmt::format("{} is a common symbol: build with -fno-common", name));
  if (symbol.st_shndx >= placed_.size())
    elf_.refuse(fmt::format("is damaged: {} is in no section", name));
  const std::uint32_t section = placed_[symbol.st_shndx];
  if (section == kNowhere) return {kNowhere, 0, 0};
  const std::uint32_t bytes = object_.sections[section].bytes;
  if (symbol.st_value > bytes || symbol.st_size > bytes - symbol.st_value)
    elf_.refuse(fmt::format("is damaged: {} lies outside of its section", name));
  return {section, symbol.st_value, symbol.st_size};
}

void Reader::read_symbols() {
  const auto& sections = elf_.sections();
  for (std::size_t index = 1; index < sections.size(); ++index) {
    if (sections[index].header.sh_type != SHT_SYMTAB) continue;
    if (symbol_table_) elf_.refuse("is damaged: two tables of symbols");
    symbol_table_ = index;
  }
  if (!symbol_table_) elf_.refuse("has no symbols, so its entry is unknown: do not strip it");
  symbols_ = elf_.entries<Elf64_Sym>(sections[symbol_table_]);
  std::vector<std::string> undefined;
  for (std::size_t index = 0; index < symbols_.size(); ++index) {
    const Elf64_Sym& symbol = symbols_[index];
    const std::string name = elf_.string(sections[symbol_table_].header.sh_link, symbol.st_name);
    symbol_names_.push_back(name);
    const unsigned binding = ELF64_ST_BIND(symbol.st_info);
    if (index == 0 || binding == STB_LOCAL) continue;
    if (symbol.st_shndx == SHN_UNDEF) {
      // Uses of the global offset table have better words of their own.
      if (binding != STB_WEAK && name != "_GLOBAL_OFFSET_TABLE_") undefined.push_back(name);
      continue;
    }
    const UlsSymbol defined = define(symbol, name);
    if (defined.section == kNowhere) continue;
    if (!object_.symbols.emplace(name, defined).second)
      elf_.refuse(fmt::format("is damaged: {} is defined twice", name));
  }
  if (!undefined.empty())
    elf_.refuse(
        fmt::format("calls what is nowhere: {}. An extension has its own sources and what "
                    "uls/runtime/libc.h offers",
                    fmt::join(undefined, ", ")));
}

void Reader::read_table(const ElfSection& table) {
  const GElf_Shdr& header = table.header;
  if (header.sh_info >= placed_.size())
    elf_.refuse(fmt::format("is damaged: {} is about no section", table.name));
  const std::uint32_t section = placed_[header.sh_info];
  if (section == kNowhere) return;
  if (header.sh_type == SHT_REL)
    elf_.refuse(fmt::format("{} has no addends: not for x86-64", table.name));
  if (header.sh_link != symbol_table_)
    elf_.refuse(fmt::format("is damaged: {} has other symbols", table.name));
  for (const Elf64_Rela& entry : elf_.entries<Elf64_Rela>(table)) {
    const std::size_t index = ELF64_R_SYM(entry.r_info);
    if (index >= symbols_.size())
      elf_.refuse(fmt::format("is damaged: {} names no symbol", table.name));
    UlsRelocation relocation{};
    relocation.section = section;
    relocation.type = ELF64_R_TYPE(entry.r_info);
    relocation.symbol = define(symbols_[index], symbol_names_[index]);
    relocation.name = symbol_names_[index];
    if (relocation.name.empty() && relocation.symbol.section < object_.sections.size())
      relocation.name = object_.sections[relocation.symbol.section].name;
    if (relocation.symbol.section == kNowhere)
      elf_.refuse(fmt::format("{} needs section {}, which is not loaded", table.name,
                              elf_.sections()[symbols_[index].st_shndx].name));
    relocation.addend = entry.r_addend;
    // Here, and not where it is applied, because it must fit into 32 bits.
    if (entry.r_offset >= object_.sections[section].bytes)
      elf_.refuse(fmt::format("is damaged: {} changes what is outside of the section", table.name));
    relocation.offset = static_cast<std::uint32_t>(entry.r_offset);
    object_.relocations.push_back(std::move(relocation));
  }
}

void Reader::read_relocations() {
  for (const ElfSection& section : elf_.sections())
    if (section.header.sh_type == SHT_RELA || section.header.sh_type == SHT_REL)
      read_table(section);
}

}  // namespace

UlsObject parse_uls_object(const std::string& path, const std::string& file) {
  return Reader(path, file).read();
}

UlsObject read_uls_object(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw UlsError(fmt::format("{}: {}", path, error ? error.message() : "is no file"));
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (!error && bytes > kFileMax)
    throw UlsError(fmt::format("{}: has {} bytes, too many for an extension", path, bytes));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream contents;
  if (error || !file || !(bytes == 0 || contents << file.rdbuf()))
    throw UlsError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  return parse_uls_object(path, contents.str());
}

}  // namespace osext
