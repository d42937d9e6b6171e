/*
 * Resize one plane of bytes, row by row, so that every row is used while it is in the nearest
 * cache.
 *
 *     struct resizer resizer = {0};
 *     resizer_prepare(&resizer, RESIZE_AREA, 160, 210, 84, 84);   false: no memory
 *     resizer_begin(&resizer, out, 84);
 *     for each of the 210 rows:
 *         resizer_row(&resizer, row);
 *     resizer_free(&resizer);
 *
 * The kernels run at the level pixels.h has selected, and each equals its scalar twin bit for bit.
 */
#ifndef PYLIBRETRO_RESIZE_H
#define PYLIBRETRO_RESIZE_H

#include <float.h>
#include <stdlib.h>

#include "pixels.h"

/*
 * NEAREST is OpenCV's INTER_NEAREST. BILINEAR is INTER_LINEAR to within 1. AREA_EXACT is INTER_AREA
 * to the last bit, which averages where both sides shrink or stay, and is a kind of bilinear where
 * one grows. AREA is the same in fixed point, to within 1, and several times as fast.
 */
enum resize_mode {
    RESIZE_NEAREST,
    RESIZE_BILINEAR,
    RESIZE_AREA,
    RESIZE_AREA_EXACT,
};

/* ------------------------------------------------------------------ the public functions -- */

/* Zero-initialised it is valid and empty. */
struct resizer;

/*
 * Make the tables for pictures of `width` x `height`, which become `out_width` x `out_height`.
 * There is nothing to do when they are there already. All sides are at least 1. False when there is
 * no memory; the resizer is empty then.
 */
static inline bool resizer_prepare(struct resizer *resizer, int mode, unsigned width,
                                   unsigned height, unsigned out_width, unsigned out_height);

/* The next row is the first of a picture, to be written to rows `out_pitch` bytes apart. */
static inline void resizer_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch);

/* Whether the next row has any influence on the result. */
static inline bool resizer_wants_row(const struct resizer *resizer);

/* Take the next row, `width` bytes. The result is complete after the last one. */
static inline void resizer_row(struct resizer *resizer, const uint8_t *row);

/* Pass over the next row, which is not wanted. */
static inline void resizer_skip_row(struct resizer *resizer);

/* Free the tables; the resizer is empty again. */
static inline void resizer_free(struct resizer *resizer);

/* --------------------------------------------------------------------------------- tables -- */

enum resize_method {
    RESIZE_BY_NOTHING,
    RESIZE_BY_COPYING,
    RESIZE_BY_PICKING,
    RESIZE_BY_LINES,  /* two source rows, resized in width, are blended */
    RESIZE_BY_SUMS,   /* boxes of whole pixels are summed */
    RESIZE_BY_WORDS,  /* rows are summed in 9.7 bits, then resized in width */
    RESIZE_BY_FLOATS, /* rows are resized in width, then summed */
};

enum {
    RESIZE_LINE_BITS = 11,        /* of a weight of RESIZE_BY_LINES */
    RESIZE_FRACTION_BITS = 7,     /* of a word of RESIZE_BY_WORDS below the point */
    RESIZE_WORD_ROW_BITS = 15,    /* of the weight of a row */
    RESIZE_WORD_COLUMN_BITS = 14, /* of the weight of a column */
    /* Up to here the rounding of RESIZE_BY_WORDS adds up to less than half a step of a byte. */
    RESIZE_MOST_WORDS = 16,
    /* The greatest box whose sum fits in 31 bits. */
    RESIZE_LARGEST_BOX = 1 << 23,
};

/* What the pixels of one axis are made of: pixel i of source pixels first[i], first[i] + 1 and so
 * on, whose weights are those from start[i] to start[i + 1]. */
struct resize_axis {
    unsigned *first;
    size_t *start;
    float *weights;
    int16_t *fixed; /* the weights again, in fixed point */
};

/* Up to two neighbouring pixels of each of eight columns of the result: 16 bytes are loaded for the
 * first four and 16 for the others, and shuffled to where the weights are. */
struct resize_step {
    uint32_t offset[2]; /* in bytes */
    uint8_t shuffle[32];
    union {
        int16_t pairs[16];
        float floats[8]; /* then it is one pixel of each column */
    } weights;
};

struct resizer {
    int mode;
    unsigned width, height, out_width, out_height;
    int method;
    struct resize_axis columns, rows;
    void *sums;  /* a row under way: float, int32_t or int16_t, by the method */
    float scale; /* of RESIZE_BY_SUMS: what a sum is multiplied with */
    /* For vectors: columns 8 * i to 8 * i + 7 are made by the steps from groups[i] to
       groups[i + 1]. NULL when rows are too short to load 16 bytes of. */
    struct resize_step *steps;
    size_t *groups;
    uint8_t *out;
    size_t out_pitch;
    unsigned row, out_row; /* the next ones */
};

static inline bool resize_axis_allocate(struct resize_axis *axis, unsigned count,
                                        size_t weight_count)
{
    axis->first = (unsigned *)calloc(count, sizeof *axis->first);
    axis->start = (size_t *)calloc((size_t)count + 1, sizeof *axis->start);
    axis->weights = (float *)calloc(weight_count, sizeof *axis->weights);
    axis->fixed = (int16_t *)calloc(weight_count, sizeof *axis->fixed);
    return axis->first && axis->start && axis->weights && axis->fixed;
}

static inline void resize_axis_free(struct resize_axis *axis)
{
    free(axis->first);
    free(axis->start);
    free(axis->weights);
    free(axis->fixed);
}

/* Written out, so that nothing has to be linked with the mathematics library. */
static inline double resize_floor(double value)
{
    double whole = (double)(int64_t)value;
    return whole > value ? whole - 1 : whole;
}

static inline double resize_ceiling(double value)
{
    return -resize_floor(-value);
}

/* To nearest, halves to even: at 1.5 * 2^52 the steps of a double are 1. */
static inline double resize_nearest(double value)
{
    const double steps_of_one = 6755399441055744.0;
    return value + steps_of_one - steps_of_one;
}

/* As OpenCV has it: whether a size is a whole multiple is asked of the quotient of a quotient. */
static inline double resize_scale(unsigned length, unsigned out_length)
{
    return 1.0 / ((double)out_length / (double)length);
}

static inline unsigned resize_last(const struct resize_axis *axis, unsigned i)
{
    return axis->first[i] + (unsigned)(axis->start[i + 1] - axis->start[i]) - 1;
}

static inline bool resize_axis_nearest(struct resize_axis *axis, unsigned length,
                                       unsigned out_length)
{
    if (!resize_axis_allocate(axis, out_length, out_length)) {
        return false;
    }
    double scale = resize_scale(length, out_length);
    for (unsigned i = 0; i < out_length; i++) {
        double position = resize_floor(i * scale);
        axis->first[i] = position < length ? (unsigned)position : length - 1;
        axis->fixed[i] = 1;
        axis->start[i + 1] = i + 1;
    }
    return true;
}

/* Between the centres of pixels, or, `from_edges`, as INTER_AREA places them when it enlarges. */
static inline bool resize_axis_linear(struct resize_axis *axis, unsigned length,
                                      unsigned out_length, bool from_edges)
{
    if (!resize_axis_allocate(axis, out_length, 2 * (size_t)out_length)) {
        return false;
    }
    double inverse = (double)out_length / (double)length, scale = 1.0 / inverse;
    for (unsigned i = 0; i < out_length; i++) {
        double position;
        float fraction;
        if (from_edges) {
            position = resize_floor(i * scale);
            fraction = (float)((i + 1) - (position + 1) * inverse);
            fraction = fraction <= 0 ? 0 : fraction - (float)resize_floor(fraction);
        } else {
            float centre = (float)((i + 0.5) * scale - 0.5);
            position = resize_floor(centre);
            fraction = centre - (float)position;
        }
        if (position < 0 || position >= length - 1) {
            position = position < 0 ? 0 : length - 1;
            fraction = 0;
        }
        size_t start = axis->start[i];
        axis->first[i] = (unsigned)position;
        axis->fixed[start] = (int16_t)resize_nearest((1 - fraction) * (1 << RESIZE_LINE_BITS));
        axis->fixed[start + 1] = (int16_t)resize_nearest(fraction * (1 << RESIZE_LINE_BITS));
        axis->start[i + 1] = start + (axis->fixed[start + 1] ? 2 : 1);
    }
    return true;
}

