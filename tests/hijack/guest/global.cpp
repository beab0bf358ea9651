// SPDX-License-Identifier: GPL-2.0
// Global pages leave no stale translation behind.  Only in the machine with the counting plugin:
// QEMU's own TLB forgets global entries with every CR3 write, the plugin's model keeps them as a
// processor does.  A walk through pages that must have been forgotten is marked, and the host
// counts the page walks in it: one a page, or next to none where stale translations were used.
#include <osext/marker.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hijack/guest/check.h"

namespace osext::test {
namespace {

// More than the 33 that Linux invalidates one by one.
constexpr std::size_t kPages = 48, kPageBytes = 4096;
// At one address in every process of a check.
char* const kPlace = reinterpret_cast<char*>(0x100000000);

void map_pages() {
  void* mapped = mmap(kPlace, kPages * kPageBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
  require(mapped == kPlace, "cannot map the pages");
}

// Touches nothing else.
[[gnu::always_inline]] inline void touch_pages() {
  const char* at = kPlace;
  std::size_t left = kPages;
  asm volatile("1:\n\tmovb (%0), %%al\n\taddq $4096, %0\n\tdecq %1\n\tjnz 1b"
               : "+r"(at), "+r"(left)
               :
               : "rax", "memory", "cc");
}

[[gnu::noinline]] void marked_walk() {
  OSEXT_MARK(OSEXT_MARK_BEGIN);
  touch_pages();
  OSEXT_MARK(OSEXT_MARK_END);
}

// Runs `body` as a guest with global pages, or natively, while the model watches.
void run(const std::string& parameters, const std::function<void()>& body,
         const std::string& words = "policy=interpose") {
  OSEXT_MARK(OSEXT_MARK_WATCH);
  sched_yield();  // watching starts at the next change of control flow
  OSEXT_MARK(OSEXT_MARK_SERIES);
  Loaded module(parameters);
  const int status = status_of_guest(
      [&] {
        body();
        return 0;
      },
      {words});
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  require(status == 0, "the guest {}", describe_status(status));
}

// ---- What must make the pages' translations vanish.

void nothing() {
  map_pages();
  touch_pages();
  hijack_call(OSEXT_HIJACK_RPC, 1);  // writes CR3
  marked_walk();
}

void unmap() {
  map_pages();
  touch_pages();
  require(munmap(kPlace, kPages * kPageBytes) == 0, "munmap failed");
  map_pages();
  marked_walk();
}

void protect() {
  map_pages();
  touch_pages();
  require(mprotect(kPlace, kPages * kPageBytes, PROT_READ) == 0, "mprotect failed");
  marked_walk();
}

// Another process at the same address: forked inside it is a guest too, before joining it is not.
class Other {
 public:
  Other() {
    require(pipe(there_) == 0 && pipe(back_) == 0, "pipe failed");
    pid_ = fork();
    require(pid_ >= 0, "fork failed");
    if (pid_ != 0) return;
    char word = 0;
    map_pages();
    touch_pages();
    (void)!::write(back_[1], &word, 1);
    (void)!::read(there_[0], &word, 1);
    marked_walk();
    (void)!::write(back_[1], &word, 1);
    _exit(0);
  }
  ~Other() { waitpid(pid_, nullptr, 0); }

  // The caller uses its pages, then the other its own.
  void take_turns() {
    char word = 0;
    require(::read(back_[0], &word, 1) == 1, "the other is gone");
    map_pages();
    touch_pages();
    require(::write(there_[1], &word, 1) == 1 && ::read(back_[0], &word, 1) == 1,
            "the other is gone");
  }

 private:
  int there_[2], back_[2];
  pid_t pid_;
};

void switch_guests() {
  Other other;
  other.take_turns();
}

void switch_tasks(const char* parameters) {
  Other other;
  run(parameters, [&] { other.take_turns(); });
}

// Asked for by the session, whatever the module's parameter says.
void session_decides(const char* parameters, const char* words) {
  run(parameters, nothing, std::string("policy=interpose ") + words);
}

// The second session's guests differ from the first's, and both from what a third has by default.
void second_session(const char* first, const char* second) {
  OSEXT_MARK(OSEXT_MARK_WATCH);
  sched_yield();
  OSEXT_MARK(OSEXT_MARK_SERIES);
  Loaded module;
  int status = status_of_guest(
      [] {
        map_pages();
        touch_pages();
        hijack_call(OSEXT_HIJACK_RPC, 1);
        return 0;
      },
      {std::string("policy=interpose ") + first});
  require(status == 0, "the first guest {}", describe_status(status));
  status = status_of_guest(
      [] {
        nothing();
        return 0;
      },
      {std::string("policy=interpose ") + second});
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
  require(status == 0, "the second guest {}", describe_status(status));
}

void refuse(const HijackOptions& options, std::string_view why) {
  HijackSession session;
  try {
    session.start(place.executive, options);
  } catch (const std::runtime_error& error) {
    require(std::string_view(error.what()).find(why) != std::string_view::npos, "refused with {}",
            error.what());
    return;
  }
  throw std::runtime_error(options.words + " starts");
}

const char kSound[] = "global=1", kStale[] = "global=1 test_global_stale=1";

const RegisterCheck off("global_off", [] { run("global=0", nothing); });
const RegisterCheck kept("global_kept", [] { run(kSound, nothing); });
const RegisterCheck unmapping("global_unmap", [] { run(kSound, unmap); });
const RegisterCheck unmapping_control("global_unmap_control", [] { run(kStale, unmap); });
const RegisterCheck protecting("global_protect", [] { run(kSound, protect); });
const RegisterCheck protecting_control("global_protect_control", [] { run(kStale, protect); });
const RegisterCheck guests("global_guests", [] { run(kSound, switch_guests); });
const RegisterCheck guests_control("global_guests_control", [] { run(kStale, switch_guests); });
const RegisterCheck session_on("global_session_on",
                               [] { session_decides("global=0", "global=on"); });
const RegisterCheck session_off("global_session_off",
                                [] { session_decides("global=1", "global=off"); });
const RegisterCheck on_after_off("global_on_after_off",
                                 [] { second_session("global=off", "global=on"); });
const RegisterCheck off_after_on("global_off_after_on",
                                 [] { second_session("global=on", "global=off"); });
// No such word; and with page-table isolation no such pages.
const RegisterCheck words("global_words", [] {
  Loaded module;
  refuse({"policy=interpose global=perhaps"}, "reason it gave");
  require_working_session();
});
const RegisterCheck isolated("global_refused", [] {
  Loaded module;
  refuse({"policy=interpose global=on"}, "kernel log says why");
  require_working_session();
});
const RegisterCheck tasks("global_tasks", [] { switch_tasks(kSound); });
const RegisterCheck tasks_control("global_tasks_control", [] { switch_tasks(kStale); });

}  // namespace
}  // namespace osext::test
