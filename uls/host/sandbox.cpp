// SPDX-License-Identifier: GPL-2.0
#include "uls/host/sandbox.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "uls/host/call.h"

namespace osext {

UlsSandbox::UlsSandbox() : descriptor_(open(OSEXT_ULS_DEVICE, O_RDWR | O_CLOEXEC)) {
  if (descriptor_ < 0)
    throw std::system_error(errno, std::generic_category(),
                            OSEXT_ULS_DEVICE " (is the module osext_uls loaded?)");
}

UlsSandbox::~UlsSandbox() {
  close(descriptor_);
}

void UlsSandbox::request(unsigned long command, void* argument, const char* what) {
  if (ioctl(descriptor_, command, argument) < 0)
    throw std::system_error(errno, std::generic_category(), what);
}

void UlsSandbox::join() {
  osext_uls_join arguments{};
  request(OSEXT_ULS_JOIN, &arguments, "joining the sandbox");
}

void UlsSandbox::leave() {
  if (munmap(reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_CODE}), OSEXT_SANDBOX_SIZE) < 0)
    throw std::system_error(errno, std::generic_category(), "leaving the sandbox");
}

osext_uls_load UlsSandbox::load(const UlsLoad& what) {
  osext_uls_load arguments{};
  arguments.code_bytes = what.code_bytes;
  arguments.data_bytes = what.data_bytes;
  arguments.stack_bytes = what.stack_bytes;
  arguments.budget_ns = what.budget_ns;
  if (what.name.size() >= sizeof arguments.name)
    throw std::system_error(ENAMETOOLONG, std::generic_category(), "the extension's name");
  std::memcpy(arguments.name, what.name.data(), what.name.size());
  request(OSEXT_ULS_LOAD, &arguments, "reserving memory in the sandbox");
  return arguments;
}

void UlsSandbox::write(std::uint32_t id, std::uint32_t address, const void* from,
                       std::size_t bytes) {
  osext_uls_copy arguments{id, address, static_cast<std::uint32_t>(bytes), 0,
                           reinterpret_cast<std::uintptr_t>(from)};
  request(OSEXT_ULS_WRITE, &arguments, "copying into the sandbox");
}

void UlsSandbox::read(std::uint32_t id, std::uint32_t address, void* to, std::size_t bytes) {
  osext_uls_copy arguments{id, address, static_cast<std::uint32_t>(bytes), 0,
                           reinterpret_cast<std::uintptr_t>(to)};
  request(OSEXT_ULS_READ, &arguments, "copying out of the sandbox");
}

void UlsSandbox::start(std::uint32_t id, std::uint32_t entry) {
  osext_uls_start arguments{id, entry, 0};
  request(OSEXT_ULS_START, &arguments, "starting an extension");
}

void UlsSandbox::bind(std::uint32_t id, const UlsBinding& binding) {
  osext_uls_bind arguments{id,
                           binding.kind,
                           binding.number,
                           binding.priority,
                           binding.queue,
                           binding.flags,
                           {binding.period_ns},
                           {binding.count}};
  if (binding.kind == OSEXT_ULS_SYSCALL || binding.kind == OSEXT_ULS_FAULT) {
    arguments.call = binding.call;
    arguments.pid = binding.pid;
  }
  if (binding.kind == OSEXT_ULS_PACKET) arguments.port = binding.port;
  request(OSEXT_ULS_BIND, &arguments, "binding an event");
}

void UlsSandbox::unload(std::uint32_t id) {
  osext_uls_unload arguments{id, 0};
  request(OSEXT_ULS_UNLOAD, &arguments, "unloading an extension");
}

void UlsSandbox::grant(std::uint32_t user, bool revoke) {
  osext_uls_grant arguments{user, revoke ? OSEXT_ULS_REVOKE : 0U};
  request(OSEXT_ULS_GRANT, &arguments, "granting a user extensions");
}

osext_uls_statistics UlsSandbox::statistics(std::uint32_t id) {
  osext_uls_statistics result{};
  result.id = id;
  request(OSEXT_ULS_GET_STATISTICS, &result, "reading statistics");
  return result;
}

int UlsSandbox::raise(std::uint32_t id, std::uint32_t number, std::uint64_t value) noexcept {
  osext_uls_raise arguments{id, number, value};
  return ioctl(descriptor_, OSEXT_ULS_RAISE, &arguments) < 0 ? -errno : 0;
}

UlsAnswer UlsSandbox::call(std::uint32_t id, std::uint32_t number, std::uint64_t value) noexcept {
  const osext_uls_rpc arguments{id, number, value};
  return uls_call(descriptor_, arguments);
}

int UlsSandbox::pass(osext_uls_pass& what) noexcept {
  return ioctl(descriptor_, OSEXT_ULS_PASS, &what) < 0 ? -errno : 0;
}

UlsThread UlsSandbox::start_thread(std::uint32_t id, std::uint32_t entry, std::uint64_t argument,
                                   std::uint32_t stack_bytes) {
  return UlsThread(descriptor_, {id, entry, stack_bytes, descriptor_, argument, 0});
}

}  // namespace osext
