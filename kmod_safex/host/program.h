// SPDX-License-Identifier: GPL-2.0
// A compiled extension (NAME.bpf.o): its names numbered, verified and compiled by the kernel.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct bpf_object;

namespace osext {

struct SafexError : std::runtime_error {
  using runtime_error::runtime_error;
};

class SafexProgram {
 public:
  // `function`: which extension of the file; empty: its only one.  Throws SafexError, with
  // the verifier's last words if it refused.
  explicit SafexProgram(const std::string& path, const std::string& function = "");
  // The same of a file's bytes.
  SafexProgram(std::string_view bytes, const std::string& title, const std::string& function);

  int descriptor() const { return descriptor_; }
  const std::string& function() const { return function_; }
  // As LOAD wants them: in the order of their numbers.
  const std::vector<std::string>& attributes() const { return attributes_; }
  const std::vector<std::string>& events() const { return events_; }

  // A global variable, read from or written to the running program.
  void read(const std::string& variable, void* to, std::size_t bytes) const;
  void write(const std::string& variable, const void* from, std::size_t bytes) const;
  template <class Type>
  Type get(const std::string& variable) const {
    Type value;
    read(variable, &value, sizeof value);
    return value;
  }

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };
  struct Place {
    int map;
    std::size_t offset, map_bytes;
  };
  void load(const std::string& title, const std::string& function);
  void choose(const std::string& path, const std::string& function);
  std::vector<std::string> number_names(const std::string& section);
  Place find(const std::string& variable, std::size_t bytes) const;

  std::unique_ptr<bpf_object, Close> object_;
  int descriptor_ = -1;
  std::string function_;
  std::vector<std::string> attributes_, events_;
};

// The end of a verifier's log, as a person wants it: the source line, the instruction, the reason.
std::string last_words(const std::string& log);

}  // namespace osext
