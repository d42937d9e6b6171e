/* The functions that a core is given, and those through which it is called when its calls are
 * recorded. libretro's callbacks carry no user data, so every core gets functions of its own, which
 * know whose they are: a slot. callbacks.c is a library of CALLBACK_SLOTS slots that uses nothing
 * of anybody else's; slots.c opens private copies of it as they are needed. */
#ifndef PYLIBRETRO_CALLBACKS_H
#define PYLIBRETRO_CALLBACKS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

#ifdef _WIN32
#define CALLBACKS_EXPORT __declspec(dllexport)
#else
#define CALLBACKS_EXPORT __attribute__((visibility("default")))
#endif

/* Opening a copy costs the same for many slots as for few, but their code is read from the file. */
enum { CALLBACK_SLOTS = 16 };

struct frontend;
struct vfs;
struct call_record;

/* Each row of the lists below is X(n, kind, result, name, parameters, arguments), or X0(n, kind,
 * result, name) of a function without parameters. `kind` says whether it gives its result back or
 * just does something; `n` is handed on. */

#define CALLBACKS_THAT_ARE_RECORDED(X, X0, n)                                                      \
    X(n, gives, bool, environment, (unsigned command, void *data), (command, data))                \
    X(n, does, void, video_refresh,                                                                \
      (const void *data, unsigned width, unsigned height, size_t pitch),                           \
      (data, width, height, pitch))                                                                \
    X(n, does, void, audio_sample, (int16_t left, int16_t right), (left, right))                   \
    X(n, gives, size_t, audio_sample_batch, (const int16_t *data, size_t frames), (data, frames))  \
    X0(n, does, void, input_poll)                                                                  \
    X(n, gives, int16_t, input_state,                                                              \
      (unsigned port, unsigned device, unsigned index, unsigned id), (port, device, index, id))

#define OTHER_CALLBACKS(X, X0, n)                                                                  \
    X(n, gives, size_t, audio_sample_batch_float, (const float *data, size_t frames),              \
      (data, frames))                                                                              \
    X0(n, gives, uintptr_t, get_current_framebuffer)                                               \
    X0(n, gives, retro_time_t, get_time_usec)                                                      \
    X0(n, gives, retro_perf_tick_t, get_perf_counter)                                              \
    X(n, does, void, perf_register, (struct retro_perf_counter * counter), (counter))              \
    X(n, does, void, perf_start, (struct retro_perf_counter * counter), (counter))                 \
    X(n, does, void, perf_stop, (struct retro_perf_counter * counter), (counter))                  \
    X0(n, does, void, perf_log)                                                                    \
    X(n, gives, bool, set_rumble_state,                                                            \
      (unsigned port, enum retro_rumble_effect effect, uint16_t strength),                         \
      (port, effect, strength))                                                                    \
    X(n, gives, bool, set_sensor_state,                                                            \
      (unsigned port, enum retro_sensor_action action, unsigned rate), (port, action, rate))       \
    X(n, gives, float, get_sensor_input, (unsigned port, unsigned id), (port, id))                 \
    X(n, does, void, set_led_state, (int led, int state), (led, state))                            \
    X0(n, gives, bool, midi_input_enabled)                                                         \
    X0(n, gives, bool, midi_output_enabled)                                                        \
    X(n, gives, bool, midi_read, (uint8_t *byte), (byte))                                          \
    X(n, gives, bool, midi_write, (uint8_t byte, uint32_t delta_time), (byte, delta_time))         \
    X0(n, gives, bool, midi_flush)                                                                 \
    X(n, gives, retro_microphone_t *, open_mic, (const retro_microphone_params_t *params),         \
      (params))                                                                                    \
    X0(n, gives, bool, camera_start)                                                               \
    X0(n, does, void, camera_stop)                                                                 \
    X0(n, gives, bool, location_start)                                                             \
    X0(n, does, void, location_stop)                                                               \
    X(n, gives, bool, location_get_position,                                                       \
      (double *latitude, double *longitude, double *horizontal, double *vertical),                 \
      (latitude, longitude, horizontal, vertical))                                                 \
    X(n, does, void, location_set_interval, (unsigned milliseconds, unsigned metres),              \
      (milliseconds, metres))                                                                      \
    X(n, does, void, netpacket_send, (int flags, const void *data, size_t size, uint16_t client),  \
      (flags, data, size, client))                                                                 \
    X0(n, does, void, netpacket_poll_receive)

/* These reach the frontend's files, not the frontend. */
#define FILE_CALLBACKS(X, X0, n)                                                                   \
    X(n, gives, struct retro_vfs_file_handle *, vfs_open,                                          \
      (const char *path, unsigned mode, unsigned hints), (path, mode, hints))                      \
    X(n, gives, int, vfs_remove, (const char *path), (path))                                       \
    X(n, gives, int, vfs_rename, (const char *old_path, const char *new_path),                     \
      (old_path, new_path))                                                                        \
    X(n, gives, int, vfs_stat, (const char *path, int32_t *size), (path, size))                    \
    X(n, gives, int, vfs_mkdir, (const char *path), (path))                                        \
    X(n, gives, struct retro_vfs_dir_handle *, vfs_opendir,                                        \
      (const char *path, bool include_hidden), (path, include_hidden))                             \
    X(n, gives, int, vfs_stat_64, (const char *path, int64_t *size), (path, size))

