// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/host/safex.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace osext {
namespace {

void copy_name(char (&to)[OSEXT_SAFEX_NAME_BYTES], const std::string& name) {
  if (name.empty() || name.size() >= sizeof to)
    throw SafexError(
        fmt::format("the name \"{}\" is not 1 to {} characters long", name, sizeof to - 1));
  std::memcpy(to, name.c_str(), name.size() + 1);
}

std::uint32_t number_in(const std::vector<std::string>& names, const std::string& name,
                        const std::string& of) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw SafexError(fmt::format("the class {} has no {}", of, name));
  return static_cast<std::uint32_t>(found - names.begin());
}

template <class Type>
std::vector<Type> list(unsigned long command) {
  const SafexFile device = open_safex();
  std::vector<Type> all;
  for (std::uint32_t id = 0;;) {
    Type one{};
    one.id = id;
    one.flags = OSEXT_SAFEX_NEXT;
    if (ioctl(device.get(), command, &one) != 0) {
      if (errno == ENOENT) return all;
      throw std::system_error(errno, std::generic_category(), "cannot list what SafeX has");
    }
    all.push_back(one);
    id = one.id + 1;
  }
}

const char* explain(int error) {
  switch (error) {
    case EDQUOT:
      return " (the reservations would take more of a CPU than the module's limit)";
    case EACCES:
      return " (it calls what is not on the list of harmless functions: see the kernel "
             "log)";
    case EPERM:
      return " (it takes root or CAP_BPF)";
    case EEXIST:
      return " (there is one of that name)";
  }
  return "";
}

}  // namespace

