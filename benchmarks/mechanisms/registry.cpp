// SPDX-License-Identifier: GPL-2.0
// The adapters that this runner was built with, by id.
#include <fmt/core.h>

#include <map>
#include <stdexcept>

#include "benchmarks/mechanism.h"

namespace osext {
namespace {

using Makers = std::map<std::string, std::function<std::unique_ptr<Mechanism>()>>;

// A function's static, because adapters register before main() in any order.
Makers& makers() {
  static Makers all;
  return all;
}

}  // namespace

RegisterMechanism::RegisterMechanism(std::string id,
                                     std::function<std::unique_ptr<Mechanism>()> make) {
  makers().emplace(std::move(id), std::move(make));
}

std::unique_ptr<Mechanism> make_mechanism(const std::string& id) {
  const auto maker = makers().find(id);
  if (maker == makers().end())
    throw std::invalid_argument(fmt::format("the runner has no adapter for '{}'", id));
  return maker->second();
}

}  // namespace osext
