/* OpenGL contexts without a window, and the framebuffers that cores draw into. */

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include "hardware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

#if defined(__linux__)
#define HARDWARE_EGL 1
#endif

static const char *type_name(unsigned type)
{
    static const char *const names[] = {
        "no hardware", "OpenGL",      "OpenGL ES 2", "OpenGL of the core profile",
        "OpenGL ES 3", "OpenGL ES",   "Vulkan",      "Direct3D 11",
        "Direct3D 10", "Direct3D 12", "Direct3D 9"};
    return type < sizeof names / sizeof *names ? names[type] : "an unknown kind of hardware";
}

#ifdef HARDWARE_EGL

#include "egl.h"

#include <dlfcn.h>
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

/* ---- the display ---------------------------------------------------------------------------- */

static bool has_word(const char *words, const char *word)
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
    shared.create_context = shared.version_1_5 || has_word(extensions, "EGL_KHR_create_context");
    shared.no_config = has_word(extensions, "EGL_KHR_no_config_context") ||
                       has_word(extensions, "EGL_MESA_configless_context");
    shared.no_surface = has_word(extensions, "EGL_KHR_surfaceless_context");
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
    if (!has_word(client, "EGL_EXT_platform_base"))
        get_platform_display = NULL;
    if (get_platform_display && has_word(client, "EGL_MESA_platform_surfaceless") &&
        initialise(get_platform_display(EGL_PLATFORM_SURFACELESS, NULL, NULL)))
        return;
    if (get_platform_display && query_devices && has_word(client, "EGL_EXT_platform_device")) {
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

static bool make_context(struct hardware *hardware, const struct retro_hw_render_callback *asked)
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
                 type_name((unsigned)asked->context_type),
                 asked->debug_context ? " with debugging" : "", major, minor,
                 (unsigned)shared.egl.GetError());
        return false;
    }
    destroy_context(hardware->next);
    hardware->next = made;
    return true;
}

/* ---- being current -------------------------------------------------------------------------- */

static bool set_storage(struct hardware_context *context, unsigned width, unsigned height);

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
        set_storage(context, context->wanted_width, context->wanted_height);
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

/* ---- the framebuffer ------------------------------------------------------------------------ */

