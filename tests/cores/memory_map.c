/*
 * A memory map with everything a descriptor can say. Byte i of each block is (i * step) & 255.
 *   000000  work: 8 KB, mirrored up to 01ffff, first of its kind to be found
 *   200000  rom: bits 15 of the address are not connected, 64 KB seen through 128 KB, CONST
 *   7e0000  wram: len 0, to be worked out from select
 *   a00000  nothing there: NULL pointer
 *   c00000  bank: 4 KB at offset 4096 of a block of 8 KB
 *   e00000  big: big-endian words
 * content[0] == 1 sends the map again, without the bank, at reset.
 */
#define CORE_NAME "memory map"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_reset
#include "core.h"

static uint8_t work[8192], rom[65536], wram[65536], banks[8192], big[256];

static void fill(uint8_t *block, size_t size, unsigned step)
{
    for (size_t i = 0; i < size; i++) {
        block[i] = (uint8_t)(i * step);
    }
}

static bool send_map(bool with_bank)
{
    struct retro_memory_descriptor descriptors[] = {
        {RETRO_MEMDESC_SYSTEM_RAM, work, 0, 0x000000, 0xfe0000, 0x1e000, sizeof work, "work"},
        {RETRO_MEMDESC_CONST, rom, 0, 0x200000, 0xfe0000, 0x8000, sizeof rom, "rom"},
        {0, wram, 0, 0x7e0000, 0xff0000, 0, 0, NULL},
        {RETRO_MEMDESC_SYSTEM_RAM, big, 0, 0x000000, 0xff0000, 0, sizeof big, "shadowed"},
        {0, NULL, 0, 0xa00000, 0xf00000, 0, 0x1000, "nothing"},
        {RETRO_MEMDESC_BIGENDIAN, big, 0, 0xe00000, 0, 0, sizeof big, "big"},
        {RETRO_MEMDESC_SAVE_RAM, banks, 4096, 0xc00000, 0xfff000, 0, 4096, "bank"},
    };
    struct retro_memory_map map = {descriptors, with_bank ? 7 : 6};
    bool taken = environment(RETRO_ENVIRONMENT_SET_MEMORY_MAPS, &map);
    memset(descriptors, 0xee, sizeof descriptors);
    return taken;
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    fill(work, sizeof work, 1);
    fill(rom, sizeof rom, 3);
    fill(wram, sizeof wram, 5);
    fill(banks, 4096, 7);
    fill(banks + 4096, 4096, 11);
    fill(big, sizeof big, 13);
    return send_map(true);
}

void retro_run(void)
{
    frame_number++;
    work[0] = (uint8_t)frame_number;
    show_frame_number();
}

void retro_reset(void)
{
    if (content_byte(0) == 1) {
        send_map(false);
    }
}
