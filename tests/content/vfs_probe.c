/* Gives the VFS to tests/support/file_system.py as a core would see it; with PROBE_MAIN, threads
 * use it at random, handles that are closed included. */
#include "platform.h"
#include "vfs.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

static struct vfs *current;
static uint64_t frames;
static unsigned refusals;

static struct retro_vfs_file_handle *RETRO_CALLCONV slot_open(const char *path, unsigned mode,
                                                              unsigned hints)
{
    return vfs_open(current, path, mode, hints);
}

static int RETRO_CALLCONV slot_remove(const char *path)
{
    return vfs_remove(current, path);
}

static int RETRO_CALLCONV slot_rename(const char *old_path, const char *new_path)
{
    return vfs_rename(current, old_path, new_path);
}

static int RETRO_CALLCONV slot_stat(const char *path, int32_t *size)
{
    return vfs_stat(current, path, size);
}

static int RETRO_CALLCONV slot_mkdir(const char *path)
{
    return vfs_mkdir(current, path);
}

static struct retro_vfs_dir_handle *RETRO_CALLCONV slot_opendir(const char *path,
                                                                bool include_hidden)
{
    return vfs_opendir(current, path, include_hidden);
}

static int RETRO_CALLCONV slot_stat_64(const char *path, int64_t *size)
{
    return vfs_stat_64(current, path, size);
}

static void count_refusal(void *context, const char *operation, const char *path)
{
    (void)operation;
    (void)path;
    ++*(unsigned *)context;
}

PROBE struct vfs *probe_new(void);
PROBE bool probe_allow(struct vfs *vfs, const char *directory, bool write, const char *label);
PROBE void probe_restrict_reading(struct vfs *vfs);
PROBE size_t probe_locations(struct vfs *vfs, const struct retro_vfs_authorized_location **where);
PROBE void probe_record(struct vfs *vfs);
PROBE struct vfs_recorded *probe_take_recorded(struct vfs *vfs, uint64_t *left_out);
PROBE bool probe_interface(struct vfs *vfs, struct retro_vfs_interface_info *info);
PROBE unsigned probe_refusals(void);
PROBE void probe_end(struct vfs *vfs);
PROBE void probe_free(struct vfs *vfs);

struct vfs *probe_new(void)
{
    struct vfs *vfs = vfs_new(&frames);
    refusals = 0;
    if (vfs)
        vfs_on_refusal(vfs, count_refusal, &refusals);
    return vfs;
}

bool probe_allow(struct vfs *vfs, const char *directory, bool write, const char *label)
{
    return vfs_allow(vfs, directory, write, label);
}

void probe_restrict_reading(struct vfs *vfs)
{
    vfs_restrict_reading(vfs);
}

size_t probe_locations(struct vfs *vfs, const struct retro_vfs_authorized_location **where)
{
    struct retro_vfs_authorized_locations locations = {NULL, 0};
    vfs_locations(vfs, &locations);
    *where = locations.locations;
    return locations.count;
}

void probe_record(struct vfs *vfs)
{
    vfs_record(vfs);
}

struct vfs_recorded *probe_take_recorded(struct vfs *vfs, uint64_t *left_out)
{
    return vfs_take_recorded(vfs, left_out);
}

/* The table is of the file system that asked for it last. */
bool probe_interface(struct vfs *vfs, struct retro_vfs_interface_info *info)
{
    static const struct vfs_paths paths = {slot_open,  slot_remove,  slot_rename, slot_stat,
                                           slot_mkdir, slot_opendir, slot_stat_64};
    current = vfs;
    return vfs_interface(vfs, &paths, info);
}

unsigned probe_refusals(void)
{
    return refusals;
}

void probe_end(struct vfs *vfs)
{
    vfs_end(vfs);
}

void probe_free(struct vfs *vfs)
{
    vfs_free(vfs);
}

#ifdef PROBE_MAIN
#include <stdio.h>

/*     vfs_probe DIRECTORY THREADS ROUNDS
 *
 * All threads share the handles, and keep those that they have closed. */

enum { SHARED_HANDLES = 64 };

static struct retro_vfs_interface *table;
static void *volatile handles[SHARED_HANDLES];
static const char *directory;
static unsigned rounds;

static unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

static void keep(unsigned place, void *handle)
{
    if (handle)
        __atomic_store_n(&handles[place], handle, __ATOMIC_SEQ_CST);
}

static void open_something(uint64_t *state, unsigned place)
{
    static const unsigned modes[] = {1, 2, 3, 6, 7};
    char path[512];
    snprintf(path, sizeof path, "%s/%u", directory, draw(state, 8));
    if (draw(state, 8) == 0)
        keep(place, table->opendir(directory, draw(state, 2)));
    else
        keep(place, table->open(path, modes[draw(state, 5)], draw(state, 4)));
}

static void use(uint64_t *state, void *handle)
{
    char bytes[20000];
    const unsigned size = draw(state, 4) ? draw(state, 100) : draw(state, sizeof bytes);
    switch (draw(state, 11)) {
    case 0:
        table->close(handle);
        break;
    case 1:
        table->closedir(handle);
        break;
    case 2:
        table->read(handle, bytes, size);
        break;
    case 3:
        memset(bytes, 'w', size);
        table->write(handle, bytes, size);
        break;
    case 4:
        table->seek(handle, (int64_t)size - 50, (int)draw(state, 4));
        break;
    case 5:
        table->truncate(handle, size);
        break;
    case 6:
        table->size(handle);
        break;
    case 7:
        table->flush(handle);
        break;
    case 8:
        table->readdir(handle);
        break;
    case 9:
        table->dirent_is_dir(handle);
        break;
    default:
        table->tell(handle);
        break;
    }
}

static PLATFORM_THREAD_RESULT misuse(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument;
    for (unsigned i = 0; i < rounds; i++) {
        const unsigned place = draw(&state, SHARED_HANDLES);
        if (draw(&state, 8) == 0)
            open_something(&state, place);
        else
            use(&state, __atomic_load_n(&handles[place], __ATOMIC_SEQ_CST));
    }
    return 0;
}

int main(int count, char **arguments)
{
    platform_thread threads[16];
    uint64_t left_out;
    struct retro_vfs_interface_info info = {1, NULL};
    const unsigned team = count == 4 ? (unsigned)atoi(arguments[2]) : 0;
    if (!team || team > 16)
        return 2;
    directory = arguments[1];
    rounds = (unsigned)atoi(arguments[3]);
    struct vfs *vfs = probe_new();
    vfs_record(vfs);
    if (!vfs_allow(vfs, directory, true, NULL) || !probe_interface(vfs, &info))
        return 3;
    table = info.iface;
    for (unsigned i = 0; i < team; i++)
        platform_thread_create(&threads[i], misuse, (void *)(uintptr_t)(i + 1));
    for (unsigned i = 0; i < team; i++)
        platform_thread_join(threads[i]);
    vfs_end(vfs);
    struct vfs_recorded *recorded = vfs_take_recorded(vfs, &left_out);
    uint64_t done = left_out;
    for (; recorded; done++) {
        struct vfs_recorded *next = recorded->next;
        free(recorded);
        recorded = next;
    }
    use(&(uint64_t){1}, handles[0]);
    vfs_free(vfs);
    printf("%llu\n", (unsigned long long)done);
    return 0;
}
#endif
