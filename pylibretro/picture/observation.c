#include "observation.h"

#include "interleave.h"
#include "pixels.h"
#include "planes.h"

#include <stdlib.h>
#include <string.h>

static unsigned observation_channels(const struct observation_settings *settings)
{
    return settings->gray ? 1 : 3;
}

static size_t observation_plane_bytes(const struct observation_settings *settings)
{
    return (size_t)settings->width * settings->height;
}

/* One observation, not stacked. */
static size_t observation_slot_bytes(const struct observation_settings *settings)
{
    return observation_channels(settings) * observation_plane_bytes(settings);
}

size_t observer_bytes(const struct observation_settings *settings)
{
    size_t element = settings->dtype == OBSERVATION_FLOAT32 ? sizeof(float) : 1;
    return settings->stack * observation_slot_bytes(settings) * element;
}

/* The contents stay. */
static bool observation_reserve(uint8_t **block, size_t *capacity, size_t size)
{
    if (size <= *capacity) {
        return true;
    }
    uint8_t *larger = (uint8_t *)realloc(*block, size);
    if (!larger) {
        return false;
    }
    *block = larger;
    *capacity = size;
    return true;
}

static size_t observation_largest_picture(const struct observation_settings *settings)
{
    size_t pixels = settings->cropped ? (size_t)settings->crop.width * settings->crop.height
                                      : (size_t)settings->maximum_width * settings->maximum_height;
    return pixels * observation_channels(settings);
}

static unsigned observation_widest_row(const struct observation_settings *settings)
{
    if (settings->cropped) {
        return settings->crop.width;
    }
    /* Either side may become the width by a quarter turn. */
    return settings->maximum_width > settings->maximum_height ? settings->maximum_width
                                                              : settings->maximum_height;
}

/* So many bytes go the whole way, in the nearest cache, before the next ones: a row at least. */
enum { OBSERVATION_PASSING_BYTES = 4096 };

static unsigned observation_passing_rows(unsigned width, unsigned channels)
{
    size_t rows = OBSERVATION_PASSING_BYTES / ((size_t)width * channels);
    return rows ? (unsigned)rows : 1;
}

static bool observation_reserve_passing(struct observer *observer, unsigned width)
{
    size_t row_bytes = (size_t)width * observation_channels(&observer->settings);
    size_t bytes = row_bytes > OBSERVATION_PASSING_BYTES ? row_bytes : OBSERVATION_PASSING_BYTES;
    return observation_reserve(&observer->passing.rows, &observer->passing.capacity, bytes);
}

void observer_free(struct observer *observer)
{
    for (int channel = 0; channel < OBSERVATION_CHANNELS; channel++) {
        resizer_free(&observer->resizers[channel]);
    }
    free(observer->masks);
    free(observer->passing.rows);
    free(observer->pictures[0].rows);
    free(observer->pictures[1].rows);
    free(observer->turned);
    free(observer->ring);
    free(observer->interleaved);
    memset(observer, 0, sizeof *observer);
}

static size_t observation_ring_bytes(const struct observation_settings *settings)
{
    return settings->stack * observation_slot_bytes(settings);
}

void observer_clear(struct observer *observer)
{
    observer->at.seen = observer->at.pooling = false;
    observer->at.empty = true;
    memset(observer->ring, 0, observation_ring_bytes(&observer->settings));
}

bool observer_prepare(struct observer *observer, const struct observation_settings *settings)
{
    observer_free(observer);
    observer->settings = *settings;
    observer->settings.masks = NULL;
    size_t mask_bytes = settings->mask_count * sizeof *settings->masks;
    if (mask_bytes) {
        observer->masks = (struct observation_rectangle *)malloc(mask_bytes);
        if (observer->masks) {
            memcpy(observer->masks, settings->masks, mask_bytes);
        }
        observer->settings.masks = observer->masks;
    }
    unsigned channels = observation_channels(settings);
    observer->ring = (uint8_t *)malloc(observation_ring_bytes(settings));
    observer->interleaved =
        (uint8_t *)malloc((size_t)settings->width * (channels * settings->stack + 4));
    bool complete = observer->ring && observer->interleaved && (observer->masks || !mask_bytes);
    for (int i = 0; settings->pool > 1 && i < 2; i++) {
        struct observation_planes *picture = &observer->pictures[i];
        complete = complete && observation_reserve(&picture->rows, &picture->capacity,
                                                   observation_largest_picture(settings));
    }
    complete = complete && observation_reserve_passing(observer, observation_widest_row(settings));
    if (!complete) {
        observer_free(observer);
        return false;
    }
    observer_clear(observer);
    return true;
}

