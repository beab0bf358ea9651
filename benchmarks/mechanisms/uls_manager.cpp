// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/uls_manager.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "workloads/burn.h"
#include "workloads/proc_time.h"

namespace osext {
namespace {

void set_scheduling(pid_t pid, int policy, int priority) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(pid, policy, &parameter) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot set a priority");
}

std::uint32_t offset_of(const void* symbol) {
  return static_cast<std::uint32_t>(static_cast<const char*>(symbol) - __start_osext_uls_manager);
}

UlsManagedTask managed(const ManagedTask& task, unsigned form) {
  UlsManagedTask result{};
  result.pid = static_cast<__u32>(task.pid);
  result.priority = static_cast<__u32>(task.priority);
  result.state.target_ns = static_cast<__u64>(task.target_ns);
  result.state.period_samples = static_cast<__u32>(task.period_ns / OSEXT_CPU_SAMPLE_NS);
  result.state.form = form;
  osext_cpu_begin(&result.state, 0);
  return result;
}

}  // namespace

void UlsManager::enter() {
  sandbox_.join();
}

void UlsManager::start(std::span<const ManagedTask> tasks) {
  if (tasks.size() != kUlsManagedTasks) throw std::runtime_error("ULS manages three tasks");
  const std::size_t bytes = __stop_osext_uls_manager - __start_osext_uls_manager;
  loaded_ = sandbox_.load({.name = "manager",
                           .code_bytes = static_cast<std::uint32_t>(bytes),
                           .data_bytes = sizeof(UlsManagerData),
                           .budget_ns = OSEXT_CPU_SAMPLE_NS});
  std::vector<char> image(__start_osext_uls_manager, __stop_osext_uls_manager);
  const std::uint64_t address = loaded_.data;
  std::memcpy(image.data() + offset_of(osext_uls_manager_data), &address, sizeof address);
  sandbox_.write(loaded_.id, loaded_.code, image.data(), bytes);

  UlsManagerData data{};
  data.may_run = (1U << kUlsManagedTasks) - 1;
  data.id = loaded_.id;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    data.tasks[i] = managed(tasks[i], form_);
    set_scheduling(tasks[i].pid, SCHED_RR, OSEXT_CPU_RAISED_PRIORITY);
    ++data.raised;
  }
  sandbox_.write(loaded_.id, loaded_.data, &data, sizeof data);
  sandbox_.start(loaded_.id,
                 loaded_.code + offset_of(reinterpret_cast<const void*>(osext_uls_manager_upcall)));
  thread_.emplace(sandbox_.start_thread(
      loaded_.id, loaded_.code + offset_of(reinterpret_cast<const void*>(osext_uls_manager_thread)),
      data.may_run));
  set_scheduling(thread_->pid(), SCHED_RR, OSEXT_CPU_ACTUATOR_PRIORITY);
  idle_ = std::make_unique<Child>([&] {
    set_scheduling(0, SCHED_IDLE, 0);
    enter();
    for (;;) burn();
  });
  sandbox_.bind(
      loaded_.id,
      {.kind = OSEXT_ULS_TIMER, .flags = OSEXT_ULS_WAKE, .period_ns = OSEXT_CPU_SAMPLE_NS});
}

UlsManagerData UlsManager::data() {
  UlsManagerData data;
  sandbox_.read(loaded_.id, loaded_.data, &data, sizeof data);
  return data;
}

void UlsManager::stop() {
  last_ = data();
  statistics_ = sandbox_.statistics(loaded_.id);
  sandbox_.unload(loaded_.id);
  thread_.reset();
  idle_.reset();
}

// The thread's time, and the upcalls' in the sandbox; the module's way in and out is not in it.
std::int64_t UlsManager::cpu_ns() {
  clock_.stop();
  return clock_cpu_ns(thread_->pid()) + clock_.ns_between(0, data().stamps);
}

std::map<std::string, std::int64_t> UlsManager::counters() {
  std::uint64_t aborts = 0;
  for (const std::uint64_t of_a_kind : statistics_.aborts) aborts += of_a_kind;
  if (aborts != 0 || last_.failed != 0)
    throw std::runtime_error("the manager's upcalls were aborted, or its thread could not act");
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  return {{"samples", number(last_.samples)},
          {"unsafe", number(last_.unsafe)},
          {"unsafe_blocked", number(last_.unsafe_blocked)},
          {"raised", number(last_.raised)},
          {"lowered", number(last_.lowered)},
          {"stops", number(last_.stops)},
          {"continues", number(last_.continues)},
          {"upcalls", number(last_.upcalls)},
          {"direct", number(statistics_.direct)}};
}

}  // namespace osext
