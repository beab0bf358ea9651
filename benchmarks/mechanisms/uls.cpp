// SPDX-License-Identifier: GPL-2.0
// Mechanism uls: events interrupt this process, which has joined the sandbox, and run a small
// extension there (slides, "ULS Benchmarks").
//
// The extension counts upcalls and notes when it began, so that its count and the module's own
// prove how often it ran. mode=us loads the module so that it closes the sandbox by the user bit
// alone; mode=present clears the entries. by=iret enters the sandbox by IRET where SYSRET would do.
//
// upcall: from the module's handler, where the CPU is about to return to user mode, to the first
// instruction in the sandbox. upcall_timer: from the callback of a timer that interrupts this
// process in user mode. upcall_return: this process raises an event and goes on after the upcall.
#include <fmt/core.h>
#include <osext/marker.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanism.h"
#include "benchmarks/mechanisms/kernel_module.h"
#include "measure/tsc_probe.h"
#include "uls/host/sandbox.h"
#include "workloads/null_syscall.h"
#include "workloads/system_call.h"

// What runs in the sandbox, position-independent; the first word becomes the address of its data:
// its count of upcalls, and the time stamps of the last one's beginning and of its event.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_code:
  .quad 0
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
extern "C" const char osext_uls_code[], osext_uls_one_way[], osext_uls_round_trip[],
    osext_uls_code_end[];

namespace osext {
namespace {

static_assert(OSEXT_MARK_END == 1 && offsetof(osext_uls_record, stamp) == 40);

constexpr std::uint64_t kBudgetNs = 10'000'000;
constexpr std::uint64_t kPeriodNs = 200'000;
constexpr std::uint32_t kNumber = 1;

struct Noted {  // the extension's data
  std::uint64_t count, began, event;
};

// The extension, in the sandbox that this process has joined, while it lives.
class Upcalls {
 public:
  Upcalls(const char* entry, const UlsBinding& binding) {
    const std::size_t bytes = osext_uls_code_end - osext_uls_code;
    loaded_ = sandbox_.load({.name = "primitive_cost",
                             .code_bytes = static_cast<std::uint32_t>(bytes),
                             .data_bytes = sizeof(Noted),
                             .budget_ns = kBudgetNs});
    std::vector<char> image(osext_uls_code, osext_uls_code_end);
    const std::uint64_t data = loaded_.data;
    std::memcpy(image.data(), &data, sizeof data);
    sandbox_.write(loaded_.id, loaded_.code, image.data(), bytes);
    sandbox_.start(loaded_.id, loaded_.code + (entry - osext_uls_code));
    sandbox_.join();
    sandbox_.bind(loaded_.id, binding);
  }
  ~Upcalls() {
    try {
      sandbox_.leave();
    } catch (const std::exception&) {
      // The process ends soon, and with it the mapping.
    }
  }

  Noted noted() {
    Noted noted;
    sandbox_.read(loaded_.id, loaded_.data, &noted, sizeof noted);
    return noted;
  }

  // The extension's own count and the module's must both say `upcalls`, none aborted.
  osext_uls_statistics check(std::uint64_t upcalls) {
    const osext_uls_statistics statistics = sandbox_.statistics(loaded_.id);
    if (noted().count != upcalls || statistics.upcalls != upcalls || statistics.returns != upcalls)
      throw std::runtime_error(fmt::format("{} upcalls, {} returned, of {}", statistics.upcalls,
                                           statistics.returns, upcalls));
    return statistics;
  }

  [[gnu::always_inline]] long raise(osext_uls_raise& event) {
    event.id = loaded_.id;
    return system_call(SYS_ioctl, sandbox_.descriptor(), OSEXT_ULS_RAISE,
                       reinterpret_cast<long>(&event));
  }

 private:
  UlsSandbox sandbox_;
  osext_uls_load loaded_;
};

class Uls : public Mechanism {
 public:
  std::string probe(const Environment& env) override {
    if (env.modules.empty()) return "kernel modules may not be loaded here";
    if (access(module_file(env).c_str(), R_OK) != 0)
      return fmt::format("there is no module {}: run the set-up", module_file(env));
    if (geteuid() != 0) return "loading a module needs root";
    return "";
  }

