/*
 * Notes everything it is told about its content, and checks in deinit that the bytes it was given
 * are still what they were. CORE_NEED_FULLPATH, CORE_EXTENSIONS and CONTENT_OVERRIDE (0 or 1: the
 * override for .ovr turns need_fullpath around) vary it; NO_GAME says that it runs without.
 */
#define CORE_NAME "content"
#ifndef CORE_EXTENSIONS
#define CORE_EXTENSIONS "bin|rom|ovr"
#endif
#define OWN_retro_set_environment
#define OWN_retro_load_game
#define OWN_retro_deinit
#include "core.h"

#ifndef CONTENT_OVERRIDE
#define CONTENT_OVERRIDE 0
#endif
#ifndef NO_GAME
#define NO_GAME 0
#endif

static const void *given;
static size_t given_size;
static uint64_t given_hash;
static const char *given_path;
static char path_as_it_was[4096];

void retro_set_environment(retro_environment_t callback)
{
    static const struct retro_system_content_info_override overrides[] = {
        {"ovr|other", !CORE_NEED_FULLPATH, true},
        {NULL, false, false},
    };
    bool no_game = NO_GAME;
    environment = callback;
    if (NO_GAME) {
        environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    }
    if (CONTENT_OVERRIDE) {
        ram[1] = environment(RETRO_ENVIRONMENT_SET_CONTENT_INFO_OVERRIDE, (void *)overrides);
    }
}

static void note_extended_info(void)
{
    const struct retro_game_info_ext *info = NULL;
    bool answer = environment(RETRO_ENVIRONMENT_GET_GAME_INFO_EXT, (void *)&info);
    note("ext.answer=%d", answer);
    if (!answer || !info) {
        return;
    }
    note("ext.full_path=%s", text_or_null(info->full_path));
    note("ext.archive_path=%s", text_or_null(info->archive_path));
    note("ext.archive_file=%s", text_or_null(info->archive_file));
    note("ext.dir=%s", text_or_null(info->dir));
    note("ext.name=%s", text_or_null(info->name));
    note("ext.ext=%s", text_or_null(info->ext));
    note("ext.meta=%s", text_or_null(info->meta));
    note("ext.size=%u", (unsigned)info->size);
    note("ext.has_data=%d", info->data != NULL);
    note("ext.file_in_archive=%d", info->file_in_archive);
    note("ext.persistent_data=%d", info->persistent_data);
}

static void note_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[1 << 16];
    if (!file) {
        note("file=missing");
        return;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    note("file.size=%u", (unsigned)size);
    note("file.hash=%016llx", (unsigned long long)hash_of(bytes, size));
}

bool retro_load_game(const struct retro_game_info *game)
{
    note("game=%d", game != NULL);
    if (!game) {
        return true;
    }
    note("path=%s", text_or_null(game->path));
    note("size=%u", (unsigned)game->size);
    note("has_data=%d", game->data != NULL);
    note("meta=%s", text_or_null(game->meta));
    if (game->path) {
        note_file(game->path);
        given_path = game->path;
        snprintf(path_as_it_was, sizeof path_as_it_was, "%s", game->path);
    }
    if (game->data) {
        given = game->data;
        given_size = game->size;
        given_hash = hash_of(game->data, game->size);
        note("hash=%016llx", (unsigned long long)given_hash);
    }
    note_extended_info();
    return true;
}

void retro_deinit(void)
{
    if (given) {
        bool intact = hash_of(given, given_size) == given_hash;
        log_printf(RETRO_LOG_INFO, "content in deinit: %s\n", intact ? "intact" : "changed");
    }
    if (given_path) {
        bool intact = strcmp(given_path, path_as_it_was) == 0;
        log_printf(RETRO_LOG_INFO, "path in deinit: %s\n", intact ? "intact" : "changed");
    }
}
