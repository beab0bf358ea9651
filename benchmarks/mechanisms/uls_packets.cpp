// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_packets.h"

#include <fmt/core.h>
#include <osext/nic.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "benchmarks/mechanisms/udp_cell.h"
#include "uls/host/sandbox.h"
#include "workloads/udp_schedule.h"
#include "workloads/udp_task.h"

// The extension: the number of the binding says for whom a packet is.  For each it counts packets
// and bytes, those that it was not told of because the queue was full, and keeps the last serial
// number.  The first word becomes the address of its data: four words a task.
asm(R"(
  .section .rodata
  .balign 16
osext_uls_account:
  .quad 0
osext_uls_account_entry:
  movl 4(%rdi), %eax  # struct osext_uls_record: number
  andl $3, %eax
  shll $5, %eax
  addq osext_uls_account(%rip), %rax
  incq (%rax)
  movl 92(%rdi), %ecx  # about.packet.bytes
  addq %rcx, 8(%rax)
  movq 16(%rdi), %rcx  # overrun
  addq %rcx, 16(%rax)
  movq 96(%rdi), %rcx  # about.packet.data: struct osext_nic_payload, serial
  movq %rcx, 24(%rax)
  ret
osext_uls_account_end:
  .text
)");
extern "C" const char osext_uls_account[], osext_uls_account_entry[], osext_uls_account_end[];

namespace osext {
namespace {

static_assert(offsetof(osext_uls_record, number) == 4 && offsetof(osext_uls_record, overrun) == 16);
static_assert(offsetof(osext_uls_record, about.packet.bytes) == 92 &&
              offsetof(osext_uls_record, about.packet.data) == 96 &&
              offsetof(osext_nic_payload, serial) == 0 && kUdpTasks == 4);

struct Account {
  std::uint64_t packets, bytes, untold, last_serial;
};
using Accounts = std::array<Account, kUdpTasks>;

osext_uls_load load_accounting(UlsSandbox& sandbox) {
  const std::size_t bytes = osext_uls_account_end - osext_uls_account;
  const osext_uls_load loaded = sandbox.load({.name = "packets",
                                              .code_bytes = static_cast<std::uint32_t>(bytes),
                                              .data_bytes = sizeof(Accounts),
                                              .budget_ns = OSEXT_ULS_BUDGET_MAX_NS});
  std::vector<char> image(osext_uls_account, osext_uls_account_end);
  const std::uint64_t data = loaded.data;
  std::memcpy(image.data(), &data, sizeof data);
  sandbox.write(loaded.id, loaded.code, image.data(), bytes);
  sandbox.start(loaded.id, loaded.code + (osext_uls_account_entry - osext_uls_account));
  for (std::uint32_t task = 0; task < kUdpTasks; ++task)
    sandbox.bind(loaded.id, {.kind = OSEXT_ULS_PACKET,
                             .number = task,
                             .queue = OSEXT_ULS_QUEUE_MAX,
                             .port = kUdpPort + task});
  return loaded;
}

}  // namespace

void measure_uls_packets(const PlannedCell& plan, const Environment& env, Sampler& sampler) {
  UlsSandbox sandbox;
  const osext_uls_load loaded = load_accounting(sandbox);
  measure_udp_stream(plan, env, sampler, [&] { sandbox.join(); });
  const osext_uls_statistics statistics = sandbox.statistics(loaded.id);
  Accounts accounts;
  sandbox.read(loaded.id, loaded.data, &accounts, sizeof accounts);
  sandbox.unload(loaded.id);
  std::uint64_t told = 0;
  for (std::size_t task = 0; task < accounts.size(); ++task) {
    told += accounts[task].packets;
    const auto fact = [&](const char* name, std::uint64_t value) {
      sampler.fact(fmt::format("task{}_{}", task, name), static_cast<std::int64_t>(value));
    };
    fact("accounted", accounts[task].packets);
    fact("untold", accounts[task].untold);
    if (accounts[task].bytes != accounts[task].packets * sizeof(osext_nic_payload))
      throw std::runtime_error("the extension was told wrong lengths");
  }
  sampler.fact("upcalls", static_cast<std::int64_t>(statistics.upcalls));
  sampler.fact("drained", static_cast<std::int64_t>(statistics.drained));
  // The tasks' ends may fall into an upcall; nothing else may go wrong.
  const std::uint64_t blocked = statistics.aborts[OSEXT_ULS_ABORT_BLOCKED];
  if (told == 0 || statistics.condemned || statistics.returns + blocked < statistics.upcalls)
    throw std::runtime_error(fmt::format("{} packets told, {} upcalls, {} returned", told,
                                         statistics.upcalls, statistics.returns));
}

}  // namespace osext
