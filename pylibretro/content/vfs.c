#include "vfs.h"

#include "file_system.h"
#include "platform.h"
#include "vfs_journal.h"
#include "vfs_policy.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A handle that was closed is not used again before so many others have been closed, and its
 * memory stays until the end: what a core does with it by mistake then fails and harms nobody. */
enum { CLOSED_HANDLES_KEPT = 256, BUFFER_BYTES = 16 << 10 };

enum handle_kind { HANDLE_CLOSED, HANDLE_FILE, HANDLE_DIRECTORY };

struct handle {
    struct vfs *vfs;
    struct handle *next, *next_closed;
    platform_mutex lock; /* guards all below */
    enum handle_kind kind;
    char *path; /* as the core gave it */

    file_system_file file;
    bool readable, writable;
    int64_t position;
    unsigned char *buffer; /* what was read ahead, or is yet to be written */
    int64_t buffer_start;
    size_t buffer_used;
    bool unwritten;

    struct file_system_listing listing;
    size_t entries_read; /* the current entry is the last of them */
};

struct vfs {
    struct retro_vfs_interface table;
    struct vfs_policy policy;
    struct vfs_journal journal;

    platform_mutex lock; /* guards all below */
    bool ended;
    volatile uint32_t written;
    struct handle *handles, *closed_first, *closed_last;
    size_t closed_count;
};

/* ---- handles -------------------------------------------------------------------------------- */

static struct handle *handle_new(struct vfs *vfs, const char *path)
{
    struct handle *handle = NULL;
    char *copy = vfs_copy_of(path);
    if (!copy)
        return NULL;
    platform_mutex_lock(&vfs->lock);
    if (vfs->closed_count > CLOSED_HANDLES_KEPT) {
        handle = vfs->closed_first;
        vfs->closed_first = handle->next_closed;
        vfs->closed_count--;
    } else if ((handle = calloc(1, sizeof *handle))) {
        platform_mutex_init(&handle->lock);
        handle->vfs = vfs;
        handle->next = vfs->handles;
        vfs->handles = handle;
    }
    platform_mutex_unlock(&vfs->lock);
    if (!handle) {
        free(copy);
        return NULL;
    }
    platform_mutex_lock(&handle->lock);
    free(handle->path);
    handle->path = copy;
    handle->position = 0;
    handle->buffer_used = 0;
    handle->unwritten = false;
    handle->entries_read = 0;
    platform_mutex_unlock(&handle->lock);
    return handle;
}

/* Locks a handle that is open; any other use of one is accounted for as a failure. */
static bool enter(struct handle *handle, enum handle_kind kind, struct vfs_account *account)
{
    account->result = -1;
    if (!handle)
        return false;
    platform_mutex_lock(&handle->lock);
    account->path = handle->path;
    if (handle->kind == kind)
        return true;
    vfs_journal_note(&handle->vfs->journal, account);
    platform_mutex_unlock(&handle->lock);
    return false;
}

static void leave(struct handle *handle, const struct vfs_account *account)
{
    vfs_journal_note(&handle->vfs->journal, account);
    platform_mutex_unlock(&handle->lock);
}

static void release_resources(struct handle *handle)
{
    if (handle->kind == HANDLE_FILE)
        file_system_close(handle->file);
    file_system_listing_free(&handle->listing);
    free(handle->buffer);
    handle->buffer = NULL;
    handle->kind = HANDLE_CLOSED;
}

/* Opens, unless everything has ended meanwhile. */
static bool begin(struct handle *handle, enum handle_kind kind)
{
    struct vfs *vfs = handle->vfs;
    platform_mutex_lock(&handle->lock);
    handle->kind = kind;
    platform_mutex_lock(&vfs->lock);
    const bool ended = vfs->ended;
    platform_mutex_unlock(&vfs->lock);
    if (ended)
        release_resources(handle);
    platform_mutex_unlock(&handle->lock);
    return !ended;
}

static void keep_closed(struct handle *handle)
{
    struct vfs *vfs = handle->vfs;
    platform_mutex_lock(&vfs->lock);
    handle->next_closed = NULL;
    if (vfs->closed_count++)
        vfs->closed_last->next_closed = handle;
    else
        vfs->closed_first = handle;
    vfs->closed_last = handle;
    platform_mutex_unlock(&vfs->lock);
}

