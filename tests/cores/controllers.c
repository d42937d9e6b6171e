/* Offers controllers with variants, names its buttons, and notes what is plugged in. */
#define CORE_NAME "controllers"
#define OWN_retro_set_environment
#define OWN_retro_load_game
#define OWN_retro_set_controller_port_device
#include "core.h"

void retro_set_environment(retro_environment_t callback)
{
    char first[] = "Six buttons";
    struct retro_controller_description pads[] = {
        {"Pad", RETRO_DEVICE_JOYPAD},
        {first, RETRO_DEVICE_SUBCLASS(RETRO_DEVICE_JOYPAD, 0)},
        {"Light gun", RETRO_DEVICE_SUBCLASS(RETRO_DEVICE_LIGHTGUN, 1)},
    };
    struct retro_controller_description mice[] = {{"Mouse", RETRO_DEVICE_MOUSE}};
    struct retro_controller_info ports[] = {{pads, 3}, {mice, 1}, {NULL, 0}};
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_CONTROLLER_INFO, ports);
    memset(first, '?', sizeof first - 1);
    memset(pads, 0xee, sizeof pads);
}

bool retro_load_game(const struct retro_game_info *game)
{
    char fire[] = "Fire";
    struct retro_input_descriptor descriptors[] = {
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_B, fire},
        {0, RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_LEFT, RETRO_DEVICE_ID_ANALOG_X, "Steer"},
        {1, RETRO_DEVICE_MOUSE, 0, RETRO_DEVICE_ID_MOUSE_LEFT, "Shoot"},
        {0, 0, 0, 0, NULL},
    };
    keep_content(game);
    environment(RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS, descriptors);
    memset(fire, '?', sizeof fire - 1);
    return true;
}

void retro_set_controller_port_device(unsigned port, unsigned device)
{
    note("%u %u %u", (unsigned)frame_number, port, device);
    /* Real cores change the names of the buttons here. */
    if (frame_number > 0) {
        struct retro_input_descriptor changed[] = {
            {port, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_A, "Changed"},
            {0, 0, 0, 0, NULL},
        };
        environment(RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS, changed);
    }
}
