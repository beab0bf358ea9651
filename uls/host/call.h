// SPDX-License-Identifier: GPL-2.0
// OSEXT_ULS_RPC without anything around it, for those who count instructions.
#pragma once

#include <osext/uls.h>
#include <sys/syscall.h>

#include "uls/host/sandbox.h"

namespace osext {

[[gnu::always_inline]] inline UlsAnswer uls_call(long device, const osext_uls_rpc& what) noexcept {
  long result = SYS_ioctl;
  auto third = reinterpret_cast<std::uintptr_t>(&what);  // rdx: argument, then answer
  asm volatile("syscall"
               : "+a"(result), "+d"(third)
               : "D"(device), "S"(OSEXT_ULS_RPC)
               : "rcx", "r11", "memory");
  return {static_cast<int>(result), third};
}

}  // namespace osext
