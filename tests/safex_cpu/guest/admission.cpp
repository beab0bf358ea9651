// SPDX-License-Identifier: GPL-2.0
// Who gets a reservation, how much there is, and how reservations end: by closing, by death of
// whoever holds or has them, and never by half.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>

#include "tests/safex_cpu/guest/check.h"

namespace osext::test {
namespace {

int admission_error(pid_t pid, milliseconds target, milliseconds period, std::uint32_t flags = 0) {
  return error_of([&] { const CpuReservation reservation(pid, target, period, flags); });
}

void sum_is_held() {
  Loaded module;
  Child one, two, three;
  CpuReservation first(one.pid(), milliseconds(80), milliseconds(200));
  require(cpu_reservations().limit_permille == 900, "another limit");
  require(cpu_reservations().reserved_permille == 400, "{} permille",
          cpu_reservations().reserved_permille);
  require(admission_error(one.pid(), milliseconds(1), milliseconds(200)) == EEXIST, "twice");
  require(admission_error(two.pid(), milliseconds(101), milliseconds(200)) == EBUSY, "0.905 fit");
  const CpuReservation second(two.pid(), milliseconds(100), milliseconds(200));
  require(admission_error(three.pid(), milliseconds(1), milliseconds(2000)) == EBUSY, "full");
  require(cpu_reservations().count == 2, "{} reservations", cpu_reservations().count);
  first.end();
  require(admission_error(three.pid(), milliseconds(80), milliseconds(200)) == 0, "no room left");
}

void limit_is_a_parameter() {
  Loaded module("cpu_limit=100");
  Child one;
  require(admission_error(one.pid(), milliseconds(21), milliseconds(200)) == EBUSY, "0.105 fit");
  require(admission_error(one.pid(), milliseconds(20), milliseconds(200)) == 0, "0.1 do not fit");
}

void too_many() {
  Loaded module;
  std::deque<Child> children(OSEXT_SAFEX_CPU_TASKS_MAX + 1);
  std::vector<CpuReservation> reservations;
  for (int i = 0; i < OSEXT_SAFEX_CPU_TASKS_MAX; ++i)
    reservations.emplace_back(children[i].pid(), milliseconds(1), milliseconds(1000));
  require(admission_error(children.back().pid(), milliseconds(1), milliseconds(1000)) == EMFILE,
          "one more");
  children.pop_front();
  wait_until("the end of one",
             [&] { return (reservations[0].statistics().state & OSEXT_SAFEX_CPU_ALIVE) == 0; });
  reservations[0].end();
  require(admission_error(children.back().pid(), milliseconds(1), milliseconds(1000)) == 0,
          "its place is not free");
}

void refusals() {
  Loaded module;
  Child child;
  const pid_t pid = child.pid();
  struct Bad {
    const char* what;
    std::uint32_t pid, flags;
    std::uint64_t target, period, reserved;
    int error;
  };
  const auto own = static_cast<std::uint32_t>(pid);
  constexpr std::uint64_t kMs = 1'000'000;
  for (const Bad& bad : {Bad{"unknown flags", own, 4, 10 * kMs, 100 * kMs, 0, EINVAL},
                         Bad{"reserved field", own, 0, 10 * kMs, 100 * kMs, 1, EINVAL},
                         Bad{"no target", own, 0, 0, 100 * kMs, 0, EINVAL},
                         Bad{"target above period", own, 0, 101 * kMs, 100 * kMs, 0, EINVAL},
                         Bad{"short period", own, 0, 10 * kMs, 40 * kMs, 0, EINVAL},
                         Bad{"long period", own, 0, 10 * kMs, 2010 * kMs, 0, EINVAL},
                         Bad{"endless", own, 0, ~0ULL, ~0ULL, 0, EINVAL},
                         Bad{"part of a sample", own, 0, 10 * kMs, 105 * kMs, 0, EINVAL},
                         Bad{"nobody", 4000000, 0, 10 * kMs, 100 * kMs, 0, ESRCH},
                         Bad{"process 0", 0, 0, 10 * kMs, 100 * kMs, 0, ESRCH},
                         Bad{"minus one", ~0U, 0, 10 * kMs, 100 * kMs, 0, ESRCH},
                         Bad{"init", 1, 0, 10 * kMs, 100 * kMs, 0, EINVAL},
                         Bad{"a kernel thread", 2, 0, 10 * kMs, 100 * kMs, 0, EINVAL}}) {
    osext_safex_cpu_admit request{bad.pid, bad.flags, bad.target, bad.period, bad.reserved};
    const int device = open("/dev/osext_safex", O_RDWR);
    const int result = ioctl(device, OSEXT_SAFEX_CPU_ADMIT, &request), error = errno;
    close(device);
    require(result == -1 && error == bad.error, "{}: {} {}", bad.what, result, error);
  }
  const int device = open("/dev/osext_safex", O_RDWR);
  require(ioctl(device, OSEXT_SAFEX_CPU_ADMIT, nullptr) == -1 && errno == EFAULT, "no request");
  require(ioctl(device, OSEXT_SAFEX_CPU_LIST, 8) == -1 && errno == EFAULT, "no room");
  close(device);
  const CpuReservation reservation(pid, milliseconds(10), milliseconds(100));
  require(ioctl(reservation.descriptor(), 0xb999) == -1 && errno == ENOTTY, "an unknown request");
  require(
      ioctl(reservation.descriptor(), OSEXT_SAFEX_CPU_GET_STATISTICS, 8) == -1 && errno == EFAULT,
      "no room for counts");
  require((fcntl(reservation.descriptor(), F_GETFD) & FD_CLOEXEC) != 0, "kept by execve");
}

// As a user without any capability but those in `mask`.
int as_user(uid_t user, std::uint64_t mask, const std::function<void()>& attempt) {
  return status_of_child([&] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (setgroups(0, nullptr) < 0 || syscall(SYS_prctl, 8 /* PR_SET_KEEPCAPS */, 1, 0, 0, 0) < 0 ||
        setresuid(user, user, user) < 0)
      return 98;
    data[0].permitted = data[0].effective = static_cast<std::uint32_t>(mask);
    if (syscall(SYS_capset, &header, data) < 0) return 97;
    return error_of(attempt);
  });
}

void rights() {
  Loaded module;
  constexpr uid_t kUser = 1000;
  const std::uint64_t nice = 1ULL << CAP_SYS_NICE;
  Child own([] {
    if (setresuid(kUser, kUser, kUser) < 0) _exit(9);
    burn();
  });
  Child roots;
  wait_until("its user", [&] {
    std::ifstream file(fmt::format("/proc/{}/status", own.pid()));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return text.find("Uid:\t1000") != text.npos;
  });
  const auto admit = [](pid_t pid) {
    return [pid] { const CpuReservation reservation(pid, milliseconds(10), milliseconds(100)); };
  };
  const auto exited = [](int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; };
  require(exited(as_user(kUser, 0, admit(own.pid()))) == EPERM, "an ordinary user may");
  require(exited(as_user(kUser, nice, admit(roots.pid()))) == EPERM, "a user may manage root's");
  require(exited(as_user(kUser, nice, admit(own.pid()))) == 0, "a user with the right may not");
  const CpuReservation theirs(roots.pid(), milliseconds(10), milliseconds(100));
  const int seen = as_user(kUser, 0, [] {
    if (cpu_reservations().count != 0) _exit(96);
  });
  require(exited(seen) == 0, "a user sees root's reservations");
}

// Killed, whoever had a thread managed leaves nothing behind.
void creator_killed() {
  AboveAll above;
  Loaded module;
  for (int i = 0; i < 10; ++i) {
    Child managed;
    managed.schedule(SCHED_RR, 8);
    const Scheduling before = scheduling_of(managed.pid());
    const pid_t creator = start_child([&] {
      const CpuReservation reservation(managed.pid(), milliseconds(3), milliseconds(1000));
      pause();
      return 0;
    });
    wait_until("a block", [] {
      const osext_safex_cpu_list list = cpu_reservations();
      return list.count == 1 && (list.tasks[0].state & OSEXT_SAFEX_CPU_BLOCKED) != 0;
    });
    kill(creator, SIGKILL);
    int status;
    waitpid(creator, &status, 0);
    wait_until("the end of the reservation", [] { return cpu_reservations().count == 0; });
    require(before == scheduling_of(managed.pid()), "it keeps its other scheduling");
    const std::uint64_t used = managed.cpu_ns();
    wait_until("running free", [&] { return managed.cpu_ns() > used + 50'000'000; });
  }
}

// Its own creator, and killed: one process is both ends of it.
void manages_itself() {
  AboveAll above;
  Loaded module;
  for (int i = 0; i < 10; ++i) {
    Child child([] {
      const CpuReservation reservation(getpid(), milliseconds(3), milliseconds(1000));
      burn();
    });
    wait_until("a block", [] {
      const osext_safex_cpu_list list = cpu_reservations();
      return list.count == 1 && (list.tasks[0].state & OSEXT_SAFEX_CPU_BLOCKED) != 0;
    });
    child.kill_and_wait();
    require(cpu_reservations().count == 0, "its reservation stays");
  }
}

void does_not_unload() {
  Loaded module;
  Child child;
  const CpuReservation reservation(child.pid(), milliseconds(10), milliseconds(100));
  require(syscall(SYS_delete_module, "osext_safex", O_NONBLOCK) == -1, "it unloads");
  wait_for_samples(reservation, 5);
}

// Many at once, begun, ended, stopped and killed in any order, and the module with them.
void random_ends() {
  AboveAll above;
  std::optional<Loaded> module(std::in_place);
  struct Managed {
    std::unique_ptr<Child> child;
    std::optional<CpuReservation> reservation;
  };
  std::vector<Managed> all(8);
  const std::uint64_t steps = rounds<std::uint64_t>(300);
  std::uint64_t admitted = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    Managed& one = all[dice() % all.size()];
    if (!one.child) {
      one.child = std::make_unique<Child>();
      one.child->schedule(dice() % 2 ? SCHED_RR : SCHED_BATCH, 1 + dice() % 19);
    }
    const pid_t pid = one.child->pid();
    switch (dice() % 8) {
      case 0:
      case 1:
        one.reservation.reset();
        break;
      case 2:
        one.child.reset();
        break;
      case 3:
        kill(pid, SIGSTOP);
        break;
      case 4:
        kill(pid, SIGCONT);
        break;
      default:
        if (one.reservation) one.reservation.reset();
        try {
          one.reservation.emplace(pid, milliseconds(1 + dice() % 20),
                                  milliseconds(50 + 10 * (dice() % 20)),
                                  static_cast<std::uint32_t>(dice() % 2));
          ++admitted;
        } catch (const std::system_error& error) {
          require(error.code().value() == EBUSY, "{}", error.what());
        }
        usleep(1000 * (dice() % 40));
    }
    if (step % 100 == 99) {
      // Woken threads that get no CPU time keep the module: all go.
      for (Managed& each : all) each.reservation.reset();
      for (Managed& each : all) each.child.reset();
      module.reset();
      module.emplace();
    }
  }
  fmt::print("  {} reservations\n", admitted);
  all.clear();
}

const RegisterCheck checks[] = {{"sum_is_held", sum_is_held},
                                {"limit_is_a_parameter", limit_is_a_parameter},
                                {"too_many", too_many},
                                {"refusals", refusals},
                                {"rights", rights},
                                {"creator_killed", creator_killed},
                                {"manages_itself", manages_itself},
                                {"does_not_unload", does_not_unload},
                                {"random_ends", random_ends}};

}  // namespace
}  // namespace osext::test
