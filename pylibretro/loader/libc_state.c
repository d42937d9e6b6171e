#include "libc_state.h"

#include "platform.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Random numbers: the additive feedback generator of the BSD and GNU C libraries,
 * x[i] = x[i-3] + x[i-31], seeded by a multiplicative congruential one. */

static int32_t libc_random_next(struct libc_random *random)
{
    const uint32_t position = (random->newest + 1) % 31;
    const uint32_t three_ago = (position + 28) % 31;
    random->table[position] =
        (int32_t)((uint32_t)random->table[position] + (uint32_t)random->table[three_ago]);
    random->newest = position;
    return (int32_t)((uint32_t)random->table[position] >> 1);
}

void libc_srandom(struct libc_state *state, unsigned int seed)
{
    struct libc_random *random = &state->random;
    int64_t word = (int32_t)(seed ? seed : 1);
    random->table[0] = (int32_t)word;
    for (int i = 1; i < 31; i++) {
        word = 16807 * word % 2147483647;
        if (word < 0)
            word += 2147483647;
        random->table[i] = (int32_t)word;
    }
    random->newest = 2;
    for (int i = 0; i < 310; i++)
        libc_random_next(random);
}

long libc_random(struct libc_state *state)
{
    return libc_random_next(&state->random);
}

void libc_srand(struct libc_state *state, unsigned int seed)
{
    libc_srandom(state, seed);
}

/* Where RAND_MAX is small, a core was compiled believing it. */
int libc_rand(struct libc_state *state)
{
    return (int)(libc_random_next(&state->random) & RAND_MAX);
}

static uint64_t libc_rand48_next(struct libc_state *state)
{
    const uint64_t mask = ((uint64_t)1 << 48) - 1;
    state->random.rand48 = (state->random.rand48 * 0x5DEECE66Du + 11) & mask;
    return state->random.rand48;
}

void libc_srand48(struct libc_state *state, long seed)
{
    state->random.rand48 = ((uint64_t)(uint32_t)seed << 16) | 0x330E;
}

double libc_drand48(struct libc_state *state)
{
    return (double)libc_rand48_next(state) / (double)((uint64_t)1 << 48);
}

long libc_lrand48(struct libc_state *state)
{
    return (long)(libc_rand48_next(state) >> 17);
}

long libc_mrand48(struct libc_state *state)
{
    return (long)(int32_t)(uint32_t)(libc_rand48_next(state) >> 16);
}

char *libc_strtok(struct libc_state *state, char *text, const char *delimiters)
{
    char *token = text ? text : state->strtok_rest;
    if (!token)
        return NULL;
    token += strspn(token, delimiters);
    if (!*token) {
        state->strtok_rest = token;
        return NULL;
    }
    char *end = token + strcspn(token, delimiters);
    if (*end)
        *end++ = '\0';
    state->strtok_rest = end;
    return token;
}

/* The calendar: proleptic Gregorian, UTC. Days are counted in years that begin on 1 March, so that
 * the leap day comes last and an era of 400 years always has 146097 days. */

