/* guard.cpp for machines without a C++ compiler: abort, exit and failed assertions are contained
 * as there. A C++ exception finds no handler, so that the runtime's terminate handler is called,
 * which jumps back; its message can name neither type nor text. */

/* The checked longjmp refuses to jump from one of a core's own small stacks to the thread's. */
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE 1

#include "guard.h"
#include "platform.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32 /* whose C compilers are C++ compilers, so that guard.cpp is there */
#error "build guard.cpp"
#endif
#include <dlfcn.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(_M_X64) || defined(__SSE__)
#include <xmmintrin.h>
#define GUARD_HAS_MXCSR 1
#endif

struct landing {
    jmp_buf buffer;
    struct guard *guard;
    struct landing *outer;
    int result;
};

#ifdef __GLIBC__
/* Signal handlers read it, which must not be what makes a thread its variables. */
static __thread struct landing *innermost __attribute__((tls_model("initial-exec")));
#else
static __thread struct landing *innermost;
#endif

static struct landing *find_landing(const struct guard *guard)
{
    struct landing *here = innermost;
    while (here && here->guard != guard)
        here = here->outer;
    return here;
}

GUARD_NORETURN static void jump(struct landing *here, int result)
{
    here->result = result;
    _longjmp(here->buffer, 1);
}

static void on_terminate(void)
{
    if (innermost) {
        strcpy(innermost->guard->message, "std::terminate, as after an exception nobody catches");
        jump(innermost, GUARD_EXCEPTION);
    }
    abort();
}

void guard_watch_terminate(void)
{
    void *runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *(*set_terminate)(void (*)(void)) = NULL;
    if (runtime)
        *(void **)&set_terminate = dlsym(runtime, "_ZSt13set_terminatePFvvE");
    if (set_terminate)
        set_terminate(on_terminate);
}

#ifdef GUARD_HAS_MXCSR
static void use_mxcsr(unsigned wanted)
{
    const unsigned sticky_flags = 0x3f;
    if ((_mm_getcsr() ^ wanted) & ~sticky_flags)
        _mm_setcsr(wanted);
}
#endif

int guard_call(struct guard *guard, void (*call)(void *), void *argument)
{
    struct landing here;
#ifdef GUARD_HAS_MXCSR
    const volatile unsigned mxcsr = _mm_getcsr();
#endif
    here.guard = guard;
    here.outer = innermost;
    here.result = GUARD_OK;
    guard->locks_before = platform_locks_held;
    innermost = &here;
    if (_setjmp(here.buffer) == 0) {
#ifdef GUARD_HAS_MXCSR
        if (guard->floats.known)
            use_mxcsr(guard->floats.mxcsr);
#endif
        call(argument);
#ifdef GUARD_HAS_MXCSR
        guard->floats.mxcsr = _mm_getcsr();
        guard->floats.known = true;
#endif
    }
    innermost = here.outer;
#ifdef GUARD_HAS_MXCSR
    use_mxcsr(mxcsr);
#endif
    return here.result;
}

struct guard *guard_innermost(void)
{
    return innermost ? innermost->guard : NULL;
}

void guard_leave(struct guard *guard, int result)
{
    struct landing *here = find_landing(guard);
    if (!here)
        abort();
    jump(here, result);
}

void guard_abort(struct guard *guard, const char *reason)
{
    struct landing *here = find_landing(guard);
    if (!here)
        abort();
    snprintf(guard->message, sizeof guard->message, "%s", reason);
    jump(here, GUARD_ABORTED);
}

static void leave(struct guard *guard, struct landing *here, const char *how, int status)
{
    guard->exit_status = status;
    snprintf(guard->message, sizeof guard->message, "%s(%d)", how, status);
    jump(here, GUARD_EXITED);
}

void guard_exit(struct guard *guard, int status)
{
    struct landing *here = find_landing(guard);
    if (here)
        leave(guard, here, "exit", status);
    exit(status);
}

void guard_exit_now(struct guard *guard, int status)
{
    struct landing *here = find_landing(guard);
    if (here)
        leave(guard, here, "_exit", status);
    _exit(status);
}

void guard_assert_fail(struct guard *guard, const char *expression, const char *file, unsigned line,
                       const char *function)
{
    struct landing *here = find_landing(guard);
    if (!here) {
        fprintf(stderr, "%s:%u: %s: assertion `%s' failed\n", file, line, function ? function : "?",
                expression);
        abort();
    }
    snprintf(guard->message, sizeof guard->message, "%s:%u: %s: assertion `%s' failed", file, line,
             function ? function : "?", expression);
    jump(here, GUARD_ABORTED);
}
