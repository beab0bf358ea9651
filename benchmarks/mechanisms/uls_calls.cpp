// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_calls.h"

#include <fmt/core.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/working_set_cell.h"
#include "uls/host/call.h"
#include "uls/host/sandbox.h"
#include "workloads/rpc_pipes.h"
#include "workloads/system_call.h"

// What runs in the sandbox, position-independent; the first word becomes the address of its data
// (Served). The answer to a message is five times it and three.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_served:
  .quad 0
osext_uls_answer:  # rdi: struct osext_uls_record
  movq osext_uls_served(%rip), %rcx
  incq (%rcx)
  movl 8(%rdi), %eax  # value
  leal 3(%rax, %rax, 4), %eax
  movq %rax, 248(%rdi)  # answer
  ret

osext_uls_serve_words:  # rdi: mask of a message, rsi: struct osext_uls_thread_record
  movq osext_uls_served(%rip), %r12
  movl %edi, %r13d
  movl 8(%rsi), %ebx  # device
  subq $24, %rsp  # struct osext_uls_pass: id, put, value, wait, known, got
  movl (%rsi), %eax
  movl %eax, (%rsp)
  movl $0, 4(%rsp)
  leal 8(%r12), %eax
  movl %eax, 12(%rsp)
  movl $0, 16(%rsp)
1:
  movl $16, %eax  # ioctl
  movl %ebx, %edi
  movl $0xc018b812, %esi  # OSEXT_ULS_PASS
  movq %rsp, %rdx
  syscall
  testq %rax, %rax
  js 2f
  incq (%r12)
  movl 20(%rsp), %eax
  movl %eax, 16(%rsp)
  leal 3(%rax, %rax, 4), %eax
  andl %r13d, %eax
  movl %eax, 8(%rsp)
  leal 12(%r12), %eax
  movl %eax, 4(%rsp)
  jmp 1b

osext_uls_serve_pipes:  # rdi: the files it reads and writes, and bytes of a message: 16 bits each
  movq osext_uls_served(%rip), %r12
  movzwl %di, %ebx
  shrq $16, %rdi
  movzwl %di, %ebp
  shrq $16, %rdi
  movl %edi, %r13d
1:
  xorl %eax, %eax  # read
  movl %ebx, %edi
  leaq 8(%r12), %rsi
  movl %r13d, %edx
  syscall
  cmpq %r13, %rax
  jne 2f
  incq (%r12)
  incb 8(%r12)
  movl $1, %eax  # write
  movl %ebp, %edi
  leaq 8(%r12), %rsi
  movl %r13d, %edx
  syscall
  cmpq %r13, %rax
  je 1b
2:
  movl $231, %eax  # exit_group
  movl $1, %edi
  syscall
  ud2
osext_uls_served_end:
  .text
)");
extern "C" const char osext_uls_served[], osext_uls_answer[], osext_uls_serve_words[],
    osext_uls_serve_pipes[], osext_uls_served_end[];

namespace osext {
namespace {

static_assert(OSEXT_ULS_PASS == 0xc018b812 && sizeof(osext_uls_pass) == 24);
static_assert(offsetof(osext_uls_record, value) == 8 && offsetof(osext_uls_record, answer) == 248);
static_assert(offsetof(osext_uls_thread_record, device) == 8);

constexpr std::uint64_t kBudgetNs = 10'000'000;
constexpr std::uint32_t kFirstMessage = 0x1234567;

struct Served {  // the extension's data
  std::uint64_t count;
  std::uint32_t request, reply;
};

constexpr std::uint32_t answer_to(std::uint32_t message) {
  return 5 * message + 3;
}

class Service {
 public:
  Service() {
    const std::size_t bytes = osext_uls_served_end - osext_uls_served;
    loaded_ = sandbox_.load({.name = "served",
                             .code_bytes = static_cast<std::uint32_t>(bytes),
                             .data_bytes = sizeof(Served),
                             .budget_ns = kBudgetNs});
    std::vector<char> image(osext_uls_served, osext_uls_served_end);
    const std::uint64_t data = loaded_.data;
    std::memcpy(image.data(), &data, sizeof data);
    sandbox_.write(loaded_.id, loaded_.code, image.data(), bytes);
    sandbox_.start(loaded_.id, address_of(osext_uls_answer));
  }

  UlsSandbox& sandbox() { return sandbox_; }
  std::uint32_t id() const { return loaded_.id; }
  std::uint32_t word(std::size_t offset) const {
    return loaded_.data + static_cast<std::uint32_t>(offset);
  }
  UlsThread start(const char* entry, std::uint64_t argument) {
    return sandbox_.start_thread(loaded_.id, address_of(entry), argument);
  }
  std::uint64_t count() {
    Served served;
    sandbox_.read(loaded_.id, loaded_.data, &served, sizeof served);
    return served.count;
  }

