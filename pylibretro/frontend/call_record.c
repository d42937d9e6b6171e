/* What is written down when a recorded core and its frontend call each other. */

#include "call_record.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64) || defined(__SSE__)
#include <xmmintrin.h>
#endif

#define NAME(n, kind, result, name, ...) #name,
const char *const call_entry_names[CALL_ENTRIES] = {"", CORE_ENTRY_POINTS(NAME, NAME, )};
const char *const call_kind_names[CALL_KINDS] = {CALLBACKS_THAT_ARE_RECORDED(NAME, NAME, )};
#undef NAME

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

/* Whether a core takes back what it once registered, as some do before they go. */
static bool withdraws(unsigned command, const void *data)
{
    void (*first)(void);
    if (!data)
        return true;
    switch (command) {
    case RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK:
    case RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK:
    case RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK:
    case RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK:
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK:
    case RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK:
        memcpy(&first, data, sizeof first);
        return first == NULL;
    default:
        return false;
    }
}

/* ---- callbacks: after the end of the frontend, of no record ---------------------------------- */

bool hear_environment(struct call_record *record, unsigned command, void *data)
{
    if (!record)
        return false;
    struct call_command said, *kept;
    memset(&said, 0, sizeof said); /* its padding is compared, too */
    platform_mutex_lock(&record->lock);
    struct call_moment moment = note_callback(record, CALL_environment);
    said.order = record->order++;
    said.frame = record->frontend->frame_count;
    platform_mutex_unlock(&record->lock);
    bool answer = frontend_callbacks.environment(record->frontend, command, data);
    said.command = command;
    said.entry = moment.entry;
    said.foreign = moment.foreign;
    said.answer = answer;
    said.null = data == NULL;
    said.withdrawn = withdraws(command, data);
    platform_mutex_lock(&record->lock);
    check_options(record, command, data);
    kept = find_or_add(record->commands, &record->command_count, CALL_COMMANDS, sizeof said, &said,
                       offsetof(struct call_command, count), &record->left_out);
    if (kept)
        kept->count++;
    platform_mutex_unlock(&record->lock);
    return answer;
}

void hear_video_refresh(struct call_record *record, const void *data, unsigned width,
                        unsigned height, size_t pitch)
{
    if (!record)
        return;
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
    frontend_callbacks.video_refresh(frontend, data, width, height, pitch);
}

static void note_audio(struct call_record *record, int kind, const void *data, size_t frames)
{
    platform_mutex_lock(&record->lock);
    note_callback(record, kind);
    record->audio_frames += frames;
    record->audio_null += data == NULL && frames;
    if (frames > record->largest_batch)
        record->largest_batch = frames;
    platform_mutex_unlock(&record->lock);
}

void hear_audio_sample(struct call_record *record, int16_t left, int16_t right)
{
    if (!record)
        return;
    note_audio(record, CALL_audio_sample, &left, 1);
    frontend_callbacks.audio_sample(record->frontend, left, right);
}

size_t hear_audio_sample_batch(struct call_record *record, const int16_t *data, size_t frames)
{
    if (!record)
        return frames;
    note_audio(record, CALL_audio_sample_batch, data, frames);
    return frontend_callbacks.audio_sample_batch(record->frontend, data, frames);
}

void hear_input_poll(struct call_record *record)
{
    if (!record)
        return;
    platform_mutex_lock(&record->lock);
    note_callback(record, CALL_input_poll);
    record->polled = true;
    platform_mutex_unlock(&record->lock);
    frontend_callbacks.input_poll(record->frontend);
}

int16_t hear_input_state(struct call_record *record, unsigned port, unsigned device, unsigned index,
                         unsigned id)
{
    if (!record)
        return 0;
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
    return frontend_callbacks.input_state(frontend, port, device, index, id);
}

/* ---- entry points --------------------------------------------------------------------------- */

/* Rounding, precision, denormals and traps of this thread, without the flags that computing sets.
 * */
static uint64_t float_mode(void)
{
    uint64_t mode = 0;
#if defined(__x86_64__) || defined(_M_X64) || defined(__SSE__)
    mode = _mm_getcsr() & ~0x3fu;
#endif
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    unsigned short x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    mode |= (uint64_t)(x87 & 0x0f3f) << 32;
#elif defined(__GNUC__) && defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
#endif
    return mode;
}

struct call_begin {
    int outer;
    uint64_t at, float_mode;
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
    begin.float_mode = float_mode();
    begin.at = platform_time_nsec();
    return begin;
}

static void end_entry(struct call_record *record, int entry, struct call_begin begin)
{
    uint64_t spent = platform_time_nsec() - begin.at;
    bool changed = float_mode() != begin.float_mode;
    platform_mutex_lock(&record->lock);
    record->returned[entry]++;
    record->float_modes_changed[entry] += changed;
    record->entry = begin.outer;
    record->nanoseconds[entry] += spent;
    if (spent > record->longest[entry])
        record->longest[entry] = spent;
    platform_mutex_unlock(&record->lock);
}

static void note_state_size(struct call_record *record, size_t size)
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

#define ENTER_does(result, name, parameters, arguments)                                            \
    result enter_##name parameters                                                                 \
    {                                                                                              \
        struct call_begin begin = begin_entry(record, CALL_##name);                                \
        record->real.name arguments;                                                               \
        end_entry(record, CALL_##name, begin);                                                     \
    }
#define ENTER_gives(result, name, parameters, arguments)                                           \
    result enter_##name parameters                                                                 \
    {                                                                                              \
        struct call_begin begin = begin_entry(record, CALL_##name);                                \
        result given = record->real.name arguments;                                                \
        end_entry(record, CALL_##name, begin);                                                     \
        if (CALL_##name == CALL_serialize_size)                                                    \
            note_state_size(record, (size_t)given);                                                \
        return given;                                                                              \
    }
#define ENTER(n, kind, result, name, parameters, arguments)                                        \
    ENTER_##kind(result, name, (struct call_record * record, CALLBACKS_UNPACK parameters),         \
                 arguments)
#define ENTER0(n, kind, result, name) ENTER_##kind(result, name, (struct call_record * record), ())
CORE_ENTRY_POINTS(ENTER, ENTER0, )

void call_record_begin(struct call_record *record, struct frontend *frontend)
{
    record->frontend = frontend;
    record->thread = platform_thread_id();
    record->real = frontend->core;
    frontend->slot->calls = record;
    frontend->callbacks = frontend->slot->recorded_callbacks;
    frontend->core = *frontend->slot->recorded_core;
}
