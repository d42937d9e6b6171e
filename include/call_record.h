/* A record of the calls between one core and its frontend, for whoever wants to know what a core
 * does: which commands it sent, from which of its functions and threads, what was answered, which
 * pictures it showed, which input it read.
 *
 * A core that is recorded gets functions of its own between itself and the frontend; all others
 * are called as if this were not here. */
#ifndef PYLIBRETRO_CALL_RECORD_H
#define PYLIBRETRO_CALL_RECORD_H

#include "frontend.h"

enum {
    CALL_RECORDERS = 16, /* cores recorded at one time */
    CALL_COMMANDS = 1024,
    CALL_PICTURES = 512,
    CALL_QUERIES = 4096,
    CALL_STATE_SIZES = 64,
    CALL_OPTION_FAULTS = 64
};

/* A core's functions, in the order of FRONTEND_ENTRY_POINTS. */
enum call_entry {
    CALL_OUTSIDE, /* in a callback of the core's, or in none of its functions */
#define X(result, name, parameters) CALL_##name,
    FRONTEND_ENTRY_POINTS(X)
#undef X
        CALL_ENTRIES
};

enum call_kind {
    CALL_environment,
    CALL_video_refresh,
    CALL_audio_sample,
    CALL_audio_sample_batch,
    CALL_input_poll,
    CALL_input_state,
    CALL_KINDS
};

/* Equal ones are counted, not kept: `order` and `frame` are those of the first. */
struct call_command {
    unsigned command;
    int entry;
    bool foreign, answer, null;
    uint64_t count, order, frame;
};

enum call_picture_kind { CALL_PICTURE_DATA, CALL_PICTURE_REPEATED, CALL_PICTURE_HARDWARE };

struct call_picture {
    unsigned width, height, max_width, max_height;
    size_t pitch;
    int kind, format, entry;
    bool foreign;
    uint64_t count, frame;
};

struct call_query {
    unsigned port, device, index, id;
    uint64_t count, frame;
};

struct call_state_size {
    size_t size;
    uint64_t count, frame;
};

enum call_option_fault_kind {
    CALL_OPTION_WITHOUT_VALUES,
    CALL_OPTION_DEFAULT_NOT_OFFERED,
    CALL_OPTION_VALUE_TWICE,
    CALL_OPTION_KEY_TWICE,
    CALL_OPTION_FAULT_KINDS
};

/* In the options that the core declared last. */
struct call_option_fault {
    char key[64];
    int kind;
};

struct call_record {
    struct frontend *frontend;
    struct frontend_core real;
    int recorder;

    platform_mutex lock; /* guards all below */
    int entry;
    uintptr_t thread; /* the one that is in `entry`, or was last in any */
    uint64_t order, left_out;
    uint64_t calls[CALL_ENTRIES], nanoseconds[CALL_ENTRIES], longest[CALL_ENTRIES];
    uint64_t callbacks[CALL_KINDS][CALL_ENTRIES][2]; /* the last: on another thread */
    uint64_t audio_frames, audio_null, largest_batch, unpolled;
    bool polled;
    size_t command_count, picture_count, query_count, state_size_count, option_fault_count;
    struct call_command commands[CALL_COMMANDS];
    struct call_picture pictures[CALL_PICTURES];
    struct call_query queries[CALL_QUERIES];
    struct call_state_size state_sizes[CALL_STATE_SIZES];
    struct call_option_fault option_faults[CALL_OPTION_FAULTS];
};

/* What a recorded core is given instead of its slot's. */
struct call_recorder {
    retro_environment_t environment;
    retro_video_refresh_t video_refresh;
    retro_audio_sample_t audio_sample;
    retro_audio_sample_batch_t audio_sample_batch;
    retro_input_poll_t input_poll;
    retro_input_state_t input_state;
};

extern FRONTEND_HIDDEN const struct call_recorder call_recorders[CALL_RECORDERS];
extern FRONTEND_HIDDEN const char *const call_entry_names[CALL_ENTRIES];
extern FRONTEND_HIDDEN const char *const call_kind_names[CALL_KINDS];
extern FRONTEND_HIDDEN const char *const call_option_fault_names[CALL_OPTION_FAULT_KINDS];

/* Put a recorder before a core that is bound and has not been called yet; false when all are
 * taken. One thread at a time. */
FRONTEND_HIDDEN bool call_record_begin(struct call_record *record, struct frontend *frontend);
/* After the core is gone. */
FRONTEND_HIDDEN void call_record_end(struct call_record *record);

#endif
