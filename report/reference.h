// SPDX-License-Identifier: GPL-2.0
// The papers' figures: results/papers/*.csv, built into the library, so that a report needs the run
// directory only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/sample.h"
#include "report/number.h"

namespace osext::report {

enum class Document { paper, slides };
std::string_view to_string(Document document);

struct Reference {
  Document document;
  Cell cell;  // which row of ours it stands beside; see results/papers/README.md
  std::string metric;
  Fixed value;
  std::string unit;
  bool derived = false;  // computed from what is printed
  std::string machine;
  std::string place;
  std::string note;
};

class References {
 public:
  // Throws std::runtime_error that names `name`, the line and what is wrong with it.
  static References parse(std::string_view csv, const std::string& name);
  // Throws the same, also for a figure that one of `other` gives already.
  void add(const References& other, const std::string& name);
  // The tree's own data.
  static const References& built_in();

  const std::vector<Reference>& all() const { return all_; }

  // The figure beside the cell (params with its profile, if it has one), or nullptr.  Of several
  // the one with most params.
  const Reference* find(Document document, const Cell& cell, std::string_view metric) const;

  // The figure over the same document's system call on the same machine.  None where it gives none:
  // a system call of another machine is no base.
  std::optional<Fixed> ratio_of(const Reference& reference) const;

 private:
  std::vector<Reference> all_;
};

}  // namespace osext::report
