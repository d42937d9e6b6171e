/* On systems without EGL there is no OpenGL without a window. */
#include "hardware.h"

#include <stdio.h>
#include <string.h>

bool hardware_make_context(struct hardware *hardware, const struct retro_hw_render_callback *asked)
{
    (void)asked;
    hardware_available(hardware->refusal, sizeof hardware->refusal);
    return false;
}

bool hardware_available(char *reason, size_t size)
{
    if (reason && size)
        snprintf(reason, size, "OpenGL without a window is there on Linux only");
    return false;
}

void hardware_start(void)
{
}

void hardware_before_fork(void)
{
}

void hardware_after_fork(void)
{
}

bool hardware_is_here(const struct hardware *hardware)
{
    (void)hardware;
    return false;
}

bool hardware_enter(struct hardware *hardware)
{
    (void)hardware;
    return false;
}

void hardware_leave(struct hardware *hardware)
{
    (void)hardware;
}

bool hardware_begin(struct hardware *hardware, unsigned width, unsigned height)
{
    (void)hardware;
    (void)width;
    (void)height;
    return false;
}

bool hardware_grow(struct hardware *hardware, unsigned width, unsigned height)
{
    (void)hardware;
    (void)width;
    (void)height;
    return false;
}

bool hardware_holds(const struct hardware *hardware, unsigned width, unsigned height)
{
    (void)hardware;
    (void)width;
    (void)height;
    return false;
}

void hardware_read(struct hardware *hardware, uint32_t *pixels, unsigned width, unsigned height)
{
    (void)hardware;
    (void)pixels;
    (void)width;
    (void)height;
}

void hardware_context_reset(struct hardware *hardware)
{
    (void)hardware;
}

void hardware_context_destroy(struct hardware *hardware)
{
    (void)hardware;
}

void hardware_discard(struct hardware *hardware)
{
    (void)hardware;
}

void hardware_end(struct hardware *hardware)
{
    (void)hardware;
}

void hardware_describe(const struct hardware *hardware, struct hardware_description *description)
{
    (void)hardware;
    memset(description, 0, sizeof *description);
}

uintptr_t hardware_framebuffer(const struct hardware *hardware)
{
    (void)hardware;
    return 0;
}

retro_proc_address_t RETRO_CALLCONV hardware_get_proc_address(const char *name)
{
    (void)name;
    return NULL;
}
