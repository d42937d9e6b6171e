/* The machine code of detours. */

#include "detours.h"

#include <string.h>

struct writer {
    unsigned char *code;
    size_t size;
    uint64_t address; /* of the first byte */
    bool fits;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    memcpy(writer->code + writer->size, bytes, size);
    writer->size += size;
}

static void put_word(struct writer *writer, uint32_t word)
{
    const unsigned char bytes[] = {(unsigned char)word, (unsigned char)(word >> 8),
                                   (unsigned char)(word >> 16), (unsigned char)(word >> 24)};
    put(writer, bytes, sizeof bytes);
}

static uint32_t word_at(const unsigned char *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void set_word(unsigned char *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(word >> 8 * i);
}

static int64_t distance(struct writer *writer, uint64_t from, uint64_t to, int bits)
{
    const int64_t found = (int64_t)(to - from);
    const int64_t reach = (int64_t)1 << (bits - 1);
    if (found < -reach || found >= reach)
        writer->fits = false;
    return found;
}

/* ---- x86-64 --------------------------------------------------------------------------------- */

static void x86_distance(struct writer *writer, uint64_t to)
{
    const uint64_t end = writer->address + writer->size + 4;
    put_word(writer, (uint32_t)distance(writer, end, to, 32));
}

static void x86_jump(struct writer *writer, uint64_t to)
{
    put(writer, "\xe9", 1);
    x86_distance(writer, to);
}

static void x86_code(struct writer *writer, const struct detour_code *code, const uint64_t *moved)
{
    const size_t start = writer->size;
    put(writer, code->bytes, code->size);
    for (size_t i = 0; i < code->fixup_count; i++) {
        unsigned char *field = writer->code + start + code->places[i];
        const uint64_t end = writer->address + start + code->places[i] + 4;
        uint64_t target = code->targets[i];
        if (moved)
            target = *moved + code->places[i] + 4 + (uint64_t)(int64_t)(int32_t)word_at(field);
        set_word(field, (uint32_t)distance(writer, end, target, 32));
    }
}

static void x86_stub(struct writer *writer, const struct detour *detour, uint64_t switches)
{
    /* cmp byte [rip + switch], 0 */
    const uint64_t end = writer->address + 7;
    put(writer, "\x80\x3d", 2);
    put_word(writer, (uint32_t)distance(writer, end, switches + detour->switch_number, 32));
    put(writer, "\0", 1);
    /* jne instead */
    put(writer, "\x0f\x85", 2);
    x86_distance(writer, writer->address + writer->size + 4 + detour->original.size + 5);
    x86_code(writer, &detour->original, &detour->address);
    x86_jump(writer, detour->address + detour->original.size);
    x86_code(writer, &detour->instead, NULL);
    if (detour->to)
        x86_jump(writer, detour->to);
}

/* ---- AArch64 -------------------------------------------------------------------------------- */

static uint32_t arm_reach(struct writer *writer, uint64_t from, uint64_t to, int bits)
{
    const int64_t words = distance(writer, from, to, bits + 2) / 4;
    return (uint32_t)words & (((uint32_t)1 << bits) - 1);
}

static void arm_branch(struct writer *writer, uint64_t to)
{
    put_word(writer, 0x14000000 | arm_reach(writer, writer->address + writer->size, to, 26));
}

static void arm_code(struct writer *writer, const struct detour_code *code, const uint64_t *moved)
{
    const size_t start = writer->size;
    put(writer, code->bytes, code->size);
    for (size_t i = 0; i < code->fixup_count; i++) {
        unsigned char *field = writer->code + start + code->places[i];
        const uint64_t place = writer->address + start + code->places[i];
        const uint32_t word = word_at(field);
        uint64_t target = code->targets[i];
        if (moved) {
            const int32_t words = (int32_t)(word << 6) >> 6;
            target = *moved + code->places[i] + (uint64_t)((int64_t)words * 4);
        }
        set_word(field, (word & 0xfc000000) | arm_reach(writer, place, target, 26));
    }
}

/* x16 is what a linker's own stubs may use, so nothing is in it where a function begins. */
static void arm_stub(struct writer *writer, const struct detour *detour, uint64_t switches)
{
    const uint64_t wanted = switches + detour->switch_number;
    const int64_t bytes = distance(writer, writer->address, wanted, 21);
    /* adr x16, switch; ldrb w16, [x16]; cbnz w16, instead */
    put_word(writer,
             0x10000010 | ((uint32_t)bytes & 3) << 29 | ((uint32_t)(bytes >> 2) & 0x7ffff) << 5);
    put_word(writer, 0x39400210);
    put_word(writer, 0x35000010 | (uint32_t)(detour->original.size + 8) / 4 << 5);
    arm_code(writer, &detour->original, &detour->address);
    arm_branch(writer, detour->address + detour->original.size);
    arm_code(writer, &detour->instead, NULL);
    if (detour->to)
        arm_branch(writer, detour->to);
}

/* ---- both ----------------------------------------------------------------------------------- */

size_t detour_stub_size(const struct detour *detour)
{
    const size_t looks_and_jumps = 32;
    return detour->original.size + detour->instead.size + looks_and_jumps;
}

size_t detour_write_stub(enum detour_machine machine, unsigned char *code,
                         const struct detour *detour, uint64_t stub, uint64_t switches)
{
    struct writer writer = {code, 0, stub, true};
    if (machine == DETOUR_AARCH64)
        arm_stub(&writer, detour, switches);
    else
        x86_stub(&writer, detour, switches);
    return writer.fits ? writer.size : 0;
}

bool detour_write_jump(enum detour_machine machine, unsigned char *code,
                       const struct detour *detour, uint64_t stub)
{
    struct writer writer = {code, 0, detour->address, true};
    if (machine == DETOUR_AARCH64) {
        arm_branch(&writer, stub);
        while (writer.size < detour->original.size)
            put_word(&writer, 0xd4200000); /* brk: nothing comes here */
    } else {
        x86_jump(&writer, stub);
        while (writer.size < detour->original.size)
            put(&writer, "\xcc", 1);
    }
    return writer.fits;
}

size_t detour_least_size(enum detour_machine machine)
{
    return machine == DETOUR_AARCH64 ? 4 : 5;
}
