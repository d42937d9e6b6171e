/*
 * What it sees of the state that libc keeps for the whole process. ram: 0 the next rand(), 1 the
 * sum of three more after srand(frame) at every tenth frame, 2 time(), 3 how far strtok got in its
 * own text. content[0] == 1 seeds with 12345 at load.
 */
#define CORE_NAME "libc state"
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"
#include <time.h>

static char words[] = "one two three four five six seven eight nine ten";

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    if (content_byte(0) == 1) {
        srand(12345);
    }
    return true;
}

void retro_run(void)
{
    frame_number++;
    ram[0] = (uint32_t)rand();
    if (frame_number % 10 == 0) {
        srand((unsigned)frame_number);
        ram[1] = (uint32_t)rand() + (uint32_t)rand() + (uint32_t)rand();
    }
    ram[2] = (uint32_t)time(NULL);
    char *word = strtok(frame_number == 1 ? words : NULL, " ");
    ram[3] = word ? (uint32_t)(word - words) : ~0u;
    show_frame_number();
}
