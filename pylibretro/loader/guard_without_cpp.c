/* guard.cpp for machines without a C++ compiler: abort, exit and failed assertions are contained
 * as there. A C++ exception finds no handler, so that the runtime's terminate handler is called,
 * which jumps back; its message can name neither type nor text. */

/* The checked longjmp refuses to jump from one of a core's own small stacks to the thread's. */
#undef _FORTIFY_SOURCE
#define _GNU_SOURCE 1

#include "guard.h"

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

static __thread struct landing *innermost;

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

int guard_call(struct guard *guard, void (*call)(void *), void *argument)
{
    struct landing here;
#ifdef GUARD_HAS_MXCSR
    const unsigned sticky_flags = 0x3f;
    const volatile unsigned mxcsr = _mm_getcsr();
#endif
    here.guard = guard;
    here.outer = innermost;
    here.result = GUARD_OK;
    innermost = &here;
    if (_setjmp(here.buffer) == 0)
        call(argument);
    innermost = here.outer;
#ifdef GUARD_HAS_MXCSR
    if ((_mm_getcsr() ^ mxcsr) & ~sticky_flags)
        _mm_setcsr(mxcsr);
#endif
    return here.result;
}

void guard_abort(struct guard *guard)
{
    struct landing *here = find_landing(guard);
    if (!here)
        abort();
    strcpy(guard->message, "abort");
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
