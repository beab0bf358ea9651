// SPDX-License-Identifier: GPL-2.0
#include "workloads/manager_primitives.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "measure/shared_array.h"
#include "workloads/burn.h"
#include "workloads/child.h"
#include "workloads/cpu_service.h"
#include "workloads/monitored_task.h"
#include "workloads/system_call.h"

namespace osext {
namespace {

void become_idle() {
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
    throw std::system_error(errno, std::generic_category(), "SCHED_IDLE");
}

// Waits until the application has stopped, or goes on, as `option` of waitpid() says.
void await(pid_t pid, int option) {
  int status = 0;
  while (waitpid(pid, &status, option) != pid)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  const bool as_told = option == WUNTRACED ? WIFSTOPPED(status) : WIFCONTINUED(status);
  if (!as_told) throw std::runtime_error("the application has ended early");
}

void tell(pid_t pid, int signal) {
  if (system_call(SYS_kill, pid, signal) != 0)
    throw std::runtime_error("cannot signal the application");
  await(pid, signal == SIGSTOP ? WUNTRACED : WCONTINUED);
}

class Application {
 public:
  Application()
      : process_([] {
          become_idle();
          for (;;) burn();
        }) {}
  pid_t pid() const { return process_.pid(); }

 private:
  Child process_;
};

}  // namespace

void signal_dispatch(Sampler& sampler, const Series& series, DispatchedSignal which) {
  const Application application;
  const bool stop = which == DispatchedSignal::stop;
  const int measured = stop ? SIGSTOP : SIGCONT, other = stop ? SIGCONT : SIGSTOP;
  const int option = stop ? WUNTRACED : WCONTINUED;
  // So that it has begun, and is in the state that the measured signal finds.
  tell(application.pid(), SIGSTOP);
  if (stop) tell(application.pid(), SIGCONT);
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      const long sent = system_call(SYS_kill, application.pid(), measured);
      probe.end();
      if (sent != 0) throw std::runtime_error("cannot signal the application");
      await(application.pid(), option);
      tell(application.pid(), other);
    }
  });
}

void switch_to_application(Sampler& sampler, const Series& series) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    SharedArray<int> shared(1);
    volatile int* const turn = shared.data();
    const auto address = reinterpret_cast<long>(shared.data());
    enum { kManagers = 0, kApplications = 1 };
    const Child application([&] {
      become_idle();
      for (;;) {
        while (*turn != kApplications) {
        }
        probe.end();
        *turn = kManagers;
        system_call(SYS_futex, address, FUTEX_WAKE, 1);
      }
    });
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      *turn = kApplications;
      while (*turn == kApplications) system_call(SYS_futex, address, FUTEX_WAIT, kApplications, 0);
    }
  });
}

void monitor_handler(Sampler& sampler, const Series& series, unsigned applications,
                     RoundSignals signals) {
  std::vector<std::unique_ptr<Application>> processes;
  std::vector<MonitoredTask> tasks;
  for (unsigned i = 0; i < applications; ++i) {
    processes.push_back(std::make_unique<Application>());
    const CpuTask& like = kCpuTasks[i % kCpuTasks.size()];
    tasks.emplace_back(
        ManagedTask{like.name, processes[i]->pid(), like.target_ns, like.period_ns, 0},
        OSEXT_CPU_PID_PRINTED);
    tell(processes[i]->pid(), SIGSTOP);
    tell(processes[i]->pid(), SIGCONT);
  }
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    for (std::uint64_t i = 0; i < pairs; ++i) {
      const int signal = i % 2 == 0 ? SIGSTOP : SIGCONT;
      std::int64_t allowed = 0;
      probe.begin();
      for (MonitoredTask& task : tasks) {
        if (task.decide(task.read_cpu_ns(), 1)) ++allowed;
        if (signals == RoundSignals::each) system_call(SYS_kill, task.pid(), signal);
      }
      probe.end();
      asm volatile("" ::"r"(allowed));  // or deciding is optimised away
      if (signals == RoundSignals::none) continue;
      for (MonitoredTask& task : tasks)
        await(task.pid(), signal == SIGSTOP ? WUNTRACED : WCONTINUED);
    }
    if (signals == RoundSignals::each && pairs % 2 == 1)
      for (MonitoredTask& task : tasks) tell(task.pid(), SIGCONT);
  });
}

}  // namespace osext
