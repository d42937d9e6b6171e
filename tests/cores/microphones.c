/* Listens to microphones. Words of content: how many to open, their rate (0: gives no parameters),
 * how many samples of each to read a frame (0: until there are none), whether already to open and
 * read while loading, and how often to read a frame (0: once). RAM: word n is how many samples were
 * heard by microphone n, 8 + n the last count returned, the words from 16 on ANSWERS, and from
 * 1024 + 8192 * n on what was heard, a word for each sample. */
#define CORE_NAME "microphones"
#define CORE_RAM_WORDS 65536
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_unload_game
#include "core.h"

enum { HEARD = 1024, KEPT = 8192, LIMIT = 4 };
enum { OFFERED = 16, VERSION, RATE, STATE_AT_FIRST, STATE, READ_OFF, TOO_MANY, NONSENSE, REOPENED };

static struct retro_microphone_interface interface;
static retro_microphone_t *microphones[LIMIT];

static unsigned microphone_count(void)
{
    return content_word(0) < LIMIT ? content_word(0) : LIMIT;
}

static void ask_nonsense(void)
{
    struct retro_microphone_params parameters = {0};
    retro_microphone_t *closed = microphones[0];
    int16_t sample = 0;
    ram[NONSENSE] += interface.read_mic(NULL, &sample, 1) != -1;
    ram[NONSENSE] += interface.read_mic(microphones[0], NULL, 1) != -1;
    ram[NONSENSE] += interface.get_params(NULL, &parameters);
    ram[NONSENSE] += interface.get_params(microphones[0], NULL);
    ram[NONSENSE] += interface.set_mic_state(NULL, true);
    ram[NONSENSE] += interface.get_mic_state(NULL);
    interface.close_mic(NULL);
    parameters.rate = 2000000;
    ram[NONSENSE] += interface.open_mic(&parameters) != NULL;
    interface.close_mic(closed);
    parameters.rate = 0;
    ram[NONSENSE] += interface.read_mic(closed, &sample, 1) != -1;
    ram[NONSENSE] += interface.get_params(closed, &parameters);
    ram[NONSENSE] += interface.set_mic_state(closed, true);
    ram[NONSENSE] += interface.get_mic_state(closed);
}

static retro_microphone_t *open_one(void)
{
    struct retro_microphone_params parameters = {content_word(1)};
    return interface.open_mic(parameters.rate ? &parameters : NULL);
}

static void open_all(void)
{
    struct retro_microphone_params parameters = {77};
    int16_t sample = 0;
    interface.interface_version = RETRO_MICROPHONE_INTERFACE_VERSION;
    ram[OFFERED] = environment(RETRO_ENVIRONMENT_GET_MICROPHONE_INTERFACE, &interface);
    ram[VERSION] = interface.interface_version;
    if (!ram[OFFERED] || !microphone_count()) {
        return;
    }
    microphones[0] = open_one();
    ask_nonsense();
    for (unsigned n = 0; n < microphone_count(); n++) {
        microphones[n] = open_one();
    }
    ram[TOO_MANY] = microphone_count() == LIMIT && open_one() != NULL;
    interface.get_params(microphones[0], &parameters);
    ram[RATE] = parameters.rate;
    ram[STATE_AT_FIRST] = interface.get_mic_state(microphones[0]);
    ram[READ_OFF] = (uint32_t)interface.read_mic(microphones[0], &sample, 1);
    for (unsigned n = 0; n < microphone_count(); n++) {
        interface.set_mic_state(microphones[n], true);
    }
    ram[STATE] = interface.get_mic_state(microphones[0]);
}

static bool listen(unsigned n, size_t count)
{
    static int16_t samples[KEPT];
    int returned = interface.read_mic(microphones[n], samples, count < KEPT ? count : KEPT);
    ram[8 + n] = (uint32_t)returned;
    for (int i = 0; i < returned; i++) {
        ram[HEARD + KEPT * n + ram[n]++ % KEPT] = (uint16_t)samples[i];
    }
    return returned > 0;
}

static void listen_to_all(void)
{
    for (unsigned n = 0; n < microphone_count() && microphones[n]; n++) {
        if (!content_word(2)) {
            while (listen(n, 1000)) {
            }
        }
        for (unsigned k = 0; content_word(2) && k < (content_word(4) ? content_word(4) : 1); k++) {
            listen(n, content_word(2));
        }
    }
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    if (content_word(3)) {
        open_all();
        listen_to_all();
    }
    return true;
}

void retro_run(void)
{
    if (!interface.interface_version) {
        open_all();
    }
    frame_number++;
    listen_to_all();
    show_frame_number();
}

void retro_unload_game(void)
{
    for (unsigned n = 0; n < microphone_count() && microphones[n]; n++) {
        listen(n, 10);
        interface.close_mic(microphones[n]);
    }
}