/* ------------------------------------------------------------------------ the core's picture -- */

/* The part of a picture that is looked at, upright: it fills the upper left corner of a region,
 * which is black where the picture does not reach. */
struct observation_view {
    int format;
    const uint8_t *pixels;
    size_t pitch;
    unsigned width, height;               /* of the part of the picture */
    unsigned region_width, region_height; /* with what is black */
    unsigned top, left;                   /* of the region, in the whole picture */
};

static unsigned observation_overlap(unsigned start, unsigned length, unsigned limit)
{
    return start >= limit ? 0 : length < limit - start ? length : limit - start;
}

/* Only what is looked at is turned, which with a crop may be a small part. */
static void observation_turn(struct observation_view *view, uint8_t *turned, unsigned rotation)
{
    size_t bytes = pixels_bytes(view->format);
    const uint8_t *source = view->pixels;
    ptrdiff_t pitch = (ptrdiff_t)view->pitch, turned_pitch = (ptrdiff_t)(view->width * bytes);
    if (rotation == 1) {
        pixels_transpose(view->format, source, pitch, view->height, view->width,
                         turned + (ptrdiff_t)(view->height - 1) * turned_pitch, -turned_pitch);
    } else if (rotation == 3) {
        pixels_transpose(view->format, source + (ptrdiff_t)(view->width - 1) * pitch, -pitch,
                         view->height, view->width, turned, turned_pitch);
    } else {
        for (unsigned y = 0; y < view->height; y++) {
            const uint8_t *row = source + (size_t)(view->height - 1 - y) * view->pitch;
            uint8_t *result = turned + (size_t)y * view->width * bytes;
            for (unsigned x = 0; x < view->width; x++) {
                memcpy(result + x * bytes, row + (view->width - 1 - x) * bytes, bytes);
            }
        }
    }
    view->pixels = turned;
    view->pitch = (size_t)turned_pitch;
}

static bool observer_view(struct observer *observer, struct observation_view *view, int format,
                          const void *data, size_t pitch, unsigned width, unsigned height,
                          unsigned rotation)
{
    const struct observation_settings *settings = &observer->settings;
    rotation = settings->rotate ? rotation & 3 : 0;
    unsigned upright_width = rotation & 1 ? height : width;
    unsigned upright_height = rotation & 1 ? width : height;
    struct observation_rectangle crop = {0, 0, upright_height, upright_width};
    if (settings->cropped) {
        crop = settings->crop;
    }
    view->format = format;
    view->top = crop.top;
    view->left = crop.left;
    view->region_width = crop.width;
    view->region_height = crop.height;
    view->width = observation_overlap(crop.left, crop.width, upright_width);
    view->height = observation_overlap(crop.top, crop.height, upright_height);
    view->pitch = pitch;
    view->pixels = NULL;
    if (!view->width || !view->height) {
        view->width = view->height = 0;
        return true;
    }
    unsigned right = upright_width - crop.left - view->width;
    unsigned bottom = upright_height - crop.top - view->height;
    unsigned rows_above = crop.top, columns_before = crop.left;
    if (rotation == 1) {
        rows_above = crop.left;
        columns_before = bottom;
    } else if (rotation == 2) {
        rows_above = bottom;
        columns_before = right;
    } else if (rotation == 3) {
        rows_above = right;
        columns_before = crop.top;
    }
    size_t bytes = pixels_bytes(format);
    view->pixels = (const uint8_t *)data + rows_above * pitch + columns_before * bytes;
    if (rotation) {
        if (!observation_reserve(&observer->turned, &observer->turned_capacity,
                                 (size_t)view->width * view->height * bytes)) {
            return false;
        }
        observation_turn(view, observer->turned, rotation);
    }
    return true;
}

