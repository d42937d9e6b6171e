/*
 * What the screen shows: a pure function of `struct picture`, which is filled from `machine` once
 * per frame. A frame whose picture equals the shown one draws nothing.
 */
#ifndef PICTURE_2048_H
#define PICTURE_2048_H

#include <stdio.h>

#include "2048_drawing.h"
#include "2048_game.h"

/* ---- Themes and tiles ------------------------------------------------------------------------ */

static const struct theme {
    uint32_t page, board, empty, ink, faint, accent;
    uint32_t box, box_label, box_value;
    uint32_t tile_dark_ink, tile_light_ink;
    uint32_t tiles[HIGHEST_EXPONENT + 1];
} themes[] = {
    {
        .page = 0xFBF6EC,
        .board = 0xB7A591,
        .empty = 0xCDBEAB,
        .ink = 0x6B5949,
        .faint = 0xAA9784,
        .accent = 0xE2703A,
        .box = 0xA59180,
        .box_label = 0xF4EBE0,
        .box_value = 0xFFFFFF,
        .tile_dark_ink = 0x6B5949,
        .tile_light_ink = 0xFFFCF5,
        .tiles = {0xCDBEAB, 0xF6EEE1, 0xF0DDBB, 0xF0A865, 0xEE8A4E, 0xEA6A4A, 0xDD4A42, 0xD93F66,
                  0xC13D86, 0x97429A, 0x6C4AA6, 0xE3A51A, 0x3FA377, 0x1E8C88, 0x2478A3, 0x3A56A5,
                  0x4C3C86, 0x3A3038},
    },
    {
        .page = 0x1F1B22,
        .board = 0x312B36,
        .empty = 0x423B48,
        .ink = 0xEDE3D6,
        .faint = 0x978C9F,
        .accent = 0xEA7C40,
        .box = 0x37303C,
        .box_label = 0xB9ACBF,
        .box_value = 0xFFF8EC,
        .tile_dark_ink = 0x4A4047,
        .tile_light_ink = 0xFFFAF0,
        .tiles = {0x423B48, 0xDED4C6, 0xDDC79F, 0xE49A55, 0xE07D41, 0xDB5F41, 0xCF433C, 0xCC3A5F,
                  0xB4387D, 0x8E3D92, 0x6746A0, 0xD99B12, 0x399A70, 0x1A837F, 0x227199, 0x3A56A5,
                  0x5A489E, 0x8C7F91},
    },
};

static const char *const tile_numbers[HIGHEST_EXPONENT + 1] = {
    "",    "2",    "4",    "8",    "16",   "32",    "64",    "128",   "256",
    "512", "1024", "2048", "4096", "8192", "16384", "32768", "65536", "131072",
};

enum { TILE = 48, GAP = 6, TILE_RADIUS = 5, BOARD = 4 * TILE + 5 * GAP, MARGIN = 9 };

/* Finished tiles, each with a transparent border for the filter that resizes them. */
enum { PICTURE = TILE + 2 };
static uint32_t tile_pixels[HIGHEST_EXPONENT + 1][PICTURE * PICTURE];
static bool tile_drawn[HIGHEST_EXPONENT + 1];

/* A tile with a darker lower edge, like a key. */
static inline void draw_tile_face(const struct canvas *canvas, int x, int y, int size, int radius,
                                  uint32_t colour, enum style_name style, const char *number,
                                  uint32_t ink)
{
    int edge = size / 24;
    fill_rounded(canvas, x, y, size, size, radius, mix_colours(colour, SHADE, 44), 256);
    fill_rounded(canvas, x, y, size, size - edge, radius, colour, 256);
    draw_centred(canvas, style, x + size / 2, y + (size - edge - styles[style].height) / 2, number,
                 ink, 256);
}

static inline uint32_t tile_ink(const struct theme *theme, unsigned exponent)
{
    return exponent <= 2 ? theme->tile_dark_ink : theme->tile_light_ink;
}

