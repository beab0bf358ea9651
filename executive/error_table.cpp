// SPDX-License-Identifier: GPL-2.0
#include "executive/error_table.h"

namespace osext::executive {

Error error_of(uint64_t number) {
  switch (number) {
#define ERROR(value, name, text) \
  case value:                    \
    return {name, text};
#include "error_names.inc"
#undef ERROR
    case 512:
      return {"ERESTARTSYS", "To be restarted if SA_RESTART is set"};
    case 513:
      return {"ERESTARTNOINTR", "To be restarted"};
    case 514:
      return {"ERESTARTNOHAND", "To be restarted if no handler"};
    case 516:
      return {"ERESTART_RESTARTBLOCK", "Interrupted by signal"};
  }
  return {nullptr, nullptr};
}

}  // namespace osext::executive
