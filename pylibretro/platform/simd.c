#include "simd.h"

#include <stddef.h>
#ifdef _MSC_VER
#include <intrin.h>
#endif

int simd_selected = SIMD_SCALAR;

#ifdef SIMD_X86
static bool processor_has(int level)
{
#ifdef _MSC_VER
    int leaf[4], extended[4] = {0, 0, 0, 0};
    __cpuidex(leaf, 0, 0);
    int highest = leaf[0];
    __cpuidex(leaf, 1, 0);
    if (highest >= 7) {
        __cpuidex(extended, 7, 0);
    }
    bool saves_wide_registers = (leaf[2] >> 27 & 1) && (_xgetbv(0) & 6) == 6;
    switch (level) {
    case SIMD_SSSE3:
        return leaf[2] >> 9 & 1;
    case SIMD_AVX2:
        return saves_wide_registers && (extended[1] >> 5 & 1);
    case SIMD_AVX512:
        return saves_wide_registers && (_xgetbv(0) & 0xe0) == 0xe0 && (extended[1] >> 16 & 1) &&
               (extended[1] >> 30 & 1) && (extended[2] >> 1 & 1);
    default:
        return false;
    }
#else
    __builtin_cpu_init();
    switch (level) {
    case SIMD_SSSE3:
        return __builtin_cpu_supports("ssse3") != 0;
    case SIMD_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case SIMD_AVX512:
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
    default:
        return false;
    }
#endif
}
#endif

bool simd_available(int level)
{
    switch (level) {
    case SIMD_SCALAR:
        return true;
#ifdef SIMD_X86
    case SIMD_SSSE3:
        return processor_has(level);
#endif
#ifdef SIMD_HAS_AVX2
    case SIMD_AVX2:
    case SIMD_AVX512:
        return processor_has(level);
#endif
#ifdef SIMD_ARM
    case SIMD_NEON:
        return true;
#endif
    default:
        return false;
    }
}

const char *simd_level_name(int level)
{
    static const char *const names[SIMD_LEVEL_COUNT] = {"scalar", "ssse3", "avx2", "neon",
                                                        "avx512vbmi"};
    return level >= 0 && level < SIMD_LEVEL_COUNT ? names[level] : NULL;
}

bool simd_force(int level)
{
    if (!simd_available(level))
        return false;
    simd_selected = level;
    return true;
}

int simd_select(void)
{
    int level = SIMD_LEVEL_COUNT - 1;
    while (!simd_force(level))
        level--;
    return level;
}
