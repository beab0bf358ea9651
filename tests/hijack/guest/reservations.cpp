// SPDX-License-Identifier: GPL-2.0
// The policy `reserve` on one processor, whose time is virtual: what guests get of it and what they
// cannot get, however they spin, sleep, fork, ask or are signalled.  What they had is read from the
// executive's report, and what they left from the clock that the kernel keeps of a process beside
// them.
#include <fcntl.h>

#include "tests/hijack/guest/reserved.h"

namespace osext::test {
namespace {

// What guests and the process beside them have in a time that is a multiple of all periods.
constexpr long kWindow_ms = 1000;
struct Had {
  std::vector<std::int64_t> guests_ms;
  std::int64_t beside_ms;
};
Had watch(Scene& scene, const std::vector<pid_t>& guests, long window_ms = kWindow_ms) {
  std::vector<std::int64_t> before;
  for (const pid_t guest : guests) before.push_back(scene.had_ns(guest));
  const std::int64_t beside_ns = scene.beside_ns();
  sleep_ms(window_ms);
  Had had{{}, (scene.beside_ns() - beside_ns) / kMs_ns};
  for (std::size_t i = 0; i < guests.size(); ++i)
    had.guests_ms.push_back((scene.had_ns(guests[i]) - before[i]) / kMs_ns);
  return had;
}

void require_near(std::int64_t is_ms, std::int64_t wanted_ms, const char* who) {
  require(std::abs(is_ms - wanted_ms) <= 5, "{} had {} ms, not {}", who, is_ms, wanted_ms);
}

const RegisterCheck spinners("reserved_spinners", [] {
  const Above above;
  Scene scene("policy=reserve");
  std::vector<pid_t> guests;
  for (const int target_ms : {10, 20, 40})
    guests.push_back(scene.guest([&] {
      if (const int error = ask(static_cast<std::uint64_t>(target_ms), 100)) return error;
      spin();
    }));
  for (const pid_t guest : guests) scene.await_reservation(guest);
  const Had had = watch(scene, guests);
  fmt::print("  of 1000 ms: {} {} {} beside them {}\n", had.guests_ms[0], had.guests_ms[1],
             had.guests_ms[2], had.beside_ms);
  require_near(had.guests_ms[0], 100, "the first");
  require_near(had.guests_ms[1], 200, "the second");
  require_near(had.guests_ms[2], 400, "the third");
  require_near(had.beside_ms, 300, "the process beside them");
  const ReserveReport report = scene.report();
  require(report.held >= 3 * 9 && report.resumed >= 3 * 9, "{} held, {} resumed", report.held,
          report.resumed);
});

// The same guests without reservations leave nothing.
const RegisterCheck spinners_control("reserved_spinners_control", [] {
  const Above above;
  Scene scene("policy=rr");
  for (int i = 0; i < 3; ++i) scene.guest([]() -> int { spin(); });
  sleep_ms(100);
  const Had had = watch(scene, {});
  require(had.beside_ms <= 10, "beside them there were {} ms left", had.beside_ms);
});

// Sleeps for most of its period and then wants its time at once: it has it.  `spent`: it had its
// time before it slept, and gets nothing for having slept.  Who never rests has its own.
void sleep_late(bool spent) {
  const Above above;
  Scene scene("policy=reserve");
  const pid_t steady = scene.guest([]() -> int {
    if (const int error = ask(10, 100)) return error;
    spin();
  });
  scene.await_reservation(steady);
  auto* awake = shared_array<volatile int>(1);
  const pid_t sleeper = scene.guest([&]() -> int {
    const std::int64_t until_ns = clock_ns(CLOCK_MONOTONIC) + (spent ? 165 : 0) * kMs_ns;
    if (const int error = ask(160, 400)) return error;
    while (clock_ns(CLOCK_MONOTONIC) < until_ns) burn();
    sleep_ms(spent ? 100 : 270);
    *awake = 1;
    spin();
  });
  await([&] { return *awake == 1; }, "the sleeper does not wake");
  const Had had = watch(scene, {sleeper, steady}, 100);
  fmt::print("  in the 100 ms after it slept: {}, beside it {}\n", had.guests_ms[0],
             had.guests_ms[1]);
  require_near(had.guests_ms[0], spent ? 5 : 90, "the sleeper");
  require_near(had.guests_ms[1], 10, "who never rests");
}
const RegisterCheck sleepers("reserved_sleeper", [] { sleep_late(false); });
const RegisterCheck spenders("reserved_spender", [] { sleep_late(true); });

// Seven children that spin have together what their parent has; and without a reservation all.
void fork_many(bool reserved) {
  const Above above;
  Scene scene(reserved ? "policy=reserve reserve=20/100" : "policy=reserve");
  const pid_t parent = scene.guest([]() -> int {
    for (int i = 0; i < 7; ++i)
      if (fork() == 0) spin();
    spin();
  });
  const pid_t other = scene.guest([]() -> int {
    if (const int error = ask(30, 100)) return error;
    spin();
  });
  scene.await_reservation(other);
  sleep_ms(200);
  const Had had = watch(scene, {parent, other});
  fmt::print("  the family {}, the other {}, beside them {}\n", had.guests_ms[0], had.guests_ms[1],
             had.beside_ms);
  require_near(had.guests_ms[1], 300, "the other");
  if (reserved) {
    require_near(had.guests_ms[0], 200, "the family");
    require_near(had.beside_ms, 500, "the process beside them");
  } else {
    require(had.beside_ms <= 10, "beside them there were {} ms left", had.beside_ms);
  }
}
const RegisterCheck forks("reserved_family", [] { fork_many(true); });
const RegisterCheck forks_control("reserved_family_control", [] { fork_many(false); });

// A guest that always has its owner at work, beside a process that wants the processor, too, does
// not keep another guest from its time.
const RegisterCheck callers("reserved_beside_caller", [] {
  const Above above;
  Scene scene("policy=reserve");
  scene.guest([]() -> int {
    const int zeros = open("/dev/zero", O_RDONLY);
    std::vector<char> much(16 << 20);
    while (read(zeros, much.data(), much.size()) > 0) {
    }
    return 1;
  });
  sleep_ms(100);
  const pid_t steady = scene.guest([]() -> int {
    if (const int error = ask(90, 100)) return error;
    spin();
  });
  scene.await_reservation(steady);
  require_near(watch(scene, {steady}).guests_ms[0], 900, "who never rests");
});

// Asking again and again does not give more.
const RegisterCheck askers("reserved_asker", [] {
  const Above above;
  Scene scene("policy=reserve");
  const pid_t asker = scene.guest([]() -> int {
    for (;;)
      if (const int error = ask(10, 100)) return error;
  });
  scene.await_reservation(asker);
  const Had had = watch(scene, {asker});
  require(had.guests_ms[0] <= 105, "who asks again had {} ms", had.guests_ms[0]);
});

const RegisterCheck refusals("reservations_refused", [] {
  {
    Scene scene("policy=reserve limit_percent=60");
    const pid_t first = scene.guest([]() -> int {
      if (ask(20, 100) != 0) return 1;
      for (;;) pause();
    });
    await([&] { return scene.report().of[0].pid == static_cast<std::uint64_t>(first); },
          "the first asks for nothing");
    const int status = scene.result(scene.guest([] {
      if (ask(41, 100) != EBUSY) return 2;
      if (ask(0, 100) != EINVAL || ask(101, 100) != EINVAL || ask(1, 100000) != EINVAL) return 3;
      if (syscall(SYS_sched_setattr, 0, executive_memory(), 0) == 0 || errno != EFAULT) return 4;
      SchedulingAttributes is{};
      if (ask(40, 100) != 0) return 5;
      if (syscall(SYS_sched_getattr, 0, &is, sizeof is, 0) != 0 ||
          is.policy != executive::kSchedDeadline || is.runtime_ns != 40 * kMs_ns)
        return 6;
      if (attributes(0, 0, SCHED_OTHER) != 0) return 7;
      return syscall(SYS_sched_getattr, 0, &is, sizeof is, 0) == 0 && is.policy == SCHED_OTHER ? 0
                                                                                               : 8;
    }));
    require(status == 0, "the second {}", describe_status(status));
    // It is gone, and so is its reservation.
    const int third = scene.result(scene.guest([] { return ask(40, 100); }));
    require(third == 0, "the third {}", describe_status(third));
  }
  Scene scene("policy=reserve reserve=10/100");
  const int status = scene.result(scene.guest([] { return ask(20, 100) == EPERM ? 0 : 1; }));
  require(status == 0, "a guest changes what the command line has given it");
});

volatile std::uint64_t handled;

// Signals reach a guest that waits for its next period, and it goes on as if nothing had been.
const RegisterCheck signalled("reserved_signalled", [] {
  Scene scene("policy=reserve reserve=1/20");
  auto* seen = shared_array<volatile std::uint64_t>(1);
  const pid_t guest = scene.guest([&]() -> int {
    struct sigaction action {};
    action.sa_handler = [](int) { handled = handled + 1; };
    sigaction(SIGUSR1, &action, nullptr);
    // Every register that the loop uses is wrong at the end if one was changed in between.
    std::uint64_t hash = 1, plain = 1, rounds = 0;
    for (std::uint64_t last = 0; last < 20;) {
      constexpr std::uint64_t factor = 6364136223846793005;
      for (int i = 0; i < 1000; ++i) hash = hash * factor + static_cast<std::uint64_t>(i);
      ++rounds;
      *seen = last = handled;
    }
    for (; rounds > 0; --rounds)
      for (int i = 0; i < 1000; ++i)
        plain = plain * 6364136223846793005 + static_cast<std::uint64_t>(i);
    return hash == plain ? 0 : 1;
  });
  for (std::uint64_t sent = 1; sent <= 20; ++sent) {
    await([&] { return *seen + 1 >= sent; }, "a signal does not arrive");
    usleep(sent == 1 ? 50'000 : 3'000);  // it waits for its time by now, most likely
    require(kill(guest, SIGUSR1) == 0, "kill");
  }
  const int status = scene.result(guest);
  require(status == 0, "the guest {}", describe_status(status));
});

}  // namespace
}  // namespace osext::test
