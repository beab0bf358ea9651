/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The C library of extensions: the names and the meaning of POSIX, on the
 * extension's own part of the data superpage.  Nothing here makes a system call.
 */
#ifndef OSEXT_ULS_RUNTIME_LIBC_H
#define OSEXT_ULS_RUNTIME_LIBC_H

#include <cstddef>

// Linux's values.
#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_FAILED (reinterpret_cast<void*>(-1L))
#define ENOENT 2
#define ENOMEM 12
#define EINVAL 22
#define ENOTSUP 95

extern "C" {
extern int errno;  // one for the extension: it is in one host at a time

// Anonymous memory, zeroed, where the runtime likes; all of it can be read and written, nothing
// executed.  ENOTSUP: files, MAP_FIXED or PROT_EXEC.
void* mmap(void* hint, std::size_t bytes, int protection, int flags, int file, long offset);
int munmap(void* memory, std::size_t bytes);  // whole pages, or a part of them
int brk(void* end);
void* sbrk(std::ptrdiff_t change);

// Memory that the creator made for several extensions (UlsSession::share), by its key.
int shmget(int key, std::size_t bytes, int flags);       // bytes: at least so many; flags: ignored
void* shmat(int segment, const void* where, int flags);  // where: nullptr
int shmdt(const void* memory);                           // it stays

// Aligned to 16.  Nothing is left, and everything else fails too, once an upcall was aborted in the
// middle of them: then what they know may be wrong.  A pointer that they did not give ends the
// upcall.
void* malloc(std::size_t bytes);
void* calloc(std::size_t count, std::size_t bytes);
void* realloc(void* memory, std::size_t bytes);
void free(void* memory);
[[noreturn]] void abort();  // ends the upcall, as a fault does

void* memcpy(void* to, const void* from, std::size_t bytes);
void* memmove(void* to, const void* from, std::size_t bytes);
void* memset(void* to, int value, std::size_t bytes);
int memcmp(const void* a, const void* b, std::size_t bytes);
void* memchr(const void* memory, int value, std::size_t bytes);
std::size_t strlen(const char* text);
std::size_t strnlen(const char* text, std::size_t most);
int strcmp(const char* a, const char* b);
int strncmp(const char* a, const char* b, std::size_t most);
char* strcpy(char* to, const char* from);
char* strncpy(char* to, const char* from, std::size_t bytes);
char* strcat(char* to, const char* from);
char* strchr(const char* text, int character);
char* strrchr(const char* text, int character);
}

#endif
