// SPDX-License-Identifier: GPL-2.0
// Calls that only the executive may make: its operations, forged by a guest, with numbers in
// every disguise; leaving; the module's device.
#include <fcntl.h>
#include <osext/hijack.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>

#include "tests/hijack_attacks/attack.h"

namespace osext::test {
namespace {

std::mt19937_64 dice(20240101);

long address_or_not() {
  switch (dice() % 4) {
    case 0:
      return static_cast<long>(OSEXT_EXECUTIVE_BASE + dice() % 8 * 4096);
    case 1:
      return static_cast<long>(dice());
    case 2:
      return static_cast<long>(dice() % 100);
    default:
      return 0;
  }
}

// Whether an executive answers.  Natively nobody knows this number.
bool supervised() {
  return raw_call(OSEXT_HIJACK_RPC, 14) == static_cast<long>(osext_hijack_rpc_result(14));
}

const Attack operations("forged_operations", [](const auto&) {
  const bool before = supervised();
  int result = harmless;
  constexpr long kDisguises[] = {0, 0x40000000, 1L << 32, static_cast<long>(1UL << 63),
                                 0x7fffffff00000000};
  for (int round = 0; round < 20; ++round)
    for (long number = OSEXT_HIJACK_OP_FIRST; number < OSEXT_HIJACK_OP_FIRST + 0x100; ++number)
      for (const long disguise : kDisguises) {
        const long answer = raw_call(number | disguise, address_or_not(), address_or_not(),
                                     address_or_not(), address_or_not());
        if (answer >= 0) result = found("operation %#lx gives %ld", number | disguise, answer);
      }
  if (supervised() != before) result = found("the guest is no longer supervised");
  return result;
});

const Attack leave("leave", [](const auto&) {
  const bool before = supervised();
  raw_call(OSEXT_HIJACK_LEAVE);
  return supervised() == before ? harmless : found("a guest left its executive");
});

const Attack all_numbers("unknown_numbers", [](const auto&) {
  const bool before = supervised();
  int result = harmless;
  for (const long first : {0x400L, 0x4e00L, 0x5000L, 0x40000400L, 0x7fffff00L, -0x1000L})
    for (long number = first; number < first + 0x100; ++number) {
      const long answer = raw_call(number, 0, 0, 0);
      if (answer >= 0) result = found("number %#lx gives %ld", number, answer);
    }
  if (supervised() != before) result = found("the guest is no longer supervised");
  return result;
});

// The module's way in for rare cases is this call, with the operation's number hidden in it.
const Attack way_in("slow_way_in", [](const auto&) {
  const pid_t child = fork();
  if (child == 0) {
    // Natively it would hang up the terminal: there is none.
    raw_call(SYS_setsid);
    for (long number = OSEXT_HIJACK_OP_FIRST; number < OSEXT_HIJACK_OP_FIRST + 16; ++number)
      for (int i = 0; i < 20; ++i)
        raw_call(SYS_vhangup, number, address_or_not(), address_or_not(), number, number, number);
    _exit(0);
  }
  int status = 0;
  need(syscall(SYS_wait4, child, &status, 0, nullptr) == child, "wait4");
  return supervised() || status == 0 ? harmless : found("status %x", status);
});

const Attack device("device", [](const auto&) {
  const bool before = supervised();
  const int file = open(OSEXT_HIJACK_DEVICE, O_RDWR | O_CLOEXEC);
  if (file < 0) return static_cast<int>(harmless);
  int result = harmless;
  alignas(8) unsigned char argument[256];
  for (int round = 0; round < 300; ++round)
    for (unsigned number = 0; number < 16; ++number) {
      for (unsigned char& byte : argument) byte = static_cast<unsigned char>(dice() % 4);
      const unsigned size = static_cast<unsigned>(dice() % 64);
      const unsigned command = dice() % 2 ? _IOC(_IOC_WRITE, OSEXT_HIJACK_MAGIC, number, size)
                                          : _IOC(_IOC_READ, OSEXT_HIJACK_MAGIC, number, size);
      // Waits for a guest that never comes would only waste the time limit.
      if (number == _IOC_NR(OSEXT_HIJACK_WAIT)) continue;
      ioctl(file, command, dice() % 4 ? argument : reinterpret_cast<void*>(address_or_not()));
    }
  void* region = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (region != MAP_FAILED) munmap(region, 4096);
  if (before && !supervised()) result = found("the guest is no longer supervised");
  close(file);
  return result;
});

}  // namespace
}  // namespace osext::test
