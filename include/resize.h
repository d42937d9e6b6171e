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

struct resizer {
    int mode;
    unsigned width, height, out_width, out_height;
    int method;
    struct resize_axis columns, rows;
    void *sums;   /* a row under way: float, int32_t or int16_t, by the method */
    float scale;  /* of RESIZE_BY_SUMS: what a sum is multiplied with */
    bool quarter; /* of RESIZE_BY_SUMS: boxes of 2 x 2, whose halves are rounded up */
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
        out[x] = resizer->quarter ? (uint8_t)((sum + 2) >> 2)
                                  : resize_round((float)sum * resizer->scale);
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

/* ------------------------------------------------------------------------------- dispatch -- */

/* Add a row to the sums, with one of the rows' weights. */
typedef void resize_add_function(const struct resizer *resizer, const uint8_t *row, size_t weight);

/* The same, or not when it is resize_no_weight; then write a row of the result, and begin the next
 * sums with this row times another weight, or with nothing. */
typedef void resize_finish_function(const struct resizer *resizer, const uint8_t *row,
                                    size_t weight, size_t next_weight, uint8_t *out);

typedef void resize_row_function(const struct resizer *resizer, const uint8_t *row, int16_t *line);
typedef void resize_blend_function(const struct resizer *resizer, const int16_t *upper,
                                   const int16_t *lower, int16_t upper_weight, int16_t lower_weight,
                                   uint8_t *out);

struct resize_kernels {
    struct {
        resize_add_function *add;
        resize_finish_function *finish;
    } sums, words, floats;
    resize_row_function *lines_row;
    resize_blend_function *lines_blend;
};

#define RESIZE_KERNELS(level)                                                                      \
    {                                                                                              \
        {resize_sums_add_##level, resize_sums_finish_##level},                                     \
        {resize_words_add_##level, resize_words_finish_##level},                                   \
        {resize_floats_add_##level, resize_floats_finish_##level},                                 \
        resize_lines_row_##level,                                                                  \
        resize_lines_blend_##level,                                                                \
    }

static const struct resize_kernels resize_levels[PIXELS_LEVEL_COUNT] = {
    [PIXELS_SCALAR] = RESIZE_KERNELS(scalar),
};

static inline const struct resize_kernels *resize_kernels_for(const struct resizer *resizer)
{
    (void)resizer;
    return &resize_levels[PIXELS_SCALAR];
}

/* ------------------------------------------------------------------------- whole pictures -- */

static inline void resizer_free(struct resizer *resizer)
{
    resize_axis_free(&resizer->columns);
    resize_axis_free(&resizer->rows);
    free(resizer->sums);
    memset(resizer, 0, sizeof *resizer);
}

static inline bool resize_prepare_area(struct resizer *resizer)
{
    unsigned width = resizer->width, height = resizer->height;
    unsigned out_width = resizer->out_width, out_height = resizer->out_height;
    double scale_x = resize_scale(width, out_width), scale_y = resize_scale(height, out_height);
    double whole_x = resize_nearest(scale_x), whole_y = resize_nearest(scale_y);
    double off_x = scale_x > whole_x ? scale_x - whole_x : whole_x - scale_x;
    double off_y = scale_y > whole_y ? scale_y - whole_y : whole_y - scale_y;
    if (off_x < DBL_EPSILON && off_y < DBL_EPSILON && whole_x * whole_y <= RESIZE_LARGEST_BOX) {
        resizer->method = RESIZE_BY_SUMS;
        resizer->scale = 1.0f / (float)(whole_x * whole_y);
        resizer->quarter = whole_x == 2 && whole_y == 2;
        resizer->sums = calloc(out_width, sizeof(int32_t));
        return resizer->sums &&
               resize_axis_boxes(&resizer->columns, (unsigned)whole_x, out_width) &&
               resize_axis_boxes(&resizer->rows, (unsigned)whole_y, out_height);
    }
    if (!resize_axis_area(&resizer->columns, width, out_width) ||
        !resize_axis_area(&resizer->rows, height, out_height)) {
        return false;
    }
    if (resizer->mode == RESIZE_AREA && scale_x <= RESIZE_MOST_WORDS &&
        scale_y <= RESIZE_MOST_WORDS) {
        resizer->method = RESIZE_BY_WORDS;
        resize_axis_fix(&resizer->columns, out_width, RESIZE_WORD_COLUMN_BITS);
        resize_axis_fix(&resizer->rows, out_height, RESIZE_WORD_ROW_BITS);
        resizer->sums = calloc(width, sizeof(int16_t));
    } else {
        resizer->method = RESIZE_BY_FLOATS;
        resizer->sums = calloc(out_width, sizeof(float));
    }
    return resizer->sums;
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
    if (is_area && width >= out_width && height >= out_height) {
        return resize_prepare_area(resizer);
    }
    resizer->method = RESIZE_BY_LINES;
    resizer->sums = calloc(2 * (size_t)out_width, sizeof(int16_t));
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
    if (resize_prepare_method(resizer)) {
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
    for (unsigned x = 0; x < resizer->out_width; x++) {
        picked[x] = row[resizer->columns.first[x]];
    }
    while (resize_finishes_row(resizer)) {
        memcpy(resize_next_out(resizer), picked, resizer->out_width);
    }
}

static inline void resize_row_lines(struct resizer *resizer, const uint8_t *row)
{
    const struct resize_kernels *kernels = resize_kernels_for(resizer);
    int16_t *lines = (int16_t *)resizer->sums;
    kernels->lines_row(resizer, row, lines + (resizer->row & 1) * (size_t)resizer->out_width);
    while (resize_finishes_row(resizer)) {
        unsigned first = resizer->rows.first[resizer->out_row];
        const int16_t *weights = resizer->rows.fixed + resizer->rows.start[resizer->out_row];
        bool is_blend = resize_last(&resizer->rows, resizer->out_row) != first;
        const int16_t *upper = lines + (first & 1) * (size_t)resizer->out_width;
        const int16_t *lower = lines + (~first & 1) * (size_t)resizer->out_width;
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
