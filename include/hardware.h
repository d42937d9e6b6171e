/* Hardware rendering for one core: an OpenGL context without a window, made by EGL when the core
 * asks for it, and the framebuffer that the core draws into.
 *
 * A context is current on one thread at a time, and a core may be called from any: it is made
 * current before a call into the core and released after it (hardware_enter, hardware_leave), or
 * for all calls of a run of frames. Nothing of another library's context on that thread is
 * changed. On systems without EGL every request is refused. */
#ifndef PYLIBRETRO_HARDWARE_H
#define PYLIBRETRO_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hardware_context;

struct hardware {
    bool offered;
    unsigned preferred; /* the answer to GET_PREFERRED_HW_RENDER */

    bool asked;
    char refusal[200];                /* why the last request was refused, or "" */
    struct hardware_context *context; /* the one that the core draws with, or NULL */
    struct hardware_context *next;    /* asked for, takes its place before the next frame */

    unsigned depth; /* of hardware_enter */
    uintptr_t thread;
    char failure[200]; /* why the context could not be used, or "" */
};

struct hardware_description {
    unsigned type, version_major, version_minor, width, height;
    bool depth, stencil, bottom_left_origin, debug;
    char vendor[64], renderer[128], version[128];
};

/* Once, when the module is loaded. */
void hardware_start(void);

/* Around fork(): what a child may use is in no half-done state. */
void hardware_before_fork(void);
void hardware_after_fork(void);

/* Whether contexts can be had in this process; the first call opens EGL. If not, `reason` (of
 * `size` bytes, or NULL) says why. */
bool hardware_available(char *reason, size_t size);

/* SET_HW_RENDER: makes the context, or says why not in `refusal` and writes nothing. `old` is the
 * form of the command from before the fields behind `depth`. */
bool hardware_request(struct hardware *hardware, struct retro_hw_render_callback *asked, bool old,
                      retro_hw_get_current_framebuffer_t get_current_framebuffer);

/* The context that was asked for becomes the one to draw with, with a framebuffer of this size.
 * On failure there is none, and `failure` says why. */
bool hardware_begin(struct hardware *hardware, unsigned width, unsigned height);

/* Tell the core that its context is there, or about to go (context_reset, context_destroy); between
 * enter and leave on this thread. */
void hardware_context_reset(struct hardware *hardware);
void hardware_context_destroy(struct hardware *hardware);

/* Destroys all contexts; none may be current. */
void hardware_end(struct hardware *hardware);

/* Destroys the context that the core draws with, not the one that it has asked for since. */
void hardware_discard(struct hardware *hardware);

/* Each enter that returned true needs its leave, on the same thread. */
bool hardware_enter(struct hardware *hardware);
void hardware_leave(struct hardware *hardware);

/* Whether this thread is the one on which the context is current. */
bool hardware_is_here(const struct hardware *hardware);

/* Whether the framebuffer has at least this size. */
bool hardware_holds(const struct hardware *hardware, unsigned width, unsigned height);

/* Makes the framebuffer larger, its name stays the same and its contents are lost; between enter
 * and leave on this thread. False if the graphics library cannot. */
bool hardware_grow(struct hardware *hardware, unsigned width, unsigned height);

/* Writes the lower left part of the framebuffer as XRGB8888 rows without padding, top row first;
 * between enter and leave on this thread. */
void hardware_read(struct hardware *hardware, uint32_t *pixels, unsigned width, unsigned height);

void hardware_describe(const struct hardware *hardware, struct hardware_description *description);

/* What cores are given. */
uintptr_t hardware_framebuffer(const struct hardware *hardware);
retro_proc_address_t RETRO_CALLCONV hardware_get_proc_address(const char *name);

/* A kind of context in words. */
const char *hardware_type_name(unsigned type);

/* What hardware_request is made of by each system. */
bool hardware_make_context(struct hardware *hardware, const struct retro_hw_render_callback *asked);

#ifdef __cplusplus
}
#endif
#endif
