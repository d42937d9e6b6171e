/*
 * What a frontend can read, write and keep: system RAM, save RAM, cheats and save states.
 *
 * System RAM is the published image of `machine`: read at the start of every frame, because a
 * frontend may write there, and written back at the end. Numbers are little-endian on every host.
 */
#ifndef MEMORY_2048_H
#define MEMORY_2048_H

#include "2048_game.h"

enum {
    RAM_MAGIC = 0x00,
    RAM_VERSION = 0x04,
    RAM_STATE = 0x05,
    RAM_LEGAL = 0x06,
    RAM_HIGHEST = 0x07,
    RAM_DIRECTION = 0x08,
    RAM_MERGES = 0x09,
    RAM_BUTTONS = 0x0A,
    RAM_MOVES = 0x0C,
    RAM_BOARD = 0x10,
    RAM_SCORE = 0x20,
    RAM_BEST = 0x24,
    RAM_GAIN = 0x28,
    RAM_GAMES = 0x2C,
    RAM_RANDOM = 0x30,
    RAM_SIZE = 0x40 /* a power of two: what a memory map entry without a mask needs */
};

enum { SAVE_MAGIC = 0, SAVE_VERSION = 4, SAVE_BEST = 8, SAVE_GAMES = 12, SAVE_SIZE = 16 };

enum {
    STATE_MAGIC = 0,
    STATE_VERSION = 8,
    STATE_LENGTH = 12,
    STATE_RAM = 16,
    STATE_PREVIOUS = STATE_RAM + RAM_SIZE,
    STATE_SPAWNED = STATE_PREVIOUS + CELLS,
    STATE_MOVE_AGE = STATE_SPAWNED + 2,
    STATE_NEXT_CHANNEL = STATE_MOVE_AGE + 1,
    STATE_AGE = STATE_NEXT_CHANNEL + 1,
    STATE_CHANNELS = STATE_AGE + 4,
    STATE_END = STATE_CHANNELS + 16,
    STATE_SIZE = 128
};

#define STATE_SIGNATURE "2048STAT"
#define DATA_SIGNATURE "2048"
enum { FORMAT_VERSION = 1 };

static inline void put16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value & 0xFFFF);
    put16(bytes + 2, value >> 16);
}

static inline void put64(uint8_t *bytes, uint64_t value)
{
    put32(bytes, (uint32_t)value);
    put32(bytes + 4, (uint32_t)(value >> 32));
}

static inline unsigned get16(const uint8_t *bytes)
{
    return bytes[0] | (unsigned)bytes[1] << 8;
}

