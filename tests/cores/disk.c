/*
 * A game on several disks. DISK_EXTENDED 0 uses the older interface, DISK_TAKES_M3U 0 leaves
 * playlists to the frontend. Notes every call; ram[0] is the disk in the drive, or 99 while the
 * drive is open. content[0] != 0 refuses: 1 to eject, 2 to take another disk, 3 to be given other
 * content, 4 to have more disks; 5 begins with disk 0 whatever it is told.
 * States do not tell which disk is in the drive. Checks in deinit that contents are as they were.
 */
#define CORE_NAME "disk"
#ifndef DISK_TAKES_M3U
#define DISK_TAKES_M3U 1
#endif
#if DISK_TAKES_M3U
#define CORE_EXTENSIONS "m3u|bin"
#else
#define CORE_EXTENSIONS "bin"
#endif
#define OWN_retro_init
#define OWN_retro_deinit
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"

#ifndef DISK_EXTENDED
#define DISK_EXTENDED 1
#endif
#ifndef DISK_COUNT
#define DISK_COUNT (DISK_TAKES_M3U ? 3 : 1)
#endif

enum { NOTHING, REFUSES_EJECT, REFUSES_INDEX, REFUSES_REPLACE, REFUSES_ADD, FORGETS_INITIAL };
enum { MOST = 8 };

static bool ejected;
static unsigned image = 0, images = DISK_COUNT;
static struct {
    const void *data;
    size_t size;
    const char *path;
    char path_as_it_was[512];
    uint64_t hash;
} kept[MOST];
static unsigned kept_count;

static void keep(const struct retro_game_info *info)
{
    if (kept_count < MOST && info) {
        kept[kept_count].data = info->data;
        kept[kept_count].size = info->size;
        kept[kept_count].path = info->path;
        kept[kept_count].hash = info->data ? hash_of(info->data, info->size) : 0;
        snprintf(kept[kept_count].path_as_it_was, sizeof kept[0].path_as_it_was, "%s", info->path);
        kept_count++;
    }
}

static bool RETRO_CALLCONV set_eject_state(bool state)
{
    note("eject %d", state);
    if (content_byte(0) == REFUSES_EJECT)
        return false;
    ejected = state;
    return true;
}

static bool RETRO_CALLCONV get_eject_state(void)
{
    return ejected;
}

static unsigned RETRO_CALLCONV get_image_index(void)
{
    return image;
}

static bool RETRO_CALLCONV set_image_index(unsigned index)
{
    note("index %u", index);
    if (!ejected || index > images || content_byte(0) == REFUSES_INDEX) {
        return false;
    }
    image = index;
    return true;
}

static unsigned RETRO_CALLCONV get_num_images(void)
{
    return images;
}

static bool RETRO_CALLCONV replace_image_index(unsigned index, const struct retro_game_info *info)
{
    const char *name = info && info->path ? strrchr(info->path, '/') : NULL;
    note("replace %u %s %u", index,
         !info  ? "(removed)"
         : name ? name + 1
                : "(null)",
         info ? (unsigned)info->size : 0);
    if (info && content_byte(0) == REFUSES_REPLACE)
        return false;
    keep(info);
    images -= info == NULL;
    return ejected;
}

static bool RETRO_CALLCONV add_image_index(void)
{
    note("add");
    if (content_byte(0) == REFUSES_ADD)
        return false;
    images++;
    return true;
}

static bool RETRO_CALLCONV set_initial_image(unsigned index, const char *path)
{
    const char *name = path ? strrchr(path, '/') : NULL;
    note("initial %u %s", index, name ? name + 1 : text_or_null(path));
    if (index >= MOST)
        return false;
    image = index;
    return true;
}

static bool RETRO_CALLCONV get_image_path(unsigned index, char *text, size_t size)
{
    if (index >= images || index == 2) {
        return false;
    }
    snprintf(text, size, "/disks/%u.bin", index);
    return true;
}

static bool RETRO_CALLCONV get_image_label(unsigned index, char *text, size_t size)
{
    if (index >= images) {
        return false;
    }
    if (index == 1) { /* to the last byte, without an end */
        memset(text, 'x', size);
        return true;
    }
    snprintf(text, size, "Disk %u", index + 1);
    return true;
}

void retro_init(void)
{
    struct retro_disk_control_ext_callback extended = {
        set_eject_state,     get_eject_state, get_image_index,   set_image_index, get_num_images,
        replace_image_index, add_image_index, set_initial_image, get_image_path,  get_image_label,
    };
    struct retro_disk_control_callback plain = {
        set_eject_state, get_eject_state,     get_image_index, set_image_index,
        get_num_images,  replace_image_index, add_image_index,
    };
    unsigned version = 77;
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
    ram[2] = environment(RETRO_ENVIRONMENT_GET_DISK_CONTROL_INTERFACE_VERSION, &version);
    ram[3] = version;
    ram[1] = DISK_EXTENDED
                 ? environment(RETRO_ENVIRONMENT_SET_DISK_CONTROL_EXT_INTERFACE, &extended)
                 : environment(RETRO_ENVIRONMENT_SET_DISK_CONTROL_INTERFACE, &plain);
    memset(&extended, 0, sizeof extended);
    memset(&plain, 0, sizeof plain);
}

bool retro_load_game(const struct retro_game_info *game)
{
    const char *name = game && game->path ? strrchr(game->path, '/') : NULL;
    keep_content(game);
    keep(game);
    note("load %s", name ? name + 1 : "(none)");
    if (content_byte(0) == FORGETS_INITIAL)
        image = 0;
    return true;
}

void retro_run(void)
{
    frame_number++;
    ram[0] = ejected ? 99 : image;
    show_frame_number();
}

void retro_deinit(void)
{
    unsigned intact = 0;
    for (unsigned i = 0; i < kept_count; i++) {
        intact += strcmp(kept[i].path, kept[i].path_as_it_was) == 0 &&
                  (!kept[i].data || hash_of(kept[i].data, kept[i].size) == kept[i].hash);
    }
    log_printf(RETRO_LOG_INFO, "%u of %u contents intact\n", intact, kept_count);
}
