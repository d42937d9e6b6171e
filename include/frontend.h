/* One loaded core as its callbacks see it: plain C that may be touched without the GIL and
   from any thread.

   Callbacks find their frontend through the slot that the core was given (callbacks.h). libc
   functions that a core shares with the whole process find theirs through the thread that is
   inside the core (own_libc.h). */

#ifndef PYLIBRETRO_FRONTEND_H
#define PYLIBRETRO_FRONTEND_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "callbacks.h"
#include "dylib.h"
#include "faults.h"
#include "guard.h"
#include "hardware.h"
#include "host.h"
#include "libc_state.h"
#include "libretro.h"
#include "option_tables.h"
#include "peripherals.h"
#include "netpacket.h"
#include "platform.h"
#include "skips.h"
#include "stuck.h"
#include "timing.h"
#include "vfs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FRONTEND_PORTS 16
#define FRONTEND_TOUCHES 8
#define FRONTEND_KEYS 352
#define FRONTEND_TEXT 1024

/* ---- what a core declares: deep copies, each declaration in an arena of its own ------------- */

struct arena_block {
    struct arena_block *next;
    size_t used, size;
};

struct arena {
    struct arena_block *blocks;
    size_t total;
};

struct core_option { /* what this core has of an option that others may have declared, too */
    const struct option_declaration *declared;
    size_t current;
    bool visible;
};

/* A table that the core has declared. It may know strings of all of them, so all are kept. */
struct declared_options {
    struct declared_options *next;
    struct option_table *table;
    struct core_option *options;
};

struct option_override { /* asked for before the core declared the option */
    struct option_override *next;
    const char *key, *value;
    bool used, refused;
};

struct controller {
    unsigned port, id;
    const char *description;
};

struct input_descriptor {
    unsigned port, device, index, id;
    const char *description;
};

struct subsystem_memory {
    const char *extension;
    unsigned type;
};

struct subsystem_rom {
    const char *description, *extensions;
    bool need_fullpath, block_extract, required;
    struct subsystem_memory *memories;
    unsigned memory_count;
};

struct subsystem {
    const char *description, *identifier;
    struct subsystem_rom *roms;
    unsigned rom_count, id;
};

struct content_override {
    const char *extensions;
    bool need_fullpath, persistent_data;
};

struct memory_descriptor { /* as declared, and completed by RetroArch's rules */
    uint64_t flags;
    uint8_t *data;
    size_t offset, start, select, disconnect, length;
    size_t readable; /* how many of its bytes are there */
    size_t declared_select, declared_length;
    const char *address_space;
};

struct log_line {
    struct log_line *next;
    int level;
    size_t length;
    char text[1];
};

struct message {
    struct message *next;
    unsigned duration, priority;
    int level, target, type;
    int8_t progress;
    bool extended;
    char text[1];
};

/* ---- input ---------------------------------------------------------------------------------- */

struct port_input {
    uint16_t joypad;
    int16_t analog[2][2];
    int16_t analog_buttons[16];
    int16_t mouse[2];
    uint16_t mouse_buttons;
    int16_t lightgun[2];
    int16_t lightgun_relative[2];
    uint32_t lightgun_buttons;
    int16_t pointer[FRONTEND_TOUCHES][2];
    uint8_t pointer_pressed[FRONTEND_TOUCHES];
    uint8_t pointer_offscreen[FRONTEND_TOUCHES];
    uint8_t keyboard[FRONTEND_KEYS];
    float accelerometer[3], gyroscope[3], illuminance;
};

/* What a core is told by keyboard events, besides which keys are held. */
struct frontend_typing {
    uint16_t locks; /* RETROKMOD_* of the lock keys that are on */
    uint32_t text[FRONTEND_TEXT];
    unsigned text_length;
};

/* ---- the frontend --------------------------------------------------------------------------- */

/* Of what the core said, how much Python has not heard yet: much is not to wait for the last of
   many frames. */
enum frontend_unheard {
    FRONTEND_NOTHING_UNHEARD,
    FRONTEND_SOMETHING_UNHEARD,
    FRONTEND_MUCH_UNHEARD
};
enum { FRONTEND_MUCH_LOG = 1 << 20, FRONTEND_MANY_MESSAGES = 2048 };

enum { FRONTEND_NO_LANGUAGE = -1 };

enum frontend_phase { FRONTEND_OPENED, FRONTEND_INITIALISED, FRONTEND_LOADED, FRONTEND_CLOSED };

/* Who else looks at pictures as they come, such as a batch that makes observations of them; it is
   the first member of what it belongs to. */
struct picture_observer {
    bool (*see)(struct picture_observer *, bool last, int format, const void *data, size_t pitch,
                unsigned width, unsigned height, unsigned rotation);
    void (*see_again)(struct picture_observer *, bool last);
    void (*take_back)(struct picture_observer *); /* what it saw last is not the frame's picture */
};

