/*
 * Anti-aliased shapes and letters on premultiplied ARGB pixels. Integers only: the same picture on
 * every platform.
 */
#ifndef DRAWING_2048_H
#define DRAWING_2048_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Shapes ---------------------------------------------------------------------------------- */

enum { WIDTH = 320, HEIGHT = 240 };

struct canvas {
    uint32_t *pixels;
    int width, height;
};

static uint32_t screen_pixels[WIDTH * HEIGHT];
static const struct canvas screen = {screen_pixels, WIDTH, HEIGHT};

#define OPAQUE 0xFF000000u
#define SHADE 0x301808u /* what darkens edges and falls under cards */

/* All four channels times amount/256, two at a time. */
static inline uint32_t scale_pixel(uint32_t pixel, uint32_t amount)
{
    uint32_t even = ((pixel & 0x00FF00FFu) * amount >> 8) & 0x00FF00FFu;
    uint32_t odd = ((pixel >> 8) & 0x00FF00FFu) * amount & 0xFF00FF00u;
    return even | odd;
}

static inline uint32_t lay_over(uint32_t below, uint32_t premultiplied)
{
    uint32_t alpha = premultiplied >> 24;
    return premultiplied + scale_pixel(below, 256 - (alpha + (alpha >> 7)));
}

static inline uint32_t mix_colours(uint32_t from, uint32_t to, unsigned amount)
{
    return (scale_pixel(from, 256 - amount) + scale_pixel(to, amount)) | OPAQUE;
}

static inline uint32_t square_root(uint32_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= value)
            root += bit;
    return root;
}

static inline void fill_rectangle(const struct canvas *canvas, int x, int y, int width, int height,
                                  uint32_t colour)
{
    for (int row = y; row < y + height; row++)
        for (int column = x; column < x + width; column++)
            canvas->pixels[row * canvas->width + column] = colour | OPAQUE;
}

static inline void blend_span(uint32_t *line, int count, uint32_t premultiplied)
{
    uint32_t alpha = premultiplied >> 24, rest = 256 - (alpha + (alpha >> 7));
    for (int column = 0; column < count; column++)
        line[column] = premultiplied + scale_pixel(line[column], rest);
}

/* `opacity` is 0..256. A corner pixel is covered by its distance from the corner's centre. */
static inline void fill_rounded(const struct canvas *canvas, int x, int y, int width, int height,
                                int radius, uint32_t colour, unsigned opacity)
{
    uint32_t solid = scale_pixel(colour | OPAQUE, opacity);
    for (int row = 0; row < height; row++) {
        uint32_t *line = canvas->pixels + (y + row) * canvas->width + x;
        int edge = row < height - 1 - row ? row : height - 1 - row;
        int inset = edge < radius ? radius : 0;
        int down = (radius - edge) * 16 - 8; /* in 1/16 pixels */
        for (int column = 0; column < inset; column++) {
            int across = (radius - column) * 16 - 8;
            int outside = (int)square_root((uint32_t)(across * across + down * down)) - radius * 16;
            if (outside >= 8)
                continue;
            uint32_t ink = outside <= -8 ? solid : scale_pixel(solid, (uint32_t)(8 - outside) * 16);
            line[column] = lay_over(line[column], ink);
            line[width - 1 - column] = lay_over(line[width - 1 - column], ink);
        }
        blend_span(line + inset, width - 2 * inset, solid);
    }
}

/* ---- Letters: strokes with round ends, measured by distance ---------------------------------- */

/*
 * Each glyph is the centre line of a pen in a box `width` x 60, y down: M moves, L draws a line,
 * C a Bezier curve. The pen's weight is added around it, so the outer edges of any size fall on
 * whole pixels and stay sharp.
 */
