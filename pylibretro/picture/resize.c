#include "resize.h"

#include "resize_kernels.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

void resizer_free(struct resizer *resizer)
{
    resize_axis_free(&resizer->columns);
    resize_axis_free(&resizer->rows);
    free(resizer->sums);
    free(resizer->steps);
    free(resizer->groups);
    memset(resizer, 0, sizeof *resizer);
}

static size_t resize_padded(unsigned count)
{
    return ((size_t)count + 7) / 8 * 8;
}

static void *resize_line_allocate(unsigned count, size_t size)
{
    return calloc(resize_padded(count), size);
}

static bool resize_is_halved(const struct resizer *resizer)
{
    return resizer->width == 2 * resizer->out_width && resizer->height == 2 * resizer->out_height;
}

static bool resize_prepare_area(struct resizer *resizer)
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
        /* And two lines behind the sums, for rows of the result that are complete. */
        resizer->sums = calloc(3 * resize_padded(width), sizeof(int16_t));
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

static bool resize_prepare_method(struct resizer *resizer)
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
    /* Halved, a bilinear picture is the same as the one by area. */
    if (resize_is_halved(resizer) || (is_area && width >= out_width && height >= out_height)) {
        return resize_prepare_area(resizer);
    }
    resizer->method = RESIZE_BY_LINES;
    resizer->sums = calloc(2 * resize_padded(out_width), sizeof(int16_t));
    return resizer->sums && resize_axis_linear(&resizer->columns, width, out_width, is_area) &&
           resize_axis_linear(&resizer->rows, height, out_height, is_area);
}

bool resizer_prepare(struct resizer *resizer, int mode, unsigned width, unsigned height,
                     unsigned out_width, unsigned out_height)
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

void resizer_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch)
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

bool resizer_wants_row(const struct resizer *resizer)
{
    if (resizer->out_row >= resizer->out_height) {
        return false;
    }
    return resizer->method == RESIZE_BY_COPYING ||
           resizer->rows.first[resizer->out_row] <= resizer->row;
}

void resizer_skip_row(struct resizer *resizer)
{
    resizer->row++;
}

static uint8_t *resize_next_out(struct resizer *resizer)
{
    return resizer->out + resizer->out_row++ * resizer->out_pitch;
}

static bool resize_finishes_row(const struct resizer *resizer)
{
    return resizer->out_row < resizer->out_height &&
           resize_last(&resizer->rows, resizer->out_row) <= resizer->row;
}

static void resize_row_picking(struct resizer *resizer, const uint8_t *row)
{
    uint8_t *picked = resize_next_out(resizer);
    resize_kernels_for(resizer)->pick_row(resizer, row, picked);
    while (resize_finishes_row(resizer)) {
        memcpy(resize_next_out(resizer), picked, resizer->out_width);
    }
}

static void resize_row_lines(struct resizer *resizer, const uint8_t *row)
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

static size_t resize_row_weight(const struct resizer *resizer)
{
    const struct resize_axis *rows = &resizer->rows;
    if (resizer->out_row >= resizer->out_height || rows->first[resizer->out_row] > resizer->row) {
        return RESIZE_NO_WEIGHT;
    }
    return rows->start[resizer->out_row] + resizer->row - rows->first[resizer->out_row];
}

static void resize_row_area(struct resizer *resizer, const uint8_t *row, resize_add_function *add,
                            resize_finish_function *finish)
{
    size_t weight = resize_row_weight(resizer);
    bool is_added = false;
    while (resize_finishes_row(resizer)) {
        uint8_t *out = resize_next_out(resizer);
        size_t next_weight = resize_row_weight(resizer);
        finish(resizer, row, is_added ? RESIZE_NO_WEIGHT : weight, next_weight, out);
        weight = next_weight;
        is_added = true;
    }
    if (!is_added) {
        add(resizer, row, weight);
    }
}

bool resizer_wants_all_rows(const struct resizer *resizer)
{
    return resizer->method >= RESIZE_BY_SUMS || resizer->method == RESIZE_BY_COPYING;
}

void resizer_rows(struct resizer *resizer, const uint8_t *rows, size_t pitch, unsigned count)
{
    const struct resize_kernels *kernels = resize_kernels_for(resizer);
    for (unsigned i = 0; i < count; i++, rows += pitch) {
        if (!resizer_wants_row(resizer)) {
            resizer_skip_row(resizer);
            continue;
        }
        switch (resizer->method) {
        case RESIZE_BY_COPYING:
            memcpy(resize_next_out(resizer), rows, resizer->width);
            break;
        case RESIZE_BY_PICKING:
            resize_row_picking(resizer, rows);
            break;
        case RESIZE_BY_LINES:
            resize_row_lines(resizer, rows);
            break;
        case RESIZE_BY_SUMS:
            resize_row_area(resizer, rows, kernels->sums.add, kernels->sums.finish);
            break;
        case RESIZE_BY_WORDS:
            resize_row_area(resizer, rows, kernels->words.add, kernels->words.finish);
            break;
        case RESIZE_BY_FLOATS:
            resize_row_area(resizer, rows, kernels->floats.add, kernels->floats.finish);
            break;
        }
        resizer->row++;
    }
}

void resizer_row(struct resizer *resizer, const uint8_t *row)
{
    resizer_rows(resizer, row, 0, 1);
}
