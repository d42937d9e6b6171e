/* A game on three disks. DISK_EXTENDED 0 uses the older interface. Notes every call. */
#define CORE_NAME "disk"
#define CORE_EXTENSIONS "m3u|bin"
#define OWN_retro_init
#define OWN_retro_run
#include "core.h"

#ifndef DISK_EXTENDED
#define DISK_EXTENDED 1
#endif

static bool ejected;
static unsigned image = 0, images = 3;

static bool RETRO_CALLCONV set_eject_state(bool state)
{
    note("eject %d", state);
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
    if (!ejected || index > images) {
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
    note("replace %u %s", index, info ? text_or_null(info->path) : "(removed)");
    images -= info == NULL;
    return ejected;
}

static bool RETRO_CALLCONV add_image_index(void)
{
    note("add");
    images++;
    return true;
}

static bool RETRO_CALLCONV set_initial_image(unsigned index, const char *path)
{
    note("initial %u %s", index, text_or_null(path));
    image = index;
    return true;
}

static bool RETRO_CALLCONV get_image_path(unsigned index, char *text, size_t size)
{
    if (index >= images) {
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
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
    ram[1] = DISK_EXTENDED
                 ? environment(RETRO_ENVIRONMENT_SET_DISK_CONTROL_EXT_INTERFACE, &extended)
                 : environment(RETRO_ENVIRONMENT_SET_DISK_CONTROL_INTERFACE, &plain);
}

void retro_run(void)
{
    frame_number++;
    ram[0] = image;
    show_frame_number();
}
