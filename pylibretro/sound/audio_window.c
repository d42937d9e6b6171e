#include "audio_window.h"

#include "simd.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------- filter -- */

enum {
    /* On each side of the kernel, in periods of the lower rate. */
    AUDIO_WINDOW_LOBES = 20,
    /* A row is a whole number of vectors of 16. */
    AUDIO_WINDOW_HALF_MULTIPLE = 8,
    /* Bounds memory where 384 kHz becomes 1 Hz; sharp up to a ratio of 52428. */
    AUDIO_WINDOW_HALF_MOST = 1 << 20,
    /* Rows between two samples times the ratio of the rates: then what linear interpolation
     * between rows gets wrong stays below -84 dB. */
    AUDIO_WINDOW_PHASE_BITS_MOST = 7,
    AUDIO_WINDOW_WEIGHT_BITS = 15,
    /* Products of so many taps are summed in 32 bits, four or eight sums at a time. */
    AUDIO_WINDOW_BLOCK = 256,
    AUDIO_WINDOW_LANES = 4,
    AUDIO_WINDOW_BESSEL_TERMS = 30,
    AUDIO_WINDOW_SINE_TERMS = 12,
};

/* The middle of the transition band, in lower Nyquist frequencies, and the Kaiser window's beta
 * for a stop band of 65 dB. */
#define AUDIO_WINDOW_CUTOFF 0.9
#define AUDIO_WINDOW_BETA 6.25

/* sin(pi x), x >= 0. The C library's sine differs from system to system in the last bit, and so
 * could taps. */
static double audio_window_sine(double x)
{
    uint64_t half_turns = (uint64_t)(x + 0.5);
    double angle = 3.14159265358979323846 * (x - (double)half_turns), sine = 1;
    for (int k = AUDIO_WINDOW_SINE_TERMS; k > 0; k--) {
        sine = 1 - angle * angle / (2 * k * (2 * k + 1)) * sine;
    }
    return half_turns % 2 ? -angle * sine : angle * sine;
}

/* Kaiser's window times a constant, from the square of the distance to its edge: the series of the
 * Bessel function needs no root. */
static double audio_window_kaiser(double square)
{
    double sum = 1;
    for (int k = AUDIO_WINDOW_BESSEL_TERMS; k > 0; k--) {
        sum = 1 + AUDIO_WINDOW_BETA * AUDIO_WINDOW_BETA / 4 * square / (k * k) * sum;
    }
    return sum;
}

/* One row, of the sum 1, for the moment `phase` after the sample in the middle. */
static void audio_window_draw_row(double cutoff, double phase, size_t taps, double *row)
{
    double half = (double)(taps / 2), sum = 0;
    for (size_t i = 0; i < taps; i++) {
        double distance = (double)i - (half - 1) - phase;
        double x = cutoff * (distance < 0 ? -distance : distance);
        double share = distance / half;
        double sinc = x == 0 ? 1 : audio_window_sine(x) / (3.14159265358979323846 * x);
        row[i] = sinc * audio_window_kaiser((1 - share) * (1 + share));
        sum += row[i];
    }
    for (size_t i = 0; i < taps; i++) {
        row[i] /= sum;
    }
}

/* Round the taps so that their sum is exactly 2 to the `gain_bits`: the largest takes the rest.
 * False when a tap, or a sum of products of 32 bits, could overflow. */
static bool audio_window_round_row(const double *row, size_t taps, int gain_bits, int16_t *rounded)
{
    int64_t rest = (int64_t)1 << gain_bits;
    size_t largest = 0;
    for (size_t i = 0; i < taps; i++) {
        double tap = row[i] * (double)((int64_t)1 << gain_bits);
        if (tap > INT16_MAX || tap < -INT16_MAX) {
            return false;
        }
        rounded[i] = (int16_t)(tap < 0 ? -(int)(0.5 - tap) : (int)(tap + 0.5));
        rest -= rounded[i];
        largest = rounded[i] > rounded[largest] ? i : largest;
    }
    if (rest + rounded[largest] > INT16_MAX) {
        return false;
    }
    rounded[largest] = (int16_t)(rounded[largest] + rest);
    for (size_t block = 0; block < taps; block += AUDIO_WINDOW_BLOCK) {
        uint32_t lanes[AUDIO_WINDOW_LANES] = {0};
        for (size_t i = block; i < taps && i < block + AUDIO_WINDOW_BLOCK; i++) {
            lanes[i / 2 % AUDIO_WINDOW_LANES] += (uint32_t)abs(rounded[i]);
        }
        for (int lane = 0; lane < AUDIO_WINDOW_LANES; lane++) {
            if (lanes[lane] > UINT16_MAX) {
                return false;
            }
        }
    }
    return true;
}

