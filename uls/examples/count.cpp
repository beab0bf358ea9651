// SPDX-License-Identifier: GPL-2.0
// The smallest useful extension: counts its events by kind, and keeps the last one's value.
#include "uls/runtime/extension.h"

extern "C" {
unsigned long timer_events = 0, software_events = 0, calls = 0, faults = 0, packets = 0;
unsigned long last_value = 0, last_pid = 0;
}

void osext_uls_extension(const osext_uls_record* record) {
  switch (record->kind) {
    case OSEXT_ULS_TIMER:
      ++timer_events;
      break;
    case OSEXT_ULS_SYSCALL:
      ++calls;
      break;
    case OSEXT_ULS_FAULT:
      ++faults;
      break;
    case OSEXT_ULS_PACKET:
      ++packets;
      break;
    default:
      ++software_events;
  }
  last_value = record->value;
  last_pid = record->pid;
}