int safex_request(int descriptor, unsigned long command, void* argument, const std::string& what) {
  const int result = ioctl(descriptor, command, argument);
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

SafexFile& SafexFile::operator=(SafexFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  SafexFile ends(std::move(other));
  return *this;
}

SafexFile::~SafexFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

SafexFile open_safex() {
  SafexFile device(open(OSEXT_SAFEX_DEVICE, O_RDWR | O_CLOEXEC));
  if (device.get() < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot open " OSEXT_SAFEX_DEVICE
                            " (is the module osext_safex loaded?)");
  return device;
}

SafexExtension::SafexExtension(const SafexProgram& program, const SafexReservation& reservation,
                               const std::string& name)
    : name_(name.empty() ? program.function() : name) {
  const SafexFile device = open_safex();
  osext_safex_load load{};
  load.program = program.descriptor();
  load.mode = reservation.mode;
  load.budget_ns = reservation.budget_ns;
  load.period_ns = reservation.period_ns;
  load.invocations = reservation.invocations;
  if (program.attributes().size() > OSEXT_SAFEX_ATTRIBUTES_MAX ||
      program.events().size() > OSEXT_SAFEX_EVENTS_MAX)
    throw SafexError(fmt::format("{} names more than {} attributes or {} events", name_,
                                 OSEXT_SAFEX_ATTRIBUTES_MAX, OSEXT_SAFEX_EVENTS_MAX));
  copy_name(load.name, name_);
  for (const std::string& one : program.attributes())
    copy_name(load.attributes[load.attribute_count++], one);
  for (const std::string& one : program.events()) copy_name(load.events[load.event_count++], one);
  const int descriptor = ioctl(device.get(), OSEXT_SAFEX_LOAD, &load);
  if (descriptor < 0) {
    const int error = errno;
    throw std::system_error(error, std::generic_category(),
                            fmt::format("cannot load {}{}", name_, explain(error)));
  }
  file_ = SafexFile(descriptor);
  id_ = load.id;
}

void SafexExtension::bind(osext_safex_bind& bind, const std::string& to) {
  safex_request(file_.get(), OSEXT_SAFEX_BIND, &bind,
                fmt::format("cannot bind {} to {}", name_, to));
}

void SafexExtension::bind_timer(std::uint64_t period_ns, std::uint32_t set) {
  osext_safex_bind request{};
  request.kind = OSEXT_SAFEX_TIMER;
  request.set = set;
  request.period_ns = period_ns;
  bind(request, "a timer");
}

void SafexExtension::bind_calls(pid_t thread, std::uint32_t set) {
  osext_safex_bind request{};
  request.kind = OSEXT_SAFEX_CALL;
  request.set = set;
  request.thread = static_cast<std::uint64_t>(thread);
  bind(request,
       fmt::format("the system calls of {}", thread == 0 ? "the caller" : std::to_string(thread)));
}

void SafexExtension::bind_packets(std::uint16_t port, std::uint32_t set) {
  osext_safex_bind request{};
  request.kind = OSEXT_SAFEX_PACKET;
  request.set = set;
  request.port = port;
  bind(request, fmt::format("packets for port {}", port));
}

osext_safex_statistics SafexExtension::statistics() const {
  const SafexFile device = open_safex();
  osext_safex_statistics statistics{};
  statistics.id = id_;
  safex_request(device.get(), OSEXT_SAFEX_GET_STATISTICS, &statistics,
                fmt::format("cannot read the counts of {}", name_));
  return statistics;
}

SafexClass::SafexClass(const std::string& name, const std::vector<SafexAttribute>& attributes,
                       const std::vector<std::string>& events)
    : name_(name), events_(events) {
  const SafexFile device = open_safex();
  osext_safex_create create{};
  copy_name(create.name, name);
  if (attributes.size() > OSEXT_SAFEX_ATTRIBUTES_MAX || events.size() > OSEXT_SAFEX_EVENTS_MAX)
    throw SafexError(fmt::format("the class {} has more than {} attributes or {} events", name,
                                 OSEXT_SAFEX_ATTRIBUTES_MAX, OSEXT_SAFEX_EVENTS_MAX));
  for (const SafexAttribute& one : attributes) {
    osext_safex_attribute& attribute = create.attributes[create.attribute_count++];
    copy_name(attribute.name, one.name);
    attribute.guard = one.guard;
    attribute.initial = one.initial;
    attribute.minimum = one.minimum;
    attribute.maximum = one.maximum;
    attribute.per_second = one.per_second;
    attributes_.push_back(one.name);
  }
  for (const std::string& one : events) copy_name(create.events[create.event_count++], one);
  file_ = SafexFile(safex_request(device.get(), OSEXT_SAFEX_CREATE, &create,
                                  fmt::format("cannot create the class {}", name)));
  id_ = create.id;
}

std::uint32_t SafexClass::attribute(const std::string& name) const {
  return number_in(attributes_, name, name_);
}

std::uint32_t SafexClass::event(const std::string& name) const {
  return number_in(events_, name, name_);
}

void SafexClass::grant(const SafexExtension& extension, std::uint32_t rights, std::uint32_t set,
                       std::uint32_t slot) {
  osext_safex_grant grant{extension.descriptor(), set, slot, rights};
  safex_request(file_.get(), OSEXT_SAFEX_GRANT, &grant,
                fmt::format("cannot grant {} access to {}", extension.name(), name_));
}

void SafexClass::revoke(const SafexExtension& extension, std::uint32_t set, std::uint32_t slot) {
  osext_safex_grant grant{extension.descriptor(), set, slot, 0};
  safex_request(file_.get(), OSEXT_SAFEX_GRANT, &grant,
                fmt::format("cannot revoke the access of {} to {}", extension.name(), name_));
}

void SafexClass::bind(const SafexExtension& extension, const std::string& event,
                      std::uint32_t set) {
  osext_safex_bind bind{};
  bind.kind = OSEXT_SAFEX_EVENT;
  bind.set = set;
  bind.class_file = file_.get();
  bind.event = this->event(event);
  safex_request(extension.descriptor(), OSEXT_SAFEX_BIND, &bind,
                fmt::format("cannot bind {} to {} of {}", extension.name(), event, name_));
}

std::int64_t SafexClass::get(const std::string& attribute) const {
  osext_safex_value value{0, this->attribute(attribute), 0};
  safex_request(file_.get(), OSEXT_SAFEX_GET, &value,
                fmt::format("cannot read {} of {}", attribute, name_));
  return value.value;
}

void SafexClass::set(const std::string& attribute, std::int64_t value) {
  osext_safex_value request{0, this->attribute(attribute), value};
  safex_request(file_.get(), OSEXT_SAFEX_SET, &request,
                fmt::format("cannot write {} of {}", attribute, name_));
}

std::int64_t SafexClass::await(const std::string& attribute, std::int64_t known) const {
  osext_safex_await await{this->attribute(attribute), 0, known, 0};
  safex_request(file_.get(), OSEXT_SAFEX_AWAIT, &await,
                fmt::format("cannot wait for {} of {}", attribute, name_));
  return await.value;
}

osext_safex_raise SafexClass::raise(const std::string& event, std::int64_t value) {
  osext_safex_raise raise{};
  raise.event = this->event(event);
  raise.value = value;
  safex_request(file_.get(), OSEXT_SAFEX_RAISE_EVENT, &raise,
                fmt::format("cannot raise {} of {}", event, name_));
  return raise;
}

std::vector<osext_safex_statistics> list_safex_extensions() {
  return list<osext_safex_statistics>(OSEXT_SAFEX_GET_STATISTICS);
}

std::vector<osext_safex_describe> list_safex_classes() {
  return list<osext_safex_describe>(OSEXT_SAFEX_DESCRIBE);
}

}  // namespace osext
