/* Two cartridges at once: a subsystem of two games, the second optional, with its own memory. */
#define CORE_NAME "subsystem"
#define OWN_retro_set_environment
#define OWN_retro_load_game_special
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

#define MEMORY_OF_THE_SECOND RETRO_DEVICE_SUBCLASS(RETRO_MEMORY_SAVE_RAM, 0)

static uint8_t second_memory[32];

void retro_set_environment(retro_environment_t callback)
{
    struct retro_subsystem_memory_info memory[] = {{"srm", MEMORY_OF_THE_SECOND}};
    struct retro_subsystem_rom_info games[] = {
        {"First game", "bin", false, false, true, NULL, 0},
        {"Second game", "bin|rom", true, false, false, memory, 1},
    };
    struct retro_subsystem_info subsystems[] = {
        {"Two games", "two", games, 2, 0x101},
        {NULL, NULL, NULL, 0, 0},
    };
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO, subsystems);
    memset(games, 0xee, sizeof games);
    memset(memory, 0xee, sizeof memory);
}

bool retro_load_game_special(unsigned type, const struct retro_game_info *games, size_t count)
{
    const struct retro_game_info_ext *infos = NULL;
    note("type=%x count=%u", type, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        note("%u path=%s size=%u has_data=%d", (unsigned)i, text_or_null(games[i].path),
             (unsigned)games[i].size, games[i].data != NULL);
    }
    if (environment(RETRO_ENVIRONMENT_GET_GAME_INFO_EXT, (void *)&infos) && infos) {
        for (size_t i = 0; i < count; i++) {
            note("%u name=%s", (unsigned)i, text_or_null(infos[i].name));
        }
    }
    return type == 0x101;
}

void *retro_get_memory_data(unsigned id)
{
    return id == MEMORY_OF_THE_SECOND     ? (void *)second_memory
           : id == RETRO_MEMORY_VIDEO_RAM ? (void *)notes
                                          : NULL;
}

size_t retro_get_memory_size(unsigned id)
{
    return id == MEMORY_OF_THE_SECOND     ? sizeof second_memory
           : id == RETRO_MEMORY_VIDEO_RAM ? sizeof notes
                                          : 0;
}
