#include "pixels.h"

#include "simd.h"

#include <stdbool.h>
#include <string.h>

/* --------------------------------------------------------------------------------- scalar -- */

typedef void pixels_row_function(const uint8_t *source, size_t width, uint8_t *rgb);

/* To `turned[column][row]` from `source[row][column]`; a negative pitch walks backwards. */
typedef void pixels_transpose_function(const uint8_t *source, ptrdiff_t pitch, unsigned columns,
                                       unsigned rows, uint8_t *turned, ptrdiff_t turned_pitch);

static inline void pixels_row_0rgb1555_scalar(const uint8_t *source, size_t width, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++) {
        uint16_t word;
        memcpy(&word, source + 2 * x, 2);
        unsigned red = word >> 10 & 31, green = word >> 5 & 31, blue = word & 31;
        rgb[3 * x] = (uint8_t)(red << 3 | red >> 2);
        rgb[3 * x + 1] = (uint8_t)(green << 3 | green >> 2);
        rgb[3 * x + 2] = (uint8_t)(blue << 3 | blue >> 2);
    }
}

static inline void pixels_row_xrgb8888_scalar(const uint8_t *source, size_t width, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++) {
        uint32_t word;
        memcpy(&word, source + 4 * x, 4);
        rgb[3 * x] = (uint8_t)(word >> 16);
        rgb[3 * x + 1] = (uint8_t)(word >> 8);
        rgb[3 * x + 2] = (uint8_t)word;
    }
}

static inline void pixels_row_rgb565_scalar(const uint8_t *source, size_t width, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++) {
        uint16_t word;
        memcpy(&word, source + 2 * x, 2);
        unsigned red = word >> 11, green = word >> 5 & 63, blue = word & 31;
        rgb[3 * x] = (uint8_t)(red << 3 | red >> 2);
        rgb[3 * x + 1] = (uint8_t)(green << 2 | green >> 4);
        rgb[3 * x + 2] = (uint8_t)(blue << 3 | blue >> 2);
    }
}

static inline void pixels_transpose_16_scalar(const uint8_t *source, ptrdiff_t pitch,
                                              unsigned columns, unsigned rows, uint8_t *turned,
                                              ptrdiff_t turned_pitch)
{
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned column = 0; column < columns; column++) {
            memcpy(turned + column * turned_pitch + 2 * (size_t)row,
                   source + row * pitch + 2 * (size_t)column, 2);
        }
    }
}

static inline void pixels_transpose_32_scalar(const uint8_t *source, ptrdiff_t pitch,
                                              unsigned columns, unsigned rows, uint8_t *turned,
                                              ptrdiff_t turned_pitch)
{
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned column = 0; column < columns; column++) {
            memcpy(turned + column * turned_pitch + 4 * (size_t)row,
                   source + row * pitch + 4 * (size_t)column, 4);
        }
    }
}

/* Whole blocks of `block` pixels; a last block that reaches back over pixels already done takes
 * the place of a scalar tail. A row shorter than one block is left to the next smaller kernel. */
#define PIXELS_ROW_OF_BLOCKS(name, attribute, block, source_bytes, convert_block, smaller)         \
    attribute static inline void name(const uint8_t *source, size_t width, uint8_t *rgb)           \
    {                                                                                              \
        if (width < (block)) {                                                                     \
            smaller(source, width, rgb);                                                           \
            return;                                                                                \
        }                                                                                          \
        size_t last = width - (block);                                                             \
        for (size_t x = 0; x < last; x += (block)) {                                               \
            convert_block(source + (source_bytes) * x, rgb + 3 * x);                               \
        }                                                                                          \
        convert_block(source + (source_bytes) * last, rgb + 3 * last);                             \
    }

/* -------------------------------------------------------------------------- SSSE3 and AVX2 -- */

#ifdef SIMD_X86

/* From pairs of bytes (red, blue) of pixels 0-7 and 8-15 and from the green bytes of all 16 to
 * three vectors of packed RGB. -1 makes a zero byte. */
