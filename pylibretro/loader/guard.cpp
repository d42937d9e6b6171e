/* The checked longjmp refuses to jump from one of a core's own small stacks to the thread's. */
#undef _FORTIFY_SOURCE

#include "guard.h"
#include "platform.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#if defined(__GNUC__)
#include <cxxabi.h>
#endif

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

#if defined(__x86_64__) || defined(_M_X64) || defined(__SSE__)
#include <xmmintrin.h>
#define GUARD_HAS_MXCSR 1
#endif
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define GUARD_HAS_X87 1
#endif
#if defined(__GNUC__) && defined(__aarch64__)
#define GUARD_HAS_FPCR 1
#endif

#if defined(_WIN32) && defined(__GNUC__)
/* The Windows setjmp would unwind the frames it jumps over, running the core's destructors. */
typedef void *guard_landing_buffer[5];
#define GUARD_LAND(buffer) __builtin_setjmp(buffer)
#define GUARD_JUMP(buffer) __builtin_longjmp(buffer, 1)
#elif defined(_WIN32)
typedef jmp_buf guard_landing_buffer;
#define GUARD_LAND(buffer) setjmp(buffer)
#define GUARD_JUMP(buffer) longjmp(buffer, 1)
#else
/* The underscored pair leaves the signal mask alone, which saves a system call. */
typedef jmp_buf guard_landing_buffer;
#define GUARD_LAND(buffer) _setjmp(buffer)
#define GUARD_JUMP(buffer) _longjmp(buffer, 1)
#endif

namespace {

struct landing {
    guard_landing_buffer buffer;
    struct guard *guard;
    landing *outer;
    int result;
};

#ifdef __GLIBC__
/* Signal handlers read it, which must not be what makes a thread its variables. */
thread_local landing *innermost __attribute__((tls_model("initial-exec"))) = nullptr;
#else
thread_local landing *innermost = nullptr;
#endif
std::terminate_handler previous_terminate = nullptr;

float_control floats_now()
{
    float_control floats = {};
#ifdef GUARD_HAS_MXCSR
    floats.mxcsr = _mm_getcsr();
#endif
#ifdef GUARD_HAS_X87
    __asm__ volatile("fnstcw %0" : "=m"(floats.x87));
#endif
#ifdef GUARD_HAS_FPCR
    __asm__ volatile("mrs %0, fpcr" : "=r"(floats.aarch64));
#endif
    floats.known = true;
    return floats;
}

/* Writing these registers takes long, and hardly any core changes them. */
void use_floats(const float_control &wanted, const float_control &now)
{
#ifdef GUARD_HAS_MXCSR
    const unsigned sticky_flags = 0x3f;
    if ((now.mxcsr ^ wanted.mxcsr) & ~sticky_flags)
        _mm_setcsr(wanted.mxcsr);
#endif
#ifdef GUARD_HAS_X87
    if (now.x87 != wanted.x87)
        __asm__ volatile("fldcw %0" : : "m"(wanted.x87));
#endif
#ifdef GUARD_HAS_FPCR
    if (now.aarch64 != wanted.aarch64)
        __asm__ volatile("msr fpcr, %0" : : "r"(wanted.aarch64));
#endif
    (void)wanted;
    (void)now;
}

/* Whoever jumps out of a computation leaves the x87 registers occupied. */
void reset_floats(const float_control &wanted)
{
#ifdef GUARD_HAS_X87
    __asm__ volatile("fninit");
#endif
    use_floats(wanted, floats_now());
}

/* The C++ runtime counts the exceptions in flight of each thread. A core with a runtime of its own
 * counts its throw there and our catch is counted here, so ours has to be put right by hand. */
class exceptions_in_flight {
  public:
#ifdef __GLIBCXX__
    void save()
    {
        std::memcpy(&saved, abi::__cxa_get_globals(), sizeof saved);
    }

    void restore() const
    {
        std::memcpy(abi::__cxa_get_globals(), &saved, sizeof saved);
    }

  private:
    struct {
        void *caught;
        unsigned uncaught;
    } saved;
#else
    void save()
    {
    }

