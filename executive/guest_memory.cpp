// SPDX-License-Identifier: GPL-2.0
#include "executive/guest_memory.h"

#include <asm/unistd.h>

#include "executive/linux.h"

namespace osext::executive {
namespace {

struct Piece {
  uint64_t address, bytes;
};

// Up to the end of a page at a time: what follows may not be there.
uint64_t copy(uint64_t call, uint64_t process, uint64_t guest, uint64_t own, uint64_t bytes) {
  constexpr uint64_t page = 4096;
  uint64_t done = 0;
  while (done < bytes) {
    const uint64_t room = page - (guest + done) % page;
    const uint64_t now = bytes - done < room ? bytes - done : room;
    const Piece local{own + done, now}, remote{guest + done, now};
    if (system_call(call, process, reinterpret_cast<uint64_t>(&local), 1,
                    reinterpret_cast<uint64_t>(&remote), 1, 0) != static_cast<int64_t>(now))
      break;
    done += now;
  }
  return done;
}

// While a guest is loaded its memory is this thread's.
uint64_t own_number() {
  return static_cast<uint64_t>(system_call(__NR_getpid));
}

}  // namespace

uint64_t read_guest(uint64_t address, void* to, uint64_t bytes) {
  return copy(__NR_process_vm_readv, own_number(), address, reinterpret_cast<uint64_t>(to), bytes);
}

uint64_t write_guest(uint64_t address, const void* from, uint64_t bytes) {
  return copy(__NR_process_vm_writev, own_number(), address, reinterpret_cast<uint64_t>(from),
              bytes);
}

uint64_t write_guest(const Guest& guest, uint64_t address, const void* from, uint64_t bytes) {
  return copy(__NR_process_vm_writev, guest.pid, address, reinterpret_cast<uint64_t>(from), bytes);
}

}  // namespace osext::executive