static bool audio_window_draw_rows(struct audio_window_filter *filter, double cutoff)
{
    size_t phases = (size_t)1 << filter->phase_bits, rows = phases + 1;
    double *exact = (double *)malloc(rows * filter->taps * sizeof *exact);
    filter->rows = (int16_t *)malloc(rows * filter->taps * sizeof *filter->rows);
    if (!exact || !filter->rows) {
        free(exact);
        free(filter->rows);
        return false;
    }
    for (size_t row = 0; row < rows; row++) {
        audio_window_draw_row(cutoff, (double)row / (double)phases, filter->taps,
                              exact + row * filter->taps);
    }
    filter->gain_bits = 30;
    for (size_t row = 0; row < rows;) {
        if (audio_window_round_row(exact + row * filter->taps, filter->taps, filter->gain_bits,
                                   filter->rows + row * filter->taps)) {
            row++;
        } else {
            filter->gain_bits--;
            row = 0;
        }
    }
    free(exact);
    return true;
}

static bool audio_window_make_filter(const struct audio_window *window, uint64_t source_rate,
                                     struct audio_window_filter *filter)
{
    memset(filter, 0, sizeof *filter);
    /* Kept also where nothing needs it: a change of the source rate will. */
    filter->behind = AUDIO_WINDOW_LOBES - 1;
    filter->step.whole = 1;
    if (window->rate == 0 || source_rate == 0 || source_rate == window->rate) {
        return true;
    }
    filter->step.whole = source_rate / window->rate;
    filter->step.rest = source_rate % window->rate << window->unit_shift;
    double ratio = (double)source_rate / (double)window->rate;
    ratio = ratio > 1 ? ratio : 1;
    double half = AUDIO_WINDOW_LOBES * ratio;
    half = half < AUDIO_WINDOW_HALF_MOST ? half : AUDIO_WINDOW_HALF_MOST;
    while ((double)filter->ahead < half) {
        filter->ahead += AUDIO_WINDOW_HALF_MULTIPLE;
    }
    filter->behind = filter->ahead - 1;
    filter->taps = 2 * filter->ahead;
    filter->phase_bits = AUDIO_WINDOW_PHASE_BITS_MOST;
    while (filter->phase_bits > 0 && (double)((size_t)1 << (filter->phase_bits - 1)) * ratio >=
                                         1 << AUDIO_WINDOW_PHASE_BITS_MOST) {
        filter->phase_bits--;
    }
    return audio_window_draw_rows(filter, AUDIO_WINDOW_CUTOFF / ratio);
}

/* --------------------------------------------------------------------------- dot products -- */

/* Sums of products with two rows at once. No sum of a block can leave 32 bits, see
 * audio_window_round_row(), so every order of adding gives the same. */
typedef void audio_window_dot_function(const int16_t *samples, const int16_t *row,
                                       const int16_t *next_row, size_t taps, int64_t sums[2]);

static void audio_window_dot_scalar(const int16_t *samples, const int16_t *row,
                                    const int16_t *next_row, size_t taps, int64_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < taps; i++) {
        sums[0] += (int32_t)samples[i] * row[i];
        sums[1] += (int32_t)samples[i] * next_row[i];
    }
}

#ifdef SIMD_X86