static struct handle *of_file(struct retro_vfs_file_handle *stream)
{
    return (struct handle *)stream;
}

static struct handle *of_directory(struct retro_vfs_dir_handle *stream)
{
    return (struct handle *)stream;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* What is unwritten stays when it cannot be written: the same bytes go to the same place again. */
static bool write_pending(struct handle *handle)
{
    if (handle->unwritten) {
        if (file_system_write(handle->file, handle->buffer, handle->buffer_used,
                              handle->buffer_start) != (int64_t)handle->buffer_used)
            return false;
        handle->unwritten = false;
        handle->buffer_used = 0;
    }
    return true;
}

static bool has_buffer(struct handle *handle)
{
    if (!handle->buffer)
        handle->buffer = malloc(BUFFER_BYTES);
    return handle->buffer != NULL;
}

/* How a file is to be opened for a mode; 0 for a mode that libretro does not know. */
static unsigned opening_of(unsigned mode)
{
    switch (mode) {
    case RETRO_VFS_FILE_ACCESS_READ:
        return FILE_SYSTEM_READ;
    case RETRO_VFS_FILE_ACCESS_WRITE:
        return FILE_SYSTEM_WRITE | FILE_SYSTEM_EMPTY;
    case RETRO_VFS_FILE_ACCESS_READ_WRITE:
        return FILE_SYSTEM_READ | FILE_SYSTEM_WRITE | FILE_SYSTEM_EMPTY;
    case RETRO_VFS_FILE_ACCESS_WRITE | RETRO_VFS_FILE_ACCESS_UPDATE_EXISTING:
    case RETRO_VFS_FILE_ACCESS_READ_WRITE | RETRO_VFS_FILE_ACCESS_UPDATE_EXISTING:
        return FILE_SYSTEM_READ | FILE_SYSTEM_WRITE;
    default:
        return 0;
    }
}

/* What lies in a directory of the core's own is nobody else's to see. */
static void note_written(struct vfs *vfs, const char *path)
{
    if (!strstr(path, "/pylibretro-scratch-"))
        platform_atomic_add(&vfs->written, 1);
}

uint32_t vfs_written(const struct vfs *vfs)
{
    return vfs ? vfs->written : 0;
}

static struct handle *open_file(struct vfs *vfs, const char *path, unsigned mode,
                                struct vfs_account *account)
{
    unsigned opening = opening_of(mode);
    if (!opening)
        return NULL;
    const bool write = opening & FILE_SYSTEM_WRITE;
    char *way =
        vfs_policy_way(&vfs->policy, path, write ? VFS_MAY_WRITE : VFS_MAY_READ, &account->refused);
    if (!way)
        return NULL;
    if (write || vfs->policy.reading_restricted)
        opening |= FILE_SYSTEM_NO_LINK; /* put there since the path was looked at */
    file_system_file file = file_system_open(way, opening);
    free(way);
    if (file == FILE_SYSTEM_NO_FILE)
        return NULL;
    struct handle *handle = handle_new(vfs, path);
    if (!handle) {
        file_system_close(file);
        return NULL;
    }
    handle->file = file;
    handle->readable = opening & FILE_SYSTEM_READ;
    handle->writable = write;
    return begin(handle, HANDLE_FILE) ? handle : NULL;
}

struct retro_vfs_file_handle *vfs_open(struct vfs *vfs, const char *path, unsigned mode,
                                       unsigned hints)
{
    if (!vfs || !path || !*path)
        return NULL;
    struct vfs_account account = {.operation = VFS_open, .path = path, .mode = (int)mode};
    struct handle *handle = open_file(vfs, path, mode, &account);
    if (handle && hints & (RETRO_VFS_FILE_ACCESS_HINT_FREQUENT_ACCESS |
                           RETRO_VFS_FILE_ACCESS_HINT_SEQUENTIAL_BULK))
        file_system_expect(handle->file, hints & RETRO_VFS_FILE_ACCESS_HINT_SEQUENTIAL_BULK);
    account.result = handle != NULL;
    if (handle && handle->writable)
        note_written(vfs, path);
    vfs_journal_note(&vfs->journal, &account);
    return (struct retro_vfs_file_handle *)handle;
}

static const char *RETRO_CALLCONV get_path(struct retro_vfs_file_handle *stream)
{
    struct handle *handle = of_file(stream);
    if (!handle)
        return NULL;
    platform_mutex_lock(&handle->lock);
    const char *path = handle->kind == HANDLE_FILE ? handle->path : NULL;
    platform_mutex_unlock(&handle->lock);
    return path;
}

static int RETRO_CALLCONV close_file(struct retro_vfs_file_handle *stream)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_close};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = write_pending(handle) ? 0 : -1;
    release_resources(handle);
    leave(handle, &account);
    keep_closed(handle);
    return (int)account.result;
}

