/* libretro's virtual file system, versions 1 to 4, for one core: its open files and directories,
 * where it may read and write, and what it did.
 *
 * Those functions of the interface that take a path are given by the core's slot, for they carry
 * nothing else to know the core by; the others find it by their handle. Any thread may call them.
 * A path that is NULL or empty, a handle that is NULL or closed: that fails, as libretro says a
 * function fails, and so does everything with a struct vfs that is NULL. */
#ifndef PYLIBRETRO_VFS_H
#define PYLIBRETRO_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

enum { VFS_VERSION = 4, VFS_RECORDED_LIMIT = 1 << 16 };

struct vfs;

/* The functions of a slot. */
struct vfs_paths {
    retro_vfs_open_t open;
    retro_vfs_remove_t remove;
    retro_vfs_rename_t rename;
    retro_vfs_stat_t stat;
    retro_vfs_mkdir_t mkdir;
    retro_vfs_opendir_t opendir;
    retro_vfs_stat_64_t stat_64;
};

#define VFS_OPERATIONS(X)                                                                          \
    X(open)                                                                                        \
    X(close)                                                                                       \
    X(size)                                                                                        \
    X(tell)                                                                                        \
    X(seek)                                                                                        \
    X(read)                                                                                        \
    X(write)                                                                                       \
    X(flush)                                                                                       \
    X(remove)                                                                                      \
    X(rename)                                                                                      \
    X(truncate)                                                                                    \
    X(stat)                                                                                        \
    X(mkdir)                                                                                       \
    X(opendir)                                                                                     \
    X(readdir)                                                                                     \
    X(closedir)

enum vfs_operation {
#define X(name) VFS_##name,
    VFS_OPERATIONS(X)
#undef X
};

struct vfs_recorded {
    struct vfs_recorded *next;
    uint64_t frame;
    enum vfs_operation operation;
    bool refused;     /* by the policy */
    int mode;         /* of open; where a seek starts */
    int64_t argument; /* bytes to read or write, offset to seek, length to truncate to */
    int64_t result;   /* as libretro gives it: of what gives a handle or a truth, 1 or 0 */
    int64_t size;     /* that stat told */
    char *new_path;   /* of rename, in the same block */
    char path[1];
};

/* `frames` counts the core's frames, for the record. Reading anywhere is allowed until
 * vfs_restrict_reading. NULL: no memory. */
struct vfs *vfs_new(const uint64_t *frames);
void vfs_restrict_reading(struct vfs *vfs);
/* What lies below an existing directory may be read, with `write` also written. With a `label` it
 * is one of the locations that the user named. False: no memory, or there is no such directory. */
bool vfs_allow(struct vfs *vfs, const char *directory, bool write, const char *label);
bool vfs_locations(struct vfs *vfs, struct retro_vfs_authorized_locations *locations);
/* Called, on the core's thread, when the policy refuses something, some hundred times at most. */
void vfs_on_refusal(struct vfs *vfs,
                    void (*refused)(void *, const char *operation, const char *path),
                    void *context);
void vfs_record(struct vfs *vfs);
const char *vfs_operation_name(enum vfs_operation operation);
/* All that was recorded since the last time, oldest first, to be freed one by one; and how much
 * was left out, because VFS_RECORDED_LIMIT were waiting. */
struct vfs_recorded *vfs_take_recorded(struct vfs *vfs, uint64_t *left_out);
/* Answers RETRO_ENVIRONMENT_GET_VFS_INTERFACE. */
bool vfs_interface(struct vfs *vfs, const struct vfs_paths *paths,
                   struct retro_vfs_interface_info *info);
/* How many files it has opened to write, or made, outside of the core's own directories. */
uint32_t vfs_written(const struct vfs *vfs);
/* Writes what is pending and closes all that the core left open; all that follows fails. */
void vfs_end(struct vfs *vfs);
/* For when no thread can call any more. What vfs_end has not written, as in a forked child, is not
 * written here either. */
void vfs_free(struct vfs *vfs);

struct retro_vfs_file_handle *vfs_open(struct vfs *vfs, const char *path, unsigned mode,
                                       unsigned hints);
int vfs_remove(struct vfs *vfs, const char *path);
int vfs_rename(struct vfs *vfs, const char *old_path, const char *new_path);
int vfs_stat(struct vfs *vfs, const char *path, int32_t *size);
int vfs_stat_64(struct vfs *vfs, const char *path, int64_t *size);
int vfs_mkdir(struct vfs *vfs, const char *path);
struct retro_vfs_dir_handle *vfs_opendir(struct vfs *vfs, const char *path, bool include_hidden);

#endif
