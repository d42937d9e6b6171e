/* The frontend's part of a machine at one moment: what a core's future depends on and
   retro_serialize cannot know. Plain numbers without pointers, so that it fits any instance of the
   core in any process of the same byte order.

   Not in it, because it belongs to the instance and stays: options, controllers, cheats, the list
   of disks and the live input; the pixel format, which says how to read the core's own memory; and
   the place where strtok stopped, which is an address in that memory. */
#ifndef PYLIBRETRO_FRONTEND_MOMENT_H
#define PYLIBRETRO_FRONTEND_MOMENT_H

#include "frontend.h"

#include <assert.h>

struct frontend_moment {
    uint64_t frame_count;
    uint64_t clock_nsec;
    int64_t clock_usec, start_usec;
    uint64_t rand48;
    uint64_t clock_questions; /* and, in its upper half, how many random numbers were drawn */
    double audio_due;
    uint64_t microphone_positions[PERIPHERAL_MICROPHONES], camera_position, midi_position;
    double fps, sample_rate;
    float aspect_ratio;
    uint32_t base_width, base_height, rotation;
    int32_t random_table[31];
    uint32_t random_newest;
    int32_t calendar[9]; /* what localtime returned last, for a core that still looks at it */
    uint16_t rumble[FRONTEND_PORTS][2];
    char calendar_text[64];
    int32_t leds[PERIPHERAL_LEDS];
    uint8_t keyboard[FRONTEND_KEYS / 8]; /* keys the core has been told of as held, bit by bit */
    /* the picture that a repeat would show, where it is kept beside the moment */
    uint32_t picture_width, picture_height;
    int32_t picture_format;
    uint8_t picture_rotation, may_repeat;
    uint8_t disk;    /* 0: not known, 1: in the closed drive, 2: the drive is open */
    uint8_t unheard; /* the sound of frames before it has been left out */
    uint32_t disk_index;
    uint16_t keyboard_locks;
    uint8_t unused_too[2];
};

static_assert(sizeof(struct frontend_moment) % 16 == 0, "what follows a moment is aligned");

void frontend_moment_save(const struct frontend *frontend, struct frontend_moment *moment);

/* To be called after retro_unserialize, which may itself draw random numbers and report sizes. */
void frontend_moment_load(struct frontend *frontend, const struct frontend_moment *moment);

/* The keys of the moment as input of port 0; the caller tells the core of them before it loads
   the state, in which they may have left something. */
void frontend_moment_keys(const struct frontend_moment *moment, uint8_t *keyboard);

/* What a moment from a file must not say, because code relies on it. */
bool frontend_moment_is_sound(const struct frontend_moment *moment);

#endif
