#include "planes.h"

#include "pixels.h"
#include "simd.h"

#include <string.h>

/* --------------------------------------------------------------------------------- scalar -- */

struct planes_weights;
typedef void planes_gray_function(const uint8_t *source, size_t pitch, size_t width, size_t height,
                                  const struct planes_weights *weights, uint8_t *gray,
                                  size_t gray_pitch);
typedef void planes_rgb_function(const uint8_t *source, size_t width, uint8_t *red, uint8_t *green,
                                 uint8_t *blue);
typedef void planes_pool_function(const uint8_t *a, const uint8_t *b, size_t count,
                                  uint8_t *result);
typedef void planes_float_function(const uint8_t *source, size_t count, float *result);

/* Of red, green and blue, in 1 / 32768. The last row rounds (R + G + B) / 3 as a division does: no
 * sum of three bytes is nearer than 1/6 to where the rounding turns, and 765 times the error of the
 * weights is less.
 *
 * Vectors weigh in 16 bits: with the high parts, in 1 / 128, and with what is left of the whole,
 * which is the low parts times scale / 65536. Nothing leaves 16 bits on the way. */
struct planes_weights {
    int16_t whole[3];
    int8_t high[3], low[3];
    int16_t scale;
    int16_t blue_scale; /* five bits to eight, in the upper half of a word */
};

static const struct planes_weights planes_weights[3] = {
    {{9798, 19235, 3735}, {38, 75, 15}, {2, 1, -3}, 35 * 256, 2112},
    {{6966, 23436, 2366}, {27, 92, 9}, {54, -116, 62}, 256, 2112},
    {{10923, 10923, 10923}, {42, 42, 42}, {43, 42, 43}, 1024, 2112},
};

static inline uint8_t planes_weigh(unsigned red, unsigned green, unsigned blue,
                                   const struct planes_weights *weights)
{
    const int16_t *whole = weights->whole;
    return (uint8_t)((red * (unsigned)whole[0] + green * (unsigned)whole[1] +
                      blue * (unsigned)whole[2] + 16384) >>
                     15);
}

/* The expressions may use `word`, the pixel. */
#define PLANES_DEFINE_SCALAR(format, word_type, red_of_word, green_of_word, blue_of_word)          \
    static inline void planes_gray_##format##_scalar(                                              \
        const uint8_t *source, size_t pitch, size_t width, size_t height,                          \
        const struct planes_weights *weights, uint8_t *gray, size_t gray_pitch)                    \
    {                                                                                              \
        for (size_t y = 0; y < height; y++) {                                                      \
            for (size_t x = 0; x < width; x++) {                                                   \
                word_type word;                                                                    \
                memcpy(&word, source + y * pitch + sizeof word * x, sizeof word);                  \
                gray[y * gray_pitch + x] =                                                         \
                    planes_weigh(red_of_word, green_of_word, blue_of_word, weights);               \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static inline void planes_rgb_##format##_scalar(const uint8_t *source, size_t width,           \
                                                    uint8_t *red, uint8_t *green, uint8_t *blue)   \
    {                                                                                              \
        for (size_t x = 0; x < width; x++) {                                                       \
            word_type word;                                                                        \
            memcpy(&word, source + sizeof word * x, sizeof word);                                  \
            red[x] = (uint8_t)(red_of_word);                                                       \
            green[x] = (uint8_t)(green_of_word);                                                   \
            blue[x] = (uint8_t)(blue_of_word);                                                     \
        }                                                                                          \
    }

static inline unsigned planes_expand_5(unsigned field)
{
    return (field & 31) << 3 | (field & 31) >> 2;
}

static inline unsigned planes_expand_6(unsigned field)
{
    return (field & 63) << 2 | (field & 63) >> 4;
}

PLANES_DEFINE_SCALAR(0rgb1555, uint16_t, planes_expand_5(word >> 10), planes_expand_5(word >> 5),
                     planes_expand_5(word))
PLANES_DEFINE_SCALAR(xrgb8888, uint32_t, word >> 16 & 255, word >> 8 & 255, word & 255)
PLANES_DEFINE_SCALAR(rgb565, uint16_t, planes_expand_5(word >> 11), planes_expand_6(word >> 5),
                     planes_expand_5(word))

static inline void planes_maximum_scalar(const uint8_t *a, const uint8_t *b, size_t count,
                                         uint8_t *result)
{
    for (size_t i = 0; i < count; i++) {
        result[i] = a[i] > b[i] ? a[i] : b[i];
    }
}

static inline void planes_mean_scalar(const uint8_t *a, const uint8_t *b, size_t count,
                                      uint8_t *result)
{
    for (size_t i = 0; i < count; i++) {
        result[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
    }
}

static inline void planes_float_scalar(const uint8_t *source, size_t count, float *result)
{
    for (size_t i = 0; i < count; i++) {
        result[i] = (float)source[i] / 255.0f;
    }
}

/* As PIXELS_ROW_OF_BLOCKS: a last block that reaches back takes the place of a scalar tail. */
#define PLANES_GRAY_OF_BLOCKS(format, level, attribute, block, source_bytes, smaller)              \
    attribute static inline void planes_gray_##format##_##level(                                   \
        const uint8_t *source, size_t pitch, size_t width, size_t height,                          \
        const struct planes_weights *weights, uint8_t *gray, size_t gray_pitch)                    \
    {                                                                                              \
        if (width < (block)) {                                                                     \
            planes_gray_##format##_##smaller(source, pitch, width, height, weights, gray,          \
                                             gray_pitch);                                          \
            return;                                                                                \
        }                                                                                          \
        const struct planes_factors_##level factors = planes_factors_##level(weights);             \
        size_t last = width - (block);                                                             \
        for (size_t y = 0; y < height; y++) {                                                      \
            for (size_t x = 0; x < last; x += (block)) {                                           \
                planes_gray_block_##format##_##level(source + (source_bytes) * x, factors,         \
                                                     gray + x);                                    \
            }                                                                                      \
            planes_gray_block_##format##_##level(source + (source_bytes) * last, factors,          \
                                                 gray + last);                                     \
            source += pitch;                                                                       \
            gray += gray_pitch;                                                                    \
        }                                                                                          \
    }

