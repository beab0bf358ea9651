// SPDX-License-Identifier: GPL-2.0
// Delivery by handler: nobody takes the handler or a guest's signal stack away, maps one of their
// own, or gets to the stack from outside.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/hijack/guest/delivery.h"

namespace osext::test {
namespace {

// Nobody takes handler or stack away, and no other process gets to the stack.
const RegisterCheck mappings("delivery_mappings", [] {
  Loaded module;
  auto* handler = reinterpret_cast<void*>(OSEXT_HIJACK_HANDLER);
  auto* stack = reinterpret_cast<void*>(OSEXT_HIJACK_ALTERNATE);
  int status = status_of_guest(
      [&] {
        require(mprotect(handler, 4096, PROT_READ | PROT_WRITE) != 0, "the handler is writable");
        require(mprotect(handler, OSEXT_HIJACK_HANDLER_BELOW, PROT_NONE) != 0, "it is hidden");
        require(mprotect(stack, OSEXT_HIJACK_SIGNAL_STACK_BYTES, PROT_READ) != 0,
                "the stack is read-only");
        require(munmap(stack, 4096) != 0, "a half of the stack is gone");
        require(munmap(handler, 4096) != 0, "a half of the handler is gone");
        require(madvise(stack, OSEXT_HIJACK_SIGNAL_STACK_BYTES, MADV_DONTNEED) != 0, "dropped");
        require(madvise(stack, OSEXT_HIJACK_SIGNAL_STACK_BYTES, MADV_DOFORK) != 0, "inherited");
        require(mremap(stack, OSEXT_HIJACK_SIGNAL_STACK_BYTES, 4096, MREMAP_MAYMOVE) == MAP_FAILED,
                "the stack shrinks");
        require(mmap(stack, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                    MAP_FAILED,
                "the stack is replaced");
        // A child has a stack of its own, and none of the parent's frames.
        await_interrupts(3);
        const pid_t child = fork();
        if (child == 0) {
          await_interrupts(3);
          _exit(0);
        }
        int ended;
        require(waitpid(child, &ended, 0) == child && ended == 0, "the child {}",
                describe_status(ended));
        await_interrupts(3);
        return 0;
      },
      often_by_handler);
  require(status == 0, "the guest {}", describe_status(status));
  // A move that is refused only after it was tried; its pages would be freed twice.
  for (void* place : {stack, handler, stack}) {
    status = status_of_guest(
        [&] {
          mremap(place, OSEXT_HIJACK_SIGNAL_STACK_BYTES, OSEXT_HIJACK_SIGNAL_STACK_BYTES,
                 MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void*>(0x300000000000));
          spin();
          return 0;
        },
        often_by_handler);
    require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "moving {}: the guest {}", place,
            describe_status(status));
  }
  for (void* place : {handler, stack}) {
    status = status_of_guest(
        [&] {
          munmap(place, OSEXT_HIJACK_SIGNAL_STACK_BYTES);
          spin();
          return 0;
        },
        often_by_handler);
    require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "unmapping {}: the guest {}", place,
            describe_status(status));
  }
  HijackSession session;
  session.start(place.executive, often_by_handler);
  const pid_t guest = fork();
  if (guest == 0) {
    session.join();
    for (;;) spin();
  }
  while (session.statistics().fast_resumes < 3 && session.statistics().slow_resumes < 3)
    usleep(1000);
  std::uint64_t word = 0;
  const iovec here{&word, 8}, there{reinterpret_cast<void*>(kTopOfStack - 64), 8};
  require(process_vm_writev(guest, &here, 1, &there, 1, 0) != 8, "another process writes there");
  require(process_vm_readv(guest, &here, 1, &there, 1, 0) != 8, "another process reads there");
  const int memory = open(fmt::format("/proc/{}/mem", guest).c_str(), O_RDWR);
  require(pwrite(memory, &word, 8, static_cast<off_t>(kTopOfStack - 64)) != 8, "so in /proc");
  close(memory);
  kill(guest, SIGKILL);
  waitpid(guest, nullptr, 0);
  session.stop();
});

// Whoever has the session's descriptor maps none of what counts as the module's own, and does not
// become a guest with a handler of his own.
const RegisterCheck mapped_before("delivery_mapped_before", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive, often_by_handler);
  const auto try_to_map = [&](std::uint64_t address, std::uint64_t bytes, off_t offset) {
    return mmap(reinterpret_cast<void*>(address), bytes, PROT_NONE,
                MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, session.device(), offset);
  };
  require(try_to_map(OSEXT_EXECUTIVE_BASE, OSEXT_EXECUTIVE_SIZE, 0x10000000) == MAP_FAILED &&
              errno == EPERM,
          "the reservation");
  require(try_to_map(OSEXT_HIJACK_HANDLER, OSEXT_HIJACK_HANDLER_BELOW, 0x20000000) == MAP_FAILED &&
              errno == EPERM,
          "the handler");
  require(try_to_map(OSEXT_HIJACK_ALTERNATE, OSEXT_HIJACK_SIGNAL_STACK_BYTES, 0x30000000) ==
                  MAP_FAILED &&
              errno == EPERM,
          "the stack");
  const int status = status_of_child([&] {
    void* own = mmap(reinterpret_cast<void*>(OSEXT_HIJACK_HANDLER), OSEXT_HIJACK_HANDLER_BELOW,
                     PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    require(own != MAP_FAILED, "no handler of its own");
    session.join();
    return 0;
  });
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "with a handler of its own it {}",
          describe_status(status));
  session.stop();
  require_working_session();
});

}  // namespace
}  // namespace osext::test
