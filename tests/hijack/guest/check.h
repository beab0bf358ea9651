// SPDX-License-Identifier: GPL-2.0
// What Hijack's checks have in common, beside what all checks have.
#pragma once

#include "executive/host/session.h"
#include "tests/checks/guest.h"

namespace osext::test {

struct Place {  // of what the host sent along
  std::string module, entries_module, executive, launcher, bad_executive;
};
extern Place place;

// As ours; CHECK@handler: with the executive's signals delivered by handler.
class HijackSession : public osext::HijackSession {
 public:
  void start(const std::string& executive_path, HijackOptions options = {}) {
    if (!way.empty()) options.words += " delivery=" + way;
    osext::HijackSession::start(executive_path, options);
  }
};

// Keeps Hijack's module loaded while it lives.
struct Loaded : LoadedModule {
  explicit Loaded(const std::string& parameters = "")
      : LoadedModule(place.module, "osext_hijack", parameters) {}
};

// Runs `body` as a guest of a fresh session in a child; returns waitpid()'s status.
int status_of_guest(const std::function<int()>& body, const HijackOptions& options = {});

// A session in this process that answers as it should, from start to stop.
void require_working_session();

// The address that guests must never reach: the executive's counters, hot after each call.
volatile std::uint64_t* executive_memory();

}  // namespace osext::test