/* Make black what a picture does not reach, and what is masked, of row `y`. */
static void observer_blacken(const struct observer *observer, const struct observation_view *view,
                             unsigned y, unsigned width, uint8_t *const rows[OBSERVATION_CHANNELS])
{
    const struct observation_settings *settings = &observer->settings;
    unsigned channels = observation_channels(settings);
    for (unsigned channel = 0; width < view->region_width && channel < channels; channel++) {
        memset(rows[channel] + width, 0, view->region_width - width);
    }
    for (size_t i = 0; i < settings->mask_count; i++) {
        const struct observation_rectangle *mask = &settings->masks[i];
        unsigned row = view->top + y;
        if (row < mask->top || row - mask->top >= mask->height) {
            continue;
        }
        unsigned start = mask->left > view->left ? mask->left - view->left : 0;
        unsigned hidden = view->left > mask->left ? view->left - mask->left : 0;
        if (hidden >= mask->width) {
            continue;
        }
        unsigned count = observation_overlap(start, mask->width - hidden, view->region_width);
        for (unsigned channel = 0; count && channel < channels; channel++) {
            memset(rows[channel] + start, 0, count);
        }
    }
}

/* Row `y` of the view to one row of bytes for each channel. */
static void observer_convert_row(const struct observer *observer,
                                 const struct observation_view *view, unsigned y,
                                 uint8_t *const rows[OBSERVATION_CHANNELS])
{
    const struct observation_settings *settings = &observer->settings;
    unsigned width = y < view->height ? view->width : 0;
    if (width) {
        const uint8_t *source = view->pixels + y * view->pitch;
        if (settings->gray) {
            planes_row_to_gray(view->format, settings->luma, source, width, rows[0]);
        } else {
            planes_row_to_rgb(view->format, source, width, rows[0], rows[1], rows[2]);
        }
    }
    observer_blacken(observer, view, y, width, rows);
}

static void observation_planes_row(const struct observation_planes *planes, unsigned channels,
                                   unsigned y, uint8_t *rows[OBSERVATION_CHANNELS])
{
    for (unsigned channel = 0; channel < channels; channel++) {
        rows[channel] = planes->rows + ((size_t)y * channels + channel) * planes->width;
    }
}

/* `count` rows of the view, from `y` on, to rows of `planes` from `to` on. */
static void observer_convert_rows(const struct observer *observer,
                                  const struct observation_view *view, unsigned y, unsigned count,
                                  const struct observation_planes *planes, unsigned to)
{
    const struct observation_settings *settings = &observer->settings;
    uint8_t *rows[OBSERVATION_CHANNELS];
    bool is_plain = settings->gray && !settings->mask_count && view->width == view->region_width;
    if (is_plain && y + count <= view->height) {
        observation_planes_row(planes, 1, to, rows);
        planes_to_gray(view->format, settings->luma, view->pixels + y * view->pitch, view->pitch,
                       view->width, count, rows[0], planes->width);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        observation_planes_row(planes, observation_channels(settings), to + i, rows);
        observer_convert_row(observer, view, y + i, rows);
    }
}

/* --------------------------------------------------------------------------- pooled pictures -- */

static bool observation_planes_reserve(struct observation_planes *planes, unsigned channels,
                                       unsigned width, unsigned height)
{
    return observation_reserve(&planes->rows, &planes->capacity, (size_t)width * height * channels);
}

/* `count` rows from `y` on of both pictures, pooled, to `pooled`. The earlier one is cut to the
 * size of the other, or has black beside and below it; it stays as it is, for the core may send
 * another picture in the same frame. */
