# SPDX-License-Identifier: GPL-2.0
# Writes a line CALL(number, name) for each system call that the compiler's
# <asm/unistd.h> knows: cmake -DCOMPILER=... -DOUTPUT=... -P syscall_names.cmake
execute_process(COMMAND ${COMPILER} -E -dM -x c -include asm/unistd.h /dev/null
                OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ [0-9]+" lines "${macros}")
set(text "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "#define __NR_([a-z0-9_]+) ([0-9]+)" "CALL(\\2, \"\\1\")\n" entry "${line}")
  string(APPEND text "${entry}")
endforeach()
file(WRITE ${OUTPUT} "${text}")
