/*
 * Sends the memory map that the content describes, 12 words for each descriptor: flags, where in
 * the block its pointer points (-1: NULL), offset, start, select, disconnect and length, of which
 * the first and the last four have two words. Byte i of the block is (i * 2654435761) >> 13.
 */
#define CORE_NAME "any map"
#define OWN_retro_load_game
#include "core.h"

enum { MOST = 64, BLOCK = 4 << 20 };

static uint8_t block[BLOCK];

static size_t two_words(size_t index)
{
    return (size_t)(content_word(index) | (uint64_t)content_word(index + 1) << 32);
}

bool retro_load_game(const struct retro_game_info *game)
{
    static struct retro_memory_descriptor descriptors[MOST];
    static const char *const spaces[] = {NULL, "", "rom", "video"};
    struct retro_memory_map map = {descriptors, 0};
    keep_content(game);
    for (uint32_t i = 0; i < BLOCK; i++) {
        block[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    for (size_t i = 0; i < MOST && 48 * i + 48 <= content_size; i++) {
        struct retro_memory_descriptor *descriptor = &descriptors[i];
        uint32_t where = content_word(12 * i + 2);
        descriptor->flags = two_words(12 * i);
        descriptor->ptr = where == 0xffffffffu ? NULL : block + where;
        descriptor->offset = content_word(12 * i + 3);
        descriptor->start = two_words(12 * i + 4);
        descriptor->select = two_words(12 * i + 6);
        descriptor->disconnect = two_words(12 * i + 8);
        descriptor->len = two_words(12 * i + 10);
        descriptor->addrspace = spaces[i % 4];
        map.num_descriptors++;
    }
    ram[0] = environment(RETRO_ENVIRONMENT_SET_MEMORY_MAPS, &map);
    return true;
}