static int64_t audio_window_total(__m128i sums)
{
    int32_t lanes[4];
    _mm_storeu_si128((__m128i *)lanes, sums);
    return (int64_t)lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

static void audio_window_dot_sse2(const int16_t *samples, const int16_t *row,
                                  const int16_t *next_row, size_t taps, int64_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < taps;) {
        size_t end = taps - i < AUDIO_WINDOW_BLOCK ? taps : i + AUDIO_WINDOW_BLOCK;
        __m128i sum = _mm_setzero_si128(), next_sum = sum;
        for (; i < end; i += 8) {
            __m128i sound = _mm_loadu_si128((const __m128i *)(samples + i));
            __m128i here = _mm_loadu_si128((const __m128i *)(row + i));
            __m128i next = _mm_loadu_si128((const __m128i *)(next_row + i));
            sum = _mm_add_epi32(sum, _mm_madd_epi16(sound, here));
            next_sum = _mm_add_epi32(next_sum, _mm_madd_epi16(sound, next));
        }
        sums[0] += audio_window_total(sum);
        sums[1] += audio_window_total(next_sum);
    }
}

#ifdef SIMD_HAS_AVX2

SIMD_TARGET_AVX2 static int64_t audio_window_total_avx2(__m256i sums)
{
    /* Wider before they are added: only the single sums are sure to fit 32 bits. */
    __m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1));
    __m256i four = _mm256_add_epi64(low, high);
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    int64_t lanes[2];
    _mm_storeu_si128((__m128i *)lanes, two);
    return lanes[0] + lanes[1];
}

SIMD_TARGET_AVX2 static void audio_window_dot_avx2(const int16_t *samples, const int16_t *row,
                                                   const int16_t *next_row, size_t taps,
                                                   int64_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < taps;) {
        size_t end = taps - i < AUDIO_WINDOW_BLOCK ? taps : i + AUDIO_WINDOW_BLOCK;
        __m256i sum = _mm256_setzero_si256(), next_sum = sum;
        for (; i < end; i += 16) {
            __m256i sound = _mm256_loadu_si256((const __m256i *)(samples + i));
            __m256i here = _mm256_loadu_si256((const __m256i *)(row + i));
            __m256i next = _mm256_loadu_si256((const __m256i *)(next_row + i));
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(sound, here));
            next_sum = _mm256_add_epi32(next_sum, _mm256_madd_epi16(sound, next));
        }
        sums[0] += audio_window_total_avx2(sum);
        sums[1] += audio_window_total_avx2(next_sum);
    }
}

#endif
#endif

#ifdef SIMD_ARM

static void audio_window_dot_neon(const int16_t *samples, const int16_t *row,
                                  const int16_t *next_row, size_t taps, int64_t sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t i = 0; i < taps;) {
        size_t end = taps - i < AUDIO_WINDOW_BLOCK ? taps : i + AUDIO_WINDOW_BLOCK;
        int32x4_t low = vdupq_n_s32(0), high = low, next_low = low, next_high = low;
        for (; i < end; i += 8) {
            int16x8_t sound = vld1q_s16(samples + i);
            int16x8_t here = vld1q_s16(row + i), next = vld1q_s16(next_row + i);
            low = vmlal_s16(low, vget_low_s16(sound), vget_low_s16(here));
            high = vmlal_s16(high, vget_high_s16(sound), vget_high_s16(here));
            next_low = vmlal_s16(next_low, vget_low_s16(sound), vget_low_s16(next));
            next_high = vmlal_s16(next_high, vget_high_s16(sound), vget_high_s16(next));
        }
        sums[0] += vaddlvq_s32(low) + vaddlvq_s32(high);
        sums[1] += vaddlvq_s32(next_low) + vaddlvq_s32(next_high);
    }
}

#endif

static audio_window_dot_function *audio_window_best_dot(void)
{
    switch (simd_level()) {
#ifdef SIMD_X86
#ifdef SIMD_HAS_AVX2
    case SIMD_AVX2:
    case SIMD_AVX512:
        return audio_window_dot_avx2;
#endif
    case SIMD_SSSE3:
        return audio_window_dot_sse2;
#endif
#ifdef SIMD_ARM
    case SIMD_NEON:
        return audio_window_dot_neon;
#endif
    default:
        return audio_window_dot_scalar;
    }
}

