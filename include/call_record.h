/* A record of the calls between one core and its frontend, for whoever wants to know what a core
 * does: which commands it sent, from which of its functions and threads, what was answered, which
 * pictures it showed, which input it read.
 *
 * A core that is recorded is given other functions of its slot, which tell the record, and is
 * called through functions that do so, too; all others are called as if this were not here. */
#ifndef PYLIBRETRO_CALL_RECORD_H
#define PYLIBRETRO_CALL_RECORD_H

#include "frontend.h"

enum {
    CALL_COMMANDS = 1024,
    CALL_PICTURES = 512,
    CALL_QUERIES = 4096,
    CALL_STATE_SIZES = 64,
    CALL_OPTION_FAULTS = 64
};

/* A core's functions, in the order of CORE_ENTRY_POINTS. */
enum call_entry {
    CALL_OUTSIDE, /* in one of the core's callbacks, or in none of its functions */
#define X(n, kind, result, name, ...) CALL_##name,
    CORE_ENTRY_POINTS(X, X, )
#undef X
        CALL_ENTRIES
};

enum call_kind {
#define X(n, kind, result, name, ...) CALL_##name,
    CALLBACKS_THAT_ARE_RECORDED(X, X, )
#undef X
        CALL_KINDS
};

/* Equal ones are counted, not kept: `order` and `frame` are those of the first. */
struct call_command {
    unsigned command;
    int entry;
    bool foreign, answer, null, withdrawn; /* the last: a struct of callbacks that are NULL */
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

    platform_mutex lock; /* guards all below */
    int entry;
    uintptr_t thread; /* the one that is in `entry`, or was last in any */
    uint64_t order, left_out;
    uint64_t calls[CALL_ENTRIES], nanoseconds[CALL_ENTRIES], longest[CALL_ENTRIES];
    uint64_t returned[CALL_ENTRIES], float_modes_changed[CALL_ENTRIES];
    uint64_t callbacks[CALL_KINDS][CALL_ENTRIES][2]; /* the last: on another thread */
    uint64_t audio_frames, audio_null, largest_batch, unpolled;
    bool polled, unload_failed; /* the last: its destructors crashed, threw or called exit */
    size_t command_count, picture_count, query_count, state_size_count, option_fault_count;
    struct call_command commands[CALL_COMMANDS];
    struct call_picture pictures[CALL_PICTURES];
    struct call_query queries[CALL_QUERIES];
    struct call_state_size state_sizes[CALL_STATE_SIZES];
    struct call_option_fault option_faults[CALL_OPTION_FAULTS];
};

extern const char *const call_entry_names[CALL_ENTRIES];
extern const char *const call_kind_names[CALL_KINDS];
extern const char *const call_option_fault_names[CALL_OPTION_FAULT_KINDS];

/* Put the record between the frontend and a core that is bound and has not been called yet. It must
 * stay as long as the frontend's slot. */
void call_record_begin(struct call_record *record, struct frontend *frontend);

/* For the functions of a slot. */
#define HEAR(n, kind, result, name, parameters, arguments)                                         \
    result hear_##name(struct call_record *, CALLBACKS_UNPACK parameters);
#define HEAR0(n, kind, result, name) result hear_##name(struct call_record *);
#define ENTER(n, kind, result, name, parameters, arguments)                                        \
    result enter_##name(struct call_record *, CALLBACKS_UNPACK parameters);
#define ENTER0(n, kind, result, name) result enter_##name(struct call_record *);
CALLBACKS_THAT_ARE_RECORDED(HEAR, HEAR0, )
CORE_ENTRY_POINTS(ENTER, ENTER0, )
#undef HEAR
#undef HEAR0
#undef ENTER
#undef ENTER0

#endif
