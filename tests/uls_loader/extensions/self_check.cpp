// SPDX-License-Identifier: GPL-2.0
// An extension that uses all of its runtime, counts its events and what was wrong.
#include "uls/runtime/extension.h"
#include "uls/runtime/thread.h"

namespace {

// Constructed at the first event, with memory.
struct Log {
  Log() : length(3), text(new char[length + 1]) { strcpy(text, "log"); }
  ~Log() { delete[] text; }
  std::size_t length;
  char* text;
};
Log event_log;

struct Base {
  virtual unsigned long sum(unsigned long of) const = 0;
};
struct Doubled : Base {
  unsigned long sum(unsigned long of) const override { return 2 * of; }
};
Doubled doubled;
const Base* const kBases[] = {&doubled};

unsigned char filled[3 * 4096];  // .bss
const char kText[] = "a text that is only read";

struct Node {
  Node* next;
  unsigned long value;
};
Node* newest;

}  // namespace

extern "C" {
unsigned long events_timer = 0, events_software = 0, last_value = 0, wrong = 0, first_wrong = 0;
unsigned long answers[8] = {1, 2, 3};
unsigned long doubled_value = 0, list_sum = 0, shared_before = 0;
}

static void require(bool condition, unsigned long line) {
  if (condition) return;
  if (wrong++ == 0) first_wrong = line;
}
#define REQUIRE(condition) require(condition, __LINE__)

static void check_strings() {
  char text[64] = {};
  REQUIRE(strlen(kText) == sizeof kText - 1 && strnlen(kText, 4) == 4);
  strcpy(text, "abc");
  strcat(text, "def");
  REQUIRE(strcmp(text, "abcdef") == 0 && strcmp(text, "abcdeg") < 0 && strcmp(text, "abc") > 0);
  REQUIRE(strncmp(text, "abcxyz", 3) == 0 && strncmp(text, "abcxyz", 4) != 0);
  memmove(text + 1, text, 6);
  REQUIRE(memcmp(text, "aabcdef", 7) == 0);
  memmove(text, text + 1, 6);
  REQUIRE(memcmp(text, "abcdeff", 7) == 0);
  REQUIRE(strchr(text, 'f') == text + 5 && strrchr(text, 'f') == text + 6 && !strchr(text, 'z'));
  REQUIRE(strchr(text, 0) == text + 7 && memchr(text, 'c', 2) == nullptr &&
          memchr(text, 'c', 3) == text + 2);
  memset(text, 'x', sizeof text);
  strncpy(text, "ab", 5);
  REQUIRE(memcmp(text, "ab\0\0\0x", 6) == 0);
}

static void check_memory() {
  auto* bytes = static_cast<unsigned char*>(malloc(100));
  REQUIRE(bytes != nullptr);
  memset(bytes, 7, 100);
  bytes = static_cast<unsigned char*>(realloc(bytes, 5000));
  REQUIRE(bytes && bytes[0] == 7 && bytes[99] == 7);
  auto* zeroed = static_cast<unsigned char*>(calloc(30, 30));
  REQUIRE(zeroed && zeroed[0] == 0 && zeroed[899] == 0);
  errno = 0;
  volatile std::size_t huge = static_cast<std::size_t>(-1);
  REQUIRE(!calloc(huge, 2) && errno == ENOMEM && !malloc(huge));
  free(zeroed);
  free(bytes);
  free(nullptr);
  auto* pages = static_cast<unsigned char*>(
      mmap(nullptr, 5000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(pages != MAP_FAILED && reinterpret_cast<unsigned long>(pages) % 4096 == 0 &&
          pages[8191] == 0);
  pages[8191] = 1;
  REQUIRE(munmap(pages, 5000) == 0 && munmap(pages, 5000) == -1 && errno == EINVAL);
  REQUIRE(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == ENOTSUP);
  REQUIRE(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED && errno == ENOTSUP);
  auto* low = static_cast<unsigned char*>(sbrk(6000));
  REQUIRE(low != MAP_FAILED && low[0] == 0 && low[5999] == 0);
  low[5999] = 1;
  REQUIRE(sbrk(0) == low + 6000 && sbrk(-6000) == low + 6000 && sbrk(0) == low);
  REQUIRE(brk(low + 0x10000000) == -1 && errno == ENOMEM);
}

static void check_shared() {
  const int segment = shmget(42, 4096, 0);
  if (segment < 0) {
    REQUIRE(errno == ENOENT);
    return;
  }
  auto* count = static_cast<unsigned long*>(shmat(segment, nullptr, 0));
  REQUIRE(count != MAP_FAILED && shmget(42, 1 << 30, 0) == -1 && shmdt(count) == 0);
  shared_before = (*count)++;
}

void osext_uls_extension(const osext_uls_record* record) {
  REQUIRE(event_log.length == 3 && strcmp(event_log.text, "log") == 0);
  REQUIRE(filled[0] == 0 || filled[0] == 9);
  memset(filled, 9, sizeof filled);
  ++(record->kind == OSEXT_ULS_TIMER ? events_timer : events_software);
  last_value = record->value;
  doubled_value = kBases[0]->sum(record->value);
  if (record->kind == OSEXT_ULS_SOFTWARE) {
    check_strings();
    check_memory();
    check_shared();
  }
  // The heap keeps what was allocated in earlier events.
  if (events_software + events_timer <= 500) {
    newest = new Node{newest, record->value};
    list_sum = 0;
    for (const Node* node = newest; node; node = node->next) list_sum += node->value;
  }
  answers[record->value % 8] = record->value;
}

// As a thread: says so on the creator's standard output, and stays.
extern "C" {
long greeted = 0;
long greet(std::uint64_t, const osext_uls_thread_record*) {
  static const char kGreeting[] = "greetings\n";
  greeted = osext::uls::write(1, kGreeting, sizeof kGreeting - 1);
  for (;;) osext::uls::nanosleep(1'000'000'000);
}
}
