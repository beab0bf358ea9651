// SPDX-License-Identifier: GPL-2.0
// Ends: of a creator that is killed, of an extension that runs, of the module.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

const RegisterCheck load_unload("load_unload", [] {
  for (int i = 0; i < 5; ++i) {
    Loaded module;
    Alone writer("writer");
    require(writer.raise(i).answer == 0, "no run");
  }
});

const RegisterCheck load_often("load_often", [] {
  Loaded module;
  const SafexProgram program = battery("monitor");
  for (int i = 0; i < rounds(100); ++i) {
    SafexExtension extension(program, kGenerous);
    SafexClass task = make_task();
    task.grant(extension, kAll);
    task.bind(extension, "sample");
    require(task.raise("sample").runs == 1, "load {}: no run", i);
  }
  require(list_safex_extensions().empty() && list_safex_classes().empty(), "something is left");
});

// Unloaded by another, by right, while it runs again and again on two CPUs.
const RegisterCheck unload_running("unload_running", [] {
  Loaded module;
  for (int i = 0; i < rounds(8); ++i) {
    Alone user("user");
    user.extension.bind_timer(100'000);
    std::atomic<bool> over = false, begun = false;
    std::thread raiser([&] {
      while (!over) {
        user.raise(dice() % 200);
        begun = true;
      }
    });
    while (!begun) {
    }
    usleep(dice() % 3000);
    osext_safex_unload unload{user.extension.id(), 0};
    safex_request(open_safex().get(), OSEXT_SAFEX_UNLOAD, &unload, "unload");
    const std::uint64_t runs = user.program.get<std::uint64_t>("runs");
    usleep(1000);
    over = true;
    raiser.join();
    require(user.program.get<std::uint64_t>("runs") == runs, "it runs after its end");
    require(user.raise(1).runs == 0, "it still runs");
  }
});

const RegisterCheck creator_killed("creator_killed", [] {
  Loaded module;
  for (int i = 0; i < rounds(8); ++i) {
    int ready[2];
    require(pipe(ready) == 0, "no pipe");
    const pid_t child = start_child([&] {
      Alone user("user");
      user.extension.bind_timer(100'000);
      (void)!write(ready[1], "x", 1);
      for (;;) user.raise(50);
      return 0;
    });
    close(ready[1]);
    char byte;
    require(read(ready[0], &byte, 1) == 1, "the creator did not begin");
    usleep(dice() % 3000);
    kill(child, SIGKILL);
    int status;
    require(waitpid(child, &status, 0) == child, "waitpid failed");
    require(WIFSIGNALED(status), "it {}", describe_status(status));
    require(list_safex_extensions().empty() && list_safex_classes().empty(),
            "something of it is left");
    close(ready[0]);
  }
});

// Files keep the module.
const RegisterCheck module_stays("module_stays", [] {
  Loaded module;
  Alone writer("writer");
  require(system("rmmod osext_safex 2>/dev/null") != 0,
          "the module goes though an extension is loaded");
  require(writer.raise(4).runs == 1, "no run afterwards");
});

}  // namespace
}  // namespace osext::test
