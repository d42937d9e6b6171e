/*
 * Writes over every file beside its content that it knows the name of, cuts one, removes one, and
 * makes a new one. ram[1]: how many of these the system let it do.
 */
#define _GNU_SOURCE 1
#define CORE_NAME "writes beside"
#define CORE_NEED_FULLPATH true
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"

#ifndef _WIN32
#include <unistd.h>
#endif

static unsigned done;

static void write_to(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (file) {
        fputs("its own", file);
        fclose(file);
        done++;
    }
}

bool retro_load_game(const struct retro_game_info *game)
{
    char folder[4096];
    if (!game || !game->path) {
        return false;
    }
    snprintf(folder, sizeof folder, "%s", game->path);
    char *slash = strrchr(folder, '/');
    if (!slash) {
        return false;
    }
    *slash = 0;
    write_to(folder, "game.bin", "r+");
    write_to(folder, "game.sav", "w");
    write_to(folder, "other.sav", "a");
    write_to(folder, "data/level.txt", "w");
    write_to(folder, "new.txt", "w");
#ifndef _WIN32
    char path[4112];
    snprintf(path, sizeof path, "%s/data/level.txt", folder);
    done += truncate(path, 0) == 0;
    done += unlink(path) == 0;
#endif
    return true;
}

void retro_run(void)
{
    ram[0] = ++frame_number;
    ram[1] = done;
    show_frame_number();
}