struct call_record;

/* The last picture that somebody may look at, rows without padding. */
struct kept_picture {
    uint8_t *pixels;
    size_t capacity;
    unsigned width, height, rotation;
    int format;
    bool exists;
};

/* Where the last picture that was sent lay, for the repeat nobody could foresee. */
struct sent_picture {
    const void *data;
    size_t pitch;
    unsigned width, height, rotation;
    int format;
};

/* Whether the core repeats pictures, and leaves them alone where it drew them. */
struct picture_trust {
    bool may_repeat;
    unsigned steady_repeats;    /* repeats that found the core's own picture as it was sent */
    unsigned steady_afterwards; /* the same of frames that had just run */
    bool unsteady;
};

/* What is to be done with the pictures of the frame that is running. */
struct picture_demand {
    bool enabled, keep;
    uint8_t *rgb; /* where its RGB goes, or NULL */
    unsigned width, height;
    size_t pitch;
    bool written, misfit;
    struct picture_observer *observer; /* or NULL */
    bool observe_last, observed_in_run;
    uint64_t observed; /* the last picture that was looked at, counted as `sent` */
};

/* Memory for the core to draw the next picture into, which then changes places with the kept
   one's. */
struct picture_loan {
    bool offered, lent;
    uint8_t *pixels;
    size_t capacity, pitch;
    unsigned height;
    int format;
    uint64_t frame;
};

struct frontend_video {
    int pixel_format;
    unsigned rotation;
    uint64_t sent, kept; /* counts pictures of the core, and says which of them is `picture` */
    uint64_t repeats, pictures_in_run;
    struct kept_picture picture;
    struct sent_picture last;
    struct picture_trust trust;
    struct picture_demand demand;
    struct picture_loan loan;
    volatile int busy; /* a thread is in a callback that changes all this */
};

/* What came from threads that the core was not called on, to be heard behind the frame's own. */
struct foreign_audio {
    int16_t *samples;
    size_t frames, capacity;
};

struct frontend_audio {
    struct foreign_audio foreign; /* guarded by the frontend's lock */
    int16_t *samples;
    float *floats; /* the same as sent, where keeps_floats */
    bool keeps_floats;
    size_t frames, capacity;
    bool enabled;
};

enum { STATE_HOLES = 64 };

/* What the core's states have been like. Cores promise more bytes than they write, some seven
   times as many, and clearing them all would take longer than the saving does: in states of
   `learned_size` bytes the core writes all up to `written`, but for the holes, and none behind. */
struct frontend_states {
    size_t size; /* the last that retro_serialize_size said */
    size_t learned_size, written;
    uint32_t holes[STATE_HOLES][2]; /* first byte and length */
    unsigned hole_count, lessons;
    uint8_t last_byte;
    unsigned frames_first;  /* to run before a state of elsewhere is loaded */
    unsigned loads_watched; /* how many have been seen that left the data as they were */
    bool awaits_frame;      /* the core says that it has no states before its first */
    int guard_outcome;      /* of the last call that saved or loaded one */
};

/* The interface that the core registered, and the disk of the state that is being saved. */
struct frontend_disk {
    struct retro_disk_control_ext_callback control; /* of version 0 only the first seven */
    unsigned version;
    int noted; /* see disk.pxi */
    unsigned noted_index;
};

/* What the core was loaded with. */
struct frontend_content {
    struct arena memory;
    struct retro_game_info *games;
    struct retro_game_info_ext *infos;
    size_t count;
};

/* What lives in states/past.pxi, NULL for a Core that does not use it; and what others note for
   it. */
struct frontend_time_machine {
    void *rewind, *run_ahead;
    bool silent;  /* what the core says is of a frame that runs more than once */
    bool called;  /* it has been called between two frames: what it does next may be different */
    bool touched; /* its memory may have been written to since the last frame */
};

/* What the core has printed since the last line. */
struct own_line {
    volatile int lock;
    unsigned printed; /* lines until now */
    size_t length;
    char text[1000];
};

struct frontend {
    struct callback_slot *slot; /* NULL for a core that is not there yet, or not any more */
    const struct core_callbacks *callbacks;
    volatile int busy;
    uintptr_t busy_thread;
    int fork_generation;
    enum frontend_phase phase;
    bool shutdown, crashed, out_of_memory;

    struct frontend_core core;
    struct dylib library;
    bool library_open;
    struct skips skips;
    struct guard guard;
    struct libc_state libc;
    struct own_line line;
    struct own_libc *own; /* NULL where the C library cannot be an instance's own */

