/* The state the C library keeps for a whole process, one of it per core instance: the sequence of
 * rand, the place strtok stopped at, the buffers localtime returns, and the time of day.
 *
 * With their imports led here, any number of cores in one process each see what they would see
 * alone in a fresh one, and see the same at every run: the clock shows `clock_usec`, which only
 * the run loop moves, in UTC, and within a frame what questions and waiting add to it. Random
 * numbers of the machine are drawn from a sequence, too. Clocks that count from somewhere else than
 * 1970 are the machine's: cores wait for their threads with them. */
#ifndef PYLIBRETRO_LIBC_STATE_H
#define PYLIBRETRO_LIBC_STATE_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#ifndef _WIN32
#include <sys/time.h>
#include <sys/types.h>
#endif

/* Plain numbers without pointers: may be stored beside a save state and put back. */
struct libc_random {
    int32_t table[31];
    uint32_t newest;
    uint64_t rand48;
    volatile uint32_t draws; /* of the machine's random numbers */
};

struct libc_state {
    struct libc_random random;
    int64_t clock_usec; /* since 1970; advance it by one frame's duration per retro_run */
    int64_t start_usec;
    /* In this call into the core: a microsecond for each question, so that a core which waits for
     * the clock sees it go on, and how long the core slept. */
    volatile uint32_t waited_usec;
    char *strtok_rest;
    struct tm calendar; /* gmtime and localtime share theirs, as in the C library */
    char calendar_text[64];
};

/* A fresh process at a time, in seconds since 1970. */
void libc_state_init(struct libc_state *state, int64_t epoch_seconds);

/* Says that the calling thread is one of a core's own. What it asks and how long it sleeps moves
 * the clock for itself alone: when it does so depends on the machine. */
void libc_state_own_thread(void);

/* Microseconds since 1970, and one passes. */
int64_t libc_now(struct libc_state *state);

/* The core has slept, or waited until a time of day came. */
void libc_slept(struct libc_state *state, int64_t usec);
void libc_waited_until(struct libc_state *state, int64_t usec);

/* How many microseconds it is until a time that a core made of what its clock showed, or another
 * clock of the machine's: waiting takes as long on the machine. */
#ifndef _WIN32
int64_t libc_until(struct libc_state *state, int64_t usec);
#endif

/* The next of the machine's random numbers. */
uint64_t libc_entropy(struct libc_state *state);
void libc_entropy_bytes(struct libc_state *state, void *bytes, size_t size);

/* Each does what the function of its name does, with an instance's own state. */
int libc_rand(struct libc_state *state);
void libc_srand(struct libc_state *state, unsigned int seed);
long libc_random(struct libc_state *state);
void libc_srandom(struct libc_state *state, unsigned int seed);
double libc_drand48(struct libc_state *state);
long libc_lrand48(struct libc_state *state);
long libc_mrand48(struct libc_state *state);
void libc_srand48(struct libc_state *state, long seed);

char *libc_strtok(struct libc_state *state, char *text, const char *delimiters);

struct tm *libc_gmtime(struct libc_state *state, const time_t *when);
struct tm *libc_localtime(struct libc_state *state, const time_t *when);
struct tm *libc_gmtime_r(struct libc_state *state, const time_t *when, struct tm *result);
struct tm *libc_localtime_r(struct libc_state *state, const time_t *when, struct tm *result);
time_t libc_mktime(struct libc_state *state, struct tm *calendar);
time_t libc_timegm(struct libc_state *state, struct tm *calendar);
char *libc_asctime(struct libc_state *state, const struct tm *calendar);
char *libc_ctime(struct libc_state *state, const time_t *when);
void libc_tzset(struct libc_state *state);

time_t libc_time(struct libc_state *state, time_t *result);
#ifndef _WIN32
int libc_gettimeofday(struct libc_state *state, struct timeval *result, void *timezone);
int libc_clock_gettime(struct libc_state *state, clockid_t clock, struct timespec *result);
int libc_timespec_get(struct libc_state *state, struct timespec *result, int base);
int libc_ftime(struct libc_state *state, void *result);
char *libc_ctime_r(struct libc_state *state, const time_t *when, char *text);
ssize_t libc_getrandom(struct libc_state *state, void *bytes, size_t size, unsigned flags);
int libc_getentropy(struct libc_state *state, void *bytes, size_t size);
uint32_t libc_arc4random(struct libc_state *state);
void libc_arc4random_buf(struct libc_state *state, void *bytes, size_t size);
uint32_t libc_arc4random_uniform(struct libc_state *state, uint32_t bound);
#endif
clock_t libc_clock(struct libc_state *state);

