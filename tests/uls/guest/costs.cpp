// SPDX-License-Identifier: GPL-2.0
// Series of marked upcalls, for the machine that counts instructions: each check marks one series.
#include <osext/marker.h>

#include "tests/uls/guest/check.h"

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

}  // namespace
}  // namespace osext::test
