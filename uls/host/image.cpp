// SPDX-License-Identifier: GPL-2.0
#include "uls/host/image.h"

#include <elf.h>
#include <fmt/format.h>
#include <osext/uls.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "uls/runtime/area.h"

namespace osext {
namespace {

constexpr std::uint32_t kPage = 4096;

[[noreturn]] void refuse(const UlsObject& object, const std::string& why) {
  throw UlsError(fmt::format("{}: {}", object.path, why));
}

std::uint32_t whole_pages(std::uint32_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

std::uint64_t address_of(const UlsObject& object, const UlsPlace& place, const UlsSymbol& symbol) {
  if (symbol.section == UlsSymbol::kAbsolute) return symbol.value;
  const UlsSection& section = object.sections[symbol.section];
  return (section.code ? place.code : place.data) + std::uint64_t{section.offset} + symbol.value;
}

const UlsSymbol* find(const UlsObject& object, const char* name) {
  const auto found = object.symbols.find(name);
  return found == object.symbols.end() ? nullptr : &found->second;
}

void apply(const UlsObject& object, const UlsPlace& place, const UlsRelocation& relocation,
           UlsImage& image) {
  const UlsSection& section = object.sections[relocation.section];
  std::string& area = section.code ? image.code : image.data;
  const std::uint32_t at = section.offset + relocation.offset;
  const std::uint64_t here = (section.code ? place.code : place.data) + std::uint64_t{at};
  // Sums wrap around, as the architecture's do.
  std::uint64_t value =
      address_of(object, place, relocation.symbol) + static_cast<std::uint64_t>(relocation.addend);
  unsigned width = 4;
  bool fits = true;
  const auto is_signed_32 = [](std::uint64_t number) {
    return number ==
           static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(number)));
  };
  switch (relocation.type) {
    case R_X86_64_NONE:
      return;
    case R_X86_64_PC64:
      value -= here;
      [[fallthrough]];
    case R_X86_64_64:
      width = 8;
      break;
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
      value -= here;
      fits = is_signed_32(value);
      break;
    case R_X86_64_32S:
      fits = is_signed_32(value);
      break;
    case R_X86_64_32:
      fits = value <= std::numeric_limits<std::uint32_t>::max();
      break;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      refuse(object, fmt::format("reaches {} through a table (GOT): build it with -fno-pic",
                                 relocation.name));
    default:
      refuse(object, fmt::format("refers to {} in a way that the loader does not know "
                                 "(relocation type {}): build it with -fno-pic -mcmodel=small",
                                 relocation.name, relocation.type));
  }
  if (section.contents.empty() || relocation.offset > section.bytes ||
      width > section.bytes - relocation.offset)
    refuse(object, fmt::format("is damaged: an address lies outside of section {}", section.name));
  if (!fits)
    refuse(object, fmt::format("{} is too far away for its use in section {}", relocation.name,
                               section.name));
  std::memcpy(area.data() + at, &value, width);
}

// What the runtime wants to know, where it has a place for it.
void fill_area(const UlsObject& object, const UlsPlace& place,
               const std::vector<UlsSegment>& segments, UlsImage& image) {
  const UlsSymbol* symbol = find(object, OSEXT_ULS_AREA_SYMBOL);
  if (!symbol) return;
  uls::Area area{};
  area.heap_begin = place.data + whole_pages(object.data_bytes);
  area.heap_end = std::max<std::uint64_t>(place.data + place.data_bytes, area.heap_begin);
  area.constructors_begin = place.data + object.constructors_begin;
  area.constructors_end = place.data + object.constructors_end;
  if (segments.size() > uls::Area::kSegmentsMax)
    refuse(object, fmt::format("cannot share more than {} segments", uls::Area::kSegmentsMax));
  for (const UlsSegment& segment : segments)
    area.segments[area.segment_count++] = {segment.address, segment.bytes, segment.key};
  std::memcpy(image.data.data() + object.sections[symbol->section].offset + symbol->value, &area,
              sizeof area);
}

}  // namespace

std::uint32_t uls_data_bytes(const UlsObject& object, std::uint32_t heap_bytes) {
  const std::uint64_t bytes = std::uint64_t{whole_pages(object.data_bytes)} + heap_bytes;
  if (heap_bytes % kPage != 0 || bytes > OSEXT_ULS_PAGE_BYTES)
    refuse(object, fmt::format("a heap of {} bytes is not possible: whole pages of {} bytes, and "
                               "all data of all extensions in {} bytes",
                               heap_bytes, kPage, OSEXT_ULS_PAGE_BYTES));
  return static_cast<std::uint32_t>(bytes);
}

void check_uls_entry(const UlsObject& object) {
  const UlsSymbol* entry = find(object, OSEXT_ULS_ENTRY_SYMBOL);
  if (!entry || entry->section == UlsSymbol::kAbsolute || !object.sections[entry->section].code ||
      entry->value >= object.sections[entry->section].bytes)
    refuse(object, "has no function " OSEXT_ULS_ENTRY_SYMBOL
                   " where upcalls enter: build it by osext_uls_extension() of CMake");
  const UlsSymbol* area = find(object, OSEXT_ULS_AREA_SYMBOL);
  if (area && (area->section == UlsSymbol::kAbsolute || object.sections[area->section].code ||
               area->bytes != sizeof(uls::Area)))
    refuse(object, "was built with another version of uls/runtime: build it again");
  if (!area && object.constructors_end > object.constructors_begin)
    refuse(object,
           "has constructors, but no runtime that calls them: build it by "
           "osext_uls_extension() of CMake");
}

UlsImage relocate_uls(const UlsObject& object, const UlsPlace& place,
                      const std::vector<UlsSegment>& segments) {
  check_uls_entry(object);
  UlsImage image;
  image.code.resize(object.code_bytes);
  image.data.resize(object.data_bytes);
  for (const UlsSection& section : object.sections)
    std::copy(section.contents.begin(), section.contents.end(),
              (section.code ? image.code : image.data).begin() + section.offset);
  for (const UlsRelocation& relocation : object.relocations)
    apply(object, place, relocation, image);
  fill_area(object, place, segments, image);
  image.entry =
      static_cast<std::uint32_t>(address_of(object, place, *find(object, OSEXT_ULS_ENTRY_SYMBOL)));
  return image;
}

std::optional<UlsVariable> find_uls_variable(const UlsObject& object, const UlsPlace& place,
                                             const std::string& name) {
  const UlsSymbol* symbol = find(object, name.c_str());
  if (!symbol || symbol->section == UlsSymbol::kAbsolute) return std::nullopt;
  return UlsVariable{static_cast<std::uint32_t>(address_of(object, place, *symbol)),
                     static_cast<std::uint32_t>(symbol->bytes)};
}

}  // namespace osext
