// SPDX-License-Identifier: GPL-2.0
// A child of vfork() has a copy of its parent's memory, and gives back what it has changed there:
// all of that, nothing else, and never to anybody else.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

constexpr std::size_t kPage = 4096;

char* map(std::size_t bytes, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int file = -1) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  require(memory != MAP_FAILED, "mmap fails");
  return static_cast<char*>(memory);
}

void require_guest(const std::function<void()>& body) {
  const int status = status_of_guest([&] {
    body();
    return 5;
  });
  require(WIFEXITED(status) && WEXITSTATUS(status) == 5, "the guest {}", describe_status(status));
}

void wait_for(pid_t child, int wanted) {
  int status = 0;
  require(waitpid(child, &status, 0) == child && status == wanted << 8, "the child {}",
          describe_status(status));
}

// How the child lets its parent go on.
enum class End { Exit, ExecFails, Exec };

void end(End how) {
  if (how == End::Exec) execl("/bin/busybox", "busybox", "true", nullptr);
  if (how == End::ExecFails) execl("/no/such", "such", nullptr);
  _exit(0);
}

volatile int in_data = 1;

// More pages than are copied at once, in large pages where the kernel makes them; untouched ones,
// and ones that only the parent or only the child has touched.
void share(End how) {
  constexpr std::size_t kPages = 2000;
  char* memory = map(kPages * kPage);
  for (std::size_t page = 0; page < kPages; page += 2) memory[page * kPage] = 'p';
  char* sealed = map(kPage);
  std::strcpy(sealed, "before");
  volatile int on_stack = 1;
  in_data = 1;
  const pid_t child = vfork();
  if (child == 0) {
    on_stack = 2;
    in_data = 2;
    for (std::size_t page = 0; page < kPages; page += 3) memory[page * kPage + 1] = 'c';
    std::strcpy(sealed, "behind");
    mprotect(sealed, kPage, PROT_READ);
    end(how);
  }
  require(on_stack == 2 && in_data == 2, "the parent has {} and {}", on_stack, in_data);
  for (std::size_t page = 0; page < kPages; ++page) {
    const char *is = memory + page * kPage, by_parent = page % 2 == 0 ? 'p' : '\0',
               by_child = page % 3 == 0 ? 'c' : '\0';
    require(is[0] == by_parent && is[1] == by_child, "page {} has {} and {}", page, is[0], is[1]);
  }
  require(std::strcmp(sealed, "behind") == 0, "a page that was protected then: {}", sealed);
  wait_for(child, 0);
}

const RegisterCheck shares("vfork_shares", [] {
  for (const char* pages : {"global=0", "global=1"}) {
    Loaded module(pages);
    for (const End how : {End::Exit, End::ExecFails, End::Exec}) require_guest([=] { share(how); });
  }
  Loaded module;
  // A child's child, and a plain fork between, whose memory is its own.
  require_guest([] {
    const pid_t child = vfork();
    if (child == 0) {
      const pid_t grandchild = vfork();
      if (grandchild == 0) {
        in_data = 7;
        _exit(0);
      }
      const pid_t apart = fork();
      if (apart == 0) {
        in_data = 8;
        _exit(0);
      }
      waitpid(apart, nullptr, 0);
      _exit(0);
    }
    require(in_data == 7, "by way of a child comes {}", in_data);
  });
});

// What the child maps is its own; least of all does it get into a file that the parent shares.
const RegisterCheck keeps("vfork_keeps", [] {
  Loaded module;
  require_guest([] {
    const int file = memfd_create("shared", 0);
    require(file >= 0 && ftruncate(file, kPage) == 0, "no file");
    char* shared = map(kPage, MAP_SHARED, file);
    std::strcpy(shared, "in the file");
    char* gone = map(kPage);
    munmap(gone, kPage);
    const pid_t child = vfork();
    if (child == 0) {
      mmap(shared, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      std::strcpy(shared, "by the child");
      mmap(gone, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      std::strcpy(gone, "by the child");
      in_data = 3;
      _exit(0);
    }
    require(in_data == 3 && std::strcmp(shared, "in the file") == 0, "the file has: {}", shared);
    require(signal_of([=] { *static_cast<volatile char*>(gone); }) == SIGSEGV,
            "memory that the parent does not have");
  });
  // Devices may write to pinned memory meanwhile, so nothing old must come over it.
  require_guest([] {
    char from = 'x', to = 'y';
    const iovec local{&to, 1}, remote{&from, 1};
    require(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1 && to == 'x', "no pin");
    in_data = 4;
    const pid_t child = vfork();
    if (child == 0) {
      in_data = 5;
      _exit(0);
    }
    require(in_data == 4, "memory that was pinned is written");
    wait_for(child, 0);
  });
});

// Parent or child is killed, in the middle of much that is to be given back.
const RegisterCheck killed("vfork_killed", [] {
  constexpr std::size_t kBytes = 16 << 20;
  Loaded module;
  for (int round = 0; round < rounds(60); ++round) {
    auto* pids = reinterpret_cast<volatile pid_t*>(map(kPage, MAP_SHARED | MAP_ANONYMOUS));
    const pid_t guest = start_child([&] {
      HijackSession session;
      session.start(place.executive);
      session.join();
      char* memory = map(kBytes);
      const pid_t child = vfork();
      if (child == 0) {
        for (std::size_t at = 0; at < kBytes; at += kPage) memory[at] = 'c';
        pids[0] = getpid();
        _exit(0);
      }
      for (;;) pause();
      return 0;
    });
    wait_until("the child", [&] { return pids[0] != 0; });
    usleep(static_cast<useconds_t>(dice() % 8000));
    if (round % 2 == 0) kill(pids[0], SIGKILL);
    kill(guest, SIGKILL);
    int status = 0;
    require(waitpid(guest, &status, 0) == guest && WIFSIGNALED(status), "the parent {}",
            describe_status(status));
    munmap(const_cast<pid_t*>(pids), kPage);
  }
  require_working_session();
});

}  // namespace
}  // namespace osext::test
