/*
 * The callbacks a frontend makes around retro_run. ram: 0 frames, 1 frame times told, 2 the last of
 * them, 3 their sum, 4 frame times that came while no run was due, 5 audio callbacks, 6 the state
 * last set, 7 how often it was set, 8 audio callbacks before the state was set, 9 buffer reports,
 * 10 the last occupancy, 11 underruns told, 12 the frame of the last audio callback.
 */
#define CORE_NAME "clocks"
#define OWN_retro_load_game
#define OWN_retro_run
#include "core.h"

static bool time_is_known;

static void RETRO_CALLCONV tell_time(retro_usec_t microseconds)
{
    ram[1]++;
    ram[2] = (uint32_t)microseconds;
    ram[3] += (uint32_t)microseconds;
    ram[4] += time_is_known;
    time_is_known = true;
}

static void RETRO_CALLCONV want_audio(void)
{
    int16_t samples[2 * 10];
    for (int i = 0; i < 20; i++) {
        samples[i] = (int16_t)ram[5];
    }
    ram[8] += ram[6] == 0;
    ram[5]++;
    ram[12] = frame_number;
    audio_batch(samples, 10);
}

static void RETRO_CALLCONV set_audio_state(bool enabled)
{
    ram[6] = enabled;
    ram[7]++;
}

static void RETRO_CALLCONV report_buffer(bool active, unsigned occupancy, bool underrun_likely)
{
    ram[9]++;
    ram[10] = active ? occupancy : 0;
    ram[11] += underrun_likely;
}

bool retro_load_game(const struct retro_game_info *game)
{
    struct retro_frame_time_callback frame_time = {tell_time, 16667};
    struct retro_audio_callback audio = {want_audio, set_audio_state};
    struct retro_audio_buffer_status_callback buffer_status = {report_buffer};
    unsigned latency = 64;
    keep_content(game);
    ram[13] = environment(RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK, &frame_time);
    if (content_byte(0) != 1) {
        ram[14] = environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, &audio);
    }
    ram[15] = environment(RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK, &buffer_status);
    ram[16] = environment(RETRO_ENVIRONMENT_SET_MINIMUM_AUDIO_LATENCY, &latency);
    return true;
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    ram[17] += !time_is_known;
    time_is_known = false;
    /* FBNeo takes its buffer callback back with NULL. */
    if (content_byte(0) == 2 && frame_number == 3) {
        environment(RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK, NULL);
    }
    show_frame_number();
}
