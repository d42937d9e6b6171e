/*
 * Writes every answer of input_state to RAM: QUERIES words for each of 16 ports, in the order of
 * read_port(). content[0] is how often it polls a frame, content[1] how often it reads everything.
 * ram[16 * QUERIES] counts answers that changed within a frame, the next word disagreements of the
 * joypad mask with the single buttons, the next answers other than 0 to senseless questions.
 */
#define CORE_NAME "input"
#define CORE_RAM_WORDS 16384
#define OWN_retro_run
#include "core.h"

enum { KEYS = 342, TOUCHES = 16, QUERIES = 16 + 1 + 4 + 16 + 11 + 17 + 4 * TOUCHES + 1 + KEYS };
enum { CHANGED = 16 * QUERIES, DISAGREED, SENSELESS };

static unsigned query_number;

static void read_one(unsigned port, unsigned device, unsigned index, unsigned id, bool again)
{
    uint32_t answer = (uint16_t)input_state(port, device, index, id);
    uint32_t *place = &ram[port * QUERIES + query_number++];
    ram[CHANGED] += again && *place != answer;
    *place = answer;
}

static void read_ids(unsigned port, unsigned device, unsigned index, unsigned ids, bool again)
{
    for (unsigned id = 0; id < ids; id++) {
        read_one(port, device, index, id, again);
    }
}

static void read_port(unsigned port, bool again)
{
    query_number = 0;
    read_ids(port, RETRO_DEVICE_JOYPAD, 0, 16, again);
    read_one(port, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_MASK, again);
    read_ids(port, RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_LEFT, 2, again);
    read_ids(port, RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_RIGHT, 2, again);
    read_ids(port, RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_BUTTON, 16, again);
    read_ids(port, RETRO_DEVICE_MOUSE, 0, 11, again);
    read_ids(port, RETRO_DEVICE_LIGHTGUN, 0, 17, again);
    for (unsigned touch = 0; touch < TOUCHES; touch++) {
        read_ids(port, RETRO_DEVICE_POINTER, touch, 3, again);
        read_one(port, RETRO_DEVICE_POINTER, touch, RETRO_DEVICE_ID_POINTER_IS_OFFSCREEN, again);
    }
    read_one(port, RETRO_DEVICE_POINTER, 0, RETRO_DEVICE_ID_POINTER_COUNT, again);
    read_ids(port, RETRO_DEVICE_KEYBOARD, 0, KEYS, again);
}

static void check_mask(unsigned port)
{
    unsigned mask = 0, subclass = RETRO_DEVICE_SUBCLASS(RETRO_DEVICE_JOYPAD, 3);
    for (unsigned id = 0; id < 16; id++) {
        mask |= (unsigned)input_state(port, RETRO_DEVICE_JOYPAD, 0, id) << id;
    }
    ram[DISAGREED] +=
        mask != (uint16_t)input_state(port, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_MASK);
    ram[DISAGREED] += mask != (uint16_t)input_state(port, subclass, 0, RETRO_DEVICE_ID_JOYPAD_MASK);
}

/* Cores ask for the subclass that they have plugged in, and the frontend looks at its base. */
static void check_subclasses(unsigned port)
{
    static const unsigned questions[][3] = {
        {RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_L},
        {RETRO_DEVICE_MOUSE, 0, RETRO_DEVICE_ID_MOUSE_Y},
        {RETRO_DEVICE_KEYBOARD, 0, RETROK_a},
        {RETRO_DEVICE_LIGHTGUN, 0, RETRO_DEVICE_ID_LIGHTGUN_SCREEN_X},
        {RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_RIGHT, RETRO_DEVICE_ID_ANALOG_Y},
        {RETRO_DEVICE_POINTER, 1, RETRO_DEVICE_ID_POINTER_X},
    };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const unsigned *question = questions[i];
        unsigned subclass = RETRO_DEVICE_SUBCLASS(question[0], 7 * i);
        ram[DISAGREED] += input_state(port, question[0], question[1], question[2]) !=
                          input_state(port, subclass, question[1], question[2]);
    }
}

static void ask_nonsense(void)
{
    static const unsigned questions[][4] = {
        {0, RETRO_DEVICE_NONE, 0, 0},
        {0, 7, 0, 0},
        {0, 255, 0, 0},
        {16, RETRO_DEVICE_JOYPAD, 0, 0},
        {~0u, RETRO_DEVICE_JOYPAD, 0, 0},
        {0, RETRO_DEVICE_JOYPAD, 0, 16},
        {0, RETRO_DEVICE_JOYPAD, 0, 255},
        {0, RETRO_DEVICE_JOYPAD, 0, 257},
        {0, RETRO_DEVICE_JOYPAD, 0, ~0u},
        {0, RETRO_DEVICE_ANALOG, 3, 0},
        {0, RETRO_DEVICE_ANALOG, 0, 2},
        {0, RETRO_DEVICE_ANALOG, ~0u, ~0u},
        {0, RETRO_DEVICE_ANALOG, 2, 16},
        {0, RETRO_DEVICE_MOUSE, 0, 11},
        {0, RETRO_DEVICE_MOUSE, 0, 15},
        {0, RETRO_DEVICE_LIGHTGUN, 0, 17},
        {0, RETRO_DEVICE_LIGHTGUN, 0, 31},
        {0, RETRO_DEVICE_POINTER, 4096, 0},
        {0, RETRO_DEVICE_POINTER, 0, 16},
        {0, RETRO_DEVICE_KEYBOARD, 0, KEYS},
        {0, RETRO_DEVICE_KEYBOARD, 0, 351},
        {0, RETRO_DEVICE_KEYBOARD, 0, 100000},
        {16, RETRO_DEVICE_MOUSE, 0, 0},
        {0, RETRO_DEVICE_KEYBOARD, 0, ~0u},
    };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const unsigned *question = questions[i];
        ram[SENSELESS] += input_state(question[0], question[1], question[2], question[3]) != 0;
    }
}

void retro_run(void)
{
    unsigned readings = content_byte(1) ? content_byte(1) : 1;
    for (unsigned i = 0; i < content_byte(0); i++) {
        input_poll();
    }
    for (unsigned reading = 0; reading < readings; reading++) {
        for (unsigned port = 0; port < 16; port++) {
            read_port(port, reading > 0);
            check_mask(port);
            check_subclasses(port);
        }
        ask_nonsense();
        if (content_byte(0)) {
            input_poll();
        }
    }
    frame_number++;
    show_frame_number();
}
