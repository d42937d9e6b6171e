#include "resize_kernels.h"

#include "resize_vectors.h"

#include <string.h>

/* --------------------------------------------------------------------------------- scalar -- */

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
    float row_weight = weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.weights[weight];
    float next = next_weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.weights[next_weight];
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
        float mean = (float)sum * resizer->scale;
        RESIZE_ROUND(mean);
        out[x] = resize_round(mean);
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
    if (weight != RESIZE_NO_WEIGHT) {
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
    int16_t next = next_weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.fixed[next_weight];
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

/* ------------------------------------------------------------------------------- vectors -- */

#if defined(SIMD_X86) || defined(SIMD_ARM)

/* Less than 8 bytes, without a call. */
static inline void resize_store_rest(uint8_t *out, const uint8_t *rest, size_t count)
{
    if (count & 4) {
        memcpy(out, rest, 4);
    }
    if (count & 2) {
        memcpy(out + (count & 4), rest + (count & 4), 2);
    }
    if (count & 1) {
        out[count - 1] = rest[count - 1];
    }
}

/* Where the sums of every second row of the result stay while those of the next one begin. */
static inline int16_t *resize_words_line(const struct resizer *resizer, unsigned index)
{
    return (int16_t *)resizer->sums + (index + 1) * ((resizer->width + (size_t)7) / 8 * 8);
}

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
            resize_store_rest(out + x, rest, resizer->out_width - x);                              \
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
            weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.weights[weight]);                       \
        const struct resize_floats_##level next = resize_same_floats_##level(                      \
            next_weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.weights[next_weight]);             \
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
        struct resize_ints_##level tail = resize_add_words_##level(                                \
            resize_load_words_##level(sums + last),                                                \
            resize_weigh_##level(resize_load_bytes_##level(row + last), fixed));                   \
        for (size_t x = 0; x < last; x += 16) {                                                    \
            resize_store_words_##level(                                                            \
                sums + x, resize_add_words_##level(                                                \
                              resize_load_words_##level(sums + x),                                 \
                              resize_weigh_##level(resize_load_bytes_##level(row + x), fixed)));   \
        }                                                                                          \
        resize_store_words_##level(sums + last, tail);                                             \
    }                                                                                              \
    /* Two rows at a time, so that every step is loaded once for both. */                          \
    attribute static inline void resize_words_pair_##level(                                        \
        const struct resizer *resizer, const int16_t *line, const int16_t *next_line,              \
        uint8_t *out, uint8_t *next_out)                                                           \
    {                                                                                              \
        enum { BITS = RESIZE_FRACTION_BITS + RESIZE_WORD_COLUMN_BITS };                            \
        const struct resize_ints_##level half = resize_same_ints_##level(1 << (BITS - 1));         \
        const struct resize_step *step = resizer->steps;                                           \
        const size_t *groups = resizer->groups + 1;                                                \
        size_t count = ((size_t)resizer->out_width + 7) / 8;                                       \
        for (size_t group = 0; group < count; group++) {                                           \
            struct resize_ints_##level sum = half, next_sum = half;                                \
            for (const struct resize_step *end = resizer->steps + groups[group]; step < end;       \
                 step++) {                                                                         \
                sum = resize_add_products_##level(                                                 \
                    sum, resize_pick_##level((const uint8_t *)line, step), step);                  \
                next_sum = resize_add_products_##level(                                            \
                    next_sum, resize_pick_##level((const uint8_t *)next_line, step), step);        \
            }                                                                                      \
            resize_store_group_##level(resizer, group, resize_shift_##level(sum, BITS), out);      \
            resize_store_group_##level(resizer, group, resize_shift_##level(next_sum, BITS),       \
                                       next_out);                                                  \
        }                                                                                          \
    }                                                                                              \
    /* The row of the result waits for the one below it. */                                        \
    attribute static inline void resize_words_finish_##level(const struct resizer *resizer,        \
                                                             const uint8_t *row, size_t weight,    \
                                                             size_t next_weight, uint8_t *out)     \
    {                                                                                              \
        const unsigned index = resizer->out_row - 1;                                               \
        int16_t *sums = (int16_t *)resizer->sums, *line = resize_words_line(resizer, index & 1);   \
        int16_t fixed = weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.fixed[weight];              \
        int16_t next = next_weight == RESIZE_NO_WEIGHT ? 0 : resizer->rows.fixed[next_weight];     \
        size_t last = resizer->width - 16;                                                         \
        struct resize_ints_##level bytes = resize_load_bytes_##level(row + last);                  \
        struct resize_ints_##level tail = resize_add_words_##level(                                \
            resize_load_words_##level(sums + last), resize_weigh_##level(bytes, fixed));           \
        struct resize_ints_##level next_tail = resize_weigh_##level(bytes, next);                  \
        for (size_t x = 0; x < last; x += 16) {                                                    \
            bytes = resize_load_bytes_##level(row + x);                                            \
            resize_store_words_##level(                                                            \
                line + x, resize_add_words_##level(resize_load_words_##level(sums + x),            \
                                                   resize_weigh_##level(bytes, fixed)));           \
            resize_store_words_##level(sums + x, resize_weigh_##level(bytes, next));               \
        }                                                                                          \
        resize_store_words_##level(line + last, tail);                                             \
        resize_store_words_##level(sums + last, next_tail);                                        \
        if (index & 1) {                                                                           \
            resize_words_pair_##level(resizer, resize_words_line(resizer, 0), line,                \
                                      out - resizer->out_pitch, out);                              \
        } else if (resizer->out_row == resizer->out_height) {                                      \
            resize_words_pair_##level(resizer, line, line, out, out);                              \
        }                                                                                          \
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
            resize_store_rest(out + x, rest, resizer->out_width - x);                              \
        }                                                                                          \
    }

