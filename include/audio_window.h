/*
 * A window over a core's sound: the newest `length` samples, at a rate of its own.
 *
 * Samples that a core sends are fed in; the window can be written out at any time. What it shows
 * is a function of the samples since the last clear and of nothing else: not of how they were cut
 * into calls, not of when the window was written, not of the compiler or the processor, because
 * all arithmetic on samples is of integers. Before the first sample there is silence. The
 * kernels are those of simd_level().
 *
 * Resampled sample k is the sound at time k / rate, through a low-pass filter: flat to 0.8 of the
 * lower of the two Nyquist frequencies, closed from that frequency on. The filter looks half its
 * width ahead, so the newest sample in the window is 20 to 28 periods of the lower rate older than
 * the newest sample fed. Without resampling (no rate asked for, or the core's own) samples pass
 * through untouched and at once.
 */
#ifndef PYLIBRETRO_AUDIO_WINDOW_H
#define PYLIBRETRO_AUDIO_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUDIO_WINDOW_LENGTH_MOST = 1 << 24,
    AUDIO_WINDOW_RATE_MOST = 1 << 24,
};

struct audio_window_settings {
    size_t length;     /* samples in the window, 1 to AUDIO_WINDOW_LENGTH_MOST */
    double rate;       /* of the window in Hz, 1 to AUDIO_WINDOW_RATE_MOST; 0: the core's own */
    unsigned channels; /* 1: the mean of left and right, halves to even; 2: left, right */
    bool floats;       /* float32, samples / 32768, instead of int16 */
};

/* A moment, in samples of the source: `whole` and `rest` parts of `audio_window.unit`. */
struct audio_window_moment {
    uint64_t whole, rest;
};

/* Rows of taps for the moments 0, 1/phases, 2/phases ... 1 after a sample. */
struct audio_window_filter {
    int16_t *rows;  /* NULL: samples pass through */
    size_t taps;    /* in a row */
    size_t behind;  /* samples kept before the moment */
    size_t ahead;   /* samples needed after it */
    int phase_bits; /* the binary logarithm of phases */
    int gain_bits;  /* that of the sum of every row */
    struct audio_window_moment step;
};

/* Zero-initialised is valid for audio_window_prepare() and audio_window_free(). */
struct audio_window {
    struct audio_window_settings settings;
    uint64_t source_rate, rate; /* in 2^-32 Hz, so that no time is ever rounded */
    uint64_t unit, per_unit;    /* `rate` shifted up to 2^62 or more; about 2^94 / unit */
    int unit_shift;
    struct audio_window_filter filter;
    struct audio_window_moment next; /* of the next sample of the window */
    int16_t *source;                 /* channel after channel, `capacity` samples each */
    size_t capacity, used;
    int16_t *newest; /* channel after channel, settings.length samples each, oldest first */
};

/* Allocate what a window needs, and clear it. Sound of 0 Hz, or of any rate that is not between 1
 * and AUDIO_WINDOW_RATE_MOST, passes through. False: no memory, or settings out of range. */
bool audio_window_prepare(struct audio_window *window, const struct audio_window_settings *settings,
                          double source_rate);

void audio_window_free(struct audio_window *window);

/* What is fed from now on has another rate. Sound goes on without a gap or a jump: the filter takes
 * the last samples before the change as if they had the new rate. False, and nothing changes: no
 * memory. Nothing is done, or allocated, when the rate is as it was. */
bool audio_window_set_source_rate(struct audio_window *window, double source_rate);

/* Silence, as after audio_window_prepare(). */
void audio_window_clear(struct audio_window *window);

/* Take `count` pairs of left and right. Little is done but to keep them: samples that leave the
 * window before it is written are never computed. */
void audio_window_feed(struct audio_window *window, const int16_t *frames, size_t count);

/* Write the window, audio_window_bytes() of it: [length][channels], oldest first. */
void audio_window_write(struct audio_window *window, void *out);
size_t audio_window_bytes(const struct audio_window_settings *settings);

/* The window as bytes: the same sound before gives the same bytes, whatever was written when. Their
 * number depends on the settings and the source rate alone. */
size_t audio_window_state_bytes(const struct audio_window *window);
void audio_window_save(struct audio_window *window, void *state);

/* Go on exactly where audio_window_save() was called, with the source rate of that time. False, and
 * nothing changes: the bytes are not those of a window of these settings, or no memory. */
bool audio_window_load(struct audio_window *window, const void *state, size_t size);

#endif