/* --------------------------------------------------------------------------------- moments -- */

static struct audio_window_moment audio_window_add(const struct audio_window *window,
                                                   struct audio_window_moment moment,
                                                   struct audio_window_moment step)
{
    /* No branch: it would follow no pattern that a processor could predict. */
    uint64_t rest = moment.rest + step.rest, wraps = rest >= window->unit;
    moment.whole += step.whole + wraps;
    moment.rest = rest - (window->unit & (0 - wraps));
    return moment;
}

static struct audio_window_moment audio_window_after(const struct audio_window *window,
                                                     uint64_t count)
{
    struct audio_window_moment moment = window->next, step = window->filter.step;
    for (; count > 0; count >>= 1) {
        moment = count & 1 ? audio_window_add(window, moment, step) : moment;
        step = audio_window_add(window, step, step);
    }
    return moment;
}

/* How many samples of the window can be computed from the first `used` samples of the source. */
static uint64_t audio_window_due(const struct audio_window *window, uint64_t used)
{
    struct audio_window_moment moment = window->next, powers[64] = {window->filter.step};
    int power = 0;
    if (used <= window->filter.ahead || moment.whole >= used - window->filter.ahead) {
        return 0;
    }
    uint64_t end = used - window->filter.ahead, count = 1;
    while (power < 63 && moment.whole + powers[power].whole < end) {
        powers[power + 1] = audio_window_add(window, powers[power], powers[power]);
        power++;
    }
    for (; power >= 0; power--) {
        struct audio_window_moment later = audio_window_add(window, moment, powers[power]);
        if (later.whole < end) {
            moment = later;
            count += (uint64_t)1 << power;
        }
    }
    return count;
}

/* ---------------------------------------------------------------------------------- window -- */

static int16_t audio_window_round(int64_t sum, int shift)
{
    int64_t sample = (sum + ((int64_t)1 << (shift - 1))) >> shift;
    return (int16_t)(sample > INT16_MAX ? INT16_MAX : sample < INT16_MIN ? INT16_MIN : sample);
}

static void audio_window_resample(struct audio_window *window, size_t count)
{
    const struct audio_window_filter *filter = &window->filter;
    audio_window_dot_function *dot = audio_window_best_dot();
    struct audio_window_moment next = window->next;
    size_t taps = filter->taps, length = window->settings.length;
    int weight_shift = 63 - filter->phase_bits - AUDIO_WINDOW_WEIGHT_BITS;
    int shift = filter->gain_bits + AUDIO_WINDOW_WEIGHT_BITS;
    for (size_t i = length - count; i < length; i++) {
        uint64_t phase = (next.rest >> 31) * window->per_unit >> weight_shift;
        int64_t weight = phase & ((1 << AUDIO_WINDOW_WEIGHT_BITS) - 1);
        const int16_t *row = filter->rows + (size_t)(phase >> AUDIO_WINDOW_WEIGHT_BITS) * taps;
        const int16_t *source = window->source + ((size_t)next.whole - filter->behind);
        int16_t *newest = window->newest + i;
        for (unsigned channel = 0; channel < window->settings.channels; channel++) {
            int64_t sums[2];
            dot(source, row, row + taps, taps, sums);
            *newest = audio_window_round(
                sums[0] * (1 << AUDIO_WINDOW_WEIGHT_BITS) + weight * (sums[1] - sums[0]), shift);
            source += window->capacity;
            newest += length;
        }
        next = audio_window_add(window, next, filter->step);
    }
    window->next = next;
}

