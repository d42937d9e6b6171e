/* Which slots are free. More are opened as they are needed, and none ever goes: a thread that a
 * core has left behind may still call, and then finds nobody. */

#include "call_record.h"
#include "frontend.h"

#include <stdio.h>

const char *frontend_callbacks_library;

#define HEAR(n, kind, result, name, ...) .hear_##name = hear_##name,
#define ENTER(n, kind, result, name, ...) .enter_##name = enter_##name,
struct frontend_callbacks frontend_callbacks = {
    .log = frontend_log,
    .input_poll = frontend_input_poll,
    .get_current_framebuffer = frontend_framebuffer,
    .get_time_usec = frontend_perf_time,
    .get_perf_counter = frontend_perf_ticks,
    .perf_register = frontend_perf_register,
    .perf_start = frontend_perf_start,
    .perf_stop = frontend_perf_stop,
    .perf_log = frontend_perf_log,
    .netpacket_send = frontend_netpacket_send,
    .netpacket_poll_receive = frontend_netpacket_poll_receive,
    .vfs_open = vfs_open,
    .vfs_remove = vfs_remove,
    .vfs_rename = vfs_rename,
    .vfs_stat = vfs_stat,
    .vfs_mkdir = vfs_mkdir,
    .vfs_opendir = vfs_opendir,
    .vfs_stat_64 = vfs_stat_64,
    CALLBACKS_THAT_ARE_RECORDED(HEAR, HEAR, ) CORE_ENTRY_POINTS(ENTER, ENTER, )};

/* The one that has been free for longest comes first: threads left behind are most likely gone. */
static struct callback_slot *first_free, *last_free;
static bool begun;

static void give_back(struct callback_slot *slot)
{
    slot->next = NULL;
    if (first_free)
        last_free->next = slot;
    else
        first_free = slot;
    last_free = slot;
}

static void add_slots(struct callback_slot *added)
{
    for (int i = 0; i < CALLBACK_SLOTS; i++)
        give_back(&added[i]);
}

static bool open_slots(char *message, size_t message_size)
{
    struct dylib library;
    struct callback_slot *(*begin)(const struct frontend_callbacks *, size_t), *added = NULL;
    if (dylib_link(&library, frontend_callbacks_library, NULL, message, message_size) != DYLIB_OK)
        return false;
    dylib_start(&library);
    *(void **)&begin = dylib_symbol(&library, "callbacks_begin");
    if (begin)
        added = begin(&frontend_callbacks, sizeof frontend_callbacks);
    if (!added) {
        snprintf(message, message_size, "%s belongs to another version of pylibretro",
                 frontend_callbacks_library);
        dylib_close(&library);
        return false;
    }
    dylib_abandon(&library);
    add_slots(added);
    return true;
}

bool frontend_acquire_slot(struct frontend *frontend, char *message, size_t message_size)
{
    if (!begun) /* callbacks.c is part of this module, too, so that most processes need no copy */
        add_slots(callbacks_begin(&frontend_callbacks, sizeof frontend_callbacks));
    begun = true;
    if (!first_free && !open_slots(message, message_size))
        return false;
    struct callback_slot *slot = first_free;
    first_free = slot->next;
    slot->frontend = frontend;
    frontend->slot = slot;
    frontend->callbacks = slot->callbacks;
    return true;
}

void frontend_offer_files(struct frontend *frontend, struct vfs *files)
{
    frontend->files = files;
    frontend->slot->files = files;
}

void frontend_release_slot(struct frontend *frontend)
{
    struct callback_slot *slot = frontend->slot;
    if (!slot)
        return;
    frontend->slot = NULL;
    slot->frontend = NULL;
    slot->files = NULL;
    slot->calls = NULL;
    give_back(slot);
}