static int64_t libc_floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t libc_days_from_civil(int64_t year, int month_from_0, int day)
{
    const int64_t march_year = month_from_0 < 2 ? year - 1 : year;
    const int64_t era = libc_floor_divide(march_year, 400);
    const int64_t year_of_era = march_year - era * 400;
    const int64_t day_of_year = (153 * ((month_from_0 + 10) % 12) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct tm *libc_civil_time(int64_t seconds, struct tm *result)
{
    const int64_t days = libc_floor_divide(seconds, 86400);
    const int second_of_day = (int)(seconds - days * 86400);
    const int64_t shifted = days + 719468;
    const int64_t era = libc_floor_divide(shifted, 146097);
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const int month = (int)((month_from_march + 2) % 12);
    const int64_t year = year_of_era + era * 400 + (month < 2);
    if (year - 1900 > INT_MAX || year - 1900 < INT_MIN) {
#ifdef EOVERFLOW
        errno = EOVERFLOW;
#else
        errno = EINVAL;
#endif
        return NULL;
    }
    memset(result, 0, sizeof *result);
    result->tm_sec = second_of_day % 60;
    result->tm_min = second_of_day / 60 % 60;
    result->tm_hour = second_of_day / 3600;
    result->tm_mday = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    result->tm_mon = month;
    result->tm_year = (int)(year - 1900);
    result->tm_wday = (int)(days - libc_floor_divide(days + 4, 7) * 7 + 4);
    result->tm_yday = (int)(days - libc_days_from_civil(year, 0, 1));
#if defined(__GLIBC__) || defined(__APPLE__)
    result->tm_zone = (char *)(uintptr_t)"UTC";
#endif
    return result;
}

struct tm *libc_gmtime(struct libc_state *state, const time_t *when)
{
    return libc_civil_time(*when, &state->calendar);
}

struct tm *libc_localtime(struct libc_state *state, const time_t *when)
{
    return libc_civil_time(*when, &state->calendar);
}

struct tm *libc_gmtime_r(struct libc_state *state, const time_t *when, struct tm *result)
{
    (void)state;
    return libc_civil_time(*when, result);
}

struct tm *libc_localtime_r(struct libc_state *state, const time_t *when, struct tm *result)
{
    (void)state;
    return libc_civil_time(*when, result);
}

/* Any field may lie outside its range, and all are brought back into it. */
time_t libc_mktime(struct libc_state *state, struct tm *calendar)
{
    (void)state;
    const int64_t years = libc_floor_divide(calendar->tm_mon, 12);
    const int month = (int)(calendar->tm_mon - years * 12);
    const int64_t days = libc_days_from_civil((int64_t)calendar->tm_year + 1900 + years, month, 1) +
                         calendar->tm_mday - 1;
    const int64_t seconds = days * 86400 + (int64_t)calendar->tm_hour * 3600 +
                            (int64_t)calendar->tm_min * 60 + calendar->tm_sec;
    struct tm normal;
    if (!libc_civil_time(seconds, &normal) || (int64_t)(time_t)seconds != seconds)
        return (time_t)-1;
    *calendar = normal;
    return (time_t)seconds;
}

time_t libc_timegm(struct libc_state *state, struct tm *calendar)
{
    return libc_mktime(state, calendar);
}

char *libc_asctime(struct libc_state *state, const struct tm *calendar)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const int day = calendar->tm_wday, month = calendar->tm_mon;
    snprintf(state->calendar_text, sizeof state->calendar_text,
             "%.3s %.3s%3d %.2d:%.2d:%.2d %lld\n", day >= 0 && day < 7 ? days + 3 * day : "???",
             month >= 0 && month < 12 ? months + 3 * month : "???", calendar->tm_mday,
             calendar->tm_hour, calendar->tm_min, calendar->tm_sec,
             (long long)calendar->tm_year + 1900);
    return state->calendar_text;
}

char *libc_ctime(struct libc_state *state, const time_t *when)
{
    const struct tm *calendar = libc_localtime(state, when);
    return calendar ? libc_asctime(state, calendar) : NULL;
}

void libc_tzset(struct libc_state *state)
{
    (void)state;
}

/* The clock */

#if defined(_MSC_VER)
#define LIBC_OF_A_THREAD static __declspec(thread)
#else
#define LIBC_OF_A_THREAD static __thread
#endif

LIBC_OF_A_THREAD bool libc_is_own_thread;
LIBC_OF_A_THREAD volatile uint32_t libc_thread_waited;
LIBC_OF_A_THREAD int64_t libc_thread_since;

void libc_state_own_thread(void)
{
    libc_is_own_thread = true;
}

static volatile uint32_t *libc_waited(struct libc_state *state)
{
    if (!libc_is_own_thread)
        return &state->waited_usec;
    if (libc_thread_since != state->clock_usec) {
        libc_thread_since = state->clock_usec;
        libc_thread_waited = 0;
    }
    return &libc_thread_waited;
}

int64_t libc_now(struct libc_state *state)
{
    return state->clock_usec + platform_atomic_add(libc_waited(state), 1);
}

void libc_slept(struct libc_state *state, int64_t usec)
{
    const int64_t hour = (int64_t)3600 * 1000000;
    if (usec > 0)
        platform_atomic_add(libc_waited(state), (uint32_t)(usec < hour ? usec : hour));
}

void libc_waited_until(struct libc_state *state, int64_t usec)
{
    libc_slept(state, usec - state->clock_usec - *libc_waited(state));
}

#ifndef _WIN32
static int64_t libc_machine_usec(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t libc_distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

/* Which clock a time is of, it does not say: of the one that is nearest. */
int64_t libc_until(struct libc_state *state, int64_t usec)
{
    const int64_t own = state->clock_usec + *libc_waited(state);
    const int64_t others[] = {libc_machine_usec(CLOCK_REALTIME),
                              libc_machine_usec(CLOCK_MONOTONIC)};
    int64_t now = own;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (libc_distance(others[i], usec) < libc_distance(now, usec))
            now = others[i];
    return usec - now;
}
#endif

time_t libc_time(struct libc_state *state, time_t *result)
{
    const time_t now = (time_t)libc_floor_divide(libc_now(state), 1000000);
    if (result)
        *result = now;
    return now;
}

#ifndef _WIN32
static void libc_show_time(struct libc_state *state, struct timespec *result)
{
    const int64_t now = libc_now(state);
    const int64_t seconds = libc_floor_divide(now, 1000000);
    memset(result, 0, sizeof *result);
    result->tv_sec += seconds;
    result->tv_nsec += (now - seconds * 1000000) * 1000;
}

int libc_gettimeofday(struct libc_state *state, struct timeval *result, void *timezone)
{
    struct timespec now;
    if (timezone)
        memset(timezone, 0, sizeof(struct timezone));
    if (result) {
        libc_show_time(state, &now);
        memset(result, 0, sizeof *result);
        result->tv_sec += now.tv_sec;
        result->tv_usec += now.tv_nsec / 1000;
    }
    return 0;
}

static bool libc_tells_time_of_day(clockid_t clock)
{
    switch ((int)clock) {
    case CLOCK_REALTIME:
#ifdef __linux__
    case 5:  /* CLOCK_REALTIME_COARSE */
    case 8:  /* CLOCK_REALTIME_ALARM */
    case 11: /* CLOCK_TAI */
#endif
        return true;
    default:
        return false;
    }
}

int libc_clock_gettime(struct libc_state *state, clockid_t clock, struct timespec *result)
{
    if (!result || !libc_tells_time_of_day(clock))
        return clock_gettime(clock, result);
    libc_show_time(state, result);
    return 0;
}

int libc_timespec_get(struct libc_state *state, struct timespec *result, int base)
{
    const int utc = 1, monotonic = 2;
    if (base == utc)
        libc_show_time(state, result);
    else if (base != monotonic || clock_gettime(CLOCK_MONOTONIC, result) != 0)
        return 0;
    return base;
}

/* The struct timeb of <sys/timeb.h>, which some C libraries do not have any more. */
int libc_ftime(struct libc_state *state, void *result)
{
    struct {
        time_t time;
        unsigned short milliseconds;
        short timezone, summer_time;
    } now;
    const int64_t usec = libc_now(state);
    const int64_t seconds = libc_floor_divide(usec, 1000000);
    memset(&now, 0, sizeof now);
    now.time = (time_t)seconds;
    now.milliseconds = (unsigned short)((usec - seconds * 1000000) / 1000);
    memcpy(result, &now, sizeof now);
    return 0;
}

char *libc_ctime_r(struct libc_state *state, const time_t *when, char *text)
{
    const struct tm before = state->calendar;
    char kept[sizeof state->calendar_text];
    memcpy(kept, state->calendar_text, sizeof kept);
    const char *said = libc_ctime(state, when);
    if (said)
        memcpy(text, said, 26);
    memcpy(state->calendar_text, kept, sizeof kept);
    state->calendar = before;
    if (said)
        text[25] = '\0';
    return said ? text : NULL;
}
#endif

clock_t libc_clock(struct libc_state *state)
{
    const int64_t elapsed = libc_now(state) - state->start_usec;
    return (clock_t)(elapsed / 1000000 * CLOCKS_PER_SEC +
                     elapsed % 1000000 * CLOCKS_PER_SEC / 1000000);
}

/* The machine's random numbers: a sequence that begins anew with each instance, another one for
 * each time of day at which it begins (splitmix64). */

uint64_t libc_entropy(struct libc_state *state)
{
    const uint64_t draw = (uint64_t)platform_atomic_add(&state->random.draws, 1) + 1;
    uint64_t number = (uint64_t)state->start_usec + draw * 0x9E3779B97F4A7C15u;
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9u;
    number = (number ^ number >> 27) * 0x94D049BB133111EBu;
    return number ^ number >> 31;
}

void libc_entropy_bytes(struct libc_state *state, void *bytes, size_t size)
{
    for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
        const uint64_t number = libc_entropy(state);
        const size_t left = size - done;
        memcpy((char *)bytes + done, &number, left < sizeof number ? left : sizeof number);
    }
}

#ifndef _WIN32
ssize_t libc_getrandom(struct libc_state *state, void *bytes, size_t size, unsigned flags)
{
    (void)flags;
    libc_entropy_bytes(state, bytes, size);
    return (ssize_t)size;
}

int libc_getentropy(struct libc_state *state, void *bytes, size_t size)
{
    if (size > 256) {
        errno = EIO;
        return -1;
    }
    libc_entropy_bytes(state, bytes, size);
    return 0;
}

uint32_t libc_arc4random(struct libc_state *state)
{
    return (uint32_t)(libc_entropy(state) >> 32);
}

void libc_arc4random_buf(struct libc_state *state, void *bytes, size_t size)
{
    libc_entropy_bytes(state, bytes, size);
}

uint32_t libc_arc4random_uniform(struct libc_state *state, uint32_t bound)
{
    return (uint32_t)((libc_entropy(state) >> 32) * bound >> 32);
}
#endif

/* The locale belongs to the process and stays as it is; a core is told it has C's. */
char *libc_setlocale(struct libc_state *state, int category, const char *locale)
{
    static char c_locale[] = "C";
    (void)state;
    (void)category;
    (void)locale;
    return c_locale;
}

void libc_state_init(struct libc_state *state, int64_t epoch_seconds)
{
    memset(state, 0, sizeof *state);
    libc_srandom(state, 1);
    state->clock_usec = epoch_seconds * 1000000;
    state->start_usec = state->clock_usec;
}