static const int8_t pixels_weave[7][16] = {
    {0, -1, 1, 2, -1, 3, 4, -1, 5, 6, -1, 7, 8, -1, 9, 10},
    {-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1},
    {-1, 11, 12, -1, 13, 14, -1, 15, -1, -1, -1, -1, -1, -1, -1, -1},
    {-1, -1, -1, -1, -1, -1, -1, -1, 0, -1, 1, 2, -1, 3, 4, -1},
    {5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10},
    {5, 6, -1, 7, 8, -1, 9, 10, -1, 11, 12, -1, 13, 14, -1, 15},
    {-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1},
};

/* Four XRGB8888 pixels to 12 bytes of RGB, turned so that neighbours can be joined by masks. */
static const int8_t pixels_squeeze[4][16] = {
    {2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1},
    {5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6},
    {8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9},
    {-1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12},
};

#define PIXELS_DEFINE_16_SSSE3(format, FIELDS)                                                     \
    SIMD_TARGET_SSSE3 static inline void pixels_block_##format##_ssse3(const uint8_t *source,      \
                                                                       uint8_t *rgb)               \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        const __m128i red_mask = _mm_set1_epi16((short)fields.red_mask);                           \
        const __m128i red_scale = _mm_set1_epi16((short)fields.red_scale);                         \
        const __m128i green_mask = _mm_set1_epi16((short)fields.green_mask);                       \
        const __m128i green_scale = _mm_set1_epi16((short)fields.green_scale);                     \
        const __m128i blue_mask = _mm_set1_epi16(31), blue_scale = _mm_set1_epi16(2112);           \
        const __m128i upper = _mm_set1_epi16(-256);                                                \
        const __m128i *weave = (const __m128i *)pixels_weave;                                      \
        __m128i first = _mm_loadu_si128((const __m128i *)source);                                  \
        __m128i second = _mm_loadu_si128((const __m128i *)(source + 16));                          \
        __m128i red_first = _mm_mulhi_epu16(_mm_and_si128(first, red_mask), red_scale);            \
        __m128i red_second = _mm_mulhi_epu16(_mm_and_si128(second, red_mask), red_scale);          \
        __m128i blue_first =                                                                       \
            _mm_and_si128(_mm_mullo_epi16(_mm_and_si128(first, blue_mask), blue_scale), upper);    \
        __m128i blue_second =                                                                      \
            _mm_and_si128(_mm_mullo_epi16(_mm_and_si128(second, blue_mask), blue_scale), upper);   \
        first = _mm_mulhi_epu16(_mm_and_si128(first, green_mask), green_scale);                    \
        second = _mm_mulhi_epu16(_mm_and_si128(second, green_mask), green_scale);                  \
        __m128i green = _mm_packus_epi16(first, second);                                           \
        first = _mm_or_si128(red_first, blue_first);                                               \
        second = _mm_or_si128(red_second, blue_second);                                            \
        __m128i low = _mm_or_si128(_mm_shuffle_epi8(first, _mm_loadu_si128(weave)),                \
                                   _mm_shuffle_epi8(green, _mm_loadu_si128(weave + 1)));           \
        __m128i middle =                                                                           \
            _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(first, _mm_loadu_si128(weave + 2)),         \
                                      _mm_shuffle_epi8(second, _mm_loadu_si128(weave + 3))),       \
                         _mm_shuffle_epi8(green, _mm_loadu_si128(weave + 4)));                     \
        __m128i high = _mm_or_si128(_mm_shuffle_epi8(second, _mm_loadu_si128(weave + 5)),          \
                                    _mm_shuffle_epi8(green, _mm_loadu_si128(weave + 6)));          \
        _mm_storeu_si128((__m128i *)rgb, low);                                                     \
        _mm_storeu_si128((__m128i *)(rgb + 16), middle);                                           \
        _mm_storeu_si128((__m128i *)(rgb + 32), high);                                             \
    }                                                                                              \
    PIXELS_ROW_OF_BLOCKS(pixels_row_##format##_ssse3, SIMD_TARGET_SSSE3, 16, 2,                    \
                         pixels_block_##format##_ssse3, pixels_row_##format##_scalar)

PIXELS_DEFINE_16_SSSE3(0rgb1555, PIXELS_FIELDS_0RGB1555)
PIXELS_DEFINE_16_SSSE3(rgb565, PIXELS_FIELDS_RGB565)

SIMD_TARGET_SSSE3 static inline void pixels_block_xrgb8888_ssse3(const uint8_t *source,
                                                                 uint8_t *rgb)
{
    const __m128i *squeeze = (const __m128i *)pixels_squeeze;
    const __m128i *words = (const __m128i *)source;
    __m128i a = _mm_shuffle_epi8(_mm_loadu_si128(words), _mm_loadu_si128(squeeze));
    __m128i b = _mm_shuffle_epi8(_mm_loadu_si128(words + 1), _mm_loadu_si128(squeeze + 1));
    __m128i c = _mm_shuffle_epi8(_mm_loadu_si128(words + 2), _mm_loadu_si128(squeeze + 2));
    __m128i d = _mm_shuffle_epi8(_mm_loadu_si128(words + 3), _mm_loadu_si128(squeeze + 3));
    const __m128i below_12 = _mm_setr_epi32(-1, -1, -1, 0), below_8 = _mm_setr_epi32(-1, -1, 0, 0);
    const __m128i below_4 = _mm_setr_epi32(-1, 0, 0, 0);
    __m128i low = _mm_or_si128(a, _mm_andnot_si128(below_12, b));
    __m128i middle = _mm_or_si128(_mm_and_si128(below_8, b), _mm_andnot_si128(below_8, c));
    __m128i high = _mm_or_si128(_mm_and_si128(below_4, c), d);
    _mm_storeu_si128((__m128i *)rgb, low);
    _mm_storeu_si128((__m128i *)(rgb + 16), middle);
    _mm_storeu_si128((__m128i *)(rgb + 32), high);
}
PIXELS_ROW_OF_BLOCKS(pixels_row_xrgb8888_ssse3, SIMD_TARGET_SSSE3, 16, 4,
                     pixels_block_xrgb8888_ssse3, pixels_row_xrgb8888_scalar)

#ifdef SIMD_HAS_AVX2

/* Both halves of a vector do what the SSSE3 kernel does, one for pixels 0-15, one for 16-31. */
SIMD_TARGET_AVX2 static inline void pixels_store_halves(uint8_t *rgb, __m256i low, __m256i middle,
                                                        __m256i high)
{
    _mm256_storeu_si256((__m256i *)rgb, _mm256_permute2x128_si256(low, middle, 0x20));
    _mm256_storeu_si256((__m256i *)(rgb + 32), _mm256_permute2x128_si256(high, low, 0x30));
    _mm256_storeu_si256((__m256i *)(rgb + 64), _mm256_permute2x128_si256(middle, high, 0x31));
}

#define PIXELS_DEFINE_16_AVX2(format, FIELDS)                                                      \
    SIMD_TARGET_AVX2 static inline void pixels_block_##format##_avx2(const uint8_t *source,        \
                                                                     uint8_t *rgb)                 \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        const __m256i red_mask = _mm256_set1_epi16((short)fields.red_mask);                        \
        const __m256i red_scale = _mm256_set1_epi16((short)fields.red_scale);                      \
        const __m256i green_mask = _mm256_set1_epi16((short)fields.green_mask);                    \
        const __m256i green_scale = _mm256_set1_epi16((short)fields.green_scale);                  \
        const __m256i blue_mask = _mm256_set1_epi16(31), blue_scale = _mm256_set1_epi16(2112);     \
        const __m256i upper = _mm256_set1_epi16(-256);                                             \
        __m256i first = simd_load_halves(source, source + 32);                                     \
        __m256i second = simd_load_halves(source + 16, source + 48);                               \
        __m256i red_first = _mm256_mulhi_epu16(_mm256_and_si256(first, red_mask), red_scale);      \
        __m256i red_second = _mm256_mulhi_epu16(_mm256_and_si256(second, red_mask), red_scale);    \
        __m256i blue_first = _mm256_and_si256(                                                     \
            _mm256_mullo_epi16(_mm256_and_si256(first, blue_mask), blue_scale), upper);            \
        __m256i blue_second = _mm256_and_si256(                                                    \
            _mm256_mullo_epi16(_mm256_and_si256(second, blue_mask), blue_scale), upper);           \
        first = _mm256_mulhi_epu16(_mm256_and_si256(first, green_mask), green_scale);              \
        second = _mm256_mulhi_epu16(_mm256_and_si256(second, green_mask), green_scale);            \
        __m256i green = _mm256_packus_epi16(first, second);                                        \
        first = _mm256_or_si256(red_first, blue_first);                                            \
        second = _mm256_or_si256(red_second, blue_second);                                         \
        __m256i low =                                                                              \
            _mm256_or_si256(_mm256_shuffle_epi8(first, simd_load_twice(pixels_weave[0])),          \
                            _mm256_shuffle_epi8(green, simd_load_twice(pixels_weave[1])));         \
        __m256i middle = _mm256_or_si256(                                                          \
            _mm256_or_si256(_mm256_shuffle_epi8(first, simd_load_twice(pixels_weave[2])),          \
                            _mm256_shuffle_epi8(second, simd_load_twice(pixels_weave[3]))),        \
            _mm256_shuffle_epi8(green, simd_load_twice(pixels_weave[4])));                         \
        __m256i high =                                                                             \
            _mm256_or_si256(_mm256_shuffle_epi8(second, simd_load_twice(pixels_weave[5])),         \
                            _mm256_shuffle_epi8(green, simd_load_twice(pixels_weave[6])));         \
        pixels_store_halves(rgb, low, middle, high);                                               \
    }                                                                                              \
    PIXELS_ROW_OF_BLOCKS(pixels_row_##format##_avx2, SIMD_TARGET_AVX2, 32, 2,                      \
                         pixels_block_##format##_avx2, pixels_row_##format##_ssse3)

PIXELS_DEFINE_16_AVX2(0rgb1555, PIXELS_FIELDS_0RGB1555)
PIXELS_DEFINE_16_AVX2(rgb565, PIXELS_FIELDS_RGB565)

SIMD_TARGET_AVX2 static inline void pixels_block_xrgb8888_avx2(const uint8_t *source, uint8_t *rgb)
{
    __m256i a = _mm256_shuffle_epi8(simd_load_halves(source, source + 64),
                                    simd_load_twice(pixels_squeeze[0]));
    __m256i b = _mm256_shuffle_epi8(simd_load_halves(source + 16, source + 80),
                                    simd_load_twice(pixels_squeeze[1]));
    __m256i c = _mm256_shuffle_epi8(simd_load_halves(source + 32, source + 96),
                                    simd_load_twice(pixels_squeeze[2]));
    __m256i d = _mm256_shuffle_epi8(simd_load_halves(source + 48, source + 112),
                                    simd_load_twice(pixels_squeeze[3]));
    pixels_store_halves(rgb, _mm256_blend_epi32(a, b, 0x88), _mm256_blend_epi32(b, c, 0xcc),
                        _mm256_blend_epi32(c, d, 0xee));
}
PIXELS_ROW_OF_BLOCKS(pixels_row_xrgb8888_avx2, SIMD_TARGET_AVX2, 32, 4, pixels_block_xrgb8888_avx2,
                     pixels_row_xrgb8888_ssse3)

#endif /* SIMD_HAS_AVX2 */

/* SSE2 is part of x86-64, so turning needs no dispatch of its own. */
static inline void pixels_transpose_16_sse2(const uint8_t *source, ptrdiff_t pitch,
                                            unsigned columns, unsigned rows, uint8_t *turned,
                                            ptrdiff_t turned_pitch)
{
    unsigned whole_columns = columns & ~7u, whole_rows = rows & ~7u;
    for (unsigned row = 0; row < whole_rows; row += 8) {
        for (unsigned column = 0; column < whole_columns; column += 8) {
            const uint8_t *from = source + row * pitch + 2 * (size_t)column;
            uint8_t *to = turned + column * turned_pitch + 2 * (size_t)row;
            __m128i line[8], pair[8];
            for (int i = 0; i < 8; i++) {
                line[i] = _mm_loadu_si128((const __m128i *)(from + i * pitch));
            }
            for (int i = 0; i < 4; i++) {
                pair[2 * i] = _mm_unpacklo_epi16(line[2 * i], line[2 * i + 1]);
                pair[2 * i + 1] = _mm_unpackhi_epi16(line[2 * i], line[2 * i + 1]);
            }
            for (int i = 0; i < 2; i++) {
                line[4 * i] = _mm_unpacklo_epi32(pair[4 * i], pair[4 * i + 2]);
                line[4 * i + 1] = _mm_unpackhi_epi32(pair[4 * i], pair[4 * i + 2]);
                line[4 * i + 2] = _mm_unpacklo_epi32(pair[4 * i + 1], pair[4 * i + 3]);
                line[4 * i + 3] = _mm_unpackhi_epi32(pair[4 * i + 1], pair[4 * i + 3]);
            }
            for (int i = 0; i < 4; i++) {
                _mm_storeu_si128((__m128i *)(to + 2 * i * turned_pitch),
                                 _mm_unpacklo_epi64(line[i], line[i + 4]));
                _mm_storeu_si128((__m128i *)(to + (2 * i + 1) * turned_pitch),
                                 _mm_unpackhi_epi64(line[i], line[i + 4]));
            }
        }
    }
    pixels_transpose_16_scalar(source + 2 * (size_t)whole_columns, pitch, columns - whole_columns,
                               whole_rows, turned + whole_columns * turned_pitch, turned_pitch);
    pixels_transpose_16_scalar(source + whole_rows * pitch, pitch, columns, rows - whole_rows,
                               turned + 2 * (size_t)whole_rows, turned_pitch);
}

static inline void pixels_transpose_32_sse2(const uint8_t *source, ptrdiff_t pitch,
                                            unsigned columns, unsigned rows, uint8_t *turned,
                                            ptrdiff_t turned_pitch)
{
    unsigned whole_columns = columns & ~3u, whole_rows = rows & ~3u;
    for (unsigned row = 0; row < whole_rows; row += 4) {
        for (unsigned column = 0; column < whole_columns; column += 4) {
            const uint8_t *from = source + row * pitch + 4 * (size_t)column;
            uint8_t *to = turned + column * turned_pitch + 4 * (size_t)row;
            __m128i a = _mm_loadu_si128((const __m128i *)from);
            __m128i b = _mm_loadu_si128((const __m128i *)(from + pitch));
            __m128i c = _mm_loadu_si128((const __m128i *)(from + 2 * pitch));
            __m128i d = _mm_loadu_si128((const __m128i *)(from + 3 * pitch));
            __m128i ab_low = _mm_unpacklo_epi32(a, b), ab_high = _mm_unpackhi_epi32(a, b);
            __m128i cd_low = _mm_unpacklo_epi32(c, d), cd_high = _mm_unpackhi_epi32(c, d);
            _mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi64(ab_low, cd_low));
            _mm_storeu_si128((__m128i *)(to + turned_pitch), _mm_unpackhi_epi64(ab_low, cd_low));
            _mm_storeu_si128((__m128i *)(to + 2 * turned_pitch),
                             _mm_unpacklo_epi64(ab_high, cd_high));
            _mm_storeu_si128((__m128i *)(to + 3 * turned_pitch),
                             _mm_unpackhi_epi64(ab_high, cd_high));
        }
    }
    pixels_transpose_32_scalar(source + 4 * (size_t)whole_columns, pitch, columns - whole_columns,
                               whole_rows, turned + whole_columns * turned_pitch, turned_pitch);
    pixels_transpose_32_scalar(source + whole_rows * pitch, pitch, columns, rows - whole_rows,
                               turned + 4 * (size_t)whole_rows, turned_pitch);
}

