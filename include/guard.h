/* Calls into a core that may throw C++ exceptions, abort or exit: guard_call turns each of these
 * into a return value, so that the process and its Python stay alive.
 *
 * The core's own calls of abort, exit, _exit and the assertion failure have to be led here (see
 * dylib_replace_import). Those of the shared libraries it uses cannot be, except that
 * std::terminate of a shared libstdc++ is caught all the same. After anything but GUARD_OK the
 * core was left in the middle of what it did, with its locks held and its destructors not run:
 * never call it again, not even to unload it.
 *
 * A guard lets exceptions through C functions between the core and itself only when those were
 * compiled with unwind tables (-fexceptions). */
#ifndef PYLIBRETRO_GUARD_H
#define PYLIBRETRO_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_MSC_VER)
#define GUARD_NORETURN __declspec(noreturn)
#else
#define GUARD_NORETURN __attribute__((noreturn))
#endif

enum guard_result {
    GUARD_OK = 0,
    GUARD_EXCEPTION = 1,  /* a C++ exception left the core: message is its type and what() */
    GUARD_ABORTED = 2,    /* abort, a failed assertion or std::terminate */
    GUARD_EXITED = 3,     /* exit or _exit: exit_status holds the argument */
    GUARD_FAULTED = 4,    /* a memory fault or a trap, see faults.h */
    GUARD_INTERRUPTED = 5 /* it did not come back, and was left where it was */
};

/* How a processor rounds, what it flushes to zero and which exceptions it raises. */
struct float_control {
    uint64_t aarch64;
    uint32_t mxcsr;
    uint16_t x87;
    bool known;
};

struct guard {
    int exit_status;
    int locks_before;            /* of ours that the thread held when it was called */
    struct float_control floats; /* as the last call left them */
    char message[1024];          /* of the last call that did not return GUARD_OK */
};

/* Runs call(argument). May be nested, for one guard or several. The call finds the floating-point
 * control registers (rounding, masks, flush to zero) as the last one left them, at first as they
 * are; and the caller finds its own. */
int guard_call(struct guard *guard, void (*call)(void *), void *argument);

/* The guard of the innermost guard_call that this thread is in, or NULL. May be asked in a signal
 * handler. */
struct guard *guard_innermost(void);

/* Makes guard_call(guard, ...) on this thread return `result`, also out of a signal handler.
 * `message` is to be written before. */
GUARD_NORETURN void guard_leave(struct guard *guard, int result);

/* To be called when a core has been loaded, which may have brought a C++ runtime with it. */
void guard_watch_terminate(void);

/* What replaces a core's imports. Inside guard_call(guard, ...) on the same thread they
 * make that return; on any other thread they do what their namesakes do. guard_abort says what
 * happened by `reason`. */
GUARD_NORETURN void guard_abort(struct guard *guard, const char *reason);
GUARD_NORETURN void guard_exit(struct guard *guard, int status);
GUARD_NORETURN void guard_exit_now(struct guard *guard, int status);
GUARD_NORETURN void guard_assert_fail(struct guard *guard, const char *expression, const char *file,
                                      unsigned line, const char *function);

#ifdef __cplusplus
}
#endif

#endif