#define PLANES_RGB_OF_BLOCKS(format, level, attribute, block, source_bytes, smaller)               \
    attribute static inline void planes_rgb_##format##_##level(                                    \
        const uint8_t *source, size_t width, uint8_t *red, uint8_t *green, uint8_t *blue)          \
    {                                                                                              \
        if (width < (block)) {                                                                     \
            planes_rgb_##format##_##smaller(source, width, red, green, blue);                      \
            return;                                                                                \
        }                                                                                          \
        size_t last = width - (block);                                                             \
        for (size_t x = 0; x < last; x += (block)) {                                               \
            planes_rgb_block_##format##_##level(source + (source_bytes) * x, red + x, green + x,   \
                                                blue + x);                                         \
        }                                                                                          \
        planes_rgb_block_##format##_##level(source + (source_bytes) * last, red + last,            \
                                            green + last, blue + last);                            \
    }

/* The last block is read before the others are written: it may reach back over some of them, and
 * of one that is also the result the mean must not be taken twice. */
#define PLANES_POOL_OF_BLOCKS(name, level, attribute, vector, bytes, load, store, pool, smaller)   \
    attribute static inline void planes_##name##_##level(const uint8_t *a, const uint8_t *b,       \
                                                         size_t count, uint8_t *result)            \
    {                                                                                              \
        if (count < (bytes)) {                                                                     \
            planes_##name##_##smaller(a, b, count, result);                                        \
            return;                                                                                \
        }                                                                                          \
        size_t last = count - (bytes);                                                             \
        vector tail = pool(load(a + last), load(b + last));                                        \
        for (size_t i = 0; i < last; i += (bytes)) {                                               \
            store(result + i, pool(load(a + i), load(b + i)));                                     \
        }                                                                                          \
        store(result + last, tail);                                                                \
    }

#define PLANES_FLOAT_OF_BLOCKS(level, attribute, block, smaller)                                   \
    attribute static inline void planes_float_##level(const uint8_t *source, size_t count,         \
                                                      float *result)                               \
    {                                                                                              \
        if (count < (block)) {                                                                     \
            planes_float_##smaller(source, count, result);                                         \
            return;                                                                                \
        }                                                                                          \
        size_t last = count - (block);                                                             \
        for (size_t i = 0; i < last; i += (block)) {                                               \
            planes_float_block_##level(source + i, result + i);                                    \
        }                                                                                          \
        planes_float_block_##level(source + last, result + last);                                  \
    }

/* -------------------------------------------------------------------------- SSSE3 and AVX2 -- */

#ifdef SIMD_X86

static inline short planes_two_bytes(int8_t low, int8_t high)
{
    return (short)(high * 256 + (uint8_t)low);
}

SIMD_TARGET_SSSE3 static inline __m128i planes_load_ssse3(const uint8_t *source)
{
    return _mm_loadu_si128((const __m128i *)source);
}

SIMD_TARGET_SSSE3 static inline void planes_store_ssse3(uint8_t *result, __m128i bytes)
{
    _mm_storeu_si128((__m128i *)result, bytes);
}

/* The weights in every word; those of red and blue are bytes of one. */
struct planes_factors_ssse3 {
    __m128i red_blue_high, green_high, red_blue_low, green_low, scale, blue_scale;
    bool is_green_low;
};

SIMD_TARGET_SSSE3 static inline struct planes_factors_ssse3
planes_factors_ssse3(const struct planes_weights *weights)
{
    struct planes_factors_ssse3 factors = {
        _mm_set1_epi16(planes_two_bytes(weights->high[0], weights->high[2])),
        _mm_set1_epi16(weights->high[1]),
        _mm_set1_epi16(planes_two_bytes(weights->low[0], weights->low[2])),
        _mm_set1_epi16(weights->low[1]),
        _mm_set1_epi16(weights->scale),
        _mm_set1_epi16(weights->blue_scale),
        weights->low[1] == 1,
    };
    return factors;
}

/* Pixels in words: red and blue as bytes, and green, to gray. */
SIMD_TARGET_SSSE3 static inline __m128i planes_weigh_ssse3(__m128i red_blue, __m128i green,
                                                           struct planes_factors_ssse3 factors)
{
    __m128i high = _mm_add_epi16(_mm_maddubs_epi16(red_blue, factors.red_blue_high),
                                 _mm_mullo_epi16(green, factors.green_high));
    __m128i low = factors.is_green_low ? green : _mm_mullo_epi16(green, factors.green_low);
    low = _mm_add_epi16(_mm_maddubs_epi16(red_blue, factors.red_blue_low), low);
    high = _mm_add_epi16(high, _mm_mulhi_epi16(low, factors.scale));
    /* Rounds: (high + 64) >> 7. */
    return _mm_mulhrs_epi16(high, _mm_set1_epi16(256));
}

