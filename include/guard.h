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
    GUARD_EXCEPTION = 1, /* a C++ exception left the core: message is its type and what() */
    GUARD_ABORTED = 2,   /* abort, a failed assertion or std::terminate */
    GUARD_EXITED = 3     /* exit or _exit: exit_status holds the argument */
};

struct guard {
    int exit_status;
    char message[1024]; /* of the last call that did not return GUARD_OK */
};

/* Runs call(argument). May be nested, for one guard or several. Also puts the floating-point
 * control registers (rounding, masks, flush to zero) back as they were before the call. */
int guard_call(struct guard *guard, void (*call)(void *), void *argument);

/* To be called when a core has been loaded, which may have brought a C++ runtime with it. */
void guard_watch_terminate(void);

/* What replaces a core's imports. Inside guard_call(guard, ...) on the same thread they
 * make that return; on any other thread they do what their namesakes do. */
GUARD_NORETURN void guard_abort(struct guard *guard);
GUARD_NORETURN void guard_exit(struct guard *guard, int status);
GUARD_NORETURN void guard_exit_now(struct guard *guard, int status);
GUARD_NORETURN void guard_assert_fail(struct guard *guard, const char *expression, const char *file,
                                      unsigned line, const char *function);

#ifdef __cplusplus
}
#endif

#endif
