/*
 * Does with the frontend's VFS what its content says, line by line, and notes each answer. The
 * lines from "deinit" on wait for retro_deinit, whose answers go to the log. Words are separated
 * by single spaces; a path may begin with "save:", "system:" or "content:". H is one of the
 * letters a to p and keeps a handle, closed ones, too; "0" is a handle that is NULL.
 *
 *     version N           locations            thread LINE
 *     open H PATH MODE    close H    get_path H    size H    tell H    seek H OFFSET WHENCE
 *     read H COUNT        write H TEXT             flush H   truncate H LENGTH
 *     remove PATH         rename PATH PATH         mkdir PATH
 *     stat PATH           stat_64 PATH
 *     opendir H PATH HIDDEN    readdir H    closedir H
 */
#define CORE_NAME "vfs"
#define CORE_EXTENSIONS "bin|txt"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_deinit
#include "core.h"

#include <inttypes.h>
#include <pthread.h>

enum { WORDS = 4, LENGTH = 1024, HANDLES = 16 };

static struct retro_vfs_interface *vfs;
static void *handles[HANDLES];
static char content_directory[LENGTH];
static char *rest_of_script;

static void **handle_of(const char *word)
{
    static void *none;
    none = NULL;
    return word[0] >= 'a' && word[0] < 'a' + HANDLES ? &handles[word[0] - 'a'] : &none;
}

static const char *path_of(const char *word)
{
    static char paths[2][LENGTH];
    static unsigned next;
    const char *directory = NULL, *colon = strchr(word, ':');
    char *path = paths[next++ % 2];
    if (strncmp(word, "save:", 5) == 0) {
        environment(RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY, &directory);
    } else if (strncmp(word, "system:", 7) == 0) {
        environment(RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY, &directory);
    } else if (strncmp(word, "content:", 8) == 0) {
        directory = content_directory;
    }
    if (directory) {
        snprintf(path, LENGTH, "%s%s%s", directory, colon[1] ? "/" : "", colon + 1);
    } else {
        snprintf(path, LENGTH, "%s", word);
    }
    return path;
}

static void say(const char *line, const char *answer)
{
    if (rest_of_script) {
        note("%s=%s", line, answer);
    } else {
        log_printf(RETRO_LOG_INFO, "%s=%s\n", line, answer);
    }
}

static void ask_version(const char *number, char *answer)
{
    struct retro_vfs_interface_info info = {(uint32_t)atoi(number), NULL};
    bool given = environment(RETRO_ENVIRONMENT_GET_VFS_INTERFACE, &info);
    if (given) {
        vfs = info.iface;
    }
    snprintf(answer, LENGTH, "%d %u", given, (unsigned)info.required_interface_version);
}

static void ask_locations(char *answer)
{
    struct retro_vfs_authorized_locations locations = {NULL, 0};
    bool given = environment(RETRO_ENVIRONMENT_GET_VFS_AUTHORIZED_LOCATIONS, &locations);
    int used = snprintf(answer, LENGTH, "%d", given);
    for (size_t i = 0; i < locations.count && used < LENGTH; i++) {
        used += snprintf(answer + used, (size_t)(LENGTH - used), " %s>%s",
                         locations.locations[i].label, locations.locations[i].path);
    }
}

