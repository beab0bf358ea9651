// SPDX-License-Identifier: GPL-2.0
// Mounts, loopback, real-time limits, the shared region; see setup.h.
#include "machine/agent/setup.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <osext/shared_region.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace osext::agent {
namespace {

bool read_text(const char* path, char* text, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t n = read(fd, text, size - 1);
  close(fd);
  if (n < 0) return false;
  text[n] = 0;
  text[strcspn(text, "\n")] = 0;
  return true;
}

bool write_text(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool ok = write(fd, text, strlen(text)) == static_cast<ssize_t>(strlen(text));
  close(fd);
  return ok;
}

// Sets what exists on this kernel and prints what it then reads as.
void set_and_show(const char* name, const char* path, const char* value) {
  char now[64] = "absent";
  if (access(path, F_OK) == 0) {
    if (!write_text(path, value)) complain("cannot set", path);
    read_text(path, now, sizeof now);
  }
  printf("osext-agent: setting %s=%s\n", name, now);
}

// The device is known by its PCI id 1af4:1110.
bool is_shared_memory(const char* device) {
  char path[300], text[32];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/vendor", device);
  if (!read_text(path, text, sizeof text) || strcmp(text, "0x1af4") != 0) return false;
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/device", device);
  return read_text(path, text, sizeof text) && strcmp(text, "0x1110") == 0;
}

void* map_device(const char* device) {
  char path[300];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/enable", device);
  if (!write_text(path, "1")) complain("cannot enable", path);
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/resource2", device);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    complain("cannot open", path);
    return nullptr;
  }
  void* region = mmap(nullptr, OSEXT_REGION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (region == MAP_FAILED) {
    complain("cannot map", path);
    return nullptr;
  }
  // Otherwise each fork of the agent would copy the mapping's page tables.
  madvise(region, OSEXT_REGION_SIZE, MADV_DONTFORK);
  return region;
}

}  // namespace

void complain(const char* what, const char* object) {
  printf("osext-agent: %s %s: %s\n", what, object, strerror(errno));
}

void mount_file_systems() {
  struct {
    const char* path;
    const char* type;
    const char* options;
  } const wanted[] = {
      {"/proc", "proc", nullptr},
      {"/sys", "sysfs", nullptr},
      {"/dev", "devtmpfs", nullptr},
      {"/dev/pts", "devpts", nullptr},
      {"/dev/shm", "tmpfs", "mode=1777"},
      {"/run", "tmpfs", "mode=755"},
      {"/tmp", "tmpfs", "mode=1777"},
      {"/sys/kernel/debug", "debugfs", nullptr},
      {"/sys/kernel/security", "securityfs", nullptr},
      {"/sys/fs/bpf", "bpf", nullptr},
      {"/sys/fs/cgroup", "cgroup2", nullptr},
  };
  for (const auto& m : wanted) {
    mkdir(m.path, 0755);
    if (mount(m.type, m.path, m.type, 0, m.options) != 0) complain("cannot mount", m.path);
  }
  mkdir("/run/osext", 0755);
}

void bring_up_loopback() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  // The kernel gives lo its address 127.0.0.1 itself when it goes up.
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) complain("cannot bring up", "lo");
  close(fd);
}

void set_real_time_limits() {
  // A real-time thread may use the whole CPU: the host bounds the time.
  set_and_show("sched_rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us", "-1");
  // The fair server (6.12 and later) would run ordinary threads for 50 ms of each
  // second in between.  With two CPUs, where nothing is measured, 6.12 warns of its
  // own bookkeeping (dl_rq_change_utilization) when it is switched off.
  if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
    set_and_show("fair_server_runtime_ns", "/sys/kernel/debug/sched/fair_server/cpu0/runtime", "0");
}

void seed_random_numbers() {
  constexpr int seed_words = 16;
  struct {
    int entropy_bits;
    int bytes;
    unsigned words[seed_words];
  } seed = {32 * seed_words, 4 * seed_words, {}};  // laid out as struct rand_pool_info
  for (unsigned i = 0; i < seed_words; i++) seed.words[i] = i;
  int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed) != 0) complain("cannot seed", "/dev/urandom");
  if (fd >= 0) close(fd);
}

void* map_shared_region() {
  DIR* folder = opendir("/sys/bus/pci/devices");
  if (folder == nullptr) {
    complain("cannot open", "/sys/bus/pci/devices");
    return nullptr;
  }
  void* region = nullptr;
  bool found = false;
  while (dirent* entry = readdir(folder)) {
    if (!is_shared_memory(entry->d_name)) continue;
    found = true;
    region = map_device(entry->d_name);
    break;
  }
  closedir(folder);
  if (!found) printf("osext-agent: this machine has no shared memory device (ivshmem)\n");
  return region;
}

}  // namespace osext::agent
