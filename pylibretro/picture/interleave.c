#include "interleave.h"

#include "pixels.h"
#include "simd.h"

#include <stdbool.h>
#include <string.h>

/* Four planes to words of four bytes, one of each plane. */
static void interleave_words(const uint8_t *const planes[4], size_t width, uint8_t *words)
{
    size_t x = 0;
#ifdef SIMD_X86
    for (; x + 16 <= width; x += 16) {
        __m128i plane[4], pair[4];
        for (int i = 0; i < 4; i++) {
            plane[i] = _mm_loadu_si128((const __m128i *)(planes[i] + x));
        }
        for (int i = 0; i < 2; i++) {
            pair[i] = _mm_unpacklo_epi8(plane[2 * i], plane[2 * i + 1]);
            pair[2 + i] = _mm_unpackhi_epi8(plane[2 * i], plane[2 * i + 1]);
        }
        for (int i = 0; i < 2; i++) {
            __m128i *result = (__m128i *)(words + 4 * x) + 2 * i;
            _mm_storeu_si128(result, _mm_unpacklo_epi16(pair[2 * i], pair[2 * i + 1]));
            _mm_storeu_si128(result + 1, _mm_unpackhi_epi16(pair[2 * i], pair[2 * i + 1]));
        }
    }
#elif defined(SIMD_ARM)
    for (; x + 16 <= width; x += 16) {
        uint8x16x4_t plane;
        for (int i = 0; i < 4; i++) {
            plane.val[i] = vld1q_u8(planes[i] + x);
        }
        vst4q_u8(words + 4 * x, plane);
    }
#endif
    for (; x < width; x++) {
        for (int i = 0; i < 4; i++) {
            words[4 * x + i] = planes[i][x];
        }
    }
}

void interleave_row(const uint8_t *const *planes, unsigned count, size_t width, uint8_t *row,
                    uint8_t *words)
{
    if (count == 1) {
        memcpy(row, planes[0], width);
    } else if (count == 3) {
        const uint32_t one = 1;
        bool little_endian = *(const uint8_t *)&one;
        const uint8_t *reversed[4] = {planes[2], planes[1], planes[0], planes[0]};
        const uint8_t *straight[4] = {planes[0], planes[0], planes[1], planes[2]};
        interleave_words(little_endian ? reversed : straight, width, words);
        pixels_row_to_rgb(PIXELS_XRGB8888, words, width, row);
    } else if (count == 4) {
        interleave_words(planes, width, row);
    } else if (count % 4 == 0) {
        for (unsigned plane = 0; plane < count; plane += 4) {
            interleave_words(planes + plane, width, words);
            for (size_t x = 0; x < width; x++) {
                memcpy(row + x * count + plane, words + 4 * x, 4);
            }
        }
    } else {
        for (unsigned plane = 0; plane < count; plane++) {
            for (size_t x = 0; x < width; x++) {
                row[x * count + plane] = planes[plane][x];
            }
        }
    }
}