static inline uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static inline uint64_t get64(const uint8_t *bytes)
{
    return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

/* ---- System RAM, save RAM, cheats ------------------------------------------------------------ */

static uint8_t system_ram[RAM_SIZE];
static uint8_t save_ram[SAVE_SIZE];
static uint8_t known_save_ram[SAVE_SIZE];
static uint32_t kept_best, kept_games;

static inline void write_system_ram(void)
{
    memcpy(system_ram + RAM_MAGIC, DATA_SIGNATURE, 4);
    system_ram[RAM_VERSION] = FORMAT_VERSION;
    system_ram[RAM_STATE] = (uint8_t)machine.state;
    system_ram[RAM_LEGAL] = machine.legal;
    system_ram[RAM_HIGHEST] = machine.highest;
    system_ram[RAM_DIRECTION] = machine.direction;
    system_ram[RAM_MERGES] = machine.merges;
    put16(system_ram + RAM_BUTTONS, machine.buttons);
    put32(system_ram + RAM_MOVES, machine.moves);
    memcpy(system_ram + RAM_BOARD, machine.board, CELLS);
    put32(system_ram + RAM_SCORE, machine.score);
    put32(system_ram + RAM_BEST, machine.best);
    put32(system_ram + RAM_GAIN, machine.gain);
    put32(system_ram + RAM_GAMES, machine.games);
    put64(system_ram + RAM_RANDOM, machine.random);
}

/* What a frontend wrote is the truth from now on, brought into range where it makes no sense. */
static inline void read_system_ram(void)
{
    enum state state = (enum state)system_ram[RAM_STATE];
    if (state != machine.state && state < STATES)
        enter(state);
    uint8_t board[CELLS];
    for (unsigned cell = 0; cell < CELLS; cell++)
        board[cell] = (uint8_t)at_most(system_ram[RAM_BOARD + cell], HIGHEST_EXPONENT);
    if (memcmp(board, machine.board, CELLS) != 0) {
        memcpy(machine.board, board, CELLS);
        stop_animation();
    }
    machine.direction = (uint8_t)at_most(system_ram[RAM_DIRECTION], NO_DIRECTION);
    machine.merges = (uint8_t)at_most(system_ram[RAM_MERGES], CELLS / 2);
    machine.buttons = (uint16_t)get16(system_ram + RAM_BUTTONS);
    machine.moves = at_most(get32(system_ram + RAM_MOVES), SCORE_LIMIT);
    machine.score = at_most(get32(system_ram + RAM_SCORE), SCORE_LIMIT);
    machine.best = at_most(get32(system_ram + RAM_BEST), SCORE_LIMIT);
    machine.gain = at_most(get32(system_ram + RAM_GAIN), SCORE_LIMIT);
    machine.games = get32(system_ram + RAM_GAMES);
    machine.random = get64(system_ram + RAM_RANDOM);
    derive();
}

/* A frontend fills save RAM after loading, or whenever it likes: adopt it if it is ours. */
static inline void read_save_ram(void)
{
    if (memcmp(save_ram, known_save_ram, SAVE_SIZE) == 0)
        return;
    memcpy(known_save_ram, save_ram, SAVE_SIZE);
    if (memcmp(save_ram, DATA_SIGNATURE, 4) != 0 ||
        get32(save_ram + SAVE_VERSION) != FORMAT_VERSION)
        return;
    if (get32(save_ram + SAVE_BEST) > SCORE_LIMIT)
        return;
    machine.best = kept_best = get32(save_ram + SAVE_BEST);
    machine.games = kept_games = get32(save_ram + SAVE_GAMES);
    put32(system_ram + RAM_BEST, machine.best);
    put32(system_ram + RAM_GAMES, machine.games);
}

static inline void write_save_ram(void)
{
    if (machine.best == kept_best && machine.games == kept_games)
        return;
    memcpy(save_ram + SAVE_MAGIC, DATA_SIGNATURE, 4);
    put32(save_ram + SAVE_VERSION, FORMAT_VERSION);
    put32(save_ram + SAVE_BEST, machine.best);
    put32(save_ram + SAVE_GAMES, machine.games);
    memcpy(known_save_ram, save_ram, SAVE_SIZE);
    kept_best = machine.best;
    kept_games = machine.games;
}

static struct cheat {
    bool enabled;
    uint8_t address, value;
} cheats[16];

static inline void apply_cheats(void)
{
    for (unsigned index = 0; index < COUNT_OF(cheats); index++)
        if (cheats[index].enabled)
            system_ram[cheats[index].address] = cheats[index].value;
}

/* ---- Save states ----------------------------------------------------------------------------- */

static inline void save_state(uint8_t *bytes)
{
    read_save_ram();
    read_system_ram();
    write_system_ram();
    memset(bytes, 0, STATE_SIZE);
    memcpy(bytes + STATE_MAGIC, STATE_SIGNATURE, 8);
    put32(bytes + STATE_VERSION, FORMAT_VERSION);
    put32(bytes + STATE_LENGTH, STATE_SIZE);
    memcpy(bytes + STATE_RAM, system_ram, RAM_SIZE);
    memcpy(bytes + STATE_PREVIOUS, machine.previous, CELLS);
    put16(bytes + STATE_SPAWNED, machine.spawned);
    bytes[STATE_MOVE_AGE] = machine.move_age;
    bytes[STATE_NEXT_CHANNEL] = machine.next_channel;
    put32(bytes + STATE_AGE, machine.state_age);
    for (unsigned index = 0; index < CHANNELS; index++) {
        uint8_t *channel = bytes + STATE_CHANNELS + index * 4;
        channel[0] = machine.channels[index].effect;
        channel[1] = machine.channels[index].pitch;
        put16(channel + 2, machine.channels[index].age);
    }
}

static inline bool state_is_possible(const uint8_t *bytes, size_t size)
{
    if (size != STATE_SIZE || memcmp(bytes + STATE_MAGIC, STATE_SIGNATURE, 8) != 0 ||
        get32(bytes + STATE_VERSION) != FORMAT_VERSION || get32(bytes + STATE_LENGTH) != STATE_SIZE)
        return false;
    const uint8_t *ram = bytes + STATE_RAM;
    if (memcmp(ram, DATA_SIGNATURE, 4) != 0 || ram[RAM_VERSION] != FORMAT_VERSION ||
        ram[RAM_STATE] >= STATES || ram[RAM_DIRECTION] > NO_DIRECTION ||
        ram[RAM_MERGES] > CELLS / 2 || get32(ram + RAM_SCORE) > SCORE_LIMIT ||
        get32(ram + RAM_BEST) > SCORE_LIMIT || get32(ram + RAM_GAIN) > SCORE_LIMIT ||
        get32(ram + RAM_MOVES) > SCORE_LIMIT)
        return false;
    const uint8_t *board = ram + RAM_BOARD, *previous = bytes + STATE_PREVIOUS;
    if (highest_exponent(board) > HIGHEST_EXPONENT ||
        highest_exponent(previous) > HIGHEST_EXPONENT ||
        ram[RAM_HIGHEST] != highest_exponent(board) ||
        ram[RAM_LEGAL] != (ram[RAM_STATE] == PLAYING ? legal_moves(board) : 0))
        return false;
    for (unsigned cell = 0; cell < CELLS; cell++)
        if (get16(bytes + STATE_SPAWNED) >> cell & 1 && board[cell] == 0)
            return false;
    for (unsigned index = 0; index < CHANNELS; index++) {
        const uint8_t *channel = bytes + STATE_CHANNELS + index * 4;
        if (channel[0] >= EFFECTS || channel[1] > HIGHEST_EXPONENT)
            return false;
    }
    for (unsigned index = STATE_END; index < STATE_SIZE; index++)
        if (bytes[index] != 0)
            return false;
    return bytes[STATE_NEXT_CHANNEL] < CHANNELS;
}

/* False, and nothing changed, for anything that no machine of this version can have saved. */
static inline bool load_state(const uint8_t *bytes, size_t size)
{
    if (!state_is_possible(bytes, size))
        return false;
    read_save_ram();
    memcpy(system_ram, bytes + STATE_RAM, RAM_SIZE);
    read_system_ram();
    memcpy(machine.previous, bytes + STATE_PREVIOUS, CELLS);
    machine.spawned = (uint16_t)get16(bytes + STATE_SPAWNED);
    machine.move_age = bytes[STATE_MOVE_AGE];
    machine.next_channel = bytes[STATE_NEXT_CHANNEL];
    machine.state_age = get32(bytes + STATE_AGE);
    for (unsigned index = 0; index < CHANNELS; index++) {
        const uint8_t *channel = bytes + STATE_CHANNELS + index * 4;
        machine.channels[index] =
            (struct channel){channel[0], channel[1], (uint16_t)get16(channel + 2)};
    }
    write_save_ram();
    return true;
}

#endif