/* Boxes of `factor` whole pixels. */
static inline bool resize_axis_boxes(struct resize_axis *axis, unsigned factor, unsigned out_length)
{
    size_t weights = (size_t)factor * out_length;
    if (!resize_axis_allocate(axis, out_length, weights)) {
        return false;
    }
    for (unsigned i = 0; i < out_length; i++) {
        axis->first[i] = i * factor;
        axis->start[i + 1] = (size_t)(i + 1) * factor;
    }
    for (size_t i = 0; i < weights; i++) {
        axis->fixed[i] = 1;
    }
    return true;
}

/* Pixels by how much of them lies in the interval that a pixel of the result covers. A sliver of
 * less than a thousandth is left out, as OpenCV does. */
static inline bool resize_axis_area(struct resize_axis *axis, unsigned length, unsigned out_length)
{
    const double sliver = 1e-3;
    if (!resize_axis_allocate(axis, out_length, (size_t)length + 2 * (size_t)out_length)) {
        return false;
    }
    double scale = resize_scale(length, out_length);
    for (unsigned i = 0; i < out_length; i++) {
        double begin = i * scale, end = begin + scale;
        double covered = scale < length - begin ? scale : length - begin;
        double last = resize_floor(end) < length - 1 ? resize_floor(end) : length - 1;
        double whole = resize_ceiling(begin) < last ? resize_ceiling(begin) : last;
        size_t weight = axis->start[i];
        axis->first[i] = (unsigned)whole;
        if (whole - begin > sliver) {
            axis->first[i]--;
            axis->weights[weight++] = (float)((whole - begin) / covered);
        }
        for (; whole < last; whole++) {
            axis->weights[weight++] = (float)(1.0 / covered);
        }
        if (end - last > sliver) {
            double rest = end - last < 1 ? end - last : 1;
            axis->weights[weight++] = (float)((rest < covered ? rest : covered) / covered);
        }
        axis->start[i + 1] = weight;
    }
    return true;
}

/* Rounded so that the weights of a pixel add up to exactly 1 << bits: what is of one colour stays
 * so. */
static inline void resize_axis_fix(struct resize_axis *axis, unsigned out_length, int bits)
{
    for (unsigned i = 0; i < out_length; i++) {
        double total = 0, sum = 0;
        for (size_t weight = axis->start[i]; weight < axis->start[i + 1]; weight++) {
            total += axis->weights[weight];
        }
        long before = 0;
        for (size_t weight = axis->start[i]; weight < axis->start[i + 1]; weight++) {
            sum += axis->weights[weight];
            long until = (long)resize_nearest(sum / total * (1L << bits));
            long fixed = until - before;
            axis->fixed[weight] = (int16_t)(fixed < INT16_MAX ? fixed : INT16_MAX);
            before = until;
        }
    }
}

/* What is left to do of a column of the result. */
struct resize_column {
    unsigned pixel;
    size_t weight, end;
};

/* Let half a step take what it can of four columns; false when nothing was left of them. */
static inline bool resize_fill_half(const struct resizer *resizer, struct resize_step *step,
                                    int half, struct resize_column *columns)
{
    const bool is_floats = resizer->method == RESIZE_BY_FLOATS;
    const unsigned pixel_bytes = resizer->method == RESIZE_BY_WORDS ? 2 : 1;
    const unsigned loaded = 16 / pixel_bytes;
    unsigned offset = resizer->width - loaded;
    bool is_any_left = false;
    for (int i = 0; i < 4; i++) {
        if (columns[i].weight < columns[i].end) {
            offset = columns[i].pixel < offset ? columns[i].pixel : offset;
            is_any_left = true;
        }
    }
    step->offset[half] = offset * pixel_bytes;
    for (int i = 0; i < 4; i++) {
        struct resize_column *column = &columns[i];
        int slot = 4 * half + i;
        for (int taken = 0; taken < (is_floats ? 1 : 2) && column->weight < column->end &&
                            column->pixel < offset + loaded;
             taken++) {
            uint8_t *shuffle = step->shuffle + 4 * slot + 2 * taken;
            unsigned place = (column->pixel++ - offset) * pixel_bytes;
            size_t weight = column->weight++;
            shuffle[0] = (uint8_t)place;
            if (pixel_bytes == 2) {
                shuffle[1] = (uint8_t)(place + 1);
            }
            if (is_floats) {
                step->weights.floats[slot] = resizer->columns.weights[weight];
            } else {
                step->weights.pairs[2 * slot + taken] = resizer->columns.fixed[weight];
            }
        }
    }
    return is_any_left;
}

/* Write the steps, or only count them when there is no place for them yet. */
static inline size_t resize_write_steps(struct resizer *resizer)
{
    const uint8_t makes_zero = 0x80;
    const struct resize_axis *axis = &resizer->columns;
    size_t count = 0;
    for (unsigned x = 0; x < resizer->out_width; x += 8) {
        struct resize_column columns[8] = {{0, 0, 0}};
        for (unsigned i = 0; i < 8 && x + i < resizer->out_width; i++) {
            columns[i].pixel = axis->first[x + i];
            columns[i].weight = axis->start[x + i];
            columns[i].end = axis->start[x + i + 1];
        }
        for (;;) {
            struct resize_step step;
            memset(&step, 0, sizeof step);
            memset(step.shuffle, makes_zero, sizeof step.shuffle);
            bool is_any = resize_fill_half(resizer, &step, 0, columns);
            is_any |= resize_fill_half(resizer, &step, 1, columns + 4);
            if (!is_any) {
                break;
            }
            if (resizer->steps) {
                resizer->steps[count] = step;
            }
            count++;
        }
        resizer->groups[x / 8 + 1] = count;
    }
    return count;
}

static inline bool resize_prepare_steps(struct resizer *resizer)
{
    if (resizer->width < 16) {
        return true;
    }
    resizer->groups = (size_t *)calloc((size_t)resizer->out_width / 8 + 2, sizeof(size_t));
    if (!resizer->groups) {
        return false;
    }
    resizer->steps =
        (struct resize_step *)calloc(resize_write_steps(resizer), sizeof(struct resize_step));
    if (!resizer->steps) {
        return false;
    }
    resize_write_steps(resizer);
    return true;
}

/* --------------------------------------------------------------------------------- scalar -- */

/* Where a row of the result takes nothing from the source row. */
static const size_t resize_no_weight = (size_t)-1;

/* gcc joins a product and the sum it goes into to one instruction where the processor has it, which
 * rounds once, not twice; OpenCV's results are rounded twice. Other compilers join them only within
 * a statement. */
#if defined(__GNUC__) && !defined(__clang__) && defined(PIXELS_ARM)
#define RESIZE_ROUND(product) __asm__("" : "+w"(product))
#elif defined(__GNUC__) && !defined(__clang__) && defined(__FMA__)
#define RESIZE_ROUND(product) __asm__("" : "+x"(product))
#else
#define RESIZE_ROUND(product) (void)(product)
#endif

/* To nearest, halves to even: at 2^23 the steps of a float are 1. */
static inline uint8_t resize_round(float value)
{
    const float steps_of_one = 8388608.0f;
    float whole = value + steps_of_one - steps_of_one;
    return (uint8_t)(whole < 255 ? whole : 255);
}

