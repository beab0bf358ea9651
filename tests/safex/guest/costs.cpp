// SPDX-License-Identifier: GPL-2.0
// Between marks in the kernel: a run of an extension that does nothing, a monitor's, and with the
// handler that its event leads to.
#include <osext/marker.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

void cost(const char* extension, std::uint32_t runs) {
  Loaded module;
  Alone monitor(extension);
  const SafexProgram program = battery("handler");
  const SafexExtension handler(program, kGenerous);
  if (runs == 2) {
    monitor.task.grant(handler, kAll);
    monitor.task.bind(handler, "error");
  }
  OSEXT_MARK(OSEXT_MARK_WATCH);
  sched_yield();  // watching starts at the next change of control flow
  OSEXT_MARK(OSEXT_MARK_SERIES);
  for (int i = 0; i < 300; ++i) {
    osext_safex_raise raise{};
    raise.flags = OSEXT_SAFEX_MARK;
    require(ioctl(monitor.task.descriptor(), OSEXT_SAFEX_RAISE_EVENT, &raise) == 0 &&
                raise.runs == runs,
            "{} runs", raise.runs);
  }
  OSEXT_MARK(OSEXT_MARK_UNWATCH);
}

const RegisterCheck cost_idle("cost_idle", [] { cost("idle", 1); });
const RegisterCheck cost_monitor("cost_monitor", [] { cost("monitor", 1); });
const RegisterCheck cost_monitor_handler("cost_monitor_handler", [] { cost("monitor", 2); });

}  // namespace
}  // namespace osext::test
