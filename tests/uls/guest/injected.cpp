// SPDX-License-Identifier: GPL-2.0
// Processes that join by themselves: unmodified programs run as ever under upcalls, and who is to
// be left alone is.
#include "tests/uls/guest/injected.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "tests/uls/guest/thread_check.h"

namespace osext::test {
namespace {

const char* const kParameter = "/sys/module/osext_uls/parameters/inject";

void set_inject(const std::string& mode) {
  std::ofstream file(kParameter);
  file << mode << std::flush;
  require(file.good(), "inject cannot be set to {}", mode);
}

// Exit status and output of a shell's command.
std::string output_of(const std::string& command) {
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t shell = start_child([&] {
    dup2(pipes[1], 1);
    close(pipes[0]);
    close(pipes[1]);
    execl("/bin/busybox", "busybox", "sh", "-c", command.c_str(), nullptr);
    return 98;
  });
  close(pipes[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t bytes; (bytes = read(pipes[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(bytes));
  close(pipes[0]);
  int status;
  waitpid(shell, &status, 0);
  return fmt::format("{}{}", text, status);
}

// Real work of several processes: 2 MB of this program and of what compresses well.
const std::string kPipelines[] = {
    "busybox dd if=/dev/zero bs=4096 count=100 2>/dev/null | busybox gzip | busybox gunzip | "
    "busybox sha256sum",
    "busybox cat /run/osext/uls-guest /run/osext/uls-guest | busybox head -c 600000 | busybox gzip "
    "-9 | busybox gunzip -c | busybox sha256sum",
    "for i in 1 2 3 4 5; do busybox head -c 30000 /run/osext/uls-guest | busybox gzip | busybox "
    "tee /tmp/out.$i | busybox gunzip | busybox sha256sum; done; busybox cat /tmp/out.? | busybox "
    "sha256sum; exit 7",
};

const RegisterCheck pipelines("pipelines", [] {
  std::vector<std::string> natively;
  for (const std::string& pipeline : kPipelines) natively.push_back(output_of(pipeline));
  require(natively[0].size() > 60, "the pipelines do not work: {}", natively[0]);
  Loaded module("inject=all");
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  extension.bind_timer(200'000);
  std::uint64_t upcalls = 0;
  for (int round = 0; round < 2 || upcalls < 200; ++round) {
    require(round < 50, "only {} upcalls", upcalls);
    for (std::size_t i = 0; i < std::size(kPipelines); ++i) {
      const std::string now = output_of(kPipelines[i]);
      require(now == natively[i], "pipeline {}: {} instead of {}", i, now, natively[i]);
    }
    upcalls = extension.statistics().upcalls;
  }
  const osext_uls_statistics statistics = sandbox.statistics();
  fmt::print("  {} processes injected, {} refused, {} upcalls\n", statistics.injected,
             statistics.refused, upcalls);
  require(statistics.injected >= 20 && statistics.refused == 0, "{} injected, {} refused",
          statistics.injected, statistics.refused);
  require(statistics.returns == statistics.upcalls, "{} of {} upcalls return", statistics.returns,
          statistics.upcalls);
  sandbox.unload(extension.id);
});

// Whether a program that is executed so has joined.
bool joins(
    const std::function<void()>& before = [] {}, const char* program = "/bin/busybox") {
  const pid_t process = start_sleeper(before, program);
  const bool result = is_mapped(process);
  end(process);
  return result;
}

void become_user() {
  if (setgid(1000) || setuid(1000)) _exit(90);
}

const RegisterCheck inject_whom("inject_whom", [] {
  Loaded module;
  UlsSandbox sandbox;
  require(!joins(), "injected without being asked");
  bool refused = false;
  try {
    set_inject("everybody");
  } catch (const std::exception&) {
    refused = true;
  }
  require(refused, "inject=everybody is taken");
  set_inject("own");
  require(joins(), "root's own process does not join");
  require(!joins(become_user), "another user's process joins");
  set_inject("all");
  require(joins() && joins(become_user), "not all join");
  // A copy with the set-user-id bit: its user's, and executed with root's rights by another.
  const std::string copy = "/tmp/osext-setuid";
  require(output_of("busybox cp /bin/busybox " + copy) == "0" && chmod(copy.c_str(), 04755) == 0,
          "cannot copy a program");
  require(joins([] {}, copy.c_str()), "a set-user-id program of its own user does not join");
  require(!joins(become_user, copy.c_str()), "a program that gained rights joins");
  unlink(copy.c_str());
  // The parameter is root's.
  const int status = status_of_child([] {
    become_user();
    return open(kParameter, O_WRONLY) < 0 ? 0 : 1;
  });
  require(status == 0, "a user can set inject");
  set_inject("none");
  require(!joins(), "still injected");
});

// Who is injected may join, once, and leave; who has no room is left alone.
const RegisterCheck inject_and("inject_and", [] {
  Loaded module("inject=all");
  UlsSandbox sandbox;
  const auto self = fmt::format("/proc/{}/exe", getpid());
  const auto run = [&](const char* check) {
    return status_of_child([&] {
      execl(self.c_str(), "uls-guest", "1", module_path.c_str(), check, nullptr);
      return 98;
    });
  };
  require(run("injected_program") == 0, "see above");
  require(run("injected_thread") == 0, "see above");
  // Children join too, and theirs.
  const std::uint64_t before = sandbox.statistics().injected;
  output_of("(:); (:; (:)); (busybox true)");
  const std::uint64_t more = sandbox.statistics().injected - before;
  require(more >= 4, "only {} of a shell's children join", more);
});

// Part of inject_and, in a program that was injected.
const RegisterCheck injected_program("injected_program", [] {
  UlsSandbox sandbox;
  const auto base = reinterpret_cast<void*>(std::uintptr_t{OSEXT_ULS_CODE});
  require(is_mapped(getpid()), "it is not injected");
  Extension extension(sandbox, extension_count);
  extension.bind_software();
  require(extension.raise() == 0 && extension.count() == 1, "no upcall");
  sandbox.join();
  require(error_of([&] { sandbox.join(); }) == EBUSY, "it joins twice");
  require(extension.raise() == 0 && extension.count() == 2, "no upcall");
  // A child that puts something there keeps it.
  const std::uint64_t hosts = sandbox.statistics().hosts;
  const pid_t child = start_child([&] {
    if (munmap(base, OSEXT_SANDBOX_SIZE) != 0) return 1;
    if (mmap(base, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
             -1, 0) != base)
      return 2;
    *static_cast<char*>(base) = 1;
    extension.raise();
    // Whom this one makes has it too, and no room.
    return status_of_child([&] { return *static_cast<char*>(base) - 1; });
  });
  int status;
  waitpid(child, &status, 0);
  require(status == 0, "a child {}", describe_status(status));
  wait_until("its end", [&] { return sandbox.statistics().hosts == hosts; });
  sandbox.leave();
  require(!is_mapped(getpid()), "it cannot leave");
  sandbox.unload(extension.id);
});

// Part of inject_and: the child of one that was injected, a host itself, becomes a thread of its
// extension; its injected parent goes on as a host.
const RegisterCheck injected_thread("injected_thread", [] {
  require(is_mapped(getpid()), "it is not injected");
  UlsSession session;
  UlsExtension extension = load_threads(session);
  extension.bind_software(0);
  const std::uint64_t hosts = session.sandbox().statistics().hosts;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    const int status = run_thread(extension, "tell", i);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the thread {}",
            describe_status(status));
    require(word_of(extension, "told_argument") == i, "another argument");
    require(extension.raise(0) == 0 && extension.statistics().returns == i, "no upcall");
  }
  // One that an injected process starts, and that has the sandbox open, is no host.
  UlsThread thread = extension.start_thread("sleep_long");
  require(extension.statistics().threads == 1 && session.sandbox().statistics().hosts == hosts,
          "it counts as a host");
  require(is_mapped(getpid()), "its parent has left");
});

// Watched across what it executes, as long as it may be.
const RegisterCheck watch_injected("watch_injected", [] {
  Loaded module("inject=all");
  UlsSandbox sandbox;
  Extension extension(sandbox, extension_count);
  UlsBinding binding{OSEXT_ULS_SYSCALL, 1, 0, 64};
  binding.call = OSEXT_ULS_ANY_CALL;
  int pipes[2];
  require(pipe(pipes) == 0, "pipe failed");
  const pid_t child = start_child([&] {
    char byte;
    if (read(pipes[0], &byte, 1) != 1) return 97;
    execl("/bin/busybox", "busybox", "true", nullptr);
    return 98;
  });
  binding.pid = static_cast<std::uint64_t>(child);
  sandbox.bind(extension.id, binding);
  require(write(pipes[1], "x", 1) == 1, "write failed");
  int status;
  waitpid(child, &status, 0);
  close(pipes[0]);
  close(pipes[1]);
  require(status == 0, "the program {}", describe_status(status));
  const osext_uls_statistics statistics = extension.statistics();
  require(statistics.events > 3 && statistics.upcalls == statistics.events, "{} calls told of {}",
          statistics.upcalls, statistics.events);
  sandbox.unload(extension.id);
});

}  // namespace
}  // namespace osext::test
