/* Notes every name and directory a frontend gives, at load and again in run. */
#define CORE_NAME "directories"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_deinit
#include "core.h"

static void note_all(const char *when)
{
    static const struct {
        const char *name;
        unsigned command;
    } questions[] = {
        {"system", RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY},
        {"save", RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY},
        {"assets", RETRO_ENVIRONMENT_GET_CORE_ASSETS_DIRECTORY},
        {"libretro", RETRO_ENVIRONMENT_GET_LIBRETRO_PATH},
        {"username", RETRO_ENVIRONMENT_GET_USERNAME},
        {"playlist", RETRO_ENVIRONMENT_GET_PLAYLIST_DIRECTORY},
        {"browser", RETRO_ENVIRONMENT_GET_FILE_BROWSER_START_DIRECTORY},
    };
    unsigned language = 99;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const char *text = "untouched";
        bool answer = environment(questions[i].command, &text);
        note("%s.%s=%d %s", when, questions[i].name, answer, text_or_null(text));
    }
    bool answer = environment(RETRO_ENVIRONMENT_GET_LANGUAGE, &language);
    note("%s.language=%d %u", when, answer, language);
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    note_all("load");
    return true;
}

void retro_run(void)
{
    if (++frame_number == 1) {
        note_all("run");
    }
    show_frame_number();
}

void retro_deinit(void)
{
    const char *directory = NULL;
    bool answer = environment(RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY, &directory);
    log_printf(RETRO_LOG_INFO, "save directory in deinit: %d %s\n", answer,
               text_or_null(directory));
}
