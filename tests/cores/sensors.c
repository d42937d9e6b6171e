/* Enables in frame 1 what the content asks for: bytes of port, action and rate. Every frame writes
 * what all sensors of all ports measure to RAM, from word 64 on, as floats; ram[0] is whether there
 * are sensors, the words from ram[1] on the answers to the actions, and ram[60] counts answers
 * other than 0 to senseless questions. */
#define CORE_NAME "sensors"
#define OWN_retro_run
#include "core.h"

static void ask_nonsense(const struct retro_sensor_interface *sensors)
{
    static const unsigned questions[][2] = {{0, 7}, {0, ~0u}, {16, 0}, {~0u, 6}, {99, 99}};
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        ram[60] += sensors->get_sensor_input(questions[i][0], questions[i][1]) != 0.0f;
    }
}

void retro_run(void)
{
    struct retro_sensor_interface sensors = {NULL, NULL};
    frame_number++;
    ram[0] = environment(RETRO_ENVIRONMENT_GET_SENSOR_INTERFACE, &sensors);
    if (ram[0]) {
        for (size_t i = 0; frame_number == 1 && 3 * i < content_size; i++) {
            ram[1 + i] = sensors.set_sensor_state(
                content[3 * i], (enum retro_sensor_action)content[3 * i + 1], content[3 * i + 2]);
        }
        for (unsigned port = 0; port < 16; port++) {
            for (unsigned id = 0; id < 7; id++) {
                float value = sensors.get_sensor_input(port, id);
                memcpy(&ram[64 + 7 * port + id], &value, sizeof value);
            }
        }
        ask_nonsense(&sensors);
    }
    show_frame_number();
}