    bool contains_faults;
    uint64_t time_limit_nsec; /* of each call, 0: none */
    struct call_watch *watch;
    struct fault fault;       /* the one that ended the core */
    volatile int stopped_for; /* enum stuck_reason */
    /* How a thread of the core's own has ended the core, or GUARD_OK. */
    volatile int thread_outcome;
    char thread_message[256];
    void (*last_call)(void *);
    unsigned last_command; /* of the environment */
    int failed_at_end;     /* how the core ended while it was being closed, or GUARD_OK */
    bool unloaded;         /* nothing of the core is there any more */
    struct frontend *next_lingering;

    struct frontend_video video;
    struct frontend_audio audio;
    struct frontend_states states;
    void *lent_state; /* a copy for a core that may write into what it loads */
    size_t lent_state_size;
    struct frontend_time_machine time_machine;
    struct frontend_timing timing;
    struct port_input input[FRONTEND_PORTS]; /* what the running frame sees */
    struct port_input live[FRONTEND_PORTS];  /* what Python sets */
    unsigned input_ports, live_ports;        /* how many of them may hold anything */
    uint8_t keyboard[FRONTEND_KEYS];         /* what the core has been told by events */
    struct frontend_typing typing;
    uint16_t rumble[FRONTEND_PORTS][2];
    struct peripherals peripherals;
    uint64_t frame_count;
    uint64_t clock_nsec; /* since the first frame, of the core's own time of day */
    struct retro_system_av_info av_info;
    bool av_info_known;
    uint64_t geometry_changes;
    /* files that it opened to write or made, where others may see them */
    volatile uint32_t files_written;
    char violation
        [256]; /* the first rule of libretro that the core broke since it was last looked at */

    /* environment: answers */
    char *system_directory, *save_directory, *assets_directory, *libretro_path;
    char *playlist_directory, *browser_directory, *username; /* NULL: there is none */
    int language; /* FRONTEND_NO_LANGUAGE: the question is refused */
    int audio_video_enable, savestate_context;
    struct frontend_content content;
    struct vfs *files; /* NULL: no VFS is offered */
    struct host host;
    struct hardware hardware;
    struct netpacket *netpacket; /* NULL: no session is offered */
    struct call_record *calls;   /* NULL: nobody wants to know */

    /* environment: what the core said */
    bool support_no_game, support_achievements, told_of_achievements;
    bool asked_can_dupe;
    unsigned performance_level, poll_type, minimum_audio_latency;
    uint64_t serialization_quirks;
    struct retro_get_proc_address_interface proc_address;
    struct retro_keyboard_callback keyboard_callback;
    struct retro_frame_time_callback frame_time;
    struct retro_audio_callback audio_callback;
    struct retro_audio_buffer_status_callback audio_buffer_status;
    struct frontend_disk disk;
    struct retro_core_options_update_display_callback options_display;

    platform_mutex
        lock; /* guards all below: Python reads them while the core's own threads may write */
    struct arena options_arena;
    struct declared_options *declared_options;
    size_t declared_option_bytes;
    struct core_option *options;
    size_t option_count;
    const struct option_category *option_categories;
    size_t option_category_count;
    struct option_override *option_overrides;
    unsigned options_version;
    bool options_changed;
    bool display_is_old; /* the core is to say anew which options it shows */
    struct arena controllers_arena;
    struct controller *controllers;
    size_t controller_count;
    struct arena descriptors_arena;
    struct input_descriptor *descriptors;
    size_t descriptor_count;
    struct arena subsystems_arena;
    struct subsystem *subsystems;
    size_t subsystem_count;
    struct arena overrides_arena;
    struct content_override *content_overrides;
    size_t content_override_count;
    struct arena memory_arena;
    struct arena
        retired; /* of declarations that have been replaced, while somebody may read them */
    struct memory_descriptor *memory_map;
    size_t memory_map_count;
    uint64_t memory_generation;
    struct log_line *log_first, *log_last;
    size_t log_bytes;
    uint64_t log_dropped;
    struct message *message_first, *message_last;
    size_t message_count;
    volatile int unheard; /* enum frontend_unheard; read without the lock */
};

static_assert(PERIPHERAL_PORTS == FRONTEND_PORTS, "each port has its peripherals");

/* ---- slots.c -------------------------------------------------------------------------------- */

/* What callbacks come to, to be completed before the first slot is acquired. */
extern struct frontend_callbacks frontend_callbacks;
/* Where callbacks.c is as a library. */
extern const char *frontend_callbacks_library;

/* One thread at a time. False, with the reason, when there are none left and no more to be had. */
bool frontend_acquire_slot(struct frontend *frontend, char *message, size_t message_size);
void frontend_release_slot(struct frontend *frontend);
/* To a frontend that has its slot, before the core is asked anything. */
void frontend_offer_files(struct frontend *frontend, struct vfs *files);