/* Compute what is due. */
static void audio_window_catch_up(struct audio_window *window)
{
    size_t length = window->settings.length;
    uint64_t due = audio_window_due(window, window->used);
    if (due > length) {
        window->next = audio_window_after(window, due - length);
        due = length;
    }
    size_t count = (size_t)due;
    if (count == 0) {
        return;
    }
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        int16_t *newest = window->newest + channel * length;
        memmove(newest, newest + count, (length - count) * sizeof *newest);
        if (!window->filter.rows) {
            memcpy(newest + length - count,
                   window->source + channel * window->capacity + (size_t)window->next.whole,
                   count * sizeof *newest);
        }
    }
    if (window->filter.rows) {
        audio_window_resample(window, count);
    } else {
        window->next.whole += count;
    }
}

/* Of the first `used` samples of the source, how many nothing needs any more. */
static uint64_t audio_window_past(const struct audio_window *window, uint64_t used)
{
    uint64_t past = window->next.whole - window->filter.behind;
    return past < used ? past : used;
}

static void audio_window_forget(struct audio_window *window, size_t count)
{
    window->used -= count;
    window->next.whole -= count;
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        int16_t *source = window->source + channel * window->capacity;
        memmove(source, source + count, window->used * sizeof *source);
    }
}

static void audio_window_append(struct audio_window *window, const int16_t *frames, size_t count)
{
    int16_t *source = window->source + window->used;
    window->used += count;
    if (window->settings.channels == 1) {
        for (size_t i = 0; i < count; i++) {
            int sum = frames[2 * i] + frames[2 * i + 1];
            source[i] = (int16_t)((sum + (sum >> 1 & 1)) >> 1);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        source[i] = frames[2 * i];
        source[window->capacity + i] = frames[2 * i + 1];
    }
}

void audio_window_feed(struct audio_window *window, const int16_t *frames, size_t count)
{
    if (count > window->capacity - window->used) {
        /* What is computed when all is there, at the earliest, tells what need not be looked at. */
        uint64_t total = (uint64_t)window->used + count, due = audio_window_due(window, total);
        if (due > window->settings.length) {
            window->next = audio_window_after(window, due - window->settings.length);
        }
        size_t past = (size_t)audio_window_past(window, total);
        size_t past_here = past < window->used ? past : window->used;
        audio_window_forget(window, past_here);
        window->next.whole -= past - past_here;
        frames += 2 * (past - past_here);
        count -= past - past_here;
    }
    while (count > 0) {
        if (window->used == window->capacity) {
            audio_window_catch_up(window);
            audio_window_forget(window, (size_t)audio_window_past(window, window->used));
        }
        size_t room = window->capacity - window->used, taken = count < room ? count : room;
        audio_window_append(window, frames, taken);
        frames += 2 * taken;
        count -= taken;
    }
}

size_t audio_window_bytes(const struct audio_window_settings *settings)
{
    return settings->length * settings->channels *
           (settings->floats ? sizeof(float) : sizeof(int16_t));
}

void audio_window_write(struct audio_window *window, void *out)
{
    size_t length = window->settings.length, channels = window->settings.channels;
    audio_window_catch_up(window);
    for (size_t channel = 0; channel < channels; channel++) {
        const int16_t *newest = window->newest + channel * length;
        if (window->settings.floats) {
            float *samples = (float *)out + channel;
            for (size_t i = 0; i < length; i++) {
                samples[i * channels] = (float)newest[i] * (1 / 32768.0f);
            }
        } else if (channels == 1) {
            memcpy(out, newest, length * sizeof *newest);
        } else {
            int16_t *samples = (int16_t *)out + channel;
            for (size_t i = 0; i < length; i++) {
                samples[i * channels] = newest[i];
            }
        }
    }
}

/* ------------------------------------------------------------------------ life and changes -- */

static uint64_t audio_window_exact_rate(double rate)
{
    bool usable = rate >= 1 && rate <= AUDIO_WINDOW_RATE_MOST;
    return usable ? (uint64_t)(rate * 4294967296.0 + 0.5) : 0;
}

/* Samples of the source to hold before they are computed: a window of them if that is not much. */
static size_t audio_window_room(const struct audio_window *window,
                                const struct audio_window_filter *filter)
{
    enum { LEAST = 1 << 12, MOST = 1 << 16 };
    double wanted = (double)window->settings.length;
    if (filter->rows) {
        wanted *= (double)filter->step.whole + 1;
    }
    size_t room = wanted < LEAST ? LEAST : wanted > MOST ? MOST : (size_t)wanted;
    return filter->taps + (room < filter->taps ? filter->taps : room);
}

/* Go over to another filter, with `used` samples copied from the present source behind a start of
 * `lead` samples that repeat the first of them. */
static bool audio_window_change(struct audio_window *window, uint64_t source_rate,
                                const struct audio_window_filter *filter)
{
    size_t past = (size_t)audio_window_past(window, window->used);
    size_t behind = (size_t)window->next.whole - past, lead = 0, kept = window->used - past;
    if (behind < filter->behind) {
        lead = filter->behind - behind;
    } else {
        size_t surplus = behind - filter->behind;
        surplus = surplus < kept ? surplus : kept;
        past += surplus;
        kept -= surplus;
    }
    size_t capacity = lead + kept + audio_window_room(window, filter);
    int16_t *source =
        (int16_t *)malloc(window->settings.channels * capacity * sizeof *window->source);
    if (!source) {
        return false;
    }
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        const int16_t *before = window->source + channel * window->capacity + past;
        int16_t *after = source + channel * capacity;
        for (size_t i = 0; i < lead; i++) {
            after[i] = kept ? before[0] : 0;
        }
        memcpy(after + lead, before, kept * sizeof *after);
    }
    free(window->source);
    free(window->filter.rows);
    window->source = source;
    window->capacity = capacity;
    window->used = lead + kept;
    window->next.whole = window->next.whole - past + lead;
    window->filter = *filter;
    window->source_rate = source_rate;
    if (!filter->rows) {
        window->next.rest = 0;
    }
    return true;
}

