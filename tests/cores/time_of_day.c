/* Notes what each clock shows in the first frames, "name=microseconds since 1970", and what each
 * source of random numbers gives, "name=number". With content[0] it also waits until a time of day
 * comes, in as many ways as there are, for 3 ms each: ram[0] counts those that ended as they
 * should.
 */
#define _GNU_SOURCE 1
#define CORE_NAME "time of day"
#define OWN_retro_run
#include "core.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static long long usec_of(struct timespec now)
{
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void tell_times(void)
{
    static const struct {
        const char *name;
        clockid_t clock;
    } clocks[] = {{"CLOCK_REALTIME", CLOCK_REALTIME},
                  {"CLOCK_REALTIME_COARSE", CLOCK_REALTIME_COARSE},
                  {"CLOCK_TAI", CLOCK_TAI}};
    struct timespec now;
    struct timeval now_of_day;
    struct timeb old;
    time_t seconds = 0;
    char text[64];
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        clock_gettime(clocks[i].clock, &now);
        note("%s=%lld", clocks[i].name, usec_of(now));
    }
    timespec_get(&now, TIME_UTC);
    note("timespec_get=%lld", usec_of(now));
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    note("SYS_clock_gettime=%lld", usec_of(now));
    gettimeofday(&now_of_day, NULL);
    note("gettimeofday=%lld", (long long)now_of_day.tv_sec * 1000000 + now_of_day.tv_usec);
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    ftime(&old);
    note("ftime=%lld", (long long)old.time * 1000000 + old.millitm * 1000);
    note("time=%lld", (long long)time(&seconds) * 1000000);
    note("ctime_r=%.24s", ctime_r(&seconds, text));
}

static unsigned long long read_file(int file)
{
    unsigned long long number = 0;
    if (file < 0 || read(file, &number, sizeof number) != sizeof number)
        number = 0;
    close(file);
    return number;
}

static void tell_numbers(void)
{
    unsigned long long number = 0;
    FILE *file = fopen("/dev/urandom", "rb");
    note("getrandom=%llu", getrandom(&number, sizeof number, 0) == sizeof number ? number : 0);
    note("getentropy=%llu", getentropy(&number, sizeof number) == 0 ? number : 0);
    note("SYS_getrandom=%llu",
         syscall(SYS_getrandom, &number, sizeof number, 0) == sizeof number ? number : 0);
    note("fopen=%llu", file && fread(&number, sizeof number, 1, file) == 1 ? number : 0);
    if (file)
        fclose(file);
    note("open=%llu", read_file(open("/dev/urandom", O_RDONLY | O_CLOEXEC)));
    note("openat=%llu", read_file(openat(AT_FDCWD, "/dev/random", O_RDONLY)));
#ifdef HAVE_ARC4RANDOM
    note("arc4random=%u", arc4random());
    arc4random_buf(&number, sizeof number);
    note("arc4random_buf=%llu", number);
    note("arc4random_uniform=%u", arc4random_uniform(1000000000) + 1);
#endif
}

static struct timespec soon(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += 3000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

static bool has_come(struct timespec time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return usec_of(now) >= usec_of(time);
}

static long long monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return usec_of(now);
}

#define WAIT(wait, outcome)                                                                        \
    do {                                                                                           \
        const long long start = monotonic();                                                       \
        const struct timespec time = soon();                                                       \
        const bool timed_out = (wait) == (outcome);                                                \
        ram[1]++;                                                                                  \
        ram[0] += timed_out && has_come(time) && monotonic() - start >= 2900;                      \
    } while (0)

static void wait_in_every_way(void)
{
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    static cnd_t c11_condition;
    static mtx_t c11_mutex;
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&held);
    pthread_rwlock_wrlock(&lock);
    WAIT(pthread_cond_timedwait(&condition, &mutex, &time), ETIMEDOUT);
    WAIT(pthread_cond_clockwait(&condition, &mutex, CLOCK_REALTIME, &time), ETIMEDOUT);
    WAIT(pthread_mutex_timedlock(&held, &time), ETIMEDOUT);
    WAIT(sem_timedwait(&semaphore, &time), -1);
    WAIT(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL), 0);
    cnd_init(&c11_condition);
    mtx_init(&c11_mutex, mtx_timed);
    mtx_lock(&c11_mutex);
    WAIT(cnd_timedwait(&c11_condition, &c11_mutex, &time), thrd_timedout);
    mtx_unlock(&c11_mutex);
    pthread_rwlock_unlock(&lock);
    pthread_mutex_unlock(&held);
    pthread_mutex_unlock(&mutex);
    sem_destroy(&semaphore);
    {
        const struct timespec time = soon(), nap = {0, 1000000};
        while (!has_come(time)) {
            nanosleep(&nap, NULL);
            ram[2]++;
        }
    }
}

void retro_run(void)
{
    frame_number++;
    if (frame_number <= 2) {
        tell_times();
        tell_numbers();
        notes[notes_length++] = '\n';
    }
    if (content_byte(0) && frame_number == 3) {
        wait_in_every_way();
    }
    show_frame_number();
}
