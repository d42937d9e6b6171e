/* Unpacks what is in its content beside it when it loads, as some engines do, and reads it again:
 * slowly, so that another copy that does so at the same time finds half of it. ram[0] is 1 if it
 * read what it wrote. UNPACK_BY_VFS: through libretro's virtual file system. */
#define _GNU_SOURCE 1
#define CORE_NAME "unpacking"
#define CORE_NEED_FULLPATH true
#define OWN_retro_load_game
#include "core.h"
#include <unistd.h>

#ifndef UNPACK_BY_VFS
#define UNPACK_BY_VFS 0
#endif

enum { PARTS = 40 };

static struct retro_vfs_interface *vfs;

static void write_part(void *file, const char *part)
{
    if (UNPACK_BY_VFS)
        vfs->write(file, part, strlen(part));
    else
        fwrite(part, 1, strlen(part), file), fflush(file);
    usleep(500);
}

bool retro_load_game(const struct retro_game_info *game)
{
    char path[4096], line[64];
    unsigned parts = 0;
    struct retro_vfs_interface_info info = {1, NULL};
    snprintf(path, sizeof path, "%s.unpacked", game->path);
    if (UNPACK_BY_VFS && environment(RETRO_ENVIRONMENT_GET_VFS_INTERFACE, &info))
        vfs = info.iface;
    void *file =
        UNPACK_BY_VFS ? (void *)vfs->open(path, RETRO_VFS_FILE_ACCESS_WRITE, 0) : fopen(path, "w");
    if (!file)
        return false;
    for (unsigned i = 0; i < PARTS; i++)
        write_part(file, "a part of the game\n");
    if (UNPACK_BY_VFS)
        vfs->close(file);
    else
        fclose(file);
    FILE *again = fopen(path, "r");
    while (again && fgets(line, sizeof line, again)) {
        parts += strcmp(line, "a part of the game\n") == 0;
        usleep(200);
    }
    if (again)
        fclose(again);
    ram[0] = parts == PARTS;
    return true;
}
