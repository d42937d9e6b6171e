/* One opening of an ELF library in progress, and the steps that its units do for each other. */
#ifndef PYLIBRETRO_ELF_OPENING_H
#define PYLIBRETRO_ELF_OPENING_H

#include "dylib.h" /* first: it asks for what only GNU has */

#include "detours.h"
#include "elf_image.h"

struct elf_text {
    char *bytes;
    size_t size;
};

struct elf_opening {
    struct dylib *dylib;
    const char *path;
    const struct detours *detours; /* NULL for none */
    struct elf_text message;
    int source, file; /* the original and the copy */
    struct elf_image image;
    bool sparse;
    unsigned char *copied; /* per page of the file: whether the copy holds it */
    char name[512];        /* what the linker is told to open */
    char directory[512];   /* to be removed again; "" for an anonymous copy */
};

static inline ElfW(Addr) elf_page_down(const struct elf_opening *opening, ElfW(Addr) address)
{
    return address & ~(ElfW(Addr))(opening->image.page - 1);
}

static inline ElfW(Addr) elf_page_up(const struct elf_opening *opening, ElfW(Addr) address)
{
    return elf_page_down(opening, address + opening->image.page - 1);
}

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void elf_say(struct elf_text text, const char *format, ...);

/* ---- elf_copy.c ----------------------------------------------------------------------------- */

/* Marks the pages that the copy must hold. */
void elf_plan_copy(struct elf_opening *opening);

/* The linker would look for $ORIGIN beside the copy. Libraries that are already loaded it finds by
 * their DT_SONAME, so those beside the original are loaded first. */
void elf_open_neighbours(struct elf_opening *opening);
void elf_close_neighbours(struct dylib *library);

/* Writes the copy and has the linker open it: enum dylib_result. */
int elf_open_copy(struct elf_opening *opening);

/* A file that nobody else can open, in which code may lie, or -1. */
int elf_file_without_name(void);

bool elf_write_all(int file, const void *bytes, size_t size, size_t offset);

/* Gives back the pages of the copy that no mapping shows any more. */
void elf_shrink_copy(const struct elf_opening *opening);

/* C++ makes variables of templates "unique": one for the whole process, shared by all copies, and
 * pinning the first copy in memory for ever. Weak is what they are elsewhere. This makes them so in
 * the copy in `file`, or where it is mapped, when that is at `base`. */
bool elf_make_unique_weak(const struct elf_image *image, int file, uintptr_t base);

/* ---- elf_pages.c ---------------------------------------------------------------------------- */

/* Puts the original's pages in place of the copy's and relocates them: enum dylib_result. */
int elf_settle(struct elf_opening *opening);

bool elf_protect(uintptr_t start, uintptr_t end, int protection);

/* ---- elf_detours.c -------------------------------------------------------------------------- */

/* Whether `file` is still the library that the detours were made for. */
bool elf_same_library(const struct detours *detours, int file);

/* Lets the copy in `file` have room for switches and stubs behind its variables. */
bool elf_make_room_for_detours(const struct elf_opening *opening, int file);

/* Puts changed pages and stubs in their places, and tells the library where its switches are. */
bool elf_map_detours(const struct elf_opening *opening);

/* ---- elf_detours.c -------------------------------------------------------------------------- */

/* Whether `file` is still the library that the detours were made for. */
bool elf_same_library(const struct detours *detours, int file);

/* Lets the copy in `file` have room for switches and stubs behind its variables. */
bool elf_make_room_for_detours(const struct elf_opening *opening, int file);

/* Puts changed pages and stubs in their places, and tells the library where its switches are. */
bool elf_map_detours(const struct elf_opening *opening);

#endif
