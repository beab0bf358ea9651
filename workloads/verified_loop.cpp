// SPDX-License-Identifier: GPL-2.0
#include "workloads/verified_loop.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "workloads/clock.h"

namespace osext {
namespace {

constexpr std::int32_t kRounds = 1 << 23;  // the most that bpf_loop() takes
constexpr int kMostLevels = 16;            // more than any kernel's call depth

class File {
 public:
  explicit File(long number) : number_(static_cast<int>(number)) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (number_ >= 0) close(number_);
  }
  bool is_open() const { return number_ >= 0; }
  std::uint32_t number() const { return static_cast<std::uint32_t>(number_); }

 private:
  int number_;
};

long bpf(int command, bpf_attr& attr) {
  return syscall(SYS_bpf, command, &attr, sizeof attr);
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bpf_insn instruction(unsigned code, unsigned destination, unsigned source, std::int32_t immediate) {
  bpf_insn one{};
  one.code = static_cast<__u8>(code);
  one.dst_reg = static_cast<__u8>(destination & 0xf);
  one.src_reg = static_cast<__u8>(source & 0xf);
  one.imm = immediate;
  return one;
}

constexpr unsigned kSet = BPF_ALU64 | BPF_MOV | BPF_K;

// A function of eight instructions: bpf_loop(rounds, the next function, nothing), and 2, which
// lets a packet pass; for callbacks 0, which goes on.
constexpr int kLoopInstructions = 8;
void append_loop(std::vector<bpf_insn>& program, std::int32_t result) {
  const auto after_address = static_cast<std::int32_t>(program.size()) + 1;
  const std::int32_t next = after_address - 1 + kLoopInstructions;
  program.push_back(instruction(kSet, BPF_REG_1, 0, kRounds));
  program.push_back(
      instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_FUNC, next - after_address - 1));
  program.push_back(instruction(0, 0, 0, 0));
  program.push_back(instruction(kSet, BPF_REG_3, 0, 0));
  program.push_back(instruction(kSet, BPF_REG_4, 0, 0));
  program.push_back(instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_loop));
  program.push_back(instruction(kSet, BPF_REG_0, 0, result));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0));
}

std::vector<bpf_insn> loops(int levels) {
  std::vector<bpf_insn> program;
  append_loop(program, XDP_PASS);
  for (int i = 1; i < levels; ++i) append_loop(program, 0);
  program.push_back(instruction(kSet, BPF_REG_0, 0, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0));
  return program;
}

// The types that the verifier wants of functions whose address is taken: int program(void *) and
// int round(int, void *).
enum Type : std::uint32_t { kInt = 1, kPointer, kProgramType, kProgram, kRoundType, kRound };

class Types {
 public:
  Types() {
    const std::uint32_t integer = name("int"), context = name("context"), index = name("index");
    const std::uint32_t program = name("program"), round = name("round");
    put({integer, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32});
    put({0, BTF_KIND_PTR << 24, 0});
    put({0, BTF_KIND_FUNC_PROTO << 24 | 1, kInt, context, kPointer});
    put({program, BTF_KIND_FUNC << 24, kProgramType});
    put({0, BTF_KIND_FUNC_PROTO << 24 | 2, kInt, index, kInt, context, kPointer});
    put({round, BTF_KIND_FUNC << 24, kRoundType});
  }

  File load() const {
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof header;
    header.type_len = static_cast<__u32>(words_.size() * sizeof words_[0]);
    header.str_off = header.type_len;
    header.str_len = static_cast<__u32>(names_.size());
    std::string all(reinterpret_cast<const char*>(&header), sizeof header);
    all.append(reinterpret_cast<const char*>(words_.data()), header.type_len);
    all += names_;
    bpf_attr attr{};
    attr.btf = reinterpret_cast<std::uintptr_t>(all.data());
    attr.btf_size = static_cast<__u32>(all.size());
    File file(bpf(BPF_BTF_LOAD, attr));
    if (!file.is_open()) fail("cannot load types");
    return file;
  }

 private:
  std::uint32_t name(const char* text) {
    const auto at = static_cast<std::uint32_t>(names_.size());
    names_.append(text, std::strlen(text) + 1);
    return at;
  }
  void put(std::initializer_list<std::uint32_t> words) { words_.insert(words_.end(), words); }

  std::string names_ = std::string(1, '\0');
  std::vector<std::uint32_t> words_;
};

File load(const File& types, int levels) {
  const std::vector<bpf_insn> program = loops(levels);
  std::vector<bpf_func_info> functions = {{0, kProgram}};
  for (int i = 1; i <= levels; ++i)
    functions.push_back({static_cast<__u32>(i * kLoopInstructions), kRound});
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_XDP;
  attr.insns = reinterpret_cast<std::uintptr_t>(program.data());
  attr.insn_cnt = static_cast<__u32>(program.size());
  attr.license = reinterpret_cast<std::uintptr_t>("GPL");
  attr.prog_btf_fd = types.number();
  attr.func_info = reinterpret_cast<std::uintptr_t>(functions.data());
  attr.func_info_rec_size = sizeof functions[0];
  attr.func_info_cnt = static_cast<__u32>(functions.size());
  return File(bpf(BPF_PROG_LOAD, attr));
}

std::int64_t run_once_ns(const File& program) {
  std::array<char, 64> packet{};
  bpf_attr attr{};
  attr.test.prog_fd = program.number();
  attr.test.data_in = reinterpret_cast<std::uintptr_t>(packet.data());
  attr.test.data_size_in = packet.size();
  attr.test.repeat = 1;
  const std::int64_t begin_ns = now_ns();
  const long failed = bpf(BPF_PROG_TEST_RUN, attr);
  const std::int64_t end_ns = now_ns();
  if (failed != 0) fail("cannot run the program");
  return end_ns - begin_ns;
}

}  // namespace

VerifiedLoop run_verified_loop() {
  const File types = Types().load();
  const File one = load(types, 1);
  if (!one.is_open()) fail("the kernel does not take bpf_loop()");
  VerifiedLoop result;
  result.rounds = kRounds;
  result.time_ns = run_once_ns(one);
  result.accepted = 1;
  while (result.accepted < kMostLevels &&
         load(types, static_cast<int>(result.accepted) + 1).is_open())
    ++result.accepted;
  return result;
}

}  // namespace osext