static const struct outline {
    char letter;
    uint8_t width;
    const char *path;
} outlines[] = {
    {'0', 36, "M18 0C31 0 36 12 36 30C36 48 31 60 18 60C5 60 0 48 0 30C0 12 5 0 18 0"},
    {'1', 15, "M0 13L15 0L15 60"},
    {'2', 36, "M1 16C2 6 9 0 18 0C28 0 35 6 35 16C35 25 29 31 22 38L0 60L36 60"},
    {'3', 35,
     "M1 11C4 4 10 0 17 0C27 0 33 6 33 14C33 23 27 28 18 28L13 28L18 28"
     "C28 28 35 34 35 44C35 54 28 60 17 60C8 60 2 56 0 48"},
    {'4', 38, "M38 43L0 43L27 0L27 60"},
    {'5', 35, "M32 0L6 0L3 27C7 24 12 22 17 22C28 22 35 30 35 41C35 52 28 60 17 60C8 60 2 56 0 49"},
    {'6', 36,
     "M32 6C29 2 25 0 19 0C6 0 0 13 0 33L0 41C0 52 8 60 18 60C28 60 36 52 36 41"
     "C36 30 28 23 18 23C8 23 0 30 0 41"},
    {'7', 34, "M0 0L34 0L11 60"},
    {'8', 36,
     "M18 28C27 28 33 23 33 14C33 5 27 0 18 0C9 0 3 5 3 14C3 23 9 28 18 28"
     "C29 28 36 34 36 44C36 54 29 60 18 60C7 60 0 54 0 44C0 34 7 28 18 28"},
    {'9', 36,
     "M4 54C7 58 11 60 17 60C30 60 36 47 36 27L36 19C36 8 28 0 18 0C8 0 0 8 0 19"
     "C0 30 8 37 18 37C28 37 36 30 36 19"},
    {'A', 42, "M0 60L21 0L42 60M8 41L34 41"},
    {'B', 37,
     "M0 29L20 29C29 29 34 23 34 15C34 6 28 0 19 0L0 0L0 60L20 60C31 60 37 54 37 45"
     "C37 35 30 29 20 29"},
    {'C', 40, "M40 13C36 5 30 0 22 0C8 0 0 13 0 30C0 47 8 60 22 60C30 60 36 55 40 47"},
    {'D', 40, "M0 0L0 60L16 60C32 60 40 49 40 30C40 11 32 0 16 0L0 0"},
    {'E', 32, "M32 0L0 0L0 60L32 60M0 29L27 29"},
    {'F', 31, "M31 0L0 0L0 60M0 30L26 30"},
    {'G', 42, "M41 13C37 5 30 0 22 0C8 0 0 13 0 30C0 47 8 60 22 60C34 60 42 52 42 34L25 34"},
    {'H', 38, "M0 0L0 60M38 0L38 60M0 29L38 29"},
    {'I', 0, "M0 0L0 60"},
    {'J', 27, "M27 0L27 43C27 54 22 60 14 60C6 60 1 55 0 47"},
    {'K', 36, "M0 0L0 60M34 0L0 37M12 25L36 60"},
    {'L', 30, "M0 0L0 60L30 60"},
    {'M', 48, "M0 60L0 0L24 40L48 0L48 60"},
    {'N', 39, "M0 60L0 0L39 60L39 0"},
    {'O', 46, "M23 0C38 0 46 13 46 30C46 47 38 60 23 60C8 60 0 47 0 30C0 13 8 0 23 0"},
    {'P', 36, "M0 60L0 0L19 0C30 0 36 7 36 17C36 27 30 34 19 34L0 34"},
    {'Q', 46, "M23 0C38 0 46 13 46 30C46 47 38 60 23 60C8 60 0 47 0 30C0 13 8 0 23 0M30 44L44 60"},
    {'R', 37, "M0 60L0 0L19 0C30 0 36 7 36 16C36 26 30 32 19 32L0 32M19 32L37 60"},
    {'S', 36,
     "M34 11C31 4 26 0 18 0C8 0 2 6 2 15C2 24 9 27 18 29C28 31 36 35 36 45"
     "C36 55 28 60 18 60C9 60 3 56 0 48"},
    {'T', 40, "M0 0L40 0M20 0L20 60"},
    {'U', 38, "M0 0L0 38C0 52 7 60 19 60C31 60 38 52 38 38L38 0"},
    {'V', 42, "M0 0L21 60L42 0"},
    {'W', 60, "M0 0L15 60L30 8L45 60L60 0"},
    {'X', 38, "M0 0L38 60M38 0L0 60"},
    {'Y', 40, "M0 0L20 32L40 0M20 32L20 60"},
    {'Z', 36, "M0 0L36 0L0 60L36 60"},
    {'+', 30, "M0 32L30 32M15 17L15 47"},
    {'-', 24, "M0 32L24 32"},
    {'!', 0, "M0 0L0 40M0 60L0 60"},
    {'?', 34, "M0 13C3 4 9 0 17 0C27 0 34 6 34 15C34 25 17 28 17 42M17 60L17 60"},
    {'.', 0, "M0 60L0 60"},
    {':', 0, "M0 20L0 20M0 52L0 52"},
    {'^', 60, "M0 46L30 16L60 46"},
    {'_', 60, "M0 16L30 46L60 16"},
    {'<', 60, "M46 0L16 30L46 60"},
    {'>', 60, "M16 0L46 30L16 60"},
};