/* The fields of eight words, each 8 bits wide in a lane of 16. */
#define PLANES_DEFINE_16_SSSE3(format, FIELDS)                                                     \
    SIMD_TARGET_SSSE3 static inline __m128i planes_red_##format##_ssse3(__m128i words)             \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        return _mm_mulhi_epu16(_mm_and_si128(words, _mm_set1_epi16((short)fields.red_mask)),       \
                               _mm_set1_epi16((short)fields.red_scale));                           \
    }                                                                                              \
    SIMD_TARGET_SSSE3 static inline __m128i planes_green_##format##_ssse3(__m128i words)           \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        return _mm_mulhi_epu16(_mm_and_si128(words, _mm_set1_epi16((short)fields.green_mask)),     \
                               _mm_set1_epi16((short)fields.green_scale));                         \
    }                                                                                              \
    SIMD_TARGET_SSSE3 static inline __m128i planes_gray_words_##format##_ssse3(                    \
        __m128i words, struct planes_factors_ssse3 factors)                                        \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        __m128i both = _mm_and_si128(words, _mm_set1_epi16((short)(fields.red_mask | 31)));        \
        __m128i red = _mm_mulhi_epu16(both, _mm_set1_epi16((short)fields.red_scale));              \
        __m128i blue = _mm_and_si128(_mm_mullo_epi16(both, factors.blue_scale),                    \
                                     _mm_set1_epi16((short)0xff00));                               \
        return planes_weigh_ssse3(_mm_or_si128(red, blue), planes_green_##format##_ssse3(words),   \
                                  factors);                                                        \
    }                                                                                              \
    SIMD_TARGET_SSSE3 static inline void planes_gray_block_##format##_ssse3(                       \
        const uint8_t *source, struct planes_factors_ssse3 factors, uint8_t *gray)                 \
    {                                                                                              \
        __m128i first = planes_gray_words_##format##_ssse3(planes_load_ssse3(source), factors);    \
        __m128i second =                                                                           \
            planes_gray_words_##format##_ssse3(planes_load_ssse3(source + 16), factors);           \
        planes_store_ssse3(gray, _mm_packus_epi16(first, second));                                 \
    }                                                                                              \
    SIMD_TARGET_SSSE3 static inline void planes_rgb_block_##format##_ssse3(                        \
        const uint8_t *source, uint8_t *red, uint8_t *green, uint8_t *blue)                        \
    {                                                                                              \
        __m128i first = planes_load_ssse3(source), second = planes_load_ssse3(source + 16);        \
        planes_store_ssse3(red, _mm_packus_epi16(planes_red_##format##_ssse3(first),               \
                                                 planes_red_##format##_ssse3(second)));            \
        planes_store_ssse3(green, _mm_packus_epi16(planes_green_##format##_ssse3(first),           \
                                                   planes_green_##format##_ssse3(second)));        \
        planes_store_ssse3(blue,                                                                   \
                           _mm_packus_epi16(planes_blue_ssse3(first), planes_blue_ssse3(second))); \
    }                                                                                              \
    PLANES_GRAY_OF_BLOCKS(format, ssse3, SIMD_TARGET_SSSE3, 16, 2, scalar)                         \
    PLANES_RGB_OF_BLOCKS(format, ssse3, SIMD_TARGET_SSSE3, 16, 2, scalar)

SIMD_TARGET_SSSE3 static inline __m128i planes_blue_ssse3(__m128i words)
{
    return _mm_srli_epi16(
        _mm_mullo_epi16(_mm_and_si128(words, _mm_set1_epi16(31)), _mm_set1_epi16(2112)), 8);
}

PLANES_DEFINE_16_SSSE3(0rgb1555, PIXELS_FIELDS_0RGB1555)
PLANES_DEFINE_16_SSSE3(rgb565, PIXELS_FIELDS_RGB565)

/* Of four XRGB8888 pixels: bytes (red, blue), then words of green. */
static const int8_t planes_part[16] = {2, 0, 6, 4, 10, 8, 14, 12, 1, -1, 5, -1, 9, -1, 13, -1};

SIMD_TARGET_SSSE3 static inline __m128i
planes_gray_words_xrgb8888_ssse3(__m128i first, __m128i second, struct planes_factors_ssse3 factors)
{
    const __m128i part = _mm_loadu_si128((const __m128i *)planes_part);
    first = _mm_shuffle_epi8(first, part);
    second = _mm_shuffle_epi8(second, part);
    return planes_weigh_ssse3(_mm_unpacklo_epi64(first, second), _mm_unpackhi_epi64(first, second),
                              factors);
}

SIMD_TARGET_SSSE3 static inline void
planes_gray_block_xrgb8888_ssse3(const uint8_t *source, struct planes_factors_ssse3 factors,
                                 uint8_t *gray)
{
    __m128i first = planes_gray_words_xrgb8888_ssse3(planes_load_ssse3(source + 0),
                                                     planes_load_ssse3(source + 16), factors);
    __m128i second = planes_gray_words_xrgb8888_ssse3(planes_load_ssse3(source + 32),
                                                      planes_load_ssse3(source + 48), factors);
    planes_store_ssse3(gray, _mm_packus_epi16(first, second));
}
PLANES_GRAY_OF_BLOCKS(xrgb8888, ssse3, SIMD_TARGET_SSSE3, 16, 4, scalar)

/* The bytes of four XRGB8888 pixels, colour by colour. */
static const int8_t planes_sort[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};

SIMD_TARGET_SSSE3 static inline void
planes_rgb_block_xrgb8888_ssse3(const uint8_t *source, uint8_t *red, uint8_t *green, uint8_t *blue)
{
    const __m128i sort = _mm_loadu_si128((const __m128i *)planes_sort);
    __m128i a = _mm_shuffle_epi8(planes_load_ssse3(source), sort);
    __m128i b = _mm_shuffle_epi8(planes_load_ssse3(source + 16), sort);
    __m128i c = _mm_shuffle_epi8(planes_load_ssse3(source + 32), sort);
    __m128i d = _mm_shuffle_epi8(planes_load_ssse3(source + 48), sort);
    __m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
    planes_store_ssse3(blue, _mm_unpacklo_epi64(ab, cd));
    planes_store_ssse3(green, _mm_unpackhi_epi64(ab, cd));
    planes_store_ssse3(red, _mm_unpacklo_epi64(_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d)));
}
PLANES_RGB_OF_BLOCKS(xrgb8888, ssse3, SIMD_TARGET_SSSE3, 16, 4, scalar)

PLANES_POOL_OF_BLOCKS(maximum, ssse3, SIMD_TARGET_SSSE3, __m128i, 16, planes_load_ssse3,
                      planes_store_ssse3, _mm_max_epu8, scalar)
PLANES_POOL_OF_BLOCKS(mean, ssse3, SIMD_TARGET_SSSE3, __m128i, 16, planes_load_ssse3,
                      planes_store_ssse3, _mm_avg_epu8, scalar)

SIMD_TARGET_SSSE3 static inline void planes_float_block_ssse3(const uint8_t *source, float *result)
{
    const __m128i zero = _mm_setzero_si128();
    const __m128 greatest = _mm_set1_ps(255.0f);
    __m128i bytes = planes_load_ssse3(source);
    __m128i low = _mm_unpacklo_epi8(bytes, zero), high = _mm_unpackhi_epi8(bytes, zero);
    __m128i values[4] = {_mm_unpacklo_epi16(low, zero), _mm_unpackhi_epi16(low, zero),
                         _mm_unpacklo_epi16(high, zero), _mm_unpackhi_epi16(high, zero)};
    for (int i = 0; i < 4; i++) {
        _mm_storeu_ps(result + 4 * i, _mm_div_ps(_mm_cvtepi32_ps(values[i]), greatest));
    }
}
PLANES_FLOAT_OF_BLOCKS(ssse3, SIMD_TARGET_SSSE3, 16, scalar)

#ifdef SIMD_HAS_AVX2

SIMD_TARGET_AVX2 static inline __m256i planes_load_avx2(const uint8_t *source)
{
    return _mm256_loadu_si256((const __m256i *)source);
}

SIMD_TARGET_AVX2 static inline void planes_store_avx2(uint8_t *result, __m256i bytes)
{
    _mm256_storeu_si256((__m256i *)result, bytes);
}

/* The weights in every word; those of red and blue are bytes of one. */
struct planes_factors_avx2 {
    __m256i red_blue_high, green_high, red_blue_low, green_low, scale, blue_scale;
    bool is_green_low;
};

SIMD_TARGET_AVX2 static inline struct planes_factors_avx2
planes_factors_avx2(const struct planes_weights *weights)
{
    struct planes_factors_avx2 factors = {
        _mm256_set1_epi16(planes_two_bytes(weights->high[0], weights->high[2])),
        _mm256_set1_epi16(weights->high[1]),
        _mm256_set1_epi16(planes_two_bytes(weights->low[0], weights->low[2])),
        _mm256_set1_epi16(weights->low[1]),
        _mm256_set1_epi16(weights->scale),
        _mm256_set1_epi16(weights->blue_scale),
        weights->low[1] == 1,
    };
    return factors;
}

/* Pixels in words: red and blue as bytes, and green, to gray. */
SIMD_TARGET_AVX2 static inline __m256i planes_weigh_avx2(__m256i red_blue, __m256i green,
                                                         struct planes_factors_avx2 factors)
{
    __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(red_blue, factors.red_blue_high),
                                    _mm256_mullo_epi16(green, factors.green_high));
    __m256i low = factors.is_green_low ? green : _mm256_mullo_epi16(green, factors.green_low);
    low = _mm256_add_epi16(_mm256_maddubs_epi16(red_blue, factors.red_blue_low), low);
    high = _mm256_add_epi16(high, _mm256_mulhi_epi16(low, factors.scale));
    /* Rounds: (high + 64) >> 7. */
    return _mm256_mulhrs_epi16(high, _mm256_set1_epi16(256));
}

#define PLANES_DEFINE_16_AVX2(format, FIELDS)                                                      \
    SIMD_TARGET_AVX2 static inline __m256i planes_red_##format##_avx2(__m256i words)               \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        return _mm256_mulhi_epu16(                                                                 \
            _mm256_and_si256(words, _mm256_set1_epi16((short)fields.red_mask)),                    \
            _mm256_set1_epi16((short)fields.red_scale));                                           \
    }                                                                                              \
    SIMD_TARGET_AVX2 static inline __m256i planes_green_##format##_avx2(__m256i words)             \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        return _mm256_mulhi_epu16(                                                                 \
            _mm256_and_si256(words, _mm256_set1_epi16((short)fields.green_mask)),                  \
            _mm256_set1_epi16((short)fields.green_scale));                                         \
    }                                                                                              \
    SIMD_TARGET_AVX2 static inline __m256i planes_gray_words_##format##_avx2(                      \
        __m256i words, struct planes_factors_avx2 factors)                                         \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        __m256i both = _mm256_and_si256(words, _mm256_set1_epi16((short)(fields.red_mask | 31)));  \
        __m256i red = _mm256_mulhi_epu16(both, _mm256_set1_epi16((short)fields.red_scale));        \
        __m256i blue = _mm256_and_si256(_mm256_mullo_epi16(both, factors.blue_scale),              \
                                        _mm256_set1_epi16((short)0xff00));                         \
        return planes_weigh_avx2(_mm256_or_si256(red, blue), planes_green_##format##_avx2(words),  \
                                 factors);                                                         \
    }                                                                                              \
    SIMD_TARGET_AVX2 static inline void planes_gray_block_##format##_avx2(                         \
        const uint8_t *source, struct planes_factors_avx2 factors, uint8_t *gray)                  \
    {                                                                                              \
        __m256i first = planes_gray_words_##format##_avx2(planes_load_avx2(source), factors);      \
        __m256i second =                                                                           \
            planes_gray_words_##format##_avx2(planes_load_avx2(source + 32), factors);             \
        /* Packing works on halves: their quarters come out in the order 0, 2, 1, 3. */            \
        planes_store_avx2(gray,                                                                    \
                          _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8));     \
    }                                                                                              \
    SIMD_TARGET_AVX2 static inline void planes_rgb_block_##format##_avx2(                          \
        const uint8_t *source, uint8_t *red, uint8_t *green, uint8_t *blue)                        \
    {                                                                                              \
        __m256i first = simd_load_halves(source, source + 32);                                     \
        __m256i second = simd_load_halves(source + 16, source + 48);                               \
        planes_store_avx2(red, _mm256_packus_epi16(planes_red_##format##_avx2(first),              \
                                                   planes_red_##format##_avx2(second)));           \
        planes_store_avx2(green, _mm256_packus_epi16(planes_green_##format##_avx2(first),          \
                                                     planes_green_##format##_avx2(second)));       \
        planes_store_avx2(blue,                                                                    \
                          _mm256_packus_epi16(planes_blue_avx2(first), planes_blue_avx2(second))); \
    }                                                                                              \
    PLANES_GRAY_OF_BLOCKS(format, avx2, SIMD_TARGET_AVX2, 32, 2, ssse3)                            \
    PLANES_RGB_OF_BLOCKS(format, avx2, SIMD_TARGET_AVX2, 32, 2, ssse3)

SIMD_TARGET_AVX2 static inline __m256i planes_blue_avx2(__m256i words)
{
    return _mm256_srli_epi16(
        _mm256_mullo_epi16(_mm256_and_si256(words, _mm256_set1_epi16(31)), _mm256_set1_epi16(2112)),
        8);
}

PLANES_DEFINE_16_AVX2(0rgb1555, PIXELS_FIELDS_0RGB1555)
PLANES_DEFINE_16_AVX2(rgb565, PIXELS_FIELDS_RGB565)

SIMD_TARGET_AVX2 static inline __m256i
planes_gray_words_xrgb8888_avx2(__m256i first, __m256i second, struct planes_factors_avx2 factors)
{
    const __m256i part = simd_load_twice(planes_part);
    first = _mm256_shuffle_epi8(first, part);
    second = _mm256_shuffle_epi8(second, part);
    return planes_weigh_avx2(_mm256_unpacklo_epi64(first, second),
                             _mm256_unpackhi_epi64(first, second), factors);
}

SIMD_TARGET_AVX2 static inline void
planes_gray_block_xrgb8888_avx2(const uint8_t *source, struct planes_factors_avx2 factors,
                                uint8_t *gray)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i first = planes_gray_words_xrgb8888_avx2(planes_load_avx2(source),
                                                    planes_load_avx2(source + 32), factors);
    __m256i second = planes_gray_words_xrgb8888_avx2(planes_load_avx2(source + 64),
                                                     planes_load_avx2(source + 96), factors);
    planes_store_avx2(gray, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(first, second), order));
}
PLANES_GRAY_OF_BLOCKS(xrgb8888, avx2, SIMD_TARGET_AVX2, 32, 4, ssse3)

SIMD_TARGET_AVX2 static inline void
planes_rgb_block_xrgb8888_avx2(const uint8_t *source, uint8_t *red, uint8_t *green, uint8_t *blue)
{
    const __m256i sort = simd_load_twice(planes_sort);
    __m256i quarters[4];
    for (int i = 0; i < 4; i++) {
        quarters[i] =
            _mm256_shuffle_epi8(simd_load_halves(source + 16 * i, source + 64 + 16 * i), sort);
    }
    __m256i ab = _mm256_unpacklo_epi32(quarters[0], quarters[1]);
    __m256i cd = _mm256_unpacklo_epi32(quarters[2], quarters[3]);
    planes_store_avx2(blue, _mm256_unpacklo_epi64(ab, cd));
    planes_store_avx2(green, _mm256_unpackhi_epi64(ab, cd));
    planes_store_avx2(red, _mm256_unpacklo_epi64(_mm256_unpackhi_epi32(quarters[0], quarters[1]),
                                                 _mm256_unpackhi_epi32(quarters[2], quarters[3])));
}
PLANES_RGB_OF_BLOCKS(xrgb8888, avx2, SIMD_TARGET_AVX2, 32, 4, ssse3)

PLANES_POOL_OF_BLOCKS(maximum, avx2, SIMD_TARGET_AVX2, __m256i, 32, planes_load_avx2,
                      planes_store_avx2, _mm256_max_epu8, ssse3)
PLANES_POOL_OF_BLOCKS(mean, avx2, SIMD_TARGET_AVX2, __m256i, 32, planes_load_avx2,
                      planes_store_avx2, _mm256_avg_epu8, ssse3)

SIMD_TARGET_AVX2 static inline void planes_float_block_avx2(const uint8_t *source, float *result)
{
    const __m256 greatest = _mm256_set1_ps(255.0f);
    for (int i = 0; i < 32; i += 8) {
        __m256i values = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(source + i)));
        _mm256_storeu_ps(result + i, _mm256_div_ps(_mm256_cvtepi32_ps(values), greatest));
    }
}
PLANES_FLOAT_OF_BLOCKS(avx2, SIMD_TARGET_AVX2, 32, ssse3)

