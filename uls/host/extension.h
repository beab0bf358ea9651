// SPDX-License-Identifier: GPL-2.0
// Extensions as a program handles them: load a file, bind events, read variables, unload.
#pragma once

#include <sys/types.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "uls/host/image.h"
#include "uls/host/sandbox.h"

namespace osext {

struct UlsExtensionOptions {
  std::string name;  // empty: the file's, without folder and ending
  std::uint32_t heap_bytes = 64 << 10, stack_bytes = 16 << 10;
  std::uint64_t budget_ns = 10'000'000;  // of one upcall
};

// One that is loaded; it is unloaded when this object ends.  Not longer than its session.
// Functions throw UlsError or std::system_error.
class UlsExtension {
 public:
  UlsExtension(UlsExtension&& other) noexcept;
  UlsExtension& operator=(UlsExtension&&) = delete;
  ~UlsExtension();

  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  void bind_timer(std::uint32_t number, std::uint64_t period_ns, std::int32_t priority = 0);
  void bind_software(std::uint32_t number, std::uint32_t queue = 1, std::int32_t priority = 0);
  // System call `call`, or OSEXT_ULS_ANY_CALL, of a process while it is a host; 0: this one.
  void bind_call(std::uint32_t number, std::uint32_t call, pid_t process = 0,
                 std::uint32_t queue = OSEXT_ULS_QUEUE_MAX, std::int32_t priority = 0);
  // Faults of its program.
  void bind_fault(std::uint32_t number, pid_t process = 0,
                  std::uint32_t queue = OSEXT_ULS_QUEUE_MAX, std::int32_t priority = 0);
  // UDP packets at a port of this process' network.
  void bind_packet(std::uint32_t number, std::uint16_t port,
                   std::uint32_t queue = OSEXT_ULS_QUEUE_MAX, std::int32_t priority = 0);
  // 0 or a negative errno, EAGAIN where its queue is full.
  int raise(std::uint32_t number, std::uint64_t value = 0) noexcept;
  // Only while joined: 0 and the extension's answer, or a negative errno.
  UlsAnswer call(std::uint32_t number, std::uint64_t value = 0) noexcept;
  // A thread at a function with C linkage; its life is the returned object's.
  UlsThread start_thread(const std::string& function, std::uint64_t argument = 0,
                         std::uint32_t stack_bytes = 16 << 10);

  // Variables with C linkage.  While the extension runs elsewhere, only single words are whole.
  std::optional<UlsVariable> variable(const std::string& name) const;
  std::string read(const std::string& name) const;
  template <class Type>
  Type get(const std::string& name) const {
    Type value;
    copy_out(name, &value, sizeof value);
    return value;
  }
  template <class Type>
  void set(const std::string& name, const Type& value) {
    copy_in(name, &value, sizeof value);
  }
  // All that can be read.
  std::vector<std::pair<std::string, UlsVariable>> variables() const;

  osext_uls_statistics statistics() const;
  void unload();  // once

 private:
  friend class UlsSession;
  UlsExtension() = default;
  void bind(const UlsBinding& binding, const std::string& what);
  UlsVariable require_variable(const std::string& name) const;
  void copy_out(const std::string& name, void* to, std::size_t bytes) const;
  void copy_in(const std::string& name, const void* from, std::size_t bytes);

  UlsSandbox* sandbox_ = nullptr;  // null: not loaded
  std::string name_;
  UlsObject object_;
  UlsPlace place_{};
  std::uint32_t id_ = 0;
};

// A creator.  What it loaded is gone when it ends, however it ends.
class UlsSession {
 public:
  UlsSandbox& sandbox() { return sandbox_; }
  // Memory for shmget(key) of the extensions that are loaded from now on; one of the module's
  // extensions, and a page of code that is never entered, is what holds it.
  void share(std::int32_t key, std::uint32_t bytes);
  // The extension is started and waits for events, or nothing is left of it.
  UlsExtension load(const std::string& path, const UlsExtensionOptions& options = {});

 private:
  osext_uls_load reserve(const UlsLoad& what);

  UlsSandbox sandbox_;
  std::vector<UlsSegment> segments_;
};

}  // namespace osext
