// SPDX-License-Identifier: GPL-2.0
// Threads in the sandbox run, block, talk to each other and end; calls are answered.
#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "tests/uls/guest/thread_check.h"

namespace osext::test {
namespace {

const RegisterCheck thread_runs("thread_runs", [] {
  Loaded module;
  UlsSession session;
  UlsExtension extension = load_threads(session);
  for (std::uint64_t i = 1; i <= 40; ++i) {  // more than there may be at a time
    UlsThread thread = extension.start_thread("tell", i << 40);
    const pid_t pid = thread.pid();
    const int status = thread.join();
    require(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it {}", describe_status(status));
    require(word_of(extension, "told_argument") == i << 40, "another argument");
    require(word_of(extension, "told_pid") == static_cast<std::uint64_t>(pid), "another process");
    require(word_of(extension, "told_user") == 0, "another user");
    const std::uint64_t stack = word_of(extension, "told_stack");
    require(stack > OSEXT_ULS_DATA && stack < OSEXT_ULS_DATA + OSEXT_ULS_PAGE_BYTES,
            "a stack elsewhere");
  }
  std::vector<UlsThread> all;
  for (int i = 0; i < OSEXT_ULS_THREADS_MAX; ++i)
    all.push_back(extension.start_thread("sleep_long"));
  require(extension.statistics().threads == OSEXT_ULS_THREADS_MAX, "{} threads",
          extension.statistics().threads);
  require(error_of([&] { extension.start_thread("sleep_long"); }) == EMFILE, "one too many");
  all.clear();
  require(extension.statistics().threads == 0, "killed threads stay");
  require(WEXITSTATUS(run_thread(extension, "tell")) == 7, "no thread afterwards");
});

// The kernel schedules it, and lets it sleep, wherever the words it reads come from.
const RegisterCheck thread_blocks("thread_blocks", [] {
  Loaded module;
  UlsSession session;
  UlsExtension extension = load_threads(session);
  int there[2], back[2];
  require(pipe(there) == 0, "pipe failed");
  // Its table of files is ours: what is opened later is there, too.
  require(pipe(back) == 0, "pipe failed");
  UlsThread thread = extension.start_thread("echo", there[0] | back[1] << 16);
  for (std::uint32_t i = 0; i < 200; ++i) {
    std::uint32_t answer = 0;
    require(write(there[1], &i, 4) == 4 && read(back[0], &answer, 4) == 4 && answer == i + 1,
            "{} is answered by {}", i, answer);
  }
  close(there[1]);
  const int status = thread.join();
  require(status == 0, "it {}", describe_status(status));
  require(extension.get<long>("results") == 200, "it counted {}", extension.get<long>("results"));
});

const RegisterCheck passes("passes", [] {
  Loaded module;
  UlsSession session;
  UlsExtension extension = load_threads(session);
  UlsSandbox& sandbox = session.sandbox();
  const std::uint32_t request = extension.variable("request")->address,
                      reply = extension.variable("reply")->address;
  UlsThread thread = extension.start_thread("serve");
  std::uint32_t known = 0;
  for (std::uint32_t i = 1; i <= 300; ++i) {
    osext_uls_pass what{extension.id(), request, i, reply, known, 0};
    require(sandbox.pass(what) == 0 && what.got == i + 1, "{} is answered by {}", i, what.got);
    known = what.got;
  }
  const auto result = [&](std::uint32_t put, std::uint32_t wait, std::uint32_t id) {
    osext_uls_pass what{id, put, 0, wait, 0xffffffff, 0};
    return sandbox.pass(what);
  };
  require(result(0, reply, extension.id()) == 0, "a word that is not as it was known");
  require(result(OSEXT_ULS_DATA, 0, extension.id()) == -EINVAL &&
              result(OSEXT_ULS_CODE, 0, extension.id()) == -EINVAL &&
              result(0, request + 1, extension.id()) == -EINVAL,
          "words that are not its data");
  require(result(0, reply, 15) == -ENOENT && result(0, reply, 99) == -ENOENT, "no extension");
  const int user = status_of_child([&] {
    if (setuid(1000)) return 1;
    UlsSandbox own;
    osext_uls_pass what{extension.id(), request, 1, 0, 0, 0};
    return own.pass(what) == -EPERM ? 0 : 2;
  });
  require(user == 0, "another user {}", describe_status(user));
  // A signal ends the wait.
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const itimerval soon = {{0, 0}, {0, 20'000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  osext_uls_pass what{extension.id(), 0, 0, reply, known, 0};
  require(sandbox.pass(what) == -EINTR, "a signal does not end the wait");
  // So does the extension's end: of one that waits outside, and of a thread.
  const pid_t outside = start_child([&] {
    osext_uls_pass last{extension.id(), 0, 0, reply, known, 0};
    return sandbox.pass(last) == -EOWNERDEAD ? 0 : 1;
  });
  usleep(20'000);
  extension.unload();
  int status;
  require(waitpid(outside, &status, 0) == outside && status == 0, "who waited outside {}",
          describe_status(status));
  status = thread.join();
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the thread {}",
          describe_status(status));
});

// An upcall makes no system call: whom it wants to wake the module wakes, when it has returned and
// if the binding says so.
const RegisterCheck wakes("wakes", [] {
  constexpr std::uint32_t kWakes = 1, kSilent = 2;
  constexpr long kTimes = 300;
  Loaded module;
  UlsSession session;
  UlsExtension extension = load_threads(session);
  UlsSandbox& sandbox = session.sandbox();
  sandbox.join();
  sandbox.bind(extension.id(), {.number = kWakes, .flags = OSEXT_ULS_WAKE});
  sandbox.bind(extension.id(), {.number = kSilent});
  const auto heard = [&] { return extension.get<std::array<long, 2>>("results")[1]; };
  UlsThread thread = extension.start_thread("listen");
  usleep(20'000);
  for (long i = 1; i <= kTimes; ++i) {
    require(extension.raise(kWakes) == 0, "raising fails");
    wait_until("the thread", [&] { return heard() == i; });
  }
  wait_until("its sleep", [&] {  // or it looks at the word once more by itself
    std::ifstream file(fmt::format("/proc/{}/stat", thread.pid()));
    std::string stat;
    std::getline(file, stat);
    return stat.find(") S ") != std::string::npos;
  });
  require(extension.raise(kSilent) == 0, "raising fails");
  usleep(50'000);
  require(heard() == kTimes, "woken without being asked");
  require(extension.raise(kWakes) == 0, "raising fails");
  wait_until("the thread", [&] { return heard() == kTimes + 2; });
  // Many at once are not lost, though it is not woken as often.
  for (long i = 0; i < kTimes; ++i) extension.raise(kWakes);
  wait_until("the thread", [&] { return heard() == 2 * kTimes + 2; });
  require(extension.statistics().returns == 2 * kTimes + 2, "{} returns",
          extension.statistics().returns);
  sandbox.leave();
});

void call_and_be_answered() {
  UlsSession session;
  UlsExtension extension = load_threads(session);
  require(extension.call(1, 21).error == -ENOTCONN, "a call without joining");
  session.sandbox().join();
  for (std::uint64_t i = 1; i <= 300; ++i) {
    const UlsAnswer answer = extension.call(1, i << 40);
    require(answer.error == 0 && answer.value == i << 41, "{} is answered by {}, {}", i << 40,
            answer.error, answer.value);
  }
  require(word_of(extension, "calls") == 300 && extension.statistics().returns == 300, "counts");
  // While events and signals come.
  extension.bind_timer(1, 100'000);
  struct sigaction action = {};
  static volatile sig_atomic_t signals;
  action.sa_handler = [](int) { signals = signals + 1; };
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often = {{0, 2000}, {0, 2000}}, never = {};
  setitimer(ITIMER_REAL, &often, nullptr);
  std::uint64_t answered = 0;
  for (std::uint64_t i = 1; answered < 1000 || signals < 10; ++i) {
    const UlsAnswer answer = extension.call(1, i);
    require(answer.error == -EAGAIN || (answer.error == 0 && answer.value == 2 * i),
            "{} is answered by {}, {}", i, answer.error, answer.value);
    answered += answer.error == 0;
    if (i % 16 == 0) require(hold_registers(20) == 0, "registers change");
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  require(session.sandbox().call(15, 0, 0).error == -ENOENT, "no extension");
  const int user = status_of_child([&] {
    if (setuid(1000)) return 1;
    UlsSandbox own;
    own.join();
    return own.call(extension.id(), 1, 1).error == -EPERM ? 0 : 2;
  });
  require(user == 0, "another user {}", describe_status(user));
  const auto require_error = [&](std::uint32_t number, int error) {
    const int result = extension.call(number).error;
    require(result == -error, "call {} answers {}, not {}", number, result, -error);
  };
  require_error(99, ECANCELED);
  require(extension.call(1, 4).value == 8, "no answer after an abort");
  require_error(99, ECANCELED);
  require_error(99, ECANCELED);
  require_error(1, EOWNERDEAD);
  UlsExtension hurried = load_threads(session, "hurried", 2'000'000);
  require(hurried.call(98).error == -ECANCELED, "an endless loop answers");
  require(hurried.statistics().aborts[OSEXT_ULS_ABORT_BUDGET] == 1, "no abort by budget");
}

const RegisterCheck answers("answers", [] {
  Loaded module;
  const int status = status_of_child([] {
    call_and_be_answered();
    return 0;
  });
  require(status == 0, "the caller {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