/* ------------------------------------------------------------------------------- AVX-512 -- */

/* Wide enough for 32 words; only gray is worth it. */
struct planes_factors_avx512 {
    __m512i red_blue_high, green_high, red_blue_low, green_low, scale, blue_scale;
    bool is_green_low;
};

SIMD_TARGET_AVX512 static inline struct planes_factors_avx512
planes_factors_avx512(const struct planes_weights *weights)
{
    struct planes_factors_avx512 factors = {
        _mm512_set1_epi16(planes_two_bytes(weights->high[0], weights->high[2])),
        _mm512_set1_epi16(weights->high[1]),
        _mm512_set1_epi16(planes_two_bytes(weights->low[0], weights->low[2])),
        _mm512_set1_epi16(weights->low[1]),
        _mm512_set1_epi16(weights->scale),
        _mm512_set1_epi16(weights->blue_scale),
        weights->low[1] == 1,
    };
    return factors;
}

/* As planes_weigh_ssse3(). */
SIMD_TARGET_AVX512 static inline __m512i planes_weigh_avx512(__m512i red_blue, __m512i green,
                                                             struct planes_factors_avx512 factors)
{
    __m512i high = _mm512_add_epi16(_mm512_maddubs_epi16(red_blue, factors.red_blue_high),
                                    _mm512_mullo_epi16(green, factors.green_high));
    __m512i low = factors.is_green_low ? green : _mm512_mullo_epi16(green, factors.green_low);
    low = _mm512_add_epi16(_mm512_maddubs_epi16(red_blue, factors.red_blue_low), low);
    high = _mm512_add_epi16(high, _mm512_mulhi_epi16(low, factors.scale));
    return _mm512_mulhrs_epi16(high, _mm512_set1_epi16(256));
}

