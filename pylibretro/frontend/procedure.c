#include "procedure.h"

#include <string.h>

#include "libretro.h"

static double as_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#if defined(_WIN32) && (defined(_M_X64) || defined(__x86_64__))

/* The place of an argument says which register of either class it goes in; from the fifth on,
   both classes are eight bytes of stack. */
#define TYPE_0 uint64_t
#define TYPE_1 double
#define VALUE_0(i) call->arguments[i]
#define VALUE_1(i) as_double(call->arguments[i])
#define CASE(result, a, b, c, d)                                                                   \
    case a | b << 1 | c << 2 | d << 3:                                                             \
        return ((result(*)(TYPE_##a, TYPE_##b, TYPE_##c, TYPE_##d, uint64_t,                       \
                           uint64_t))call->address)(VALUE_##a(0), VALUE_##b(1), VALUE_##c(2),      \
                                                    VALUE_##d(3), call->arguments[4],              \
                                                    call->arguments[5]);
#define CASES_OF_2(result, c, d)                                                                   \
    CASE(result, 0, 0, c, d)                                                                       \
    CASE(result, 1, 0, c, d)                                                                       \
    CASE(result, 0, 1, c, d)                                                                       \
    CASE(result, 1, 1, c, d)
#define INVOKE(result)                                                                             \
    static result invoke_##result(const struct procedure_call *call)                               \
    {                                                                                              \
        switch (call->is_float[0] | call->is_float[1] << 1 | call->is_float[2] << 2 |              \
                call->is_float[3] << 3) {                                                          \
            CASES_OF_2(result, 0, 0)                                                               \
            CASES_OF_2(result, 1, 0)                                                               \
            CASES_OF_2(result, 0, 1)                                                               \
            CASES_OF_2(result, 1, 1)                                                               \
        }                                                                                          \
        return 0;                                                                                  \
    }
INVOKE(uint64_t)
INVOKE(float)
INVOKE(double)

bool procedure_takes_floats(void)
{
    return true;
}

#elif defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)

/* The two classes have registers of their own, each taken in order. */
struct registers {
    uint64_t integers[PROCEDURE_ARGUMENTS];
    double floats[PROCEDURE_ARGUMENTS];
};

static struct registers sorted(const struct procedure_call *call)
{
    struct registers sorted = {{0}, {0}};
    unsigned integers = 0, floats = 0;
    for (unsigned i = 0; i < call->count; i++) {
        if (call->is_float[i])
            sorted.floats[floats++] = as_double(call->arguments[i]);
        else
            sorted.integers[integers++] = call->arguments[i];
    }
    return sorted;
}

#define INVOKE(result)                                                                             \
    static result invoke_##result(const struct procedure_call *call)                               \
    {                                                                                              \
        const struct registers r = sorted(call);                                                   \
        result (*function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double,     \
                           double, double, double, double, double) =                               \
            (result(*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double, double, \
                       double, double, double, double))call->address;                              \
        return function(r.integers[0], r.integers[1], r.integers[2], r.integers[3], r.integers[4], \
                        r.integers[5], r.floats[0], r.floats[1], r.floats[2], r.floats[3],         \
                        r.floats[4], r.floats[5]);                                                 \
    }
INVOKE(uint64_t)
INVOKE(float)
INVOKE(double)

bool procedure_takes_floats(void)
{
    return true;
}

#else

static uint64_t invoke_uint64_t(const struct procedure_call *call)
{
    const uint64_t *a = call->arguments;
    uintptr_t(RETRO_CALLCONV * function)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                                         uintptr_t) =
        (uintptr_t(RETRO_CALLCONV *)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                                     uintptr_t))call->address;
    return function((uintptr_t)a[0], (uintptr_t)a[1], (uintptr_t)a[2], (uintptr_t)a[3],
                    (uintptr_t)a[4], (uintptr_t)a[5]);
}

#define invoke_float(call) 0
#define invoke_double(call) 0

bool procedure_takes_floats(void)
{
    return false;
}

#endif

void procedure_invoke(struct procedure_call *call)
{
    switch (call->result_kind) {
    case PROCEDURE_FLOAT:
        call->result = bits_of_float(invoke_float(call));
        break;
    case PROCEDURE_DOUBLE:
        call->result = bits_of_double(invoke_double(call));
        break;
    default:
        call->result = invoke_uint64_t(call);
        break;
    }
}
