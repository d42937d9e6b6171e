/* Says in words what a file is that was taken for a library. */
#ifndef PYLIBRETRO_FILE_KIND_H
#define PYLIBRETRO_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum file_kind { FILE_KIND_NONE, FILE_KIND_ELF, FILE_KIND_MACH_O, FILE_KIND_PE };

#if defined(__x86_64__) || defined(_M_X64)
#define DYLIB_PROCESSOR "x86-64"
#elif defined(__i386__) || defined(_M_IX86)
#define DYLIB_PROCESSOR "x86"
#elif defined(__aarch64__) || defined(_M_ARM64)
#define DYLIB_PROCESSOR "AArch64"
#elif defined(__arm__) || defined(_M_ARM)
#define DYLIB_PROCESSOR "ARM"
#elif defined(__riscv)
#define DYLIB_PROCESSOR "RISC-V"
#elif defined(__powerpc64__)
#define DYLIB_PROCESSOR "PowerPC64"
#elif defined(__s390x__)
#define DYLIB_PROCESSOR "S/390"
#else
#define DYLIB_PROCESSOR "of another kind"
#endif

#if defined(_WIN32)
#define DYLIB_PLATFORM DYLIB_PROCESSOR " Windows"
#elif defined(__APPLE__)
#define DYLIB_PLATFORM DYLIB_PROCESSOR " macOS"
#elif defined(__linux__)
#define DYLIB_PLATFORM DYLIB_PROCESSOR " Linux"
#else
#define DYLIB_PLATFORM DYLIB_PROCESSOR
#endif

/* `text` receives a phrase that completes "found ...". 4096 bytes of the file are enough. */
enum file_kind file_kind_of(const unsigned char *bytes, size_t size, char *text, size_t text_size);

/* A number of `width` bytes, as headers of files have them. */
unsigned file_kind_number(const unsigned char *bytes, size_t width, bool big);

#endif
