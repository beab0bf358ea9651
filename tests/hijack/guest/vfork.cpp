// SPDX-License-Identifier: GPL-2.0
// A child of vfork() has a copy of its parent's memory, and gives back what it has changed there:
// all of that, nothing else, and never to anybody else.
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/hijack/guest/several.h"

namespace osext::test {
namespace {

constexpr std::size_t kPage = 4096, kLarge = 2 << 20;

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

void require_exit(pid_t child) {
  const int status = wait_for(child);
  require(status == 0, "the child {}", describe_status(status));
}

// How the child lets its parent go on.
enum class End { Exit, ExecFails, Exec };

void end(End how) {
  if (how == End::Exec) execl("/bin/busybox", "busybox", "true", nullptr);
  if (how == End::ExecFails) execl("/no/such", "such", nullptr);
  _exit(0);
}

volatile int in_data = 1;

// Large pages are off in machines as small as this one.
void enable_large_pages() {
  const int file = open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY);
  require(file >= 0 && write(file, "madvise", 7) == 7, "no large pages");
  close(file);
}

char* map_large() {
  char* memory = map(2 * kLarge);
  memory += (kLarge - reinterpret_cast<std::uintptr_t>(memory) % kLarge) % kLarge;
  require(madvise(memory, kLarge, MADV_HUGEPAGE) == 0, "no large page");
  memory[0] = 'p';
  unsigned char there[kLarge / kPage];
  require(mincore(memory, kLarge, there) == 0 && there[kLarge / kPage - 1] != 0,
          "one touch brings one page");
  return memory;
}

// More pages than are copied at once, ones in large pages, untouched ones, and ones that only the
// parent or only the child has touched.
void share(End how) {
  constexpr std::size_t kPages = 2000;
  char* memory = map(kPages * kPage);
  for (std::size_t page = 0; page < kPages; page += 2) memory[page * kPage] = 'p';
  char *sealed = map(kPage), *large = map_large(), *unchanged = map_large();
  std::strcpy(sealed, "before");
  volatile int on_stack = 1;
  in_data = 1;
  const pid_t child = vfork();
  if (child == 0) {
    on_stack = 2;
    in_data = 2;
    for (std::size_t page = 0; page < kPages; page += 3) memory[page * kPage + 1] = 'c';
    large[7 * kPage] = 'c';
    std::strcpy(sealed, "behind");
    mprotect(sealed, kPage, PROT_NONE);
    end(how);
  }
  require(on_stack == 2 && in_data == 2, "the parent has {} and {}", on_stack, in_data);
  for (std::size_t page = 0; page < kPages; ++page) {
    const char *is = memory + page * kPage, by_parent = page % 2 == 0 ? 'p' : '\0',
               by_child = page % 3 == 0 ? 'c' : '\0';
    require(is[0] == by_parent && is[1] == by_child, "page {} has {} and {}", page, is[0], is[1]);
  }
  require(std::strcmp(sealed, "behind") == 0, "a page that was protected then: {}", sealed);
  require(large[0] == 'p' && large[7 * kPage] == 'c' && large[8 * kPage] == '\0', "a large page");
  require(unchanged[0] == 'p' && unchanged[kLarge - 1] == '\0', "an unchanged large page");
  require_exit(child);
}

const RegisterCheck shares("vfork_shares", [] {
  enable_large_pages();
  for (const char* pages : {"global=0", "global=1"}) {
    Loaded module(pages);
    for (const End how : {End::Exit, End::ExecFails, End::Exec}) require_guest([=] { share(how); });
  }
});

// A child's child shares with the child, one of fork does not; what the child had changed before
// and what it changes afterwards is its parent's.
const RegisterCheck generations("vfork_generations", [] {
  Loaded module;
  require_guest([] {
    volatile int before = 1, after = 1, by_grandchild = 1, by_other = 1;
    const pid_t child = vfork();
    if (child == 0) {
      before = 2;
      const pid_t grandchild = vfork();
      if (grandchild == 0) {
        by_grandchild = 2;
        _exit(0);
      }
      const pid_t other = fork();
      if (other == 0) {
        by_other = 2;
        _exit(0);
      }
      waitpid(other, nullptr, 0);
      after = 2;
      _exit(0);
    }
    require(before == 2 && after == 2 && by_grandchild == 2 && by_other == 1,
            "before {}, after {}, the grandchild's {}, another's {}", before, after, by_grandchild,
            by_other);
  });
});

// What the child maps is its own, least of all gets it into a file that the parent shares; and
// nothing comes where the child had no copy.
void keep_apart() {
  const int file = memfd_create("shared", 0);
  require(file >= 0 && ftruncate(file, kPage) == 0, "no file");
  char *shared = map(kPage, MAP_SHARED, file), *gone = map(kPage), *hole = map(kPage),
       *wiped = map(kPage);
  std::strcpy(shared, "in the file");
  std::strcpy(hole, "not inherited");
  std::strcpy(wiped, "inherited as zeros");
  munmap(gone, kPage);
  require(madvise(hole, kPage, MADV_DONTFORK) == 0 && madvise(wiped, kPage, MADV_WIPEONFORK) == 0,
          "madvise fails");
  in_data = 2;
  const pid_t child = vfork();
  if (child == 0) {
    for (char* place : {shared, gone, hole}) {
      mmap(place, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      std::strcpy(place, "by the child");
    }
    wiped[kPage - 1] = 'c';
    in_data = 3;
    _exit(0);
  }
  require(in_data == 3, "nothing is given back");
  require(std::strcmp(shared, "in the file") == 0, "the file has: {}", shared);
  require(std::strcmp(hole, "not inherited") == 0, "where the child had a hole: {}", hole);
  require(std::strcmp(wiped, "inherited as zeros") == 0, "where the child had zeros: {}", wiped);
  require(signal_of([=] { (void)*static_cast<volatile char*>(gone); }) == SIGSEGV,
          "memory that the parent does not have");
  require_exit(child);
}

// Heap that the parent does not have must not be in its allocator's books.
void keep_heap() {
  in_data = 4;
  const pid_t child = vfork();
  if (child == 0) {
    sbrk(1 << 20);
    in_data = 5;
    _exit(0);
  }
  require(in_data == 4, "of a child that has moved the break comes {}", in_data);
  require_exit(child);
}

// Devices may write to pinned memory, whose copy is old then: here packets for a socket.
void keep_pinned() {
  char from = 'x', to = 'y';
  const iovec local{&to, 1}, remote{&from, 1};
  require(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1 && to == 'x', "no pin");
  volatile int shared = 1;
  pid_t child = vfork();
  if (child == 0) {
    shared = 2;
    _exit(0);
  }
  require(shared == 2, "after a pin nothing is given back");
  require_exit(child);

  const int packets = socket(AF_XDP, SOCK_RAW, 0);
  char* frames = map(4 * kPage);
  std::strcpy(frames, "before");
  xdp_umem_reg area{};
  area.addr = reinterpret_cast<std::uintptr_t>(frames);
  area.len = 4 * kPage;
  area.chunk_size = kPage;
  require(packets >= 0 && setsockopt(packets, SOL_XDP, XDP_UMEM_REG, &area, sizeof area) == 0,
          "no packets' memory: {}", std::strerror(errno));
  child = vfork();
  if (child == 0) {
    shared = 3;
    std::strcpy(frames, "by the child");
    _exit(0);
  }
  require(shared == 2 && std::strcmp(frames, "before") == 0, "beside pinned pages: {}, {}", shared,
          frames);
  require_exit(child);
}

const RegisterCheck keeps("vfork_keeps", [] {
  Loaded module;
  require_guest(keep_apart);
  require_guest(keep_heap);
  require_guest(keep_pinned);
});

// How much of much memory a parent has whose child is killed while it gives that back: none, some
// or all.
enum Given { kNone, kSome, kAll };

int parent_of_killed(volatile pid_t* killed) {
  constexpr std::size_t kBytes = 16 << 20;
  char* memory = map(kBytes);
  const pid_t child = vfork();
  if (child == 0) {
    for (std::size_t at = 0; at < kBytes; at += kPage) memory[at] = 'c';
    *killed = getpid();
    _exit(0);
  }
  std::size_t given = 0;
  for (std::size_t at = 0; at < kBytes; at += kPage) given += memory[at] == 'c';
  waitpid(child, nullptr, 0);
  return given == 0 ? kNone : given < kBytes / kPage ? kSome : kAll;
}

const RegisterCheck killed("vfork_killed", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive);
  volatile pid_t* child = shared_array<pid_t>(1);
  int given[kAll + 1] = {};
  for (int round = 0; round < rounds(60); ++round) {
    *child = 0;
    const pid_t guest = start_guest(session, [=] { return parent_of_killed(child); });
    wait_until("the child", [=] { return *child != 0; });
    usleep(static_cast<useconds_t>(dice() % 8000));
    const bool both = round % 2 == 0;
    if (both) kill(guest, SIGKILL);
    kill(*child, SIGKILL);
    const int status = wait_for(guest);
    if (WIFEXITED(status) && WEXITSTATUS(status) <= kAll)
      ++given[WEXITSTATUS(status)];
    else
      require(both && WIFSIGNALED(status), "the parent {}", describe_status(status));
  }
  fmt::print("  parents that live and got nothing: {}, a part: {}, all: {}\n", given[kNone],
             given[kSome], given[kAll]);
  require(given[kSome] > 0, "no child was killed in the middle");
  wait_until("the guests' end", [&] { return session.statistics().guests == 0; });
});

}  // namespace
}  // namespace osext::test
