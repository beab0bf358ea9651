// SPDX-License-Identifier: GPL-2.0
#include "uls/host/extension.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "uls/runtime/area.h"

namespace osext {
namespace {

constexpr std::uint32_t kStackMin = 1024, kStackUnit = 16;

std::string advice(int error, const std::string& name) {
  switch (error) {
    case EPERM:
      return "not allowed: be root, or have root grant this user extensions (OSEXT_ULS_GRANT)";
    case EEXIST:
      return fmt::format(
          "an extension with the name {} is loaded already: unload it, or choose "
          "another name",
          name);
    case EMFILE:
      return fmt::format("{} extensions are loaded already, and there cannot be more: unload one",
                         OSEXT_ULS_EXTENSIONS_MAX);
    case ENOSPC:
      return "the sandbox is full: unload an extension, or ask for less heap";
  }
  return std::generic_category().message(error);
}

void check_options(const std::string& name, const UlsExtensionOptions& options) {
  if (name.empty() || name.size() >= OSEXT_ULS_NAME_BYTES)
    throw UlsError(fmt::format("the name '{}' does not do: 1 to {} characters", name,
                               OSEXT_ULS_NAME_BYTES - 1));
  if (options.stack_bytes < kStackMin || options.stack_bytes % kStackUnit != 0 ||
      options.stack_bytes > OSEXT_ULS_PAGE_BYTES)
    throw UlsError(fmt::format("{}: a stack of {} bytes does not do: {} or more, a multiple of {}",
                               name, options.stack_bytes, kStackMin, kStackUnit));
  if (options.budget_ns < OSEXT_ULS_BUDGET_MIN_NS || options.budget_ns > OSEXT_ULS_BUDGET_MAX_NS)
    throw UlsError(fmt::format("{}: a budget of {} ns does not do: {} to {}", name,
                               options.budget_ns, OSEXT_ULS_BUDGET_MIN_NS,
                               OSEXT_ULS_BUDGET_MAX_NS));
}

}  // namespace

UlsExtension::UlsExtension(UlsExtension&& other) noexcept
    : sandbox_(std::exchange(other.sandbox_, nullptr)),
      name_(std::move(other.name_)),
      object_(std::move(other.object_)),
      place_(other.place_),
      id_(other.id_) {}

UlsExtension::~UlsExtension() {
  try {
    if (sandbox_) unload();
  } catch (const std::exception&) {
    // Root unloaded it before.
  }
}

void UlsExtension::unload() {
  if (!sandbox_) throw UlsError(fmt::format("{} is not loaded any more", name_));
  std::exchange(sandbox_, nullptr)->unload(id_);
}

void UlsExtension::bind_timer(std::uint32_t number, std::uint64_t period_ns,
                              std::int32_t priority) {
  if (period_ns < OSEXT_ULS_PERIOD_MIN_NS)
    throw UlsError(fmt::format("{}: a period of {} ns does not do: {} or more", name_, period_ns,
                               OSEXT_ULS_PERIOD_MIN_NS));
  bind({OSEXT_ULS_TIMER, number, priority, 1, 0, period_ns}, "a timer");
}

void UlsExtension::bind_software(std::uint32_t number, std::uint32_t queue, std::int32_t priority) {
  bind({OSEXT_ULS_SOFTWARE, number, priority, queue}, "software");
}

void UlsExtension::bind(const UlsBinding& binding, const std::string& what) {
  if (binding.queue < 1 || binding.queue > OSEXT_ULS_QUEUE_MAX)
    throw UlsError(fmt::format("{}: a queue of {} events does not do: 1 to {}", name_,
                               binding.queue, OSEXT_ULS_QUEUE_MAX));
  if (!sandbox_) throw UlsError(fmt::format("{} is not loaded any more", name_));
  try {
    sandbox_->bind(id_, binding);
  } catch (const std::system_error& error) {
    const int number = error.code().value();
    throw UlsError(fmt::format(
        "{}: cannot bind event {} to {}: {}", name_, binding.number, what,
        number == EEXIST   ? "the number is taken"
        : number == ENOSPC ? fmt::format("there are {} bindings already", OSEXT_ULS_BINDINGS_MAX)
        : number == EPERM
            ? "not allowed: be root, or for another process' calls and faults who may trace it"
            : std::generic_category().message(number)));
  }
}

void UlsExtension::bind_call(std::uint32_t number, std::uint32_t call, pid_t process,
                             std::uint32_t queue, std::int32_t priority) {
  UlsBinding binding{OSEXT_ULS_SYSCALL, number, priority, queue};
  binding.call = call;
  binding.pid = static_cast<std::uint64_t>(process);
  bind(binding, fmt::format("system calls of process {}", process ? process : getpid()));
}

void UlsExtension::bind_fault(std::uint32_t number, pid_t process, std::uint32_t queue,
                              std::int32_t priority) {
  UlsBinding binding{OSEXT_ULS_FAULT, number, priority, queue};
  binding.pid = static_cast<std::uint64_t>(process);
  bind(binding, fmt::format("faults of process {}", process ? process : getpid()));
}

void UlsExtension::bind_packet(std::uint32_t number, std::uint16_t port, std::uint32_t queue,
                               std::int32_t priority) {
  UlsBinding binding{OSEXT_ULS_PACKET, number, priority, queue};
  binding.port = port;
  bind(binding, fmt::format("packets at port {}", port));
}

int UlsExtension::raise(std::uint32_t number, std::uint64_t value) noexcept {
  return sandbox_ ? sandbox_->raise(id_, number, value) : -ENOENT;
}

UlsAnswer UlsExtension::call(std::uint32_t number, std::uint64_t value) noexcept {
  return sandbox_ ? sandbox_->call(id_, number, value) : UlsAnswer{-ENOENT, 0};
}

UlsThread UlsExtension::start_thread(const std::string& function, std::uint64_t argument,
                                     std::uint32_t stack_bytes) {
  if (!sandbox_) throw UlsError(fmt::format("{} is not loaded any more", name_));
  const auto found = find_uls_variable(object_, place_, function);
  if (!found || found->address >= OSEXT_ULS_DATA)
    throw UlsError(
        fmt::format("{} has no function {}: declare it with extern \"C\"", name_, function));
  return sandbox_->start_thread(id_, found->address, argument, stack_bytes);
}

std::optional<UlsVariable> UlsExtension::variable(const std::string& name) const {
  const auto found = find_uls_variable(object_, place_, name);
  // Without a size it is a label.
  return found && found->bytes > 0 ? found : std::nullopt;
}

UlsVariable UlsExtension::require_variable(const std::string& name) const {
  if (!sandbox_) throw UlsError(fmt::format("{} is not loaded any more", name_));
  const auto found = variable(name);
  if (!found)
    throw UlsError(
        fmt::format("{} has no variable {}: declare it with extern \"C\" and give it a "
                    "value",
                    name_, name));
  return *found;
}

std::string UlsExtension::read(const std::string& name) const {
  const UlsVariable variable = require_variable(name);
  std::string bytes(variable.bytes, '\0');
  sandbox_->read(id_, variable.address, bytes.data(), bytes.size());
  return bytes;
}

void UlsExtension::copy_out(const std::string& name, void* to, std::size_t bytes) const {
  const UlsVariable variable = require_variable(name);
  if (bytes > variable.bytes)
    throw UlsError(
        fmt::format("{} of {} has {} bytes, not {}", name, name_, variable.bytes, bytes));
  sandbox_->read(id_, variable.address, to, bytes);
}

void UlsExtension::copy_in(const std::string& name, const void* from, std::size_t bytes) {
  const UlsVariable variable = require_variable(name);
  if (bytes > variable.bytes || variable.address < OSEXT_ULS_DATA)
    throw UlsError(fmt::format("{} of {} cannot be written: {} bytes, {}", name, name_,
                               variable.bytes,
                               variable.address < OSEXT_ULS_DATA ? "constant" : "too few"));
  sandbox_->write(id_, variable.address, from, bytes);
}

std::vector<std::pair<std::string, UlsVariable>> UlsExtension::variables() const {
  std::vector<std::pair<std::string, UlsVariable>> result;
  for (const auto& [name, symbol] : object_.symbols)
    // Reserved names are the runtime's.
    if (const auto found = variable(name); found && found->address >= OSEXT_ULS_DATA &&
                                           name.rfind("__", 0) != 0 &&
                                           name.rfind("osext_uls_", 0) != 0)
      result.emplace_back(name, *found);
  return result;
}

osext_uls_statistics UlsExtension::statistics() const {
  if (!sandbox_) throw UlsError(fmt::format("{} is not loaded any more", name_));
  return sandbox_->statistics(id_);
}

osext_uls_load UlsSession::reserve(const UlsLoad& what) {
  try {
    return sandbox_.load(what);
  } catch (const std::system_error& error) {
    throw UlsError(
        fmt::format("cannot load {}: {}", what.name, advice(error.code().value(), what.name)));
  }
}

void UlsSession::share(std::int32_t key, std::uint32_t bytes) {
  for (const UlsSegment& segment : segments_)
    if (segment.key == key) throw UlsError(fmt::format("the key {} is shared already", key));
  if (segments_.size() == uls::Area::kSegmentsMax)
    throw UlsError(fmt::format("cannot share more than {} segments", uls::Area::kSegmentsMax));
  if (bytes == 0 || bytes > OSEXT_ULS_PAGE_BYTES)
    throw UlsError(fmt::format("cannot share {} bytes: 1 to {}", bytes, OSEXT_ULS_PAGE_BYTES));
  UlsLoad what;
  what.name = fmt::format("shared {} of {}", key, getpid());
  what.code_bytes = 1;
  what.data_bytes = bytes;
  what.stack_bytes = kStackMin;
  segments_.push_back({key, reserve(what).data, bytes});
}

UlsExtension UlsSession::load(const std::string& path, const UlsExtensionOptions& options) {
  UlsExtension extension;
  extension.name_ =
      options.name.empty() ? std::filesystem::path(path).stem().string() : options.name;
  check_options(extension.name_, options);
  // All that can be wrong with the file but distances is known before anything is reserved.
  extension.object_ = read_uls_object(path);
  check_uls_entry(extension.object_);
  UlsLoad what;
  what.name = extension.name_;
  what.code_bytes = extension.object_.code_bytes;
  what.data_bytes = uls_data_bytes(extension.object_, options.heap_bytes);
  what.stack_bytes = options.stack_bytes;
  what.budget_ns = options.budget_ns;
  const osext_uls_load loaded = reserve(what);
  extension.id_ = loaded.id;
  extension.place_ = {loaded.code, loaded.data, what.data_bytes};
  extension.sandbox_ = &sandbox_;  // from here on its end unloads it
  const UlsImage image = relocate_uls(extension.object_, extension.place_, segments_);
  sandbox_.write(loaded.id, loaded.code, image.code.data(), image.code.size());
  if (!image.data.empty())
    sandbox_.write(loaded.id, loaded.data, image.data.data(), image.data.size());
  sandbox_.start(loaded.id, image.entry);
  return extension;
}

}  // namespace osext
