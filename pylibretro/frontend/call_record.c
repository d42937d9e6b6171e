/* The functions between a core that is recorded and its frontend, a set for each recorder. */

#include "call_record.h"

#include <stdlib.h>
#include <string.h>

static struct call_record *records[CALL_RECORDERS];

const char *const call_entry_names[CALL_ENTRIES] = {"",
#define X(result, name, parameters) #name,
                                                    FRONTEND_ENTRY_POINTS(X)
#undef X
};

const char *const call_kind_names[CALL_KINDS] = {"environment",  "video_refresh",
                                                 "audio_sample", "audio_sample_batch",
                                                 "input_poll",   "input_state"};

/* ---- what is written down ------------------------------------------------------------------- */

struct call_moment {
    int entry;
    bool foreign;
};

/* With the lock. */
static struct call_moment note_callback(struct call_record *record, int kind)
{
    struct call_moment moment = {record->entry, platform_thread_id() != record->thread};
    record->callbacks[kind][moment.entry][moment.foreign]++;
    return moment;
}

/* With the lock: the entry that equals `wanted` in its first `size` bytes, or a new one. */
static void *find_or_add(void *entries, size_t *count, size_t limit, size_t stride,
                         const void *wanted, size_t size, uint64_t *left_out)
{
    char *entry = entries;
    for (size_t i = 0; i < *count; i++, entry += stride) {
        if (memcmp(entry, wanted, size) == 0)
            return entry;
    }
    if (*count == limit) {
        (*left_out)++;
        return NULL;
    }
    memcpy(entry, wanted, stride);
    (*count)++;
    return entry;
}

const char *const call_option_fault_names[CALL_OPTION_FAULT_KINDS] = {
    "no values", "default not offered", "value twice", "key twice"};

static void note_option_fault(struct call_record *record, const char *key, int kind)
{
    if (record->option_fault_count == CALL_OPTION_FAULTS)
        return;
    struct call_option_fault *fault = &record->option_faults[record->option_fault_count++];
    strncpy(fault->key, key, sizeof fault->key - 1);
    fault->key[sizeof fault->key - 1] = 0;
    fault->kind = kind;
}

static void check_option_values(struct call_record *record, const char *key,
                                const struct retro_core_option_value *values,
                                const char *default_value)
{
    size_t count = 0;
    bool offered = default_value == NULL, twice = false;
    for (; count < RETRO_NUM_CORE_OPTION_VALUES_MAX && values[count].value; count++) {
        offered |= default_value && strcmp(values[count].value, default_value) == 0;
        for (size_t i = 0; i < count; i++)
            twice |= strcmp(values[i].value, values[count].value) == 0;
    }
    if (count == 0)
        note_option_fault(record, key, CALL_OPTION_WITHOUT_VALUES);
    else if (!offered)
        note_option_fault(record, key, CALL_OPTION_DEFAULT_NOT_OFFERED);
    if (twice)
        note_option_fault(record, key, CALL_OPTION_VALUE_TWICE);
}

/* With the lock. The three kinds of declarations have their keys at different places. */
#define CHECK_OPTIONS(record, options, check)                                                      \
    for (size_t i = 0; (options)[i].key; i++) {                                                    \
        for (size_t k = 0; k < i; k++) {                                                           \
            if (strcmp((options)[k].key, (options)[i].key) == 0)                                   \
                note_option_fault(record, (options)[i].key, CALL_OPTION_KEY_TWICE);                \
        }                                                                                          \
        check;                                                                                     \
    }

static void check_options(struct call_record *record, unsigned command, const void *data)
{
    const struct retro_variable *variables = NULL;
    const struct retro_core_option_definition *first = NULL;
    const struct retro_core_options_v2 *second = NULL;
    if (!data)
        return;
    if (command == RETRO_ENVIRONMENT_SET_VARIABLES)
        variables = data;
    else if (command == RETRO_ENVIRONMENT_SET_CORE_OPTIONS)
        first = data;
    else if (command == RETRO_ENVIRONMENT_SET_CORE_OPTIONS_INTL)
        first = ((const struct retro_core_options_intl *)data)->us;
    else if (command == RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2)
        second = data;
    else if (command == RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2_INTL)
        second = ((const struct retro_core_options_v2_intl *)data)->us;
    else
        return;
    record->option_fault_count = 0;
    if (variables)
        CHECK_OPTIONS(record, variables, {
            const char *values = variables[i].value ? strstr(variables[i].value, "; ") : NULL;
            if (!values || !values[2])
                note_option_fault(record, variables[i].key, CALL_OPTION_WITHOUT_VALUES);
        })
    if (first)
        CHECK_OPTIONS(
            record, first,
            check_option_values(record, first[i].key, first[i].values, first[i].default_value))
    if (second && second->definitions)
        CHECK_OPTIONS(record, second->definitions,
                      check_option_values(record, second->definitions[i].key,
                                          second->definitions[i].values,
                                          second->definitions[i].default_value))
}