static bool find_functions(struct hardware_context *context)
{
#define X(result, name, parameters)                                                                \
    context->gl.name = (result(*) parameters)shared.egl.GetProcAddress("gl" #name);                \
    if (!context->gl.name)                                                                         \
        return false;
    GL_FUNCTIONS(X)
#undef X
#define X(result, name, parameters)                                                                \
    context->gl.name = (result(*) parameters)shared.egl.GetProcAddress("gl" #name);
    GL_OPTIONAL_FUNCTIONS(X)
#undef X
    return true;
}

static bool is_at_least(const struct hardware_context *context, int major, int minor)
{
    return context->major > major || (context->major == major && context->minor >= minor);
}

/* Desktop and embedded versions that have what the other got in another version. */
static bool is_since(const struct hardware_context *context, int major, int minor,
                     int embedded_major)
{
    return context->embedded ? is_at_least(context, embedded_major, 0)
                             : is_at_least(context, major, minor);
}

static bool has_extension(const struct hardware_context *context, const char *name)
{
    const struct gl *gl = &context->gl;
    int count = 0;
    if (!is_since(context, 3, 0, 3) || !gl->GetStringi)
        return has_word((const char *)gl->GetString(GL_EXTENSIONS_STRING), name);
    gl->GetIntegerv(GL_EXTENSION_COUNT, &count);
    for (int i = 0; i < count; i++) {
        const char *extension = (const char *)gl->GetStringi(GL_EXTENSIONS_STRING, (unsigned)i);
        if (extension && strcmp(extension, name) == 0)
            return true;
    }
    return false;
}

static void learn_text(const struct hardware_context *context, unsigned name, char *copy,
                       size_t size)
{
    const char *text = (const char *)context->gl.GetString(name);
    snprintf(copy, size, "%s", text ? text : "");
}

static void learn_version(struct hardware_context *context)
{
    const char *text = context->version;
    learn_text(context, GL_VENDOR_STRING, context->vendor, sizeof context->vendor);
    learn_text(context, GL_RENDERER_STRING, context->renderer, sizeof context->renderer);
    learn_text(context, GL_VERSION_STRING, context->version, sizeof context->version);
    context->embedded = context->api == EGL_API_OPENGL_ES;
    text += strcspn(text, "0123456789");
    if (sscanf(text, "%d.%d", &context->major, &context->minor) != 2)
        context->major = 2, context->minor = 0;
    context->pack_inverted = 0;
    if (!context->embedded && has_extension(context, "GL_MESA_pack_invert"))
        context->pack_inverted = GL_PACK_INVERTED;
    if (context->embedded && has_extension(context, "GL_ANGLE_pack_reverse_row_order"))
        context->pack_inverted = GL_PACK_REVERSED;
}

static bool is_split(const struct hardware_context *context) /* reading and drawing */
{
    return is_since(context, 3, 0, 3);
}

static void clear_new_storage(struct hardware_context *context)
{
    const struct gl *gl = &context->gl;
    const bool may_discard = is_since(context, 3, 0, 3);
    const bool scissor = gl->IsEnabled(GL_SCISSOR);
    const bool discard = may_discard && gl->IsEnabled(GL_DISCARD);
    unsigned char mask[4];
    float color[4];
    gl->GetBooleanv(GL_COLOR_MASK_STATE, mask);
    gl->GetFloatv(GL_COLOR_CLEAR_STATE, color);
    gl->Disable(GL_SCISSOR);
    if (discard)
        gl->Disable(GL_DISCARD);
    if (is_split(context) && !context->embedded && gl->ColorMaski)
        gl->ColorMaski(0, 1, 1, 1, 1);
    else
        gl->ColorMask(1, 1, 1, 1);
    gl->ClearColor(0, 0, 0, 0);
    gl->Clear(GL_COLOR_BIT);
    gl->ClearColor(color[0], color[1], color[2], color[3]);
    if (is_split(context) && !context->embedded && gl->ColorMaski)
        gl->ColorMaski(0, mask[0], mask[1], mask[2], mask[3]);
    else
        gl->ColorMask(mask[0], mask[1], mask[2], mask[3]);
    if (discard)
        gl->Enable(GL_DISCARD);
    if (scissor)
        gl->Enable(GL_SCISSOR);
}

/* Gives the framebuffer memory of this size; its name and all other state stay as they were. */
static bool set_storage(struct hardware_context *context, unsigned width, unsigned height)
{
    const struct gl *gl = &context->gl;
    const bool packed = context->core.depth && context->core.stencil;
    int limit = 0, renderbuffer = 0, drawn = 0, read = 0;
    gl->GetIntegerv(GL_MAX_RENDERBUFFER_SIDE, &limit);
    if (limit <= 0 || width > (unsigned)limit || height > (unsigned)limit)
        return false;
    gl->GetIntegerv(GL_RENDERBUFFER_BOUND, &renderbuffer);
    gl->GetIntegerv(GL_FRAMEBUFFER_BOUND, &drawn);
    if (is_split(context))
        gl->GetIntegerv(GL_READ_FRAMEBUFFER_BOUND, &read);
    gl->BindRenderbuffer(GL_RENDERBUFFERS, context->color);
    gl->RenderbufferStorage(GL_RENDERBUFFERS, GL_RGBA8_STORAGE, (int)width, (int)height);
    if (context->core.depth) {
        const bool deep = !context->embedded || is_at_least(context, 3, 0) ||
                          has_extension(context, "GL_OES_depth24");
        gl->BindRenderbuffer(GL_RENDERBUFFERS, context->depth);
        gl->RenderbufferStorage(GL_RENDERBUFFERS,
                                packed ? GL_DEPTH24_STENCIL8_STORAGE
                                : deep ? GL_DEPTH24_STORAGE
                                       : GL_DEPTH16_STORAGE,
                                (int)width, (int)height);
    }
    gl->BindFramebuffer(GL_FRAMEBUFFERS, context->framebuffer);
    gl->FramebufferRenderbuffer(GL_FRAMEBUFFERS, GL_COLOR_ATTACHED, GL_RENDERBUFFERS,
                                context->color);
    if (context->core.depth)
        gl->FramebufferRenderbuffer(GL_FRAMEBUFFERS, GL_DEPTH_ATTACHED, GL_RENDERBUFFERS,
                                    context->depth);
    if (packed)
        gl->FramebufferRenderbuffer(GL_FRAMEBUFFERS, GL_STENCIL_ATTACHED, GL_RENDERBUFFERS,
                                    context->depth);
    const bool complete = gl->CheckFramebufferStatus(GL_FRAMEBUFFERS) == GL_COMPLETE;
    context->width = complete ? width : 0;
    context->height = complete ? height : 0;
    if (complete)
        clear_new_storage(context);
    gl->BindRenderbuffer(GL_RENDERBUFFERS, (unsigned)renderbuffer);
    if (is_split(context)) {
        gl->BindFramebuffer(GL_DRAW_FRAMEBUFFERS, (unsigned)drawn);
        gl->BindFramebuffer(GL_READ_FRAMEBUFFERS, (unsigned)read);
    } else {
        gl->BindFramebuffer(GL_FRAMEBUFFERS, (unsigned)drawn);
    }
    return complete;
}

static bool make_framebuffer(struct hardware *hardware, unsigned width, unsigned height)
{
    struct hardware_context *context = hardware->context;
    const struct gl *gl = &context->gl;
    if (!find_functions(context)) {
        snprintf(hardware->failure, sizeof hardware->failure,
                 "its OpenGL context has no framebuffer objects");
        return false;
    }
    learn_version(context);
    gl->GenFramebuffers(1, &context->framebuffer);
    gl->GenRenderbuffers(1, &context->color);
    if (context->core.depth)
        gl->GenRenderbuffers(1, &context->depth);
    if (!set_storage(context, width, height)) {
        snprintf(hardware->failure, sizeof hardware->failure,
                 "%s makes no framebuffer of %u x %u pixels", context->renderer, width, height);
        return false;
    }
    /* Without a surface, these begin at nothing. */
    gl->BindFramebuffer(GL_FRAMEBUFFERS, context->framebuffer);
    gl->Viewport(0, 0, (int)width, (int)height);
    gl->Scissor(0, 0, (int)width, (int)height);
    return true;
}

bool hardware_begin(struct hardware *hardware, unsigned width, unsigned height)
{
    hardware->failure[0] = 0;
    hardware->context = hardware->next;
    hardware->next = NULL;
    if (hardware_enter(hardware)) {
        const bool made = make_framebuffer(hardware, width ? width : 1, height ? height : 1);
        hardware_leave(hardware);
        if (made)
            return true;
    }
    hardware_discard(hardware);
    return false;
}

bool hardware_grow(struct hardware *hardware, unsigned width, unsigned height)
{
    struct hardware_context *context = hardware->context;
    const unsigned wide = width > context->width ? width : context->width;
    const unsigned high = height > context->height ? height : context->height;
    if (hardware_holds(hardware, width, height))
        return true;
    if (hardware_is_here(hardware))
        return set_storage(context, wide, high);
    context->wanted_width = wide; /* a thread of the core's own: when it is current again */
    context->wanted_height = high;
    return true;
}

/* XRGB8888 from bytes R, G, B, A, in the order of rows that is wanted. */

static uint32_t as_xrgb(uint32_t pixel)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return pixel >> 8;
#else
    return (pixel & 0xFF00) | (pixel >> 16 & 0xFF) | (pixel & 0xFF) << 16;
#endif
}

static void arrange(uint32_t *pixels, unsigned width, unsigned height, bool turn)
{
    const size_t size = (size_t)width * height;
    if (!turn) {
        for (size_t i = 0; i < size; i++)
            pixels[i] = as_xrgb(pixels[i]);
        return;
    }
    for (unsigned y = 0; y < (height + 1) / 2; y++) {
        uint32_t *upper = pixels + (size_t)y * width;
        uint32_t *lower = pixels + (size_t)(height - 1 - y) * width;
        for (unsigned x = 0; x < width; x++) {
            const uint32_t above = upper[x], below = lower[x];
            upper[x] = as_xrgb(below);
            lower[x] = as_xrgb(above);
        }
    }
}

struct gl_setting {
    unsigned name;
    int value, before;
};

/* glReadPixels into memory, whatever the core has set that changes where and how it writes. */
static void read_pixels(const struct hardware_context *context, void *pixels, unsigned width,
                        unsigned height, bool inverted)
{
    const struct gl *gl = &context->gl;
    const bool buffers = is_since(context, 2, 1, 3) && gl->BindBuffer;
    const bool rows = !context->embedded || is_at_least(context, 3, 0);
    const bool choice = is_since(context, 1, 0, 3) && gl->ReadBuffer;
    const bool transfer = context->core.context_type == RETRO_HW_CONTEXT_OPENGL && gl->PushAttrib &&
                          gl->PopAttrib && gl->PixelTransferf && gl->PixelTransferi;
    struct gl_setting settings[6];
    size_t count = 0;
    int framebuffer = 0, buffer = 0, source = GL_COLOR_ATTACHED;
    const unsigned target = is_split(context) ? GL_READ_FRAMEBUFFERS : GL_FRAMEBUFFERS;
    gl->GetIntegerv(is_split(context) ? GL_READ_FRAMEBUFFER_BOUND : GL_FRAMEBUFFER_BOUND,
                    &framebuffer);
    gl->BindFramebuffer(target, context->framebuffer);
    if (choice) {
        gl->GetIntegerv(GL_READ_BUFFER_STATE, &source);
        if (source != GL_COLOR_ATTACHED)
            gl->ReadBuffer(GL_COLOR_ATTACHED);
    }
    if (buffers) {
        gl->GetIntegerv(GL_PIXEL_PACK_BOUND, &buffer);
        if (buffer)
            gl->BindBuffer(GL_PIXEL_PACK, 0);
    }
    settings[count++] = (struct gl_setting){GL_PACK_ALIGNED, 4, 0};
    if (rows) {
        settings[count++] = (struct gl_setting){GL_PACK_ROW, 0, 0};
        settings[count++] = (struct gl_setting){GL_PACK_ROWS_SKIPPED, 0, 0};
        settings[count++] = (struct gl_setting){GL_PACK_PIXELS_SKIPPED, 0, 0};
    }
    if (!context->embedded)
        settings[count++] = (struct gl_setting){GL_PACK_SWAP, 0, 0};
    if (context->pack_inverted)
        settings[count++] = (struct gl_setting){context->pack_inverted, inverted, 0};
    for (size_t i = 0; i < count; i++) {
        gl->GetIntegerv(settings[i].name, &settings[i].before);
        if (settings[i].before != settings[i].value)
            gl->PixelStorei(settings[i].name, settings[i].value);
    }
    if (transfer) {
        static const unsigned scales[] = {GL_RED_SCALED, GL_GREEN_SCALED, GL_BLUE_SCALED};
        static const unsigned biases[] = {GL_RED_BIASED, GL_GREEN_BIASED, GL_BLUE_BIASED};
        gl->PushAttrib(GL_PIXEL_MODE_ATTRIBUTES);
        gl->PixelTransferi(GL_MAP_COLORS, 0);
        for (size_t i = 0; i < 3; i++) {
            gl->PixelTransferf(scales[i], 1);
            gl->PixelTransferf(biases[i], 0);
        }
    }
    gl->ReadPixels(0, 0, (int)width, (int)height, GL_RGBA_PIXELS, GL_UNSIGNED_BYTES, pixels);
    if (transfer)
        gl->PopAttrib();
    for (size_t i = 0; i < count; i++) {
        if (settings[i].before != settings[i].value)
            gl->PixelStorei(settings[i].name, settings[i].before);
    }
    if (buffer)
        gl->BindBuffer(GL_PIXEL_PACK, (unsigned)buffer);
    if (choice && source != GL_COLOR_ATTACHED)
        gl->ReadBuffer((unsigned)source);
    gl->BindFramebuffer(target, (unsigned)framebuffer);
}

bool hardware_holds(const struct hardware *hardware, unsigned width, unsigned height)
{
    const struct hardware_context *context = hardware->context;
    return context && width <= context->width && height <= context->height;
}

void hardware_read(struct hardware *hardware, uint32_t *pixels, unsigned width, unsigned height)
{
    const struct hardware_context *context = hardware->context;
    const bool inverted = context->core.bottom_left_origin && context->pack_inverted;
    read_pixels(context, pixels, width, height, inverted);
    arrange(pixels, width, height, context->core.bottom_left_origin && !inverted);
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

#else /* no EGL here */

static unsigned api_of(unsigned type)
{
    return type >= RETRO_HW_CONTEXT_OPENGL && type <= RETRO_HW_CONTEXT_OPENGLES_VERSION;
}

static bool make_context(struct hardware *hardware, const struct retro_hw_render_callback *asked)
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

#endif

/* ---- the request ---------------------------------------------------------------------------- */

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
    if (!api_of((unsigned)whole.context_type)) {
        snprintf(hardware->refusal, sizeof hardware->refusal,
                 "it asks for %s, and there is OpenGL only",
                 type_name((unsigned)whole.context_type));
        return false;
    }
    if (!make_context(hardware, &whole))
        return false;
    asked->get_current_framebuffer = whole.get_current_framebuffer;
    asked->get_proc_address = whole.get_proc_address;
    return true;
}