static void use_handle(char words[WORDS][LENGTH], char *answer)
{
    static char data[1 << 16];
    const char *what = words[0];
    void **handle = handle_of(words[1]);
    int64_t result = -99, number = strtoll(words[2], NULL, 10);
    if (strcmp(what, "open") == 0) {
        *handle = vfs->open(path_of(words[2]), (unsigned)atoi(words[3]), 0);
        result = *handle != NULL;
    } else if (strcmp(what, "close") == 0) {
        result = vfs->close(*handle);
    } else if (strcmp(what, "get_path") == 0) {
        snprintf(answer, LENGTH, "%s", text_or_null(vfs->get_path(*handle)));
        return;
    } else if (strcmp(what, "size") == 0) {
        result = vfs->size(*handle);
    } else if (strcmp(what, "tell") == 0) {
        result = vfs->tell(*handle);
    } else if (strcmp(what, "seek") == 0) {
        result = vfs->seek(*handle, number, atoi(words[3]));
    } else if (strcmp(what, "read") == 0) {
        result = vfs->read(*handle, data, (uint64_t)number);
        snprintf(answer, LENGTH, "%" PRId64 " %.*s", result, result > 0 ? (int)result : 0, data);
        return;
    } else if (strcmp(what, "write") == 0) {
        result = vfs->write(*handle, words[2], strlen(words[2]));
    } else if (strcmp(what, "flush") == 0) {
        result = vfs->flush(*handle);
    } else if (strcmp(what, "truncate") == 0) {
        result = vfs->truncate(*handle, number);
    } else if (strcmp(what, "opendir") == 0) {
        *handle = vfs->opendir(path_of(words[2]), words[3][0] == '1');
        result = *handle != NULL;
    } else if (strcmp(what, "readdir") == 0) {
        bool more = vfs->readdir(*handle);
        snprintf(answer, LENGTH, "%d %s %d", more, text_or_null(vfs->dirent_get_name(*handle)),
                 vfs->dirent_is_dir(*handle));
        return;
    } else if (strcmp(what, "closedir") == 0) {
        result = vfs->closedir(*handle);
    }
    snprintf(answer, LENGTH, "%" PRId64, result);
}

static void do_line(const char *line)
{
    char words[WORDS][LENGTH] = {"", "", "", ""}, answer[LENGTH] = "?";
    int64_t size_64 = -7;
    int32_t size = -7;
    sscanf(line, "%1023s %1023s %1023s %1023s", words[0], words[1], words[2], words[3]);
    const char *what = words[0];
    if (strcmp(what, "version") == 0) {
        ask_version(words[1], answer);
    } else if (strcmp(what, "locations") == 0) {
        ask_locations(answer);
    } else if (!vfs) {
        snprintf(answer, LENGTH, "no vfs");
    } else if (strcmp(what, "remove") == 0) {
        snprintf(answer, LENGTH, "%d", vfs->remove(path_of(words[1])));
    } else if (strcmp(what, "rename") == 0) {
        snprintf(answer, LENGTH, "%d", vfs->rename(path_of(words[1]), path_of(words[2])));
    } else if (strcmp(what, "mkdir") == 0) {
        snprintf(answer, LENGTH, "%d", vfs->mkdir(path_of(words[1])));
    } else if (strcmp(what, "stat") == 0) {
        int flags = vfs->stat(path_of(words[1]), &size);
        snprintf(answer, LENGTH, "%d %" PRId32, flags, size);
    } else if (strcmp(what, "stat_64") == 0) {
        int flags = vfs->stat_64(path_of(words[1]), &size_64);
        snprintf(answer, LENGTH, "%d %" PRId64, flags, size_64);
    } else {
        use_handle(words, answer);
    }
    say(line, answer);
}

static void *do_line_in_thread(void *line)
{
    do_line(line);
    return NULL;
}

static void do_or_send(char *line)
{
    pthread_t thread;
    if (strncmp(line, "thread ", 7) == 0) {
        pthread_create(&thread, NULL, do_line_in_thread, line + 7);
        pthread_join(thread, NULL);
        return;
    }
    do_line(line);
}

/* Up to a line "deinit", of which what follows is returned. */
static char *do_lines(char *script)
{
    while (script && *script) {
        char *end = strchr(script, '\n'), *next = end ? end + 1 : script + strlen(script);
        if (end) {
            *end = 0;
        }
        if (strcmp(script, "deinit") == 0) {
            return next;
        }
        do_or_send(script);
        script = next;
    }
    return script;
}

bool retro_load_game(const struct retro_game_info *game)
{
    const struct retro_game_info_ext *extended = NULL;
    keep_content(game);
    if (environment(RETRO_ENVIRONMENT_GET_GAME_INFO_EXT, &extended)) {
        snprintf(content_directory, sizeof content_directory, "%s", extended->dir);
    }
    rest_of_script = (char *)content;
    return true;
}

void retro_run(void)
{
    if (++frame_number == 2) {
        rest_of_script = do_lines(rest_of_script);
    }
    show_frame_number();
}

void retro_deinit(void)
{
    char *script = rest_of_script;
    rest_of_script = NULL;
    do_lines(script);
}