static inline const uint32_t *tile_picture(const struct theme *theme, unsigned exponent)
{
    static const enum style_name style_for_digits[] = {TILE_1, TILE_1, TILE_1, TILE_3,
                                                       TILE_4, TILE_5, TILE_6};
    if (!tile_drawn[exponent]) {
        struct canvas canvas = {tile_pixels[exponent], PICTURE, PICTURE};
        const char *number = tile_numbers[exponent];
        memset(tile_pixels[exponent], 0, sizeof(tile_pixels[exponent]));
        if (exponent == 0)
            fill_rounded(&canvas, 1, 1, TILE, TILE, TILE_RADIUS, theme->empty, 256);
        else
            draw_tile_face(&canvas, 1, 1, TILE, TILE_RADIUS, theme->tiles[exponent],
                           style_for_digits[strlen(number)], number, tile_ink(theme, exponent));
        tile_drawn[exponent] = true;
    }
    return tile_pixels[exponent];
}

static inline void draw_tile(const struct theme *theme, int x, int y, unsigned exponent)
{
    const uint32_t *source = tile_picture(theme, exponent) + PICTURE + 1;
    for (int row = 0; row < TILE; row++, source += PICTURE) {
        uint32_t *line = screen_pixels + (y + row) * WIDTH + x;
        bool corners = row < TILE_RADIUS || row >= TILE - TILE_RADIUS - 2;
        int inset = corners ? TILE_RADIUS : 0;
        for (int column = 0; column < inset; column++) {
            line[column] = lay_over(line[column], source[column]);
            int mirrored = TILE - 1 - column;
            line[mirrored] = lay_over(line[mirrored], source[mirrored]);
        }
        memcpy(line + inset, source + inset, (size_t)(TILE - 2 * inset) * sizeof(*line));
    }
}

/* A rounded shape on the page. Its corners blend, so what a former frame left must go first. */
static inline void draw_card(const struct theme *theme, int x, int y, int width, int height,
                             int radius, uint32_t colour)
{
    for (int corner = 0; corner < 4; corner++)
        fill_rectangle(&screen, corner & 1 ? x + width - radius : x,
                       corner & 2 ? y + height - radius : y, radius, radius, theme->page);
    fill_rounded(&screen, x, y, width, height, radius, colour, 256);
}

/* The tile resized by scale/256 around its centre and whitened by flash/256, bilinear. */
static inline void draw_scaled_tile(const struct theme *theme, int x, int y, unsigned exponent,
                                    int scale, unsigned flash)
{
    const uint32_t *source = tile_picture(theme, exponent);
    int half = TILE * scale / 512 + 1, centre_x = x + TILE / 2, centre_y = y + TILE / 2;
    int step = 65536 * 256 / scale;
    int first = (PICTURE - 1) * 32768 + step / 2 - half * step;
    for (int row = -half, v = first; row < half; row++, v += step) {
        if (v < 0 || v >= (PICTURE - 1) << 16)
            continue;
        const uint32_t *upper = source + (v >> 16) * PICTURE, *lower = upper + PICTURE;
        uint32_t v_part = (uint32_t)v >> 8 & 255;
        uint32_t *line = screen_pixels + (centre_y + row) * WIDTH + centre_x;
        for (int column = -half, u = first; column < half; column++, u += step) {
            if (u < 0 || u >= (PICTURE - 1) << 16)
                continue;
            uint32_t u_part = (uint32_t)u >> 8 & 255;
            int left = u >> 16;
            uint32_t top =
                scale_pixel(upper[left], 256 - u_part) + scale_pixel(upper[left + 1], u_part);
            uint32_t bottom =
                scale_pixel(lower[left], 256 - u_part) + scale_pixel(lower[left + 1], u_part);
            uint32_t pixel = scale_pixel(top, 256 - v_part) + scale_pixel(bottom, v_part);
            uint32_t white = (pixel >> 24) * 0x01010101u;
            pixel = scale_pixel(pixel, 256 - flash) + scale_pixel(white, flash);
            line[column] = lay_over(line[column], pixel);
        }
    }
}

