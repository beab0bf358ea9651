// SPDX-License-Identifier: GPL-2.0
// Where an upcall enters an extension; and what C++ itself wants to call.
#include "uls/runtime/area.h"
#include "uls/runtime/extension.h"

// Not constant: the loader writes it before the extension starts.
extern "C" {
osext::uls::Area osext_uls_area = {};
void* __dso_handle = nullptr;

// The first event constructs the global variables.  An upcall that is aborted meanwhile constructs
// none twice: the next one goes on behind the constructor that was cut short.
void osext_uls_entry(const osext_uls_record* record) {
  using Constructor = void (*)();
  volatile std::uint64_t& next = osext_uls_area.constructors_begin;
  while (next < osext_uls_area.constructors_end) {
    const auto constructor = *reinterpret_cast<const Constructor*>(next);
    next = next + sizeof(Constructor);
    constructor();
  }
  osext_uls_extension(record);
}

// Extensions end by being unloaded, and nothing is destroyed then.
int __cxa_atexit(void (*)(void*), void*, void*) {
  return 0;
}

[[noreturn]] void abort() {
  __builtin_trap();
}

[[noreturn]] void __cxa_pure_virtual() {
  abort();
}
}

// Without exceptions, new that finds no memory can only end the upcall.
static void* allocate(std::size_t bytes) {
  void* memory = malloc(bytes);
  if (!memory) abort();
  return memory;
}

void* operator new(std::size_t bytes) {
  return allocate(bytes);
}
void* operator new[](std::size_t bytes) {
  return allocate(bytes);
}
void operator delete(void* memory) noexcept {
  free(memory);
}
void operator delete[](void* memory) noexcept {
  free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  free(memory);
}
