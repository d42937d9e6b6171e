/*
 * Asks for all that a frontend tells of time, in every frame, and says what a core can say of it.
 * ram: 0 frames, 1 the refresh rate in thousandths, 2 whether a sample rate is wanted, 3 which, 4
 * the throttle mode, 5 its rate in thousandths, 6 fast forwarding, 7 the answer to an override, 8
 * whether floating-point sound is taken, 9 whether a batch of it was taken whole, 10 the time in
 * microseconds (low word), 11 ticks (low word), 12 the last occupancy, 13 whether it may run dry,
 * 14 whether sound plays at all, 15 calls for sound, 16 the wanted sample rate while loading.
 * Content: the samples that a call for sound sends, then floats, which each frame sends.
 */
#define CORE_NAME "timing"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_reset
#include "core.h"

static retro_audio_sample_batch_float_t audio_float;
static struct retro_perf_callback perf;
static struct retro_perf_counter work = {"work", 0, 0, 0, false};
static struct retro_perf_counter rest = {"rest", 0, 0, 0, false};

static void RETRO_CALLCONV report_buffer(bool active, unsigned occupancy, bool underrun_likely)
{
    ram[12] = occupancy;
    ram[13] = underrun_likely;
    ram[14] = active;
}

static void RETRO_CALLCONV want_sound(void)
{
    static int16_t samples[2 * 65536];
    ram[15]++;
    if (content_word(0))
        audio_batch(samples, content_word(0));
}

static void RETRO_CALLCONV set_sound(bool enabled)
{
    (void)enabled;
}

bool retro_load_game(const struct retro_game_info *game)
{
    struct retro_audio_sample_float_callback floats = {NULL};
    struct retro_audio_buffer_status_callback buffer = {report_buffer};
    struct retro_audio_callback audio = {want_sound, set_sound};
    unsigned rate = 0, latency = 96, level = 7;
    keep_content(game);
    environment(RETRO_ENVIRONMENT_GET_PERF_INTERFACE, &perf);
    environment(RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK, &buffer);
    environment(RETRO_ENVIRONMENT_SET_MINIMUM_AUDIO_LATENCY, &latency);
    environment(RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL, &level);
    ram[8] = environment(RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT, &floats);
    audio_float = floats.batch;
    if (content_size == 4)
        environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, &audio);
    if (environment(RETRO_ENVIRONMENT_GET_TARGET_SAMPLE_RATE, &rate))
        ram[16] = rate;
    perf.perf_register(&work);
    perf.perf_register(&work);
    perf.perf_register(&rest);
    return true;
}

/* Everything that a core may say of running faster. */
void retro_reset(void)
{
    struct retro_fastforwarding_override wish = {2.5f, true, false, true};
    ram[7] = environment(RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE, &wish);
    perf.perf_log();
}

static void send_floats(void)
{
    static float samples[1 << 16];
    const size_t frames = content_size > 4 ? (content_size - 4) / 8 : 0;
    if (!audio_float || !frames)
        return;
    memcpy(samples, content + 4, 8 * frames);
    ram[9] = audio_float(samples, frames) == frames;
    audio_sample(-32768, 16384);
}

void retro_run(void)
{
    struct retro_throttle_state throttle = {99, 0};
    unsigned rate = 0;
    float refresh = 0;
    bool fast = false;
    frame_number++;
    ram[0] = frame_number;
    perf.perf_start(&work);
    environment(RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE, &refresh);
    ram[1] = (uint32_t)(refresh * 1000 + 0.5f);
    ram[2] = environment(RETRO_ENVIRONMENT_GET_TARGET_SAMPLE_RATE, &rate);
    ram[3] = rate;
    environment(RETRO_ENVIRONMENT_GET_THROTTLE_STATE, &throttle);
    ram[4] = throttle.mode;
    ram[5] = (uint32_t)(throttle.rate * 1000 + 0.5f);
    environment(RETRO_ENVIRONMENT_GET_FASTFORWARDING, &fast);
    ram[6] = fast;
    ram[10] = (uint32_t)perf.get_time_usec();
    ram[11] = (uint32_t)perf.get_perf_counter();
    perf.perf_stop(&work);
    send_floats();
    show_frame_number();
}