/* ---- The picture ----------------------------------------------------------------------------- */

/* Everything a frame shows. Parts that compare equal to what is on the screen are not redrawn. */
struct picture {
    bool title;
    uint8_t theme;
    struct board_part {
        uint8_t board[CELLS], previous[CELLS];
        uint16_t spawned;
        uint8_t direction, age, overlay;
        uint16_t opacity;
        uint32_t score;
    } board;
    struct score_part {
        uint32_t score, gain;
        uint8_t age;
    } score;
    struct keys_part {
        uint8_t legal, held;
    } keys;
    uint32_t best, moves;
    uint8_t hop, prompt;
};

static struct picture shown;
static bool nothing_shown = true;

enum { HOP_PERIOD = 300, HOP_FRAMES = 16, HOP_DELAY = 7, HOP_END = 3 * HOP_DELAY + HOP_FRAMES };
enum { PROMPT_PERIOD = 64, PROMPT_LEVELS = 8 };

static inline uint8_t saturate(uint32_t age, unsigned end)
{
    return (uint8_t)(age < end ? age : end);
}

static inline unsigned overlay_opacity(void)
{
    static const uint8_t delay[STATES] = {0, 0, 32, 44, 0};
    uint32_t age = machine.state_age;
    if (!settings.animation)
        return 256;
    if (age < delay[machine.state])
        return 0;
    return at_most((age - delay[machine.state] + 1) * 20, 256);
}

static inline void describe_picture(struct picture *picture)
{
    memset(picture, 0, sizeof(*picture));
    picture->title = machine.state == TITLE;
    picture->theme = (uint8_t)settings.theme;
    picture->best = machine.best;
    if (picture->title) {
        if (settings.animation) {
            uint32_t phase = machine.state_age % PROMPT_PERIOD;
            uint32_t dark = phase < PROMPT_PERIOD / 2 ? 0 : phase - PROMPT_PERIOD / 2;
            uint32_t back = PROMPT_PERIOD - phase;
            picture->prompt = (uint8_t)at_most(at_most(dark, back), PROMPT_LEVELS);
            picture->hop = saturate((machine.state_age + HOP_PERIOD - 40) % HOP_PERIOD, HOP_END);
        } else {
            picture->hop = HOP_END;
        }
        return;
    }

    struct board_part *board = &picture->board;
    uint8_t age = settings.animation ? saturate(machine.move_age, UINT8_MAX) : UINT8_MAX;
    memcpy(board->board, machine.board, CELLS);
    board->age = saturate(age, ANIMATION_FRAMES);
    if (board->age < ANIMATION_FRAMES) {
        memcpy(board->previous, machine.previous, CELLS);
        board->spawned = machine.spawned;
        board->direction = machine.direction;
    }
    if (machine.state != PLAYING) {
        board->opacity = (uint16_t)overlay_opacity();
        if (board->opacity != 0) {
            board->overlay = (uint8_t)machine.state;
            board->score = machine.score;
        }
    }
    picture->score.score = machine.score;
    picture->score.age = machine.gain != 0 ? saturate(age, FLOAT_FRAMES) : FLOAT_FRAMES;
    if (picture->score.age < FLOAT_FRAMES)
        picture->score.gain = machine.gain;
    picture->keys.legal = machine.legal;
    picture->keys.held = (uint8_t)(machine.buttons >> RETRO_DEVICE_ID_JOYPAD_UP & 15);
    picture->moves = machine.moves;
}

static inline const char *number_text(const char *prefix, uint32_t number)
{
    static char text[24];
    snprintf(text, sizeof(text), "%s%lu", prefix, (unsigned long)number);
    return text;
}

static inline void cell_position(unsigned cell, int *x, int *y)
{
    *x = MARGIN + GAP + (int)(cell % 4) * (TILE + GAP);
    *y = MARGIN + GAP + (int)(cell / 4) * (TILE + GAP);
}

