/* Opens and closes each library named on the command line and prints, one line each, what came of
 * it: the result and the message. Nothing of the libraries runs, so that whatever crashes here is
 * the loader. With --keep, opens all of them first and then shows the process' memory map. */
#include "dylib.h"

#include <stdio.h>
#include <string.h>

static void show_map(void)
{
    char line[4096];
    FILE *map = fopen("/proc/self/maps", "r");
    while (map && fgets(line, sizeof line, map))
        fputs(line, stdout);
    if (map)
        fclose(map);
}

int main(int count, char **arguments)
{
    static struct dylib libraries[64];
    char message[1024] = "";
    const int first = count > 1 && strcmp(arguments[1], "--keep") == 0 ? 2 : 1;
    for (int i = first; i < count; i++) {
        struct dylib *library = &libraries[first == 2 ? i : 0];
        int result = dylib_link(library, arguments[i], NULL, message, sizeof message);
        if (result == DYLIB_OK && first == 1)
            result = dylib_close(library);
        printf("%d %s\n", result, result == DYLIB_OK ? "" : message);
        fflush(stdout);
    }
    if (first == 2) {
        show_map();
        for (int i = first; i < count; i++)
            dylib_close(&libraries[i]);
    }
    printf("closed\n");
    show_map();
    return 0;
}
