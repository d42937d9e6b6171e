/* The framebuffer that a core draws into, and what is read back from it. */
#include "egl_context.h"

#include <stdio.h>
#include <string.h>

static bool find_functions(struct hardware_context *context)
{
#define X(result, name, parameters)                                                                \
    context->gl.name = (result(*) parameters)hardware_get_proc_address("gl" #name);                \
    if (!context->gl.name)                                                                         \
        return false;
    GL_FUNCTIONS(X)
#undef X
#define X(result, name, parameters)                                                                \
    context->gl.name = (result(*) parameters)hardware_get_proc_address("gl" #name);
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
        return egl_has_word((const char *)gl->GetString(GL_EXTENSIONS_STRING), name);
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

bool egl_set_storage(struct hardware_context *context, unsigned width, unsigned height)
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
    if (!egl_set_storage(context, width, height)) {
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
        return egl_set_storage(context, wide, high);
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