static void observation_pool_rows(const struct observation_settings *settings,
                                  const struct observation_planes *earlier,
                                  const struct observation_planes *picture, unsigned y,
                                  unsigned count, uint8_t *pooled)
{
    void (*pool)(const uint8_t *, const uint8_t *, size_t, uint8_t *) =
        settings->pool_mode == OBSERVATION_MAX ? planes_maximum : planes_mean;
    size_t channels = observation_channels(settings);
    size_t width = picture->width, old_width = earlier->width, start = y * channels * width;
    /* The planes of all rows touch, so that one call does them all. */
    if (old_width == width && y + count <= earlier->height) {
        pool(picture->rows + start, earlier->rows + start, count * channels * width, pooled);
        return;
    }
    size_t left = y < earlier->height ? (earlier->height - y) * channels : 0;
    size_t kept = old_width < width ? old_width : width;
    for (size_t row = 0; row < count * channels; row++) {
        uint8_t *fitted = pooled + row * width;
        memset(fitted, 0, width);
        if (row < left) {
            memcpy(fitted, earlier->rows + (y * channels + row) * old_width, kept);
        }
        pool(picture->rows + start + row * width, fitted, width, fitted);
    }
}

/* ----------------------------------------------------------------------- the way to the ring -- */

static uint8_t *observer_slot(const struct observer *observer, unsigned index)
{
    return observer->ring + index * observation_slot_bytes(&observer->settings);
}

static uint8_t *observer_next_slot(const struct observer *observer)
{
    return observer_slot(observer, (observer->at.newest + 1) % observer->settings.stack);
}

/* Put what there was before the newest observation in the place of all others. */
static void observer_pad(struct observer *observer)
{
    const struct observation_settings *settings = &observer->settings;
    const size_t bytes = observation_slot_bytes(settings);
    for (unsigned i = 0; i < settings->stack; i++) {
        if (i == observer->at.newest) {
            continue;
        }
        if (settings->padding == OBSERVATION_REPEAT) {
            memcpy(observer_slot(observer, i), observer_slot(observer, observer->at.newest), bytes);
        } else {
            memset(observer_slot(observer, i), 0, bytes);
        }
    }
}

static void observer_push(struct observer *observer)
{
    const struct observation_settings *settings = &observer->settings;
    observer->at.newest = (observer->at.newest + 1) % settings->stack;
    if (observer->at.empty && settings->padding == OBSERVATION_REPEAT) {
        observer_pad(observer);
    }
    observer->at.empty = observer->at.pooling = false;
}

void observer_forget_older(struct observer *observer)
{
    if (observer->at.empty) {
        return;
    }
    observer_pad(observer);
    observer->at.pooling = false;
}

static void observer_push_black(struct observer *observer)
{
    memset(observer_next_slot(observer), 0, observation_slot_bytes(&observer->settings));
    observer_push(observer);
}

/* A picture that has the size of the result needs no resizer. */
static bool observer_resizes(const struct observer *observer, unsigned width, unsigned height)
{
    return width != observer->settings.width || height != observer->settings.height;
}

static bool observer_prepare_resizers(struct observer *observer, unsigned width, unsigned height)
{
    const struct observation_settings *settings = &observer->settings;
    if (!observer_resizes(observer, width, height)) {
        return true;
    }
    for (unsigned channel = 0; channel < observation_channels(settings); channel++) {
        if (!resizer_prepare(&observer->resizers[channel], settings->resize, width, height,
                             settings->width, settings->height)) {
            return false;
        }
    }
    return true;
}

static void observer_begin_resizers(struct observer *observer)
{
    const struct observation_settings *settings = &observer->settings;
    uint8_t *plane = observer_next_slot(observer);
    for (unsigned channel = 0; channel < observation_channels(settings); channel++) {
        resizer_begin(&observer->resizers[channel], plane, settings->width);
        plane += observation_plane_bytes(settings);
    }
}

/* Where row `y` of a picture that is not resized goes. */
static void observer_slot_row(const struct observer *observer, unsigned y,
                              uint8_t *rows[OBSERVATION_CHANNELS])
{
    const struct observation_settings *settings = &observer->settings;
    uint8_t *row = observer_next_slot(observer) + (size_t)y * settings->width;
    for (unsigned channel = 0; channel < observation_channels(settings); channel++) {
        rows[channel] = row;
        row += observation_plane_bytes(settings);
    }
}

