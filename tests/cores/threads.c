/* Does a frame's work on threads of its own: video, sound, log and environment calls come from
 * there. ram[0] counts frames, ram[1] wrong answers; ram[2] counts in a variable of the thread
 * that calls retro_run. */
#define CORE_NAME "threads"
#define OWN_retro_run
#include "core.h"
#include <pthread.h>

static __thread uint32_t calls_of_this_thread = 5;

static void *make_picture(void *unused)
{
    (void)unused;
    show_frame_number();
    log_printf(RETRO_LOG_INFO, "picture %u\n", (unsigned)frame_number);
    return NULL;
}

static void *make_sound(void *unused)
{
    int16_t samples[2 * 100];
    bool updated = true;
    const char *directory = NULL;
    (void)unused;
    for (int i = 0; i < 100; i++) {
        samples[2 * i] = samples[2 * i + 1] = (int16_t)(frame_number * 100 + (uint32_t)i);
    }
    ram[1] += audio_batch(samples, 100) != 100;
    ram[1] += !environment(RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE, &updated) || updated;
    ram[1] += !environment(RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY, &directory) || !directory;
    ram[3] += (uint16_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_A);
    return NULL;
}

void retro_run(void)
{
    pthread_t painter, musician;
    frame_number++;
    pthread_create(&painter, NULL, make_picture, NULL);
    pthread_create(&musician, NULL, make_sound, NULL);
    pthread_join(painter, NULL);
    pthread_join(musician, NULL);
    ram[0] = frame_number;
    ram[2] = ++calls_of_this_thread;
}
