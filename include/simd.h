/*
 * The instruction sets for which there are kernels besides the scalar ones.
 *
 * simd_select() picks a level once, when the module is loaded; until then it is the scalar one.
 * Every kernel equals its scalar twin bit for bit.
 */
#ifndef PYLIBRETRO_SIMD_H
#define PYLIBRETRO_SIMD_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(_M_X64)
#define SIMD_X86 1
#include <immintrin.h>
#elif (defined(__aarch64__) || defined(_M_ARM64)) && !defined(__AARCH64EB__)
#define SIMD_ARM 1
#include <arm_neon.h>
#endif

enum simd_level {
    SIMD_SCALAR,
    SIMD_SSSE3,
    SIMD_AVX2,
    SIMD_NEON,
    SIMD_AVX512, /* with VBMI: processors without it run slower after wide instructions */
    SIMD_LEVEL_COUNT,
};

/* Whether this build and this processor have the kernels of `level`. */
bool simd_available(int level);

/* "scalar", "ssse3", "avx2", "neon", "avx512vbmi", or NULL for a number that is not a level. */
const char *simd_level_name(int level);

/* Use the best level this processor has, and return it. */
int simd_select(void);

/* Use `level` from now on; false, and nothing changes, when it is not available. */
bool simd_force(int level);

extern int simd_selected;

/* The level in use. */
static inline int simd_level(void)
{
    return simd_selected;
}

#ifdef SIMD_X86

#if defined(__GNUC__) || defined(__clang__)
#define SIMD_TARGET_SSSE3 __attribute__((target("ssse3")))
#define SIMD_TARGET_AVX2 __attribute__((target("avx2")))
#define SIMD_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))
#else
#define SIMD_TARGET_SSSE3
#define SIMD_TARGET_AVX2
#define SIMD_TARGET_AVX512
#endif

/* gcc does not align the stack of 64-bit Windows for 32-byte spills (its bug 54412). */
#if !(defined(__MINGW32__) && !defined(__clang__))
#define SIMD_HAS_AVX2 1 /* and AVX-512 */

SIMD_TARGET_AVX2 static inline __m256i simd_load_halves(const uint8_t *lower, const uint8_t *upper)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)lower)),
                                   _mm_loadu_si128((const __m128i *)upper), 1);
}

SIMD_TARGET_AVX2 static inline __m256i simd_load_twice(const int8_t *mask)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)mask));
}
#endif

#endif

#endif
