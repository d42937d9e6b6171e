/* Gives every environment command, and calls every callback, from four threads of its own and from
 * the one that calls it, with good, missing and absurd data, in an order that the first word of the
 * content chooses. The second word says how many rounds a frame has, the third which frames the
 * threads live through: 0 from the first frame to the end, 1 for each frame its own, 2 for no
 * threads. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define CORE_NAME "abuse"
#define OWN_retro_run
#define OWN_retro_deinit
#include "core.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, COMMANDS = 100, ROOM = 1 << 14 };

static uint64_t zeros[ROOM];
static char long_text[ROOM];
static pthread_t threads[THREADS];
static atomic_bool stop;
static bool alive;
static int rounds;
static uint32_t seed;

struct hand {
    uint64_t random;
    uint64_t data[2048];
};

static uint32_t next(struct hand *hand)
{
    hand->random = hand->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(hand->random >> 33);
}

/* Words that are all of a kind: nothing, pointers to nothing, to texts, small and vast numbers. */
static void *some_data(struct hand *hand)
{
    static const uint64_t numbers[] = {0, 1, 2, 16, 255};
    const uint32_t kind = next(hand) % 5;
    if (kind == 0)
        return NULL;
    for (size_t i = 0; i < sizeof hand->data / sizeof *hand->data; i++) {
        switch (kind) {
        case 1:
            hand->data[i] = 0;
            break;
        case 2:
            hand->data[i] = (uintptr_t)zeros;
            break;
        case 3:
            hand->data[i] = i == 0 || next(hand) % 2 ? (uintptr_t)long_text : 0;
            break;
        default:
            hand->data[i] = i == 0 ? numbers[next(hand) % 5] : 0;
            break;
        }
    }
    return hand->data;
}

static intptr_t do_nothing(void)
{
    return 0;
}

/* What is called later is a function. */
static void give_functions(unsigned command, struct hand *hand)
{
    switch (command) {
    case RETRO_ENVIRONMENT_SET_DISK_CONTROL_INTERFACE:
    case RETRO_ENVIRONMENT_SET_DISK_CONTROL_EXT_INTERFACE:
    case RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK:
    case RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK:
    case RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK:
    case RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK:
    case RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK:
    case RETRO_ENVIRONMENT_SET_NETPACKET_INTERFACE:
    case RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE & 0xffff:
    case RETRO_ENVIRONMENT_GET_LOCATION_INTERFACE:
        for (size_t i = 0; i < sizeof hand->data / sizeof *hand->data; i++)
            hand->data[i] = (uintptr_t)do_nothing;
        break;
    /* A bool is 0 or 1, and an array ends with an empty entry, which texts are not. */
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_DISPLAY:
    case RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE:
    case RETRO_ENVIRONMENT_SET_HW_RENDER:
    case RETRO_ENVIRONMENT_SET_VARIABLES:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_INTL:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2_INTL:
    case RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO:
    case RETRO_ENVIRONMENT_SET_CONTENT_INFO_OVERRIDE:
    case RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS:
    case RETRO_ENVIRONMENT_SET_CONTROLLER_INFO:
    case RETRO_ENVIRONMENT_SET_MEMORY_MAPS & 0xffff:
        memset(hand->data, 0, sizeof hand->data);
        if (next(hand) % 2)
            hand->data[0] = (uintptr_t)zeros;
        break;
    default:
        break;
    }
}

/* A number where a pointer belongs is what no frontend can look at. */
static bool is_possible(const struct hand *hand, const void *data)
{
    return !data || hand->data[0] == 0 || hand->data[0] > UINT16_MAX;
}

static void declare_options(struct hand *hand)
{
    static struct retro_variable tables[2][3] = {
        {{"test_a", "A; x|y"}, {"test_b", "B; 1|2|3"}, {NULL, NULL}},
        {{"test_b", "B; 3|2"}, {"test_c", "C; on|off"}, {NULL, NULL}},
    };
    struct retro_variable asked = {next(hand) % 2 ? "test_a" : "test_b", NULL};
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, tables[next(hand) % 2]);
    if (environment(RETRO_ENVIRONMENT_GET_VARIABLE, &asked) && strlen(asked.value) > 3) {
        abort();
    }
    environment(RETRO_ENVIRONMENT_SET_VARIABLE, &asked);
}

static void declare_memory(struct hand *hand)
{
    struct retro_memory_descriptor descriptors[3] = {
        {0, ram, 0, 0, 0, 0, sizeof ram, "ram"},
        {0, ram, (size_t)1 << 46, 0x10000, 0, 0, 0x1000, "far"},
        {0, (void *)UINTPTR_MAX, 0, 0x20000, 0, 0, 0x1000, "nowhere"},
    };
    struct retro_memory_map map = {descriptors, next(hand) % 4};
    environment(RETRO_ENVIRONMENT_SET_MEMORY_MAPS, &map);
}

static void speak(struct hand *hand)
{
    struct retro_message message = {long_text + next(hand) % ROOM, 1};
    static int16_t samples[2 * 512];
    environment(RETRO_ENVIRONMENT_SET_MESSAGE, &message);
    if (log_printf) {
        log_printf(RETRO_LOG_DEBUG, "%s\n", long_text + ROOM - 100);
    }
    audio_sample(1, 2);
    audio_batch(samples, next(hand) % 512);
    audio_batch(NULL, 3);
    video(picture, CORE_WIDTH, 1 + next(hand) % CORE_HEIGHT, sizeof picture[0]);
    video(NULL, CORE_WIDTH, CORE_HEIGHT, 0);
    input_poll();
    input_state(next(hand) % 20, next(hand) % 300, next(hand) % 20, next(hand) % 400);
}

static void one_round(struct hand *hand)
{
    void *data = some_data(hand);
    const unsigned command = next(hand) % COMMANDS;
    const unsigned kind = next(hand) % 3 ? 0 : next(hand) & 0x30000;
    if (data) {
        give_functions(command, hand);
    }
    if (is_possible(hand, data) && command != RETRO_ENVIRONMENT_SHUTDOWN) {
        environment(command | kind, data);
    }
    switch (next(hand) % 4) {
    case 0:
        declare_options(hand);
        break;
    case 1:
        declare_memory(hand);
        break;
    case 2:
        speak(hand);
        break;
    default:
        break;
    }
}

static void *work(void *argument)
{
    struct hand hand = {seed + (uint32_t)(uintptr_t)argument, {0}};
    for (int i = 0; alive ? !atomic_load(&stop) : i < rounds; i++) {
        one_round(&hand);
    }
    return NULL;
}

static void begin(void)
{
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
}

static void end(void)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

void retro_run(void)
{
    struct hand hand = {content_word(0) ^ frame_number, {0}};
    const uint32_t lives = content_word(2);
    memset(long_text, 'x', sizeof long_text - 1);
    frame_number++;
    ram[0] = frame_number;
    seed = content_word(0) * 1000 + frame_number;
    rounds = (int)content_word(1);
    if (lives == 1) {
        begin();
    } else if (lives == 0 && !alive) {
        alive = true;
        begin();
    }
    for (int i = 0; i < rounds; i++) {
        one_round(&hand);
    }
    if (lives == 1) {
        end();
    }
    show_frame_number();
}

void retro_deinit(void)
{
    atomic_store(&stop, true);
    if (alive) {
        end();
    }
}