SIMD_TARGET_AVX512 static inline __m512i planes_load_avx512(const uint8_t *source)
{
    return _mm512_loadu_si512((const void *)source);
}

/* The low bytes of words, as they are asked for. */
SIMD_TARGET_AVX512 static inline void planes_store_words_avx512(uint8_t *result, __m512i words,
                                                                const uint8_t *order)
{
    __m512i bytes = _mm512_permutexvar_epi8(
        _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)order)), words);
    _mm256_storeu_si256((__m256i *)result, _mm512_castsi512_si256(bytes));
}

#define PLANES_EIGHT_WORDS(at, step, gap)                                                          \
    (at), (at) + (step), (at) + 2 * (step), (at) + 3 * (step), (at) + (gap),                       \
        (at) + (gap) + (step), (at) + (gap) + 2 * (step), (at) + (gap) + 3 * (step)

static const uint8_t planes_words_in_order[32] = {
    PLANES_EIGHT_WORDS(0, 2, 8), PLANES_EIGHT_WORDS(16, 2, 8), PLANES_EIGHT_WORDS(32, 2, 8),
    PLANES_EIGHT_WORDS(48, 2, 8)};

/* Of two vectors of 16 pixels whose quarters were put side by side in halves. */
static const uint8_t planes_words_by_quarters[32] = {
    PLANES_EIGHT_WORDS(0, 2, 16), PLANES_EIGHT_WORDS(32, 2, 16), PLANES_EIGHT_WORDS(8, 2, 16),
    PLANES_EIGHT_WORDS(40, 2, 16)};

