/*
 * The game: the rules of 2048 and the machine that plays it, without a picture or a sound.
 *
 * The rules run in whole moves: the frame in which a direction is pressed slides, merges, scores
 * and spawns. Animation and sound only tell about it afterwards, so no option that changes the
 * look or the sound can change the game.
 */
#ifndef GAME_2048_H
#define GAME_2048_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "libretro.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { CELLS = 16, HIGHEST_EXPONENT = 17, WINNING_EXPONENT = 11, SCORE_LIMIT = 999999999 };
enum { FRAMES_PER_SECOND = 60, SAMPLE_RATE = 44100, SAMPLES_PER_FRAME = 735 };

enum direction { UP, DOWN, LEFT, RIGHT, NO_DIRECTION };
enum state { TITLE, PLAYING, WON, OVER, ASKING, STATES };

static inline uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

/* ---- Rules ----------------------------------------------------------------------------------- */

struct slide {
    uint8_t board[CELLS];  /* after the move */
    uint8_t target[CELLS]; /* where the tile of each cell went */
    uint16_t merged;       /* bit per cell that now holds a merged tile */
    uint8_t merges, best_merge;
    bool moved;
    uint32_t gain;
};

/* The cell `step` places away from the wall that tiles of this lane are pushed against. */
static inline unsigned lane_cell(enum direction direction, unsigned lane, unsigned step)
{
    switch (direction) {
    case UP:
        return step * 4 + lane;
    case DOWN:
        return (3 - step) * 4 + lane;
    case LEFT:
        return lane * 4 + step;
    default:
        return lane * 4 + 3 - step;
    }
}

static inline void slide_board(const uint8_t board[CELLS], enum direction direction,
                               struct slide *slide)
{
    memset(slide, 0, sizeof(*slide));
    for (unsigned lane = 0; lane < 4; lane++) {
        unsigned filled = 0;
        bool may_merge = false;
        for (unsigned step = 0; step < 4; step++) {
            unsigned from = lane_cell(direction, lane, step);
            unsigned exponent = board[from];
            if (exponent == 0)
                continue;
            unsigned last = lane_cell(direction, lane, filled ? filled - 1 : 0);
            unsigned to;
            if (may_merge && slide->board[last] == exponent && exponent < HIGHEST_EXPONENT) {
                to = last;
                slide->board[to]++;
                slide->merged |= (uint16_t)(1u << to);
                slide->merges++;
                slide->gain += 2u << exponent;
                if (exponent + 1 > slide->best_merge)
                    slide->best_merge = (uint8_t)(exponent + 1);
                may_merge = false;
            } else {
                to = lane_cell(direction, lane, filled++);
                slide->board[to] = (uint8_t)exponent;
                may_merge = true;
            }
            slide->target[from] = (uint8_t)to;
            slide->moved |= to != from;
        }
    }
}

static inline unsigned legal_moves(const uint8_t board[CELLS])
{
    unsigned legal = 0;
    for (unsigned cell = 0; cell < CELLS; cell++) {
        unsigned exponent = board[cell];
        if (exponent == 0)
            continue;
        bool merges = exponent < HIGHEST_EXPONENT;
        if (cell % 4 < 3) {
            unsigned right = board[cell + 1];
            if (right == 0 || (merges && right == exponent))
                legal |= 1u << RIGHT;
            if (merges && right == exponent)
                legal |= 1u << LEFT;
        }
        if (cell % 4 > 0 && board[cell - 1] == 0)
            legal |= 1u << LEFT;
        if (cell < 12) {
            unsigned below = board[cell + 4];
            if (below == 0 || (merges && below == exponent))
                legal |= 1u << DOWN;
            if (merges && below == exponent)
                legal |= 1u << UP;
        }
        if (cell >= 4 && board[cell - 4] == 0)
            legal |= 1u << UP;
    }
    return legal;
}

static inline unsigned highest_exponent(const uint8_t board[CELLS])
{
    unsigned highest = 0;
    for (unsigned cell = 0; cell < CELLS; cell++)
        if (board[cell] > highest)
            highest = board[cell];
    return highest;
}

/* SplitMix64: every 64-bit state is a good one, also one that a frontend wrote into RAM. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (uint32_t)(((z >> 32) * limit) >> 32);
}

/* ---- The machine ----------------------------------------------------------------------------- */

enum { CHANNELS = 4 };

struct channel {
    uint8_t effect, pitch;
    uint16_t age;
};

static struct machine {
    enum state state;
    uint8_t board[CELLS];
    uint32_t score, best, gain, games, moves;
    uint64_t random;
    uint8_t direction, merges, legal, highest;
    uint16_t buttons;

    /* What the picture and the sound still have to tell. */
    uint8_t previous[CELLS];
    uint16_t spawned;
    uint8_t move_age;
    uint32_t state_age;
    struct channel channels[CHANNELS];
    uint8_t next_channel;
} machine;

static struct {
    bool animation, sound;
    unsigned theme;
    uint64_t seed;
} settings;