enum style_name {
    TILE_1, /* up to two digits */
    TILE_3,
    TILE_4,
    TILE_5,
    TILE_6,
    BANNER,
    LOGO,
    HEADLINE,
    VALUE,
    PROMPT,
    LABEL,
    TINY,
    ARROW,
    STYLES
};

/* `height` and `spacing` in pixels, `weight` in 1/16 pixels, `width` in percent of the design. */
static const struct style {
    uint8_t height, weight, spacing, width;
} styles[STYLES] = {
    [TILE_1] = {22, 64, 3, 100}, [TILE_3] = {18, 54, 2, 92},   [TILE_4] = {14, 44, 2, 76},
    [TILE_5] = {12, 36, 1, 82},  [TILE_6] = {10, 29, 1, 80},   [BANNER] = {34, 98, 4, 100},
    [LOGO] = {22, 60, 3, 106},   [HEADLINE] = {20, 52, 3, 96}, [VALUE] = {12, 32, 2, 96},
    [PROMPT] = {10, 27, 2, 100}, [LABEL] = {7, 18, 1, 100},    [TINY] = {7, 18, 1, 64},
    [ARROW] = {9, 32, 0, 100},
};

enum { OUTLINES = sizeof(outlines) / sizeof(outlines[0]) };
enum { SPACE = -1, PEN_UNITS = 64, CURVE_STEPS = 6, LONGEST_PATH = 96 };

struct pen_segment {
    int x, y, length;   /* 1/64 pixels */
    int unit_x, unit_y; /* direction, 1.0 = 4096 */
};

struct glyph {
    uint8_t width;
    uint8_t *coverage;
};

/* Glyphs are drawn once, when first needed. */
static struct glyph glyphs[STYLES][OUTLINES];
static uint8_t glyph_store[16 * 1024];
static size_t glyph_store_used;

static inline int outline_of(char letter)
{
    for (int index = 0; index < OUTLINES; index++)
        if (outlines[index].letter == letter)
            return index;
    return SPACE;
}

struct pen {
    const struct style *style;
    int outline_width, pixel_width;
    int count;
    struct pen_segment segments[LONGEST_PATH];
};

static inline int pen_x(const struct pen *pen, int x)
{
    int weight = pen->style->weight * PEN_UNITS / 16;
    int across = pen->pixel_width * PEN_UNITS - weight;
    if (pen->outline_width == 0)
        return pen->pixel_width * PEN_UNITS / 2;
    return weight / 2 + x * across / pen->outline_width;
}

static inline int pen_y(const struct pen *pen, int y)
{
    int weight = pen->style->weight * PEN_UNITS / 16;
    return weight / 2 + y * (pen->style->height * PEN_UNITS - weight) / 60;
}

static inline void add_segment(struct pen *pen, int from_x, int from_y, int to_x, int to_y)
{
    if (pen->count == LONGEST_PATH)
        return;
    struct pen_segment *segment = &pen->segments[pen->count++];
    int x = to_x - from_x, y = to_y - from_y;
    int length = (int)square_root((uint32_t)(x * x + y * y));
    *segment = (struct pen_segment){from_x, from_y, length, 0, 0};
    if (length > 0) {
        segment->unit_x = x * 4096 / length;
        segment->unit_y = y * 4096 / length;
    }
}

static inline void add_curve(struct pen *pen, const int x[4], const int y[4])
{
    int last_x = x[0], last_y = y[0];
    for (int step = 1; step <= CURVE_STEPS; step++) {
        int t = step, u = CURVE_STEPS - step;
        int a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
        int whole = CURVE_STEPS * CURVE_STEPS * CURVE_STEPS;
        int next_x = (a * x[0] + b * x[1] + c * x[2] + d * x[3] + whole / 2) / whole;
        int next_y = (a * y[0] + b * y[1] + c * y[2] + d * y[3] + whole / 2) / whole;
        add_segment(pen, last_x, last_y, next_x, next_y);
        last_x = next_x;
        last_y = next_y;
    }
}