static int64_t size_of_file(struct handle *handle)
{
    return write_pending(handle) ? file_system_size(handle->file) : -1;
}

static int64_t RETRO_CALLCONV size_file(struct retro_vfs_file_handle *stream)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_size};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = size_of_file(handle);
    leave(handle, &account);
    return account.result;
}

static int64_t RETRO_CALLCONV truncate_file(struct retro_vfs_file_handle *stream, int64_t length)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_truncate, .argument = length};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    if (handle->writable && length >= 0 && write_pending(handle)) {
        handle->buffer_used = 0;
        account.result = file_system_truncate(handle->file, length) ? 0 : -1;
    }
    leave(handle, &account);
    return account.result;
}

static int64_t RETRO_CALLCONV tell_file(struct retro_vfs_file_handle *stream)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_tell};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = handle->position;
    leave(handle, &account);
    return account.result;
}

static bool seek_position(struct handle *handle, int64_t offset, int whence)
{
    int64_t base;
    if (whence == RETRO_VFS_SEEK_POSITION_START)
        base = 0;
    else if (whence == RETRO_VFS_SEEK_POSITION_CURRENT)
        base = handle->position;
    else if (whence == RETRO_VFS_SEEK_POSITION_END)
        base = size_of_file(handle);
    else
        return false;
    if (base < 0 || (offset > 0 && offset > INT64_MAX - base) || base + offset < 0)
        return false;
    handle->position = base + offset;
    return true;
}

/* Answers 0, not the new position, as RetroArch does: cores in which fseek means this take any
 * other answer for a failure. */
static int64_t RETRO_CALLCONV seek_file(struct retro_vfs_file_handle *stream, int64_t offset,
                                        int whence)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_seek, .mode = whence, .argument = offset};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = seek_position(handle, offset, whence) ? 0 : -1;
    leave(handle, &account);
    return account.result;
}

/* How many bytes one call can move at most, and the file's end can lie at. */
static size_t movable(const struct handle *handle, uint64_t wanted)
{
    const uint64_t left = (uint64_t)(INT64_MAX - handle->position);
    if (wanted > left)
        wanted = left;
    return wanted < SIZE_MAX / 2 ? (size_t)wanted : SIZE_MAX / 2;
}

static size_t read_buffered(struct handle *handle, unsigned char *to, size_t size)
{
    const int64_t skipped = handle->position - handle->buffer_start;
    if (skipped < 0 || skipped >= (int64_t)handle->buffer_used)
        return 0;
    const size_t there = handle->buffer_used - (size_t)skipped;
    if (size > there)
        size = there;
    memcpy(to, handle->buffer + skipped, size);
    handle->position += (int64_t)size;
    return size;
}

static int64_t read_bytes(struct handle *handle, unsigned char *to, size_t size)
{
    if (!handle->readable || !write_pending(handle) || !has_buffer(handle))
        return -1;
    size_t done = read_buffered(handle, to, size);
    if (done == size)
        return (int64_t)done;
    const bool directly = size - done >= BUFFER_BYTES;
    const int64_t more = file_system_read(handle->file, directly ? to + done : handle->buffer,
                                          directly ? size - done : BUFFER_BYTES, handle->position);
    if (more < 0)
        return done ? (int64_t)done : -1;
    if (directly) {
        handle->position += more;
        return (int64_t)done + more;
    }
    handle->buffer_start = handle->position;
    handle->buffer_used = (size_t)more;
    return (int64_t)(done + read_buffered(handle, to + done, size - done));
}

