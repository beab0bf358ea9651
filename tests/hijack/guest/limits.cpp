// SPDX-License-Identifier: GPL-2.0
// What a guest has set for its own memory, and the executive's place in it.  That place, 512 GiB,
// counts into no limit on address space; the guest's own memory counts as ever.
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// What the kernel counts of this process, in bytes: VmSize, or VmPeak.
std::uint64_t counted(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib;
    if (word == name + ":" && status >> kib) return kib * 1024;
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

// 0: maps; or mmap's errno.
int map(std::uint64_t bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return errno;
  munmap(mapped, bytes);
  return 0;
}

void set_limit(std::uint64_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  require(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit failed");
}

// With room for 64 MiB more.
void require_room() {
  require(map(32 * kMiB) == 0, "32 MiB do not fit below the limit");
  require(map(128 * kMiB) == ENOMEM, "128 MiB fit below the limit");
}

int status_of_shell(const char* script) {
  return status_of_child([&] {
    execl("/bin/busybox", "sh", "-c", script, nullptr);
    return 127;
  });
}

const RegisterCheck limit("address_space_limit", [] {
  Loaded module;
  const std::uint64_t natively = counted("VmSize");
  const auto near = [&](std::uint64_t size) {
    return size > natively - kMiB && size < natively + 16 * kMiB;
  };
  const int status = status_of_child([&] {
    HijackSession session;
    session.start(place.executive);
    session.join();
    const std::uint64_t joined = counted("VmSize");
    require(near(joined), "{} bytes natively, {} as a guest", natively, joined);
    set_limit(joined + 64 * kMiB);
    require_room();
    // Children, and theirs.
    const int child = status_of_child([&] {
      require(near(counted("VmSize")) && near(counted("VmPeak")), "a child has {}, at most {}",
              counted("VmSize"), counted("VmPeak"));
      require_room();
      return status_of_child([] {
        require_room();
        return 0;
      });
    });
    require(child == 0, "a child {}", describe_status(child));
    require_room();
    // Programs that a shell starts below its own limit, and one that has no room.
    const int shell = status_of_shell(
        "ulimit -v 200000; [ $(ulimit -v) = 200000 ] &&"
        " busybox gzip -c /bin/busybox | busybox gunzip -c | busybox cmp - /bin/busybox");
    require(shell == 0, "a shell with a limit {}", describe_status(shell));
    const int cramped = status_of_shell(
        "ulimit -v 8000; busybox dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null");
    require(WIFEXITED(cramped) && WEXITSTATUS(cramped) == 1, "64 MiB in 8: dd {}",
            describe_status(cramped));
    session.leave();
    session.stop();
    set_limit(RLIM_INFINITY);
    require(near(counted("VmSize")), "{} bytes after leaving", counted("VmSize"));
    // None of the moments in which it was counted is remembered.
    require(counted("VmPeak") < natively + 1024 * kMiB, "{} bytes at most", counted("VmPeak"));
    return 0;
  });
  require(status == 0, "the guest {}", describe_status(status));
});

// A guest for which the kernel makes all that can be read executable: so are its children.
const RegisterCheck executable("reading_implies_executing", [] {
  Loaded module;
  const int status = status_of_guest([] {
    require(personality(READ_IMPLIES_EXEC) >= 0, "personality failed");
    constexpr int usual = 7;
    const int child = status_of_child([] { return usual; });
    require(WIFEXITED(child) && WEXITSTATUS(child) == usual, "a child {}", describe_status(child));
    return 0;
  });
  require(status == 0, "the guest {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
