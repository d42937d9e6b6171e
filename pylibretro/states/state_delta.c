#include "state_delta.h"

#include <stdint.h>
#include <string.h>

enum {
    NUMBER_BYTES = 10, /* of the longest number */
    BLOCK_BYTES = 64
};

size_t state_delta_bound(size_t child_size)
{
    return child_size + 3 * NUMBER_BYTES;
}

static uint8_t *put_number(uint8_t *delta, uint64_t number)
{
    while (number >= 0x80) {
        *delta++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *delta++ = (uint8_t)number;
    return delta;
}

/* The byte behind the number, or NULL where none ends before `end` or it is no size_t. */
static const uint8_t *get_number(const uint8_t *delta, const uint8_t *end, size_t *number)
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

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Where the first byte that differs is, from `at` on; `size` if there is none. */
static size_t skip_equal(const uint8_t *parent, const uint8_t *child, size_t at, size_t size)
{
    while (size - at >= BLOCK_BYTES) {
        uint64_t differing = 0;
        for (size_t i = at; i < at + BLOCK_BYTES; i += 8)
            differing |= word_at(parent + i) ^ word_at(child + i);
        if (differing)
            break;
        at += BLOCK_BYTES;
    }
    while (size - at >= 8 && word_at(parent + at) == word_at(child + at))
        at += 8;
    while (at < size && parent[at] == child[at])
        at++;
    return at;
}

/* Where the run of differing bytes at `at` ends: before eight or more that are equal. */
static size_t skip_differing(const uint8_t *parent, const uint8_t *child, size_t at, size_t size)
{
    const size_t start = at;
    while (size - at >= 8 && word_at(parent + at) != word_at(child + at))
        at += 8;
    if (size - at < 8)
        at = size;
    while (at > start && parent[at - 1] == child[at - 1])
        at--;
    return at;
}

size_t state_delta_encode(const void *parent_data, size_t parent_size, const void *child_data,
                          size_t child_size, void *delta)
{
    const uint8_t *parent = parent_data, *child = child_data;
    const size_t common = parent_size < child_size ? parent_size : child_size;
    uint8_t *next = put_number(delta, child_size);
    size_t at = 0;
    while (at < child_size) {
        const size_t kept_from = at;
        at = skip_equal(parent, child, at, common);
        next = put_number(next, at - kept_from);
        const size_t new_from = at;
        at = skip_differing(parent, child, at, common);
        if (common - at < 8 && common < child_size)
            at = common; /* too short a run to keep before the bytes that the parent lacks */
        if (at == common)
            at = child_size > common ? child_size : at;
        next = put_number(next, at - new_from);
        memcpy(next, child + new_from, at - new_from);
        next += at - new_from;
    }
    return (size_t)(next - (uint8_t *)delta);
}

bool state_delta_child_size(const void *delta, size_t delta_size, size_t *child_size)
{
    const uint8_t *start = delta;
    return get_number(start, start + delta_size, child_size) != NULL;
}

bool state_delta_decode(const void *parent_data, size_t parent_size, const void *delta_data,
                        size_t delta_size, void *child_data, size_t child_size)
{
    const uint8_t *parent = parent_data, *delta = delta_data, *const end = delta + delta_size;
    uint8_t *child = child_data;
    size_t at = 0, size, kept, added;
    delta = get_number(delta, end, &size);
    if (!delta || size != child_size)
        return false;
    while (at < child_size) {
        delta = get_number(delta, end, &kept);
        if (!delta || kept > child_size - at || (kept && (at > parent_size)) ||
            (kept && kept > parent_size - at))
            return false;
        if (kept)
            memcpy(child + at, parent + at, kept);
        at += kept;
        delta = get_number(delta, end, &added);
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
