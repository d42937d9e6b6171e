/* A core's own signal handlers, and what becomes of faults that it handles by none.
 *
 * The process has one handler for each signal, and cores that catch faults of theirs - those that
 * let the processor tell them which memory their code touched - set it and put back what was there
 * before, in whatever order they come and go. So the handler of the process is ours, and calls that
 * of the core which the faulting thread is in. A fault that is still there ends the call into the
 * core where it may; what was there before gets all the rest. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include "faults.h"
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIGNALS = 65 };

/* What the machine says of code that cannot go on, and what asks a core to leave a call. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
enum { FAULTS = sizeof faults / sizeof *faults };

struct own_signals {
    struct own_signals *next;
    struct frontend *frontend;
    struct sigaction actions[SIGNALS];
    volatile int set[SIGNALS];
};

static pthread_mutex_t signals_lock = PTHREAD_MUTEX_INITIALIZER;
static struct own_signals *volatile first_signals;
static struct sigaction outer[SIGNALS]; /* what the process had before ours */
static volatile int installed[SIGNALS];

/* These belong to the program: a core is told that it has them, and they go on as before. */
static bool is_of_the_program(int number)
{
    switch (number) {
    case SIGINT:
    case SIGTERM:
    case SIGQUIT:
    case SIGHUP:
    case SIGTSTP:
    case SIGCHLD:
    case SIGWINCH:
    case SIGPIPE:
        return true;
    default:
        return false;
    }
}

static bool is_own(int number)
{
    return number > 0 && number < SIGNALS && number != SIGKILL && number != SIGSTOP &&
           own_libc_current();
}

/* Its own threads that nobody could name are in a core, too: the only one that handles this. */
static struct own_signals *handler_of(int number)
{
    struct frontend *frontend = own_libc_current();
    struct own_signals *only = NULL;
    size_t count = 0;
    for (struct own_signals *signals = first_signals; signals; signals = signals->next) {
        if (!signals->set[number])
            continue;
        if (signals->frontend == frontend)
            return signals;
        only = signals;
        count++;
    }
    return !frontend && count == 1 ? only : NULL;
}

/* A handler of a core's that this thread is in, on its stack for handlers. */
struct handling {
    const void *place; /* what lies deeper on the stack happened in it */
    int number;
    sigset_t before;
};

#if defined(__GLIBC__)
static __thread struct handling handling __attribute__((tls_model("initial-exec")));
#else
static __thread struct handling handling;
#endif

static void call_handler(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(number, info, context);
    else
        action->sa_handler(number);
}

static bool is_in_handler(int number)
{
    const char here = 0;
    return handling.number == number && handling.place > (const void *)&here;
}

/* Whether the core has done something about it. */
static bool handled_by_core(int number, siginfo_t *info, void *context)
{
    struct own_signals *signals = handler_of(number);
    if (!signals || is_in_handler(number))
        return false;
    const struct sigaction action = signals->actions[number];
    const struct handling outer_handling = handling;
    sigset_t blocked = action.sa_mask;
    if (action.sa_flags & (int)SA_RESETHAND)
        signals->set[number] = 0;
    if (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN)
        return info->si_code <= 0; /* a fault of the machine's would come again for ever */
    if (!(action.sa_flags & SA_NODEFER))
        sigaddset(&blocked, number);
    for (size_t i = 0; i < FAULTS; i++)
        sigdelset(&blocked, faults[i]); /* blocked, they would end the process */
    handling.place = &blocked;
    handling.number = number;
    pthread_sigmask(SIG_BLOCK, &blocked, &handling.before);
    call_handler(&action, number, info, context);
    pthread_sigmask(SIG_SETMASK, &handling.before, NULL);
    handling = outer_handling;
    return true;
}

/* ---- faults --------------------------------------------------------------------------------- */

static bool is_fault(int number)
{
    for (size_t i = 0; i < FAULTS; i++)
        if (faults[i] == number)
            return true;
    return false;
}

