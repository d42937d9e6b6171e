/* What belongs to the whole process: other processes, signals to it, its limits, its end. A core is
 * refused what would reach beyond itself, or told that it has it. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

static int refuse(const char *what, int error)
{
    frontend_note(own_libc_current(), RETRO_LOG_WARN,
                  "the core called %s, which is refused: it would reach beyond the core", what);
    errno = error;
    return -1;
}

/* ---- other processes ------------------------------------------------------------------------ */

/* Whatever they are given. */
#define REFUSED(name)                                                                              \
    static int current_##name(void)                                                                \
    {                                                                                              \
        return refuse(#name, EPERM);                                                               \
    }

REFUSED(fork)
REFUSED(vfork)
REFUSED(daemon)
REFUSED(execv)
REFUSED(execl)
REFUSED(system)
REFUSED(setsid)
REFUSED(setpgid)
REFUSED(setuid)
REFUSED(chroot)
REFUSED(killpg)
REFUSED(setitimer)
REFUSED(timer_create)

static int current_posix_spawn(pid_t *process, const char *path, const void *actions,
                               const void *attributes, char *const arguments[],
                               char *const environment[])
{
    (void)process, (void)path, (void)actions, (void)attributes, (void)arguments, (void)environment;
    refuse("posix_spawn", EPERM);
    return EPERM;
}

static FILE *current_popen(const char *command, const char *mode)
{
    (void)command, (void)mode;
    refuse("popen", EPERM);
    return NULL;
}

/* The children of this process are the program's. */
static pid_t current_waitpid(pid_t process, int *status, int options)
{
    (void)process, (void)status, (void)options;
    errno = ECHILD;
    return -1;
}

static pid_t current_wait(int *status)
{
    return current_waitpid(-1, status, 0);
}

/* A child of the program's forks without its cores. */
static int current_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
                          void *library)
{
    (void)before, (void)in_parent, (void)in_child, (void)library;
    return 0;
}

static unsigned current_alarm(unsigned seconds)
{
    if (seconds)
        refuse("alarm", EPERM);
    return 0;
}

/* ---- signals -------------------------------------------------------------------------------- */

static bool ends_the_process(int number)
{
    switch (number) {
    case 0:
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
    case SIGCONT:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return true;
    }
}

static int current_raise(int number)
{
    struct frontend *frontend = own_libc_current();
    char reason[48];
    if (!frontend || own_signals_handles(frontend, number))
        return raise(number);
    if (number == SIGABRT)
        own_libc_abort("abort");
    snprintf(reason, sizeof reason, "raise(%d), which is %s", number,
             number > 0 && number < NSIG ? strsignal(number) : "no signal");
    if (ends_the_process(number))
        own_libc_abort(reason);
    return 0;
}

static int current_kill(pid_t process, int number)
{
    if (!own_libc_current() || number == 0)
        return kill(process, number);
    if (process == getpid())
        return current_raise(number);
    return refuse("kill", EPERM);
}

static int current_pthread_kill(pthread_t thread, int number)
{
    struct frontend *frontend = own_libc_current();
    if (!frontend || number == 0 || own_signals_handles(frontend, number))
        return pthread_kill(thread, number);
    if (pthread_equal(thread, pthread_self()))
        return current_raise(number);
    refuse("pthread_kill", EPERM);
    return EPERM;
}

/* ---- limits --------------------------------------------------------------------------------- */

#ifdef __GLIBC__
typedef __rlimit_resource_t limit_kind;
typedef __priority_which_t priority_kind;
#else
typedef int limit_kind;
typedef int priority_kind;
#endif

static int current_setrlimit(limit_kind which, const struct rlimit *limit)
{
    return own_libc_current() ? 0 : setrlimit(which, limit);
}

static int current_setpriority(priority_kind which, id_t who, int priority)
{
    return own_libc_current() ? 0 : setpriority(which, who, priority);
}

static int current_nice(int more)
{
    return own_libc_current() ? 0 : nice(more);
}

#ifdef __linux__
static int current_prlimit(pid_t process, limit_kind which, const struct rlimit *wanted,
                           struct rlimit *before)
{
    return prlimit(process, which, own_libc_current() ? NULL : wanted, before);
}

/* On which processors a thread runs, and how it is scheduled, a core says of its own threads. */
static int current_sched_setaffinity(pid_t process, size_t size, const void *processors)
{
    if (own_libc_current() && !own_threads_is_own())
        return 0;
    return sched_setaffinity(process, size, processors);
}

static int current_pthread_setaffinity_np(pthread_t thread, size_t size, const void *processors)
{
    if (own_libc_current() && !own_threads_is_own() && pthread_equal(thread, pthread_self()))
        return 0;
    return pthread_setaffinity_np(thread, size, processors);
}

static int current_pthread_setname_np(pthread_t thread, const char *name)
{
    if (own_libc_current() && !own_threads_is_own() && pthread_equal(thread, pthread_self()))
        return 0;
    return pthread_setname_np(thread, name);
}