/* `count` rows of `planes`, from `from` on, as those of a picture from `y` on: to the resizers or
 * where they stay. */
static void observer_pass_rows(struct observer *observer, bool resizes, unsigned y, unsigned count,
                               const struct observation_planes *planes, unsigned from)
{
    const struct observation_settings *settings = &observer->settings;
    unsigned channels = observation_channels(settings);
    size_t pitch = (size_t)planes->width * channels;
    uint8_t *rows[OBSERVATION_CHANNELS], *kept[OBSERVATION_CHANNELS];
    observation_planes_row(planes, channels, from, rows);
    for (unsigned channel = 0; resizes && channel < channels; channel++) {
        resizer_rows(&observer->resizers[channel], rows[channel], pitch, count);
    }
    for (unsigned i = 0; !resizes && i < count; i++) {
        observer_slot_row(observer, y + i, kept);
        for (unsigned channel = 0; channel < channels; channel++) {
            memcpy(kept[channel], rows[channel] + i * pitch, settings->width);
        }
    }
}

static void observer_view_unpooled(struct observer *observer, const struct observation_view *view)
{
    unsigned channels = observation_channels(&observer->settings);
    unsigned height = view->region_height;
    if (!observer_resizes(observer, view->region_width, height)) {
        for (unsigned y = 0; y < height; y++) {
            uint8_t *rows[OBSERVATION_CHANNELS];
            observer_slot_row(observer, y, rows);
            observer_convert_row(observer, view, y, rows);
        }
        return;
    }
    struct observation_planes *passing = &observer->passing;
    passing->width = view->region_width;
    unsigned most = observation_passing_rows(view->region_width, channels);
    observer_begin_resizers(observer);
    for (unsigned y = 0, count; y < height; y += count) {
        bool wanted = resizer_wants_row(&observer->resizers[0]);
        count = 1;
        if (!wanted) {
            for (unsigned channel = 0; channel < channels; channel++) {
                resizer_skip_row(&observer->resizers[channel]);
            }
            continue;
        }
        if (resizer_wants_all_rows(&observer->resizers[0])) {
            count = most < height - y ? most : height - y;
        }
        observer_convert_rows(observer, view, y, count, passing, 0);
        observer_pass_rows(observer, true, y, count, passing, 0);
    }
}

/* The view becomes the last picture, unpooled, for a repeat to come back to. */
static void observer_view_pooled(struct observer *observer, const struct observation_view *view,
                                 bool last)
{
    const struct observation_settings *settings = &observer->settings;
    unsigned channels = observation_channels(settings);
    unsigned width = view->region_width, height = view->region_height;
    struct observation_planes *earlier = &observer->pictures[observer->at.last_picture];
    struct observation_planes *picture = &observer->pictures[observer->at.last_picture ^ 1];
    struct observation_planes *passing = &observer->passing;
    bool resizes = observer_resizes(observer, width, height);
    bool pools = last && observer->at.pooling;
    picture->width = passing->width = width;
    picture->height = height;
    if (last && resizes) {
        observer_begin_resizers(observer);
    }
    unsigned most = observation_passing_rows(width, channels);
    for (unsigned y = 0, count; y < height; y += count) {
        count = most < height - y ? most : height - y;
        observer_convert_rows(observer, view, y, count, picture, y);
        if (pools) {
            observation_pool_rows(settings, earlier, picture, y, count, passing->rows);
            observer_pass_rows(observer, resizes, y, count, passing, 0);
        } else if (last) {
            observer_pass_rows(observer, resizes, y, count, picture, y);
        }
    }
    observer->at.last_picture ^= 1;
    observer->at.seen = observer->at.pooling = true;
}

