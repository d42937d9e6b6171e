#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include "egl_context.h"

#include "platform.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEVICES_TRIED = 16 };

/* What the whole process shares. A display is never closed: driver threads belong to it. */
static struct {
    platform_mutex lock;
    bool tried;
    pid_t process;
    struct egl egl;
    egl_handle display;
    bool version_1_5, create_context, no_config, no_surface;
    char reason[160];
} shared;

/* ---- the display ---------------------------------------------------------------------------- */

bool egl_has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *found = words; found && (found = strstr(found, word)); found += length) {
        if ((found == words || found[-1] == ' ') && (found[length] == ' ' || !found[length]))
            return true;
    }
    return false;
}

static bool initialise(egl_handle display)
{
    int32_t major = 0, minor = 0;
    if (!display || !shared.egl.Initialize(display, &major, &minor))
        return false;
    const char *extensions = shared.egl.QueryString(display, EGL_EXTENSIONS_STRING);
    shared.version_1_5 = major > 1 || (major == 1 && minor >= 5);
    shared.create_context =
        shared.version_1_5 || egl_has_word(extensions, "EGL_KHR_create_context");
    shared.no_config = egl_has_word(extensions, "EGL_KHR_no_config_context") ||
                       egl_has_word(extensions, "EGL_MESA_configless_context");
    shared.no_surface = egl_has_word(extensions, "EGL_KHR_surfaceless_context");
    shared.display = display;
    return true;
}