static bool record_environment(struct call_record *record, unsigned command, void *data)
{
    struct call_command said, *kept;
    memset(&said, 0, sizeof said); /* its padding is compared, too */
    platform_mutex_lock(&record->lock);
    struct call_moment moment = note_callback(record, CALL_environment);
    said.order = record->order++;
    said.frame = record->frontend->frame_count;
    platform_mutex_unlock(&record->lock);
    bool answer = frontend_slot_callbacks[record->frontend->slot].environment(command, data);
    said.command = command;
    said.entry = moment.entry;
    said.foreign = moment.foreign;
    said.answer = answer;
    said.null = data == NULL;
    platform_mutex_lock(&record->lock);
    check_options(record, command, data);
    kept = find_or_add(record->commands, &record->command_count, CALL_COMMANDS, sizeof said, &said,
                       offsetof(struct call_command, count), &record->left_out);
    if (kept)
        kept->count++;
    platform_mutex_unlock(&record->lock);
    return answer;
}

static void record_video_refresh(struct call_record *record, const void *data, unsigned width,
                                 unsigned height, size_t pitch)
{
    struct frontend *frontend = record->frontend;
    struct call_picture shown, *kept;
    memset(&shown, 0, sizeof shown);
    shown.width = width;
    shown.height = height;
    shown.max_width = frontend->av_info.geometry.max_width;
    shown.max_height = frontend->av_info.geometry.max_height;
    shown.pitch = pitch;
    shown.kind = data == NULL                          ? CALL_PICTURE_REPEATED
                 : data == RETRO_HW_FRAME_BUFFER_VALID ? CALL_PICTURE_HARDWARE
                                                       : CALL_PICTURE_DATA;
    shown.format = frontend->video.pixel_format;
    platform_mutex_lock(&record->lock);
    struct call_moment moment = note_callback(record, CALL_video_refresh);
    shown.entry = moment.entry;
    shown.foreign = moment.foreign;
    shown.frame = frontend->frame_count;
    kept = find_or_add(record->pictures, &record->picture_count, CALL_PICTURES, sizeof shown,
                       &shown, offsetof(struct call_picture, count), &record->left_out);
    if (kept)
        kept->count++;
    platform_mutex_unlock(&record->lock);
    frontend_slot_callbacks[frontend->slot].video_refresh(data, width, height, pitch);
}

static void record_audio(struct call_record *record, int kind, const void *data, size_t frames)
{
    platform_mutex_lock(&record->lock);
    note_callback(record, kind);
    record->audio_frames += frames;
    record->audio_null += data == NULL && frames;
    if (frames > record->largest_batch)
        record->largest_batch = frames;
    platform_mutex_unlock(&record->lock);
}

static void record_input_poll(struct call_record *record)
{
    platform_mutex_lock(&record->lock);
    note_callback(record, CALL_input_poll);
    record->polled = true;
    platform_mutex_unlock(&record->lock);
    frontend_input_poll();
}

static int16_t record_input_state(struct call_record *record, unsigned port, unsigned device,
                                  unsigned index, unsigned id)
{
    struct frontend *frontend = record->frontend;
    struct call_query asked, *kept;
    memset(&asked, 0, sizeof asked);
    asked.port = port;
    asked.device = device;
    asked.index = index;
    asked.id = id;
    asked.frame = frontend->frame_count;
    platform_mutex_lock(&record->lock);
    note_callback(record, CALL_input_state);
    record->unpolled += !record->polled;
    kept = find_or_add(record->queries, &record->query_count, CALL_QUERIES, sizeof asked, &asked,
                       offsetof(struct call_query, count), &record->left_out);
    if (kept)
        kept->count++;
    platform_mutex_unlock(&record->lock);
    return frontend_slot_callbacks[frontend->slot].input_state(port, device, index, id);
}

struct call_begin {
    int outer;
    uint64_t at;
};

