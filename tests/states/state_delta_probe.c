/* Exports the codec of state_delta.h for tests/states/test_snapshots.py. With -DPROBE_MAIN it is a
   program that feeds it random, damaged and mismatched input, for a sanitizer to watch. */
#include "state_delta.h"

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE size_t probe_bound(size_t child_size);
PROBE size_t probe_encode(const void *parent, size_t parent_size, const void *child,
                          size_t child_size, void *delta);
PROBE int probe_decode(const void *parent, size_t parent_size, const void *delta, size_t delta_size,
                       void *child, size_t child_size);

size_t probe_bound(size_t child_size)
{
    return state_delta_bound(child_size);
}

size_t probe_encode(const void *parent, size_t parent_size, const void *child, size_t child_size,
                    void *delta)
{
    return state_delta_encode(parent, parent_size, child, child_size, delta);
}

int probe_decode(const void *parent, size_t parent_size, const void *delta, size_t delta_size,
                 void *child, size_t child_size)
{
    return state_delta_decode(parent, parent_size, delta, delta_size, child, child_size);
}

#ifdef PROBE_MAIN
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

/* Of exactly this size, so that a sanitizer sees the first byte beside it. */
static uint8_t *exactly(size_t size)
{
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        abort();
    return bytes;
}

static uint8_t *random_bytes(size_t size)
{
    uint8_t *bytes = exactly(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)draw(256);
    return bytes;
}

static uint8_t *relative(const uint8_t *parent, size_t parent_size, size_t size)
{
    uint8_t *child = random_bytes(size);
    const uint32_t changes = draw(20);
    memcpy(child, parent, parent_size < size ? parent_size : size);
    for (uint32_t i = 0; i < changes && size; i++) {
        const size_t at = draw((uint32_t)size);
        size_t length = 1 + draw(24);
        if (length > size - at)
            length = size - at;
        for (size_t j = 0; j < length; j++)
            child[at + j] ^= (uint8_t)draw(3);
    }
    return child;
}

static bool check_once(void)
{
    const size_t parent_size = draw(600), size = draw(4) ? parent_size : draw(600);
    uint8_t *parent = random_bytes(parent_size);
    uint8_t *child = draw(4) ? relative(parent, parent_size, size) : random_bytes(size);
    uint8_t *room = exactly(state_delta_bound(size));
    const size_t delta_size = state_delta_encode(parent, parent_size, child, size, room);
    uint8_t *delta = exactly(delta_size), *decoded = exactly(size);
    size_t said = 0;
    memcpy(delta, room, delta_size);
    bool good = state_delta_decode(parent, parent_size, delta, delta_size, decoded, size) &&
                memcmp(decoded, child, size) == 0 &&
                state_delta_child_size(delta, delta_size, &said) && said == size;
    for (int damage = 0; damage < 20; damage++) {
        const size_t cut = draw((uint32_t)delta_size + 1), other_size = draw(600);
        uint8_t *other = exactly(other_size), *shortened = exactly(cut);
        memcpy(shortened, delta, cut);
        if (cut)
            shortened[draw((uint32_t)cut)] ^= (uint8_t)(1 << draw(8));
        state_delta_decode(parent, draw((uint32_t)parent_size + 1), shortened, cut, other,
                           other_size);
        state_delta_decode(parent, parent_size, shortened, cut, decoded, size);
        free(other);
        free(shortened);
    }
    free(parent);
    free(child);
    free(room);
    free(delta);
    free(decoded);
    return good;
}

int main(void)
{
    for (int i = 0; i < 20000; i++) {
        if (!check_once()) {
            printf("case %d is wrong\n", i);
            return 1;
        }
    }
    printf("sound\n");
    return 0;
}
#endif