static void say(const char *text)
{
    const ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

static void leave_call(struct guard *guard, int result)
{
    if (is_in_handler(handling.number))
        pthread_sigmask(SIG_SETMASK, &handling.before, NULL);
    handling.number = 0;
    guard_leave(guard, result);
}

static void contain(int number, const siginfo_t *info, const void *context)
{
    struct frontend *frontend = own_libc_current();
    struct guard *guard = guard_innermost();
    char text[1024], described[512];
    struct fault fault;
    if (!frontend || !guard || !frontend->contains_faults)
        return;
    fault_look(&fault, &frontend->library, guard->locks_before, number, (uintptr_t)info->si_addr,
               context, FAULT_OF_THE_CORE);
    fault_describe(&fault, described, sizeof described);
    if (own_threads_is_own())
        snprintf(fault.obstacle, sizeof fault.obstacle, "it was in a thread of the core's own");
    if (!fault.obstacle[0]) {
        frontend->fault = fault;
        snprintf(guard->message, sizeof guard->message, "%s", described);
        leave_call(guard, GUARD_FAULTED);
    }
    snprintf(text, sizeof text,
             "pylibretro: the core %s ends this process: %s. The call could not be left: %s.\n",
             frontend->library.path ? frontend->library.path : "?", described, fault.obstacle);
    say(text);
}

static void handle(int number, siginfo_t *info, void *context)
{
    if (handled_by_core(number, info, context))
        return;
    if (is_fault(number))
        contain(number, info, context);
    const struct sigaction *action = &outer[number];
    if (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_IGN)
        return;
    if (action->sa_flags & SA_SIGINFO || action->sa_handler != SIG_DFL) {
        call_handler(action, number, info, context);
        return;
    }
    /* What the system does, it does when the fault comes again, or the signal does. */
    installed[number] = 0;
    sigaction(number, action, NULL);
    if (info->si_code <= 0)
        raise(number);
}

/* ---- calls that do not come back ------------------------------------------------------------ */

/* At each Ctrl-C, and once when a limit is over, after which it is tried again and again. */
static void say_why_it_stays(const struct frontend *frontend, struct call_watch *watch,
                             const char *obstacle)
{
    char text[1024];
    if (watch->stop == STUCK_FOR_TOO_LONG && watch->told_of == watch->calls)
        return;
    watch->told_of = watch->calls;
    snprintf(text, sizeof text,
             "pylibretro: the core %s does not come back, and cannot be left now: %s.\n",
             frontend->library.path ? frontend->library.path : "?", obstacle);
    say(text);
}

static void leave_stuck_call(const void *context)
{
    struct frontend *frontend = own_libc_current();
    struct guard *guard = guard_innermost();
    struct call_watch *watch = frontend ? frontend->watch : NULL;
    struct fault fault;
    if (!watch || !watch->stop || !guard || own_threads_is_own())
        return;
    fault_look(&fault, &frontend->library, guard->locks_before, SIGURG, 0, context,
               FAULT_BETWEEN_WAITING);
    if (fault.obstacle[0]) {
        say_why_it_stays(frontend, watch, fault.obstacle);
        return;
    }
    frontend->stopped_for = watch->stop;
    watch->stop = NOT_STUCK;
    snprintf(guard->message, sizeof guard->message, "it was in %s",
             fault.place[0] ? fault.place : "its own code");
    leave_call(guard, GUARD_INTERRUPTED);
}

static struct sigaction outer_stop;

static void on_stop(int number, siginfo_t *info, void *context)
{
    const int saved_errno = errno;
    leave_stuck_call(context);
    if (outer_stop.sa_flags & SA_SIGINFO ||
        (outer_stop.sa_handler != SIG_DFL && outer_stop.sa_handler != SIG_IGN))
        call_handler(&outer_stop, number, info, context);
    errno = saved_errno;
}

static void install_stop(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = on_stop;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_RESTART;
    if (sigaction(SIGURG, NULL, &before) != 0 ||
        (before.sa_flags & SA_SIGINFO && before.sa_sigaction == on_stop))
        return;
    outer_stop = before;
    sigaction(SIGURG, &action, NULL);
    platform_interrupt_hook = stuck_interrupt;
}

static bool is_ours(const struct sigaction *action)
{
    return action->sa_flags & SA_SIGINFO && action->sa_sigaction == handle;
}

static bool is_same(const struct sigaction *one, const struct sigaction *other)
{
    if ((one->sa_flags & SA_SIGINFO) != (other->sa_flags & SA_SIGINFO))
        return false;
    return one->sa_flags & SA_SIGINFO ? one->sa_sigaction == other->sa_sigaction
                                      : one->sa_handler == other->sa_handler;
}

static struct own_signals *signals_of(struct frontend *frontend, bool make)
{
    struct own_signals *signals = first_signals;
    while (signals && signals->frontend != frontend)
        signals = signals->next;
    if (!signals && make && (signals = calloc(1, sizeof *signals)) != NULL) {
        signals->frontend = frontend;
        signals->next = first_signals;
        first_signals = signals;
    }
    return signals;
}

static int install(int number, const struct sigaction *wanted)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | (wanted->sa_flags & (SA_ONSTACK | SA_RESTART));
    if (is_fault(number))
        action.sa_flags |= SA_ONSTACK;
    if (sigaction(number, NULL, &before) != 0)
        return -1;
    if (!is_ours(&before)) {
        /* Who took it over from ours, calls ours: that would be a circle. */
        const bool is_plain = !(before.sa_flags & SA_SIGINFO) &&
                              (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN);
        if (installed[number] && !is_plain)
            return 0;
        outer[number] = before;
    }
    if (sigaction(number, &action, NULL) != 0)
        return -1;
    installed[number] = 1;
    return 0;
}

