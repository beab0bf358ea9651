// SPDX-License-Identifier: GPL-2.0
// An extension at its addresses: the bytes of its two areas, relocated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "uls/host/object.h"

namespace osext {

// Memory that several extensions share, at the same address in all.
struct UlsSegment {
  std::int32_t key;
  std::uint32_t address, bytes;
};

struct UlsPlace {
  std::uint32_t code, data;  // where the areas begin
  std::uint32_t data_bytes;  // variables and, from the next page on, heap
};

struct UlsImage {
  std::string code, data;
  std::uint32_t entry;
};

struct UlsVariable {
  std::uint32_t address;
  std::uint32_t bytes;  // 0: its size is not known
};

// The size of a data area with so much heap behind the variables: whole pages.
std::uint32_t uls_data_bytes(const UlsObject& object, std::uint32_t heap_bytes);
// Throws UlsError without UlsImage::entry and what else can be known before there are addresses.
void check_uls_entry(const UlsObject& object);
// Throws UlsError.
UlsImage relocate_uls(const UlsObject& object, const UlsPlace& place,
                      const std::vector<UlsSegment>& segments);
std::optional<UlsVariable> find_uls_variable(const UlsObject& object, const UlsPlace& place,
                                             const std::string& name);

}  // namespace osext