#ifdef SIMD_X86
RESIZE_DEFINE_KERNELS(ssse3, SIMD_TARGET_SSSE3)
RESIZE_DEFINE_BLEND(ssse3, SIMD_TARGET_SSSE3)
#endif

#ifdef SIMD_HAS_AVX2
RESIZE_DEFINE_KERNELS(avx2, SIMD_TARGET_AVX2)

/* Eight words a block: half of an AVX2 vector would stay empty. */
#define resize_lines_blend_avx2 resize_lines_blend_ssse3

#endif

#ifdef SIMD_ARM
RESIZE_DEFINE_KERNELS(neon, )
RESIZE_DEFINE_BLEND(neon, )
#endif

#endif

/* ------------------------------------------------------------------------------- dispatch -- */

#define RESIZE_KERNELS(level)                                                                      \
    {                                                                                              \
        {resize_sums_add_##level, resize_sums_finish_##level},                                     \
        {resize_words_add_##level, resize_words_finish_##level},                                   \
        {resize_floats_add_##level, resize_floats_finish_##level},                                 \
        resize_pick_row_##level,                                                                   \
        resize_lines_row_##level,                                                                  \
        resize_lines_blend_##level,                                                                \
    }

static const struct resize_kernels resize_levels[SIMD_LEVEL_COUNT] = {
    [SIMD_SCALAR] = RESIZE_KERNELS(scalar),
#ifdef SIMD_X86
    [SIMD_SSSE3] = RESIZE_KERNELS(ssse3),
#endif
#ifdef SIMD_HAS_AVX2
    [SIMD_AVX2] = RESIZE_KERNELS(avx2),     [SIMD_AVX512] = RESIZE_KERNELS(avx2),
#endif
#ifdef SIMD_ARM
    [SIMD_NEON] = RESIZE_KERNELS(neon),
#endif
};

const struct resize_kernels *resize_kernels_for(const struct resizer *resizer)
{
    return &resize_levels[resizer->steps ? simd_level() : SIMD_SCALAR];
}