/* ---- frontend.c ----------------------------------------------------------------------------- */

/* A core's life, in this order; what a core does in it is to be called under frontend_call. */
int frontend_link(struct frontend *frontend, const char *path, char *message, size_t message_size);
const char *
frontend_bind(struct frontend *frontend);       /* the first symbol that is missing, or NULL */
void frontend_start(struct frontend *frontend); /* its constructors */
/* False while threads of the core's own are alive: then it is to be tried again. */
bool frontend_close(struct frontend *frontend);
void frontend_unload(void *frontend); /* what it calls under guard */

/* An outcome besides those of the guard: the core was not called, `hardware.failure` says why. */
enum { FRONTEND_NO_CONTEXT = -1 };

int frontend_call(struct frontend *frontend, void (*call)(void *), void *argument);
void frontend_note(struct frontend *frontend, int level, const char *format, ...);
void frontend_note_written(struct frontend *frontend, const char *path);
void frontend_log(struct frontend *frontend, int level, const char *format, va_list arguments);
void frontend_violation(struct frontend *frontend, const char *format, ...);
void frontend_input_poll(struct frontend *frontend);
uintptr_t frontend_framebuffer(struct frontend *frontend);
void frontend_netpacket_send(struct frontend *frontend, int flags, const void *data, size_t size,
                             uint16_t client);
void frontend_netpacket_poll_receive(struct frontend *frontend);
bool RETRO_CALLCONV frontend_clear_thread_waits(unsigned command, void *data);
retro_time_t frontend_perf_time(struct frontend *frontend);
retro_perf_tick_t frontend_perf_ticks(struct frontend *frontend);
void frontend_perf_register(struct frontend *frontend, struct retro_perf_counter *counter);
void frontend_perf_start(struct frontend *frontend, struct retro_perf_counter *counter);
void frontend_perf_stop(struct frontend *frontend, struct retro_perf_counter *counter);
void frontend_perf_log(struct frontend *frontend);
uint64_t RETRO_CALLCONV frontend_cpu_features(void);
void *arena_allocate(struct arena *arena, size_t size); /* zeroed; NULL when out of memory */
char *arena_string(struct arena *arena, const char *text);
/* Takes over the blocks of another one, which is empty then. */
void arena_join(struct arena *arena, struct arena *other);
void arena_free(struct arena *arena);

/* For after each frame, where a lock would cost more than the frame. */
static inline int frontend_unheard(const struct frontend *frontend)
{
    return platform_atomic_load_relaxed(&frontend->unheard);
}

/* Call it with the lock, after every change of the log's or the messages' queue. */
static inline void frontend_note_unheard(struct frontend *frontend)
{
    int unheard = FRONTEND_NOTHING_UNHEARD;
    if (frontend->log_bytes > FRONTEND_MUCH_LOG || frontend->message_count > FRONTEND_MANY_MESSAGES)
        unheard = FRONTEND_MUCH_UNHEARD;
    else if (frontend->log_first || frontend->log_dropped || frontend->message_first)
        unheard = FRONTEND_SOMETHING_UNHEARD;
    platform_atomic_store(&frontend->unheard, unheard);
}

/* The one number that other threads may read while frames run. */
#if defined(_MSC_VER)
static inline uint64_t frontend_frames(const struct frontend *frontend)
{
    return frontend->frame_count;
}

static inline void frontend_set_frames(struct frontend *frontend, uint64_t frames)
{
    frontend->frame_count = frames;
}
#else
static inline uint64_t frontend_frames(const struct frontend *frontend)
{
    return __atomic_load_n(&frontend->frame_count, __ATOMIC_RELAXED);
}

static inline void frontend_set_frames(struct frontend *frontend, uint64_t frames)
{
    __atomic_store_n(&frontend->frame_count, frames, __ATOMIC_RELAXED);
}
#endif

/* What is to be left out of the frame that comes; and after it, nothing. */
static inline void frontend_skip(struct frontend *frontend, bool unseen, bool unheard)
{
    struct dylib *library = &frontend->library;
    if (library->switches)
        skips_switch(&frontend->skips, library->switches, dylib_base(library), unseen, unheard);
}

/* What comes to the same in less time, for all frames from now on. */
static inline void frontend_compute_faster(struct frontend *frontend, bool faster)
{
    if (frontend->library.switches)
        frontend->library.switches[SKIP_ALWAYS] = faster;
}

/* Whether this thread is in a call of ours into the core: not a thread of the core's own. */
static inline bool frontend_is_caller(const struct frontend *frontend)
{
    return frontend->watch && frontend->watch->thread == stuck_this_thread();
}

static inline void frontend_count_frame(struct frontend *frontend)
{
    frontend_set_frames(frontend, frontend->frame_count + 1);
}

#ifdef __cplusplus
}
#endif
#endif
