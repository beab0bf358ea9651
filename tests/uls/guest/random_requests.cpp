// SPDX-License-Identifier: GPL-2.0
// Requests to the device at random, some of them nearly right: whatever they do, nobody is harmed.
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <set>

#include "tests/uls/guest/check.h"

namespace osext::test {
namespace {

// 32 random bits, or something that is nearly right.
std::uint32_t any() {
  const std::uint32_t near[] = {0,
                                1,
                                2,
                                3,
                                15,
                                16,
                                64,
                                4096,
                                OSEXT_ULS_CODE,
                                OSEXT_ULS_DATA,
                                OSEXT_ULS_CODE + 4096,
                                OSEXT_ULS_DATA + 4096,
                                0xffffffff};
  return dice() % 4 ? near[dice() % std::size(near)] : static_cast<std::uint32_t>(dice());
}

void require_child(const std::function<void()>& body) {
  const int status = status_of_child([&] {
    body();
    return 0;
  });
  require(status == 0, "the child {}", describe_status(status));
}

struct Loading {
  std::uint32_t id, code;
};

void make_likely_binding(std::uint32_t* words) {
  words[1] = 1 + dice() % 5;  // any kind
  words[2] = dice() % 16;
  words[4] = 1;
  words[5] = dice() % 4 ? 0 : dice() % 32;
  std::fill(words + 6, words + 10, 0);
  if (words[1] == OSEXT_ULS_TIMER)
    words[6] = 100'000 + dice() % 1'000'000;  // a period that leaves time for the rest
  else if (words[1] == OSEXT_ULS_SYSCALL)
    words[6] = dice() % 2 ? OSEXT_ULS_ANY_CALL : dice() % 64;
  else if (words[1] == OSEXT_ULS_PACKET)
    words[6] = 1 + dice() % 65535;
}

// Half of the requests are such that something happens: to the extension that is there, or to the
// last one that such a request has loaded.
void make_likely(unsigned long command, const Extension& extension, const Loading& loading,
                 std::uint32_t* words) {
  if (dice() % 2) return;
  words[0] = extension.id;
  switch (command) {
    case OSEXT_ULS_JOIN:
      std::fill(words, words + 4, 0);
      break;
    case OSEXT_ULS_LOAD:
      std::fill(words, words + 3, 1024 << dice() % 4);
      words[3] = words[5] = 0;
      words[4] = 1'000'000;
      std::fill(words + 6, words + 14, 0);
      words[6] = 'a' + dice() % 26;
      break;
    case OSEXT_ULS_WRITE:
    case OSEXT_ULS_READ:
      words[1] = extension.data;
      words[2] = 4 * (dice() % 4);
      words[3] = 0;
      break;
    case OSEXT_ULS_START:
      words[0] = loading.id;
      words[1] = loading.code;
      words[2] = words[3] = 0;
      break;
    case OSEXT_ULS_BIND:
      make_likely_binding(words);
      break;
    case OSEXT_ULS_RAISE:
      words[1] = dice() % 16;
      break;
    case OSEXT_ULS_UNLOAD:
      if (dice() % 8) words[0] = loading.id;
      words[1] = 0;
      break;
    case OSEXT_ULS_THREAD:
      words[1] = extension.code + (dice() % 2 ? 0 : dice() % 4096);
      words[2] = 4096;
      words[6] = words[7] = 0;
      break;
    case OSEXT_ULS_PASS:
      words[1] = dice() % 2 ? 0 : extension.data + 4 * (dice() % 4);
      words[3] = dice() % 2 ? 0 : extension.data + 4 * (dice() % 4);
      break;
    case OSEXT_ULS_OPEN:
      words[0] = dice() % 2 ? OSEXT_ULS_FLUSH_ALL : 0;
      words[1] = 0;
      break;
    default:
      break;
  }
}

// Whether it was granted.  Who becomes a thread does not come back, so that is for children; and
// who waits is woken.
bool request(const UlsSandbox& sandbox, unsigned long command, std::uint32_t* words) {
  constexpr int kRefused = 96;
  const auto make = [&] { return ioctl(sandbox.descriptor(), command, words); };
  if (command == OSEXT_ULS_THREAD) {
    const int status = status_of_child([&] {
      // Somewhere in the extension's code it may run for ever: then this signal, which is nobody's
      // in a thread, is its end.
      const itimerval end = {{0, 0}, {0, 20'000}};
      setitimer(ITIMER_REAL, &end, nullptr);
      make();
      return kRefused;
    });
    return !WIFEXITED(status) || WEXITSTATUS(status) != kRefused;
  }
  const itimerval soon = {{0, 1000}, {0, 1000}}, never = {};
  if (command == OSEXT_ULS_PASS) setitimer(ITIMER_REAL, &soon, nullptr);
  const bool granted = make() == 0;
  if (command == OSEXT_ULS_PASS) setitimer(ITIMER_REAL, &never, nullptr);
  return granted;
}

const RegisterCheck random_requests("random_requests", [] {
  Loaded module;
  require_child([] {
    UlsSandbox sandbox;
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    const unsigned long commands[] = {OSEXT_ULS_JOIN,  OSEXT_ULS_LOAD,   OSEXT_ULS_WRITE,
                                      OSEXT_ULS_READ,  OSEXT_ULS_START,  OSEXT_ULS_BIND,
                                      OSEXT_ULS_RAISE, OSEXT_ULS_UNLOAD, OSEXT_ULS_GET_STATISTICS,
                                      OSEXT_ULS_GRANT, OSEXT_ULS_OPEN,   OSEXT_ULS_RPC,
                                      OSEXT_ULS_PASS,  OSEXT_ULS_THREAD};
    static std::uint32_t memory[2048];
    constexpr std::uint64_t kAnew = 200;
    std::optional<Extension> extension;
    std::map<unsigned long, int> granted;
    std::set<std::uint32_t> kinds;
    Loading loading{};
    for (std::uint64_t i = 0; i < rounds<std::uint64_t>(10000); ++i) {
      if (i % kAnew == 0) {
        for (std::uint32_t id = 0; id < OSEXT_ULS_EXTENSIONS_MAX; ++id)
          error_of([&] { sandbox.unload(id); });
        extension.emplace(sandbox, extension_count);
      }
      std::uint32_t words[64];
      for (std::uint32_t& word : words) word = any();
      unsigned long command = commands[dice() % std::size(commands)];
      // Threads are processes, which take long to make.
      if (command == OSEXT_ULS_THREAD && dice() % 4 != 0) command = OSEXT_ULS_RPC;
      make_likely(command, *extension, loading, words);
      if (dice() % 16 == 0) command ^= 1UL << dice() % 32;
      if (command == OSEXT_ULS_WRITE || command == OSEXT_ULS_READ) {
        const auto here = reinterpret_cast<std::uintptr_t>(memory);
        words[4] = here;
        words[5] = here >> 32;
        words[2] %= sizeof memory;
      }
      const std::uint32_t kind = words[1];
      if (!request(sandbox, command, dice() % 32 ? words : nullptr)) continue;
      ++granted[command];
      if (command == OSEXT_ULS_BIND) kinds.insert(kind);
      if (command == OSEXT_ULS_LOAD) loading = {words[14], words[15]};
    }
    // Of so many, of every sort: or nothing was tried.
    for (const unsigned long command : commands)
      require(granted[command] > 0, "none of request {} is granted", command & 0xff);
    require(kinds.size() == 5, "{} kinds of events are bound", kinds.size());
  });
  require_child([] {
    UlsSandbox sandbox;
    sandbox.join();
    Extension extension(sandbox, extension_count);
    extension.bind_software();
    require(extension.raise() == 0 && extension.count() == 1, "no upcall afterwards");
  });
});

}  // namespace
}  // namespace osext::test