static struct call_begin begin_entry(struct call_record *record, int entry)
{
    struct call_begin begin;
    platform_mutex_lock(&record->lock);
    begin.outer = record->entry;
    record->entry = entry;
    record->thread = platform_thread_id();
    record->calls[entry]++;
    if (entry == CALL_run)
        record->polled = false;
    platform_mutex_unlock(&record->lock);
    begin.at = platform_time_nsec();
    return begin;
}

static void end_entry(struct call_record *record, int entry, struct call_begin begin)
{
    uint64_t spent = platform_time_nsec() - begin.at;
    platform_mutex_lock(&record->lock);
    record->entry = begin.outer;
    record->nanoseconds[entry] += spent;
    if (spent > record->longest[entry])
        record->longest[entry] = spent;
    platform_mutex_unlock(&record->lock);
}

static void record_state_size(struct call_record *record, size_t size)
{
    struct call_state_size said, *kept;
    memset(&said, 0, sizeof said);
    said.size = size;
    platform_mutex_lock(&record->lock);
    said.frame = record->frontend->frame_count;
    kept =
        find_or_add(record->state_sizes, &record->state_size_count, CALL_STATE_SIZES, sizeof said,
                    &said, offsetof(struct call_state_size, count), &record->left_out);
    if (kept)
        kept->count++;
    platform_mutex_unlock(&record->lock);
}

/* ---- a set of functions for each recorder --------------------------------------------------- */

/* A core's functions that return nothing, and those that return something, with their parameters
 * and arguments. */
#define ENTRIES_WITHOUT_RESULT(X, n)                                                               \
    X(n, set_environment, (retro_environment_t callback), (callback))                              \
    X(n, set_video_refresh, (retro_video_refresh_t callback), (callback))                          \
    X(n, set_audio_sample, (retro_audio_sample_t callback), (callback))                            \
    X(n, set_audio_sample_batch, (retro_audio_sample_batch_t callback), (callback))                \
    X(n, set_input_poll, (retro_input_poll_t callback), (callback))                                \
    X(n, set_input_state, (retro_input_state_t callback), (callback))                              \
    X(n, init, (void), ())                                                                         \
    X(n, deinit, (void), ())                                                                       \
    X(n, get_system_info, (struct retro_system_info * info), (info))                               \
    X(n, get_system_av_info, (struct retro_system_av_info * info), (info))                         \
    X(n, set_controller_port_device, (unsigned port, unsigned device), (port, device))             \
    X(n, reset, (void), ())                                                                        \
    X(n, run, (void), ())                                                                          \
    X(n, cheat_reset, (void), ())                                                                  \
    X(n, cheat_set, (unsigned index, bool enabled, const char *code), (index, enabled, code))      \
    X(n, unload_game, (void), ())
#define ENTRIES_WITH_RESULT(X, n)                                                                  \
    X(n, unsigned, api_version, (void), ())                                                        \
    X(n, bool, serialize, (void *data, size_t size), (data, size))                                 \
    X(n, bool, unserialize, (const void *data, size_t size), (data, size))                         \
    X(n, bool, load_game, (const struct retro_game_info *game), (game))                            \
    X(n, bool, load_game_special,                                                                  \
      (unsigned type, const struct retro_game_info *games, size_t count), (type, games, count))    \
    X(n, unsigned, get_region, (void), ())                                                         \
    X(n, void *, get_memory_data, (unsigned id), (id))                                             \
    X(n, size_t, get_memory_size, (unsigned id), (id))

