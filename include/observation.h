/*
 * The observation of one core: its last pictures cropped, masked, gray or RGB, pooled, resized and
 * stacked, in one pass over the rows of the core's own framebuffer.
 *
 * A step calls observer_picture() or observer_repeat() for each of its last `pool` frames, the very
 * last one with `last`, and observer_write() when somebody wants the result. A step of fewer frames
 * than `pool` shows what it has: a picture of an earlier step is never pooled with, unless the core
 * repeats it. Only sizes not met before allocate.
 */
#ifndef PYLIBRETRO_OBSERVATION_H
#define PYLIBRETRO_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resize.h"

enum observation_pool_mode { OBSERVATION_MAX, OBSERVATION_MEAN };
enum observation_padding { OBSERVATION_REPEAT, OBSERVATION_ZERO };
enum observation_layout { OBSERVATION_CHW, OBSERVATION_HWC };
enum observation_dtype { OBSERVATION_UINT8, OBSERVATION_FLOAT32 };

struct observation_rectangle {
    unsigned top, left, height, width;
};

/* As pylibretro.Observation, whose tuples of names give the numbers. */
struct observation_settings {
    unsigned maximum_width, maximum_height; /* of the core's pictures, as it sends them */
    unsigned width, height;                 /* of the result */
    bool cropped;
    struct observation_rectangle crop;
    const struct observation_rectangle *masks;
    size_t mask_count;
    bool rotate;
    bool gray;
    int luma; /* enum planes_luma */
    unsigned pool;
    int pool_mode;
    int resize; /* enum resize_mode */
    unsigned stack;
    int padding;
    int layout;
    int dtype;
};

enum { OBSERVATION_CHANNELS = 3, OBSERVATION_STACK_LIMIT = 16 };

/* A picture before it is pooled and resized: the planes of a row lie side by side, so that a change
 * of size moves rows and not planes. */
struct observation_planes {
    uint8_t *rows;
    size_t capacity;
    unsigned width, height;
};

/* What a picture changes of an observer, besides memory that nobody has looked at. */
struct observer_position {
    unsigned last_picture; /* which of the two pooled ones */
    unsigned newest;
    bool empty;
    bool seen;    /* there has been a picture */
    bool pooling; /* the last one belongs to the step under way */
};

/* Zero-initialised is valid and empty. */
struct observer {
    struct observation_settings settings;
    struct observation_rectangle *masks;
    struct resizer resizers[OBSERVATION_CHANNELS];
    struct observation_planes passing;     /* rows on their way to the resizers */
    struct observation_planes pictures[2]; /* with pooling: the last two */
    uint8_t *turned;                       /* a rotated picture, upright */
    size_t turned_capacity;
    uint8_t *ring; /* `stack` observations, each a plane for every channel; black when empty */
    struct observer_position at, before; /* now, and before the last picture */
    uint8_t *interleaved; /* a row of the result on its way to float32, and its words */
};

/* Bytes of the result of observer_write(). */
size_t observer_bytes(const struct observation_settings *settings);

/* Get ready for `settings`, of which a copy is kept, with an empty stack. false: there is no
 * memory, and the observer is as good as freed. */
bool observer_prepare(struct observer *observer, const struct observation_settings *settings);

void observer_free(struct observer *observer);

/* Forget all pictures, as after a reset. */
void observer_clear(struct observer *observer);

/* Let only the newest observation stay on the stack: a game begins with what it shows. */
void observer_forget_older(struct observer *observer);

/*
 * The core sent a picture in one of the last `pool` frames of the step; with `last`, in its very
 * last one: the observation is then complete and on the stack. `rotation` is that of SET_ROTATION.
 * Pixels that the crop leaves out are not touched. false: no memory for a picture of this size, and
 * nothing has changed.
 */
bool observer_picture(struct observer *observer, bool last, int format, const void *data,
                      size_t pitch, unsigned width, unsigned height, unsigned rotation);

/* Undo the last observer_picture(): the core has sent another picture in the same frame. */
void observer_take_back(struct observer *observer);

/* As observer_picture() where the frame showed what the frame before it showed, and that picture
 * has been given to observer_picture(). Where no picture has been since the stack was emptied, the
 * frame is black. */
bool observer_repeat(struct observer *observer, bool last);

/* Write all observations of the stack, the oldest first. */
void observer_write(const struct observer *observer, void *result);

/*
 * What a save state carries so that the observations after it are the same: the stack, and the last
 * picture when it may still be pooled with.
 */

/* The most that observer_save_history() writes. */
size_t observer_history_bytes(const struct observation_settings *settings);

/* Returns the number of bytes written; 0, and nothing is written, when `size` is too small, which
 * it can only be after a picture larger than the maximum of the settings. */
size_t observer_save_history(const struct observer *observer, void *history, size_t size);

/* false, and nothing changes: this is no history of an observer with such settings, or there is no
 * memory. */
bool observer_load_history(struct observer *observer, const void *history, size_t size);

#endif