static inline void draw_sliding(const struct theme *theme, const struct board_part *part)
{
    static const uint8_t progress[SLIDE_FRAMES] = {90, 168, 215, 240, 251, 255};
    struct slide slide;
    slide_board(part->previous, (enum direction)part->direction, &slide);
    for (unsigned cell = 0; cell < CELLS; cell++) {
        if (part->previous[cell] == 0)
            continue;
        int x, y, to_x, to_y, done = progress[part->age] + 1;
        cell_position(cell, &x, &y);
        cell_position(slide.target[cell], &to_x, &to_y);
        x += (to_x - x) * done / 256;
        y += (to_y - y) * done / 256;
        draw_tile(theme, x, y, part->previous[cell]);
    }
}

static inline void draw_settling(const struct theme *theme, const struct board_part *part)
{
    static const uint16_t grow[POP_FRAMES] = {60, 120, 176, 222, 252, 266, 262, 258};
    static const uint16_t pop[POP_FRAMES] = {266, 277, 284, 285, 281, 274, 266, 259};
    static const uint8_t flash[POP_FRAMES] = {30, 40, 38, 32, 24, 16, 9, 4};
    unsigned frame = part->age - SLIDE_FRAMES;
    struct slide slide = {{0}, {0}, 0, 0, 0, false, 0};
    if (part->age < ANIMATION_FRAMES && part->direction < NO_DIRECTION)
        slide_board(part->previous, (enum direction)part->direction, &slide);
    for (unsigned cell = 0; cell < CELLS; cell++) {
        int x, y;
        cell_position(cell, &x, &y);
        if (part->board[cell] == 0)
            continue;
        if (part->spawned >> cell & 1)
            draw_scaled_tile(theme, x, y, part->board[cell], grow[frame], 0);
        else if (!(slide.merged >> cell & 1))
            draw_tile(theme, x, y, part->board[cell]);
    }
    /* Merged tiles grow beyond their cell: on top of all others. */
    for (unsigned cell = 0; cell < CELLS; cell++) {
        if (slide.merged >> cell & 1) {
            int x, y;
            cell_position(cell, &x, &y);
            draw_scaled_tile(theme, x, y, part->board[cell], pop[frame], flash[frame]);
        }
    }
}

/* A pill-shaped prompt. */
static inline void draw_prompt(const struct theme *theme, int centre_x, int y, const char *text,
                               unsigned opacity)
{
    int width = text_width(PROMPT, text) + 24;
    fill_rounded(&screen, centre_x - width / 2, y, width, 22, 11, theme->accent, opacity);
    draw_centred(&screen, PROMPT, centre_x, y + 6, text, 0xFFFFFF, opacity);
}

static inline void draw_overlay(const struct theme *theme, const struct board_part *part)
{
    enum { CARD_WIDTH = 178, CARD_HEIGHT = 112, CENTRE = MARGIN + BOARD / 2 };
    enum { CARD_X = CENTRE - CARD_WIDTH / 2, CARD_Y = CENTRE - CARD_HEIGHT / 2 };
    unsigned opacity = part->opacity;
    uint32_t veil = theme->page, ink = theme->ink;
    const char *headline = "GAME OVER", *prompt = "START: AGAIN";
    if (part->overlay == WON) {
        veil = theme->tiles[WINNING_EXPONENT];
        ink = theme->accent;
        headline = "YOU WIN!";
        prompt = "START: GO ON";
    } else if (part->overlay == ASKING) {
        headline = "NEW GAME?";
        prompt = "A: YES   B: NO";
    }
    fill_rounded(&screen, MARGIN, MARGIN, BOARD, BOARD, 8, veil, opacity * 130 / 256);
    fill_rounded(&screen, CARD_X, CARD_Y + 3, CARD_WIDTH, CARD_HEIGHT, 9, SHADE, opacity / 4);
    fill_rounded(&screen, CARD_X, CARD_Y, CARD_WIDTH, CARD_HEIGHT, 9, theme->page, opacity);
    draw_centred(&screen, HEADLINE, CENTRE, CARD_Y + 17, headline, ink, opacity);
    draw_centred(&screen, VALUE, CENTRE, CARD_Y + 49, number_text("SCORE ", part->score),
                 theme->ink, opacity);
    draw_prompt(theme, CENTRE, CARD_Y + 76, prompt, opacity);
}