#define ENTRY(n, name, parameters, arguments)                                                      \
    static void RETRO_CALLCONV enter_##name##_##n parameters                                       \
    {                                                                                              \
        struct call_record *record = records[n];                                                   \
        struct call_begin begin = begin_entry(record, CALL_##name);                                \
        record->real.name arguments;                                                               \
        end_entry(record, CALL_##name, begin);                                                     \
    }
#define ENTRY_WITH_RESULT(n, result_type, name, parameters, arguments)                             \
    static result_type RETRO_CALLCONV enter_##name##_##n parameters                                \
    {                                                                                              \
        struct call_record *record = records[n];                                                   \
        struct call_begin begin = begin_entry(record, CALL_##name);                                \
        result_type result = record->real.name arguments;                                          \
        end_entry(record, CALL_##name, begin);                                                     \
        return result;                                                                             \
    }

#define FUNCTIONS(n)                                                                               \
    ENTRIES_WITHOUT_RESULT(ENTRY, n)                                                               \
    ENTRIES_WITH_RESULT(ENTRY_WITH_RESULT, n)                                                      \
    static size_t RETRO_CALLCONV enter_serialize_size_##n(void)                                    \
    {                                                                                              \
        struct call_record *record = records[n];                                                   \
        struct call_begin begin = begin_entry(record, CALL_serialize_size);                        \
        size_t size = record->real.serialize_size();                                               \
        end_entry(record, CALL_serialize_size, begin);                                             \
        record_state_size(record, size);                                                           \
        return size;                                                                               \
    }                                                                                              \
    static bool RETRO_CALLCONV hear_environment_##n(unsigned command, void *data)                  \
    {                                                                                              \
        return record_environment(records[n], command, data);                                      \
    }                                                                                              \
    static void RETRO_CALLCONV hear_video_refresh_##n(const void *data, unsigned width,            \
                                                      unsigned height, size_t pitch)               \
    {                                                                                              \
        record_video_refresh(records[n], data, width, height, pitch);                              \
    }                                                                                              \
    static void RETRO_CALLCONV hear_audio_sample_##n(int16_t left, int16_t right)                  \
    {                                                                                              \
        record_audio(records[n], CALL_audio_sample, &left, 1);                                     \
        frontend_slot_callbacks[records[n]->frontend->slot].audio_sample(left, right);             \
    }                                                                                              \
    static size_t RETRO_CALLCONV hear_audio_sample_batch_##n(const int16_t *data, size_t frames)   \
    {                                                                                              \
        record_audio(records[n], CALL_audio_sample_batch, data, frames);                           \
        return frontend_slot_callbacks[records[n]->frontend->slot].audio_sample_batch(data,        \
                                                                                      frames);     \
    }                                                                                              \
    static void RETRO_CALLCONV hear_input_poll_##n(void)                                           \
    {                                                                                              \
        record_input_poll(records[n]);                                                             \
    }                                                                                              \
    static int16_t RETRO_CALLCONV hear_input_state_##n(unsigned port, unsigned device,             \
                                                       unsigned index, unsigned id)                \
    {                                                                                              \
        return record_input_state(records[n], port, device, index, id);                            \
    }

#define RECORDERS(X)                                                                               \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

RECORDERS(FUNCTIONS)

#define RECORDER(n)                                                                                \
    {hear_environment_##n,        hear_video_refresh_##n, hear_audio_sample_##n,                   \
     hear_audio_sample_batch_##n, hear_input_poll_##n,    hear_input_state_##n},
const struct call_recorder call_recorders[CALL_RECORDERS] = {RECORDERS(RECORDER)};

#define CORE(n)                                                                                    \
    {enter_set_environment_##n,                                                                    \
     enter_set_video_refresh_##n,                                                                  \
     enter_set_audio_sample_##n,                                                                   \
     enter_set_audio_sample_batch_##n,                                                             \
     enter_set_input_poll_##n,                                                                     \
     enter_set_input_state_##n,                                                                    \
     enter_init_##n,                                                                               \
     enter_deinit_##n,                                                                             \
     enter_api_version_##n,                                                                        \
     enter_get_system_info_##n,                                                                    \
     enter_get_system_av_info_##n,                                                                 \
     enter_set_controller_port_device_##n,                                                         \
     enter_reset_##n,                                                                              \
     enter_run_##n,                                                                                \
     enter_serialize_size_##n,                                                                     \
     enter_serialize_##n,                                                                          \
     enter_unserialize_##n,                                                                        \
     enter_cheat_reset_##n,                                                                        \
     enter_cheat_set_##n,                                                                          \
     enter_load_game_##n,                                                                          \
     enter_load_game_special_##n,                                                                  \
     enter_unload_game_##n,                                                                        \
     enter_get_region_##n,                                                                         \
     enter_get_memory_data_##n,                                                                    \
     enter_get_memory_size_##n},
static const struct frontend_core recorded_cores[CALL_RECORDERS] = {RECORDERS(CORE)};

bool call_record_begin(struct call_record *record, struct frontend *frontend)
{
    for (int i = 0; i < CALL_RECORDERS; i++) {
        if (!records[i]) {
            records[i] = record;
            record->recorder = i;
            record->frontend = frontend;
            record->thread = platform_thread_id();
            record->real = frontend->core;
            frontend->core = recorded_cores[i];
            return true;
        }
    }
    return false;
}

void call_record_end(struct call_record *record)
{
    records[record->recorder] = NULL;
}
