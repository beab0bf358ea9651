// SPDX-License-Identifier: GPL-2.0
// Faults of watched hosts: told before the signal, which then comes as it does without anybody
// watching.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

struct Wrong {
  const char* name;
  int signal;
  std::uint32_t trap;
  void (*act)();
};

int zero;
volatile std::uint64_t sink;
volatile std::uintptr_t low_address = 16;
char* beyond_file;  // mapped, and no part of the file

const Wrong kWrongs[] = {
    {"read null", SIGSEGV, 14, [] { sink = *reinterpret_cast<volatile char*>(low_address); }},
    {"write code", SIGSEGV, 14, [] { *const_cast<char*>(extension_begin) = 1; }},
    {"not canonical", SIGSEGV, 13,
     [] { sink = *reinterpret_cast<volatile char*>(std::uintptr_t{1} << 63); }},
    {"beyond a file", SIGBUS, 14, [] { sink = *static_cast<volatile char*>(beyond_file); }},
    {"divide", SIGFPE, 0, [] { asm volatile("divl %0" ::"m"(zero)
                                            : "eax", "edx"); }},
    {"undefined", SIGILL, 6, [] { asm volatile("ud2"); }},
    {"breakpoint", SIGTRAP, 3, [] { asm volatile("int3"); }},
    {"single step", SIGTRAP, 1,
     [] {
       asm volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc");
     }},
    {"privileged", SIGSEGV, 13, [] { asm volatile("cli"); }},
};

// What a handler sees.
struct Seen {
  int signal, code;
  std::uintptr_t address;
  greg_t trap, error, ip, cr2, flags;
  bool operator==(const Seen&) const = default;
};
Seen seen;
sigjmp_buf after;
std::function<void()> in_handler;

void handler(int signal, siginfo_t* info, void* context) {
  const auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  seen = {signal,
          info->si_code,
          reinterpret_cast<std::uintptr_t>(info->si_addr),
          registers[REG_TRAPNO],
          registers[REG_ERR],
          registers[REG_RIP],
          registers[REG_CR2],
          registers[REG_EFL] & 0x100};
  if (in_handler) in_handler();
  siglongjmp(after, 1);
}

void take_signals() {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  for (const Wrong& wrong : kWrongs) sigaction(wrong.signal, &action, nullptr);
}

Seen do_wrong(const Wrong& wrong) {
  seen = {};
  if (sigsetjmp(after, 1) == 0) {
    wrong.act();
    throw std::runtime_error(fmt::format("{}: no signal", wrong.name));
  }
  return seen;
}

void map_beyond() {
  const int file = open("/tmp/osext-empty", O_RDWR | O_CREAT | O_TRUNC, 0600);
  beyond_file = static_cast<char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
  require(file >= 0 && beyond_file != MAP_FAILED, "cannot map a file");
  close(file);
}

void watch_faults(UlsSandbox& sandbox, const Extension& extension, pid_t process = 0) {
  UlsBinding binding{OSEXT_ULS_FAULT, 4, 0, 8};
  binding.pid = static_cast<std::uint64_t>(process);
  sandbox.bind(extension.id, binding);
}

void in_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

const RegisterCheck own_faults("own_faults", [] {
  Loaded module;
  in_child([] {
    map_beyond();
    take_signals();
    std::vector<Seen> natively;
    for (const Wrong& wrong : kWrongs) natively.push_back(do_wrong(wrong));
    UlsSandbox sandbox;
    Extension extension(sandbox, extension_details);
    sandbox.join();
    watch_faults(sandbox, extension);
    static std::uint64_t events, before;
    in_handler = [&extension] { before = extension.count(); };
    for (int round = 0; round < 2; ++round)
      for (std::size_t i = 0; i < std::size(kWrongs); ++i) {
        const Wrong& wrong = kWrongs[i];
        const Seen now = do_wrong(wrong);
        require(now == natively[i],
                "{}: signal {}, code {}, address {:#x}, trap {}, error {}, cr2 {:#x}; without "
                "watching: {}, {}, {:#x}, {}, {}, {:#x}",
                wrong.name, now.signal, now.code, now.address, now.trap, now.error, now.cr2,
                natively[i].signal, natively[i].code, natively[i].address, natively[i].trap,
                natively[i].error, natively[i].cr2);
        ++events;
        require(before == events, "{}: {} upcalls before the handler of signal {}", wrong.name,
                before, events);
        const osext_uls_record record = extension.record(events - 1);
        const osext_uls_fault& fault = record.about.fault;
        require(record.kind == OSEXT_ULS_FAULT &&
                    record.value == static_cast<std::uint64_t>(wrong.signal) &&
                    fault.trap == wrong.trap && fault.code == now.code &&
                    fault.ip == static_cast<std::uint64_t>(now.ip) &&
                    fault.error_code == static_cast<std::uint32_t>(now.error) &&
                    fault.pid == static_cast<std::uint32_t>(getpid()),
                "{}: told signal {}, trap {}, code {}, ip {:#x}", wrong.name, record.value,
                fault.trap, fault.code, fault.ip);
        if (wrong.trap == 14)
          require(fault.address == static_cast<std::uint64_t>(now.cr2), "{}: address {:#x}",
                  wrong.name, fault.address);
        require(hold_registers(100) == 0, "registers change");
      }
    // Who sends a signal is no fault.
    if (sigsetjmp(after, 1) == 0) raise(SIGSEGV);
    require(seen.signal == SIGSEGV && seen.code <= 0 && extension.count() == events,
            "raise() is told as a fault");
  });
});

// The last event of a program that takes no signals.
const RegisterCheck fatal_faults("fatal_faults", [] {
  Loaded module;
  UlsSandbox sandbox;
  for (const Wrong& wrong : kWrongs) {
    if (wrong.act == kWrongs[3].act) map_beyond();
    Extension extension(sandbox, extension_details);
    const int status = status_of_child([&] {
      sandbox.join();
      watch_faults(sandbox, extension, getpid());
      wrong.act();
      return 0;
    });
    require(WIFSIGNALED(status) && WTERMSIG(status) == wrong.signal, "{}: {}", wrong.name,
            describe_status(status));
    require(extension.count() == 1 && extension.record(0).about.fault.trap == wrong.trap,
            "{}: {} upcalls", wrong.name, extension.count());
    sandbox.unload(extension.id);
  }
});

// An extension that faults itself, while the host's own fault is told.
const RegisterCheck faults_twice("faults_twice", [] {
  Loaded module;
  in_child([] {
    map_beyond();
    take_signals();
    std::vector<Seen> natively;
    for (const Wrong& wrong : kWrongs) natively.push_back(do_wrong(wrong));
    UlsSandbox sandbox;
    sandbox.join();
    for (std::size_t i = 0; i < std::size(kWrongs); ++i) {
      Extension bad(sandbox, extension_misbehave);  // the value, a signal, says how
      watch_faults(sandbox, bad);
      for (std::uint64_t round = 1; round <= OSEXT_ULS_ABORTS_MAX + 1; ++round) {
        require(do_wrong(kWrongs[i]) == natively[i], "{}: another signal", kWrongs[i].name);
        const osext_uls_statistics statistics = bad.statistics();
        std::uint64_t aborts = 0;
        for (const std::uint64_t count : statistics.aborts) aborts += count;
        require(aborts == std::min<std::uint64_t>(round, OSEXT_ULS_ABORTS_MAX), "{} aborts",
                aborts);
      }
      sandbox.unload(bad.id);
    }
  });
});

}  // namespace
}  // namespace osext::test
