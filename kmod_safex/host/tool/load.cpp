// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/host/tool/load.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace osext {
namespace {

volatile sig_atomic_t asked_to_end = 0;

struct Wanted {
  std::string file, function, event;
};

Wanted parse_extension(std::string words) {
  Wanted wanted;
  const std::size_t at = words.rfind('@');
  if (at != words.npos) {
    wanted.event = words.substr(at + 1);
    words.resize(at);
  }
  const std::size_t colon = words.rfind(':');
  if (colon != words.npos) {
    wanted.function = words.substr(colon + 1);
    words.resize(colon);
  }
  wanted.file = words;
  return wanted;
}

SafexAttribute parse_attribute(const std::string& words) {
  SafexAttribute attribute;
  const std::size_t equals = words.find('=');
  attribute.name = words.substr(0, equals);
  if (equals == words.npos) return attribute;
  try {
    std::size_t end = equals + 1, read;
    attribute.initial = std::stoll(words.substr(end), &read);
    end += read;
    if (end == words.size()) return attribute;
    attribute.guard = OSEXT_SAFEX_RANGE;
    attribute.minimum = std::stoll(words.substr(end + 1), &read);
    end += read + 1;
    attribute.maximum = std::stoll(words.substr(end + 1), &read);
    if (end + read + 1 == words.size()) return attribute;
  } catch (const std::logic_error&) {
  }
  throw SafexError(
      fmt::format("--attribute {}: NAME=INITIAL or NAME=INITIAL:MINIMUM:MAXIMUM", words));
}

template <class Type, class Name>
void add_missing(std::vector<Type>& to, const std::vector<std::string>& names, Name name_of) {
  for (const std::string& name : names)
    if (std::none_of(to.begin(), to.end(), [&](const Type& one) { return name_of(one) == name; }))
      to.push_back(Type{name});
}

void stay(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!asked_to_end && (seconds <= 0 || Clock::now() < end)) usleep(10'000);
}

}  // namespace

std::uint32_t safex_rights(const std::string& words) {
  std::uint32_t rights = 0;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find(',', begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    if (word == "read")
      rights |= OSEXT_SAFEX_READ;
    else if (word == "write")
      rights |= OSEXT_SAFEX_WRITE;
    else if (word == "raise")
      rights |= OSEXT_SAFEX_RAISE;
    else
      throw SafexError(fmt::format("--grant {}: read, write, raise, with commas between", words));
    begin = end + 1;
  }
  return rights;
}

int safex_load(const SafexLoadOptions& options) {
  struct sigaction action = {};
  action.sa_handler = [](int) { asked_to_end = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  const std::uint32_t rights = safex_rights(options.grant);
  const SafexReservation reservation{
      .mode = options.exact ? std::uint32_t{OSEXT_SAFEX_HRTIMER} : std::uint32_t{OSEXT_SAFEX_TICK},
      .budget_ns = static_cast<std::uint64_t>(options.budget_us * 1000),
      .period_ns = static_cast<std::uint64_t>(options.period_us * 1000),
      .invocations = options.invocations};
  std::vector<SafexAttribute> attributes;
  std::vector<std::string> events = options.events;
  for (const std::string& words : options.attributes) attributes.push_back(parse_attribute(words));

  // What the extensions name is there, asked for or not.
  std::vector<Wanted> wanted;
  std::vector<SafexExtension> extensions;
  for (const std::string& words : options.extensions) {
    wanted.push_back(parse_extension(words));
    const SafexProgram program(wanted.back().file, wanted.back().function);
    add_missing(attributes, program.attributes(),
                [](const SafexAttribute& one) { return one.name; });
    add_missing(events, program.events(), [](const std::string& one) { return one; });
    if (!wanted.back().event.empty())
      add_missing(events, {wanted.back().event}, [](const std::string& one) { return one; });
    extensions.emplace_back(program, reservation);
  }
  const std::string name =
      options.class_name.empty() ? extensions.front().name() : options.class_name;
  SafexClass made(name, attributes, events);
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    made.grant(extensions[i], rights);
    if (!wanted[i].event.empty()) made.bind(extensions[i], wanted[i].event);
  }
  for (const double period : options.timers_us)
    extensions.front().bind_timer(static_cast<std::uint64_t>(period * 1000));
  for (const int thread : options.threads) extensions.front().bind_calls(thread);
  for (const std::uint16_t port : options.ports) extensions.front().bind_packets(port);
  for (const SafexExtension& one : extensions)
    fmt::print("extension {} is loaded, id {}\n", one.name(), one.id());
  fmt::print("class {} is there, id {}, creator {}\n", name, made.id(), getpid());
  std::fflush(stdout);
  stay(options.seconds);
  return 0;
}

}  // namespace osext