static inline float resize_column_float(const struct resize_axis *columns, const uint8_t *row,
                                        unsigned x)
{
    float sum = 0;
    const uint8_t *source = row + columns->first[x];
    for (size_t weight = columns->start[x]; weight < columns->start[x + 1]; weight++) {
        float product = (float)*source++ * columns->weights[weight];
        RESIZE_ROUND(product);
        sum += product;
    }
    return sum;
}

static inline int32_t resize_column_fixed(const struct resize_axis *columns, const uint8_t *row,
                                          unsigned x)
{
    int32_t sum = 0;
    const uint8_t *source = row + columns->first[x];
    for (size_t weight = columns->start[x]; weight < columns->start[x + 1]; weight++) {
        sum += *source++ * columns->fixed[weight];
    }
    return sum;
}

static inline void resize_floats_add_scalar(const struct resizer *resizer, const uint8_t *row,
                                            size_t weight)
{
    float *sums = (float *)resizer->sums;
    float row_weight = resizer->rows.weights[weight];
    for (unsigned x = 0; x < resizer->out_width; x++) {
        float product = row_weight * resize_column_float(&resizer->columns, row, x);
        RESIZE_ROUND(product);
        sums[x] += product;
    }
}

static inline void resize_floats_finish_scalar(const struct resizer *resizer, const uint8_t *row,
                                               size_t weight, size_t next_weight, uint8_t *out)
{
    float *sums = (float *)resizer->sums;
    float row_weight = weight == resize_no_weight ? 0 : resizer->rows.weights[weight];
    float next = next_weight == resize_no_weight ? 0 : resizer->rows.weights[next_weight];
    for (unsigned x = 0; x < resizer->out_width; x++) {
        float value = resize_column_float(&resizer->columns, row, x);
        float product = row_weight * value;
        RESIZE_ROUND(product);
        out[x] = resize_round(sums[x] + product);
        sums[x] = next * value;
    }
}

static inline void resize_sums_add_scalar(const struct resizer *resizer, const uint8_t *row,
                                          size_t weight)
{
    int32_t *sums = (int32_t *)resizer->sums;
    (void)weight;
    for (unsigned x = 0; x < resizer->out_width; x++) {
        sums[x] += resize_column_fixed(&resizer->columns, row, x);
    }
}

static inline void resize_sums_finish_scalar(const struct resizer *resizer, const uint8_t *row,
                                             size_t weight, size_t next_weight, uint8_t *out)
{
    int32_t *sums = (int32_t *)resizer->sums;
    (void)weight, (void)next_weight;
    for (unsigned x = 0; x < resizer->out_width; x++) {
        int32_t sum = sums[x] + resize_column_fixed(&resizer->columns, row, x);
        out[x] = resize_round((float)sum * resizer->scale);
        sums[x] = 0;
    }
}

static inline int resize_word(uint8_t value, int16_t weight)
{
    int half = 1 << (RESIZE_WORD_ROW_BITS - 1);
    return (value * (1 << RESIZE_FRACTION_BITS) * weight + half) >> RESIZE_WORD_ROW_BITS;
}

static inline void resize_words_add_scalar(const struct resizer *resizer, const uint8_t *row,
                                           size_t weight)
{
    int16_t *sums = (int16_t *)resizer->sums;
    int16_t row_weight = resizer->rows.fixed[weight];
    for (unsigned x = 0; x < resizer->width; x++) {
        sums[x] = (int16_t)(sums[x] + resize_word(row[x], row_weight));
    }
}

static inline void resize_words_finish_scalar(const struct resizer *resizer, const uint8_t *row,
                                              size_t weight, size_t next_weight, uint8_t *out)
{
    const int bits = RESIZE_FRACTION_BITS + RESIZE_WORD_COLUMN_BITS;
    int16_t *sums = (int16_t *)resizer->sums;
    const struct resize_axis *columns = &resizer->columns;
    if (weight != resize_no_weight) {
        resize_words_add_scalar(resizer, row, weight);
    }
    for (unsigned x = 0; x < resizer->out_width; x++) {
        int32_t sum = 1 << (bits - 1);
        const int16_t *source = sums + columns->first[x];
        for (size_t column = columns->start[x]; column < columns->start[x + 1]; column++) {
            sum += *source++ * columns->fixed[column];
        }
        out[x] = (uint8_t)(sum >> bits);
    }
    int16_t next = next_weight == resize_no_weight ? 0 : resizer->rows.fixed[next_weight];
    for (unsigned x = 0; x < resizer->width; x++) {
        sums[x] = (int16_t)resize_word(row[x], next);
    }
}

static inline void resize_pick_row_scalar(const struct resizer *resizer, const uint8_t *row,
                                          uint8_t *out)
{
    for (unsigned x = 0; x < resizer->out_width; x++) {
        out[x] = row[resizer->columns.first[x]];
    }
}

/* Four bits of the sum are dropped, so that a line fits in 16 and the blend drops as many bits as
 * OpenCV's does. */
static inline void resize_lines_row_scalar(const struct resizer *resizer, const uint8_t *row,
                                           int16_t *line)
{
    for (unsigned x = 0; x < resizer->out_width; x++) {
        line[x] = (int16_t)(resize_column_fixed(&resizer->columns, row, x) >> 4);
    }
}

static inline void resize_lines_blend_scalar(const struct resizer *resizer, const int16_t *upper,
                                             const int16_t *lower, int16_t upper_weight,
                                             int16_t lower_weight, uint8_t *out)
{
    for (unsigned x = 0; x < resizer->out_width; x++) {
        int value = ((upper[x] * upper_weight) >> 16) + ((lower[x] * lower_weight) >> 16);
        out[x] = (uint8_t)((value + 2) >> 2);
    }
}

/* -------------------------------------------------------------------------- SSSE3 and NEON -- */

/* What a level is made of: vectors of 8 floats, of 8 ints (the same bits as 16 words), and of 16
 * words, and what is done with them. RESIZE_DEFINE_KERNELS makes the kernels of that. */

#if defined(PIXELS_X86) || defined(PIXELS_ARM)

#ifdef PIXELS_X86

struct resize_ints_ssse3 {
    __m128i half[2];
};
struct resize_floats_ssse3 {
    __m128 half[2];
};

#define RESIZE_SSSE3 PIXELS_TARGET_SSSE3 static inline

