// SPDX-License-Identifier: GPL-2.0
// Options of the virtual machines; see machines.h.
#include <fmt/format.h>

#include "machine/vm/machines.h"

namespace osext {
namespace fs = std::filesystem;

VmOptions with_defaults(VmOptions options) {
  if (options.image.empty()) options.image = options.build / "image" / "slim.cpio";
  if (options.snapshots.empty()) options.snapshots = options.build / "snapshots";
  for (fs::path* path : {&options.image, &options.snapshots, &options.plugin, &options.profile})
    if (!path->empty()) *path = fs::absolute(*path);
  for (const fs::path& path : {options.plugin, options.profile})
    if (!path.empty() && !fs::exists(path))
      throw MachineError(fmt::format("there is no {}", path.string()));
  if (options.plugin.empty() != options.profile.empty())
    throw MachineError("the counting plugin and its CPU profile go together");
  return options;
}

void require_image(const VmOptions& options) {
  if (!fs::exists(options.image))
    throw MachineError(fmt::format("there is no guest image {}: build the target osext-image",
                                   options.image.string()));
}

}  // namespace osext
