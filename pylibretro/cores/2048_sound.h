/*
 * Sound: each effect is a list of notes, and each sample a pure function of the effect's age, so
 * a save state needs to know no more than that. Integers only: the same bytes on every platform.
 */
#ifndef SOUND_2048_H
#define SOUND_2048_H

#include "2048_game.h"

struct note {
    uint8_t effect;
    int8_t semitone; /* above middle C */
    uint8_t start, frames, loudness;
};

static const struct note notes[] = {
    {THUD, -19, 0, 5, 90},     {SLIDE, -5, 0, 5, 60},     {MERGE, 0, 0, 20, 90},
    {MERGE, 12, 0, 11, 34},    {SELECT, 7, 0, 7, 60},     {SELECT, 12, 4, 10, 60},
    {BEGIN, 0, 0, 12, 60},     {BEGIN, 7, 5, 12, 60},     {BEGIN, 12, 10, 24, 70},
    {VICTORY, 0, 8, 14, 70},   {VICTORY, 4, 15, 14, 70},  {VICTORY, 7, 22, 14, 70},
    {VICTORY, 12, 29, 20, 80}, {VICTORY, 7, 36, 14, 60},  {VICTORY, 12, 43, 60, 80},
    {VICTORY, 16, 43, 60, 60}, {VICTORY, 19, 43, 60, 50}, {DEFEAT, 7, 12, 18, 70},
    {DEFEAT, 3, 24, 18, 70},   {DEFEAT, 0, 36, 18, 70},   {DEFEAT, -5, 48, 50, 80},
    {DEFEAT, -12, 48, 50, 60},
};

static const int16_t silence[SAMPLES_PER_FRAME * 2];
static int16_t samples[SAMPLES_PER_FRAME * 2];
static int32_t mix[SAMPLES_PER_FRAME];

/* Phase per sample of the twelve notes from middle C on, 2^32 being one turn, at 44100 Hz. */
static const uint32_t octave[12] = {25480119, 26995246, 28600467, 30301139, 32102938, 34011878,
                                    36034330, 38177043, 40447168, 42852281, 45400411, 48100060};

static inline uint32_t phase_step(int semitone)
{
    int place = semitone + 24; /* no note lies lower than two octaves under middle C */
    return (uint32_t)(((uint64_t)octave[place % 12] << (place / 12)) >> 2);
}

/* Merges climb a pentatonic scale, so any two of them sound well together. */
static inline int merge_semitone(unsigned exponent)
{
    static const uint8_t pentatonic[5] = {0, 2, 4, 7, 9};
    unsigned degree = exponent < 2 ? 0 : exponent - 2;
    return pentatonic[degree % 5] + (int)(degree / 5) * 12;
}

enum { ATTACK_SAMPLES = 98, BLOCK_SAMPLES = 49 };

/* A short attack and a cubic decay. */
static inline int32_t envelope(const struct note *note, int32_t time)
{
    int32_t length = note->frames * SAMPLES_PER_FRAME;
    int32_t left = (length - time) * 1024 / length;
    int32_t volume = ((left * left >> 10) * left >> 10) * note->loudness;
    return time < ATTACK_SAMPLES ? volume * time / ATTACK_SAMPLES : volume;
}

static inline void mix_note(const struct note *note, int semitone, unsigned age)
{
    uint32_t step = phase_step(semitone);
    int32_t time = (int32_t)(age - note->start) * SAMPLES_PER_FRAME;
    uint32_t phase = step * (uint32_t)time;
    int32_t volume = envelope(note, time);
    for (unsigned first = 0; first < SAMPLES_PER_FRAME; first += BLOCK_SAMPLES) {
        time += BLOCK_SAMPLES;
        int32_t next_volume = envelope(note, time);
        int32_t slope = (next_volume - volume) / BLOCK_SAMPLES;
        for (unsigned index = first; index < first + BLOCK_SAMPLES; index++) {
            int32_t saw = (int32_t)(phase >> 16) - 32768;
            int32_t magnitude = saw < 0 ? -saw : saw;
            int32_t sine = saw * (32768 - magnitude) >> 13; /* two parabolas: close to a sine */
            mix[index] += sine * (volume >> 5) >> 14;
            volume += slope;
            phase += step;
        }
        volume = next_volume;
    }
}

static inline bool mix_effects(void)
{
    bool heard = false;
    for (unsigned index = 0; index < CHANNELS; index++) {
        const struct channel *channel = &machine.channels[index];
        if (channel->effect == SILENCE)
            continue;
        for (unsigned place = 0; place < COUNT_OF(notes); place++) {
            const struct note *note = &notes[place];
            if (note->effect != channel->effect || channel->age < note->start ||
                channel->age >= note->start + note->frames)
                continue;
            if (!heard)
                memset(mix, 0, sizeof(mix));
            heard = true;
            int base = channel->effect == MERGE ? merge_semitone(channel->pitch) : 0;
            mix_note(note, base + note->semitone, channel->age);
        }
    }
    return heard;
}

static inline const int16_t *frame_samples(void)
{
    if (!settings.sound || !mix_effects())
        return silence;
    for (unsigned index = 0; index < SAMPLES_PER_FRAME; index++) {
        int32_t sample = mix[index];
        sample = sample > INT16_MAX ? INT16_MAX : sample < INT16_MIN ? INT16_MIN : sample;
        samples[index * 2] = samples[index * 2 + 1] = (int16_t)sample;
    }
    return samples;
}

#endif
