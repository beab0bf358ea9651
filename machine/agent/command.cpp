// SPDX-License-Identifier: GPL-2.0
// Checks on a command; see command.h.
#include "machine/agent/command.h"

#include <cstring>

namespace osext::agent {
namespace {

bool is_terminated(const char* text, size_t size) {
  return memchr(text, 0, size) != nullptr;
}

// A path that may be created: absolute, and not climbing out of what it names.
bool is_plain_path(const char* path) {
  return path[0] == '/' && path[1] != 0 && strstr(path, "/../") == nullptr;
}

const char* find_file_fault(const osext_command_file& file) {
  if (!is_terminated(file.path, sizeof file.path)) return "a file's path is not terminated";
  if (!is_plain_path(file.path)) return "a file's path is not an absolute path";
  // Written so that no sum can wrap around.
  if (file.offset < OSEXT_REGION_FILES || file.length > OSEXT_REGION_FILES_SIZE ||
      file.offset - OSEXT_REGION_FILES > OSEXT_REGION_FILES_SIZE - file.length)
    return "a file lies outside the part of the region that holds files";
  if ((file.mode & ~07777U) != 0 || file.reserved != 0) return "a file's mode is not a file mode";
  return nullptr;
}

const char* find_arguments_fault(const char* text, size_t size) {
  if (!is_terminated(text, size) || text[0] == 0) return "there is no program to run";
  const char* end = text + size;
  while (*text != 0) {
    text += strnlen(text, static_cast<size_t>(end - text)) + 1;
    if (text >= end) return "the arguments do not end with an empty string";
  }
  return nullptr;
}

}  // namespace

const char* find_fault(const osext_command& command) {
  if (command.flags != 0) return "a flag is set that this agent does not know";
  if (command.file_count > OSEXT_COMMAND_FILES) return "there are too many files";
  for (__u64 i = 0; i < command.file_count; i++)
    if (const char* fault = find_file_fault(command.files[i])) return fault;
  if (!is_terminated(command.records, sizeof command.records))
    return "the record file's path is not terminated";
  if (command.records[0] != 0 && !is_plain_path(command.records))
    return "the record file's path is not an absolute path";
  return find_arguments_fault(command.arguments, sizeof command.arguments);
}

int split_arguments(osext_command& command, char** argv, int slots) {
  int count = 0;
  for (char* text = command.arguments; *text != 0 && count < slots - 1; text += strlen(text) + 1)
    argv[count++] = text;
  argv[count] = nullptr;
  return count;
}

}  // namespace osext::agent