static int set_action(struct frontend *frontend, int number, const struct sigaction *action,
                      struct sigaction *before)
{
    struct sigaction present;
    if (sigaction(number, NULL, &present) != 0)
        return -1;
    if (is_ours(&present))
        present = outer[number];
    struct own_signals *signals = signals_of(frontend, action != NULL);
    if (action && !signals) {
        errno = ENOMEM;
        return -1;
    }
    const struct sigaction wanted = action ? *action : present;
    if (before)
        *before = signals && signals->set[number] ? signals->actions[number] : present;
    if (!action)
        return 0;
    const bool is_default = !(wanted.sa_flags & SA_SIGINFO) && wanted.sa_handler == SIG_DFL;
    signals->set[number] = 0;
    signals->actions[number] = wanted;
    if (is_default || is_same(&wanted, &present))
        return 0;
    if (!is_of_the_program(number) && install(number, &wanted) != 0)
        return -1;
    signals->set[number] = 1;
    return 0;
}

static int current_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    if (!is_own(number))
        return sigaction(number, action, before);
    pthread_mutex_lock(&signals_lock);
    const int result = set_action(own_libc_current(), number, action, before);
    pthread_mutex_unlock(&signals_lock);
    return result;
}

typedef void signal_handler(int);

static signal_handler *set_handler(int number, signal_handler *handler, int flags)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = flags;
    return current_sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static signal_handler *current_signal(int number, signal_handler *handler)
{
    return set_handler(number, handler, SA_RESTART);
}

static signal_handler *current_sysv_signal(int number, signal_handler *handler)
{
    return set_handler(number, handler, (int)(SA_RESETHAND | SA_NODEFER));
}

static size_t containing; /* frontends whose faults are to be contained */

void own_signals_begin(struct frontend *frontend)
{
    struct sigaction plain;
    memset(&plain, 0, sizeof plain);
    pthread_mutex_lock(&signals_lock);
    install_stop();
    if (frontend->contains_faults) {
        containing++;
        for (size_t i = 0; i < FAULTS; i++)
            install(faults[i], &plain);
    }
    pthread_mutex_unlock(&signals_lock);
}

bool own_signals_handles(struct frontend *frontend, int number)
{
    if (number <= 0 || number >= SIGNALS)
        return false;
    for (struct own_signals *signals = first_signals; signals; signals = signals->next)
        if (signals->frontend == frontend && signals->set[number])
            return true;
    return false;
}

void own_signals_isolate(struct dylib *library)
{
    dylib_replace_import(library, "sigaction", (void *)current_sigaction);
    dylib_replace_import(library, "__sigaction", (void *)current_sigaction);
    dylib_replace_import(library, "signal", (void *)current_signal);
    dylib_replace_import(library, "bsd_signal", (void *)current_signal);
    dylib_replace_import(library, "ssignal", (void *)current_signal);
    dylib_replace_import(library, "sysv_signal", (void *)current_sysv_signal);
    dylib_replace_import(library, "__sysv_signal", (void *)current_sysv_signal);
}

static void say_what_is_left(struct frontend *frontend, int number, bool ignored)
{
    frontend_note(frontend, RETRO_LOG_WARN,
                  ignored ? "the core ends and still ignores signal %d (%s): it is as before again"
                          : "the core ends without its handler of signal %d (%s) being put back: "
                            "it is gone with the core",
                  number, strsignal(number));
}

void own_signals_end(struct frontend *frontend)
{
    struct sigaction present;
    pthread_mutex_lock(&signals_lock);
    struct own_signals *volatile *link = &first_signals;
    while (*link && (*link)->frontend != frontend)
        link = &(*link)->next;
    struct own_signals *signals = *link;
    if (signals)
        *link = signals->next;
    if (frontend->contains_faults)
        containing--;
    for (int number = 1; number < SIGNALS; number++) {
        bool wanted = containing && is_fault(number);
        if (signals && signals->set[number] && !frontend->crashed)
            say_what_is_left(frontend, number, signals->actions[number].sa_handler == SIG_IGN);
        for (struct own_signals *other = first_signals; other; other = other->next)
            wanted = wanted || other->set[number];
        if (installed[number] && !wanted && sigaction(number, NULL, &present) == 0 &&
            is_ours(&present) && sigaction(number, &outer[number], NULL) == 0)
            installed[number] = 0;
    }
    pthread_mutex_unlock(&signals_lock);
    free(signals);
}

#endif
