// SPDX-License-Identifier: GPL-2.0
// Runs and reads the set-up's own examination; see preflight.h.
#include "machine/doctor/preflight.h"

#include <sstream>

#include "machine/doctor/capture.h"
#include "machine/machine.h"
#include "machine/vm/process.h"

namespace osext {

std::vector<Diagnosis> parse_preflight(std::string_view text) {
  std::vector<Diagnosis> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '\t');) fields.push_back(field);
    if (fields.size() < 4) continue;
    fields.resize(5);
    Health health;
    if (fields[0] == "good")
      health = Health::good;
    else if (fields[0] == "limited")
      health = Health::limited;
    else if (fields[0] == "bad")
      health = Health::bad;
    else
      continue;
    lines.push_back({health, fields[1], fields[2], fields[3], fields[4]});
  }
  return lines;
}

std::vector<Diagnosis> run_preflight(const std::filesystem::path& tree) {
  auto script = std::filesystem::absolute(tree / "machine/setup/preflight.sh").lexically_normal();
  std::vector<Diagnosis> lines;
  std::string why = "it is not there";
  try {
    Capture output;
    SpawnOptions spawn;
    spawn.argv = {script.string(), "--raw"};
    spawn.output = output.descriptor();
    Process process(spawn);
    process.wait_until(deadline_in(std::chrono::seconds(40)));
    process.kill_and_reap();
    lines = parse_preflight(output.text());
    why = "it said nothing";
  } catch (const MachineError& error) {
    why = error.what();
  }
  if (lines.empty())
    lines.push_back({Health::limited, "set-up", "not examined: " + why,
                     "whether the set-up can work here is unknown",
                     "run the doctor from a checkout: benchmarks/all --doctor"});
  return lines;
}

}  // namespace osext
