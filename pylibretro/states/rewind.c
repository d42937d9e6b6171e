#include "rewind.h"

#include "blocks.h"

#include <string.h>

enum { SIZE_BYTES = 4, ENDS_BYTES = 2 * SIZE_BYTES };

bool rewind_ring_init(struct rewind_ring *ring, size_t capacity)
{
    memset(ring, 0, sizeof *ring);
    ring->bytes = block_allocate(capacity);
    ring->capacity = ring->bytes ? capacity : 0;
    return ring->bytes != NULL;
}

void rewind_ring_free(struct rewind_ring *ring)
{
    if (ring->bytes)
        block_free(ring->bytes, ring->capacity);
    memset(ring, 0, sizeof *ring);
}

void rewind_ring_clear(struct rewind_ring *ring)
{
    ring->first = ring->used = ring->records = 0;
}

static size_t place_of(const struct rewind_ring *ring, size_t offset)
{
    const size_t place = ring->first + offset;
    return place < ring->capacity ? place : place - ring->capacity;
}

static void write_at(struct rewind_ring *ring, size_t offset, const void *data, size_t size)
{
    const size_t place = place_of(ring, offset), straight = ring->capacity - place;
    const size_t head = size < straight ? size : straight;
    memcpy(ring->bytes + place, data, head);
    memcpy(ring->bytes, (const uint8_t *)data + head, size - head);
}

static void read_at(const struct rewind_ring *ring, size_t offset, void *data, size_t size)
{
    const size_t place = place_of(ring, offset), straight = ring->capacity - place;
    const size_t head = size < straight ? size : straight;
    memcpy(data, ring->bytes + place, head);
    memcpy((uint8_t *)data + head, ring->bytes, size - head);
}

static void drop_oldest(struct rewind_ring *ring)
{
    uint32_t size;
    read_at(ring, 0, &size, sizeof size);
    ring->first = place_of(ring, size + ENDS_BYTES);
    ring->used -= size + ENDS_BYTES;
    ring->records--;
}

bool rewind_ring_push(struct rewind_ring *ring, const void *record, size_t bytes)
{
    const uint32_t size = (uint32_t)bytes;
    if (bytes > UINT32_MAX || bytes + ENDS_BYTES > ring->capacity) {
        rewind_ring_clear(ring);
        return false;
    }
    while (ring->capacity - ring->used < bytes + ENDS_BYTES)
        drop_oldest(ring);
    write_at(ring, ring->used, &size, sizeof size);
    write_at(ring, ring->used + sizeof size, record, bytes);
    write_at(ring, ring->used + sizeof size + bytes, &size, sizeof size);
    ring->used += bytes + ENDS_BYTES;
    ring->records++;
    return true;
}

size_t rewind_ring_newest_size(const struct rewind_ring *ring)
{
    uint32_t size;
    read_at(ring, ring->used - sizeof size, &size, sizeof size);
    return size;
}

void rewind_ring_pop(struct rewind_ring *ring, void *record)
{
    const size_t bytes = rewind_ring_newest_size(ring);
    read_at(ring, ring->used - SIZE_BYTES - bytes, record, bytes);
    ring->used -= bytes + ENDS_BYTES;
    ring->records--;
}

void rewind_ring_peek_oldest(const struct rewind_ring *ring, void *head, size_t bytes)
{
    read_at(ring, SIZE_BYTES, head, bytes);
}
