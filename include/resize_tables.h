/* What resize.h works out once for two sizes: which pixels a pixel is made of, how much of each. */
#ifndef PYLIBRETRO_RESIZE_TABLES_H
#define PYLIBRETRO_RESIZE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* gcc joins a product and the sum it goes into to one instruction where the processor has it, which
 * rounds once, not twice; OpenCV's results are rounded twice. Other compilers join them only within
 * a statement, so such products are variables. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__aarch64__)
#define RESIZE_ROUND(product) __asm__("" : "+w"(product))
#elif defined(__GNUC__) && !defined(__clang__) && defined(__FMA__)
#define RESIZE_ROUND(product) __asm__("" : "+x"(product))
#else
#define RESIZE_ROUND(product) (void)(product)
#endif

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

static inline unsigned resize_last(const struct resize_axis *axis, unsigned i)
{
    return axis->first[i] + (unsigned)(axis->start[i + 1] - axis->start[i]) - 1;
}

/* To nearest, halves to even: at 1.5 * 2^52 the steps of a double are 1. */
double resize_nearest(double value);

/* As OpenCV has it: whether a size is a whole multiple is asked of the quotient of a quotient. */
double resize_scale(unsigned length, unsigned out_length);

/* Each allocates a table; false without memory. */

bool resize_axis_nearest(struct resize_axis *axis, unsigned length, unsigned out_length);

/* Between the centres of pixels, or, `from_edges`, as INTER_AREA places them when it enlarges. */
bool resize_axis_linear(struct resize_axis *axis, unsigned length, unsigned out_length,
                        bool from_edges);

/* Boxes of `factor` whole pixels. */
bool resize_axis_boxes(struct resize_axis *axis, unsigned factor, unsigned out_length);

/* Pixels by how much of them lies in the interval that a pixel of the result covers. A sliver of
 * less than a thousandth is left out, as OpenCV does. */
bool resize_axis_area(struct resize_axis *axis, unsigned length, unsigned out_length);

/* Rounded so that the weights of a pixel add up to exactly 1 << bits: what is of one colour stays
 * so. */
void resize_axis_fix(struct resize_axis *axis, unsigned out_length, int bits);

void resize_axis_free(struct resize_axis *axis);

/* Turns the columns into steps; false without memory. */
bool resize_prepare_steps(struct resizer *resizer);

#endif