static inline void draw_board(const struct theme *theme, const struct board_part *part)
{
    draw_card(theme, MARGIN, MARGIN, BOARD, BOARD, 8, theme->board);
    for (unsigned cell = 0; cell < CELLS; cell++) {
        int x, y;
        cell_position(cell, &x, &y);
        draw_tile(theme, x, y, 0);
    }
    if (part->age < SLIDE_FRAMES)
        draw_sliding(theme, part);
    else
        draw_settling(theme, part);
    if (part->overlay != TITLE)
        draw_overlay(theme, part);
}

enum { PANEL_X = MARGIN + BOARD + 9, PANEL_WIDTH = WIDTH - PANEL_X - MARGIN };
enum { PANEL_CENTRE = PANEL_X + PANEL_WIDTH / 2, BOX_HEIGHT = 33 };
enum { SCORE_Y = 52, BEST_Y = 90, MOVES_Y = 128, KEYS_Y = 169, KEY = 20 };

static inline void draw_box(const struct theme *theme, int y, const char *label, uint32_t number)
{
    const char *text = number_text("", number);
    enum style_name style = text_width(VALUE, text) <= PANEL_WIDTH - 8 ? VALUE : TILE_6;
    draw_card(theme, PANEL_X, y, PANEL_WIDTH, BOX_HEIGHT, 5, theme->box);
    draw_centred(&screen, LABEL, PANEL_CENTRE, y + 5, label, theme->box_label, 256);
    draw_centred(&screen, style, PANEL_CENTRE, y + 17, text, theme->box_value, 256);
}

static inline void draw_score(const struct theme *theme, const struct score_part *part)
{
    enum { RISE = 8 };
    fill_rectangle(&screen, PANEL_X, SCORE_Y - RISE - 10, PANEL_WIDTH, RISE + 10, theme->page);
    draw_box(theme, SCORE_Y, "SCORE", part->score);
    if (part->age < FLOAT_FRAMES) {
        int left = FLOAT_FRAMES - part->age;
        draw_centred(&screen, TILE_6, PANEL_CENTRE,
                     SCORE_Y - 10 - RISE + left * RISE / FLOAT_FRAMES, number_text("+", part->gain),
                     theme->accent, at_most((uint32_t)left * 20, 256));
    }
}

static inline void draw_keys(const struct theme *theme, const struct keys_part *part)
{
    static const char *const arrows[] = {"^", "_", "<", ">"};
    static const int8_t offset[][2] = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};
    for (unsigned key = UP; key <= RIGHT; key++) {
        int x = PANEL_CENTRE - KEY / 2 + offset[key][0] * (KEY + 1);
        int y = KEYS_Y + KEY + 1 + offset[key][1] * (KEY + 1);
        bool legal = part->legal >> key & 1, held = part->held >> key & 1;
        uint32_t face = held ? theme->accent : legal ? theme->box : theme->empty;
        uint32_t ink = held || legal ? theme->box_value : theme->empty;
        draw_card(theme, x, y, KEY, KEY, 5, face);
        if (!legal && !held)
            fill_rounded(&screen, x + 1, y + 1, KEY - 2, KEY - 2, 4, theme->page, 256);
        draw_text(&screen, ARROW, x + (KEY - text_width(ARROW, arrows[key]) + 1) / 2,
                  y + (KEY - styles[ARROW].height + 1) / 2, arrows[key], ink, 256);
    }
}