  void setup(const Environment& env) override {
    module_file_ = module_file(env);
    load("mode=present");
  }

  void teardown() override { unload(); }

  void measure(const PlannedCell& plan, Sampler& sampler) override {
    const Params& params = plan.cell.params;
    if (plan.phase == Phase::ready)
      load("mode=" + (params.contains("mode") ? params.at("mode") : "present"));
    const std::string& workload = plan.cell.workload;
    const std::uint32_t by =
        params.contains("by") && params.at("by") == "iret" ? OSEXT_ULS_BY_IRET : 0;
    if (workload == "null_syscall") return null_syscall(sampler, plan.series);
    if (workload == "upcall") return one_way(sampler, plan.series, by);
    if (workload == "upcall_timer") return by_timer(sampler, plan.series);
    if (workload == "upcall_return") return round_trip(sampler, plan.series, by);
    throw std::runtime_error(fmt::format("uls does not measure {}", workload));
  }

 private:
  static void one_way(Sampler& sampler, const Series& series, std::uint32_t by) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(osext_uls_one_way, {.number = kNumber, .flags = by | OSEXT_ULS_MARK_UPCALL});
      osext_uls_raise event{0, kNumber, 0};
      for (std::uint64_t i = 0; i < pairs; ++i) {
        upcalls.raise(event);
        stamped(probe, upcalls, sampler.markers());
      }
      upcalls.check(pairs);
    });
  }

  static void by_timer(Sampler& sampler, const Series& series) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(osext_uls_one_way, {.kind = OSEXT_ULS_TIMER,
                                          .number = kNumber,
                                          .flags = OSEXT_ULS_MARK_EVENT,
                                          .period_ns = kPeriodNs,
                                          .count = pairs});
      for (std::uint64_t seen = 0; seen < pairs;) {
        for (int i = 0; i < 10'000; ++i) asm volatile("" ::: "memory");
        const std::uint64_t now = upcalls.noted().count;
        // By time stamps an upcall is read before the next one; two in one look would be one lost.
        if (!sampler.markers() && now > seen + 1)
          throw std::runtime_error("upcalls follow each other too fast to be read");
        if (now > seen) stamped(probe, upcalls, sampler.markers());
        seen = now;
      }
      const osext_uls_statistics statistics = upcalls.check(pairs);
      sampler.fact("direct", static_cast<std::int64_t>(statistics.direct));
    });
  }

  static void round_trip(Sampler& sampler, const Series& series, std::uint32_t by) {
    sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
      Upcalls upcalls(osext_uls_round_trip, {.number = kNumber, .flags = by});
      osext_uls_raise event{0, kNumber, 0};
      for (std::uint64_t i = 0; i < pairs; ++i) {
        probe.begin();
        upcalls.raise(event);
        probe.end();
      }
      upcalls.check(pairs);
    });
  }

  // Both ends of the operation lie elsewhere: what they noted.
  template <class Probe>
  static void stamped(Probe& probe, Upcalls& upcalls, bool markers) {
    if (markers) return;
    const Noted noted = upcalls.noted();
    probe.ended_elsewhere(noted.began);
    probe.began_elsewhere(noted.event);
  }

  void unload() {
    loaded_.reset();
    if (!module_.unload()) throw std::runtime_error("the kernel does not unload osext_uls");
  }

  // Loads the module with other parameters than it has; after a failure there is none.
  void load(const std::string& parameters) {
    if (loaded_ == parameters) return;
    unload();
    module_.load(module_file_, "osext_uls", parameters);
    loaded_ = parameters;
  }

  static std::string module_file(const Environment& env) { return env.modules + "/osext_uls.ko"; }

  std::string module_file_;
  std::optional<std::string> loaded_;  // the module, with these parameters
  KernelModule module_;
};

const RegisterMechanism registered("uls", [] { return std::make_unique<Uls>(); });

}  // namespace
}  // namespace osext
