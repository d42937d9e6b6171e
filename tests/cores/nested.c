/* Calls a function inside of a function, for which GCC writes code onto the stack: in
 * retro_load_game, in each frame, and in a thread of its own, whose result is in ram[1]. */
#define CORE_NAME "nested"
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"
#include <pthread.h>

static int __attribute__((noinline)) apply(int (*volatile function)(int), int value)
{
    return function(value);
}

static int __attribute__((noinline)) sum(int first, int second)
{
    int add(int value)
    {
        return value + first;
    }
    return apply(add, second);
}

static void *in_thread(void *argument)
{
    *(uint32_t *)argument = (uint32_t)sum(20, 22);
    return NULL;
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    ram[2] = (uint32_t)sum(3, 4);
    return true;
}

void retro_run(void)
{
    pthread_t thread;
    frame_number++;
    ram[0] = (uint32_t)sum((int)frame_number, 1000);
    if (pthread_create(&thread, NULL, in_thread, &ram[1]) == 0) {
        pthread_join(thread, NULL);
    }
    show_frame_number();
}