static inline void follow_path(struct pen *pen, const char *path)
{
    int x[4] = {0}, y[4] = {0};
    while (*path != '\0') {
        char command = *path++;
        int points = command == 'C' ? 3 : 1;
        for (int point = 1; point <= points; point++) {
            char *end;
            x[point] = pen_x(pen, (int)strtol(path, &end, 10));
            y[point] = pen_y(pen, (int)strtol(end, &end, 10));
            path = end;
        }
        if (command == 'C')
            add_curve(pen, x, y);
        else if (command == 'L')
            add_segment(pen, x[0], y[0], x[1], y[1]);
        x[0] = x[points];
        y[0] = y[points];
    }
}

static inline int squared_distance(const struct pen_segment *segment, int x, int y)
{
    int dx = x - segment->x, dy = y - segment->y;
    int along = (dx * segment->unit_x + dy * segment->unit_y) / 4096;
    if (along <= 0)
        return dx * dx + dy * dy;
    if (along < segment->length) {
        int aside = (dx * segment->unit_y - dy * segment->unit_x) / 4096;
        return aside * aside;
    }
    dx -= segment->unit_x * segment->length / 4096;
    dy -= segment->unit_y * segment->length / 4096;
    return dx * dx + dy * dy;
}

static inline const struct glyph *find_glyph(enum style_name style, int outline)
{
    struct glyph *glyph = &glyphs[style][outline];
    if (glyph->coverage != NULL)
        return glyph;

    static struct pen pen;
    pen.style = &styles[style];
    pen.count = 0;
    pen.outline_width = outlines[outline].width;
    int height = pen.style->height, weight = pen.style->weight;
    int narrowed = pen.outline_width * pen.style->width / 100;
    pen.pixel_width = (narrowed * (height * 16 - weight) / 60 + weight + 8) / 16;
    follow_path(&pen, outlines[outline].path);

    size_t size = (size_t)(pen.pixel_width * height);
    if (glyph_store_used + size > sizeof(glyph_store)) {
        memset(glyphs, 0, sizeof(glyphs));
        glyph_store_used = 0;
    }
    glyph->width = (uint8_t)pen.pixel_width;
    glyph->coverage = glyph_store + glyph_store_used;
    glyph_store_used += size;

    uint8_t *pixel = glyph->coverage;
    int reach = weight * PEN_UNITS / 32 + PEN_UNITS / 2;
    for (int row = 0; row < height; row++) {
        for (int column = 0; column < pen.pixel_width; column++) {
            int x = column * PEN_UNITS + PEN_UNITS / 2, y = row * PEN_UNITS + PEN_UNITS / 2;
            int nearest = reach * reach;
            for (int index = 0; index < pen.count; index++) {
                int distance = squared_distance(&pen.segments[index], x, y);
                if (distance < nearest)
                    nearest = distance;
            }
            int covered = reach - (int)square_root((uint32_t)nearest);
            *pixel++ = (uint8_t)(covered >= PEN_UNITS ? 255 : covered * 255 / PEN_UNITS);
        }
    }
    return glyph;
}

static inline int text_width(enum style_name style, const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++) {
        int outline = outline_of(*text);
        width += outline == SPACE ? styles[style].height / 3 : find_glyph(style, outline)->width;
        width += text[1] != '\0' ? styles[style].spacing : 0;
    }
    return width;
}

static inline void draw_text(const struct canvas *canvas, enum style_name style, int x, int y,
                             const char *text, uint32_t colour, unsigned opacity)
{
    uint32_t ink = scale_pixel(colour | OPAQUE, opacity);
    for (; *text != '\0'; text++, x += styles[style].spacing) {
        int outline = outline_of(*text);
        if (outline == SPACE) {
            x += styles[style].height / 3;
            continue;
        }
        const struct glyph *glyph = find_glyph(style, outline);
        const uint8_t *coverage = glyph->coverage;
        for (int row = 0; row < styles[style].height; row++) {
            uint32_t *line = canvas->pixels + (y + row) * canvas->width + x;
            for (int column = 0; column < glyph->width; column++, coverage++)
                if (*coverage != 0)
                    line[column] =
                        lay_over(line[column], scale_pixel(ink, *coverage + (*coverage >> 7)));
        }
        x += glyph->width;
    }
}

static inline void draw_centred(const struct canvas *canvas, enum style_name style, int centre_x,
                                int y, const char *text, uint32_t colour, unsigned opacity)
{
    draw_text(canvas, style, centre_x - text_width(style, text) / 2, y, text, colour, opacity);
}

#endif