enum { SLIDE_FRAMES = 6, POP_FRAMES = 8, ANIMATION_FRAMES = SLIDE_FRAMES + POP_FRAMES };
enum { FLOAT_FRAMES = 36 };

enum effect { SILENCE, THUD, SLIDE, MERGE, SELECT, BEGIN, VICTORY, DEFEAT, EFFECTS };

static inline void play(enum effect effect, unsigned pitch)
{
    machine.channels[machine.next_channel] = (struct channel){(uint8_t)effect, (uint8_t)pitch, 0};
    machine.next_channel = (uint8_t)((machine.next_channel + 1) % CHANNELS);
}

static inline void enter(enum state state)
{
    machine.state = state;
    machine.state_age = 0;
}

static inline void stop_animation(void)
{
    memcpy(machine.previous, machine.board, CELLS);
    machine.spawned = 0;
    machine.move_age = UINT8_MAX;
}

static inline void derive(void)
{
    machine.highest = (uint8_t)highest_exponent(machine.board);
    machine.legal = machine.state == PLAYING ? (uint8_t)legal_moves(machine.board) : 0;
}

static inline void spawn_tile(void)
{
    uint8_t empty[CELLS];
    unsigned count = 0;
    for (unsigned cell = 0; cell < CELLS; cell++)
        if (machine.board[cell] == 0)
            empty[count++] = (uint8_t)cell;
    if (count == 0)
        return;
    unsigned cell = empty[random_below(&machine.random, count)];
    machine.board[cell] = random_below(&machine.random, 10) == 0 ? 2 : 1;
    machine.spawned |= (uint16_t)(1u << cell);
}

static inline void new_game(void)
{
    memset(machine.board, 0, CELLS);
    memset(machine.previous, 0, CELLS);
    machine.score = machine.gain = machine.moves = 0;
    machine.direction = NO_DIRECTION;
    machine.merges = 0;
    machine.spawned = 0;
    /* No tile slides at the start of a game: begin where new tiles grow. */
    machine.move_age = SLIDE_FRAMES;
    machine.games++;
    spawn_tile();
    spawn_tile();
    enter(PLAYING);
    play(BEGIN, 0);
}

static inline void power_on(void)
{
    uint32_t best = machine.best, games = machine.games;
    memset(&machine, 0, sizeof(machine));
    machine.best = best;
    machine.games = games;
    machine.random = settings.seed;
    machine.direction = NO_DIRECTION;
    stop_animation();
}

static inline void move(enum direction direction)
{
    struct slide slide;
    slide_board(machine.board, direction, &slide);
    if (!slide.moved) {
        play(THUD, 0);
        return;
    }
    unsigned highest_before = highest_exponent(machine.board);
    memcpy(machine.previous, machine.board, CELLS);
    memcpy(machine.board, slide.board, CELLS);
    machine.direction = (uint8_t)direction;
    machine.merges = slide.merges;
    machine.gain = slide.gain;
    machine.score += slide.gain;
    if (machine.score > SCORE_LIMIT)
        machine.score = SCORE_LIMIT;
    if (machine.best < machine.score)
        machine.best = machine.score;
    machine.moves++;
    machine.move_age = 0;
    machine.spawned = 0;
    spawn_tile();
    play(slide.merges ? MERGE : SLIDE, slide.best_merge);
    if (highest_before < WINNING_EXPONENT && slide.best_merge >= WINNING_EXPONENT) {
        enter(WON);
        play(VICTORY, 0);
    }
}

static inline void end_if_stuck(void)
{
    derive();
    if (machine.state == PLAYING && machine.legal == 0) {
        enter(OVER);
        play(DEFEAT, 0);
    }
}

static inline void get_older(void)
{
    machine.state_age++;
    if (machine.move_age < UINT8_MAX)
        machine.move_age++;
    for (unsigned index = 0; index < CHANNELS; index++)
        if (machine.channels[index].age < UINT16_MAX)
            machine.channels[index].age++;
}

static inline void press(unsigned pressed)
{
    bool start = pressed & (1u << RETRO_DEVICE_ID_JOYPAD_START);
    bool select = pressed & (1u << RETRO_DEVICE_ID_JOYPAD_SELECT);
    bool yes = start || pressed & (1u << RETRO_DEVICE_ID_JOYPAD_A);
    bool no = select || pressed & (1u << RETRO_DEVICE_ID_JOYPAD_B);
    switch (machine.state) {
    case TITLE:
    case OVER:
        if (yes)
            new_game();
        break;
    case PLAYING:
        if (select) {
            enter(ASKING);
            play(SELECT, 0);
            break;
        }
        for (unsigned direction = UP; direction <= RIGHT; direction++) {
            if (pressed & (1u << (RETRO_DEVICE_ID_JOYPAD_UP + direction))) {
                move((enum direction)direction);
                break;
            }
        }
        break;
    case WON:
        if (yes) {
            enter(PLAYING);
            play(SELECT, 0);
        }
        break;
    default:
        if (yes) {
            new_game();
        } else if (no) {
            enter(PLAYING);
            play(SELECT, 0);
        }
    }
}

#endif