    void restore() const
    {
    }
#endif
};

void describe_current_exception(struct guard *guard, const char *prefix, const char *text)
{
#if defined(__GNUC__)
    const std::type_info *type = abi::__cxa_current_exception_type();
    int status = 1;
    char *readable = type ? abi::__cxa_demangle(type->name(), nullptr, nullptr, &status) : nullptr;
    const char *name = readable ? readable : type ? type->name() : "an exception not of C++";
#else
    char *readable = nullptr;
    const char *name = "a C++ exception";
#endif
    std::snprintf(guard->message, sizeof guard->message, "%s%s%s%s", prefix, name,
                  text && *text ? ": " : "", text ? text : "");
    std::free(readable);
}

#ifdef __GNUC__
__attribute__((noinline)) /* setjmp's caller keeps nothing in registers; the call deserves better */
#endif
int call_and_catch(struct guard *guard, landing *here, void (*call)(void *), void *argument)
{
    (void)here;
    try {
        call(argument);
        return GUARD_OK;
#ifdef __GLIBCXX__
    } catch (abi::__forced_unwind &) {
        /* The thread is being cancelled: the C library insists on unwinding to its end. */
        innermost = here->outer;
        throw;
#endif
    } catch (const std::exception &exception) {
        describe_current_exception(guard, "", exception.what());
    } catch (const char *text) {
        describe_current_exception(guard, "", text);
    } catch (...) {
        describe_current_exception(guard, "", nullptr);
    }
    return GUARD_EXCEPTION;
}

landing *find_landing(const struct guard *guard)
{
    landing *here = innermost;
    while (here && here->guard != guard)
        here = here->outer;
    return here;
}

GUARD_NORETURN void jump(landing *here, int result)
{
    here->result = result;
    GUARD_JUMP(here->buffer);
}

GUARD_NORETURN void on_terminate()
{
    if (innermost) {
        if (std::current_exception())
            describe_current_exception(innermost->guard, "std::terminate after throwing ", nullptr);
        else
            std::strcpy(innermost->guard->message, "std::terminate");
        jump(innermost, GUARD_ABORTED);
    }
    if (previous_terminate)
        previous_terminate();
    std::abort();
}

struct terminate_installer {
    terminate_installer()
    {
        previous_terminate = std::set_terminate(on_terminate);
    }
} install_terminate;

} // namespace

extern "C" int guard_call(struct guard *guard, void (*call)(void *), void *argument)
{
    landing here;
    const float_control floats = floats_now();
    exceptions_in_flight exceptions;
    here.guard = guard;
    here.outer = innermost;
    here.result = GUARD_OK;
    exceptions.save();
    guard->locks_before = platform_locks_held;
    innermost = &here;
    if (GUARD_LAND(here.buffer) == 0) {
        if (guard->floats.known)
            use_floats(guard->floats, floats);
        const int result = call_and_catch(guard, &here, call, argument);
        innermost = here.outer;
        guard->floats = floats_now();
        use_floats(floats, guard->floats);
        if (result != GUARD_OK)
            exceptions.restore();
        return result;
    }
    innermost = here.outer;
    reset_floats(floats);
    exceptions.restore();
    return here.result;
}

extern "C" struct guard *guard_innermost(void)
{
    return innermost ? innermost->guard : nullptr;
}

extern "C" void guard_leave(struct guard *guard, int result)
{
    landing *here = find_landing(guard);
    if (!here)
        std::abort();
    jump(here, result);
}

extern "C" void guard_abort(struct guard *guard, const char *reason)
{
    landing *here = find_landing(guard);
    if (!here)
        std::abort();
    std::snprintf(guard->message, sizeof guard->message, "%s", reason);
    jump(here, GUARD_ABORTED);
}

extern "C" void guard_exit(struct guard *guard, int status)
{
    landing *here = find_landing(guard);
    if (!here)
        std::exit(status);
    guard->exit_status = status;
    std::snprintf(guard->message, sizeof guard->message, "exit(%d)", status);
    jump(here, GUARD_EXITED);
}

extern "C" void guard_exit_now(struct guard *guard, int status)
{
    landing *here = find_landing(guard);
    if (!here)
        _exit(status);
    guard->exit_status = status;
    std::snprintf(guard->message, sizeof guard->message, "_exit(%d)", status);
    jump(here, GUARD_EXITED);
}

extern "C" void guard_assert_fail(struct guard *guard, const char *expression, const char *file,
                                  unsigned line, const char *function)
{
    landing *here = find_landing(guard);
    if (!here) {
        std::fprintf(stderr, "%s:%u: %s: assertion `%s' failed\n", file, line,
                     function ? function : "?", expression);
        std::abort();
    }
    std::snprintf(guard->message, sizeof guard->message, "%s:%u: %s: assertion `%s' failed", file,
                  line, function ? function : "?", expression);
    jump(here, GUARD_ABORTED);
}

extern "C" void guard_watch_terminate(void)
{
    /* Ours was set when this module was loaded, with the runtime that it is linked to. */
}
