/* Detours: places in a library's code that lead elsewhere while a switch is on.
 *
 * A detour replaces whole instructions by a jump to a stub, which looks at the switch: off, it runs
 * these instructions and goes on behind them; on, it runs other code. Switching is one store. All
 * of it is written before anything can run: the changed pages and the stubs are a file that nobody
 * can write any more, which every private copy of the library maps in place of the original's
 * pages, so that memory is never writable and executable at once, and copies share these pages. The
 * switches are variables of the copy. */
#ifndef PYLIBRETRO_DETOURS_H
#define PYLIBRETRO_DETOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DETOUR_SWITCHES = 16, DETOUR_CODE_SIZE = 1024, DETOUR_FIXUPS = 24 };

/* Code that refers to other places of the library: each of `places` is where in the code a distance
 * stands. On x86-64 that is 32 bits, counted from their end; on AArch64 it is a branch, which is
 * filled in. */
struct detour_code {
    uint8_t bytes[DETOUR_CODE_SIZE];
    uint16_t size;
    uint16_t fixup_count;
    uint16_t places[DETOUR_FIXUPS];
    uint64_t targets[DETOUR_FIXUPS]; /* not of `original`, which keeps the targets that it has */
};

struct detour {
    uint64_t address;            /* in the library, as in its file's tables */
    uint8_t switch_number;       /* less than DETOUR_SWITCHES */
    struct detour_code original; /* whole instructions that stand there, no jump leads into them */
    struct detour_code instead;
    uint64_t
        to; /* where to go on after `instead`; 0 when that ends itself, with a return or jump */
};

struct detours;

/* Prepares the detours of one library file. NULL, with a message, when the file is another one than
 * they were made for, or the system or the library forbids it. */
struct detours *detours_make(const char *utf8_path, const struct detour *list, size_t count,
                             char *message, size_t message_size);

void detours_free(struct detours *detours);

/* The memory that all copies of the library share. */
size_t detours_shared_bytes(const struct detours *detours);

/* ---- the machine code, for detours_make and its tests --------------------------------------- */

enum detour_machine { DETOUR_X86_64, DETOUR_AARCH64 };

/* The size of a detour's stub, at most. */
size_t detour_stub_size(const struct detour *detour);

/* Writes the stub of a detour, to lie at the address `stub`, and returns its size: 0 when something
 * is too far away. `switches` is the address of the first switch. */
size_t detour_write_stub(enum detour_machine machine, unsigned char *code,
                         const struct detour *detour, uint64_t stub, uint64_t switches);

/* Writes the jump to a stub over the original instructions; false when it is too far away. */
bool detour_write_jump(enum detour_machine machine, unsigned char *code,
                       const struct detour *detour, uint64_t stub);

/* The fewest bytes of instructions that a jump can replace; on AArch64, what their number is a
 * multiple of. */
size_t detour_least_size(enum detour_machine machine);

#endif
