// SPDX-License-Identifier: GPL-2.0
// Command lines; see command_line.h.
#include "machine/vm/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <osext/shared_region.h>

namespace osext {
namespace {

// What the guest can see of the machine.  The reasons:
//  rdrand, rdseed   entropy of the host's would make every run differ
//  la57             the plugin walks four-level tables
//  erms, fsrm       each iteration of rep movs counts as one instruction, so a
//                   kernel that believes it to be fast would look slow
//  rtc              the guest's clock starts at a fixed instant and follows
//                   virtual time
//  sleep=off        idle time is skipped instead of waited for
std::vector<std::string> guest_words(const VmOptions& options, VmKind kind) {
  std::vector<std::string> words = {"-M",      "pc,memory-backend=ram",
                                    "-m",      "512M",
                                    "-object", "memory-backend-ram,id=ram,size=512M"};
  auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  switch (kind) {
    case VmKind::sim:
      add({"-accel", "tcg", "-smp", "1", "-icount",
           fmt::format("shift={},sleep=off", options.shift), "-rtc",
           "base=2024-01-01T00:00:00,clock=vm", "-cpu",
           "max,la57=off,rdrand=off,rdseed=off,erms=off,fsrm=off"});
      break;
    case VmKind::smp:
      add({"-accel", "tcg,thread=multi", "-smp", "2", "-cpu",
           "max,la57=off,rdrand=off,rdseed=off,erms=off,fsrm=off"});
      break;
    case VmKind::kvm:
      add({"-accel", "kvm", "-smp", "1", "-cpu", "host,la57=off"});
      break;
  }
  add({"-device", "ivshmem-plain,memdev=shm,master=on", "-device", "ib700", "-device", "pvpanic",
       "-device", "isa-debug-exit,iobase=0x501,iosize=2"});
  return words;
}

}  // namespace

std::string kernel_command_line(VmKind kind, const std::string& more) {
  std::string line =
      "console=ttyS0 panic=-1 quiet nokaslr norandmaps random.trust_cpu=off audit=0 "
      "lsm=landlock,lockdown,yama cryptomgr.notests nowatchdog unknown_nmi_panic";
  // Calibrating against a clock that the host's load disturbs is avoided where
  // the clocks are virtual anyway.
  if (kind != VmKind::kvm) line += " tsc=reliable no_timer_check";
  if (kind == VmKind::sim) line += " lpj=2000000";
  return more.empty() ? line : line + " " + more;
}

std::vector<std::string> qemu_command_line(const VmSetup& setup, const VmOptions& options,
                                           const VmStart& start, const VmChannels& channels) {
  std::vector<std::string> words = {setup.qemu.string()};
  for (const auto& folder : setup.qemu_data) {
    words.push_back("-L");
    words.push_back(folder.string());
  }
  auto add = [&](std::initializer_list<std::string> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  add({"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-action", "panic=pause",
       "-action", "watchdog=pause"});
  add({"-object", fmt::format("memory-backend-file,id=shm,size={}M,mem-path={},share=on",
                              OSEXT_REGION_SIZE >> 20, channels.region)});
  for (auto& word : guest_words(options, start.kind)) words.push_back(std::move(word));
  add({"-kernel", setup.kernel.vmlinux.string(), "-initrd", options.image.string(), "-append",
       kernel_command_line(start.kind, start.kernel_words)});
  if (channels.serial.empty())
    add({"-serial", "mon:stdio"});
  else
    add({"-serial", "file:" + channels.serial});
  if (channels.qmp >= 0)
    add({"-chardev", fmt::format("socket,id=qmp,fd={}", channels.qmp), "-mon",
         "chardev=qmp,mode=control"});
  if (start.incoming) add({"-S", "-incoming", "defer"});
  if (start.kind == VmKind::sim)
    add({"-plugin", (options.build / "host/machine/sim/libosext_idle.so").string()});
  if (start.counting)
    add({"-plugin", fmt::format("{},region={},profile={}", options.plugin.string(), channels.region,
                                options.profile.string())});
  return words;
}

std::string shown_command_line(const VmOptions& options, VmKind kind) {
  return fmt::format("qemu-system-x86_64 {}", fmt::join(guest_words(options, kind), " "));
}

}  // namespace osext
