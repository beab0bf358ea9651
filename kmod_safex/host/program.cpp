// SPDX-License-Identifier: GPL-2.0
#include "kmod_safex/host/program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

namespace osext {
namespace {

constexpr std::size_t kLogBytes = 1 << 20;

std::string said;  // by libbpf, in the last call

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  char line[1024];
  if (level != LIBBPF_WARN) return 0;
  std::vsnprintf(line, sizeof line, format, arguments);
  if (!std::strstr(line, "BEGIN PROG LOAD LOG")) said += line;
  return 0;
}

// Variables of a section, by offset, from the file's own types.
std::map<std::uint32_t, std::string> variables(const bpf_object* object,
                                               const std::string& section) {
  std::map<std::uint32_t, std::string> found;
  const btf* types = bpf_object__btf(object);
  const int id = types ? btf__find_by_name_kind(types, section.c_str(), BTF_KIND_DATASEC) : -1;
  if (id < 0) return found;
  const btf_type* data = btf__type_by_id(types, id);
  const btf_var_secinfo* entries = btf_var_secinfos(data);
  for (int i = 0; i < btf_vlen(data); ++i) {
    const btf_type* variable = btf__type_by_id(types, entries[i].type);
    found[entries[i].offset] = btf__name_by_offset(types, variable->name_off);
  }
  return found;
}

bpf_map* section_map(const bpf_object* object, const std::string& section) {
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    const std::string name = bpf_map__name(map);
    // libbpf calls maps of the common sections OBJECT.SECTION, the others as they are.
    if (name == section || (name.size() > section.size() && name.ends_with(section))) return map;
  }
  return nullptr;
}

// Some refusals leave the log without a reason: it ends with the instruction, as "4: (7b) ...".
bool ends_with_instruction(const std::string& words) {
  const std::size_t last = words.rfind('\n', words.size() - 2);
  return words.find(": (", last == words.npos ? 0 : last) != words.npos;
}

}  // namespace

std::string last_words(const std::string& log) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < log.size();) {
    const std::size_t end = std::min(log.find('\n', begin), log.size());
    const std::string line = log.substr(begin, end - begin);
    const bool counts = line.starts_with("processed ") || line.starts_with("verification time") ||
                        line.starts_with("stack depth");
    if (!line.empty() && !counts) lines.push_back(line);
    begin = end + 1;
  }
  // From the last line of source that it shows on, if that is near.
  std::size_t from = lines.size() > 8 ? lines.size() - 8 : 0;
  for (std::size_t i = lines.size(); i-- > from;)
    if (lines[i].starts_with("; ")) {
      from = i;
      break;
    }
  std::string text;
  for (std::size_t i = from; i < lines.size(); ++i) text += "  " + lines[i] + "\n";
  return text;
}

void SafexProgram::Close::operator()(bpf_object* object) const {
  bpf_object__close(object);
}

SafexProgram::SafexProgram(const std::string& path, const std::string& function) {
  libbpf_set_print(keep);
  object_.reset(bpf_object__open_file(path.c_str(), nullptr));
  load(path, function);
}

SafexProgram::SafexProgram(std::string_view bytes, const std::string& title,
                           const std::string& function) {
  libbpf_set_print(keep);
  object_.reset(bpf_object__open_mem(bytes.data(), bytes.size(), nullptr));
  load(title, function);
}

void SafexProgram::load(const std::string& title, const std::string& function) {
  if (!object_)
    throw SafexError(
        fmt::format("{} is not a compiled extension ({})", title, std::strerror(errno)));
  choose(title, function);
  attributes_ = number_names(".rodata.safex_attributes");
  events_ = number_names(".rodata.safex_events");
  std::vector<char> log(kLogBytes);
  bpf_program* program = bpf_object__find_program_by_name(object_.get(), function_.c_str());
  bpf_program__set_log_buf(program, log.data(), log.size());
  said.clear();
  const int error = bpf_object__load(object_.get());
  if (error) {
    std::string words = last_words(log.data());
    if (!words.empty() && ends_with_instruction(words))
      words += fmt::format("  the verifier gives no reason: {}\n", std::strerror(-error));
    throw SafexError(
        words.empty() ? fmt::format("{} does not load: {}\n{}", title, std::strerror(-error), said)
                      : fmt::format("the verifier refuses {} of {}:\n{}", function_, title, words));
  }
  bpf_program__set_log_buf(program, nullptr, 0);
  descriptor_ = bpf_program__fd(program);
}

// Of several extensions in a file the others are left alone.
void SafexProgram::choose(const std::string& path, const std::string& function) {
  std::string all;
  bpf_program* program;
  int count = 0;
  bpf_object__for_each_program(program, object_.get()) {
    const std::string name = bpf_program__name(program);
    if (bpf_program__type(program) != BPF_PROG_TYPE_XDP) continue;
    const bool wanted = function.empty() ? count == 0 : name == function;
    bpf_program__set_autoload(program, wanted);
    if (wanted) function_ = name;
    all += " " + name;
    ++count;
  }
  if (function_.empty())
    throw SafexError(
        all.empty() ? fmt::format("{} has no extension in it", path)
                    : fmt::format("{} has no extension {}; there are:{}", path, function, all));
  if (function.empty() && count > 1)
    throw SafexError(fmt::format("{} has several extensions: name one of{}", path, all));
}

std::vector<std::string> SafexProgram::number_names(const std::string& section) {
  std::vector<std::string> names;
  bpf_map* map = section_map(object_.get(), section);
  if (!map) return names;
  std::size_t bytes = 0;
  auto* values = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(map, &bytes)));
  std::vector<char> filled(values, values + bytes);
  for (const auto& [offset, name] : variables(object_.get(), section)) {
    const auto number = static_cast<std::uint32_t>(names.size());
    if (offset + sizeof number > bytes) throw SafexError(fmt::format("{} is no name", name));
    std::memcpy(filled.data() + offset, &number, sizeof number);
    names.push_back(name);
  }
  bpf_map__set_initial_value(map, filled.data(), filled.size());
  return names;
}

SafexProgram::Place SafexProgram::find(const std::string& variable, std::size_t bytes) const {
  for (const char* section : {".bss", ".data"})
    for (const auto& [offset, name] : variables(object_.get(), section)) {
      bpf_map* map = section_map(object_.get(), section);
      if (name != variable || !map) continue;
      if (offset + bytes > bpf_map__value_size(map)) break;
      return {bpf_map__fd(map), offset, bpf_map__value_size(map)};
    }
  throw SafexError(fmt::format("{} has no variable {} of {} bytes", function_, variable, bytes));
}

void SafexProgram::read(const std::string& variable, void* to, std::size_t bytes) const {
  const Place place = find(variable, bytes);
  std::vector<char> all(place.map_bytes);
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(place.map, &key, all.data()) != 0)
    throw SafexError(fmt::format("cannot read {}: {}", variable, std::strerror(errno)));
  std::memcpy(to, all.data() + place.offset, bytes);
}

void SafexProgram::write(const std::string& variable, const void* from, std::size_t bytes) const {
  const Place place = find(variable, bytes);
  std::vector<char> all(place.map_bytes);
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(place.map, &key, all.data()) != 0)
    throw SafexError(fmt::format("cannot read {}: {}", variable, std::strerror(errno)));
  std::memcpy(all.data() + place.offset, from, bytes);
  if (bpf_map_update_elem(place.map, &key, all.data(), BPF_ANY) != 0)
    throw SafexError(fmt::format("cannot write {}: {}", variable, std::strerror(errno)));
}

}  // namespace osext