static int64_t RETRO_CALLCONV read_file(struct retro_vfs_file_handle *stream, void *to,
                                        uint64_t length)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_read, .argument = (int64_t)length};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    if (to || !length)
        account.result = read_bytes(handle, to, movable(handle, length));
    leave(handle, &account);
    return account.result;
}

static int64_t write_bytes(struct handle *handle, const unsigned char *from, size_t size)
{
    if (!handle->writable || !has_buffer(handle))
        return -1;
    const bool continues =
        handle->unwritten &&
        handle->position == handle->buffer_start + (int64_t)handle->buffer_used &&
        size <= BUFFER_BYTES - handle->buffer_used;
    if (!continues) {
        if (!write_pending(handle))
            return -1;
        handle->buffer_start = handle->position;
        handle->buffer_used = 0; /* what was read ahead may be what is written now */
    }
    if (size >= BUFFER_BYTES) {
        const int64_t done = file_system_write(handle->file, from, size, handle->position);
        handle->position += done > 0 ? done : 0;
        return done;
    }
    if (size) {
        memcpy(handle->buffer + handle->buffer_used, from, size);
        handle->buffer_used += size;
        handle->unwritten = true;
        handle->position += (int64_t)size;
    }
    return (int64_t)size;
}

static int64_t RETRO_CALLCONV write_file(struct retro_vfs_file_handle *stream, const void *from,
                                         uint64_t length)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_write, .argument = (int64_t)length};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    if (from || !length)
        account.result = write_bytes(handle, from, movable(handle, length));
    leave(handle, &account);
    return account.result;
}

static int RETRO_CALLCONV flush_file(struct retro_vfs_file_handle *stream)
{
    struct handle *handle = of_file(stream);
    struct vfs_account account = {.operation = VFS_flush};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = write_pending(handle) ? 0 : -1;
    leave(handle, &account);
    return (int)account.result;
}

/* ---- paths ---------------------------------------------------------------------------------- */

int vfs_remove(struct vfs *vfs, const char *path)
{
    if (!vfs || !path || !*path)
        return -1;
    struct vfs_account account = {.operation = VFS_remove, .path = path, .result = -1};
    char *entry = vfs_policy_way(&vfs->policy, path, VFS_MAY_CHANGE_ENTRY, &account.refused);
    if (entry && file_system_remove(entry))
        account.result = 0;
    free(entry);
    vfs_journal_note(&vfs->journal, &account);
    return (int)account.result;
}

int vfs_rename(struct vfs *vfs, const char *old_path, const char *new_path)
{
    if (!vfs || !old_path || !*old_path || !new_path || !*new_path)
        return -1;
    struct vfs_account account = {
        .operation = VFS_rename, .path = old_path, .new_path = new_path, .result = -1};
    char *before = vfs_policy_way(&vfs->policy, old_path, VFS_MAY_CHANGE_ENTRY, &account.refused);
    char *after =
        before ? vfs_policy_way(&vfs->policy, new_path, VFS_MAY_CHANGE_ENTRY, &account.refused)
               : NULL;
    if (after && file_system_rename(before, after)) {
        account.result = 0;
        note_written(vfs, new_path);
    }
    free(before);
    free(after);
    vfs_journal_note(&vfs->journal, &account);
    return (int)account.result;
}

int vfs_stat_64(struct vfs *vfs, const char *path, int64_t *size)
{
    if (!vfs || !path || !*path)
        return 0;
    struct vfs_account account = {.operation = VFS_stat, .path = path};
    char *target = vfs_policy_way(&vfs->policy, path, VFS_MAY_READ, &account.refused);
    const enum file_system_kind kind =
        target ? file_system_kind(target, &account.size) : FILE_SYSTEM_NOTHING;
    free(target);
    if (kind != FILE_SYSTEM_NOTHING)
        account.result = RETRO_VFS_STAT_IS_VALID;
    if (kind == FILE_SYSTEM_DIRECTORY)
        account.result |= RETRO_VFS_STAT_IS_DIRECTORY;
    if (kind == FILE_SYSTEM_CHARACTER_SPECIAL)
        account.result |= RETRO_VFS_STAT_IS_CHARACTER_SPECIAL;
    if (kind != FILE_SYSTEM_NOTHING && size)
        *size = account.size;
    vfs_journal_note(&vfs->journal, &account);
    return (int)account.result;
}