#define PLANES_DEFINE_16_AVX512(format, FIELDS)                                                    \
    SIMD_TARGET_AVX512 static inline void planes_gray_block_##format##_avx512(                     \
        const uint8_t *source, struct planes_factors_avx512 factors, uint8_t *gray)                \
    {                                                                                              \
        const struct pixels_fields fields = FIELDS;                                                \
        __m512i words = planes_load_avx512(source);                                                \
        __m512i both = _mm512_and_si512(words, _mm512_set1_epi16((short)(fields.red_mask | 31)));  \
        __m512i red = _mm512_mulhi_epu16(both, _mm512_set1_epi16((short)fields.red_scale));        \
        __m512i blue = _mm512_and_si512(_mm512_mullo_epi16(both, factors.blue_scale),              \
                                        _mm512_set1_epi16((short)0xff00));                         \
        __m512i green = _mm512_mulhi_epu16(                                                        \
            _mm512_and_si512(words, _mm512_set1_epi16((short)fields.green_mask)),                  \
            _mm512_set1_epi16((short)fields.green_scale));                                         \
        planes_store_words_avx512(gray,                                                            \
                                  planes_weigh_avx512(_mm512_or_si512(red, blue), green, factors), \
                                  planes_words_in_order);                                          \
    }                                                                                              \
    PLANES_GRAY_OF_BLOCKS(format, avx512, SIMD_TARGET_AVX512, 32, 2, avx2)

