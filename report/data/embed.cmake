# SPDX-License-Identifier: GPL-2.0
# cmake -DOUTPUT=FILE -DITEMS=NAME=FILE,NAME=FILE -P embed.cmake
# Writes a C++ file that defines each NAME as the text of its FILE.

set(text "// Written by report/data/embed.cmake.\n#include \"report/data/embedded.h\"\n\nnamespace osext::report {\n")
string(REPLACE "," ";" items "${ITEMS}")
foreach(item IN LISTS items)
  string(REGEX MATCH "^([A-Za-z0-9_]+)=(.+)$" matched "${item}")
  set(name ${CMAKE_MATCH_1})
  # As hexadecimal digits: no list, quote or bracket in the file can be mistaken for CMake's.
  file(READ ${CMAKE_MATCH_2} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  string(REPLACE "\n" "\"\n    \"" bytes "${bytes}")
  string(APPEND text "\nstatic constexpr char ${name}_bytes[] =\n    \"${bytes}\";\n")
  string(APPEND text "const std::string_view ${name}(${name}_bytes, sizeof ${name}_bytes - 1);\n")
endforeach()
string(APPEND text "\n}  // namespace osext::report\n")
file(WRITE ${OUTPUT} "${text}")