static int current_sched_setscheduler(pid_t process, int policy, const void *parameter)
{
    if (own_libc_current() && !own_threads_is_own())
        return 0;
    return sched_setscheduler(process, policy, parameter);
}
#endif

static int current_pthread_setschedparam(pthread_t thread, int policy,
                                         const struct sched_param *parameter)
{
    if (own_libc_current() && !own_threads_is_own() && pthread_equal(thread, pthread_self()))
        return 0;
    return pthread_setschedparam(thread, policy, parameter);
}

/* ---- its end -------------------------------------------------------------------------------- */

static void end_thread(const char *what)
{
    if (own_libc_current() && !own_threads_is_own())
        own_libc_abort(what);
}

static void current_pthread_exit(void *result)
{
    end_thread("pthread_exit, in a thread that is not the core's");
    pthread_exit(result);
}

typedef void end_c11_thread(int);

static end_c11_thread *real_thrd_exit;

static void current_thrd_exit(int result)
{
    end_thread("thrd_exit, in a thread that is not the core's");
    real_thrd_exit(result);
}

static int current_pthread_cancel(pthread_t thread)
{
    if (own_libc_current() && !own_threads_is_own() && pthread_equal(thread, pthread_self()))
        end_thread("pthread_cancel, of a thread that is not the core's");
    return pthread_cancel(thread);
}

static void current_quick_exit(int status)
{
    char reason[48];
    snprintf(reason, sizeof reason, "quick_exit(%d)", status);
    own_libc_abort(reason);
    _exit(status);
}

static void current_stack_smashed(void)
{
    own_libc_abort("it wrote beyond the end of an array on the stack");
    abort();
}

/* A core that has opened itself again may close that; its last handle is ours. */
static int current_dlclose(void *handle)
{
    const struct frontend *frontend = own_libc_current();
    if (frontend && handle == frontend->library.handle)
        return 0;
    return dlclose(handle);
}

/* What std::terminate and operator new call when nothing else is left belongs to all. */
typedef void plain_handler(void);

static plain_handler *current_set_handler(plain_handler *handler)
{
    (void)handler;
    return NULL;
}

void own_process_isolate(struct dylib *library)
{
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
#define REPLACE_AS(name, other) dylib_replace_import(library, #name, (void *)current_##other)
    REPLACE(fork);
    REPLACE_AS(_Fork, fork);
    REPLACE_AS(__fork, fork);
    REPLACE(vfork);
    REPLACE(daemon);
    REPLACE(execv);
    REPLACE_AS(execve, execv);
    REPLACE_AS(execvp, execv);
    REPLACE_AS(execvpe, execv);
    REPLACE_AS(fexecve, execv);
    REPLACE(execl);
    REPLACE_AS(execlp, execl);
    REPLACE_AS(execle, execl);
    REPLACE(system);
    REPLACE(popen);
    REPLACE(posix_spawn);
    REPLACE_AS(posix_spawnp, posix_spawn);
    REPLACE(setsid);
    REPLACE(setpgid);
    REPLACE(setuid);
    REPLACE_AS(setgid, setuid);
    REPLACE_AS(seteuid, setuid);
    REPLACE_AS(setegid, setuid);
    REPLACE(chroot);
    REPLACE(waitpid);
    REPLACE(wait);
    REPLACE_AS(pthread_atfork, atfork);
    REPLACE_AS(__register_atfork, atfork);
    REPLACE(alarm);
    REPLACE_AS(ualarm, alarm);
    REPLACE(setitimer);
    REPLACE(timer_create);
    REPLACE(raise);
    REPLACE(kill);
    REPLACE(killpg);
    REPLACE(pthread_kill);
    REPLACE(setrlimit);
    REPLACE(setpriority);
    REPLACE(nice);
    REPLACE(pthread_setschedparam);
    REPLACE(pthread_exit);
    REPLACE(pthread_cancel);
    REPLACE(quick_exit);
    REPLACE(dlclose);
    REPLACE_AS(__stack_chk_fail, stack_smashed);
    REPLACE_AS(_ZSt13set_terminatePFvvE, set_handler);
    REPLACE_AS(_ZSt14set_unexpectedPFvvE, set_handler);
    REPLACE_AS(_ZSt15set_new_handlerPFvvE, set_handler);
#ifdef __linux__
    REPLACE_AS(setrlimit64, setrlimit);
    REPLACE(prlimit);
    REPLACE_AS(prlimit64, prlimit);
    REPLACE(sched_setaffinity);
    REPLACE(sched_setscheduler);
    REPLACE(pthread_setaffinity_np);
    REPLACE(pthread_setname_np);
#endif
    *(void **)&real_thrd_exit = dylib_symbol(library, "thrd_exit");
    if (real_thrd_exit)
        REPLACE(thrd_exit);
#undef REPLACE
#undef REPLACE_AS
}

#endif