bool audio_window_set_source_rate(struct audio_window *window, double source_rate)
{
    uint64_t exact_rate = audio_window_exact_rate(source_rate);
    struct audio_window_filter filter;
    if (exact_rate == window->source_rate) {
        return true;
    }
    if (window->rate == 0) {
        window->source_rate = exact_rate;
        return true;
    }
    audio_window_catch_up(window);
    if (!audio_window_make_filter(window, exact_rate, &filter)) {
        return false;
    }
    if (!audio_window_change(window, exact_rate, &filter)) {
        free(filter.rows);
        return false;
    }
    return true;
}

void audio_window_clear(struct audio_window *window)
{
    size_t samples = window->settings.length * window->settings.channels;
    memset(window->newest, 0, samples * sizeof *window->newest);
    window->used = window->filter.behind;
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        memset(window->source + channel * window->capacity, 0,
               window->used * sizeof *window->source);
    }
    window->next.whole = window->filter.behind;
    window->next.rest = 0;
}

void audio_window_free(struct audio_window *window)
{
    free(window->filter.rows);
    free(window->source);
    free(window->newest);
    memset(window, 0, sizeof *window);
}

bool audio_window_prepare(struct audio_window *window, const struct audio_window_settings *settings,
                          double source_rate)
{
    audio_window_free(window);
    uint64_t rate = audio_window_exact_rate(settings->rate);
    if (settings->length < 1 || settings->length > AUDIO_WINDOW_LENGTH_MOST ||
        settings->channels < 1 || settings->channels > 2 || (settings->rate != 0 && rate == 0)) {
        return false;
    }
    window->settings = *settings;
    window->rate = rate;
    window->source_rate = audio_window_exact_rate(source_rate);
    window->unit = rate ? rate : 1;
    while (window->unit < (uint64_t)1 << 62) {
        window->unit <<= 1;
        window->unit_shift++;
    }
    /* Rounded down: the product with (rest >> 31), the moment in 2^-63, stays below 1. */
    window->per_unit = INT64_MAX / (window->unit >> 31);
    if (!audio_window_make_filter(window, window->source_rate, &window->filter)) {
        window->filter.rows = NULL;
        return false;
    }
    window->capacity = audio_window_room(window, &window->filter) + window->filter.behind;
    window->source =
        (int16_t *)malloc(settings->channels * window->capacity * sizeof *window->source);
    window->newest =
        (int16_t *)malloc(settings->channels * settings->length * sizeof *window->newest);
    if (!window->source || !window->newest) {
        audio_window_free(window);
        return false;
    }
    audio_window_clear(window);
    return true;
}