int vfs_stat(struct vfs *vfs, const char *path, int32_t *size)
{
    int64_t all = 0;
    const int flags = vfs_stat_64(vfs, path, &all);
    if (flags && size)
        *size = all < INT32_MAX ? (int32_t)all : INT32_MAX;
    return flags;
}

static bool is_there(struct vfs *vfs, const char *path)
{
    int64_t size;
    char *target = file_system_canonical_target(path);
    const bool there = target && file_system_kind(target, &size) != FILE_SYSTEM_NOTHING &&
                       vfs_policy_allows(&vfs->policy, target, VFS_MAY_READ);
    free(target);
    return there;
}

int vfs_mkdir(struct vfs *vfs, const char *path)
{
    if (!vfs || !path || !*path)
        return -1;
    struct vfs_account account = {.operation = VFS_mkdir, .path = path, .result = -2};
    /* Cores make sure of their save directory in this way: that it is there is no refusal. */
    if (!is_there(vfs, path)) {
        char *entry = vfs_policy_way(&vfs->policy, path, VFS_MAY_CHANGE_ENTRY, &account.refused);
        account.result = entry ? file_system_make_directory(entry) : -1;
        free(entry);
        if (account.result == 0)
            note_written(vfs, path);
    }
    vfs_journal_note(&vfs->journal, &account);
    return (int)account.result;
}

/* ---- directories ---------------------------------------------------------------------------- */

static struct handle *open_directory(struct vfs *vfs, const char *path, bool include_hidden,
                                     struct vfs_account *account)
{
    struct file_system_listing listing;
    char *target = vfs_policy_way(&vfs->policy, path, VFS_MAY_READ, &account->refused);
    const bool listed = target && file_system_list_sorted(target, include_hidden, &listing);
    free(target);
    if (!listed)
        return NULL;
    struct handle *handle = handle_new(vfs, path);
    if (!handle) {
        file_system_listing_free(&listing);
        return NULL;
    }
    handle->listing = listing;
    return begin(handle, HANDLE_DIRECTORY) ? handle : NULL;
}

struct retro_vfs_dir_handle *vfs_opendir(struct vfs *vfs, const char *path, bool include_hidden)
{
    if (!vfs || !path || !*path)
        return NULL;
    struct vfs_account account = {.operation = VFS_opendir, .path = path};
    struct handle *handle = open_directory(vfs, path, include_hidden, &account);
    account.result = handle != NULL;
    vfs_journal_note(&vfs->journal, &account);
    return (struct retro_vfs_dir_handle *)handle;
}

static bool RETRO_CALLCONV read_directory(struct retro_vfs_dir_handle *stream)
{
    struct handle *handle = of_directory(stream);
    struct vfs_account account = {.operation = VFS_readdir};
    if (!enter(handle, HANDLE_DIRECTORY, &account))
        return false;
    account.result = handle->entries_read < handle->listing.count;
    if (handle->entries_read <= handle->listing.count)
        handle->entries_read++;
    leave(handle, &account);
    return account.result;
}

/* NULL before the first readdir and after the last. */
static const struct file_system_entry *current_entry(const struct handle *handle)
{
    if (handle->kind != HANDLE_DIRECTORY || !handle->entries_read ||
        handle->entries_read > handle->listing.count)
        return NULL;
    return &handle->listing.entries[handle->entries_read - 1];
}

static const char *RETRO_CALLCONV dirent_get_name(struct retro_vfs_dir_handle *stream)
{
    struct handle *handle = of_directory(stream);
    if (!handle)
        return NULL;
    platform_mutex_lock(&handle->lock);
    const struct file_system_entry *entry = current_entry(handle);
    const char *name = entry ? entry->name : NULL;
    platform_mutex_unlock(&handle->lock);
    return name;
}

