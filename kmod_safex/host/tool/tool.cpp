// SPDX-License-Identifier: GPL-2.0
// osext-safex: loads extensions and stays as the creator of their class; asks about and ends what
// there is.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "kmod_safex/host/tool/cpu.h"
#include "kmod_safex/host/tool/load.h"

namespace {

using namespace osext;

osext_safex_describe find_class(const std::string& name) {
  for (const osext_safex_describe& one : list_safex_classes())
    if (name == one.name || name == std::to_string(one.id)) return one;
  throw SafexError(fmt::format("there is no class {}: see osext safex list", name));
}

osext_safex_statistics find_extension(const std::string& name) {
  for (const osext_safex_statistics& one : list_safex_extensions())
    if (name == one.name || name == std::to_string(one.id)) return one;
  throw SafexError(fmt::format("there is no extension {}: see osext safex list", name));
}

template <std::size_t count>
std::uint32_t number_of(const char (&names)[count][OSEXT_SAFEX_NAME_BYTES], std::uint32_t used,
                        const std::string& name, const std::string& of) {
  std::string all;
  for (std::uint32_t i = 0; i < used; ++i) {
    if (name == names[i]) return i;
    all += fmt::format(" {}", names[i]);
  }
  throw SafexError(
      fmt::format("the class {} has no {}; there are:{}", of, name, all.empty() ? " none" : all));
}

int list() {
  for (const osext_safex_statistics& one : list_safex_extensions()) {
    fmt::print("extension {}: id {}, user {}, {} bindings, {} capabilities{}\n", one.name, one.id,
               one.user, one.bindings, one.capabilities,
               one.condemned ? ", unloaded for its aborts" : "");
    fmt::print("  reserved: {} us by {}, {} times in {} ms\n", one.budget_ns / 1000.0,
               one.mode == OSEXT_SAFEX_TICK ? "tick" : "timer", one.invocations,
               one.period_ns / 1e6);
    fmt::print(
        "  runs={} aborts={} longest_overrun_us={} throttled={} raised={} "
        "cut={} released={}\n",
        one.runs, one.aborts, one.longest_overrun_ns / 1000.0, one.throttled, one.raised, one.cut,
        one.released);
  }
  for (const osext_safex_describe& one : list_safex_classes()) {
    fmt::print("class {}: id {}, user {}, {} capabilities, attributes:", one.name, one.id, one.user,
               one.capabilities);
    for (std::uint32_t i = 0; i < one.attribute_count; ++i) fmt::print(" {}", one.attributes[i]);
    fmt::print(", events:");
    for (std::uint32_t i = 0; i < one.event_count; ++i) fmt::print(" {}", one.events[i]);
    fmt::print("\n");
  }
  return 0;
}

int read(const std::string& name, const std::string& attribute) {
  const osext_safex_describe found = find_class(name);
  osext_safex_value value{found.id,
                          number_of(found.attributes, found.attribute_count, attribute, name), 0};
  safex_request(open_safex().get(), OSEXT_SAFEX_GET_BY_ID, &value,
                fmt::format("cannot read {} of {}", attribute, name));
  fmt::print("{}\n", value.value);
  return 0;
}

int raise(const std::string& name, const std::string& event, std::int64_t value) {
  const osext_safex_describe found = find_class(name);
  osext_safex_raise raise{};
  raise.id = found.id;
  raise.event = number_of(found.events, found.event_count, event, name);
  raise.value = value;
  safex_request(open_safex().get(), OSEXT_SAFEX_RAISE_BY_ID, &raise,
                fmt::format("cannot raise {} of {}", event, name));
  fmt::print("answer={} runs={} aborted={}\n", raise.answer, raise.runs, raise.aborted);
  return 0;
}

int revoke(const std::string& name, const std::string& extension) {
  osext_safex_revoke revoke{find_class(name).id, find_extension(extension).id};
  safex_request(open_safex().get(), OSEXT_SAFEX_REVOKE, &revoke,
                fmt::format("cannot revoke the access of {} to {}", extension, name));
  return 0;
}

int unload(const std::string& name) {
  osext_safex_unload unload{find_extension(name).id, 0};
  safex_request(open_safex().get(), OSEXT_SAFEX_UNLOAD, &unload,
                fmt::format("cannot unload {}", name));
  return 0;
}

void add_load(CLI::App& app, SafexLoadOptions& options) {
  auto* load =
      app.add_subcommand("load", "load extensions, and stay as their class's creator until Ctrl-C");
  load->add_option("EXTENSION", options.extensions,
                   "FILE[:FUNCTION][@EVENT]: NAME.bpf.o, which extension in it, and the "
                   "event of the class "
                   "that it is bound to")
      ->required();
  load->add_option("--class", options.class_name, "its name; default: the first extension's");
  load->add_option(
      "--attribute", options.attributes,
      "NAME=INITIAL or NAME=INITIAL:MINIMUM:MAXIMUM; what the extensions name besides begins "
      "with 0; may be repeated");
  load->add_option("--event", options.events,
                   "the name of one that can be raised; may be repeated");
  load->add_option("--grant", options.grant, "what the extensions may do with the class")
      ->capture_default_str();
  load->add_option("--timer", options.timers_us,
                   "runs the first extension every so many us; may be repeated");
  load->add_option("--calls", options.threads,
                   "runs the first extension at each system call of this thread; may be repeated")
      ->check(CLI::PositiveNumber);
  load->add_option("--packets", options.ports,
                   "runs it for each UDP packet to this port, which it may drop; may be repeated")
      ->check(CLI::PositiveNumber);
  load->add_option("--budget", options.budget_us, "of a run, in us")->capture_default_str();
  load->add_option("--invocations", options.invocations, "runs that are reserved in a period")
      ->capture_default_str();
  load->add_option("--period", options.period_us, "in us")->capture_default_str();
  load->add_flag("--exact", options.exact,
                 "hold the budget by a timer of its own, not by the tick");
  load->add_option("--for", options.seconds, "end after so many seconds");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "osext-safex: verified extensions in the kernel (module osext_safex loaded, as root)");
  app.require_subcommand(1);
  SafexLoadOptions options;
  add_load(app, options);
  app.add_subcommand("list", "extensions with their counts, and classes");

  std::string name, other;
  std::int64_t value = 0;
  auto* read_command = app.add_subcommand("read", "print an attribute of a class");
  read_command->add_option("CLASS", name, "its name or id")->required();
  read_command->add_option("ATTRIBUTE", other, "its name")->required();
  auto* raise_command =
      app.add_subcommand("raise", "raise an event of a class, and wait for what it leads to");
  raise_command->add_option("CLASS", name, "its name or id")->required();
  raise_command->add_option("EVENT", other, "its name")->required();
  raise_command->add_option("VALUE", value, "what the extensions are told");
  auto* revoke_command = app.add_subcommand("revoke", "take an extension all access to a class");
  revoke_command->add_option("CLASS", name, "its name or id")->required();
  revoke_command->add_option("EXTENSION", other, "its name or id")->required();
  auto* unload_command = app.add_subcommand("unload", "end an extension");
  unload_command->add_option("EXTENSION", name, "its name or id")->required();

  const SafexCpuCommand cpu(app);

  CLI11_PARSE(app, argc, argv);
  try {
    if (app.got_subcommand("load")) return safex_load(options);
    if (app.got_subcommand("list")) return list();
    if (*read_command) return read(name, other);
    if (*raise_command) return raise(name, other, value);
    if (*revoke_command) return revoke(name, other);
    if (*unload_command) return unload(name);
    if (cpu.asked()) return cpu.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "osext-safex: {}\n", error.what());
  }
  return 1;
}
