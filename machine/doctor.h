// SPDX-License-Identifier: GPL-2.0
// `--doctor`: what this computer can do for osext, found out by trying.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace osext {

enum class Health {
  good,     // nothing to do
  limited,  // the default machine (sim) runs; something else does not
  bad,      // the default machine does not run
};

struct Diagnosis {
  Health health = Health::good;
  std::string name;         // one or two words
  std::string state;        // what was found
  std::string consequence;  // what follows for the user
  std::string remedy;       // what to do about it; "" if there is nothing to do
};

struct DoctorOptions {
  std::filesystem::path tree = ".";       // the checkout
  std::filesystem::path build = "build";  // holds setup.json
};

// Examines the computer; takes about as long as the simulated machine needs to
// boot, or a few seconds where there is no KVM.  Changes nothing and throws
// nothing: what cannot be examined is a diagnosis too.
std::vector<Diagnosis> examine(const DoctorOptions& options);

// One screen of text, a line a diagnosis and another for its remedy.
std::string to_text(const std::vector<Diagnosis>& diagnoses);

// True if the default machine can run here: no diagnosis is bad.
bool is_fit(const std::vector<Diagnosis>& diagnoses);

}  // namespace osext
