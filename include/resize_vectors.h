/*
 * What the kernels of resize_kernels.h are made of at each level but the scalar one: vectors of 8
 * floats, of 8 ints (the same bits as 16 words), and of 16 words, and what is done with them.
 */
#ifndef PYLIBRETRO_RESIZE_VECTORS_H
#define PYLIBRETRO_RESIZE_VECTORS_H

#include "resize_tables.h"
#include "simd.h"

#ifdef SIMD_X86

struct resize_ints_ssse3 {
    __m128i half[2];
};
struct resize_floats_ssse3 {
    __m128 half[2];
};

#define RESIZE_SSSE3 SIMD_TARGET_SSSE3 static inline

RESIZE_SSSE3 struct resize_ints_ssse3 resize_pick_ssse3(const uint8_t *row,
                                                        const struct resize_step *step)
{
    struct resize_ints_ssse3 picked;
    for (int i = 0; i < 2; i++) {
        picked.half[i] =
            _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(row + step->offset[i])),
                             _mm_loadu_si128((const __m128i *)(step->shuffle + 16 * i)));
    }
    return picked;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_add_products_ssse3(struct resize_ints_ssse3 sum,
                                                                struct resize_ints_ssse3 pairs,
                                                                const struct resize_step *step)
{
    for (int i = 0; i < 2; i++) {
        const __m128i *weights = (const __m128i *)(step->weights.pairs + 8 * i);
        sum.half[i] =
            _mm_add_epi32(sum.half[i], _mm_madd_epi16(pairs.half[i], _mm_loadu_si128(weights)));
    }
    return sum;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_load_ints_ssse3(const int32_t *ints)
{
    struct resize_ints_ssse3 loaded = {
        {_mm_loadu_si128((const __m128i *)ints), _mm_loadu_si128((const __m128i *)(ints + 4))}};
    return loaded;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_same_ints_ssse3(int32_t value)
{
    struct resize_ints_ssse3 same = {{_mm_set1_epi32(value), _mm_set1_epi32(value)}};
    return same;
}

RESIZE_SSSE3 void resize_store_ints_ssse3(int32_t *ints, struct resize_ints_ssse3 stored)
{
    _mm_storeu_si128((__m128i *)ints, stored.half[0]);
    _mm_storeu_si128((__m128i *)(ints + 4), stored.half[1]);
}

/* A shift known to the compiler: what the bits are is known where this is called. */
RESIZE_SSSE3 struct resize_ints_ssse3 resize_shift_ssse3(struct resize_ints_ssse3 ints, int bits)
{
    ints.half[0] = _mm_srai_epi32(ints.half[0], bits);
    ints.half[1] = _mm_srai_epi32(ints.half[1], bits);
    return ints;
}

RESIZE_SSSE3 void resize_store_as_words_ssse3(int16_t *words, struct resize_ints_ssse3 ints)
{
    _mm_storeu_si128((__m128i *)words, _mm_packs_epi32(ints.half[0], ints.half[1]));
}

RESIZE_SSSE3 void resize_store_as_bytes_ssse3(uint8_t *bytes, struct resize_ints_ssse3 ints)
{
    __m128i words = _mm_packs_epi32(ints.half[0], ints.half[1]);
    _mm_storel_epi64((__m128i *)bytes, _mm_packus_epi16(words, words));
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_to_floats_ssse3(struct resize_ints_ssse3 ints)
{
    struct resize_floats_ssse3 floats = {
        {_mm_cvtepi32_ps(ints.half[0]), _mm_cvtepi32_ps(ints.half[1])}};
    return floats;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_to_ints_ssse3(struct resize_floats_ssse3 floats)
{
    struct resize_ints_ssse3 ints = {
        {_mm_cvtps_epi32(floats.half[0]), _mm_cvtps_epi32(floats.half[1])}};
    return ints;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_load_floats_ssse3(const float *floats)
{
    struct resize_floats_ssse3 loaded = {{_mm_loadu_ps(floats), _mm_loadu_ps(floats + 4)}};
    return loaded;
}

RESIZE_SSSE3 void resize_store_floats_ssse3(float *floats, struct resize_floats_ssse3 stored)
{
    _mm_storeu_ps(floats, stored.half[0]);
    _mm_storeu_ps(floats + 4, stored.half[1]);
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_same_floats_ssse3(float value)
{
    struct resize_floats_ssse3 same = {{_mm_set1_ps(value), _mm_set1_ps(value)}};
    return same;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_multiply_ssse3(struct resize_floats_ssse3 a,
                                                              struct resize_floats_ssse3 b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = _mm_mul_ps(a.half[i], b.half[i]);
        RESIZE_ROUND(a.half[i]);
    }
    return a;
}

RESIZE_SSSE3 struct resize_floats_ssse3 resize_add_ssse3(struct resize_floats_ssse3 a,
                                                         struct resize_floats_ssse3 b)
{
    a.half[0] = _mm_add_ps(a.half[0], b.half[0]);
    a.half[1] = _mm_add_ps(a.half[1], b.half[1]);
    return a;
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_load_words_ssse3(const int16_t *words)
{
    return resize_load_ints_ssse3((const int32_t *)(const void *)words);
}

RESIZE_SSSE3 void resize_store_words_ssse3(int16_t *words, struct resize_ints_ssse3 stored)
{
    resize_store_ints_ssse3((int32_t *)(void *)words, stored);
}

RESIZE_SSSE3 struct resize_ints_ssse3 resize_add_words_ssse3(struct resize_ints_ssse3 a,
                                                             struct resize_ints_ssse3 b)
{
    a.half[0] = _mm_add_epi16(a.half[0], b.half[0]);
    a.half[1] = _mm_add_epi16(a.half[1], b.half[1]);
    return a;
}

/* 16 bytes, times 1 << RESIZE_FRACTION_BITS. */
RESIZE_SSSE3 struct resize_ints_ssse3 resize_load_bytes_ssse3(const uint8_t *row)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i bytes = _mm_loadu_si128((const __m128i *)row);
    struct resize_ints_ssse3 words = {
        {_mm_slli_epi16(_mm_unpacklo_epi8(bytes, zero), RESIZE_FRACTION_BITS),
         _mm_slli_epi16(_mm_unpackhi_epi8(bytes, zero), RESIZE_FRACTION_BITS)}};
    return words;
}

/* Times a weight of RESIZE_WORD_ROW_BITS. */
RESIZE_SSSE3 struct resize_ints_ssse3 resize_weigh_ssse3(struct resize_ints_ssse3 words,
                                                         int16_t weight)
{
    const __m128i weights = _mm_set1_epi16(weight);
    words.half[0] = _mm_mulhrs_epi16(words.half[0], weights);
    words.half[1] = _mm_mulhrs_epi16(words.half[1], weights);
    return words;
}

RESIZE_SSSE3 void resize_blend_block_ssse3(const int16_t *upper, const int16_t *lower,
                                           int16_t upper_weight, int16_t lower_weight, uint8_t *out)
{
    __m128i up =
        _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)upper), _mm_set1_epi16(upper_weight));
    __m128i low =
        _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)lower), _mm_set1_epi16(lower_weight));
    __m128i words = _mm_add_epi16(_mm_add_epi16(up, low), _mm_set1_epi16(2));
    words = _mm_srai_epi16(words, 2);
    _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

#ifdef SIMD_HAS_AVX2

struct resize_ints_avx2 {
    __m256i all;
};
struct resize_floats_avx2 {
    __m256 all;
};

#define RESIZE_AVX2 SIMD_TARGET_AVX2 static inline

RESIZE_AVX2 struct resize_ints_avx2 resize_pick_avx2(const uint8_t *row,
                                                     const struct resize_step *step)
{
    __m256i halves = simd_load_halves(row + step->offset[0], row + step->offset[1]);
    struct resize_ints_avx2 picked = {
        _mm256_shuffle_epi8(halves, _mm256_loadu_si256((const __m256i *)step->shuffle))};
    return picked;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_add_products_avx2(struct resize_ints_avx2 sum,
                                                             struct resize_ints_avx2 pairs,
                                                             const struct resize_step *step)
{
    __m256i weights = _mm256_loadu_si256((const __m256i *)step->weights.pairs);
    sum.all = _mm256_add_epi32(sum.all, _mm256_madd_epi16(pairs.all, weights));
    return sum;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_load_ints_avx2(const int32_t *ints)
{
    struct resize_ints_avx2 loaded = {_mm256_loadu_si256((const __m256i *)ints)};
    return loaded;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_same_ints_avx2(int32_t value)
{
    struct resize_ints_avx2 same = {_mm256_set1_epi32(value)};
    return same;
}

RESIZE_AVX2 void resize_store_ints_avx2(int32_t *ints, struct resize_ints_avx2 stored)
{
    _mm256_storeu_si256((__m256i *)ints, stored.all);
}

RESIZE_AVX2 struct resize_ints_avx2 resize_shift_avx2(struct resize_ints_avx2 ints, int bits)
{
    ints.all = _mm256_srai_epi32(ints.all, bits);
    return ints;
}

RESIZE_AVX2 __m128i resize_narrow_avx2(struct resize_ints_avx2 ints)
{
    return _mm_packs_epi32(_mm256_castsi256_si128(ints.all), _mm256_extracti128_si256(ints.all, 1));
}

RESIZE_AVX2 void resize_store_as_words_avx2(int16_t *words, struct resize_ints_avx2 ints)
{
    _mm_storeu_si128((__m128i *)words, resize_narrow_avx2(ints));
}

RESIZE_AVX2 void resize_store_as_bytes_avx2(uint8_t *bytes, struct resize_ints_avx2 ints)
{
    __m128i words = resize_narrow_avx2(ints);
    _mm_storel_epi64((__m128i *)bytes, _mm_packus_epi16(words, words));
}

RESIZE_AVX2 struct resize_floats_avx2 resize_to_floats_avx2(struct resize_ints_avx2 ints)
{
    struct resize_floats_avx2 floats = {_mm256_cvtepi32_ps(ints.all)};
    return floats;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_to_ints_avx2(struct resize_floats_avx2 floats)
{
    struct resize_ints_avx2 ints = {_mm256_cvtps_epi32(floats.all)};
    return ints;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_load_floats_avx2(const float *floats)
{
    struct resize_floats_avx2 loaded = {_mm256_loadu_ps(floats)};
    return loaded;
}

RESIZE_AVX2 void resize_store_floats_avx2(float *floats, struct resize_floats_avx2 stored)
{
    _mm256_storeu_ps(floats, stored.all);
}

RESIZE_AVX2 struct resize_floats_avx2 resize_same_floats_avx2(float value)
{
    struct resize_floats_avx2 same = {_mm256_set1_ps(value)};
    return same;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_multiply_avx2(struct resize_floats_avx2 a,
                                                           struct resize_floats_avx2 b)
{
    a.all = _mm256_mul_ps(a.all, b.all);
    RESIZE_ROUND(a.all);
    return a;
}

RESIZE_AVX2 struct resize_floats_avx2 resize_add_avx2(struct resize_floats_avx2 a,
                                                      struct resize_floats_avx2 b)
{
    a.all = _mm256_add_ps(a.all, b.all);
    return a;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_load_words_avx2(const int16_t *words)
{
    struct resize_ints_avx2 loaded = {_mm256_loadu_si256((const __m256i *)words)};
    return loaded;
}

RESIZE_AVX2 void resize_store_words_avx2(int16_t *words, struct resize_ints_avx2 stored)
{
    _mm256_storeu_si256((__m256i *)words, stored.all);
}

RESIZE_AVX2 struct resize_ints_avx2 resize_add_words_avx2(struct resize_ints_avx2 a,
                                                          struct resize_ints_avx2 b)
{
    a.all = _mm256_add_epi16(a.all, b.all);
    return a;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_load_bytes_avx2(const uint8_t *row)
{
    __m256i words = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)row));
    struct resize_ints_avx2 loaded = {_mm256_slli_epi16(words, RESIZE_FRACTION_BITS)};
    return loaded;
}

RESIZE_AVX2 struct resize_ints_avx2 resize_weigh_avx2(struct resize_ints_avx2 words, int16_t weight)
{
    words.all = _mm256_mulhrs_epi16(words.all, _mm256_set1_epi16(weight));
    return words;
}

#endif /* SIMD_HAS_AVX2 */

#endif /* SIMD_X86 */

#ifdef SIMD_ARM

struct resize_ints_neon {
    int32x4_t half[2];
};
struct resize_floats_neon {
    float32x4_t half[2];
};

static inline struct resize_ints_neon resize_pick_neon(const uint8_t *row,
                                                       const struct resize_step *step)
{
    struct resize_ints_neon picked;
    for (int i = 0; i < 2; i++) {
        picked.half[i] = vreinterpretq_s32_u8(
            vqtbl1q_u8(vld1q_u8(row + step->offset[i]), vld1q_u8(step->shuffle + 16 * i)));
    }
    return picked;
}

static inline struct resize_ints_neon resize_add_products_neon(struct resize_ints_neon sum,
                                                               struct resize_ints_neon pairs,
                                                               const struct resize_step *step)
{
    for (int i = 0; i < 2; i++) {
        int16x8_t words = vreinterpretq_s16_s32(pairs.half[i]);
        int16x8_t weights = vld1q_s16(step->weights.pairs + 8 * i);
        int32x4_t low = vmull_s16(vget_low_s16(words), vget_low_s16(weights));
        int32x4_t high = vmull_s16(vget_high_s16(words), vget_high_s16(weights));
        sum.half[i] = vaddq_s32(sum.half[i], vpaddq_s32(low, high));
    }
    return sum;
}

static inline struct resize_ints_neon resize_load_ints_neon(const int32_t *ints)
{
    struct resize_ints_neon loaded = {{vld1q_s32(ints), vld1q_s32(ints + 4)}};
    return loaded;
}

static inline struct resize_ints_neon resize_same_ints_neon(int32_t value)
{
    struct resize_ints_neon same = {{vdupq_n_s32(value), vdupq_n_s32(value)}};
    return same;
}

static inline void resize_store_ints_neon(int32_t *ints, struct resize_ints_neon stored)
{
    vst1q_s32(ints, stored.half[0]);
    vst1q_s32(ints + 4, stored.half[1]);
}

static inline struct resize_ints_neon resize_shift_neon(struct resize_ints_neon ints, int bits)
{
    ints.half[0] = vshlq_s32(ints.half[0], vdupq_n_s32(-bits));
    ints.half[1] = vshlq_s32(ints.half[1], vdupq_n_s32(-bits));
    return ints;
}

static inline int16x8_t resize_narrow_neon(struct resize_ints_neon ints)
{
    return vcombine_s16(vqmovn_s32(ints.half[0]), vqmovn_s32(ints.half[1]));
}

static inline void resize_store_as_words_neon(int16_t *words, struct resize_ints_neon ints)
{
    vst1q_s16(words, resize_narrow_neon(ints));
}

static inline void resize_store_as_bytes_neon(uint8_t *bytes, struct resize_ints_neon ints)
{
    vst1_u8(bytes, vqmovun_s16(resize_narrow_neon(ints)));
}

static inline struct resize_floats_neon resize_to_floats_neon(struct resize_ints_neon ints)
{
    struct resize_floats_neon floats = {{vcvtq_f32_s32(ints.half[0]), vcvtq_f32_s32(ints.half[1])}};
    return floats;
}

static inline struct resize_ints_neon resize_to_ints_neon(struct resize_floats_neon floats)
{
    struct resize_ints_neon ints = {
        {vcvtnq_s32_f32(floats.half[0]), vcvtnq_s32_f32(floats.half[1])}};
    return ints;
}

static inline struct resize_floats_neon resize_load_floats_neon(const float *floats)
{
    struct resize_floats_neon loaded = {{vld1q_f32(floats), vld1q_f32(floats + 4)}};
    return loaded;
}

static inline void resize_store_floats_neon(float *floats, struct resize_floats_neon stored)
{
    vst1q_f32(floats, stored.half[0]);
    vst1q_f32(floats + 4, stored.half[1]);
}

static inline struct resize_floats_neon resize_same_floats_neon(float value)
{
    struct resize_floats_neon same = {{vdupq_n_f32(value), vdupq_n_f32(value)}};
    return same;
}

static inline struct resize_floats_neon resize_multiply_neon(struct resize_floats_neon a,
                                                             struct resize_floats_neon b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = vmulq_f32(a.half[i], b.half[i]);
        RESIZE_ROUND(a.half[i]);
    }
    return a;
}

static inline struct resize_floats_neon resize_add_neon(struct resize_floats_neon a,
                                                        struct resize_floats_neon b)
{
    a.half[0] = vaddq_f32(a.half[0], b.half[0]);
    a.half[1] = vaddq_f32(a.half[1], b.half[1]);
    return a;
}

static inline struct resize_ints_neon resize_load_words_neon(const int16_t *words)
{
    struct resize_ints_neon loaded = {
        {vreinterpretq_s32_s16(vld1q_s16(words)), vreinterpretq_s32_s16(vld1q_s16(words + 8))}};
    return loaded;
}

static inline void resize_store_words_neon(int16_t *words, struct resize_ints_neon stored)
{
    vst1q_s16(words, vreinterpretq_s16_s32(stored.half[0]));
    vst1q_s16(words + 8, vreinterpretq_s16_s32(stored.half[1]));
}

static inline struct resize_ints_neon resize_add_words_neon(struct resize_ints_neon a,
                                                            struct resize_ints_neon b)
{
    for (int i = 0; i < 2; i++) {
        a.half[i] = vreinterpretq_s32_s16(
            vaddq_s16(vreinterpretq_s16_s32(a.half[i]), vreinterpretq_s16_s32(b.half[i])));
    }
    return a;
}

/* 16 bytes, times 1 << RESIZE_FRACTION_BITS. */
static inline struct resize_ints_neon resize_load_bytes_neon(const uint8_t *row)
{
    uint8x16_t bytes = vld1q_u8(row);
    uint16x8_t low = vshll_n_u8(vget_low_u8(bytes), RESIZE_FRACTION_BITS);
    uint16x8_t high = vshll_n_u8(vget_high_u8(bytes), RESIZE_FRACTION_BITS);
    struct resize_ints_neon words = {{vreinterpretq_s32_u16(low), vreinterpretq_s32_u16(high)}};
    return words;
}

/* Times a weight of RESIZE_WORD_ROW_BITS. */
static inline struct resize_ints_neon resize_weigh_neon(struct resize_ints_neon words,
                                                        int16_t weight)
{
    for (int i = 0; i < 2; i++) {
        words.half[i] =
            vreinterpretq_s32_s16(vqrdmulhq_n_s16(vreinterpretq_s16_s32(words.half[i]), weight));
    }
    return words;
}

static inline int16x8_t resize_weigh_line_neon(const int16_t *line, int16_t weight)
{
    int16x8_t words = vld1q_s16(line);
    return vcombine_s16(vshrn_n_s32(vmull_n_s16(vget_low_s16(words), weight), 16),
                        vshrn_n_s32(vmull_n_s16(vget_high_s16(words), weight), 16));
}

static inline void resize_blend_block_neon(const int16_t *upper, const int16_t *lower,
                                           int16_t upper_weight, int16_t lower_weight, uint8_t *out)
{
    int16x8_t words = vaddq_s16(resize_weigh_line_neon(upper, upper_weight),
                                resize_weigh_line_neon(lower, lower_weight));
    vst1_u8(out, vqmovun_s16(vrshrq_n_s16(words, 2)));
}

#endif /* SIMD_ARM */

#endif
