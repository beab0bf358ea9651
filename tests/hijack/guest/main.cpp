// SPDX-License-Identifier: GPL-2.0
// hijack-guest SEED MODULE ENTRIES-MODULE EXECUTIVE LAUNCHER BAD-EXECUTIVE
// CHECK[@handler][:ROUNDS]...: runs the checks, a line of output each; status 0 if all hold.
// @handler: with signals delivered by handler.
#include "tests/hijack/guest/check.h"

namespace osext::test {

Place place;

int status_of_guest(const std::function<int()>& body, const HijackOptions& options) {
  return status_of_child([&] {
    HijackSession session;
    session.start(place.executive, options);
    session.join();
    const int status = body();
    session.leave();
    session.stop();
    return status;
  });
}

void require_working_session() {
  HijackSession session;
  session.start(place.executive);
  session.join();
  const std::uint64_t answer = hijack_call(OSEXT_HIJACK_RPC, 14);
  session.leave();
  require(answer == osext_hijack_rpc_result(14), "the next session answers {}", answer);
  session.stop();
}

volatile std::uint64_t* executive_memory() {
  return reinterpret_cast<volatile std::uint64_t*>(OSEXT_EXECUTIVE_BASE +
                                                   OSEXT_HIJACK_SHARED_BYTES);
}

}  // namespace osext::test

int main(int count, char** arguments) {
  using namespace osext::test;
  if (count < 8) return 2;
  place = {arguments[2], arguments[3], arguments[4], arguments[5], arguments[6]};
  return run_checks(arguments[1], {arguments + 7, arguments + count}, {"handler"});
}
