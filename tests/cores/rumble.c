/* Shakes the pads: port, effect and strength follow from the frame. Also lights LEDs and asks the
 * sensors, the other small interfaces with a function to call. */
#define CORE_NAME "rumble"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    struct retro_rumble_interface rumble = {NULL};
    struct retro_led_interface led = {NULL};
    struct retro_sensor_interface sensor = {NULL, NULL};
    frame_number++;
    ram[0] = environment(RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE, &rumble);
    if (rumble.set_rumble_state) {
        unsigned port = frame_number & 1;
        ram[1] =
            rumble.set_rumble_state(port, RETRO_RUMBLE_STRONG, (uint16_t)(1000 * frame_number));
        ram[2] = rumble.set_rumble_state(port, RETRO_RUMBLE_WEAK, (uint16_t)(10 * frame_number));
        ram[3] = rumble.set_rumble_state(99, RETRO_RUMBLE_WEAK, 1);
        ram[4] = rumble.set_rumble_state(0, (enum retro_rumble_effect)7, 1);
    }
    ram[5] = environment(RETRO_ENVIRONMENT_GET_LED_INTERFACE, &led);
    if (led.set_led_state) {
        led.set_led_state(2, 1);
        led.set_led_state(-1, 1);
        led.set_led_state(100000, 1);
    }
    ram[6] = environment(RETRO_ENVIRONMENT_GET_SENSOR_INTERFACE, &sensor);
    if (sensor.set_sensor_state && sensor.get_sensor_input) {
        ram[7] = sensor.set_sensor_state(0, RETRO_SENSOR_ACCELEROMETER_ENABLE, 60);
        ram[8] = sensor.get_sensor_input(0, RETRO_SENSOR_ACCELEROMETER_X) != 0.0f;
        ram[9] = sensor.get_sensor_input(99, 99) != 0.0f;
    }
    show_frame_number();
}
