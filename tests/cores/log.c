/* Logs in the manner of content[0]. */
#define CORE_NAME "log"
#define OWN_retro_run
#define OWN_retro_deinit
#define OWN_retro_set_environment
#include "core.h"
#include <inttypes.h>

enum {
    CONVERSIONS,
    LONG_MESSAGE,
    MANY_THREADS,
    MANY_LINES,
    AT_DEINIT,
    ODD_MESSAGES,
    LEVELS,
    BETWEEN_FRAMES
};

#ifndef _WIN32
#include <pthread.h>

static void *log_a_thousand_lines(void *thread)
{
    for (int line = 0; line < 1000; line++) {
        log_printf(RETRO_LOG_INFO, "thread %d line %d of a thousand, told by its own thread\n",
                   (int)(intptr_t)thread, line);
    }
    return NULL;
}

static void log_from_four_threads(void)
{
    pthread_t threads[4];
    for (intptr_t i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, log_a_thousand_lines, (void *)i);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}

static pthread_t talker;

static void *log_many_lines(void *unused)
{
    (void)unused;
    for (int line = 0; line < 20000; line++) {
        log_printf(RETRO_LOG_INFO, "line %d\n", line);
    }
    return NULL;
}

static void start_talking(void)
{
    pthread_create(&talker, NULL, log_many_lines, NULL);
}

static void stop_talking(void)
{
    pthread_join(talker, NULL);
}
#else
static void start_talking(void)
{
    for (int line = 0; line < 20000; line++) {
        log_printf(RETRO_LOG_INFO, "line %d\n", line);
    }
}

static void stop_talking(void)
{
}

static void log_from_four_threads(void)
{
    for (int thread = 0; thread < 4; thread++) {
        for (int line = 0; line < 1000; line++) {
            log_printf(RETRO_LOG_INFO, "thread %d line %d of a thousand, told by its own thread\n",
                       thread, line);
        }
    }
}
#endif

static void log_conversions(void)
{
    log_printf(RETRO_LOG_INFO, "%s|%d|%u|%x|%c|%%|%5d|%-5d|%05d\n", "text", -1, 4000000000u, 255,
               'c', 42, 42, 42);
    log_printf(RETRO_LOG_INFO, "%f|%.3f|%g|%e|%Lf\n", 1.5, 3.14159, 0.0001, 12345.678,
               (long double)2.25);
    log_printf(RETRO_LOG_INFO, "%lld|%" PRIu64 "|%zu|%hhd|%ld|%s\n", -1234567890123LL, UINT64_MAX,
               (size_t)7, (signed char)-3, -5L, "last of many arguments");
    log_printf(RETRO_LOG_INFO, "%.*s|%*d|%.3s\n", 4, "precise", 6, 9, "abcdef");
}

static void log_long_message(void)
{
    static char text[10241];
    memset(text, 'x', sizeof text - 1);
    log_printf(RETRO_LOG_WARN, "%s\n", text);
    log_printf(RETRO_LOG_INFO, "after the long one\n");
}

static void log_odd_messages(void)
{
    log_printf(RETRO_LOG_INFO, "no newline");
    log_printf(RETRO_LOG_INFO, " and its end\n");
    log_printf(RETRO_LOG_INFO, "%s", "");
    log_printf(RETRO_LOG_INFO, "\n");
    log_printf(RETRO_LOG_INFO, "two\nlines\n");
    log_printf(RETRO_LOG_INFO, "\xff\xfe not UTF-8\n");
    log_printf(RETRO_LOG_INFO, "100%% %s\n", "of %s stays");
    log_printf((enum retro_log_level)99, "level 99\n");
}

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    get_log_interface();
    log_printf(RETRO_LOG_DEBUG, "set_environment\n");
}

void retro_run(void)
{
    frame_number++;
    switch (content_byte(0)) {
    case CONVERSIONS:
        log_conversions();
        break;
    case LONG_MESSAGE:
        log_long_message();
        break;
    case MANY_THREADS:
        log_from_four_threads();
        break;
    case MANY_LINES:
        for (int line = 0; line < 100000; line++) {
            log_printf(RETRO_LOG_DEBUG, "line %d\n", line);
        }
        break;
    case ODD_MESSAGES:
        log_odd_messages();
        break;
    case LEVELS:
        log_printf(RETRO_LOG_DEBUG, "debug\n");
        log_printf(RETRO_LOG_INFO, "info\n");
        log_printf(RETRO_LOG_WARN, "warn\n");
        log_printf(RETRO_LOG_ERROR, "error\n");
        break;
    case BETWEEN_FRAMES:
        if (frame_number == 1) {
            start_talking();
        }
        break;
    default:
        break;
    }
    show_frame_number();
}

void retro_deinit(void)
{
    if (content_byte(0) == AT_DEINIT) {
        log_printf(RETRO_LOG_INFO, "deinit says goodbye\n");
    }
    if (content_byte(0) == BETWEEN_FRAMES && frame_number > 0) {
        stop_talking();
    }
}
