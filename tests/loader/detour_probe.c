/* Prints the machine code of a detour: detour_probe MACHINE ADDRESS SWITCH TO STUB SWITCHES
 * ORIGINAL RELATIVE INSTEAD [PLACE=TARGET]...: numbers in hexadecimal, RELATIVE a place or "-". The
 * first line is the jump, the second the stub; a line is "too far" where there is none. */
#include "detours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t read_code(const char *text, uint8_t *bytes)
{
    uint16_t size = 0;
    for (unsigned byte; size < DETOUR_CODE_SIZE && sscanf(text + 2 * size, "%2x", &byte) == 1;)
        bytes[size++] = (uint8_t)byte;
    return size;
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 16);
}

static void print(const unsigned char *code, size_t size, bool fits)
{
    for (size_t i = 0; fits && i < size; i++)
        printf("%02x", code[i]);
    puts(fits ? "" : "too far");
}

int main(int count, char **words)
{
    static struct detour detour;
    unsigned char jump[DETOUR_CODE_SIZE], stub[4 * DETOUR_CODE_SIZE];
    if (count < 10)
        return 2;
    const enum detour_machine machine = words[1][0] == 'a' ? DETOUR_AARCH64 : DETOUR_X86_64;
    detour.address = number(words[2]);
    detour.switch_number = (uint8_t)number(words[3]);
    detour.to = number(words[4]);
    detour.original.size = read_code(words[7], detour.original.bytes);
    if (words[8][0] != '-')
        detour.original.places[detour.original.fixup_count++] = (uint16_t)number(words[8]);
    detour.instead.size = read_code(words[9], detour.instead.bytes);
    for (int i = 10; i < count && detour.instead.fixup_count < DETOUR_FIXUPS; i++) {
        const unsigned fixup = detour.instead.fixup_count++;
        detour.instead.places[fixup] = (uint16_t)number(words[i]);
        detour.instead.targets[fixup] = number(strchr(words[i], '=') + 1);
    }
    const uint64_t place = number(words[5]);
    const bool jumps = detour_write_jump(machine, jump, &detour, place);
    print(jump, detour.original.size, jumps);
    const size_t size = detour_write_stub(machine, stub, &detour, place, number(words[6]));
    print(stub, size, size > 0 && size <= detour_stub_size(&detour));
    return 0;
}