 private:
  std::uint32_t address_of(const char* entry) const {
    return loaded_.code + static_cast<std::uint32_t>(entry - osext_uls_served);
  }

  UlsSandbox sandbox_;
  osext_uls_load loaded_;
};

void require_count(const char* what, std::uint64_t count, std::uint64_t wanted) {
  if (count != wanted) throw std::runtime_error(fmt::format("{} {} of {}", what, count, wanted));
}

// A joined process that leaves at the end.
class Membership {
 public:
  explicit Membership(UlsSandbox& sandbox) : sandbox_(sandbox) { sandbox_.join(); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  ~Membership() {
    try {
      sandbox_.leave();
    } catch (const std::exception&) {
      // The process ends soon, and with it the mapping.
    }
  }

 private:
  UlsSandbox& sandbox_;
};

template <class Walk>
void calls(Sampler& sampler, const Series& series, const Walk& walk) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    Service service;
    const Membership joined(service.sandbox());
    const long device = service.sandbox().descriptor();
    osext_uls_rpc call{service.id(), 0, kFirstMessage};
    for (std::uint64_t i = 0; i < pairs; ++i) {
      UlsAnswer answer{};
      const auto expected = answer_to(static_cast<std::uint32_t>(call.value));
      if (series.ops == 1) {
        probe.begin();
        walk();
        answer = uls_call(device, call);
        probe.end();
      } else {
        probe.begin();
        for (std::uint64_t j = 0; j < series.ops; ++j) answer = uls_call(device, call);
        probe.end();
      }
      if (answer.error != 0 || answer.value != expected)
        throw std::runtime_error(
            fmt::format("the call answers {} (error {})", answer.value, answer.error));
      call.value = expected;
    }
    const osext_uls_statistics statistics = service.sandbox().statistics(service.id());
    require_count("the extension counted", service.count(), pairs * series.ops);
    require_count("the module counted returns,", statistics.returns, pairs * series.ops);
  });
}

template <class Walk>
void by_words(Sampler& sampler, const Series& series, std::uint32_t mask, const Walk& walk) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    Service service;
    const UlsThread thread = service.start(osext_uls_serve_words, mask);
    osext_uls_pass message{service.id(),
                           service.word(offsetof(Served, request)),
                           0,
                           service.word(offsetof(Served, reply)),
                           0,
                           0};
    const long device = service.sandbox().descriptor();
    for (std::uint64_t i = 0; i < pairs; ++i) {
      // Neighbours differ, and so do their answers, which is what both sides wait for.
      message.value = (kFirstMessage + static_cast<std::uint32_t>(i)) & mask;
      message.known = message.got;
      probe.begin();
      walk();
      const long result =
          system_call(SYS_ioctl, device, OSEXT_ULS_PASS, reinterpret_cast<long>(&message));
      probe.end();
      if (result != 0 || message.got != (answer_to(message.value) & mask))
        throw std::runtime_error(
            fmt::format("the thread answers {} (error {})", message.got, result));
    }
    require_count("the thread counted", service.count(), pairs);
  });
}

// The thread of rpc_pipes(); a Service for each, because the pipes are others.
PipeServer thread_on_pipes(std::uint64_t bytes) {
  struct Server {
    Service service;
    std::optional<UlsThread> thread;
  };
  return [bytes](int from, int to) -> std::shared_ptr<void> {
    auto server = std::make_shared<Server>();
    server->thread.emplace(server->service.start(
        osext_uls_serve_pipes,
        static_cast<std::uint64_t>(from) | static_cast<std::uint64_t>(to) << 16 | bytes << 32));
    return server;
  };
}

}  // namespace

void measure_uls_rpc(const PlannedCell& plan, Sampler& sampler) {
  with_working_set(plan, sampler, [&](const auto& walk) { calls(sampler, plan.series, walk); });
}

void measure_uls_peers(const PlannedCell& plan, Sampler& sampler) {
  const Params& params = plan.cell.params;
  const std::uint64_t bytes = std::stoul(params.at("bytes"));
  if (params.contains("through") && params.at("through") == "pipe")
    return rpc_pipes(sampler, plan.series, bytes, thread_on_pipes(bytes));
  const std::uint32_t mask = bytes == 1 ? 0xff : 0xffffffff;
  with_working_set(plan, sampler,
                   [&](const auto& walk) { by_words(sampler, plan.series, mask, walk); });
}

}  // namespace osext