bool observer_picture(struct observer *observer, bool last, int format, const void *data,
                      size_t pitch, unsigned width, unsigned height, unsigned rotation)
{
    const struct observation_settings *settings = &observer->settings;
    bool pools = settings->pool > 1;
    observer->before = observer->at;
    if (!last && !pools) {
        return true;
    }
    struct observation_view view;
    if (!observer_view(observer, &view, format, data, pitch, width, height, rotation)) {
        return false;
    }
    unsigned channels = observation_channels(settings);
    bool empty = !view.region_width || !view.region_height;
    if (last && !empty &&
        !observer_prepare_resizers(observer, view.region_width, view.region_height)) {
        return false;
    }
    if (pools) {
        for (int i = 0; i < 2; i++) {
            if (!observation_planes_reserve(&observer->pictures[i], channels, view.region_width,
                                            view.region_height)) {
                return false;
            }
        }
    }
    if (!observation_reserve_passing(observer, view.region_width)) {
        return false;
    }
    if (width > settings->maximum_width) {
        observer->settings.maximum_width = width;
    }
    if (height > settings->maximum_height) {
        observer->settings.maximum_height = height;
    }
    if (empty) {
        if (last) {
            observer_push_black(observer);
        }
        return true;
    }
    if (pools) {
        observer_view_pooled(observer, &view, last);
    } else {
        observer_view_unpooled(observer, &view);
    }
    if (last) {
        observer_push(observer);
    }
    observer->at.seen = true;
    return true;
}

void observer_take_back(struct observer *observer)
{
    observer->at = observer->before;
}

bool observer_repeat(struct observer *observer, bool last)
{
    const struct observation_settings *settings = &observer->settings;
    if (!last) {
        /* Without pooling it has no part in the observation. */
        observer->at.pooling = observer->at.seen && settings->pool > 1;
        return true;
    }
    if (!observer->at.seen) {
        observer_push_black(observer);
        return true;
    }
    if (settings->pool == 1) {
        memmove(observer_next_slot(observer), observer_slot(observer, observer->at.newest),
                observation_slot_bytes(settings));
        observer_push(observer);
        return true;
    }
    /* Both frames show the last picture, and it is its own maximum and mean. */
    const struct observation_planes *picture = &observer->pictures[observer->at.last_picture];
    if (!observer_prepare_resizers(observer, picture->width, picture->height)) {
        return false;
    }
    bool resizes = observer_resizes(observer, picture->width, picture->height);
    if (resizes) {
        observer_begin_resizers(observer);
    }
    observer_pass_rows(observer, resizes, 0, picture->height, picture, 0);
    observer_push(observer);
    return true;
}

/* ------------------------------------------------------------------------------ the result -- */

static void observer_write_interleaved(const struct observer *observer, void *result)
{
    const struct observation_settings *settings = &observer->settings;
    const uint8_t *planes[OBSERVATION_STACK_LIMIT * OBSERVATION_CHANNELS];
    unsigned channels = observation_channels(settings), count = channels * settings->stack;
    size_t row_length = (size_t)settings->width * count;
    for (unsigned i = 0; i < count; i++) {
        unsigned slot = (observer->at.newest + 1 + i / channels) % settings->stack;
        planes[i] =
            observer_slot(observer, slot) + i % channels * observation_plane_bytes(settings);
    }
    uint8_t *words = observer->interleaved + row_length;
    for (unsigned y = 0; y < settings->height; y++) {
        if (settings->dtype == OBSERVATION_FLOAT32) {
            interleave_row(planes, count, settings->width, observer->interleaved, words);
            planes_row_to_float(observer->interleaved, row_length,
                                (float *)result + y * row_length);
        } else {
            interleave_row(planes, count, settings->width, (uint8_t *)result + y * row_length,
                           words);
        }
        for (unsigned i = 0; i < count; i++) {
            planes[i] += settings->width;
        }
    }
}

void observer_write(const struct observer *observer, void *result)
{
    const struct observation_settings *settings = &observer->settings;
    size_t slot_bytes = observation_slot_bytes(settings);
    if (settings->layout == OBSERVATION_HWC) {
        observer_write_interleaved(observer, result);
        return;
    }
    for (unsigned i = 0; i < settings->stack; i++) {
        const uint8_t *slot =
            observer_slot(observer, (observer->at.newest + 1 + i) % settings->stack);
        if (settings->dtype == OBSERVATION_FLOAT32) {
            planes_row_to_float(slot, slot_bytes, (float *)result + i * slot_bytes);
        } else {
            memcpy((uint8_t *)result + i * slot_bytes, slot, slot_bytes);
        }
    }
}

