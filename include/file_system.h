/* Files and directories of the system: paths in UTF-8, offsets of 64 bits, and the same words for
 * all systems. A read or a write names its own offset, so that a file that is open in a forked
 * child, too, has no position that both would move. */
#ifndef PYLIBRETRO_FILE_SYSTEM_H
#define PYLIBRETRO_FILE_SYSTEM_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
typedef void *file_system_file; /* a HANDLE */
#define FILE_SYSTEM_NO_FILE ((file_system_file)(intptr_t)-1)
#else
typedef int file_system_file;
#define FILE_SYSTEM_NO_FILE (-1)
#endif

enum file_system_opening {
    FILE_SYSTEM_READ = 1,
    FILE_SYSTEM_WRITE = 2,
    FILE_SYSTEM_EMPTY = 4,   /* made when it is not there, and without what was in it */
    FILE_SYSTEM_NO_LINK = 8, /* fail where the last part of the path is a symbolic link */
};

enum file_system_kind {
    FILE_SYSTEM_NOTHING, /* or what may not be looked at */
    FILE_SYSTEM_FILE,
    FILE_SYSTEM_DIRECTORY,
    FILE_SYSTEM_CHARACTER_SPECIAL
};

struct file_system_entry {
    char *name;
    bool is_directory;
};

/* What a directory held when it was read, by name. */
struct file_system_listing {
    struct file_system_entry *entries;
    size_t count, capacity;
};

/* ---- files ---------------------------------------------------------------------------------- */

/* FILE_SYSTEM_NO_FILE when it cannot be opened, or is a directory or a pipe. */
file_system_file file_system_open(const char *path, unsigned opening);
bool file_system_close(file_system_file file);

/* Tells the system how the file will be read. */
void file_system_expect(file_system_file file, bool sequential);

/* All of it, or as much as the file has; -1 when not even a first part could be read. */
int64_t file_system_read(file_system_file file, void *to, size_t size, int64_t offset);
int64_t file_system_write(file_system_file file, const void *from, size_t size, int64_t offset);

int64_t file_system_size(file_system_file file);
bool file_system_truncate(file_system_file file, int64_t size);

/* ---- directories and their entries ---------------------------------------------------------- */

enum file_system_kind file_system_kind(const char *path, int64_t *size);

/* Whether a directory has such an entry, even a link to nothing. */
bool file_system_has_entry(const char *path);

/* libretro's words for the outcome: 0 made, -2 it was there already, -1 could not. */
int file_system_make_directory(const char *path);
bool file_system_remove(const char *path);
bool file_system_rename(const char *before, const char *after);

/* The entries but for "." and "..", sorted: in the system's order they would make a core's run
 * depend on where its files lie. */
bool file_system_list_sorted(const char *path, bool include_hidden,
                             struct file_system_listing *listing);
void file_system_listing_free(struct file_system_listing *listing);

/* ---- paths; what is returned is to be freed ------------------------------------------------- */

/* The one absolute path, without links, of something that exists, or NULL. */
char *file_system_canonical(const char *path);

/* Where an entry of a directory lies, be it there or not: the directory's canonical path and the
 * entry's name. NULL where the directory is not, or where the path ends in no name. */
char *file_system_canonical_entry(const char *path);

/* What a path leads to, or where a file would be made by it; NULL when neither can be said, as of
 * a link to nothing. */
char *file_system_canonical_target(const char *path);

/* Whether a canonical path is the directory or something below it. */
bool file_system_is_within(const char *directory, const char *path);

char *file_system_join(const char *directory, size_t length, const char *name);
bool file_system_is_separator(char character);
/* Whether it is "." or "..". */
bool file_system_is_dots(const char *name);

/* ---- of which the above is made, by each system --------------------------------------------- */

/* One call's worth of bytes, 0 at the end of the file, -1 when it fails. */
int64_t file_system_read_some(file_system_file file, void *to, size_t size, int64_t offset);
int64_t file_system_write_some(file_system_file file, const void *from, size_t size,
                               int64_t offset);

/* Adds the entries as the system gives them, but for "." and ".."; false if not all. */
bool file_system_list(const char *path, bool include_hidden, struct file_system_listing *listing);
bool file_system_listing_add(struct file_system_listing *listing, const char *name,
                             bool is_directory);

#endif
