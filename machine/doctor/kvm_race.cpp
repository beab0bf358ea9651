// SPDX-License-Identifier: GPL-2.0
// KVM against TCG; see kvm_race.h.
#include "machine/doctor/kvm_race.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "machine/doctor/capture.h"
#include "machine/vm/process.h"

namespace osext {
namespace {

using Clock = std::chrono::steady_clock;

// A machine with a stock kernel and nothing else: no root file system, so the
// kernel panics when it has initialised everything, and QEMU ends.
std::vector<std::string> racer_words(const VmSetup& setup, const std::string& accelerator,
                                     const std::string& cpu) {
  std::vector<std::string> words = {setup.qemu.string()};
  for (const auto& folder : setup.qemu_data) {
    words.push_back("-L");
    words.push_back(folder.string());
  }
  for (const char* word :
       {"-accel", accelerator.c_str(), "-cpu", cpu.c_str(), "-M", "pc", "-m", "256M", "-nodefaults",
        "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel",
        setup.kernel.vmlinux.c_str(), "-append", "console=ttyS0 panic=-1 quiet nokaslr"})
    words.push_back(word);
  return words;
}

class Racer {
 public:
  explicit Racer(std::vector<std::string> words) : process_(spawn(std::move(words), output_)) {}

  // Waits a moment; afterwards seconds() has a value if the machine has ended.
  void look() {
    if (seconds_ || !process_.wait_until(deadline_in(std::chrono::milliseconds(10)))) return;
    seconds_ = std::chrono::duration<double>(Clock::now() - began_).count();
  }
  std::optional<double> seconds() const { return seconds_; }
  std::string output() const { return output_.text(); }
  bool arrived() const {
    return seconds_ && output().find("Unable to mount root fs") != std::string::npos;
  }

 private:
  static SpawnOptions spawn(std::vector<std::string> words, const Capture& output) {
    SpawnOptions options;
    options.argv = std::move(words);
    options.output = output.descriptor();
    return options;
  }

  Capture output_;
  Clock::time_point began_ = Clock::now();
  Process process_;
  std::optional<double> seconds_;
};

// The line that says most: the first with "error" or "panic", else the first.
std::string telling_line(const std::string& output) {
  auto line_at = [&](std::size_t at) {
    std::size_t begin = output.rfind('\n', at);
    begin = begin == std::string::npos ? 0 : begin + 1;
    return output.substr(begin, std::min(output.find_first_of("\r\n", at), output.size()) - begin);
  };
  for (const char* word : {"error", "panic"})
    if (std::size_t at = output.find(word); at != std::string::npos) return line_at(at);
  return output.empty() ? "it ended without a word" : line_at(0);
}

// Both machines side by side, KVM with `cpu`, until it is clear whether KVM is
// at least twice as fast.
KvmRace run_race(const VmSetup& setup, const std::string& cpu, std::chrono::seconds limit) {
  KvmRace race;
  race.cpu = cpu;
  race.verdict = KvmRace::Verdict::slow;
  const Clock::time_point began = Clock::now();
  Racer kvm(racer_words(setup, "kvm", cpu));
  Racer tcg(racer_words(setup, "tcg", "max,la57=off"));
  while (Clock::now() < began + limit) {
    kvm.look();
    tcg.look();
    race.kvm_seconds = kvm.seconds();
    race.tcg_seconds = tcg.seconds();
    if (!kvm.seconds()) {
      if (tcg.arrived()) return race;
      continue;
    }
    if (!kvm.arrived()) {
      race.verdict = KvmRace::Verdict::refused;
      race.detail = telling_line(kvm.output());
      return race;
    }
    double twice = 2 * *kvm.seconds();
    if (tcg.arrived() && *tcg.seconds() < twice) return race;
    if (Clock::now() > began + std::chrono::duration<double>(twice)) {
      race.verdict = KvmRace::Verdict::usable;
      return race;
    }
  }
  return race;
}

}  // namespace

KvmRace race_kvm(const VmSetup& setup, std::chrono::seconds limit, const std::string& device) {
  Descriptor opened(open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!opened) {
    KvmRace none;
    bool forbidden = errno == EACCES || errno == EPERM;
    none.verdict = forbidden ? KvmRace::Verdict::forbidden : KvmRace::Verdict::absent;
    return none;
  }
  opened.reset();
  KvmRace race = run_race(setup, "host,la57=off", limit);
  if (race.verdict == KvmRace::Verdict::refused) {
    // A nested KVM may lack a register of the host's CPU; a plain CPU shows what it is worth.
    KvmRace plain = run_race(setup, "qemu64", limit);
    if (plain.verdict != KvmRace::Verdict::refused) return plain;
  }
  return race;
}

}  // namespace osext
