/* Shows the frame number in binary on its first LEDs, and its negative on the last that there is.
 * ram[0] is whether there are LEDs; sets some that there are not, too. */
#define CORE_NAME "leds"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    struct retro_led_interface led = {NULL};
    frame_number++;
    ram[0] = environment(RETRO_ENVIRONMENT_GET_LED_INTERFACE, &led);
    if (led.set_led_state) {
        for (int number = 0; number < 8; number++) {
            led.set_led_state(number, frame_number >> number & 1);
        }
        led.set_led_state(31, -(int)frame_number);
        led.set_led_state(32, 1);
        led.set_led_state(-1, 1);
        led.set_led_state(INT_MAX, 1);
    }
    ram[1] = environment(RETRO_ENVIRONMENT_GET_LED_INTERFACE, NULL);
    show_frame_number();
}
