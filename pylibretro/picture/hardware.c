#include "hardware.h"

#include <stdio.h>
#include <string.h>

const char *hardware_type_name(unsigned type)
{
    static const char *const names[] = {
        "no hardware", "OpenGL",      "OpenGL ES 2", "OpenGL of the core profile",
        "OpenGL ES 3", "OpenGL ES",   "Vulkan",      "Direct3D 11",
        "Direct3D 10", "Direct3D 12", "Direct3D 9"};
    return type < sizeof names / sizeof *names ? names[type] : "an unknown kind of hardware";
}

static bool is_opengl(unsigned type)
{
    return type >= RETRO_HW_CONTEXT_OPENGL && type <= RETRO_HW_CONTEXT_OPENGLES_VERSION;
}

bool hardware_request(struct hardware *hardware, struct retro_hw_render_callback *asked, bool old,
                      retro_hw_get_current_framebuffer_t get_current_framebuffer)
{
    struct retro_hw_render_callback whole;
    const size_t known = old ? offsetof(struct retro_hw_render_callback, stencil) : sizeof whole;
    memset(&whole, 0, sizeof whole);
    memcpy(&whole, asked, known);
    hardware->asked = true;
    hardware->refusal[0] = 0;
    if (whole.context_type == RETRO_HW_CONTEXT_NONE)
        return true;
    whole.get_current_framebuffer = get_current_framebuffer;
    whole.get_proc_address = hardware_get_proc_address;
    if (!hardware->offered) {
        snprintf(hardware->refusal, sizeof hardware->refusal,
                 "this Core was opened without hardware rendering");
        return false;
    }
    if (!is_opengl((unsigned)whole.context_type)) {
        snprintf(hardware->refusal, sizeof hardware->refusal,
                 "it asks for %s, and there is OpenGL only",
                 hardware_type_name((unsigned)whole.context_type));
        return false;
    }
    if (!hardware_make_context(hardware, &whole))
        return false;
    asked->get_current_framebuffer = whole.get_current_framebuffer;
    asked->get_proc_address = whole.get_proc_address;
    return true;
}