static bool RETRO_CALLCONV dirent_is_dir(struct retro_vfs_dir_handle *stream)
{
    struct handle *handle = of_directory(stream);
    if (!handle)
        return false;
    platform_mutex_lock(&handle->lock);
    const struct file_system_entry *entry = current_entry(handle);
    const bool is_directory = entry && entry->is_directory;
    platform_mutex_unlock(&handle->lock);
    return is_directory;
}

static int RETRO_CALLCONV close_directory(struct retro_vfs_dir_handle *stream)
{
    struct handle *handle = of_directory(stream);
    struct vfs_account account = {.operation = VFS_closedir};
    if (!enter(handle, HANDLE_DIRECTORY, &account))
        return -1;
    release_resources(handle);
    account.result = 0;
    leave(handle, &account);
    keep_closed(handle);
    return 0;
}

/* ---- a core's file system ------------------------------------------------------------------- */

struct vfs *vfs_new(const uint64_t *frames)
{
    struct vfs *vfs = calloc(1, sizeof *vfs);
    if (!vfs)
        return NULL;
    vfs_policy_init(&vfs->policy);
    vfs_journal_init(&vfs->journal, frames);
    platform_mutex_init(&vfs->lock);
    return vfs;
}

bool vfs_interface(struct vfs *vfs, const struct vfs_paths *paths,
                   struct retro_vfs_interface_info *info)
{
    if (!vfs || !info || info->required_interface_version > VFS_VERSION)
        return false;
    vfs->table = (struct retro_vfs_interface){
        .get_path = get_path,
        .open = paths->open,
        .close = close_file,
        .size = size_file,
        .tell = tell_file,
        .seek = seek_file,
        .read = read_file,
        .write = write_file,
        .flush = flush_file,
        .remove = paths->remove,
        .rename = paths->rename,
        .truncate = truncate_file,
        .stat = paths->stat,
        .mkdir = paths->mkdir,
        .opendir = paths->opendir,
        .readdir = read_directory,
        .dirent_get_name = dirent_get_name,
        .dirent_is_dir = dirent_is_dir,
        .closedir = close_directory,
        .stat_64 = paths->stat_64,
    };
    info->required_interface_version = VFS_VERSION;
    info->iface = &vfs->table;
    return true;
}

void vfs_end(struct vfs *vfs)
{
    if (!vfs)
        return;
    platform_mutex_lock(&vfs->lock);
    vfs->ended = true;
    struct handle *handle = vfs->handles;
    platform_mutex_unlock(&vfs->lock);
    for (; handle; handle = handle->next) {
        platform_mutex_lock(&handle->lock);
        if (handle->kind == HANDLE_FILE)
            write_pending(handle);
        if (handle->kind != HANDLE_CLOSED)
            release_resources(handle);
        platform_mutex_unlock(&handle->lock);
    }
}

void vfs_free(struct vfs *vfs)
{
    if (!vfs)
        return;
    while (vfs->handles) {
        struct handle *handle = vfs->handles;
        vfs->handles = handle->next;
        release_resources(handle);
        free(handle->path);
        platform_mutex_destroy(&handle->lock);
        free(handle);
    }
    vfs_journal_free(&vfs->journal);
    vfs_policy_free(&vfs->policy);
    platform_mutex_destroy(&vfs->lock);
    free(vfs);
}

void vfs_restrict_reading(struct vfs *vfs)
{
    vfs->policy.reading_restricted = true;
}

bool vfs_allow(struct vfs *vfs, const char *directory, bool write, const char *label)
{
    return vfs_policy_allow(&vfs->policy, directory, write, label);
}

bool vfs_locations(struct vfs *vfs, struct retro_vfs_authorized_locations *locations)
{
    if (!vfs || !locations || !vfs->policy.location_count)
        return false;
    locations->locations = vfs->policy.locations;
    locations->count = vfs->policy.location_count;
    return true;
}

void vfs_on_refusal(struct vfs *vfs, void (*refused)(void *, const char *, const char *),
                    void *context)
{
    vfs->journal.refused = refused;
    vfs->journal.refused_context = context;
}

void vfs_record(struct vfs *vfs)
{
    vfs->journal.recording = true;
}

struct vfs_recorded *vfs_take_recorded(struct vfs *vfs, uint64_t *left_out)
{
    return vfs_journal_take(&vfs->journal, left_out);
}
