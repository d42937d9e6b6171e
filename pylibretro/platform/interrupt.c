#include "interrupt.h"

#include "platform.h"

volatile sig_atomic_t platform_interrupt_flag;
void (*volatile platform_interrupt_hook)(void);

void platform_clear_interrupted(void)
{
    platform_interrupt_flag = 0;
}

#ifdef _WIN32
void platform_watch_fork(void)
{
}

int platform_fork_generation(void)
{
    return 0;
}

void platform_watch_interrupt(void)
{
}
#else

#include <errno.h>

static volatile sig_atomic_t forks;
static volatile int fork_watched;

static void on_fork(void)
{
    forks = forks + 1;
}

void platform_watch_fork(void)
{
    if (!platform_atomic_exchange(&fork_watched, 1))
        pthread_atfork(NULL, NULL, on_fork);
}

int platform_fork_generation(void)
{
    return (int)forks;
}

static struct sigaction previous;
static volatile uintptr_t interrupted_thread;

static void on_interrupt(int number, siginfo_t *info, void *context)
{
    const int saved_errno = errno;
    platform_interrupt_flag = 1;
    if (platform_interrupt_hook)
        platform_interrupt_hook();
    /* A handler put in front of ours that calls ours would otherwise be called by us again. */
    if (interrupted_thread != platform_thread_id()) {
        interrupted_thread = platform_thread_id();
        if (previous.sa_flags & SA_SIGINFO)
            previous.sa_sigaction(number, info, context);
        else
            previous.sa_handler(number);
        interrupted_thread = 0;
    }
    errno = saved_errno;
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_interrupt;
}

void platform_watch_interrupt(void)
{
    struct sigaction current;
    if (sigaction(SIGINT, NULL, &current) != 0 || is_ours(&current))
        return;
    if (!(current.sa_flags & SA_SIGINFO) &&
        (current.sa_handler == SIG_DFL || current.sa_handler == SIG_IGN))
        return;
    struct sigaction ours = current;
    ours.sa_sigaction = on_interrupt;
    ours.sa_flags |= SA_SIGINFO;
    previous = current;
    sigaction(SIGINT, &ours, NULL);
}
#endif
