// SPDX-License-Identifier: GPL-2.0
// Running one command; see run.h.
#include "machine/agent/run.h"

#include <fcntl.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "machine/agent/command.h"
#include "machine/agent/setup.h"

namespace osext::agent {
namespace {

constexpr char home[] = "/run/osext";
constexpr char console_path[] = "/run/osext/console";
constexpr int argument_slots = 512;
// The output area is shared out so that an endless console leaves the records room.
constexpr size_t console_limit = 2U << 20;
constexpr size_t kernel_log_limit = 1U << 20;
constexpr size_t records_limit = OSEXT_REGION_OUTPUT_SIZE - console_limit - kernel_log_limit;

volatile sig_atomic_t stop = 0;
void request_stop(int) {
  stop = 1;
}

void make_folders_of(const char* path) {
  char folder[sizeof osext_command_file::path];
  strcpy(folder, path);
  for (char* slash = strchr(folder + 1, '/'); slash != nullptr; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(folder, 0755);
    *slash = '/';
  }
}

bool unpack_file(const char* region, const osext_command_file& file) {
  make_folders_of(file.path);
  int fd = open(file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    complain("cannot create", file.path);
    return false;
  }
  const char* bytes = region + file.offset;
  size_t left = file.length;
  while (left > 0) {
    ssize_t n = write(fd, bytes, left);
    if (n <= 0) {
      complain("cannot write", file.path);
      close(fd);
      return false;
    }
    bytes += n;
    left -= static_cast<size_t>(n);
  }
  fchmod(fd, file.mode);
  close(fd);
  return true;
}

// Copies at most `limit` bytes, the last ones of the file; 0 if it cannot be read.
size_t copy_tail(const char* path, char* out, size_t limit) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  struct stat info;
  if (fstat(fd, &info) == 0 && info.st_size > static_cast<off_t>(limit))
    lseek(fd, info.st_size - static_cast<off_t>(limit), SEEK_SET);
  size_t length = 0;
  ssize_t n;
  while (length < limit && (n = read(fd, out + length, limit - length)) > 0)
    length += static_cast<size_t>(n);
  close(fd);
  return length;
}

int open_console() {
  int fd = open(console_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  if (fd >= 0) {
    dup2(fd, 1);
    dup2(fd, 2);
    if (fd > 2) close(fd);
  }
  return fd;
}

pid_t start(char** argv) {
  pid_t child = fork();
  if (child != 0) return child;
  // The agent's right to the I/O ports is inherited, and makes the kernel update
  // the port bitmap at every return to user mode: 45 instructions a system call.
  iopl(0);
  setsid();
  int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  if (chdir(home) != 0) complain("cannot enter", home);
  execvp(argv[0], argv);
  complain("cannot run", argv[0]);
  fflush(stdout);
  _exit(127);
}

void end_everything_else() {
  kill(-1, SIGKILL);
  // A process that cannot die must not keep the results back: a stop request
  // interrupts the wait.
  while (waitpid(-1, nullptr, 0) > 0) {
  }
}

int run_checked(const void* region, osext_command& command) {
  if (const char* fault = find_fault(command)) {
    printf("osext-agent: refused: %s\n", fault);
    command.records[0] = 0;
    return refused_status;
  }
  if (!unpack_files(region, command)) return refused_status;
  static char* argv[argument_slots];
  split_arguments(command, argv, argument_slots);
  accept_stop_requests();
  pid_t child = start(argv);
  if (child < 0) {
    complain("cannot start", argv[0]);
    return refused_status;
  }
  int status = reap_until(child);
  end_everything_else();
  return status;
}

// The record file, whole or not at all: a cut one would pass for a shorter run.
size_t copy_records(const osext_command& command, char* out, int* status) {
  struct stat info;
  if (command.records[0] == 0 || stat(command.records, &info) != 0) return 0;
  if (info.st_size > static_cast<off_t>(records_limit)) {
    printf("osext-agent: the record file has %lld bytes, more than the %zu that fit\n",
           static_cast<long long>(info.st_size), records_limit);
    *status = refused_status;
    return 0;
  }
  return copy_tail(command.records, out, records_limit);
}

}  // namespace

int reap_until(pid_t child) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended == child) return status;
    if (ended < 0 && errno == EINTR && stop != 0) kill(-1, SIGKILL);
    if (ended < 0 && errno == ECHILD) return refused_status;
  }
}

void accept_stop_requests() {
  struct sigaction action = {};
  action.sa_handler = request_stop;  // without SA_RESTART: it must end waitpid()
  sigaction(SIGINT, &action, nullptr);
  reboot(RB_DISABLE_CAD);
}

bool unpack_files(const void* region, const osext_command& command) {
  for (__u64 i = 0; i < command.file_count; i++)
    if (!unpack_file(static_cast<const char*>(region), command.files[i])) return false;
  return true;
}

void run_command(void* region, osext_command* command) {
  if (open_console() < 0) complain("cannot create", console_path);
  // A copy: what was checked is what is run, and a child does not have the region.
  static osext_command checked;
  checked = *command;
  int status = run_checked(region, checked);

  char* output = static_cast<char*>(region) + OSEXT_REGION_OUTPUT;
  command->records_length = copy_records(checked, output, &status);
  fflush(stdout);
  output += command->records_length;
  command->console_length = copy_tail(console_path, output, console_limit);
  output += command->console_length;
  int length = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, output, kernel_log_limit);
  command->kernel_log_length = length > 0 ? static_cast<__u64>(length) : 0;
  command->exit_status = static_cast<__u64>(status);
  __atomic_store_n(&command->finished, 1, __ATOMIC_RELEASE);
}

}  // namespace osext::agent