RESIZE_SSSE3 struct resize_ints_ssse3 resize_pick_ssse3(const uint8_t *row,
                                                        const struct resize_step *step)
{
    struct resize_ints_ssse3 picked;
    for (int i = 0; i < 2; i++) {
        picked.half[i] =
            _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(row + step->offset[i])),
                             _mm_loadu_si128((const __m128i *)(step->shuffle + 16 * i)));
    }
    return picked;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_add_products_ssse3(struct resize_ints_ssse3 sum,
                                                                struct resize_ints_ssse3 pairs,
                                                                const struct resize_step *step)
{
    for (int i = 0; i < 2; i++) {
        const __m128i *weights = (const __m128i *)(step->weights.pairs + 8 * i);
        sum.half[i] =
            _mm_add_epi32(sum.half[i], _mm_madd_epi16(pairs.half[i], _mm_loadu_si128(weights)));
    }
    return sum;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_load_ints_ssse3(const int32_t *ints)
{
    struct resize_ints_ssse3 loaded = {
        {_mm_loadu_si128((const __m128i *)ints), _mm_loadu_si128((const __m128i *)(ints + 4))}};
    return loaded;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_same_ints_ssse3(int32_t value)
{
    struct resize_ints_ssse3 same = {{_mm_set1_epi32(value), _mm_set1_epi32(value)}};
    return same;
}

RESIZE_SSSE3 void resize_store_ints_ssse3(int32_t *ints, struct resize_ints_ssse3 stored)
{
    _mm_storeu_si128((__m128i *)ints, stored.half[0]);
    _mm_storeu_si128((__m128i *)(ints + 4), stored.half[1]);
}

/* A shift known to the compiler: what the bits are is known where this is called. */
RESIZE_SSSE3 struct resize_ints_ssse3 resize_shift_ssse3(struct resize_ints_ssse3 ints, int bits)
{
    ints.half[0] = _mm_srai_epi32(ints.half[0], bits);
    ints.half[1] = _mm_srai_epi32(ints.half[1], bits);
    return ints;
}

RESIZE_SSSE3 void resize_store_as_words_ssse3(int16_t *words, struct resize_ints_ssse3 ints)
{
    _mm_storeu_si128((__m128i *)words, _mm_packs_epi32(ints.half[0], ints.half[1]));
}

RESIZE_SSSE3 void resize_store_as_bytes_ssse3(uint8_t *bytes, struct resize_ints_ssse3 ints)
{
    __m128i words = _mm_packs_epi32(ints.half[0], ints.half[1]);
    _mm_storel_epi64((__m128i *)bytes, _mm_packus_epi16(words, words));
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_to_floats_ssse3(struct resize_ints_ssse3 ints)
{
    struct resize_floats_ssse3 floats = {
        {_mm_cvtepi32_ps(ints.half[0]), _mm_cvtepi32_ps(ints.half[1])}};
    return floats;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_to_ints_ssse3(struct resize_floats_ssse3 floats)
{
    struct resize_ints_ssse3 ints = {
        {_mm_cvtps_epi32(floats.half[0]), _mm_cvtps_epi32(floats.half[1])}};
    return ints;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_load_floats_ssse3(const float *floats)
{
    struct resize_floats_ssse3 loaded = {{_mm_loadu_ps(floats), _mm_loadu_ps(floats + 4)}};
    return loaded;
}

RESIZE_SSSE3 void resize_store_floats_ssse3(float *floats, struct resize_floats_ssse3 stored)
{
    _mm_storeu_ps(floats, stored.half[0]);
    _mm_storeu_ps(floats + 4, stored.half[1]);
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_same_floats_ssse3(float value)
{
    struct resize_floats_ssse3 same = {{_mm_set1_ps(value), _mm_set1_ps(value)}};
    return same;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_multiply_ssse3(struct resize_floats_ssse3 a,
                                                              struct resize_floats_ssse3 b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = _mm_mul_ps(a.half[i], b.half[i]);
        RESIZE_ROUND(a.half[i]);
    }
    return a;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_add_ssse3(struct resize_floats_ssse3 a,
                                                         struct resize_floats_ssse3 b)
{
    a.half[0] = _mm_add_ps(a.half[0], b.half[0]);
    a.half[1] = _mm_add_ps(a.half[1], b.half[1]);
    return a;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_load_words_ssse3(const int16_t *words)
{
    return resize_load_ints_ssse3((const int32_t *)(const void *)words);
}

RESIZE_SSSE3 void resize_store_words_ssse3(int16_t *words, struct resize_ints_ssse3 stored)
{
    resize_store_ints_ssse3((int32_t *)(void *)words, stored);
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_add_words_ssse3(struct resize_ints_ssse3 a,
                                                             struct resize_ints_ssse3 b)
{
    a.half[0] = _mm_add_epi16(a.half[0], b.half[0]);
    a.half[1] = _mm_add_epi16(a.half[1], b.half[1]);
    return a;
}

/* 16 bytes, times 1 << RESIZE_FRACTION_BITS, times a weight of RESIZE_WORD_ROW_BITS. */
RESIZE_SSSE3 struct resize_ints_ssse3 resize_weigh_bytes_ssse3(const uint8_t *row, int16_t weight)
{
    const __m128i zero = _mm_setzero_si128(), weights = _mm_set1_epi16(weight);
    __m128i bytes = _mm_loadu_si128((const __m128i *)row);
    struct resize_ints_ssse3 words = {
        {_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero)}};
    for (int i = 0; i < 2; i++) {
        words.half[i] =
            _mm_mulhrs_epi16(_mm_slli_epi16(words.half[i], RESIZE_FRACTION_BITS), weights);
    }
    return words;
}

RESIZE_SSSE3 void resize_blend_block_ssse3(const int16_t *upper, const int16_t *lower,
                                           int16_t upper_weight, int16_t lower_weight, uint8_t *out)
{
    __m128i up =
        _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)upper), _mm_set1_epi16(upper_weight));
    __m128i low =
        _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)lower), _mm_set1_epi16(lower_weight));
    __m128i words = _mm_add_epi16(_mm_add_epi16(up, low), _mm_set1_epi16(2));
    words = _mm_srai_epi16(words, 2);
    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

#else

struct resize_ints_neon {
    int32x4_t half[2];
};
struct resize_floats_neon {
    float32x4_t half[2];
};

static inline struct resize_ints_neon resize_pick_neon(const uint8_t *row,
                                                       const struct resize_step *step)
{
    struct resize_ints_neon picked;
    for (int i = 0; i < 2; i++) {
        picked.half[i] = vreinterpretq_s32_u8(
            vqtbl1q_u8(vld1q_u8(row + step->offset[i]), vld1q_u8(step->shuffle + 16 * i)));
    }
    return picked;
}

static inline struct resize_ints_neon resize_add_products_neon(struct resize_ints_neon sum,
                                                               struct resize_ints_neon pairs,
                                                               const struct resize_step *step)
{
    for (int i = 0; i < 2; i++) {
        int16x8_t words = vreinterpretq_s16_s32(pairs.half[i]);
        int16x8_t weights = vld1q_s16(step->weights.pairs + 8 * i);
        int32x4_t low = vmull_s16(vget_low_s16(words), vget_low_s16(weights));
        int32x4_t high = vmull_s16(vget_high_s16(words), vget_high_s16(weights));
        sum.half[i] = vaddq_s32(sum.half[i], vpaddq_s32(low, high));
    }
    return sum;
}

static inline struct resize_ints_neon resize_load_ints_neon(const int32_t *ints)
{
    struct resize_ints_neon loaded = {{vld1q_s32(ints), vld1q_s32(ints + 4)}};
    return loaded;
}

static inline struct resize_ints_neon resize_same_ints_neon(int32_t value)
{
    struct resize_ints_neon same = {{vdupq_n_s32(value), vdupq_n_s32(value)}};
    return same;
}

static inline void resize_store_ints_neon(int32_t *ints, struct resize_ints_neon stored)
{
    vst1q_s32(ints, stored.half[0]);
    vst1q_s32(ints + 4, stored.half[1]);
}

static inline struct resize_ints_neon resize_shift_neon(struct resize_ints_neon ints, int bits)
{
    ints.half[0] = vshlq_s32(ints.half[0], vdupq_n_s32(-bits));
    ints.half[1] = vshlq_s32(ints.half[1], vdupq_n_s32(-bits));
    return ints;
}

static inline int16x8_t resize_narrow_neon(struct resize_ints_neon ints)
{
    return vcombine_s16(vqmovn_s32(ints.half[0]), vqmovn_s32(ints.half[1]));
}

static inline void resize_store_as_words_neon(int16_t *words, struct resize_ints_neon ints)
{
    vst1q_s16(words, resize_narrow_neon(ints));
}

static inline void resize_store_as_bytes_neon(uint8_t *bytes, struct resize_ints_neon ints)
{
    vst1_u8(bytes, vqmovun_s16(resize_narrow_neon(ints)));
}

static inline struct resize_floats_neon resize_to_floats_neon(struct resize_ints_neon ints)
{
    struct resize_floats_neon floats = {{vcvtq_f32_s32(ints.half[0]), vcvtq_f32_s32(ints.half[1])}};
    return floats;
}

static inline struct resize_ints_neon resize_to_ints_neon(struct resize_floats_neon floats)
{
    struct resize_ints_neon ints = {
        {vcvtnq_s32_f32(floats.half[0]), vcvtnq_s32_f32(floats.half[1])}};
    return ints;
}

static inline struct resize_floats_neon resize_load_floats_neon(const float *floats)
{
    struct resize_floats_neon loaded = {{vld1q_f32(floats), vld1q_f32(floats + 4)}};
    return loaded;
}

static inline void resize_store_floats_neon(float *floats, struct resize_floats_neon stored)
{
    vst1q_f32(floats, stored.half[0]);
    vst1q_f32(floats + 4, stored.half[1]);
}

static inline struct resize_floats_neon resize_same_floats_neon(float value)
{
    struct resize_floats_neon same = {{vdupq_n_f32(value), vdupq_n_f32(value)}};
    return same;
}

static inline struct resize_floats_neon resize_multiply_neon(struct resize_floats_neon a,
                                                             struct resize_floats_neon b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = vmulq_f32(a.half[i], b.half[i]);
        RESIZE_ROUND(a.half[i]);
    }
    return a;
}

static inline struct resize_floats_neon resize_add_neon(struct resize_floats_neon a,
                                                        struct resize_floats_neon b)
{
    a.half[0] = vaddq_f32(a.half[0], b.half[0]);
    a.half[1] = vaddq_f32(a.half[1], b.half[1]);
    return a;
}

static inline struct resize_ints_neon resize_load_words_neon(const int16_t *words)
{
    struct resize_ints_neon loaded = {
        {vreinterpretq_s32_s16(vld1q_s16(words)), vreinterpretq_s32_s16(vld1q_s16(words + 8))}};
    return loaded;
}

static inline void resize_store_words_neon(int16_t *words, struct resize_ints_neon stored)
{
    vst1q_s16(words, vreinterpretq_s16_s32(stored.half[0]));
    vst1q_s16(words + 8, vreinterpretq_s16_s32(stored.half[1]));
}

static inline struct resize_ints_neon resize_add_words_neon(struct resize_ints_neon a,
                                                            struct resize_ints_neon b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = vreinterpretq_s32_s16(
            vaddq_s16(vreinterpretq_s16_s32(a.half[i]), vreinterpretq_s16_s32(b.half[i])));
    }
    return a;
}

/* 16 bytes, times 1 << RESIZE_FRACTION_BITS, times a weight of RESIZE_WORD_ROW_BITS. */
static inline struct resize_ints_neon resize_weigh_bytes_neon(const uint8_t *row, int16_t weight)
{
    uint8x16_t bytes = vld1q_u8(row);
    uint16x8_t low = vshll_n_u8(vget_low_u8(bytes), RESIZE_FRACTION_BITS);
    uint16x8_t high = vshll_n_u8(vget_high_u8(bytes), RESIZE_FRACTION_BITS);
    struct resize_ints_neon words = {
        {vreinterpretq_s32_s16(vqrdmulhq_n_s16(vreinterpretq_s16_u16(low), weight)),
         vreinterpretq_s32_s16(vqrdmulhq_n_s16(vreinterpretq_s16_u16(high), weight))}};
    return words;
}

static inline int16x8_t resize_weigh_line_neon(const int16_t *line, int16_t weight)
{
    int16x8_t words = vld1q_s16(line);
    return vcombine_s16(vshrn_n_s32(vmull_n_s16(vget_low_s16(words), weight), 16),
                        vshrn_n_s32(vmull_n_s16(vget_high_s16(words), weight), 16));
}

static inline void resize_blend_block_neon(const int16_t *upper, const int16_t *lower,
                                           int16_t upper_weight, int16_t lower_weight, uint8_t *out)
{
    int16x8_t words = vaddq_s16(resize_weigh_line_neon(upper, upper_weight),
                                resize_weigh_line_neon(lower, lower_weight));
    vst1_u8(out, vqmovun_s16(vrshrq_n_s16(words, 2)));
}

#endif

/* Eight pixels of the result at a time. What is stored beyond the last sum or pixel of a line goes
 * into the padding of the sums, or, of the result, into `rest`. */
#define RESIZE_DEFINE_KERNELS(level, attribute)                                                    \
    attribute static inline struct resize_ints_##level resize_group_ints_##level(                  \
        const struct resizer *resizer, const uint8_t *row, size_t group,                           \
        struct resize_ints_##level sum)                                                            \
    {                                                                                              \
        const struct resize_step *end = resizer->steps + resizer->groups[group + 1];               \
        for (const struct resize_step *step = resizer->steps + resizer->groups[group]; step < end; \
             step++) {                                                                             \
            sum = resize_add_products_##level(sum, resize_pick_##level(row, step), step);          \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    attribute static inline struct resize_floats_##level resize_group_floats_##level(              \
        const struct resizer *resizer, const uint8_t *row, size_t group)                           \
    {                                                                                              \
        const struct resize_step *end = resizer->steps + resizer->groups[group + 1];               \
        struct resize_floats_##level sum = resize_same_floats_##level(0);                          \
        for (const struct resize_step *step = resizer->steps + resizer->groups[group]; step < end; \
             step++) {                                                                             \
            sum = resize_add_##level(                                                              \
                sum,                                                                               \
                resize_multiply_##level(resize_to_floats_##level(resize_pick_##level(row, step)),  \
                                        resize_load_floats_##level(step->weights.floats)));        \
        }                                                                                          \
        return sum;                                                                                \
    }                                                                                              \
    attribute static inline void resize_store_group_##level(                                       \
        const struct resizer *resizer, size_t group, struct resize_ints_##level ints,              \
        uint8_t *out)                                                                              \
    {                                                                                              \
        size_t x = 8 * group;                                                                      \
        if (x + 8 <= resizer->out_width) {                                                         \
            resize_store_as_bytes_##level(out + x, ints);                                          \
        } else {                                                                                   \
            uint8_t rest[8];                                                                       \
            resize_store_as_bytes_##level(rest, ints);                                             \
            memcpy(out + x, rest, resizer->out_width - x);                                         \
        }                                                                                          \
    }                                                                                              \
    attribute static inline void resize_floats_add_##level(const struct resizer *resizer,          \
                                                           const uint8_t *row, size_t weight)      \
    {                                                                                              \
        float *sums = (float *)resizer->sums;                                                      \
        const struct resize_floats_##level row_weight =                                            \
            resize_same_floats_##level(resizer->rows.weights[weight]);                             \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            struct resize_floats_##level value = resize_multiply_##level(                          \
                row_weight, resize_group_floats_##level(resizer, row, group));                     \
            resize_store_floats_##level(                                                           \
                sums + 8 * group,                                                                  \
                resize_add_##level(resize_load_floats_##level(sums + 8 * group), value));          \
        }                                                                                          \
    }                                                                                              \
    attribute static inline void resize_floats_finish_##level(const struct resizer *resizer,       \
                                                              const uint8_t *row, size_t weight,   \
                                                              size_t next_weight, uint8_t *out)    \
    {                                                                                              \
        float *sums = (float *)resizer->sums;                                                      \
        const struct resize_floats_##level row_weight = resize_same_floats_##level(                \
            weight == resize_no_weight ? 0 : resizer->rows.weights[weight]);                       \
        const struct resize_floats_##level next = resize_same_floats_##level(                      \
            next_weight == resize_no_weight ? 0 : resizer->rows.weights[next_weight]);             \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            struct resize_floats_##level value = resize_group_floats_##level(resizer, row, group); \
            struct resize_floats_##level sum =                                                     \
                resize_add_##level(resize_load_floats_##level(sums + 8 * group),                   \
                                   resize_multiply_##level(row_weight, value));                    \
            resize_store_group_##level(resizer, group, resize_to_ints_##level(sum), out);          \
            resize_store_floats_##level(sums + 8 * group, resize_multiply_##level(next, value));   \
        }                                                                                          \
    }                                                                                              \
    attribute static inline void resize_sums_add_##level(const struct resizer *resizer,            \
                                                         const uint8_t *row, size_t weight)        \
    {                                                                                              \
        int32_t *sums = (int32_t *)resizer->sums;                                                  \
        (void)weight;                                                                              \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            resize_store_ints_##level(                                                             \
                sums + 8 * group,                                                                  \
                resize_group_ints_##level(resizer, row, group,                                     \
                                          resize_load_ints_##level(sums + 8 * group)));            \
        }                                                                                          \
    }                                                                                              \
    attribute static inline void resize_sums_finish_##level(const struct resizer *resizer,         \
                                                            const uint8_t *row, size_t weight,     \
                                                            size_t next_weight, uint8_t *out)      \
    {                                                                                              \
        int32_t *sums = (int32_t *)resizer->sums;                                                  \
        const struct resize_floats_##level scale = resize_same_floats_##level(resizer->scale);     \
        (void)weight, (void)next_weight;                                                           \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            struct resize_floats_##level sum = resize_to_floats_##level(resize_group_ints_##level( \
                resizer, row, group, resize_load_ints_##level(sums + 8 * group)));                 \
            sum = resize_multiply_##level(sum, scale);                                             \
            resize_store_group_##level(resizer, group, resize_to_ints_##level(sum), out);          \
            resize_store_ints_##level(sums + 8 * group, resize_same_ints_##level(0));              \
        }                                                                                          \
    }                                                                                              \
    /* The last block is computed before the others are stored: it may reach back over some. */    \
    attribute static inline void resize_words_add_##level(const struct resizer *resizer,           \
                                                          const uint8_t *row, size_t weight)       \
    {                                                                                              \
        int16_t *sums = (int16_t *)resizer->sums, fixed = resizer->rows.fixed[weight];             \
        size_t last = resizer->width - 16;                                                         \
        struct resize_ints_##level tail =                                                          \
            resize_add_words_##level(resize_load_words_##level(sums + last),                       \
                                     resize_weigh_bytes_##level(row + last, fixed));               \
        for (size_t x = 0; x < last; x += 16) {                                                    \
            resize_store_words_##level(                                                            \
                sums + x, resize_add_words_##level(resize_load_words_##level(sums + x),            \
                                                   resize_weigh_bytes_##level(row + x, fixed)));   \
        }                                                                                          \
        resize_store_words_##level(sums + last, tail);                                             \
    }                                                                                              \
    attribute static inline void resize_words_finish_##level(const struct resizer *resizer,        \
                                                             const uint8_t *row, size_t weight,    \
                                                             size_t next_weight, uint8_t *out)     \
    {                                                                                              \
        enum { BITS = RESIZE_FRACTION_BITS + RESIZE_WORD_COLUMN_BITS };                            \
        int16_t *sums = (int16_t *)resizer->sums;                                                  \
        if (weight != resize_no_weight) {                                                          \
            resize_words_add_##level(resizer, row, weight);                                        \
        }                                                                                          \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            struct resize_ints_##level sum = resize_group_ints_##level(                            \
                resizer, (const uint8_t *)sums, group, resize_same_ints_##level(1 << (BITS - 1))); \
            resize_store_group_##level(resizer, group, resize_shift_##level(sum, BITS), out);      \
        }                                                                                          \
        if (next_weight == resize_no_weight) {                                                     \
            memset(sums, 0, resizer->width * sizeof *sums);                                        \
            return;                                                                                \
        }                                                                                          \
        int16_t next = resizer->rows.fixed[next_weight];                                           \
        size_t last = resizer->width - 16;                                                         \
        for (size_t x = 0; x < last; x += 16) {                                                    \
            resize_store_words_##level(sums + x, resize_weigh_bytes_##level(row + x, next));       \
        }                                                                                          \
        resize_store_words_##level(sums + last, resize_weigh_bytes_##level(row + last, next));     \
    }                                                                                              \
    attribute static inline void resize_pick_row_##level(const struct resizer *resizer,            \
                                                         const uint8_t *row, uint8_t *out)         \
    {                                                                                              \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            resize_store_group_##level(                                                            \
                resizer, group,                                                                    \
                resize_group_ints_##level(resizer, row, group, resize_same_ints_##level(0)), out); \
        }                                                                                          \
    }                                                                                              \
    attribute static inline void resize_lines_row_##level(const struct resizer *resizer,           \
                                                          const uint8_t *row, int16_t *line)       \
    {                                                                                              \
        for (size_t group = 0; 8 * group < resizer->out_width; group++) {                          \
            struct resize_ints_##level sum =                                                       \
                resize_group_ints_##level(resizer, row, group, resize_same_ints_##level(0));       \
            resize_store_as_words_##level(line + 8 * group, resize_shift_##level(sum, 4));         \
        }                                                                                          \
    }

