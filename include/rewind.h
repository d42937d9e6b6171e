/* The past of one machine: the state before each frame, stored as its difference from the next
   one in a ring that forgets the oldest. Only the newest state is whole, so that going back is
   undoing one difference after the other, and that the oldest can go without a trace.

   A record of the ring is its size, the bytes, and its size again, so that it can be found from
   both ends. The bytes are a rewind_moment, the input of the frame, the difference between the
   picture that the frame repeats and the one repeated before, and that between the states. */
#ifndef PYLIBRETRO_REWIND_H
#define PYLIBRETRO_REWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rewind_ring {
    uint8_t *bytes;
    size_t capacity, first, used, records;
};

struct rewind_moment {
    uint64_t frame; /* counted from the beginning of the past */
    uint32_t input_ports, input_bytes;
    uint32_t picture_bytes; /* 0: the frame sent a picture */
    uint32_t state_size, state_written;
    uint32_t unused;
};

/* In front of the pixels of a picture that a frame repeats. */
struct rewind_picture {
    uint32_t width, height;
    int32_t format;
    uint32_t rotation;
};

bool rewind_ring_init(struct rewind_ring *ring, size_t capacity);
void rewind_ring_free(struct rewind_ring *ring);
void rewind_ring_clear(struct rewind_ring *ring);
/* Forgets as many of the oldest as it must; false, with nothing left, for more than there is
   room for. */
bool rewind_ring_push(struct rewind_ring *ring, const void *record, size_t bytes);

size_t rewind_ring_newest_size(const struct rewind_ring *ring);
/* To a place of rewind_ring_newest_size() bytes. */
void rewind_ring_pop(struct rewind_ring *ring, void *record);
/* The beginning of the oldest record. */
void rewind_ring_peek_oldest(const struct rewind_ring *ring, void *head, size_t bytes);

#endif