/* A core's own functions, without the `retro_` of their names. */
#define CORE_ENTRY_POINTS(X, X0, n)                                                                \
    X(n, does, void, set_environment, (retro_environment_t callback), (callback))                  \
    X(n, does, void, set_video_refresh, (retro_video_refresh_t callback), (callback))              \
    X(n, does, void, set_audio_sample, (retro_audio_sample_t callback), (callback))                \
    X(n, does, void, set_audio_sample_batch, (retro_audio_sample_batch_t callback), (callback))    \
    X(n, does, void, set_input_poll, (retro_input_poll_t callback), (callback))                    \
    X(n, does, void, set_input_state, (retro_input_state_t callback), (callback))                  \
    X0(n, does, void, init)                                                                        \
    X0(n, does, void, deinit)                                                                      \
    X0(n, gives, unsigned, api_version)                                                            \
    X(n, does, void, get_system_info, (struct retro_system_info * info), (info))                   \
    X(n, does, void, get_system_av_info, (struct retro_system_av_info * info), (info))             \
    X(n, does, void, set_controller_port_device, (unsigned port, unsigned device), (port, device)) \
    X0(n, does, void, reset)                                                                       \
    X0(n, does, void, run)                                                                         \
    X0(n, gives, size_t, serialize_size)                                                           \
    X(n, gives, bool, serialize, (void *data, size_t size), (data, size))                          \
    X(n, gives, bool, unserialize, (const void *data, size_t size), (data, size))                  \
    X0(n, does, void, cheat_reset)                                                                 \
    X(n, does, void, cheat_set, (unsigned index, bool enabled, const char *code),                  \
      (index, enabled, code))                                                                      \
    X(n, gives, bool, load_game, (const struct retro_game_info *game), (game))                     \
    X(n, gives, bool, load_game_special,                                                           \
      (unsigned type, const struct retro_game_info *games, size_t count), (type, games, count))    \
    X0(n, does, void, unload_game)                                                                 \
    X0(n, gives, unsigned, get_region)                                                             \
    X(n, gives, void *, get_memory_data, (unsigned id), (id))                                      \
    X(n, gives, size_t, get_memory_size, (unsigned id), (id))

#define MEMBER(n, kind, result, name, parameters, arguments)                                       \
    result(RETRO_CALLCONV *name) parameters;
#define MEMBER0(n, kind, result, name) result(RETRO_CALLCONV *name)(void);

/* What a core is given, or asks for. */
struct core_callbacks {
    CALLBACKS_THAT_ARE_RECORDED(MEMBER, MEMBER0, )
    OTHER_CALLBACKS(MEMBER, MEMBER0, )
    FILE_CALLBACKS(MEMBER, MEMBER0, )
    retro_log_printf_t log;
};

struct frontend_core {
    CORE_ENTRY_POINTS(MEMBER, MEMBER0, )
};

#undef MEMBER
#undef MEMBER0

#define CALLBACKS_UNPACK(...) __VA_ARGS__
#define BODY(owner, kind, result, name, parameters, arguments)                                     \
    result (*name)(owner, CALLBACKS_UNPACK parameters);
#define BODY0(owner, kind, result, name) result (*name)(owner);
#define HEAR(owner, kind, result, name, parameters, arguments)                                     \
    result (*hear_##name)(owner, CALLBACKS_UNPACK parameters);
#define HEAR0(owner, kind, result, name) result (*hear_##name)(owner);
#define ENTER(owner, kind, result, name, parameters, arguments)                                    \
    result (*enter_##name)(owner, CALLBACKS_UNPACK parameters);
#define ENTER0(owner, kind, result, name) result (*enter_##name)(owner);

/* What the functions of a slot call: all are told whose slot it is, NULL for nobody's. */
struct frontend_callbacks {
    CALLBACKS_THAT_ARE_RECORDED(BODY, BODY0, struct frontend *)
    OTHER_CALLBACKS(BODY, BODY0, struct frontend *)
    FILE_CALLBACKS(BODY, BODY0, struct vfs *)
    void (*log)(struct frontend *, int level, const char *format, va_list arguments);
    CALLBACKS_THAT_ARE_RECORDED(HEAR, HEAR0, struct call_record *)
    CORE_ENTRY_POINTS(ENTER, ENTER0, struct call_record *)
};

#undef BODY
#undef BODY0
#undef HEAR
#undef HEAR0
#undef ENTER
#undef ENTER0

struct callback_slot {
    struct frontend *frontend;
    struct vfs *files;
    struct call_record *calls;
    struct callback_slot *next; /* while it is free */
    const struct core_callbacks *callbacks, *recorded_callbacks;
    const struct frontend_core *recorded_core;
};

/* Tells a copy what it is to call, and returns its slots. NULL when `size`, that of the struct, is
 * not the one that the copy was built for. */
CALLBACKS_EXPORT struct callback_slot *callbacks_begin(const struct frontend_callbacks *called,
                                                       size_t size);

#endif