#define RESIZE_DEFINE_BLEND(level, attribute)                                                      \
    attribute static inline void resize_lines_blend_##level(                                       \
        const struct resizer *resizer, const int16_t *upper, const int16_t *lower,                 \
        int16_t upper_weight, int16_t lower_weight, uint8_t *out)                                  \
    {                                                                                              \
        size_t x = 0;                                                                              \
        for (; x + 8 <= resizer->out_width; x += 8) {                                              \
            resize_blend_block_##level(upper + x, lower + x, upper_weight, lower_weight, out + x); \
        }                                                                                          \
        if (x < resizer->out_width) {                                                              \
            uint8_t rest[8];                                                                       \
            resize_blend_block_##level(upper + x, lower + x, upper_weight, lower_weight, rest);    \
            memcpy(out + x, rest, resizer->out_width - x);                                         \
        }                                                                                          \
    }

#ifdef PIXELS_X86
RESIZE_DEFINE_KERNELS(ssse3, PIXELS_TARGET_SSSE3)
RESIZE_DEFINE_BLEND(ssse3, PIXELS_TARGET_SSSE3)
#else
RESIZE_DEFINE_KERNELS(neon, )
RESIZE_DEFINE_BLEND(neon, )
#endif

#endif

/* ------------------------------------------------------------------------------------ AVX2 -- */

