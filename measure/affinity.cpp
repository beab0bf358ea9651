// SPDX-License-Identifier: GPL-2.0
#include "measure/affinity.h"

#include <sched.h>

#include <cerrno>
#include <system_error>

namespace osext {

int pin_to_one_cpu() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot read the CPU affinity");
  // The last one: the first serves most of a machine's interrupts.
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &allowed)) --cpu;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot pin to one CPU");
  return cpu;
}

}  // namespace osext