/* ----------------------------------------------------------------------------- save states -- */

/* Before the stack, the oldest observation first, and the rows of the last picture. */
struct observation_history {
    uint32_t mark;
    uint32_t width, height, channels, stack;
    uint32_t empty, seen;
    uint32_t picture_width, picture_height; /* 0 where there is none to keep */
};

#define OBSERVATION_HISTORY_MARK 0x3153424fu

size_t observer_history_bytes(const struct observation_settings *settings)
{
    return sizeof(struct observation_history) + observation_ring_bytes(settings) +
           (settings->pool > 1 ? observation_largest_picture(settings) : 0);
}

static struct observation_history observer_history(const struct observer *observer)
{
    const struct observation_settings *settings = &observer->settings;
    struct observation_history header = {
        .mark = OBSERVATION_HISTORY_MARK,
        .width = settings->width,
        .height = settings->height,
        .channels = observation_channels(settings),
        .stack = settings->stack,
        .empty = observer->at.empty,
        .seen = observer->at.seen,
    };
    if (observer->at.seen && settings->pool > 1) {
        header.picture_width = observer->pictures[observer->at.last_picture].width;
        header.picture_height = observer->pictures[observer->at.last_picture].height;
    }
    return header;
}

size_t observer_save_history(const struct observer *observer, void *history, size_t size)
{
    const struct observation_settings *settings = &observer->settings;
    struct observation_history header = observer_history(observer);
    size_t slot_bytes = observation_slot_bytes(settings);
    size_t picture_bytes = (size_t)header.picture_width * header.picture_height * header.channels;
    size_t needed = sizeof header + observation_ring_bytes(settings) + picture_bytes;
    if (size < needed) {
        return 0;
    }
    uint8_t *next = (uint8_t *)history;
    memcpy(next, &header, sizeof header);
    next += sizeof header;
    for (unsigned i = 0; i < settings->stack; i++) {
        memcpy(next, observer_slot(observer, (observer->at.newest + 1 + i) % settings->stack),
               slot_bytes);
        next += slot_bytes;
    }
    if (picture_bytes) {
        memcpy(next, observer->pictures[observer->at.last_picture].rows, picture_bytes);
    }
    return needed;
}

bool observer_load_history(struct observer *observer, const void *history, size_t size)
{
    struct observation_settings *settings = &observer->settings;
    struct observation_history header, own = observer_history(observer);
    size_t ring_bytes = observation_ring_bytes(settings);
    if (size < sizeof header + ring_bytes) {
        return false;
    }
    memcpy(&header, history, sizeof header);
    if (header.mark != own.mark || header.width != own.width || header.height != own.height ||
        header.channels != own.channels || header.stack != own.stack || header.empty > 1 ||
        header.seen > 1) {
        return false;
    }
    size_t rest = size - sizeof header - ring_bytes;
    uint64_t pixels = (uint64_t)header.picture_width * header.picture_height;
    if (pixels > rest || pixels * header.channels != rest ||
        (settings->pool > 1 && header.seen) != (pixels != 0)) {
        return false;
    }
    struct observation_planes *picture = &observer->pictures[observer->at.last_picture];
    if (!observation_reserve(&picture->rows, &picture->capacity, rest)) {
        return false;
    }
    if (rest > observation_largest_picture(settings)) {
        settings->maximum_width = header.picture_width;
        settings->maximum_height = header.picture_height;
    }
    const uint8_t *stack = (const uint8_t *)history + sizeof header;
    memcpy(observer->ring, stack, ring_bytes);
    if (rest) {
        memcpy(picture->rows, stack + ring_bytes, rest);
    }
    picture->width = header.picture_width;
    picture->height = header.picture_height;
    observer->at.newest = settings->stack - 1;
    observer->at.empty = header.empty != 0;
    observer->at.seen = header.seen != 0;
    observer->at.pooling = false;
    return true;
}
