/* OpenGL contexts without a window, for the units that make them and draw into them. */
#ifndef PYLIBRETRO_EGL_CONTEXT_H
#define PYLIBRETRO_EGL_CONTEXT_H

#include "egl.h"
#include "hardware.h"

struct hardware_context {
    struct retro_hw_render_callback core;
    egl_handle context, surface;
    unsigned api;
    struct gl gl;
    int major, minor;
    bool embedded;
    unsigned pack_inverted; /* the parameter of glPixelStorei that turns rows round, or 0 */
    unsigned framebuffer, color, depth;
    unsigned width, height;
    unsigned wanted_width, wanted_height; /* of hardware_grow */
    char vendor[64], renderer[128], version[128];

    /* what was current on the thread before */
    egl_handle outer_display, outer_draw, outer_read, outer_context;
    unsigned outer_api;
};

/* Whether a list of words, or NULL, has this one. */
bool egl_has_word(const char *words, const char *word);

/* Gives the framebuffer memory of this size; its name and all other state stay as they were. */
bool egl_set_storage(struct hardware_context *context, unsigned width, unsigned height);

#endif
