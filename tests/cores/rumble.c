/* Shakes the pads: port, effect and strength follow from the frame. With content, byte n is the
 * strength of the strong motor of port 0 in frame n, in 256ths. */
#define CORE_NAME "rumble"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    struct retro_rumble_interface rumble = {NULL};
    frame_number++;
    ram[0] = environment(RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE, &rumble);
    if (rumble.set_rumble_state && content_size) {
        rumble.set_rumble_state(0, RETRO_RUMBLE_STRONG,
                                (uint16_t)(256 * content_byte(frame_number - 1)));
    } else if (rumble.set_rumble_state) {
        unsigned port = frame_number & 1;
        ram[1] =
            rumble.set_rumble_state(port, RETRO_RUMBLE_STRONG, (uint16_t)(1000 * frame_number));
        ram[2] = rumble.set_rumble_state(port, RETRO_RUMBLE_WEAK, (uint16_t)(10 * frame_number));
        ram[3] = rumble.set_rumble_state(99, RETRO_RUMBLE_WEAK, 1);
        ram[4] = rumble.set_rumble_state(0, (enum retro_rumble_effect)7, 1);
    }
    show_frame_number();
}
