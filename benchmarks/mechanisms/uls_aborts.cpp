// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_aborts.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/abort_cell.h"
#include "measure/tsc_probe.h"
#include "uls/host/sandbox.h"

// The extension: notes the time stamp, and goes on noting unless it is asked not to.  The first
// word becomes the address of its data, where the stamp lies.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_endless:
  .quad 0
osext_uls_endless_entry:  # rdi: struct osext_uls_record
  movq osext_uls_endless(%rip), %rsi
  rdtsc
  shlq $32, %rdx
  orq %rdx, %rax
  movq %rax, (%rsi)
  cmpq $0, 8(%rdi)  # value
  je 2f
1:
  rdtsc
  shlq $32, %rdx
  orq %rdx, %rax
  movq %rax, (%rsi)
  jmp 1b
2:
  ret
osext_uls_endless_end:
  .text
)");
extern "C" const char osext_uls_endless[], osext_uls_endless_entry[], osext_uls_endless_end[];

namespace osext {
namespace {

static_assert(offsetof(osext_uls_record, value) == 8);

enum : std::uint64_t { kReturn = 0, kRunAway = 1 };

class Endless {
 public:
  Endless(UlsSandbox& sandbox, std::uint64_t budget_ns) : sandbox_(sandbox) {
    const std::size_t bytes = osext_uls_endless_end - osext_uls_endless;
    loaded_ = sandbox.load({.name = "endless",
                            .code_bytes = static_cast<std::uint32_t>(bytes),
                            .data_bytes = sizeof(std::uint64_t),
                            .budget_ns = budget_ns});
    std::vector<char> image(osext_uls_endless, osext_uls_endless_end);
    const std::uint64_t data = loaded_.data;
    std::memcpy(image.data(), &data, sizeof data);
    sandbox.write(loaded_.id, loaded_.code, image.data(), bytes);
    sandbox.start(loaded_.id, loaded_.code + (osext_uls_endless_entry - osext_uls_endless));
  }
  Endless(const Endless&) = delete;
  Endless& operator=(const Endless&) = delete;
  ~Endless() { sandbox_.unload(loaded_.id); }

  ExtensionRun run_away() {
    const std::uint64_t begin = tsc_begin();
    const UlsAnswer answer = sandbox_.call(loaded_.id, 0, kRunAway);
    const std::uint64_t back = tsc_end();
    const std::uint64_t aborts = sandbox_.statistics(loaded_.id).aborts[OSEXT_ULS_ABORT_BUDGET];
    if (answer.error != -ECANCELED || aborts != 1)
      throw std::runtime_error(fmt::format("a runaway ended with {} and {} aborts for its budget",
                                           answer.error, aborts));
    std::uint64_t last = 0;
    sandbox_.read(loaded_.id, loaded_.data, &last, sizeof last);
    if (last < begin) throw std::runtime_error("a runaway did not run");
    return {begin, last, back};
  }

  void call(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i)
      if (const UlsAnswer answer = sandbox_.call(loaded_.id, 0, kReturn); answer.error != 0)
        throw std::runtime_error(fmt::format("a call failed: error {}", -answer.error));
  }

 private:
  UlsSandbox& sandbox_;
  osext_uls_load loaded_;
};

// This process as a host.
class Host {
 public:
  explicit Host(UlsSandbox& sandbox) : sandbox_(sandbox) { sandbox_.join(); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { sandbox_.leave(); }

 private:
  UlsSandbox& sandbox_;
};

}  // namespace

void measure_uls_aborts(const PlannedCell& plan, Sampler& sampler) {
  UlsSandbox sandbox;
  const Host host(sandbox);
  if (plan.cell.workload == "runaway") {
    // A new one each time: after a few aborts no event reaches an extension any more.
    measure_runaway(plan, sampler, [&](std::uint64_t budget_ns) {
      return Endless(sandbox, budget_ns).run_away();
    });
  } else {
    Endless extension(sandbox, budget_ns_of(plan.cell.params));
    measure_in_budget(plan, sampler, [&](std::uint64_t calls) { extension.call(calls); });
  }
}

}  // namespace osext
