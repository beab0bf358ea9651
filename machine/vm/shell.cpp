// SPDX-License-Identifier: GPL-2.0
// A virtual machine for a person: QEMU's serial console on this terminal.
#include <fmt/format.h>
#include <unistd.h>

#include "machine/vm/command_line.h"
#include "machine/vm/machines.h"
#include "machine/vm/process.h"
#include "machine/vm/region.h"

namespace osext {

void run_shell(const VmOptions& given, const std::vector<UnitFile>& files) {
  VmOptions options = with_defaults(given);
  VmSetup setup = read_setup(options.build / "setup.json", options.kernel);
  require_image(options);
  Region region;
  // The agent unpacks the files and leaves the rest to the person.
  region.submit({"shell", {"sh"}, files, "", std::chrono::seconds{0}});
  VmStart start;
  start.kind = VmKind::smp;
  start.kernel_words = "osext.shell";
  SpawnOptions spawn;
  spawn.argv = qemu_command_line(setup, options, start, {region.file().path(), -1, ""});
  spawn.keep = {region.file().fd()};
  spawn.input = STDIN_FILENO;
  spawn.own_group = false;  // it must own the terminal
  Process process(spawn);
  while (!process.wait_until(deadline_in(std::chrono::hours{24}))) {
  }
}

}  // namespace osext
