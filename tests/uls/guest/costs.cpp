// SPDX-License-Identifier: GPL-2.0
// Series of marked upcalls, for the machine that counts instructions: each check marks one series.
#include <osext/marker.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/uls/guest/check.h"
#include "workloads/system_call.h"

namespace osext::test {
namespace {

constexpr std::uint64_t kUpcalls = 300;

void in_host(const char* entry, const std::function<void(UlsSandbox&, Extension&)>& body) {
  Loaded module;
  const int status = status_of_child([&] {
    UlsSandbox sandbox;
    Extension extension(sandbox, entry);
    sandbox.join();
    body(sandbox, extension);
    return 0;
  });
  require(status == 0, "the host {}", describe_status(status));
}

// From the module's handler to the first instruction in the sandbox.
void software(std::uint32_t flags) {
  in_host(extension_least, [&](UlsSandbox& sandbox, Extension& extension) {
    sandbox.bind(extension.id, {OSEXT_ULS_SOFTWARE, 0, 0, 1, flags});
    OSEXT_MARK(OSEXT_MARK_SERIES);
    for (std::uint64_t i = 0; i < kUpcalls; ++i) extension.raise();
    require(extension.count() == kUpcalls, "{} upcalls", extension.count());
  });
}
const RegisterCheck upcall("cost_upcall", [] { software(OSEXT_ULS_MARK_UPCALL); });
const RegisterCheck by_iret("cost_upcall_iret",
                            [] { software(OSEXT_ULS_MARK_UPCALL | OSEXT_ULS_BY_IRET); });

// From the timer's callback to the first instruction in the sandbox.
const RegisterCheck timer("cost_timer", [] {
  in_host(extension_least, [](UlsSandbox& sandbox, Extension& extension) {
    OSEXT_MARK(OSEXT_MARK_SERIES);
    sandbox.bind(extension.id, {OSEXT_ULS_TIMER, 0, 0, 1, OSEXT_ULS_MARK_EVENT, 200'000});
    while (extension.count() < kUpcalls) hold_registers(1000);
    sandbox.unload(extension.id);
  });
});

// The whole way: the program raises an event, the upcall happens and returns, the program goes on.
const RegisterCheck round_trip("cost_return", [] {
  in_host(extension_quiet, [](UlsSandbox&, Extension& extension) {
    extension.bind_software();
    OSEXT_MARK(OSEXT_MARK_SERIES);
    for (std::uint64_t i = 0; i < kUpcalls; ++i) {
      OSEXT_MARK(OSEXT_MARK_BEGIN);
      extension.raise();
      OSEXT_MARK(OSEXT_MARK_END);
    }
    require(extension.count() == kUpcalls, "{} upcalls", extension.count());
  });
});

// A system call of this process, marked.
void calls() {
  OSEXT_MARK(OSEXT_MARK_SERIES);
  for (std::uint64_t i = 0; i < kUpcalls; ++i) {
    OSEXT_MARK(OSEXT_MARK_BEGIN);
    system_call(SYS_getppid);
    OSEXT_MARK(OSEXT_MARK_END);
  }
}
const RegisterCheck plain("cost_plain_call", [] { calls(); });

// The same while another process, which makes calls now and then, is watched.
const RegisterCheck unwatched("cost_unwatched_call", [] {
  Loaded module;
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_quiet);
  const pid_t other = start_child([&] {
    sandbox.join();
    for (;;) usleep(100);
    return 0;
  });
  wait_until("the host", [&] { return sandbox.statistics().hosts == 1; });
  UlsBinding binding{OSEXT_ULS_SYSCALL, 0, 0, 1};
  binding.call = OSEXT_ULS_ANY_CALL;
  binding.pid = static_cast<std::uint64_t>(other);
  sandbox.bind(extension.id, binding);
  wait_until("events", [&] { return extension.count() > 2; });
  calls();
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
});

// A call of a watched host: the call, the upcall, and both ways back.
const RegisterCheck watched("cost_watched_call", [] {
  in_host(extension_quiet, [](UlsSandbox& sandbox, Extension& extension) {
    UlsBinding binding{OSEXT_ULS_SYSCALL, 0, 0, 1};
    binding.call = SYS_getppid;
    sandbox.bind(extension.id, binding);
    calls();
    require(extension.count() == kUpcalls, "{} upcalls", extension.count());
  });
});

}  // namespace
}  // namespace osext::test
