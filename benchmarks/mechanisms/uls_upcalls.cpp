// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_upcalls.h"

#include <fmt/core.h>
#include <osext/marker.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <vector>

// What runs in the sandbox, position-independent; the first word becomes the address of its data,
// Upcalls::Noted.  The walks are those of workloads/working_set.h.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_code:
  .quad 0
osext_uls_reload:
  movq osext_uls_code(%rip), %rcx
  movq 24(%rcx), %rsi
  movq 32(%rcx), %rax
1:
  movq (%rax), %rax
  decq %rsi
  jnz 1b
  call *40(%rcx)
osext_uls_one_way:
  .byte 0x0f, 0x1f, 0x84, 0x00, 1, 0x4f, 0x53, 0x58  # OSEXT_MARK(OSEXT_MARK_END)
  rdtscp
  shlq $32, %rdx
  orq %rdx, %rax
  movq osext_uls_code(%rip), %rcx
  movq %rax, 8(%rcx)
  movq 40(%rdi), %rax  # struct osext_uls_record: stamp
  movq %rax, 16(%rcx)
  incq (%rcx)
  ret
osext_uls_round_trip:
  movq osext_uls_code(%rip), %rcx
  incq (%rcx)
  ret
osext_uls_code_end:
  .text
)");
extern "C" const char osext_uls_code[], osext_uls_one_way[], osext_uls_reload[],
    osext_uls_round_trip[], osext_uls_code_end[];

namespace osext {
namespace {

static_assert(OSEXT_MARK_END == 1 && offsetof(osext_uls_record, stamp) == 40);

constexpr std::uint64_t kBudgetNs = 10'000'000;
constexpr std::size_t kDataPages = 32, kCodePages = 64;

const char* code_of(UlsEntry entry) {
  return entry == UlsEntry::one_way  ? osext_uls_one_way
         : entry == UlsEntry::reload ? osext_uls_reload
                                     : osext_uls_round_trip;
}

}  // namespace

UlsWorkingSet::UlsWorkingSet()
    : data_pages_(PageKind::data, kDataPages), code_pages_(PageKind::code, kCodePages) {
  data_pages_.visit([this](auto walk) {
    if constexpr (std::is_same_v<decltype(walk), WorkingSet::DataWalk>) data = walk;
  });
  code_pages_.visit([this](auto walk) {
    if constexpr (std::is_same_v<decltype(walk), WorkingSet::CodeWalk>) code = walk;
  });
}

Upcalls::Upcalls(UlsEntry entry, const UlsBinding& binding, const UlsWorkingSet* pages) {
  const std::size_t bytes = osext_uls_code_end - osext_uls_code;
  loaded_ = sandbox_.load({.name = "primitive_cost",
                           .code_bytes = static_cast<std::uint32_t>(bytes),
                           .data_bytes = sizeof(Noted),
                           .budget_ns = kBudgetNs});
  std::vector<char> image(osext_uls_code, osext_uls_code_end);
  const std::uint64_t data = loaded_.data;
  std::memcpy(image.data(), &data, sizeof data);
  sandbox_.write(loaded_.id, loaded_.code, image.data(), bytes);
  Noted noted{};
  if (pages) {
    noted.pages = pages->data.pages;
    noted.first_page = reinterpret_cast<std::uint64_t>(pages->data.first);
    noted.first_jump = reinterpret_cast<std::uint64_t>(pages->code.first);
  }
  sandbox_.write(loaded_.id, loaded_.data, &noted, sizeof noted);
  sandbox_.start(loaded_.id, loaded_.code + (code_of(entry) - osext_uls_code));
  sandbox_.join();
  sandbox_.bind(loaded_.id, binding);
}

Upcalls::~Upcalls() {
  try {
    sandbox_.leave();
  } catch (const std::exception&) {
    // The process ends soon, and with it the mapping.
  }
}

Upcalls::Noted Upcalls::noted() {
  Noted noted;
  sandbox_.read(loaded_.id, loaded_.data, &noted, sizeof noted);
  return noted;
}

osext_uls_statistics Upcalls::check(std::uint64_t upcalls) {
  const osext_uls_statistics statistics = sandbox_.statistics(loaded_.id);
  if (noted().count != upcalls || statistics.upcalls != upcalls || statistics.returns != upcalls)
    throw std::runtime_error(fmt::format("{} upcalls, {} returned, of {}", statistics.upcalls,
                                         statistics.returns, upcalls));
  return statistics;
}

}  // namespace osext