#endif /* SIMD_X86 */

/* ----------------------------------------------------------------------------------- NEON -- */

#ifdef SIMD_ARM

/* Each field is moved to the top of its byte; VSRI then fills the bits below from the top. */
#define PIXELS_DEFINE_16_NEON(format, red_shift, green_shift, green_bits)                          \
    static inline void pixels_block_##format##_neon(const uint8_t *source, uint8_t *rgb)           \
    {                                                                                              \
        uint16x8_t first = vreinterpretq_u16_u8(vld1q_u8(source));                                 \
        uint16x8_t second = vreinterpretq_u16_u8(vld1q_u8(source + 16));                           \
        uint8x16x3_t pixels;                                                                       \
        pixels.val[0] =                                                                            \
            vcombine_u8(vshrn_n_u16(first, red_shift), vshrn_n_u16(second, red_shift));            \
        pixels.val[1] =                                                                            \
            vcombine_u8(vshrn_n_u16(first, green_shift), vshrn_n_u16(second, green_shift));        \
        pixels.val[2] =                                                                            \
            vcombine_u8(vmovn_u16(vshlq_n_u16(first, 3)), vmovn_u16(vshlq_n_u16(second, 3)));      \
        pixels.val[0] = vsriq_n_u8(pixels.val[0], pixels.val[0], 5);                               \
        pixels.val[1] = vsriq_n_u8(pixels.val[1], pixels.val[1], green_bits);                      \
        pixels.val[2] = vsriq_n_u8(pixels.val[2], pixels.val[2], 5);                               \
        vst3q_u8(rgb, pixels);                                                                     \
    }                                                                                              \
    PIXELS_ROW_OF_BLOCKS(pixels_row_##format##_neon, , 16, 2, pixels_block_##format##_neon,        \
                         pixels_row_##format##_scalar)

PIXELS_DEFINE_16_NEON(0rgb1555, 7, 2, 5)
PIXELS_DEFINE_16_NEON(rgb565, 8, 3, 6)

static inline void pixels_block_xrgb8888_neon(const uint8_t *source, uint8_t *rgb)
{
    uint8x16x4_t words = vld4q_u8(source);
    uint8x16x3_t pixels;
    pixels.val[0] = words.val[2];
    pixels.val[1] = words.val[1];
    pixels.val[2] = words.val[0];
    vst3q_u8(rgb, pixels);
}
PIXELS_ROW_OF_BLOCKS(pixels_row_xrgb8888_neon, , 16, 4, pixels_block_xrgb8888_neon,
                     pixels_row_xrgb8888_scalar)

#endif /* SIMD_ARM */

/* ------------------------------------------------------------------------------- dispatch -- */

struct pixels_kernels {
    pixels_row_function *row_to_rgb[3];      /* by enum pixels_format */
    pixels_transpose_function *transpose[2]; /* pixels of 2 and of 4 bytes */
};

#define PIXELS_KERNELS(level, turn)                                                                \
    {                                                                                              \
        {pixels_row_0rgb1555_##level, pixels_row_xrgb8888_##level, pixels_row_rgb565_##level},     \
        {pixels_transpose_16_##turn, pixels_transpose_32_##turn},                                  \
    }

/* No one can select levels that this build does not have. */
static const struct pixels_kernels pixels_levels[SIMD_LEVEL_COUNT] = {
    [SIMD_SCALAR] = PIXELS_KERNELS(scalar, scalar),
#ifdef SIMD_X86
    [SIMD_SSSE3] = PIXELS_KERNELS(ssse3, sse2),
#endif
#ifdef SIMD_HAS_AVX2
    [SIMD_AVX2] = PIXELS_KERNELS(avx2, sse2),       [SIMD_AVX512] = PIXELS_KERNELS(avx2, sse2),
#endif
#ifdef SIMD_ARM
    [SIMD_NEON] = PIXELS_KERNELS(neon, scalar),
#endif
};

void pixels_row_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *rgb)
{
    pixels_levels[simd_level()].row_to_rgb[format](source, width, rgb);
}

void pixels_transpose(int format, const uint8_t *source, ptrdiff_t pitch, unsigned columns,
                      unsigned rows, uint8_t *turned, ptrdiff_t turned_pitch)
{
    pixels_levels[simd_level()].transpose[format == PIXELS_XRGB8888](source, pitch, columns, rows,
                                                                     turned, turned_pitch);
}

/* ------------------------------------------------------------------------- whole pictures -- */

/* Small, because video callbacks may arrive on the little stack of a core's coroutine. */
#define PIXELS_TILE 32

static void pixels_to_rgb_half_turned(int format, const uint8_t *source, size_t pitch,
                                      unsigned width, unsigned height, uint8_t *rgb,
                                      size_t rgb_pitch)
{
    pixels_row_function *row_to_rgb = pixels_levels[simd_level()].row_to_rgb[format];
    size_t bytes = pixels_bytes(format);
    uint32_t reversed[PIXELS_TILE];
    for (unsigned y = 0; y < height; y++) {
        const uint8_t *row = source + (size_t)(height - 1 - y) * pitch;
        for (unsigned x = 0; x < width; x += PIXELS_TILE) {
            unsigned count = width - x < PIXELS_TILE ? width - x : PIXELS_TILE;
            const uint8_t *last = row + bytes * (width - 1 - x);
            if (bytes == 2) {
                for (unsigned i = 0; i < count; i++) {
                    memcpy((uint8_t *)reversed + 2 * i, last - 2 * (size_t)i, 2);
                }
            } else {
                for (unsigned i = 0; i < count; i++) {
                    memcpy((uint8_t *)reversed + 4 * i, last - 4 * (size_t)i, 4);
                }
            }
            row_to_rgb((const uint8_t *)reversed, count,
                       rgb + (size_t)y * rgb_pitch + 3 * (size_t)x);
        }
    }
}

/* Tile by tile, so that both the rows read and the rows written stay in the nearest cache. */
static void pixels_to_rgb_quarter_turned(int format, const uint8_t *source, size_t pitch,
                                         unsigned width, unsigned height, uint8_t *rgb,
                                         size_t rgb_pitch, bool counter_clockwise)
{
    pixels_row_function *row_to_rgb = pixels_levels[simd_level()].row_to_rgb[format];
    size_t bytes = pixels_bytes(format);
    pixels_transpose_function *transpose = pixels_levels[simd_level()].transpose[bytes == 4];
    uint32_t tile[PIXELS_TILE * PIXELS_TILE];
    ptrdiff_t tile_pitch = PIXELS_TILE * sizeof(uint32_t);
    for (unsigned top = 0; top < height; top += PIXELS_TILE) {
        unsigned rows = height - top < PIXELS_TILE ? height - top : PIXELS_TILE;
        for (unsigned left = 0; left < width; left += PIXELS_TILE) {
            unsigned columns = width - left < PIXELS_TILE ? width - left : PIXELS_TILE;
            const uint8_t *corner = source + (size_t)top * pitch + bytes * left;
            uint8_t *turned = (uint8_t *)tile;
            size_t result_row, result_column;
            if (counter_clockwise) {
                transpose(corner, (ptrdiff_t)pitch, columns, rows,
                          turned + (columns - 1) * tile_pitch, -tile_pitch);
                result_row = width - left - columns;
                result_column = top;
            } else {
                transpose(corner + (size_t)(rows - 1) * pitch, -(ptrdiff_t)pitch, columns, rows,
                          turned, tile_pitch);
                result_row = left;
                result_column = height - top - rows;
            }
            for (unsigned i = 0; i < columns; i++) {
                row_to_rgb(turned + i * tile_pitch, rows,
                           rgb + (result_row + i) * rgb_pitch + 3 * result_column);
            }
        }
    }
}

void pixels_to_rgb(int format, const void *source, size_t pitch, unsigned width, unsigned height,
                   uint8_t *rgb, size_t rgb_pitch, unsigned rotation)
{
    if (width == 0 || height == 0) {
        return;
    }
    switch (rotation & 3) {
    case 0:
        break;
    case 2:
        pixels_to_rgb_half_turned(format, (const uint8_t *)source, pitch, width, height, rgb,
                                  rgb_pitch);
        return;
    default:
        pixels_to_rgb_quarter_turned(format, (const uint8_t *)source, pitch, width, height, rgb,
                                     rgb_pitch, (rotation & 3) == 1);
        return;
    }
    pixels_row_function *row_to_rgb = pixels_levels[simd_level()].row_to_rgb[format];
    if (pitch == width * pixels_bytes(format) && rgb_pitch == 3 * (size_t)width) {
        row_to_rgb((const uint8_t *)source, (size_t)width * height, rgb);
        return;
    }
    for (unsigned y = 0; y < height; y++) {
        row_to_rgb((const uint8_t *)source + y * pitch, width, rgb + y * rgb_pitch);
    }
}

void pixels_copy(const void *source, size_t pitch, size_t row_bytes, unsigned height,
                 void *destination)
{
    if (height == 0 || row_bytes == 0) {
        return;
    }
    if (pitch == row_bytes) {
        memcpy(destination, source, row_bytes * height);
        return;
    }
    for (unsigned y = 0; y < height; y++) {
        memcpy((uint8_t *)destination + y * row_bytes, (const uint8_t *)source + y * pitch,
               row_bytes);
    }
}
