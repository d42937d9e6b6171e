#include "file_system.h"

#include "vfs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A handle that was closed is not used again before so many others have been closed, and its
 * memory stays until the end: what a core does with it by mistake then fails and harms nobody. */
enum { CLOSED_HANDLES_KEPT = 256, BUFFER_BYTES = 16 << 10 };

/* A core may try again in every frame, which nobody wants to be told for ever. */
enum { REFUSALS_TOLD = 256 };

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

struct rule {
    char *directory;
    bool write;
};

struct vfs {
    const uint64_t *frames;
    struct retro_vfs_interface table;
    void (*refused)(void *, const char *, const char *);
    void *refused_context;
    volatile uint32_t refusals;

    platform_mutex lock; /* guards all below */
    bool ended, reading_restricted, recording;
    struct rule *rules;
    size_t rule_count;
    struct retro_vfs_authorized_location *locations;
    size_t location_count;
    struct handle *handles, *closed_first, *closed_last;
    size_t closed_count;
    struct vfs_recorded *recorded_first, *recorded_last;
    size_t recorded_count;
    uint64_t recorded_left_out;
};

static char *copy_of(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

/* The core's frames are counted by the thread that runs it, while another may come here. */
static uint64_t current_frame(const struct vfs *vfs)
{
#if defined(_MSC_VER)
    return *vfs->frames;
#else
    return __atomic_load_n(vfs->frames, __ATOMIC_RELAXED);
#endif
}

/* ---- the record ----------------------------------------------------------------------------- */

/* What an operation was asked, and what came of it. */
struct account {
    enum vfs_operation operation;
    const char *path, *new_path;
    int mode;
    int64_t argument, result, size;
    bool refused;
};

const char *vfs_operation_name(enum vfs_operation operation)
{
    static const char *const names[] = {
#define X(name) #name,
        VFS_OPERATIONS(X)
#undef X
    };
    return names[operation];
}

static struct vfs_recorded *recorded_from(const struct vfs *vfs, const struct account *account)
{
    const size_t path_size = account->path ? strlen(account->path) + 1 : 1;
    const size_t new_path_size = account->new_path ? strlen(account->new_path) + 1 : 0;
    struct vfs_recorded *recorded = calloc(1, sizeof *recorded + path_size + new_path_size);
    if (!recorded)
        return NULL;
    recorded->frame = current_frame(vfs);
    recorded->operation = account->operation;
    recorded->refused = account->refused;
    recorded->mode = account->mode;
    recorded->argument = account->argument;
    recorded->result = account->result;
    recorded->size = account->size;
    if (account->path)
        memcpy(recorded->path, account->path, path_size);
    if (account->new_path) {
        recorded->new_path = recorded->path + path_size;
        memcpy(recorded->new_path, account->new_path, new_path_size);
    }
    return recorded;
}

static void give_account(struct vfs *vfs, const struct account *account)
{
    if (account->refused && vfs->refused && platform_atomic_add(&vfs->refusals, 1) < REFUSALS_TOLD)
        vfs->refused(vfs->refused_context, vfs_operation_name(account->operation), account->path);
    if (!vfs->recording)
        return;
    struct vfs_recorded *recorded = recorded_from(vfs, account);
    platform_mutex_lock(&vfs->lock);
    if (!recorded || vfs->recorded_count == VFS_RECORDED_LIMIT) {
        vfs->recorded_left_out++;
        free(recorded);
    } else {
        if (vfs->recorded_last)
            vfs->recorded_last->next = recorded;
        else
            vfs->recorded_first = recorded;
        vfs->recorded_last = recorded;
        vfs->recorded_count++;
    }
    platform_mutex_unlock(&vfs->lock);
}

void vfs_record(struct vfs *vfs)
{
    vfs->recording = true;
}

struct vfs_recorded *vfs_take_recorded(struct vfs *vfs, uint64_t *left_out)
{
    platform_mutex_lock(&vfs->lock);
    struct vfs_recorded *first = vfs->recorded_first;
    *left_out = vfs->recorded_left_out;
    vfs->recorded_first = vfs->recorded_last = NULL;
    vfs->recorded_count = 0;
    vfs->recorded_left_out = 0;
    platform_mutex_unlock(&vfs->lock);
    return first;
}

/* ---- the policy ----------------------------------------------------------------------------- */

void vfs_restrict_reading(struct vfs *vfs)
{
    vfs->reading_restricted = true;
}

void vfs_on_refusal(struct vfs *vfs, void (*refused)(void *, const char *, const char *),
                    void *context)
{
    vfs->refused = refused;
    vfs->refused_context = context;
}

static bool add_location(struct vfs *vfs, const char *directory, const char *label)
{
    const struct retro_vfs_authorized_location location = {copy_of(directory), copy_of(label), 0};
    void *locations = realloc(vfs->locations, (vfs->location_count + 1) * sizeof *vfs->locations);
    if (locations)
        vfs->locations = locations;
    if (!locations || !location.path || !location.label) {
        free((void *)location.path);
        free((void *)location.label);
        return false;
    }
    vfs->locations[vfs->location_count++] = location;
    return true;
}

bool vfs_allow(struct vfs *vfs, const char *directory, bool write, const char *label)
{
    int64_t size;
    char *canonical = file_system_canonical(directory);
    if (!canonical || file_system_kind(canonical, &size) != FILE_SYSTEM_DIRECTORY) {
        free(canonical);
        return false;
    }
    platform_mutex_lock(&vfs->lock);
    void *rules = realloc(vfs->rules, (vfs->rule_count + 1) * sizeof *vfs->rules);
    bool added = rules != NULL;
    if (added) {
        vfs->rules = rules;
        vfs->rules[vfs->rule_count++] = (struct rule){canonical, write};
        added = !label || add_location(vfs, directory, label);
    } else {
        free(canonical);
    }
    platform_mutex_unlock(&vfs->lock);
    return added;
}

bool vfs_locations(struct vfs *vfs, struct retro_vfs_authorized_locations *locations)
{
    if (!vfs || !locations || !vfs->location_count)
        return false;
    locations->locations = vfs->locations;
    locations->count = vfs->location_count;
    return true;
}

enum permission { MAY_READ, MAY_WRITE, MAY_CHANGE_ENTRY };

/* An allowed directory itself is no entry that may be removed or renamed: that is for those who
 * may write around it. */
static bool is_allowed(struct vfs *vfs, const char *canonical, enum permission permission)
{
    bool allowed = permission == MAY_READ && !vfs->reading_restricted;
    platform_mutex_lock(&vfs->lock);
    for (size_t i = 0; i < vfs->rule_count && !allowed; i++) {
        const struct rule *rule = &vfs->rules[i];
        allowed = (rule->write || permission == MAY_READ) &&
                  file_system_is_within(rule->directory, canonical) &&
                  (permission != MAY_CHANGE_ENTRY || strlen(canonical) > strlen(rule->directory));
    }
    platform_mutex_unlock(&vfs->lock);
    return allowed;
}

/* The path by which to do what is asked, to be freed; NULL where there is none, or when the policy
 * refuses it, which is accounted for. */
static char *permitted(struct vfs *vfs, const char *path, enum permission permission,
                       struct account *account)
{
    char *canonical;
    if (permission == MAY_READ && !vfs->reading_restricted)
        return copy_of(path);
    if (permission == MAY_CHANGE_ENTRY)
        canonical = file_system_canonical_entry(path);
    else
        canonical = file_system_canonical_target(path);
    if (canonical && !is_allowed(vfs, canonical, permission)) {
        account->refused = true;
        free(canonical);
        return NULL;
    }
    return canonical;
}

/* ---- handles -------------------------------------------------------------------------------- */

static struct handle *handle_new(struct vfs *vfs, const char *path)
{
    struct handle *handle = NULL;
    char *copy = copy_of(path);
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
static bool enter(struct handle *handle, enum handle_kind kind, struct account *account)
{
    account->result = -1;
    if (!handle)
        return false;
    platform_mutex_lock(&handle->lock);
    account->path = handle->path;
    if (handle->kind == kind)
        return true;
    give_account(handle->vfs, account);
    platform_mutex_unlock(&handle->lock);
    return false;
}

static void leave(struct handle *handle, const struct account *account)
{
    give_account(handle->vfs, account);
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

static struct handle *open_file(struct vfs *vfs, const char *path, unsigned mode,
                                struct account *account)
{
    unsigned opening = opening_of(mode);
    if (!opening)
        return NULL;
    const bool write = opening & FILE_SYSTEM_WRITE;
    char *way = permitted(vfs, path, write ? MAY_WRITE : MAY_READ, account);
    if (!way)
        return NULL;
    if (write || vfs->reading_restricted)
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
    struct account account = {.operation = VFS_open, .path = path, .mode = (int)mode};
    struct handle *handle = open_file(vfs, path, mode, &account);
    if (handle && hints & (RETRO_VFS_FILE_ACCESS_HINT_FREQUENT_ACCESS |
                           RETRO_VFS_FILE_ACCESS_HINT_SEQUENTIAL_BULK))
        file_system_expect(handle->file, hints & RETRO_VFS_FILE_ACCESS_HINT_SEQUENTIAL_BULK);
    account.result = handle != NULL;
    give_account(vfs, &account);
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
    struct account account = {.operation = VFS_close};
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
    struct account account = {.operation = VFS_size};
    if (!enter(handle, HANDLE_FILE, &account))
        return -1;
    account.result = size_of_file(handle);
    leave(handle, &account);
    return account.result;
}

static int64_t RETRO_CALLCONV truncate_file(struct retro_vfs_file_handle *stream, int64_t length)
{
    struct handle *handle = of_file(stream);
    struct account account = {.operation = VFS_truncate, .argument = length};
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
    struct account account = {.operation = VFS_tell};
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
    struct account account = {.operation = VFS_seek, .mode = whence, .argument = offset};
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
    struct account account = {.operation = VFS_read, .argument = (int64_t)length};
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
    struct account account = {.operation = VFS_write, .argument = (int64_t)length};
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
    struct account account = {.operation = VFS_flush};
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
    struct account account = {.operation = VFS_remove, .path = path, .result = -1};
    char *entry = permitted(vfs, path, MAY_CHANGE_ENTRY, &account);
    if (entry && file_system_remove(entry))
        account.result = 0;
    free(entry);
    give_account(vfs, &account);
    return (int)account.result;
}

int vfs_rename(struct vfs *vfs, const char *old_path, const char *new_path)
{
    if (!vfs || !old_path || !*old_path || !new_path || !*new_path)
        return -1;
    struct account account = {
        .operation = VFS_rename, .path = old_path, .new_path = new_path, .result = -1};
    char *before = permitted(vfs, old_path, MAY_CHANGE_ENTRY, &account);
    char *after = before ? permitted(vfs, new_path, MAY_CHANGE_ENTRY, &account) : NULL;
    if (after && file_system_rename(before, after))
        account.result = 0;
    free(before);
    free(after);
    give_account(vfs, &account);
    return (int)account.result;
}

int vfs_stat_64(struct vfs *vfs, const char *path, int64_t *size)
{
    if (!vfs || !path || !*path)
        return 0;
    struct account account = {.operation = VFS_stat, .path = path};
    char *target = permitted(vfs, path, MAY_READ, &account);
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
    give_account(vfs, &account);
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
                       is_allowed(vfs, target, MAY_READ);
    free(target);
    return there;
}

int vfs_mkdir(struct vfs *vfs, const char *path)
{
    if (!vfs || !path || !*path)
        return -1;
    struct account account = {.operation = VFS_mkdir, .path = path, .result = -2};
    /* Cores make sure of their save directory in this way: that it is there is no refusal. */
    if (!is_there(vfs, path)) {
        char *entry = permitted(vfs, path, MAY_CHANGE_ENTRY, &account);
        account.result = entry ? platform_make_directory(entry) : -1;
        free(entry);
    }
    give_account(vfs, &account);
    return (int)account.result;
}

/* ---- directories ---------------------------------------------------------------------------- */

static struct handle *open_directory(struct vfs *vfs, const char *path, bool include_hidden,
                                     struct account *account)
{
    struct file_system_listing listing;
    char *target = permitted(vfs, path, MAY_READ, account);
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
    struct account account = {.operation = VFS_opendir, .path = path};
    struct handle *handle = open_directory(vfs, path, include_hidden, &account);
    account.result = handle != NULL;
    give_account(vfs, &account);
    return (struct retro_vfs_dir_handle *)handle;
}

static bool RETRO_CALLCONV read_directory(struct retro_vfs_dir_handle *stream)
{
    struct handle *handle = of_directory(stream);
    struct account account = {.operation = VFS_readdir};
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
    struct account account = {.operation = VFS_closedir};
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
    vfs->frames = frames;
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
    while (vfs->recorded_first) {
        struct vfs_recorded *next = vfs->recorded_first->next;
        free(vfs->recorded_first);
        vfs->recorded_first = next;
    }
    for (size_t i = 0; i < vfs->rule_count; i++)
        free(vfs->rules[i].directory);
    for (size_t i = 0; i < vfs->location_count; i++) {
        free((void *)vfs->locations[i].path);
        free((void *)vfs->locations[i].label);
    }
    free(vfs->rules);
    free(vfs->locations);
    platform_mutex_destroy(&vfs->lock);
    free(vfs);
}
