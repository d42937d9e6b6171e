/* The functions of CALLBACK_SLOTS slots: each finds whose it is and calls on. */

#include "callbacks.h"

#define SLOTS(X)                                                                                   \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static struct callback_slot slots[CALLBACK_SLOTS];
static struct frontend_callbacks called;

/* ---- functions ------------------------------------------------------------------------------ */

#define GIVE_gives return
#define GIVE_does

#define FUNCTION(n, owner, prefix, kind, result, name, parameters, arguments)                      \
    static result RETRO_CALLCONV prefix##name##_##n parameters                                     \
    {                                                                                              \
        GIVE_##kind called.prefix##name(slots[n].owner, CALLBACKS_UNPACK arguments);               \
    }
#define FUNCTION0(n, owner, prefix, kind, result, name)                                            \
    static result RETRO_CALLCONV prefix##name##_##n(void)                                          \
    {                                                                                              \
        GIVE_##kind called.prefix##name(slots[n].owner);                                           \
    }

#define OF_FRONTEND(n, ...) FUNCTION(n, frontend, , __VA_ARGS__)
#define OF_FRONTEND0(n, ...) FUNCTION0(n, frontend, , __VA_ARGS__)
#define OF_FILES(n, ...) FUNCTION(n, files, , __VA_ARGS__)
#define HEARD(n, ...) FUNCTION(n, calls, hear_, __VA_ARGS__)
#define HEARD0(n, ...) FUNCTION0(n, calls, hear_, __VA_ARGS__)
#define ENTERED(n, ...) FUNCTION(n, calls, enter_, __VA_ARGS__)
#define ENTERED0(n, ...) FUNCTION0(n, calls, enter_, __VA_ARGS__)

#define FUNCTIONS(n)                                                                               \
    CALLBACKS_THAT_ARE_RECORDED(OF_FRONTEND, OF_FRONTEND0, n)                                      \
    OTHER_CALLBACKS(OF_FRONTEND, OF_FRONTEND0, n)                                                  \
    FILE_CALLBACKS(OF_FILES, , n)                                                                  \
    CALLBACKS_THAT_ARE_RECORDED(HEARD, HEARD0, n)                                                  \
    CORE_ENTRY_POINTS(ENTERED, ENTERED0, n)                                                        \
    static void RETRO_CALLCONV log_##n(enum retro_log_level level, const char *format, ...)        \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        called.log(slots[n].frontend, (int)level, format, arguments);                              \
        va_end(arguments);                                                                         \
    }
SLOTS(FUNCTIONS)

/* ---- tables of them ------------------------------------------------------------------------- */

#define POINTER(n, kind, result, name, ...) .name = name##_##n,
#define HEARD_POINTER(n, kind, result, name, ...) .name = hear_##name##_##n,
#define ENTERED_POINTER(n, kind, result, name, ...) .name = enter_##name##_##n,

#define UNRECORDED(n)                                                                              \
    OTHER_CALLBACKS(POINTER, POINTER, n) FILE_CALLBACKS(POINTER, POINTER, n).log = log_##n
#define CALLBACKS(n) {CALLBACKS_THAT_ARE_RECORDED(POINTER, POINTER, n) UNRECORDED(n)},
#define RECORDED_CALLBACKS(n)                                                                      \
    {CALLBACKS_THAT_ARE_RECORDED(HEARD_POINTER, HEARD_POINTER, n) UNRECORDED(n)},
#define RECORDED_CORE(n) {CORE_ENTRY_POINTS(ENTERED_POINTER, ENTERED_POINTER, n)},

static const struct core_callbacks callbacks[CALLBACK_SLOTS] = {SLOTS(CALLBACKS)};
static const struct core_callbacks recorded_callbacks[CALLBACK_SLOTS] = {SLOTS(RECORDED_CALLBACKS)};
static const struct frontend_core recorded_cores[CALLBACK_SLOTS] = {SLOTS(RECORDED_CORE)};

struct callback_slot *callbacks_begin(const struct frontend_callbacks *bodies, size_t size)
{
    if (size != sizeof called)
        return NULL;
    called = *bodies;
    for (int i = 0; i < CALLBACK_SLOTS; i++) {
        slots[i].callbacks = &callbacks[i];
        slots[i].recorded_callbacks = &recorded_callbacks[i];
        slots[i].recorded_core = &recorded_cores[i];
    }
    return slots;
}