char *libc_setlocale(struct libc_state *state, int category, const char *locale);

/* X(result, give, name, parameters, arguments) for every function above that replaces an import
 * `name`; `give` is the word return, or nothing. A trampoline for one instance is
 *     static result trampoline_name parameters {
 *         struct libc_state *state = ...;
 *         give libc_name arguments;
 *     }
 */
#define LIBC_REPLACEMENTS(X)                                                                       \
    X(int, return, rand, (void), (state))                                                          \
    X(void, , srand, (unsigned int seed), (state, seed))                                           \
    X(char *, return, strtok, (char *text, const char *delimiters), (state, text, delimiters))     \
    X(char *, return, asctime, (const struct tm *calendar), (state, calendar))                     \
    X(clock_t, return, clock, (void), (state))                                                     \
    X(char *, return, setlocale, (int category, const char *locale), (state, category, locale))    \
    LIBC_TIME_REPLACEMENTS(X)                                                                      \
    LIBC_POSIX_REPLACEMENTS(X)

#ifdef _WIN32
/* The Windows C library exports these under the names of their 64-bit kinds. */
#define libc__time64 libc_time
#define libc__mktime64 libc_mktime
#define libc__gmtime64 libc_gmtime
#define libc__localtime64 libc_localtime
#define libc__ctime64 libc_ctime
#define libc__tzset libc_tzset
#define LIBC_TIME_REPLACEMENTS(X)                                                                  \
    X(time_t, return, _time64, (time_t *result), (state, result))                                  \
    X(time_t, return, _mktime64, (struct tm * calendar), (state, calendar))                        \
    X(struct tm *, return, _gmtime64, (const time_t *when), (state, when))                         \
    X(struct tm *, return, _localtime64, (const time_t *when), (state, when))                      \
    X(char *, return, _ctime64, (const time_t *when), (state, when))                               \
    X(void, , _tzset, (void), (state))
#define LIBC_POSIX_REPLACEMENTS(X)
#else
#define LIBC_TIME_REPLACEMENTS(X)                                                                  \
    X(time_t, return, time, (time_t *result), (state, result))                                     \
    X(time_t, return, mktime, (struct tm * calendar), (state, calendar))                           \
    X(struct tm *, return, gmtime, (const time_t *when), (state, when))                            \
    X(struct tm *, return, localtime, (const time_t *when), (state, when))                         \
    X(char *, return, ctime, (const time_t *when), (state, when))                                  \
    X(void, , tzset, (void), (state))
#define LIBC_POSIX_REPLACEMENTS(X)                                                                 \
    X(long, return, random, (void), (state))                                                       \
    X(void, , srandom, (unsigned int seed), (state, seed))                                         \
    X(double, return, drand48, (void), (state))                                                    \
    X(long, return, lrand48, (void), (state))                                                      \
    X(long, return, mrand48, (void), (state))                                                      \
    X(void, , srand48, (long seed), (state, seed))                                                 \
    X(time_t, return, timegm, (struct tm * calendar), (state, calendar))                           \
    X(struct tm *, return, gmtime_r, (const time_t *when, struct tm *result),                      \
      (state, when, result))                                                                       \
    X(struct tm *, return, localtime_r, (const time_t *when, struct tm *result),                   \
      (state, when, result))                                                                       \
    X(int, return, gettimeofday, (struct timeval * result, void *timezone),                        \
      (state, result, timezone))                                                                   \
    X(int, return, clock_gettime, (clockid_t clock, struct timespec * result),                     \
      (state, clock, result))                                                                      \
    X(int, return, timespec_get, (struct timespec * result, int base), (state, result, base))      \
    X(int, return, ftime, (void *result), (state, result))                                         \
    X(char *, return, ctime_r, (const time_t *when, char *text), (state, when, text))              \
    X(ssize_t, return, getrandom, (void *bytes, size_t size, unsigned flags),                      \
      (state, bytes, size, flags))                                                                 \
    X(int, return, getentropy, (void *bytes, size_t size), (state, bytes, size))                   \
    X(uint32_t, return, arc4random, (void), (state))                                               \
    X(void, , arc4random_buf, (void *bytes, size_t size), (state, bytes, size))                    \
    X(uint32_t, return, arc4random_uniform, (uint32_t bound), (state, bound))
#endif

#endif