PLANES_DEFINE_16_AVX512(0rgb1555, PIXELS_FIELDS_0RGB1555)
PLANES_DEFINE_16_AVX512(rgb565, PIXELS_FIELDS_RGB565)

SIMD_TARGET_AVX512 static inline void
planes_gray_block_xrgb8888_avx512(const uint8_t *source, struct planes_factors_avx512 factors,
                                  uint8_t *gray)
{
    const __m512i part = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)planes_part));
    __m512i first = _mm512_shuffle_epi8(planes_load_avx512(source), part);
    __m512i second = _mm512_shuffle_epi8(planes_load_avx512(source + 64), part);
    planes_store_words_avx512(gray,
                              planes_weigh_avx512(_mm512_unpacklo_epi64(first, second),
                                                  _mm512_unpackhi_epi64(first, second), factors),
                              planes_words_by_quarters);
}
PLANES_GRAY_OF_BLOCKS(xrgb8888, avx512, SIMD_TARGET_AVX512, 32, 4, avx2)

#endif /* SIMD_HAS_AVX2 */

#endif /* SIMD_X86 */

/* ----------------------------------------------------------------------------------- NEON -- */

#ifdef SIMD_ARM

struct planes_factors_neon {
    int16_t whole[3];
};

static inline struct planes_factors_neon planes_factors_neon(const struct planes_weights *weights)
{
    struct planes_factors_neon factors = {
        {weights->whole[0], weights->whole[1], weights->whole[2]}};
    return factors;
}

static inline uint8x8_t planes_weigh_neon(uint8x8_t red, uint8x8_t green, uint8x8_t blue,
                                          const struct planes_factors_neon factors)
{
    const int16_t *weights = factors.whole;
    uint16x8_t r = vmovl_u8(red), g = vmovl_u8(green), b = vmovl_u8(blue);
    uint16_t red_weight = (uint16_t)weights[0], green_weight = (uint16_t)weights[1];
    uint16_t blue_weight = (uint16_t)weights[2];
    uint32x4_t low = vmull_n_u16(vget_low_u16(r), red_weight);
    uint32x4_t high = vmull_n_u16(vget_high_u16(r), red_weight);
    low = vmlal_n_u16(low, vget_low_u16(g), green_weight);
    high = vmlal_n_u16(high, vget_high_u16(g), green_weight);
    low = vmlal_n_u16(low, vget_low_u16(b), blue_weight);
    high = vmlal_n_u16(high, vget_high_u16(b), blue_weight);
    return vmovn_u16(vcombine_u16(vrshrn_n_u32(low, 15), vrshrn_n_u32(high, 15)));
}

/* The split_* functions give 16 pixels as red, green and blue. */
#define PLANES_DEFINE_NEON(format, source_bytes)                                                   \
    static inline void planes_gray_block_##format##_neon(                                          \
        const uint8_t *source, struct planes_factors_neon factors, uint8_t *gray)                  \
    {                                                                                              \
        uint8x16x3_t rgb = planes_split_##format##_neon(source);                                   \
        vst1_u8(gray, planes_weigh_neon(vget_low_u8(rgb.val[0]), vget_low_u8(rgb.val[1]),          \
                                        vget_low_u8(rgb.val[2]), factors));                        \
        vst1_u8(gray + 8, planes_weigh_neon(vget_high_u8(rgb.val[0]), vget_high_u8(rgb.val[1]),    \
                                            vget_high_u8(rgb.val[2]), factors));                   \
    }                                                                                              \
    static inline void planes_rgb_block_##format##_neon(const uint8_t *source, uint8_t *red,       \
                                                        uint8_t *green, uint8_t *blue)             \
    {                                                                                              \
        uint8x16x3_t rgb = planes_split_##format##_neon(source);                                   \
        vst1q_u8(red, rgb.val[0]);                                                                 \
        vst1q_u8(green, rgb.val[1]);                                                               \
        vst1q_u8(blue, rgb.val[2]);                                                                \
    }                                                                                              \
    PLANES_GRAY_OF_BLOCKS(format, neon, , 16, source_bytes, scalar)                                \
    PLANES_RGB_OF_BLOCKS(format, neon, , 16, source_bytes, scalar)

