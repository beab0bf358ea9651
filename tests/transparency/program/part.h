// SPDX-License-Identifier: GPL-2.0
// The parts of the compiled program: each exercises one side of the system and prints what it
// found, the same on every run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace osext::test {

using PartBody = std::function<int(const std::vector<std::string>& arguments)>;

std::map<std::string, PartBody>& parts();

// Registers itself; what the body returns is the program's exit status.
struct Part {
  Part(const char* name, PartBody body) { parts()[name] = std::move(body); }
};

// Ends the program with status 99 and says which call failed, unless `ok`.
void need(bool ok, const char* what);

}  // namespace osext::test
