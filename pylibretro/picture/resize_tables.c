#include "resize_tables.h"

#include <stdlib.h>
#include <string.h>

static bool resize_axis_allocate(struct resize_axis *axis, unsigned count, size_t weight_count)
{
    axis->first = (unsigned *)calloc(count, sizeof *axis->first);
    axis->start = (size_t *)calloc((size_t)count + 1, sizeof *axis->start);
    axis->weights = (float *)calloc(weight_count, sizeof *axis->weights);
    axis->fixed = (int16_t *)calloc(weight_count, sizeof *axis->fixed);
    return axis->first && axis->start && axis->weights && axis->fixed;
}

void resize_axis_free(struct resize_axis *axis)
{
    free(axis->first);
    free(axis->start);
    free(axis->weights);
    free(axis->fixed);
}

/* Written out, so that nothing has to be linked with the mathematics library. */
static double resize_floor(double value)
{
    double whole = (double)(int64_t)value;
    return whole > value ? whole - 1 : whole;
}

static double resize_ceiling(double value)
{
    return -resize_floor(-value);
}

double resize_nearest(double value)
{
    const double steps_of_one = 6755399441055744.0;
    return value + steps_of_one - steps_of_one;
}

double resize_scale(unsigned length, unsigned out_length)
{
    return 1.0 / ((double)out_length / (double)length);
}

bool resize_axis_nearest(struct resize_axis *axis, unsigned length, unsigned out_length)
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

bool resize_axis_linear(struct resize_axis *axis, unsigned length, unsigned out_length,
                        bool from_edges)
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
            double edge = (position + 1) * inverse;
            RESIZE_ROUND(edge);
            fraction = (float)((i + 1) - edge);
            fraction = fraction <= 0 ? 0 : fraction - (float)resize_floor(fraction);
        } else {
            double end = (i + 0.5) * scale;
            RESIZE_ROUND(end);
            float centre = (float)(end - 0.5);
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

bool resize_axis_boxes(struct resize_axis *axis, unsigned factor, unsigned out_length)
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

bool resize_axis_area(struct resize_axis *axis, unsigned length, unsigned out_length)
{
    const double sliver = 1e-3;
    if (!resize_axis_allocate(axis, out_length, (size_t)length + 2 * (size_t)out_length)) {
        return false;
    }
    double scale = resize_scale(length, out_length);
    for (unsigned i = 0; i < out_length; i++) {
        double begin = i * scale;
        RESIZE_ROUND(begin);
        double end = begin + scale;
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

void resize_axis_fix(struct resize_axis *axis, unsigned out_length, int bits)
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
static bool resize_fill_half(const struct resizer *resizer, struct resize_step *step, int half,
                             struct resize_column *columns)
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
static size_t resize_write_steps(struct resizer *resizer)
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

bool resize_prepare_steps(struct resizer *resizer)
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