#define PLANES_DEFINE_16_NEON(format, red_shift, green_shift, green_bits)                          \
    static inline uint8x16x3_t planes_split_##format##_neon(const uint8_t *source)                 \
    {                                                                                              \
        uint16x8_t first = vreinterpretq_u16_u8(vld1q_u8(source));                                 \
        uint16x8_t second = vreinterpretq_u16_u8(vld1q_u8(source + 16));                           \
        uint8x16x3_t rgb;                                                                          \
        rgb.val[0] = vcombine_u8(vshrn_n_u16(first, red_shift), vshrn_n_u16(second, red_shift));   \
        rgb.val[1] =                                                                               \
            vcombine_u8(vshrn_n_u16(first, green_shift), vshrn_n_u16(second, green_shift));        \
        rgb.val[2] =                                                                               \
            vcombine_u8(vmovn_u16(vshlq_n_u16(first, 3)), vmovn_u16(vshlq_n_u16(second, 3)));      \
        rgb.val[0] = vsriq_n_u8(rgb.val[0], rgb.val[0], 5);                                        \
        rgb.val[1] = vsriq_n_u8(rgb.val[1], rgb.val[1], green_bits);                               \
        rgb.val[2] = vsriq_n_u8(rgb.val[2], rgb.val[2], 5);                                        \
        return rgb;                                                                                \
    }                                                                                              \
    PLANES_DEFINE_NEON(format, 2)

PLANES_DEFINE_16_NEON(0rgb1555, 7, 2, 5)
PLANES_DEFINE_16_NEON(rgb565, 8, 3, 6)

static inline uint8x16x3_t planes_split_xrgb8888_neon(const uint8_t *source)
{
    uint8x16x4_t words = vld4q_u8(source);
    uint8x16x3_t rgb;
    rgb.val[0] = words.val[2];
    rgb.val[1] = words.val[1];
    rgb.val[2] = words.val[0];
    return rgb;
}
PLANES_DEFINE_NEON(xrgb8888, 4)

PLANES_POOL_OF_BLOCKS(maximum, neon, , uint8x16_t, 16, vld1q_u8, vst1q_u8, vmaxq_u8, scalar)
PLANES_POOL_OF_BLOCKS(mean, neon, , uint8x16_t, 16, vld1q_u8, vst1q_u8, vrhaddq_u8, scalar)

static inline void planes_float_block_neon(const uint8_t *source, float *result)
{
    const float32x4_t greatest = vdupq_n_f32(255.0f);
    uint8x16_t bytes = vld1q_u8(source);
    uint16x8_t halves[2] = {vmovl_u8(vget_low_u8(bytes)), vmovl_u8(vget_high_u8(bytes))};
    for (int i = 0; i < 2; i++) {
        float32x4_t low = vcvtq_f32_u32(vmovl_u16(vget_low_u16(halves[i])));
        float32x4_t high = vcvtq_f32_u32(vmovl_u16(vget_high_u16(halves[i])));
        vst1q_f32(result + 8 * i, vdivq_f32(low, greatest));
        vst1q_f32(result + 8 * i + 4, vdivq_f32(high, greatest));
    }
}
PLANES_FLOAT_OF_BLOCKS(neon, , 16, scalar)

#endif /* SIMD_ARM */

/* ------------------------------------------------------------------------------- dispatch -- */

struct planes_kernels {
    planes_gray_function *gray[3]; /* by enum pixels_format */
    planes_rgb_function *rgb[3];
    planes_pool_function *maximum, *mean;
    planes_float_function *to_float;
};

#define PLANES_KERNELS(level, gray_level)                                                          \
    {                                                                                              \
        {planes_gray_0rgb1555_##gray_level, planes_gray_xrgb8888_##gray_level,                     \
         planes_gray_rgb565_##gray_level},                                                         \
        {planes_rgb_0rgb1555_##level, planes_rgb_xrgb8888_##level, planes_rgb_rgb565_##level},     \
        planes_maximum_##level,                                                                    \
        planes_mean_##level,                                                                       \
        planes_float_##level,                                                                      \
    }

/* No one can select levels that this build does not have. */
static const struct planes_kernels planes_levels[SIMD_LEVEL_COUNT] = {
    [SIMD_SCALAR] = PLANES_KERNELS(scalar, scalar),
#ifdef SIMD_X86
    [SIMD_SSSE3] = PLANES_KERNELS(ssse3, ssse3),
#endif
#ifdef SIMD_HAS_AVX2
    [SIMD_AVX2] = PLANES_KERNELS(avx2, avx2),       [SIMD_AVX512] = PLANES_KERNELS(avx2, avx512),
#endif
#ifdef SIMD_ARM
    [SIMD_NEON] = PLANES_KERNELS(neon, neon),
#endif
};

void planes_row_to_gray(int format, int luma, const uint8_t *source, size_t width, uint8_t *gray)
{
    planes_to_gray(format, luma, source, 0, width, 1, gray, 0);
}

void planes_to_gray(int format, int luma, const uint8_t *source, size_t pitch, size_t width,
                    size_t height, uint8_t *gray, size_t gray_pitch)
{
    planes_levels[simd_level()].gray[format](source, pitch, width, height, &planes_weights[luma],
                                             gray, gray_pitch);
}

void planes_row_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *red,
                       uint8_t *green, uint8_t *blue)
{
    planes_levels[simd_level()].rgb[format](source, width, red, green, blue);
}

void planes_maximum(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *result)
{
    planes_levels[simd_level()].maximum(a, b, count, result);
}

void planes_mean(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *result)
{
    planes_levels[simd_level()].mean(a, b, count, result);
}

void planes_row_maximum(const uint8_t *a, uint8_t *b_and_result, size_t width)
{
    planes_maximum(a, b_and_result, width, b_and_result);
}

void planes_row_mean(const uint8_t *a, uint8_t *b_and_result, size_t width)
{
    planes_mean(a, b_and_result, width, b_and_result);
}

void planes_row_to_float(const uint8_t *source, size_t count, float *result)
{
    planes_levels[simd_level()].to_float(source, count, result);
}
