/* What a core is told about time, and says about its own: plain C that may be touched from any
   thread of the core. */
#ifndef PYLIBRETRO_TIMING_H
#define PYLIBRETRO_TIMING_H

#include "libretro.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIMING_COUNTERS = 256, TIMING_NAME = 64 };

struct timing_counter {
    struct retro_perf_counter *counter; /* the core's own */
    char name[TIMING_NAME];
};

struct frontend_timing {
    /* answers */
    float refresh_rate;
    unsigned sample_rate; /* 0: whatever the core likes */
    struct retro_throttle_state throttle;
    bool fast_forwarding;
    int buffer_occupancy; /* in percent; negative: no sound is played */
    bool real_time;       /* the performance interface shows the machine's clock */

    /* what the core said */
    bool overridden;
    struct retro_fastforwarding_override fast_forwarding_override;
    struct timing_counter counters[TIMING_COUNTERS]; /* under the frontend's lock */
    unsigned counter_count;

    /* The instance's clock stands still within a frame, but for a microsecond that passes with
       each question, so that a core which waits for it sees it go on. */
    volatile uint32_t questions;
    double audio_due; /* samples that the audio callback still owes */
};

#endif
