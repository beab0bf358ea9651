// SPDX-License-Identifier: GPL-2.0
// One running QEMU; see vm.h.
#include "machine/vm/vm.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "machine/vm/kernel_log.h"

namespace osext {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// For one answer of QEMU's, which takes milliseconds on an idle computer.
constexpr seconds answer_time{30};
// For a guest that was asked to stop, and then for one that was made to panic.
constexpr seconds stop_time{10};
constexpr seconds panic_time{10};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Vm::Vm(const VmSetup& setup, const VmOptions& options, const VmStart& start)
    : serial_("osext-serial", 0), messages_("osext-qemu", 0) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw MachineError(fmt::format("cannot make a socket: {}", strerror(errno)));
  Descriptor ours(ends[0]), theirs(ends[1]);
  VmChannels channels{region_.file().path(), theirs.get(), serial_.path()};
  SpawnOptions spawn;
  spawn.argv = qemu_command_line(setup, options, start, channels);
  spawn.keep = {region_.file().fd(), serial_.fd(), theirs.get()};
  spawn.output = messages_.fd();
  process_.emplace(spawn);
  theirs.reset();
  qmp_.emplace(std::move(ours));
  try {
    qmp_->greet(deadline_in(answer_time));
  } catch (const QmpError& error) {
    fail(error.what());
  }
}

void Vm::fail(const std::string& what) const {
  std::string words = messages_.tail(4096);
  throw MachineError(words.empty() ? what : fmt::format("{}: {}", what, first_line(words)));
}

void Vm::run_until_pause(Deadline deadline) {
  try {
    auto event = qmp_->wait_event({"WATCHDOG", "GUEST_PANICKED", "SHUTDOWN"}, deadline);
    std::string log = serial_tail();
    if (event && (*event)["event"] == "WATCHDOG") {
      if (!qmp_->wait_event({"STOP"}, deadline)) throw QmpTimeout("QEMU did not stop");
      return;
    }
    std::string reason = crash_reason(log);
    if (reason.empty()) reason = log.substr(log.size() - std::min<size_t>(log.size(), 200));
    fail(fmt::format("the machine did not boot ({}): {}",
                     event ? "it ended early" : "the time limit came first", reason));
  } catch (const QmpError& error) {
    fail(fmt::format("the machine did not boot: {}", error.what()));
  }
}

void Vm::wait_migration(Deadline deadline) {
  for (;;) {
    auto state = qmp_->execute("query-migrate", {}, deadline_in(answer_time));
    std::string status = state.value("status", "none");
    if (status == "completed") return;
    if (status == "failed")
      throw QmpError(state.value("error-desc", "the migration failed without a reason"));
    if (remaining_ms(deadline) == 0) throw QmpTimeout("the time limit came first");
    std::this_thread::sleep_for(milliseconds(2));
  }
}

void Vm::save(const std::filesystem::path& file, Deadline deadline) {
  try {
    qmp_->execute("migrate-set-parameters", {{"max-bandwidth", 1LL << 40}},
                  deadline_in(answer_time));
    qmp_->execute("migrate", {{"uri", "file:" + file.string()}}, deadline_in(answer_time));
    wait_migration(deadline);
  } catch (const QmpError& error) {
    fail(fmt::format("the machine could not be saved: {}", error.what()));
  }
}

void Vm::load(const std::filesystem::path& file, Deadline deadline) {
  try {
    // QEMU would announce the machine to the network, which there is not, at some moments of the
    // host's time; its main thread must sleep then (machine/sim/idle_plugin.cpp).
    qmp_->execute("migrate-set-parameters", {{"announce-rounds", 0}}, deadline_in(answer_time));
    qmp_->execute("migrate-incoming", {{"uri", "file:" + file.string()}}, deadline_in(answer_time));
    wait_migration(deadline);
  } catch (const QmpError& error) {
    fail(fmt::format("the snapshot in {} could not be restored ({}); remove that folder",
                     file.parent_path().string(), error.what()));
  }
}

// True when the machine has ended or its kernel has died.
bool Vm::wait_end(Deadline deadline) {
  try {
    auto event = qmp_->wait_event({"GUEST_PANICKED", "SHUTDOWN"}, deadline);
    if (!event) return false;
    if ((*event)["event"] == "GUEST_PANICKED") return true;
  } catch (const QmpClosed&) {
  }
  process_->wait_until(deadline_in(answer_time));
  return true;
}

// First politely, so that the agent can hand over what there is; then by force,
// so that the serial log shows where the kernel hangs.
void Vm::stop_guest() {
  try {
    nlohmann::json keys = nlohmann::json::array();
    for (const char* key : {"ctrl", "alt", "delete"})
      keys.push_back({{"type", "qcode"}, {"data", key}});
    qmp_->execute("send-key", {{"keys", keys}}, deadline_in(answer_time));
    if (wait_end(deadline_in(stop_time))) return;
    qmp_->execute("inject-nmi", {}, deadline_in(answer_time));
    wait_end(deadline_in(panic_time));
  } catch (const QmpError&) {
    // It is killed next.
  }
}

UnitResult Vm::run_to_end(bool resume, Deadline deadline) {
  bool ended = false;
  try {
    if (resume) qmp_->execute("cont", {}, deadline_in(answer_time));
    ended = wait_end(deadline);
    if (!ended) stop_guest();
  } catch (const QmpError& error) {
    fail(fmt::format("the machine could not be run: {}", error.what()));
  }
  process_->kill_and_reap();

  UnitResult result;
  if (region_.finished()) {
    result = region_.collect();
  } else {
    result.kernel_log = serial_tail();
    result.reason = crash_reason(result.kernel_log);
    if (result.reason.empty()) result.reason = "the machine ended without a result";
  }
  if (!ended) {
    result.outcome = Outcome::timeout;
    result.reason = "stopped at its time limit";
  }
  region_.collect_ring(result);
  return result;
}

}  // namespace osext
