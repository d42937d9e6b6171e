/* The difference between two byte strings that are mostly equal, such as two save states of one
   machine: the runs of bytes in which the child differs from its parent.

   A delta is a row of numbers in LEB128 and bytes: the size of the child, then, until that many
   bytes are described, how many bytes are the parent's at the same place, how many are new, and
   the new ones. Bytes behind the parent's end are new. */
#ifndef PYLIBRETRO_STATE_DELTA_H
#define PYLIBRETRO_STATE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    STATE_DELTA_NUMBER = 10, /* bytes of the longest number */
    STATE_DELTA_BLOCK = 64
};

/* How many bytes state_delta_encode may write: a kept run is eight bytes or longer, which pays for
   its two numbers, so that only the first three numbers come on top of the child. */
static inline size_t state_delta_bound(size_t child_size)
{
    return child_size + 3 * STATE_DELTA_NUMBER;
}

static inline uint8_t *state_delta_put_number(uint8_t *delta, uint64_t number)
{
    while (number >= 0x80) {
        *delta++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *delta++ = (uint8_t)number;
    return delta;
}

/* The byte behind the number, or NULL where none ends before `end` or it is no size_t. */
static inline const uint8_t *state_delta_get_number(const uint8_t *delta, const uint8_t *end,
                                                    size_t *number)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (delta == end)
            return NULL;
        const uint8_t byte = *delta++;
        if (shift == 63 && byte > 1)
            return NULL;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *number = (size_t)value;
            return (uint64_t)*number == value ? delta : NULL;
        }
    }
    return NULL;
}

static inline uint64_t state_delta_word(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Where the first byte that differs is, from `at` on; `size` if there is none. */
static inline size_t state_delta_skip_equal(const uint8_t *parent, const uint8_t *child, size_t at,
                                            size_t size)
{
    while (size - at >= STATE_DELTA_BLOCK) {
        uint64_t differing = 0;
        for (size_t i = at; i < at + STATE_DELTA_BLOCK; i += 8)
            differing |= state_delta_word(parent + i) ^ state_delta_word(child + i);
        if (differing)
            break;
        at += STATE_DELTA_BLOCK;
    }
    while (size - at >= 8 && state_delta_word(parent + at) == state_delta_word(child + at))
        at += 8;
    while (at < size && parent[at] == child[at])
        at++;
    return at;
}

/* Where the run of differing bytes at `at` ends: before eight or more that are equal. */
static inline size_t state_delta_skip_differing(const uint8_t *parent, const uint8_t *child,
                                                size_t at, size_t size)
{
    const size_t start = at;
    while (size - at >= 8 && state_delta_word(parent + at) != state_delta_word(child + at))
        at += 8;
    if (size - at < 8)
        at = size;
    while (at > start && parent[at - 1] == child[at - 1])
        at--;
    return at;
}

/* Write the delta, at most state_delta_bound(child_size) bytes, and return its size. */
static inline size_t state_delta_encode(const void *parent_data, size_t parent_size,
                                        const void *child_data, size_t child_size, void *delta)
{
    const uint8_t *parent = parent_data, *child = child_data;
    const size_t common = parent_size < child_size ? parent_size : child_size;
    uint8_t *next = state_delta_put_number(delta, child_size);
    size_t at = 0;
    while (at < child_size) {
        const size_t kept_from = at;
        at = state_delta_skip_equal(parent, child, at, common);
        next = state_delta_put_number(next, at - kept_from);
        const size_t new_from = at;
        at = state_delta_skip_differing(parent, child, at, common);
        if (common - at < 8 && common < child_size)
            at = common; /* too short a run to keep before the bytes that the parent has not */
        if (at == common)
            at = child_size > common ? child_size : at;
        next = state_delta_put_number(next, at - new_from);
        memcpy(next, child + new_from, at - new_from);
        next += at - new_from;
    }
    return (size_t)(next - (uint8_t *)delta);
}

/* The size of the child that a delta describes; false if it describes none. */
static inline bool state_delta_child_size(const void *delta, size_t delta_size, size_t *child_size)
{
    const uint8_t *start = delta;
    return state_delta_get_number(start, start + delta_size, child_size) != NULL;
}

/* Write the child, child_size bytes apart from the parent's. Returns false, with anything in
   `child`, for a delta that is damaged or belongs to another parent or size; nothing outside the
   three strings is touched whatever the delta says. */
static inline bool state_delta_decode(const void *parent_data, size_t parent_size,
                                      const void *delta_data, size_t delta_size, void *child_data,
                                      size_t child_size)
{
    const uint8_t *parent = parent_data, *delta = delta_data, *const end = delta + delta_size;
    uint8_t *child = child_data;
    size_t at = 0, size, kept, added;
    delta = state_delta_get_number(delta, end, &size);
    if (!delta || size != child_size)
        return false;
    while (at < child_size) {
        delta = state_delta_get_number(delta, end, &kept);
        if (!delta || kept > child_size - at || (kept && (at > parent_size)) ||
            (kept && kept > parent_size - at))
            return false;
        if (kept)
            memcpy(child + at, parent + at, kept);
        at += kept;
        delta = state_delta_get_number(delta, end, &added);
        if (!delta || added > child_size - at || added > (size_t)(end - delta))
            return false;
        if (added)
            memcpy(child + at, delta, added);
        at += added;
        delta += added;
        if (kept + added == 0)
            return false;
    }
    return delta == end;
}

#endif