static inline void draw_hopping(const struct theme *theme, unsigned hop)
{
    static const uint8_t height[HOP_FRAMES] = {2,  5, 8, 10, 11, 12, 12, 11,
                                               10, 8, 5, 2,  0,  1,  1,  0};
    static const uint8_t colour[] = {3, 6, 9, 11};
    enum { SIZE = 60, SPACING = 8, LEFT_X = (WIDTH - 4 * SIZE - 3 * SPACING) / 2, Y = 24 };
    fill_rectangle(&screen, LEFT_X, Y - 12, 4 * SIZE + 3 * SPACING, SIZE + 12, theme->page);
    for (unsigned tile = 0; tile < 4; tile++) {
        char digit[] = {"2048"[tile], '\0'};
        unsigned frame = hop - tile * HOP_DELAY;
        int lift = hop < HOP_END && frame < HOP_FRAMES ? height[frame] : 0;
        draw_tile_face(&screen, LEFT_X + (int)tile * (SIZE + SPACING), Y - lift, SIZE, 8,
                       theme->tiles[colour[tile]], BANNER, digit, theme->tile_light_ink);
    }
}

static inline void draw_title(const struct theme *theme)
{
    enum { SIZE = 25, SPACING = 2, COUNT = 11, Y = 196, TRAY = 5 };
    int width = COUNT * SIZE + (COUNT - 1) * SPACING, x = (WIDTH - width) / 2;
    draw_centred(&screen, PROMPT, WIDTH / 2, 99, "SLIDE. MATCH. DOUBLE.", theme->faint, 256);
    draw_card(theme, x - TRAY, Y - TRAY, width + 2 * TRAY, SIZE + 2 * TRAY, 7, theme->board);
    for (unsigned exponent = 1; exponent <= COUNT; exponent++, x += SIZE + SPACING)
        draw_tile_face(&screen, x, Y, SIZE, 4, theme->tiles[exponent], exponent < 10 ? LABEL : TINY,
                       tile_numbers[exponent], tile_ink(theme, exponent));
}

static inline void draw_title_prompt(const struct theme *theme, unsigned dark)
{
    fill_rectangle(&screen, 80, 125, 160, 22, theme->page);
    draw_prompt(theme, WIDTH / 2, 125, "PRESS START", 256 - dark * 22);
}

static inline void draw_title_best(const struct theme *theme, uint32_t best)
{
    fill_rectangle(&screen, 80, 161, 160, 12, theme->page);
    draw_centred(&screen, VALUE, WIDTH / 2, 161, number_text("BEST ", best), theme->ink, 256);
}

/* Bring the screen up to date; false if it already was. */
static inline bool draw_picture(void)
{
    struct picture now;
    describe_picture(&now);
    const struct theme *theme = &themes[now.theme];
    bool all = nothing_shown || now.title != shown.title || now.theme != shown.theme;
    if (!all && memcmp(&now, &shown, sizeof(now)) == 0)
        return false;
    if (nothing_shown || now.theme != shown.theme)
        memset(tile_drawn, 0, sizeof(tile_drawn));
    if (all)
        fill_rectangle(&screen, 0, 0, WIDTH, HEIGHT, theme->page);

#define CHANGED(member) (all || memcmp(&now.member, &shown.member, sizeof(now.member)) != 0)
    if (now.title) {
        if (all)
            draw_title(theme);
        if (CHANGED(hop))
            draw_hopping(theme, now.hop);
        if (CHANGED(prompt))
            draw_title_prompt(theme, now.prompt);
        if (CHANGED(best))
            draw_title_best(theme, now.best);
    } else {
        if (all)
            draw_centred(&screen, LOGO, PANEL_CENTRE, MARGIN, "2048", theme->ink, 256);
        if (CHANGED(board))
            draw_board(theme, &now.board);
        if (CHANGED(score))
            draw_score(theme, &now.score);
        if (CHANGED(best))
            draw_box(theme, BEST_Y, "BEST", now.best);
        if (CHANGED(moves))
            draw_box(theme, MOVES_Y, "MOVES", now.moves);
        if (CHANGED(keys))
            draw_keys(theme, &now.keys);
    }
#undef CHANGED
    memcpy(&shown, &now, sizeof(now));
    nothing_shown = false;
    return true;
}

#endif
