/* A set of callbacks for each of FRONTEND_SLOTS cores: each finds its frontend by its own
   number. */

#include "frontend.h"

struct frontend *frontend_slots[FRONTEND_SLOTS];
struct vfs *frontend_slot_files[FRONTEND_SLOTS];
struct frontend_callbacks frontend_callbacks;

static struct netpacket *slot_netpacket(int slot)
{
    return frontend_slots[slot] ? frontend_slots[slot]->netpacket : NULL;
}

/* clang-format does not come to an end over these. */
/* clang-format off */
#define SLOTS_16(X, n)                                                                             \
    X(n##0)                                                                                        \
    X(n##1)                                                                                        \
    X(n##2)                                                                                        \
    X(n##3)                                                                                        \
    X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9) X(n##a) X(n##b) X(n##c) X(n##d) X(n##e) X(n##f)
#define SLOTS_256(X, n)                                                                            \
    SLOTS_16(X, n##0)                                                                              \
    SLOTS_16(X, n##1)                                                                              \
    SLOTS_16(X, n##2)                                                                              \
    SLOTS_16(X, n##3)                                                                              \
    SLOTS_16(X, n##4)                                                                              \
    SLOTS_16(X, n##5) SLOTS_16(X, n##6) SLOTS_16(X, n##7) SLOTS_16(X, n##8) SLOTS_16(X, n##9)      \
        SLOTS_16(X, n##a) SLOTS_16(X, n##b) SLOTS_16(X, n##c) SLOTS_16(X, n##d) SLOTS_16(X, n##e)  \
            SLOTS_16(X, n##f)
#ifdef FRONTEND_FEW_SLOTS
#define SLOTS(X) SLOTS_256(X, 0x0)
#else
#define SLOTS(X) SLOTS_256(X, 0x0) SLOTS_256(X, 0x1) SLOTS_256(X, 0x2) SLOTS_256(X, 0x3)
#endif

#define CALLBACKS(n)                                                                               \
    static bool RETRO_CALLCONV environment_##n(unsigned command, void *data)                       \
    {                                                                                              \
        return frontend_callbacks.environment(frontend_slots[n], command, data);                   \
    }                                                                                              \
    static void RETRO_CALLCONV video_refresh_##n(const void *data, unsigned width,                 \
                                                 unsigned height, size_t pitch)                    \
    {                                                                                              \
        frontend_callbacks.video_refresh(frontend_slots[n], data, width, height, pitch);           \
    }                                                                                              \
    static void RETRO_CALLCONV audio_sample_##n(int16_t left, int16_t right)                       \
    {                                                                                              \
        frontend_callbacks.audio_sample(frontend_slots[n], left, right);                           \
    }                                                                                              \
    static size_t RETRO_CALLCONV audio_sample_batch_##n(const int16_t *data, size_t frames)        \
    {                                                                                              \
        return frontend_callbacks.audio_sample_batch(frontend_slots[n], data, frames);             \
    }                                                                                              \
    static int16_t RETRO_CALLCONV input_state_##n(unsigned port, unsigned device, unsigned index,  \
                                                  unsigned id)                                     \
    {                                                                                              \
        return frontend_callbacks.input_state(frontend_slots[n], port, device, index, id);         \
    }                                                                                              \
    static bool RETRO_CALLCONV set_rumble_state_##n(                                               \
        unsigned port, enum retro_rumble_effect effect, uint16_t strength)                         \
    {                                                                                              \
        return frontend_callbacks.set_rumble_state(frontend_slots[n], port, (int)effect,           \
                                                   strength);                                      \
    }                                                                                              \
    static void RETRO_CALLCONV log_##n(enum retro_log_level level, const char *format, ...)        \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        frontend_log(frontend_slots[n], (int)level, format, arguments);                            \
        va_end(arguments);                                                                         \
    }                                                                                              \
    static size_t RETRO_CALLCONV audio_sample_batch_float_##n(const float *data, size_t frames)    \
    {                                                                                              \
        return frontend_callbacks.audio_sample_batch_float(frontend_slots[n], data, frames);       \
    }                                                                                              \
    static retro_time_t RETRO_CALLCONV perf_time_##n(void)                                         \
    {                                                                                              \
        return frontend_perf_time(frontend_slots[n]);                                              \
    }                                                                                              \
    static retro_perf_tick_t RETRO_CALLCONV perf_ticks_##n(void)                                   \
    {                                                                                              \
        return frontend_perf_ticks(frontend_slots[n]);                                             \
    }                                                                                              \
    static void RETRO_CALLCONV perf_register_##n(struct retro_perf_counter *counter)               \
    {                                                                                              \
        frontend_perf_register(frontend_slots[n], counter);                                        \
    }                                                                                              \
    static void RETRO_CALLCONV perf_start_##n(struct retro_perf_counter *counter)                  \
    {                                                                                              \
        frontend_perf_start(frontend_slots[n], counter);                                           \
    }                                                                                              \
    static void RETRO_CALLCONV perf_stop_##n(struct retro_perf_counter *counter)                   \
    {                                                                                              \
        frontend_perf_stop(frontend_slots[n], counter);                                            \
    }                                                                                              \
    static void RETRO_CALLCONV perf_log_##n(void)                                                  \
    {                                                                                              \
        frontend_perf_log(frontend_slots[n]);                                                      \
    }                                                                                              \
    static uintptr_t RETRO_CALLCONV get_current_framebuffer_##n(void)                              \
    {                                                                                              \
        return frontend_slots[n] ? hardware_framebuffer(&frontend_slots[n]->hardware) : 0;         \
    }                                                                                              \
    static struct retro_vfs_file_handle *RETRO_CALLCONV vfs_open_##n(const char *path,             \
                                                                     unsigned mode, unsigned hints)\
    {                                                                                              \
        return vfs_open(frontend_slot_files[n], path, mode, hints);                                \
    }                                                                                              \
    static int RETRO_CALLCONV vfs_remove_##n(const char *path)                                     \
    {                                                                                              \
        return vfs_remove(frontend_slot_files[n], path);                                           \
    }                                                                                              \
    static int RETRO_CALLCONV vfs_rename_##n(const char *old_path, const char *new_path)           \
    {                                                                                              \
        return vfs_rename(frontend_slot_files[n], old_path, new_path);                             \
    }                                                                                              \
    static int RETRO_CALLCONV vfs_stat_##n(const char *path, int32_t *size)                        \
    {                                                                                              \
        return vfs_stat(frontend_slot_files[n], path, size);                                       \
    }                                                                                              \
    static int RETRO_CALLCONV vfs_mkdir_##n(const char *path)                                      \
    {                                                                                              \
        return vfs_mkdir(frontend_slot_files[n], path);                                            \
    }                                                                                              \
    static struct retro_vfs_dir_handle *RETRO_CALLCONV vfs_opendir_##n(const char *path,           \
                                                                       bool include_hidden)        \
    {                                                                                              \
        return vfs_opendir(frontend_slot_files[n], path, include_hidden);                          \
    }                                                                                              \
    static int RETRO_CALLCONV vfs_stat_64_##n(const char *path, int64_t *size)                     \
    {                                                                                              \
        return vfs_stat_64(frontend_slot_files[n], path, size);                                    \
    }                                                                                              \
    static void RETRO_CALLCONV netpacket_send_##n(int flags, const void *data, size_t size,        \
                                                  uint16_t client)                                 \
    {                                                                                              \
        netpacket_send(slot_netpacket(n), flags, data, size, client);                              \
    }                                                                                              \
    static void RETRO_CALLCONV netpacket_poll_receive_##n(void)                                    \
    {                                                                                              \
        netpacket_poll_receive(slot_netpacket(n));                                                 \
    }
SLOTS(CALLBACKS)

#define PERIPHERAL_CALLBACKS(n)                                                                    \
    static bool RETRO_CALLCONV set_sensor_state_##n(                                               \
        unsigned port, enum retro_sensor_action action, unsigned rate)                             \
    {                                                                                              \
        return frontend_callbacks.set_sensor_state(port, (int)action, rate, frontend_slots[n]);    \
    }                                                                                              \
    static float RETRO_CALLCONV get_sensor_input_##n(unsigned port, unsigned id)                   \
    {                                                                                              \
        return frontend_callbacks.get_sensor_input(port, id, frontend_slots[n]);                   \
    }                                                                                              \
    static void RETRO_CALLCONV set_led_state_##n(int led, int state)                               \
    {                                                                                              \
        frontend_callbacks.set_led_state(led, state, frontend_slots[n]);                           \
    }                                                                                              \
    static bool RETRO_CALLCONV midi_input_enabled_##n(void)                                        \
    {                                                                                              \
        return frontend_callbacks.midi_input_enabled(frontend_slots[n]);                           \
    }                                                                                              \
    static bool RETRO_CALLCONV midi_output_enabled_##n(void)                                       \
    {                                                                                              \
        return frontend_callbacks.midi_output_enabled(frontend_slots[n]);                          \
    }                                                                                              \
    static bool RETRO_CALLCONV midi_read_##n(uint8_t *byte)                                        \
    {                                                                                              \
        return frontend_callbacks.midi_read(byte, frontend_slots[n]);                              \
    }                                                                                              \
    static bool RETRO_CALLCONV midi_write_##n(uint8_t byte, uint32_t delta_time)                   \
    {                                                                                              \
        return frontend_callbacks.midi_write(byte, delta_time, frontend_slots[n]);                 \
    }                                                                                              \
    static bool RETRO_CALLCONV midi_flush_##n(void)                                                \
    {                                                                                              \
        return frontend_callbacks.midi_flush(frontend_slots[n]);                                   \
    }                                                                                              \
    static retro_microphone_t *RETRO_CALLCONV open_mic_##n(                                        \
        const retro_microphone_params_t *params)                                                   \
    {                                                                                              \
        return frontend_callbacks.open_mic(params, frontend_slots[n]);                             \
    }                                                                                              \
    static bool RETRO_CALLCONV camera_start_##n(void)                                              \
    {                                                                                              \
        return frontend_callbacks.camera_start(frontend_slots[n]);                                 \
    }                                                                                              \
    static void RETRO_CALLCONV camera_stop_##n(void)                                               \
    {                                                                                              \
        frontend_callbacks.camera_stop(frontend_slots[n]);                                         \
    }                                                                                              \
    static bool RETRO_CALLCONV location_start_##n(void)                                            \
    {                                                                                              \
        return frontend_callbacks.location_start(frontend_slots[n]);                               \
    }                                                                                              \
    static void RETRO_CALLCONV location_stop_##n(void)                                             \
    {                                                                                              \
        frontend_callbacks.location_stop(frontend_slots[n]);                                       \
    }                                                                                              \
    static bool RETRO_CALLCONV location_position_##n(double *latitude, double *longitude,          \
                                                     double *horizontal, double *vertical)         \
    {                                                                                              \
        return frontend_callbacks.location_position(latitude, longitude, horizontal, vertical,     \
                                                    frontend_slots[n]);                            \
    }                                                                                              \
    static void RETRO_CALLCONV location_set_interval_##n(unsigned milliseconds, unsigned metres)   \
    {                                                                                              \
        frontend_callbacks.location_set_interval(milliseconds, metres, frontend_slots[n]);         \
    }                                                                                              \
    static void peripherals_##n(struct peripheral_functions *functions)                            \
    {                                                                                              \
        functions->sensors.set_sensor_state = set_sensor_state_##n;                                \
        functions->sensors.get_sensor_input = get_sensor_input_##n;                                \
        functions->leds.set_led_state = set_led_state_##n;                                         \
        functions->midi.input_enabled = midi_input_enabled_##n;                                    \
        functions->midi.output_enabled = midi_output_enabled_##n;                                  \
        functions->midi.read = midi_read_##n;                                                      \
        functions->midi.write = midi_write_##n;                                                    \
        functions->midi.flush = midi_flush_##n;                                                    \
        functions->open_mic = open_mic_##n;                                                        \
        functions->camera_start = camera_start_##n;                                                \
        functions->camera_stop = camera_stop_##n;                                                  \
        functions->location_start = location_start_##n;                                            \
        functions->location_stop = location_stop_##n;                                              \
        functions->location_position = location_position_##n;                                      \
        functions->location_set_interval = location_set_interval_##n;                              \
    }
SLOTS(PERIPHERAL_CALLBACKS)

#define SLOT(n)                                                                                    \
    {environment_##n, video_refresh_##n,    audio_sample_##n, audio_sample_batch_##n,              \
     input_state_##n, set_rumble_state_##n, log_##n, audio_sample_batch_float_##n,                 \
     {perf_time_##n, frontend_cpu_features, perf_ticks_##n, perf_register_##n, perf_start_##n,     \
      perf_stop_##n, perf_log_##n},                                                                \
     {vfs_open_##n, vfs_remove_##n, vfs_rename_##n, vfs_stat_##n, vfs_mkdir_##n,                   \
      vfs_opendir_##n, vfs_stat_64_##n},                                                           \
     get_current_framebuffer_##n, peripherals_##n, netpacket_send_##n, netpacket_poll_receive_##n},
const struct frontend_slot frontend_slot_callbacks[FRONTEND_SLOTS] = {SLOTS(SLOT)};

/* clang-format on */

void frontend_acquire_slot(struct frontend *frontend)
{
    frontend->slot = -1;
    for (int slot = 0; slot < FRONTEND_SLOTS; slot++) {
        if (!frontend_slots[slot]) {
            frontend_slots[slot] = frontend;
            frontend->slot = slot;
            break;
        }
    }
}

void frontend_offer_files(struct frontend *frontend, struct vfs *files)
{
    frontend->files = files;
    frontend_slot_files[frontend->slot] = files;
}

void frontend_release_slot(struct frontend *frontend)
{
    if (frontend->slot < 0)
        return;
    frontend_slots[frontend->slot] = NULL;
    frontend_slot_files[frontend->slot] = NULL;
    frontend->slot = -1;
}
