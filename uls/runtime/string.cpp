// SPDX-License-Identifier: GPL-2.0
// mem* and str* for extensions; built so that the compiler makes no calls of them out of their
// loops.
#include "uls/runtime/libc.h"

extern "C" {

void* memcpy(void* to, const void* from, std::size_t bytes) {
  void* result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
  return result;
}

void* memmove(void* to, const void* from, std::size_t bytes) {
  auto* target = static_cast<char*>(to);
  const auto* source = static_cast<const char*>(from);
  if (target <= source || target >= source + bytes) return memcpy(to, from, bytes);
  while (bytes-- > 0) target[bytes] = source[bytes];
  return to;
}

void* memset(void* to, int value, std::size_t bytes) {
  void* result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
  return result;
}

int memcmp(const void* a, const void* b, std::size_t bytes) {
  const auto* first = static_cast<const unsigned char*>(a);
  const auto* second = static_cast<const unsigned char*>(b);
  for (std::size_t i = 0; i < bytes; ++i)
    if (first[i] != second[i]) return first[i] < second[i] ? -1 : 1;
  return 0;
}

void* memchr(const void* memory, int value, std::size_t bytes) {
  const auto* byte = static_cast<const unsigned char*>(memory);
  for (; bytes > 0; ++byte, --bytes)
    if (*byte == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(byte);
  return nullptr;
}

std::size_t strlen(const char* text) {
  std::size_t length = 0;
  while (text[length]) ++length;
  return length;
}

std::size_t strnlen(const char* text, std::size_t most) {
  std::size_t length = 0;
  while (length < most && text[length]) ++length;
  return length;
}

int strncmp(const char* a, const char* b, std::size_t most) {
  for (; most > 0; ++a, ++b, --most) {
    const auto first = static_cast<unsigned char>(*a), second = static_cast<unsigned char>(*b);
    if (first != second) return first < second ? -1 : 1;
    if (first == 0) break;
  }
  return 0;
}

int strcmp(const char* a, const char* b) {
  return strncmp(a, b, static_cast<std::size_t>(-1));
}

char* strcpy(char* to, const char* from) {
  memcpy(to, from, strlen(from) + 1);
  return to;
}

char* strncpy(char* to, const char* from, std::size_t bytes) {
  const std::size_t length = strnlen(from, bytes);
  memcpy(to, from, length);
  memset(to + length, 0, bytes - length);
  return to;
}

char* strcat(char* to, const char* from) {
  strcpy(to + strlen(to), from);
  return to;
}

char* strchr(const char* text, int character) {
  for (;; ++text) {
    if (*text == static_cast<char>(character)) return const_cast<char*>(text);
    if (!*text) return nullptr;
  }
}

char* strrchr(const char* text, int character) {
  const char* last = nullptr;
  for (;; ++text) {
    if (*text == static_cast<char>(character)) last = text;
    if (!*text) return const_cast<char*>(last);
  }
}
}
