// SPDX-License-Identifier: GPL-2.0
// The device /dev/osext_safex as C++ sees it: classes, extensions with reservations, events.
#pragma once

#include <osext/safex.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kmod_safex/host/program.h"

namespace osext {

// Throws std::system_error with the kernel's reason and what was tried.
int safex_request(int descriptor, unsigned long command, void* argument, const std::string& what);

// An open file: what it stands for ends with it.
class SafexFile {
 public:
  SafexFile() = default;
  explicit SafexFile(int descriptor) : descriptor_(descriptor) {}
  SafexFile(SafexFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  SafexFile& operator=(SafexFile&& other) noexcept;
  ~SafexFile();
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// The device itself, for what goes by ids.
SafexFile open_safex();

struct SafexAttribute {
  std::string name;
  std::int64_t initial = 0;
  std::uint32_t guard = OSEXT_SAFEX_ANY;
  std::int64_t minimum = 0, maximum = 0;  // RANGE; TOKENS: maximum
  std::uint32_t per_second = 0;           // TOKENS
};

struct SafexReservation {
  std::uint32_t mode = OSEXT_SAFEX_TICK;
  std::uint64_t budget_ns = 1'000'000, period_ns = 100'000'000;
  std::uint32_t invocations = 10;  // in a period
};

class SafexExtension {
 public:
  // `name`: empty: the function's.  The program may go afterwards.
  SafexExtension(const SafexProgram& program, const SafexReservation& reservation,
                 const std::string& name = "");
  int descriptor() const { return file_.get(); }
  std::uint32_t id() const { return id_; }
  const std::string& name() const { return name_; }
  void bind_timer(std::uint64_t period_ns, std::uint32_t set = 0);
  // To the system calls of a thread, 0: the caller's own.
  void bind_calls(pid_t thread = 0, std::uint32_t set = 0);
  // To UDP packets.
  void bind_packets(std::uint16_t port, std::uint32_t set = 0);
  osext_safex_statistics statistics() const;
  void unload() { file_ = SafexFile(); }

 private:
  void bind(osext_safex_bind& bind, const std::string& to);

  SafexFile file_;
  std::uint32_t id_ = 0;
  std::string name_;
};

class SafexClass {
 public:
  SafexClass(const std::string& name, const std::vector<SafexAttribute>& attributes,
             const std::vector<std::string>& events);
  int descriptor() const { return file_.get(); }
  std::uint32_t id() const { return id_; }
  void grant(const SafexExtension& extension, std::uint32_t rights, std::uint32_t set = 0,
             std::uint32_t slot = 0);
  void revoke(const SafexExtension& extension, std::uint32_t set = 0, std::uint32_t slot = 0);
  void bind(const SafexExtension& extension, const std::string& event, std::uint32_t set = 0);
  std::int64_t get(const std::string& attribute) const;
  void set(const std::string& attribute, std::int64_t value);
  // All that the event leads to is over when this returns.
  osext_safex_raise raise(const std::string& event, std::int64_t value = 0);
  // Waits until the attribute, of guard WAKE, is not `known`; what it is then.
  std::int64_t await(const std::string& attribute, std::int64_t known) const;
  void end() { file_ = SafexFile(); }

 private:
  std::uint32_t attribute(const std::string& name) const;
  std::uint32_t event(const std::string& name) const;

  SafexFile file_;
  std::uint32_t id_ = 0;
  std::string name_;
  std::vector<std::string> attributes_, events_;
};

// Of all that there are.
std::vector<osext_safex_statistics> list_safex_extensions();
std::vector<osext_safex_describe> list_safex_classes();

}  // namespace osext
