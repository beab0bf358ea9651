// SPDX-License-Identifier: GPL-2.0
#include "benchmarks/mechanisms/safex_programs.h"

#define EMBED(name, file)                                                                  \
  asm(".section .rodata\n.balign 8\n" name                                                 \
      ":\n"                                                                                \
      ".incbin \"" OSEXT_SAFEX_EXTENSIONS "/" file "\"\n" name "_end:\n.byte 0\n.text\n"); \
  extern "C" const char

EMBED("osext_safex_count", "safex-count.bpf.o") osext_safex_count[], osext_safex_count_end[];
EMBED("osext_safex_monitor", "safex-cpu-monitor.bpf.o")
osext_safex_monitor[], osext_safex_monitor_end[];
EMBED("osext_safex_handler", "safex-cpu-handler.bpf.o")
osext_safex_handler[], osext_safex_handler_end[];
EMBED("osext_safex_endless", "safex-endless.bpf.o")
osext_safex_endless[], osext_safex_endless_end[];
EMBED("osext_safex_calls", "safex-calls.bpf.o") osext_safex_calls[], osext_safex_calls_end[];
EMBED("osext_safex_clock", "safex-clock.bpf.o") osext_safex_clock[], osext_safex_clock_end[];
EMBED("osext_safex_packets", "safex-packets.bpf.o")
osext_safex_packets[], osext_safex_packets_end[];

namespace osext {

SafexProgram safex_count() {
  return {{osext_safex_count, osext_safex_count_end}, "count.bpf.o", "count"};
}

SafexProgram safex_cpu_monitor() {
  return {{osext_safex_monitor, osext_safex_monitor_end}, "cpu_monitor.bpf.o", "cpu_monitor"};
}

SafexProgram safex_cpu_handler() {
  return {{osext_safex_handler, osext_safex_handler_end}, "cpu_handler.bpf.o", "cpu_handler"};
}

SafexProgram safex_endless() {
  return {{osext_safex_endless, osext_safex_endless_end}, "endless.bpf.o", "endless"};
}

SafexProgram safex_calls() {
  return {{osext_safex_calls, osext_safex_calls_end}, "calls.bpf.o", "calls"};
}

SafexProgram safex_clock() {
  return {{osext_safex_clock, osext_safex_clock_end}, "clock.bpf.o", "clock"};
}

SafexProgram safex_packets() {
  return {{osext_safex_packets, osext_safex_packets_end}, "packets.bpf.o", "packets_of_streams"};
}

}  // namespace osext