static void open_display(void)
{
    static const char *const names[] = {"libEGL.so.1", "libEGL.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(shared.reason, sizeof shared.reason, "there is no libEGL.so.1 on this system");
        return;
    }
#define X(result, name, parameters)                                                                \
    *(void **)&shared.egl.name = dlsym(library, "egl" #name);                                      \
    if (!shared.egl.name) {                                                                        \
        snprintf(shared.reason, sizeof shared.reason, "libEGL.so.1 has no function egl" #name);    \
        return;                                                                                    \
    }
    EGL_FUNCTIONS(X)
#undef X
    const char *client = shared.egl.QueryString(NULL, EGL_EXTENSIONS_STRING);
    egl_get_platform_display get_platform_display =
        (egl_get_platform_display)shared.egl.GetProcAddress("eglGetPlatformDisplayEXT");
    egl_query_devices query_devices =
        (egl_query_devices)shared.egl.GetProcAddress("eglQueryDevicesEXT");
    if (!egl_has_word(client, "EGL_EXT_platform_base"))
        get_platform_display = NULL;
    if (get_platform_display && egl_has_word(client, "EGL_MESA_platform_surfaceless") &&
        initialise(get_platform_display(EGL_PLATFORM_SURFACELESS, NULL, NULL)))
        return;
    if (get_platform_display && query_devices && egl_has_word(client, "EGL_EXT_platform_device")) {
        egl_handle devices[DEVICES_TRIED];
        int32_t count = 0;
        if (!query_devices(DEVICES_TRIED, devices, &count))
            count = 0;
        for (int32_t i = 0; i < count; i++) {
            if (initialise(get_platform_display(EGL_PLATFORM_DEVICE, devices[i], NULL)))
                return;
        }
    }
    if (initialise(shared.egl.GetDisplay(NULL)))
        return;
    snprintf(shared.reason, sizeof shared.reason,
             "EGL finds no graphics driver (error 0x%x); on Debian the package libgl1-mesa-dri has "
             "one that needs no graphics card",
             (unsigned)shared.egl.GetError());
}

bool hardware_available(char *reason, size_t size)
{
    platform_mutex_lock(&shared.lock);
    if (!shared.tried) {
        shared.tried = true;
        shared.process = getpid();
        open_display();
    }
    bool available = shared.display != NULL;
    const char *why = shared.reason;
    if (available && shared.process != getpid()) {
        /* The driver's threads have stayed in the parent. */
        available = false;
        why = "this process was forked from one that has used OpenGL already; start it afresh "
              "(with the start method spawn or forkserver)";
    }
    if (reason && size)
        snprintf(reason, size, "%s", available ? "" : why);
    platform_mutex_unlock(&shared.lock);
    return available;
}

void hardware_start(void)
{
    platform_mutex_init(&shared.lock);
}

void hardware_before_fork(void)
{
    platform_mutex_lock(&shared.lock);
}

void hardware_after_fork(void)
{
    platform_mutex_unlock(&shared.lock);
}

/* ---- contexts ------------------------------------------------------------------------------- */

static unsigned api_of(unsigned type)
{
    switch (type) {
    case RETRO_HW_CONTEXT_OPENGL:
    case RETRO_HW_CONTEXT_OPENGL_CORE:
        return EGL_API_OPENGL;
    case RETRO_HW_CONTEXT_OPENGLES2:
    case RETRO_HW_CONTEXT_OPENGLES3:
    case RETRO_HW_CONTEXT_OPENGLES_VERSION:
        return EGL_API_OPENGL_ES;
    default:
        return 0;
    }
}

static void wanted_version(const struct retro_hw_render_callback *asked, int *major, int *minor)
{
    *major = (int)asked->version_major;
    *minor = (int)asked->version_minor;
    switch ((unsigned)asked->context_type) {
    case RETRO_HW_CONTEXT_OPENGL: /* the newest that still knows the oldest functions */
        *major = *minor = 0;
        break;
    case RETRO_HW_CONTEXT_OPENGL_CORE:
        if (*major < 3)
            *major = 3, *minor = 2;
        break;
    case RETRO_HW_CONTEXT_OPENGLES2:
        *major = 2, *minor = 0;
        break;
    case RETRO_HW_CONTEXT_OPENGLES3:
        *major = 3, *minor = 0;
        break;
    default:
        if (*major < 2)
            *major = 2, *minor = 0;
    }
}

static egl_handle create_context(const struct retro_hw_render_callback *asked, unsigned api,
                                 egl_handle config)
{
    const bool core_profile = asked->context_type == RETRO_HW_CONTEXT_OPENGL_CORE;
    int32_t attributes[16];
    size_t count = 0;
    int major, minor;
    wanted_version(asked, &major, &minor);
    if (major) {
        attributes[count++] = EGL_CONTEXT_MAJOR_ATTRIBUTE;
        attributes[count++] = major;
    }
    if (shared.create_context) {
        if (major) {
            attributes[count++] = EGL_CONTEXT_MINOR_ATTRIBUTE;
            attributes[count++] = minor;
        }
        if (core_profile && (major > 3 || minor >= 2)) {
            attributes[count++] = EGL_CONTEXT_PROFILE_ATTRIBUTE;
            attributes[count++] = EGL_CORE_PROFILE;
        }
        if (asked->debug_context) {
            attributes[count++] =
                shared.version_1_5 ? EGL_CONTEXT_DEBUG_ATTRIBUTE : EGL_CONTEXT_FLAGS_ATTRIBUTE;
            attributes[count++] = EGL_DEBUG_FLAG;
        }
    }
    attributes[count] = EGL_NONE_ATTRIBUTE;
    if (!shared.egl.BindAPI(api))
        return NULL;
    return shared.egl.CreateContext(shared.display, config, NULL, attributes);
}

static bool find_config(unsigned api, egl_handle *config)
{
    const int32_t attributes[] = {
        EGL_SURFACE_TYPE_ATTRIBUTE,
        shared.no_surface ? 0 : EGL_PBUFFER_SURFACES,
        EGL_RENDERABLE_TYPE_ATTRIBUTE,
        api == EGL_API_OPENGL ? EGL_OPENGL_CONTEXTS : EGL_OPENGL_ES2_CONTEXTS,
        EGL_NONE_ATTRIBUTE,
    };
    int32_t count = 0;
    *config = NULL;
    if (shared.no_config && shared.no_surface)
        return true;
    return shared.egl.ChooseConfig(shared.display, attributes, config, 1, &count) && count > 0;
}

static void destroy_context(struct hardware_context *context)
{
    if (!context)
        return;
    if (context->context)
        shared.egl.DestroyContext(shared.display, context->context);
    if (context->surface)
        shared.egl.DestroySurface(shared.display, context->surface);
    free(context);
}

static struct hardware_context *new_context(const struct retro_hw_render_callback *asked)
{
    const int32_t small[] = {EGL_WIDTH_ATTRIBUTE, 16, EGL_HEIGHT_ATTRIBUTE, 16, EGL_NONE_ATTRIBUTE};
    struct hardware_context *context = calloc(1, sizeof *context);
    const unsigned outer_api = shared.egl.QueryAPI();
    egl_handle config;
    if (!context)
        return NULL;
    context->core = *asked;
    context->api = api_of(asked->context_type);
    if (find_config(context->api, &config)) {
        context->context = create_context(asked, context->api, config);
        if (context->context && !shared.no_surface)
            context->surface = shared.egl.CreatePbufferSurface(shared.display, config, small);
    }
    shared.egl.BindAPI(outer_api);
    if (!context->context || (!context->surface && !shared.no_surface)) {
        destroy_context(context);
        return NULL;
    }
    return context;
}

static bool is_as_asked(const struct hardware_context *context,
                        const struct retro_hw_render_callback *asked)
{
    const struct retro_hw_render_callback *core = &context->core;
    return core->context_type == asked->context_type &&
           core->version_major == asked->version_major &&
           core->version_minor == asked->version_minor && core->depth == asked->depth &&
           core->stencil == asked->stencil && core->debug_context == asked->debug_context;
}

bool hardware_make_context(struct hardware *hardware, const struct retro_hw_render_callback *asked)
{
    char reason[160];
    if (!hardware_available(reason, sizeof reason)) {
        snprintf(hardware->refusal, sizeof hardware->refusal, "%s", reason);
        return false;
    }
    /* Cores ask again when they have their context already. */
    if (hardware->next && is_as_asked(hardware->next, asked)) {
        hardware->next->core = *asked;
        return true;
    }
    if (hardware->context && is_as_asked(hardware->context, asked)) {
        destroy_context(hardware->next);
        hardware->next = NULL;
        hardware->context->core = *asked;
        return true;
    }
    struct hardware_context *made = new_context(asked);
    if (!made) {
        int major, minor;
        wanted_version(asked, &major, &minor);
        snprintf(hardware->refusal, sizeof hardware->refusal,
                 "EGL gives no context for %s%s (version %d.%d, error 0x%x)",
                 hardware_type_name((unsigned)asked->context_type),
                 asked->debug_context ? " with debugging" : "", major, minor,
                 (unsigned)shared.egl.GetError());
        return false;
    }
    destroy_context(hardware->next);
    hardware->next = made;
    return true;
}

/* ---- being current -------------------------------------------------------------------------- */

bool hardware_is_here(const struct hardware *hardware)
{
    return hardware->context && hardware->depth && hardware->thread == platform_thread_id();
}

bool hardware_enter(struct hardware *hardware)
{
    struct hardware_context *context = hardware->context;
    const struct egl *egl = &shared.egl;
    if (!context)
        return false;
    if (hardware->depth) {
        hardware->depth++;
        return true;
    }
    context->outer_api = egl->QueryAPI();
    context->outer_context = egl->GetCurrentContext();
    context->outer_display = egl->GetCurrentDisplay();
    context->outer_draw = egl->GetCurrentSurface(EGL_DRAW_SURFACE);
    context->outer_read = egl->GetCurrentSurface(EGL_READ_SURFACE);
    egl->BindAPI(context->api);
    if (!egl->MakeCurrent(shared.display, context->surface, context->surface, context->context)) {
        const int32_t error = egl->GetError();
        snprintf(hardware->failure, sizeof hardware->failure,
                 "its OpenGL context cannot be made current on this thread (EGL error 0x%x%s)",
                 (unsigned)error,
                 error == EGL_BAD_ACCESS_CODE
                     ? "; a context of another library is, use another thread"
                     : "");
        egl->BindAPI(context->outer_api);
        return false;
    }
    hardware->depth = 1;
    hardware->thread = platform_thread_id();
    if (context->wanted_width > context->width || context->wanted_height > context->height)
        egl_set_storage(context, context->wanted_width, context->wanted_height);
    return true;
}

static void leave_context(struct hardware_context *context)
{
    const struct egl *egl = &shared.egl;
    egl->MakeCurrent(shared.display, NULL, NULL, NULL);
    egl->BindAPI(context->outer_api);
    if (context->outer_context)
        egl->MakeCurrent(context->outer_display, context->outer_draw, context->outer_read,
                         context->outer_context);
}

void hardware_leave(struct hardware *hardware)
{
    if (--hardware->depth)
        return;
    hardware->thread = 0;
    leave_context(hardware->context);
}

/* ---- a core's context ----------------------------------------------------------------------- */

void hardware_context_reset(struct hardware *hardware)
{
    if (hardware->context->core.context_reset)
        hardware->context->core.context_reset();
}

void hardware_context_destroy(struct hardware *hardware)
{
    if (hardware->context->core.context_destroy)
        hardware->context->core.context_destroy();
}

void hardware_discard(struct hardware *hardware)
{
    destroy_context(hardware->context);
    hardware->context = NULL;
}

void hardware_end(struct hardware *hardware)
{
    hardware_discard(hardware);
    destroy_context(hardware->next);
    hardware->next = NULL;
}

void hardware_describe(const struct hardware *hardware, struct hardware_description *description)
{
    const struct hardware_context *context = hardware->context;
    memset(description, 0, sizeof *description);
    description->type = (unsigned)context->core.context_type;
    description->version_major = (unsigned)context->major;
    description->version_minor = (unsigned)context->minor;
    description->width = context->width;
    description->height = context->height;
    description->depth = context->core.depth;
    description->stencil = context->core.depth && context->core.stencil;
    description->bottom_left_origin = context->core.bottom_left_origin;
    description->debug = context->core.debug_context;
    memcpy(description->vendor, context->vendor, sizeof description->vendor);
    memcpy(description->renderer, context->renderer, sizeof description->renderer);
    memcpy(description->version, context->version, sizeof description->version);
}

uintptr_t hardware_framebuffer(const struct hardware *hardware)
{
    return hardware->context ? hardware->context->framebuffer : 0;
}

retro_proc_address_t RETRO_CALLCONV hardware_get_proc_address(const char *name)
{
    return name && shared.egl.GetProcAddress ? shared.egl.GetProcAddress(name) : NULL;
}