/* ----------------------------------------------------------------------------------- state -- */

/* Followed by the window, then by the samples of the source that are still needed, both channel
 * after channel; the latter are filled up with zeros to behind + ahead. */
struct audio_window_state {
    uint64_t format, length, channels, rate, source_rate;
    uint64_t kept, whole, rest;
};

/* "window 1" in the order of bytes that all numbers in the state have. */
#define AUDIO_WINDOW_STATE_FORMAT UINT64_C(0x3120776f646e6977)

static size_t audio_window_state_size(const struct audio_window *window, size_t kept_most)
{
    return sizeof(struct audio_window_state) +
           (window->settings.length + kept_most) * window->settings.channels * sizeof(int16_t);
}

size_t audio_window_state_bytes(const struct audio_window *window)
{
    return audio_window_state_size(window, window->filter.behind + window->filter.ahead);
}

void audio_window_save(struct audio_window *window, void *state)
{
    size_t length_bytes = window->settings.length * window->settings.channels * sizeof(int16_t);
    size_t kept_most = window->filter.behind + window->filter.ahead;
    uint8_t *bytes = (uint8_t *)state;
    audio_window_catch_up(window);
    size_t past = (size_t)audio_window_past(window, window->used), kept = window->used - past;
    struct audio_window_state header = {
        .format = AUDIO_WINDOW_STATE_FORMAT,
        .length = window->settings.length,
        .channels = window->settings.channels,
        .rate = window->rate,
        .source_rate = window->source_rate,
        .kept = kept,
        .whole = window->next.whole - past,
        .rest = window->next.rest,
    };
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, window->newest, length_bytes);
    bytes += sizeof header + length_bytes;
    memset(bytes, 0, kept_most * window->settings.channels * sizeof(int16_t));
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        memcpy(bytes + channel * kept_most * sizeof(int16_t),
               window->source + channel * window->capacity + past, kept * sizeof(int16_t));
    }
}

bool audio_window_load(struct audio_window *window, const void *state, size_t size)
{
    struct audio_window_state header;
    size_t length_bytes = window->settings.length * window->settings.channels * sizeof(int16_t);
    if (size < sizeof header) {
        return false;
    }
    memcpy(&header, state, sizeof header);
    if (header.format != AUDIO_WINDOW_STATE_FORMAT || header.length != window->settings.length ||
        header.channels != window->settings.channels || header.rate != window->rate ||
        header.rest >= window->unit ||
        header.source_rate > (uint64_t)AUDIO_WINDOW_RATE_MOST << 32) {
        return false;
    }
    struct audio_window_filter filter = window->filter;
    bool other_filter = header.source_rate != window->source_rate && window->rate != 0;
    if (other_filter && !audio_window_make_filter(window, header.source_rate, &filter)) {
        return false;
    }
    size_t kept_most = filter.behind + filter.ahead;
    bool fits = size == audio_window_state_size(window, kept_most) && header.kept <= kept_most &&
                header.whole >= filter.behind &&
                header.whole <= header.kept + AUDIO_WINDOW_RATE_MOST;
    if (!fits || (other_filter && !audio_window_change(window, header.source_rate, &filter))) {
        if (other_filter) {
            free(filter.rows);
        }
        return false;
    }
    const uint8_t *bytes = (const uint8_t *)state + sizeof header;
    memcpy(window->newest, bytes, length_bytes);
    bytes += length_bytes;
    for (unsigned channel = 0; channel < window->settings.channels; channel++) {
        memcpy(window->source + channel * window->capacity,
               bytes + channel * kept_most * sizeof(int16_t),
               (size_t)header.kept * sizeof(int16_t));
    }
    window->source_rate = header.source_rate;
    window->used = (size_t)header.kept;
    window->next.whole = header.whole;
    window->next.rest = header.rest;
    return true;
}
