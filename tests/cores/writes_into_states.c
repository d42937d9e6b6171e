/* Turns the bytes of the states that it loads around where they lie, which are not its own. */
#define CORE_NAME "writes into states"
#define OWN_retro_unserialize
#include "core.h"

bool retro_unserialize(const void *data, size_t size)
{
    uint8_t *bytes = (uint8_t *)(uintptr_t)data;
    if (size != sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(ram, data, sizeof ram);
    memcpy(&frame_number, bytes + sizeof ram, sizeof frame_number);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0xff;
    }
    return true;
}
