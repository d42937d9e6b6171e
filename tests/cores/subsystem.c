/*
 * Two cartridges at once: a subsystem of two games, the second optional, each with its own
 * memories; one of a single game; one whose first game is optional and whose last is not. Notes
 * what it is loaded with. Byte 0 of each memory counts frames. SUBSYSTEM_NO_GAME 0 needs a game.
 */
#define CORE_NAME "subsystem"
#define OWN_retro_set_environment
#define OWN_retro_load_game
#define OWN_retro_load_game_special
#define OWN_retro_deinit
#define OWN_retro_run
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

#ifndef SUBSYSTEM_NO_GAME
#define SUBSYSTEM_NO_GAME 1
#endif

enum { TWO = 0x101, ONE = 0x102, LAST = 0x103 };
enum {
    SAVE_OF_THE_FIRST = RETRO_DEVICE_SUBCLASS(RETRO_MEMORY_SAVE_RAM, 0),
    SAVE_OF_THE_SECOND = RETRO_DEVICE_SUBCLASS(RETRO_MEMORY_SAVE_RAM, 1),
    CLOCK_OF_THE_SECOND = RETRO_DEVICE_SUBCLASS(RETRO_MEMORY_RTC, 2)
};
enum { MOST = 3 };

static uint8_t first_save[16], second_save[32], second_clock[8];
static struct {
    const void *data;
    size_t size;
    uint64_t hash;
} kept[MOST];
static unsigned kept_count;

void retro_set_environment(retro_environment_t callback)
{
    struct retro_subsystem_memory_info first[] = {{"srm", SAVE_OF_THE_FIRST}};
    struct retro_subsystem_memory_info second[] = {{"srm", SAVE_OF_THE_SECOND},
                                                   {"rtc", CLOCK_OF_THE_SECOND}};
    struct retro_subsystem_rom_info games[] = {
        {"First game", "bin", false, false, true, first, 1},
        {"Second game", "bin|rom", true, false, false, second, 2},
    };
    struct retro_subsystem_rom_info single[] = {
        {"The game", "bin|zip", false, true, true, NULL, 0},
    };
    struct retro_subsystem_rom_info last[] = {
        {"Extra", "ext", false, false, false, NULL, 0},
        {"More", "ext|bin", false, false, false, NULL, 0},
        {"Base", "sys", false, false, true, NULL, 0},
    };
    struct retro_subsystem_info subsystems[] = {
        {"Two games", "two", games, 2, TWO},
        {"One game", "one", single, 1, ONE},
        {"Base and extras", "last", last, 3, LAST},
        {NULL, NULL, NULL, 0, 0},
    };
    bool no_game = SUBSYSTEM_NO_GAME;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    ram[1] = environment(RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO, subsystems);
    memset(games, 0xee, sizeof games);
    memset(first, 0xee, sizeof first);
    memset(second, 0xee, sizeof second);
}

static const char *file_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : text_or_null(path);
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    note("load_game");
    return true;
}

bool retro_load_game_special(unsigned type, const struct retro_game_info *games, size_t count)
{
    const struct retro_game_info_ext *infos = NULL;
    bool refused = false;
    note("type=%x count=%u", type, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        note("%u path=%s size=%u has_data=%d", (unsigned)i, file_name(games[i].path),
             (unsigned)games[i].size, games[i].data != NULL);
        if (games[i].data && kept_count < MOST) {
            kept[kept_count].data = games[i].data;
            kept[kept_count].size = games[i].size;
            kept[kept_count++].hash = hash_of(games[i].data, games[i].size);
            refused |= memcmp(games[i].data, "refuse", 6) == 0;
        }
    }
    if (environment(RETRO_ENVIRONMENT_GET_GAME_INFO_EXT, (void *)&infos) && infos) {
        for (size_t i = 0; i < count; i++) {
            note("%u name=%s ext=%s size=%u path=%d archive=%s", (unsigned)i,
                 text_or_null(infos[i].name), text_or_null(infos[i].ext), (unsigned)infos[i].size,
                 infos[i].full_path == games[i].path, text_or_null(infos[i].archive_file));
        }
    }
    return type >= TWO && type <= LAST && !refused;
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    first_save[0] = second_save[0] = second_clock[0] = (uint8_t)frame_number;
    show_frame_number();
}

void retro_deinit(void)
{
    unsigned intact = 0;
    for (unsigned i = 0; i < kept_count; i++) {
        intact += hash_of(kept[i].data, kept[i].size) == kept[i].hash;
    }
    log_printf(RETRO_LOG_INFO, "%u of %u contents intact\n", intact, kept_count);
}

void *retro_get_memory_data(unsigned id)
{
    switch (id) {
    case SAVE_OF_THE_FIRST:
        return first_save;
    case SAVE_OF_THE_SECOND:
        return second_save;
    case CLOCK_OF_THE_SECOND:
        return second_clock;
    case RETRO_MEMORY_SYSTEM_RAM:
        return ram;
    case RETRO_MEMORY_VIDEO_RAM:
        return notes;
    default:
        return NULL;
    }
}

size_t retro_get_memory_size(unsigned id)
{
    switch (id) {
    case SAVE_OF_THE_FIRST:
        return sizeof first_save;
    case SAVE_OF_THE_SECOND:
        return sizeof second_save;
    case CLOCK_OF_THE_SECOND:
        return sizeof second_clock;
    case RETRO_MEMORY_SYSTEM_RAM:
        return sizeof ram;
    case RETRO_MEMORY_VIDEO_RAM:
        return sizeof notes;
    default:
        return 0;
    }
}