#ifdef PIXELS_HAS_AVX2

struct resize_ints_avx2 {
    __m256i all;
};
struct resize_floats_avx2 {
    __m256 all;
};

#define RESIZE_AVX2 PIXELS_TARGET_AVX2 static inline

RESIZE_AVX2 struct resize_ints_avx2 resize_pick_avx2(const uint8_t *row,
                                                     const struct resize_step *step)
{
    __m256i halves = pixels_load_halves(row + step->offset[0], row + step->offset[1]);
    struct resize_ints_avx2 picked = {
        _mm256_shuffle_epi8(halves, _mm256_loadu_si256((const __m256i *)step->shuffle))};
    return picked;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_add_products_avx2(struct resize_ints_avx2 sum,
                                                             struct resize_ints_avx2 pairs,
                                                             const struct resize_step *step)
{
    __m256i weights = _mm256_loadu_si256((const __m256i *)step->weights.pairs);
    sum.all = _mm256_add_epi32(sum.all, _mm256_madd_epi16(pairs.all, weights));
    return sum;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_load_ints_avx2(const int32_t *ints)
{
    struct resize_ints_avx2 loaded = {_mm256_loadu_si256((const __m256i *)ints)};
    return loaded;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_same_ints_avx2(int32_t value)
{
    struct resize_ints_avx2 same = {_mm256_set1_epi32(value)};
    return same;
}

RESIZE_AVX2 void resize_store_ints_avx2(int32_t *ints, struct resize_ints_avx2 stored)
{
    _mm256_storeu_si256((__m256i *)ints, stored.all);
}

RESIZE_AVX2 struct resize_ints_avx2 resize_shift_avx2(struct resize_ints_avx2 ints, int bits)
{
    ints.all = _mm256_srai_epi32(ints.all, bits);
    return ints;
}

RESIZE_AVX2 __m128i resize_narrow_avx2(struct resize_ints_avx2 ints)
{
    return _mm_packs_epi32(_mm256_castsi256_si128(ints.all), _mm256_extracti128_si256(ints.all, 1));
}

RESIZE_AVX2 void resize_store_as_words_avx2(int16_t *words, struct resize_ints_avx2 ints)
{
    _mm_storeu_si128((__m128i *)words, resize_narrow_avx2(ints));
}

RESIZE_AVX2 void resize_store_as_bytes_avx2(uint8_t *bytes, struct resize_ints_avx2 ints)
{
    __m128i words = resize_narrow_avx2(ints);
    _mm_storel_epi64((__m128i *)bytes, _mm_packus_epi16(words, words));
}

RESIZE_AVX2 struct resize_floats_avx2 resize_to_floats_avx2(struct resize_ints_avx2 ints)
{
    struct resize_floats_avx2 floats = {_mm256_cvtepi32_ps(ints.all)};
    return floats;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_to_ints_avx2(struct resize_floats_avx2 floats)
{
    struct resize_ints_avx2 ints = {_mm256_cvtps_epi32(floats.all)};
    return ints;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_load_floats_avx2(const float *floats)
{
    struct resize_floats_avx2 loaded = {_mm256_loadu_ps(floats)};
    return loaded;
}

RESIZE_AVX2 void resize_store_floats_avx2(float *floats, struct resize_floats_avx2 stored)
{
    _mm256_storeu_ps(floats, stored.all);
}

RESIZE_AVX2 struct resize_floats_avx2 resize_same_floats_avx2(float value)
{
    struct resize_floats_avx2 same = {_mm256_set1_ps(value)};
    return same;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_multiply_avx2(struct resize_floats_avx2 a,
                                                           struct resize_floats_avx2 b)
{
    a.all = _mm256_mul_ps(a.all, b.all);
    RESIZE_ROUND(a.all);
    return a;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_add_avx2(struct resize_floats_avx2 a,
                                                      struct resize_floats_avx2 b)
{
    a.all = _mm256_add_ps(a.all, b.all);
    return a;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_load_words_avx2(const int16_t *words)
{
    struct resize_ints_avx2 loaded = {_mm256_loadu_si256((const __m256i *)words)};
    return loaded;
}

RESIZE_AVX2 void resize_store_words_avx2(int16_t *words, struct resize_ints_avx2 stored)
{
    _mm256_storeu_si256((__m256i *)words, stored.all);
}

RESIZE_AVX2 struct resize_ints_avx2 resize_add_words_avx2(struct resize_ints_avx2 a,
                                                          struct resize_ints_avx2 b)
{
    a.all = _mm256_add_epi16(a.all, b.all);
    return a;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_weigh_bytes_avx2(const uint8_t *row, int16_t weight)
{
    __m256i words = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)row));
    struct resize_ints_avx2 weighed = {_mm256_mulhrs_epi16(
        _mm256_slli_epi16(words, RESIZE_FRACTION_BITS), _mm256_set1_epi16(weight))};
    return weighed;
}

RESIZE_DEFINE_KERNELS(avx2, PIXELS_TARGET_AVX2)

/* Eight words a block: half of an AVX2 vector would stay empty. */
#define resize_lines_blend_avx2 resize_lines_blend_ssse3

#endif /* PIXELS_HAS_AVX2 */

/* ------------------------------------------------------------------------------- dispatch -- */

/* Add a row to the sums, with one of the rows' weights. */
typedef void resize_add_function(const struct resizer *resizer, const uint8_t *row, size_t weight);

/* The same, or not when it is resize_no_weight; then write a row of the result, and begin the next
 * sums with this row times another weight, or with nothing. */
typedef void resize_finish_function(const struct resizer *resizer, const uint8_t *row,
                                    size_t weight, size_t next_weight, uint8_t *out);

typedef void resize_pick_function(const struct resizer *resizer, const uint8_t *row, uint8_t *out);
typedef void resize_row_function(const struct resizer *resizer, const uint8_t *row, int16_t *line);
typedef void resize_blend_function(const struct resizer *resizer, const int16_t *upper,
                                   const int16_t *lower, int16_t upper_weight, int16_t lower_weight,
                                   uint8_t *out);

struct resize_kernels {
    struct {
        resize_add_function *add;
        resize_finish_function *finish;
    } sums, words, floats;
    resize_pick_function *pick_row;
    resize_row_function *lines_row;
    resize_blend_function *lines_blend;
};

#define RESIZE_KERNELS(level)                                                                      \
    {                                                                                              \
        {resize_sums_add_##level, resize_sums_finish_##level},                                     \
        {resize_words_add_##level, resize_words_finish_##level},                                   \
        {resize_floats_add_##level, resize_floats_finish_##level},                                 \
        resize_pick_row_##level,                                                                   \
        resize_lines_row_##level,                                                                  \
        resize_lines_blend_##level,                                                                \
    }

static const struct resize_kernels resize_levels[PIXELS_LEVEL_COUNT] = {
    [PIXELS_SCALAR] = RESIZE_KERNELS(scalar),
#ifdef PIXELS_X86
    [PIXELS_SSSE3] = RESIZE_KERNELS(ssse3),
#endif
#ifdef PIXELS_HAS_AVX2
    [PIXELS_AVX2] = RESIZE_KERNELS(avx2),
#endif
#ifdef PIXELS_ARM
    [PIXELS_NEON] = RESIZE_KERNELS(neon),
#endif
};

static inline const struct resize_kernels *resize_kernels_for(const struct resizer *resizer)
{
    return &resize_levels[resizer->steps ? pixels_level() : PIXELS_SCALAR];
}

/* ------------------------------------------------------------------------- whole pictures -- */

static inline void resizer_free(struct resizer *resizer)
{
    resize_axis_free(&resizer->columns);
    resize_axis_free(&resizer->rows);
    free(resizer->sums);
    free(resizer->steps);
    free(resizer->groups);
    memset(resizer, 0, sizeof *resizer);
}

static inline size_t resize_padded(unsigned count)
{
    return ((size_t)count + 7) / 8 * 8;
}

static inline void *resize_line_allocate(unsigned count, size_t size)
{
    return calloc(resize_padded(count), size);
}

static inline bool resize_is_halved(const struct resizer *resizer)
{
    return resizer->width == 2 * resizer->out_width && resizer->height == 2 * resizer->out_height;
}

static inline bool resize_prepare_area(struct resizer *resizer)
{
    unsigned width = resizer->width, height = resizer->height;
    unsigned out_width = resizer->out_width, out_height = resizer->out_height;
    double scale_x = resize_scale(width, out_width), scale_y = resize_scale(height, out_height);
    double whole_x = resize_nearest(scale_x), whole_y = resize_nearest(scale_y);
    double off_x = scale_x > whole_x ? scale_x - whole_x : whole_x - scale_x;
    double off_y = scale_y > whole_y ? scale_y - whole_y : whole_y - scale_y;
    /* Halving is exact in words, and OpenCV too rounds up the halves of boxes of 2 x 2, though of
     * all others to even. */
    if (resize_is_halved(resizer) ||
        (resizer->mode == RESIZE_AREA && scale_x <= RESIZE_MOST_WORDS &&
         scale_y <= RESIZE_MOST_WORDS)) {
        resizer->method = RESIZE_BY_WORDS;
        resizer->sums = resize_line_allocate(width, sizeof(int16_t));
    } else if (off_x < DBL_EPSILON && off_y < DBL_EPSILON &&
               whole_x * whole_y <= RESIZE_LARGEST_BOX) {
        resizer->method = RESIZE_BY_SUMS;
        resizer->scale = 1.0f / (float)(whole_x * whole_y);
        resizer->sums = resize_line_allocate(out_width, sizeof(int32_t));
        return resizer->sums &&
               resize_axis_boxes(&resizer->columns, (unsigned)whole_x, out_width) &&
               resize_axis_boxes(&resizer->rows, (unsigned)whole_y, out_height);
    } else {
        resizer->method = RESIZE_BY_FLOATS;
        resizer->sums = resize_line_allocate(out_width, sizeof(float));
    }
    if (!resizer->sums || !resize_axis_area(&resizer->columns, width, out_width) ||
        !resize_axis_area(&resizer->rows, height, out_height)) {
        return false;
    }
    if (resizer->method == RESIZE_BY_WORDS) {
        resize_axis_fix(&resizer->columns, out_width, RESIZE_WORD_COLUMN_BITS);
        resize_axis_fix(&resizer->rows, out_height, RESIZE_WORD_ROW_BITS);
    }
    return true;
}

static inline bool resize_prepare_method(struct resizer *resizer)
{
    unsigned width = resizer->width, height = resizer->height;
    unsigned out_width = resizer->out_width, out_height = resizer->out_height;
    bool is_area = resizer->mode == RESIZE_AREA || resizer->mode == RESIZE_AREA_EXACT;
    if (width == out_width && height == out_height) {
        resizer->method = RESIZE_BY_COPYING;
        return true;
    }
    if (resizer->mode == RESIZE_NEAREST) {
        resizer->method = RESIZE_BY_PICKING;
        return resize_axis_nearest(&resizer->columns, width, out_width) &&
               resize_axis_nearest(&resizer->rows, height, out_height);
    }
    /* Halved, a bilinear picture is that of the area, too. */
    if (resize_is_halved(resizer) || (is_area && width >= out_width && height >= out_height)) {
        return resize_prepare_area(resizer);
    }
    resizer->method = RESIZE_BY_LINES;
    resizer->sums = calloc(2 * resize_padded(out_width), sizeof(int16_t));
    return resizer->sums && resize_axis_linear(&resizer->columns, width, out_width, is_area) &&
           resize_axis_linear(&resizer->rows, height, out_height, is_area);
}

static inline bool resizer_prepare(struct resizer *resizer, int mode, unsigned width,
                                   unsigned height, unsigned out_width, unsigned out_height)
{
    if (resizer->method != RESIZE_BY_NOTHING && resizer->mode == mode && resizer->width == width &&
        resizer->height == height && resizer->out_width == out_width &&
        resizer->out_height == out_height) {
        return true;
    }
    resizer_free(resizer);
    resizer->mode = mode;
    resizer->width = width;
    resizer->height = height;
    resizer->out_width = out_width;
    resizer->out_height = out_height;
    if (resize_prepare_method(resizer) &&
        (resizer->method < RESIZE_BY_PICKING || resize_prepare_steps(resizer))) {
        return true;
    }
    resizer_free(resizer);
    return false;
}

static inline void resizer_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch)
{
    resizer->out = out;
    resizer->out_pitch = out_pitch;
    resizer->row = resizer->out_row = 0;
    switch (resizer->method) {
    case RESIZE_BY_SUMS:
    case RESIZE_BY_FLOATS:
        memset(resizer->sums, 0, resizer->out_width * sizeof(float));
        break;
    case RESIZE_BY_WORDS:
        memset(resizer->sums, 0, resizer->width * sizeof(int16_t));
        break;
    default:
        break;
    }
}

static inline bool resizer_wants_row(const struct resizer *resizer)
{
    if (resizer->out_row >= resizer->out_height) {
        return false;
    }
    return resizer->method == RESIZE_BY_COPYING ||
           resizer->rows.first[resizer->out_row] <= resizer->row;
}

static inline void resizer_skip_row(struct resizer *resizer)
{
    resizer->row++;
}

static inline uint8_t *resize_next_out(struct resizer *resizer)
{
    return resizer->out + resizer->out_row++ * resizer->out_pitch;
}

static inline bool resize_finishes_row(const struct resizer *resizer)
{
    return resizer->out_row < resizer->out_height &&
           resize_last(&resizer->rows, resizer->out_row) <= resizer->row;
}

static inline void resize_row_picking(struct resizer *resizer, const uint8_t *row)
{
    uint8_t *picked = resize_next_out(resizer);
    resize_kernels_for(resizer)->pick_row(resizer, row, picked);
    while (resize_finishes_row(resizer)) {
        memcpy(resize_next_out(resizer), picked, resizer->out_width);
    }
}

static inline void resize_row_lines(struct resizer *resizer, const uint8_t *row)
{
    const struct resize_kernels *kernels = resize_kernels_for(resizer);
    int16_t *lines = (int16_t *)resizer->sums;
    size_t pitch = resize_padded(resizer->out_width);
    kernels->lines_row(resizer, row, lines + (resizer->row & 1) * pitch);
    while (resize_finishes_row(resizer)) {
        unsigned first = resizer->rows.first[resizer->out_row];
        const int16_t *weights = resizer->rows.fixed + resizer->rows.start[resizer->out_row];
        bool is_blend = resize_last(&resizer->rows, resizer->out_row) != first;
        const int16_t *upper = lines + (first & 1) * pitch;
        const int16_t *lower = lines + (~first & 1) * pitch;
        kernels->lines_blend(resizer, upper, is_blend ? lower : upper, weights[0],
                             is_blend ? weights[1] : 0, resize_next_out(resizer));
    }
}

static inline size_t resize_row_weight(const struct resizer *resizer)
{
    const struct resize_axis *rows = &resizer->rows;
    if (resizer->out_row >= resizer->out_height || rows->first[resizer->out_row] > resizer->row) {
        return resize_no_weight;
    }
    return rows->start[resizer->out_row] + resizer->row - rows->first[resizer->out_row];
}

static inline void resize_row_area(struct resizer *resizer, const uint8_t *row,
                                   resize_add_function *add, resize_finish_function *finish)
{
    size_t weight = resize_row_weight(resizer);
    bool is_added = false;
    while (resize_finishes_row(resizer)) {
        uint8_t *out = resize_next_out(resizer);
        size_t next_weight = resize_row_weight(resizer);
        finish(resizer, row, is_added ? resize_no_weight : weight, next_weight, out);
        weight = next_weight;
        is_added = true;
    }
    if (!is_added) {
        add(resizer, row, weight);
    }
}

static inline void resizer_row(struct resizer *resizer, const uint8_t *row)
{
    if (!resizer_wants_row(resizer)) {
        resizer_skip_row(resizer);
        return;
    }
    const struct resize_kernels *kernels = resize_kernels_for(resizer);
    switch (resizer->method) {
    case RESIZE_BY_COPYING:
        memcpy(resize_next_out(resizer), row, resizer->width);
        break;
    case RESIZE_BY_PICKING:
        resize_row_picking(resizer, row);
        break;
    case RESIZE_BY_LINES:
        resize_row_lines(resizer, row);
        break;
    case RESIZE_BY_SUMS:
        resize_row_area(resizer, row, kernels->sums.add, kernels->sums.finish);
        break;
    case RESIZE_BY_WORDS:
        resize_row_area(resizer, row, kernels->words.add, kernels->words.finish);
        break;
    case RESIZE_BY_FLOATS:
        resize_row_area(resizer, row, kernels->floats.add, kernels->floats.finish);
        break;
    }
    resizer->row++;
}

#endif
