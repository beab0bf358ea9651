// SPDX-License-Identifier: GPL-2.0
#include "workloads/fault.h"

#include <signal.h>
#include <ucontext.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace osext {
namespace {

volatile std::uint64_t handled;

// The handler that carries the end mark.  Static, because a handler gets no context; the mark is
// its first instruction where the probe is a marker.
template <class Probe>
struct MarkingHandler {
  static inline Probe* probe;
  static void run(int, siginfo_t*, void* context) {
    probe->end();
    handled = handled + 1;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    registers[REG_RIP] = registers[REG_RDX];
  }
};

class HandlerGuard {
 public:
  explicit HandlerGuard(void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGSEGV, &action, &old_) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaction");
  }
  HandlerGuard(const HandlerGuard&) = delete;
  HandlerGuard& operator=(const HandlerGuard&) = delete;
  ~HandlerGuard() { sigaction(SIGSEGV, &old_, nullptr); }

 private:
  struct sigaction old_;
};

}  // namespace

void fault(Sampler& sampler, const Series& series) {
  sampler.measure(series, [&](auto& probe, std::uint64_t pairs) {
    using Handler = MarkingHandler<std::remove_reference_t<decltype(probe)>>;
    Handler::probe = &probe;
    handled = 0;
    const HandlerGuard guard(Handler::run);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      probe.begin();
      faulting_load(kNothingThere);
    }
    if (handled != pairs) throw std::runtime_error("not every fault reached its handler");
  });
}

}  // namespace osext
