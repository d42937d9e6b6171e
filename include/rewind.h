/* The past of one machine: the state before each frame, stored as its difference from the next
   one in a ring that forgets the oldest. Only the newest state is whole, so that going back is
   undoing one difference after the other, and that the oldest can go without a trace.

   A record of the ring is its size, the bytes, and its size again, so that it can be found from
   both ends. The bytes are a rewind_moment, the input of the frame, the difference between the
   picture that the frame repeats and the one repeated before, and that between the states. */
#ifndef PYLIBRETRO_REWIND_H
#define PYLIBRETRO_REWIND_H

#include "blocks.h"
#include "state_delta.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

enum { REWIND_SIZE_BYTES = 4, REWIND_ENDS = 2 * REWIND_SIZE_BYTES };

static inline bool rewind_ring_init(struct rewind_ring *ring, size_t capacity)
{
    memset(ring, 0, sizeof *ring);
    ring->bytes = block_allocate(capacity);
    ring->capacity = ring->bytes ? capacity : 0;
    return ring->bytes != NULL;
}

static inline void rewind_ring_free(struct rewind_ring *ring)
{
    if (ring->bytes)
        block_free(ring->bytes, ring->capacity);
    memset(ring, 0, sizeof *ring);
}

static inline void rewind_ring_clear(struct rewind_ring *ring)
{
    ring->first = ring->used = ring->records = 0;
}

static inline size_t rewind_ring_place(const struct rewind_ring *ring, size_t offset)
{
    const size_t place = ring->first + offset;
    return place < ring->capacity ? place : place - ring->capacity;
}

static inline void rewind_ring_write(struct rewind_ring *ring, size_t offset, const void *data,
                                     size_t size)
{
    const size_t place = rewind_ring_place(ring, offset), straight = ring->capacity - place;
    const size_t head = size < straight ? size : straight;
    memcpy(ring->bytes + place, data, head);
    memcpy(ring->bytes, (const uint8_t *)data + head, size - head);
}

static inline void rewind_ring_read(const struct rewind_ring *ring, size_t offset, void *data,
                                    size_t size)
{
    const size_t place = rewind_ring_place(ring, offset), straight = ring->capacity - place;
    const size_t head = size < straight ? size : straight;
    memcpy(data, ring->bytes + place, head);
    memcpy((uint8_t *)data + head, ring->bytes, size - head);
}

static inline void rewind_ring_drop_oldest(struct rewind_ring *ring)
{
    uint32_t size;
    rewind_ring_read(ring, 0, &size, sizeof size);
    ring->first = rewind_ring_place(ring, size + REWIND_ENDS);
    ring->used -= size + REWIND_ENDS;
    ring->records--;
}

/* Forgets as many of the oldest as it must; false, with nothing left, for more than there is
   room for. */
static inline bool rewind_ring_push(struct rewind_ring *ring, const void *record, size_t bytes)
{
    const uint32_t size = (uint32_t)bytes;
    if (bytes > UINT32_MAX || bytes + REWIND_ENDS > ring->capacity) {
        rewind_ring_clear(ring);
        return false;
    }
    while (ring->capacity - ring->used < bytes + REWIND_ENDS)
        rewind_ring_drop_oldest(ring);
    rewind_ring_write(ring, ring->used, &size, sizeof size);
    rewind_ring_write(ring, ring->used + sizeof size, record, bytes);
    rewind_ring_write(ring, ring->used + sizeof size + bytes, &size, sizeof size);
    ring->used += bytes + REWIND_ENDS;
    ring->records++;
    return true;
}

static inline size_t rewind_ring_newest_size(const struct rewind_ring *ring)
{
    uint32_t size;
    rewind_ring_read(ring, ring->used - sizeof size, &size, sizeof size);
    return size;
}

/* To a place of rewind_ring_newest_size() bytes. */
static inline void rewind_ring_pop(struct rewind_ring *ring, void *record)
{
    const size_t bytes = rewind_ring_newest_size(ring);
    rewind_ring_read(ring, ring->used - REWIND_SIZE_BYTES - bytes, record, bytes);
    ring->used -= bytes + REWIND_ENDS;
    ring->records--;
}

/* The beginning of the oldest record. */
static inline void rewind_ring_peek_oldest(const struct rewind_ring *ring, void *head, size_t bytes)
{
    rewind_ring_read(ring, REWIND_SIZE_BYTES, head, bytes);
}

#endif
