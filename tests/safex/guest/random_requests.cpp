// SPDX-License-Identifier: GPL-2.0
// Requests to the device, to classes and to extensions at random, some of them nearly right:
// whatever they do, nobody is harmed.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/safex/guest/check.h"

namespace osext::test {
namespace {

std::uint32_t any() {
  constexpr std::uint32_t kNear[] = {0, 1, 2, 3, 4, 8, 16, 64, 256, 0x7fffffff, 0xffffffff};
  return dice() % 4 ? kNear[dice() % std::size(kNear)] : static_cast<std::uint32_t>(dice());
}

struct Files {
  std::vector<int> extensions, classes;
  int device;
};

int one_of(const std::vector<int>& files) {
  return files.empty() || dice() % 8 == 0 ? static_cast<int>(dice() % 64)
                                          : files[dice() % files.size()];
}

void name(char (&to)[OSEXT_SAFEX_NAME_BYTES]) {
  std::memset(to, 0, sizeof to);
  for (std::uint64_t i = 0; i <= dice() % 3; ++i) to[i] = static_cast<char>('a' + dice() % 26);
}

// Most of them are such that something happens.
void make_likely(unsigned long command, char* words, const Files& files, int program) {
  switch (command) {
    case OSEXT_SAFEX_LOAD: {
      auto& load = *reinterpret_cast<osext_safex_load*>(words);
      load = {};
      load.program = program;
      load.mode = 1 + dice() % 2;
      load.budget_ns = 1000 + dice() % 1'000'000;
      load.period_ns = 1'000'000'000;
      load.invocations = 1 + dice() % 10;
      load.attribute_count = dice() % 3;
      name(load.name);
      for (auto& one : load.attributes) name(one);
      break;
    }
    case OSEXT_SAFEX_CREATE: {
      auto& create = *reinterpret_cast<osext_safex_create*>(words);
      create = {};
      name(create.name);
      create.attribute_count = 1;
      name(create.attributes[0].name);
      create.attributes[0].guard = 1;
      create.event_count = 1;
      name(create.events[0]);
      break;
    }
    case OSEXT_SAFEX_GRANT: {
      auto& grant = *reinterpret_cast<osext_safex_grant*>(words);
      grant = {one_of(files.extensions), static_cast<std::uint32_t>(dice() % 17),
               static_cast<std::uint32_t>(dice() % 5), static_cast<std::uint32_t>(dice() % 9)};
      break;
    }
    case OSEXT_SAFEX_BIND: {
      auto& bind = *reinterpret_cast<osext_safex_bind*>(words);
      bind = {};
      bind.kind = 1 + dice() % 4;
      bind.set = dice() % 17;
      if (bind.kind == OSEXT_SAFEX_TIMER)
        bind.period_ns = 200'000 + dice() % 10'000'000;
      else if (bind.kind == OSEXT_SAFEX_EVENT)
        bind.class_file = one_of(files.classes);
      break;
    }
    case OSEXT_SAFEX_GET:
    case OSEXT_SAFEX_SET:
    case OSEXT_SAFEX_RAISE_EVENT:
      std::memset(words, 0, 32);
      break;
    case OSEXT_SAFEX_GET_STATISTICS:
    case OSEXT_SAFEX_DESCRIBE:
      reinterpret_cast<std::uint32_t*>(words)[1] = OSEXT_SAFEX_NEXT;
      reinterpret_cast<std::uint32_t*>(words)[0] = dice() % 8;
      break;
    case OSEXT_SAFEX_RAISE_BY_ID:
      std::memset(words, 0, 32);
      reinterpret_cast<std::uint32_t*>(words)[0] = dice() % 8;
      break;
    default:
      reinterpret_cast<std::uint32_t*>(words)[0] = dice() % 8;
      reinterpret_cast<std::uint32_t*>(words)[1] = dice() % 4 ? 0 : dice() % 8;
      break;
  }
}

void close_one(std::vector<int>& files) {
  const std::size_t which = dice() % files.size();
  close(files[which]);
  files.erase(files.begin() + static_cast<std::ptrdiff_t>(which));
}

const RegisterCheck random_requests("random_requests", [] {
  Loaded module;
  const unsigned long commands[] = {OSEXT_SAFEX_LOAD,
                                    OSEXT_SAFEX_CREATE,
                                    OSEXT_SAFEX_GET_BY_ID,
                                    OSEXT_SAFEX_RAISE_BY_ID,
                                    OSEXT_SAFEX_REVOKE,
                                    OSEXT_SAFEX_UNLOAD,
                                    OSEXT_SAFEX_GET_STATISTICS,
                                    OSEXT_SAFEX_DESCRIBE,
                                    OSEXT_SAFEX_GRANT,
                                    OSEXT_SAFEX_GET,
                                    OSEXT_SAFEX_SET,
                                    OSEXT_SAFEX_RAISE_EVENT,
                                    OSEXT_SAFEX_BIND};
  std::map<unsigned long, std::uint64_t> granted;
  {
    const SafexFile device = open_safex();
    const SafexProgram programs[] = {battery("writer"), battery("looper"), battery("nested"),
                                     battery("monitor")};
    Files files{{}, {}, device.get()};
    std::vector<char> memory(_IOC_SIZEMASK + 1);
    for (std::uint64_t i = 0; i < rounds(std::uint64_t{3000}); ++i) {
      const unsigned long likely = commands[dice() % std::size(commands)];
      unsigned long command = likely;
      for (std::size_t at = 0; at + 4 <= _IOC_SIZE(command); at += 4) {
        const std::uint32_t word = any();
        std::memcpy(memory.data() + at, &word, 4);
      }
      if (dice() % 4) make_likely(command, memory.data(), files, programs[dice() % 4].descriptor());
      if (dice() % 16 == 0) command ^= 1UL << dice() % 32;
      int file = device.get();
      if (likely >= OSEXT_SAFEX_BIND && _IOC_NR(likely) >= 32)
        file = one_of(files.extensions);
      else if (_IOC_NR(likely) >= 16)
        file = one_of(files.classes);
      if (file <= 2) file = device.get();  // standard streams are no target
      const int result = ioctl(file, command, dice() % 32 ? memory.data() : nullptr);
      if (result < 0) continue;
      ++granted[command];
      if (command == OSEXT_SAFEX_LOAD) files.extensions.push_back(result);
      if (command == OSEXT_SAFEX_CREATE) files.classes.push_back(result);
      if (files.extensions.size() > 8) close_one(files.extensions);
      if (files.classes.size() > 8) close_one(files.classes);
    }
    for (const int file : files.extensions) close(file);
    for (const int file : files.classes) close(file);
  }
  // Of so many, of every sort: or nothing was tried.
  for (const unsigned long command : commands)
    require(granted[command] > 0, "none of request {} is granted", command & 0xff);
  require(list_safex_extensions().empty() && list_safex_classes().empty(), "something is left");
  Alone writer("writer");
  require(writer.raise(5).runs == 1, "no run afterwards");
});

}  // namespace
}  // namespace osext::test
