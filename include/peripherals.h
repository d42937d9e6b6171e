/* What a core may have besides pads: rumble motors, LEDs, sensors, power, microphones, a camera, a
   location and MIDI. Each is offered unless the user said otherwise. */
#ifndef PYLIBRETRO_PERIPHERALS_H
#define PYLIBRETRO_PERIPHERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

enum { PERIPHERAL_PORTS = 16, PERIPHERAL_LEDS = 32, PERIPHERAL_MICROPHONES = 4 };

/* Bits of `offered`. */
enum peripheral {
    PERIPHERAL_RUMBLE = 1 << 0,
    PERIPHERAL_SENSORS = 1 << 1,
    PERIPHERAL_LED = 1 << 2,
    PERIPHERAL_POWER = 1 << 3,
    PERIPHERAL_MICROPHONE = 1 << 4,
    PERIPHERAL_MIDI = 1 << 5,
    PERIPHERAL_CAMERA = 1 << 6,
    PERIPHERAL_LOCATION = 1 << 7
};

enum { SENSOR_ACCELEROMETER, SENSOR_GYROSCOPE, SENSOR_ILLUMINANCE, SENSOR_KINDS };

struct frontend;

struct sensor_request {
    bool enabled;
    unsigned rate;
};

struct microphone { /* what a core holds as struct retro_microphone; it stays where it is */
    struct frontend *frontend;
    bool open, active;
    unsigned rate;
    uint64_t position;    /* samples read */
    size_t read_in_frame; /* those of the running frame */
    /* what it hears: samples from number `start` on, and silence before and after them; `asks` is
       whether others can be got between frames */
    const int16_t *samples;
    size_t length;
    uint64_t start;
    bool asks;
};

struct camera {
    struct retro_camera_callback callback;
    bool asked, initialized, running;
    uint64_t position; /* pictures shown */
    /* what it sees: `length` pictures from number `start` on, or the dark */
    const uint32_t *pictures;
    size_t length, width, height;
    uint64_t start;
    bool asks;
    uint32_t *dark;
    unsigned dark_width, dark_height;
};

struct location {
    struct retro_location_callback callback;
    bool asked, initialized, started, known;
    unsigned interval, distance; /* milliseconds, metres */
    double numbers[4];           /* latitude, longitude, accuracies */
};

struct midi_event {
    uint64_t frame;
    uint32_t delta_time;
    uint8_t byte;
};

struct midi_queue {
    struct midi_event *events;
    size_t length, capacity;
    uint64_t first; /* how many have been forgotten */
};

struct midi {
    bool input_enabled, output_enabled;
    struct midi_queue input, output;
    uint64_t position; /* bytes of the input read */
};

struct peripherals {
    unsigned offered;
    bool awake;          /* whether there is anything to do at a frame */
    bool asking;         /* whether any source of the user's is to be asked */
    volatile int hungry; /* whether one is to be asked before the next frame */
    uint16_t rumble_peak[PERIPHERAL_PORTS][2]; /* the strongest since live input was latched */
    int32_t leds[PERIPHERAL_LEDS];
    struct sensor_request sensors[PERIPHERAL_PORTS][SENSOR_KINDS];
    struct retro_device_power power;
    struct microphone microphones[PERIPHERAL_MICROPHONES];
    struct camera camera;
    struct location location;
    struct midi midi;
};

#endif
