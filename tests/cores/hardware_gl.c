/*
 * Draws with OpenGL what the content says: a row of six words (type, major, minor, flags, command,
 * unused) is what it asks for while it loads, then rows of (frame, operation, four numbers).
 * Refused, it draws the same pictures in software, as far as it can.
 *
 * ram: frame, answer to the request, contexts made, contexts destroyed, framebuffer, calls in
 * which the context was current (a bit each), answers of the rows from ram[16] on.
 */
#define CORE_NAME "hardware"
#define CORE_WIDTH 64
#define CORE_HEIGHT 48
#define OWN_retro_deinit
#define OWN_retro_get_system_av_info
#define OWN_retro_load_game
#define OWN_retro_reset
#define OWN_retro_run
#define OWN_retro_serialize
#define OWN_retro_unload_game
#define OWN_retro_unserialize
#include "core.h"
#ifndef _WIN32
#include <pthread.h>
#endif

enum { DEPTH = 1, STENCIL = 2, BOTTOM_LEFT = 4, DEBUG = 8, CACHE = 16 };
enum { FRAME, ANSWER, RESETS, DESTROYS, FRAMEBUFFER, CURRENT, GL_ERROR, TIDY, ROWS = 16 };
enum { IN_RUN = 1, IN_RESET = 2, IN_SERIALIZE = 4, IN_UNSERIALIZE = 8, IN_LOAD = 16 };

enum operation {
    DRAW,
    SHADE,
    DEPTHS,
    DUPE,
    SOFTWARE,
    AV_INFO,
    ASK,
    DISTURB,
    CHECK,
    SCRIBBLE,
    ROTATION,
    CAN_DUPE,
    FROM_THREAD,
    ADD,
    SEND,
    STOP
};

/* ---- OpenGL --------------------------------------------------------------------------------- */

enum {
    GL_TRIANGLES = 4,
    GL_LESS = 0x201,
    GL_EQUAL = 0x202,
    GL_FRONT_AND_BACK = 0x408,
    GL_DEPTH_BITS = 0x100,
    GL_STENCIL_BITS = 0x400,
    GL_COLOR_BITS = 0x4000,
    GL_DEPTH_TEST = 0xB71,
    GL_STENCIL_TEST = 0xB90,
    GL_READ_BUFFER = 0xC02,
    GL_SCISSOR_TEST = 0xC11,
    GL_COLOR_CLEAR_VALUE = 0xC22,
    GL_COLOR_WRITEMASK = 0xC23,
    GL_PACK_ROW_LENGTH = 0xD02,
    GL_PACK_SKIP_ROWS = 0xD03,
    GL_PACK_SKIP_PIXELS = 0xD04,
    GL_PACK_ALIGNMENT = 0xD05,
    GL_RED_SCALE = 0xD14,
    GL_GREEN_BIAS = 0xD19,
    GL_FLOAT = 0x1406,
    GL_RGBA = 0x1908,
    GL_UNSIGNED_BYTE = 0x1401,
    GL_VERSION = 0x1F02,
    GL_PACK_INVERT = 0x8758,
    GL_ARRAY_BUFFER = 0x8892,
    GL_STATIC_DRAW = 0x88E4,
    GL_PIXEL_PACK_BUFFER = 0x88EB,
    GL_PIXEL_PACK_BUFFER_BINDING = 0x88ED,
    GL_FRAGMENT_SHADER = 0x8B30,
    GL_VERTEX_SHADER = 0x8B31,
    GL_COMPILE_STATUS = 0x8B81,
    GL_RASTERIZER_DISCARD = 0x8C89,
    GL_DRAW_FRAMEBUFFER_BINDING = 0x8CA6,
    GL_RENDERBUFFER_BINDING = 0x8CA7,
    GL_READ_FRAMEBUFFER = 0x8CA8,
    GL_DRAW_FRAMEBUFFER = 0x8CA9,
    GL_READ_FRAMEBUFFER_BINDING = 0x8CAA,
    GL_COLOR_ATTACHMENT0 = 0x8CE0,
    GL_FRAMEBUFFER = 0x8D40,
    GL_RENDERBUFFER = 0x8D41,
    GL_RGBA8 = 0x8058
};

#define FUNCTIONS(X)                                                                               \
    X(const unsigned char *, GetString, (unsigned))                                                \
    X(unsigned, GetError, (void))                                                                  \
    X(void, BindFramebuffer, (unsigned, unsigned))                                                 \
    X(void, BindRenderbuffer, (unsigned, unsigned))                                                \
    X(void, RenderbufferStorage, (unsigned, unsigned, int, int))                                   \
    X(void, FramebufferRenderbuffer, (unsigned, unsigned, unsigned, unsigned))                     \
    X(void, GenFramebuffers, (int, unsigned *))                                                    \
    X(void, GenRenderbuffers, (int, unsigned *))                                                   \
    X(void, Viewport, (int, int, int, int))                                                        \
    X(void, Scissor, (int, int, int, int))                                                         \
    X(void, Enable, (unsigned))                                                                    \
    X(void, Disable, (unsigned))                                                                   \
    X(unsigned char, IsEnabled, (unsigned))                                                        \
    X(void, Clear, (unsigned))                                                                     \
    X(void, ClearColor, (float, float, float, float))                                              \
    X(void, ClearStencil, (int))                                                                   \
    X(void, ColorMask, (unsigned char, unsigned char, unsigned char, unsigned char))               \
    X(void, GetFloatv, (unsigned, float *))                                                        \
    X(void, GetBooleanv, (unsigned, unsigned char *))                                              \
    X(void, GetIntegerv, (unsigned, int *))                                                        \
    X(void, PixelStorei, (unsigned, int))                                                          \
    X(void, DepthFunc, (unsigned))                                                                 \
    X(void, StencilFunc, (unsigned, int, unsigned))                                                \
    X(unsigned, CreateShader, (unsigned))                                                          \
    X(void, ShaderSource, (unsigned, int, const char *const *, const int *))                       \
    X(void, CompileShader, (unsigned))                                                             \
    X(void, GetShaderiv, (unsigned, unsigned, int *))                                              \
    X(void, GetShaderInfoLog, (unsigned, int, int *, char *))                                      \
    X(unsigned, CreateProgram, (void))                                                             \
    X(void, AttachShader, (unsigned, unsigned))                                                    \
    X(void, BindAttribLocation, (unsigned, unsigned, const char *))                                \
    X(void, LinkProgram, (unsigned))                                                               \
    X(void, UseProgram, (unsigned))                                                                \
    X(int, GetUniformLocation, (unsigned, const char *))                                           \
    X(void, Uniform4f, (int, float, float, float, float))                                          \
    X(void, GenBuffers, (int, unsigned *))                                                         \
    X(void, BindBuffer, (unsigned, unsigned))                                                      \
    X(void, BufferData, (unsigned, ptrdiff_t, const void *, unsigned))                             \
    X(void, EnableVertexAttribArray, (unsigned))                                                   \
    X(void, VertexAttribPointer, (unsigned, int, unsigned, unsigned char, int, const void *))      \
    X(void, DrawArrays, (unsigned, int, int))                                                      \
    X(void, GenVertexArrays, (int, unsigned *))                                                    \
    X(void, BindVertexArray, (unsigned))                                                           \
    X(void, ReadBuffer, (unsigned))                                                                \
    X(void, PixelTransferf, (unsigned, float))

static struct {
#define X(result, name, parameters) result(*name) parameters;
    FUNCTIONS(X)
#undef X
} gl;

static struct retro_hw_render_callback hardware;
static bool has_hardware;
static unsigned program, max_width = CORE_WIDTH, max_height = CORE_HEIGHT;
static unsigned other_framebuffer, other_color, pack_buffer;
static unsigned resets, destroys, current_in;

static bool is_embedded(void)
{
    return hardware.context_type == RETRO_HW_CONTEXT_OPENGLES2 ||
           hardware.context_type == RETRO_HW_CONTEXT_OPENGLES3 ||
           hardware.context_type == RETRO_HW_CONTEXT_OPENGLES_VERSION;
}

static bool is_current(void)
{
    return has_hardware && gl.GetString && gl.GetString(GL_VERSION) != NULL;
}

static void witness(unsigned where)
{
    if (is_current()) {
        current_in |= where;
    }
}

static unsigned compile(unsigned kind, const char *head, const char *body)
{
    const char *texts[] = {head, body};
    char problem[512] = "";
    int done = 0;
    unsigned shader = gl.CreateShader(kind);
    gl.ShaderSource(shader, 2, texts, NULL);
    gl.CompileShader(shader);
    gl.GetShaderiv(shader, GL_COMPILE_STATUS, &done);
    if (!done) {
        gl.GetShaderInfoLog(shader, sizeof problem, NULL, problem);
        note("shader=%s", problem);
    }
    return shader;
}

static void make_program(void)
{
    static const float corners[] = {-1, -1, 3, -1, -1, 3};
    unsigned buffer, array;
    const bool modern = hardware.context_type != RETRO_HW_CONTEXT_OPENGL &&
                        hardware.context_type != RETRO_HW_CONTEXT_OPENGLES2;
    const char *vertex = modern          ? is_embedded() ? "#version 300 es\n#define attribute in\n"
                                                         : "#version 150\n#define attribute in\n"
                         : is_embedded() ? "#version 100\n"
                                         : "#version 120\n";
    const char *fragment =
        modern ? is_embedded() ? "#version 300 es\nprecision highp float;\nout vec4 color;\n"
                               : "#version 150\nout vec4 color;\n"
        : is_embedded() ? "#version 100\nprecision highp float;\n#define color gl_FragColor\n"
                        : "#version 120\n#define color gl_FragColor\n";
    program = gl.CreateProgram();
    gl.AttachShader(program, compile(GL_VERTEX_SHADER, vertex,
                                     "attribute vec2 corner;\n"
                                     "uniform vec4 place;\n"
                                     "void main() { gl_Position = vec4(corner, place.x, 1.0); }"));
    gl.AttachShader(program, compile(GL_FRAGMENT_SHADER, fragment,
                                     "uniform vec4 tint;\n"
                                     "void main() {\n"
                                     "    vec2 place = floor(gl_FragCoord.xy) / 255.0;\n"
                                     "    color = tint.a > 0.0 ? tint : vec4(place, tint.b, 1.0);\n"
                                     "}"));
    gl.BindAttribLocation(program, 0, "corner");
    gl.LinkProgram(program);
    if (modern) {
        gl.GenVertexArrays(1, &array);
        gl.BindVertexArray(array);
    }
    gl.GenBuffers(1, &buffer);
    gl.BindBuffer(GL_ARRAY_BUFFER, buffer);
    gl.BufferData(GL_ARRAY_BUFFER, sizeof corners, corners, GL_STATIC_DRAW);
    gl.EnableVertexAttribArray(0);
    gl.VertexAttribPointer(0, 2, GL_FLOAT, 0, 0, NULL);
}

static void context_reset(void)
{
    resets++;
#define X(result, name, parameters)                                                                \
    gl.name = (result(*) parameters)hardware.get_proc_address("gl" #name);
    FUNCTIONS(X)
#undef X
    note("version=%s", is_current() ? (const char *)gl.GetString(GL_VERSION) : "none");
    note("nonsense=%d", hardware.get_proc_address("noSuchFunction") != NULL);
    make_program();
}

static void context_destroy(void)
{
    destroys++;
    log_printf(RETRO_LOG_INFO, "context destroyed, %s", is_current() ? "current" : "not current");
}

static bool ask(unsigned type, unsigned major, unsigned minor, unsigned flags, unsigned command)
{
    struct retro_hw_render_callback asked;
    memset(&asked, 0, sizeof asked);
    asked.context_type = (enum retro_hw_context_type)type;
    asked.version_major = major;
    asked.version_minor = minor;
    asked.depth = (flags & DEPTH) != 0;
    asked.stencil = (flags & STENCIL) != 0;
    asked.bottom_left_origin = (flags & BOTTOM_LEFT) != 0;
    asked.debug_context = (flags & DEBUG) != 0;
    asked.cache_context = (flags & CACHE) != 0;
    asked.context_reset = context_reset;
    asked.context_destroy = context_destroy;
    bool answer = environment(command, &asked);
    note("filled=%d", asked.get_current_framebuffer && asked.get_proc_address);
    if (answer && type != RETRO_HW_CONTEXT_NONE) {
        hardware = asked;
        has_hardware = true;
    }
    return answer;
}

/* ---- pictures ------------------------------------------------------------------------------- */

static uint32_t software[512 * 512];
static unsigned drawn_width;

static void fill(unsigned left, unsigned top, unsigned width, unsigned height,
                 unsigned picture_height, uint32_t color)
{
    if (!has_hardware) {
        for (unsigned y = top; y < top + height; y++) {
            for (unsigned x = left; x < left + width; x++) {
                software[y * drawn_width + x] = color;
            }
        }
        return;
    }
    const unsigned low = hardware.bottom_left_origin ? picture_height - top - height : top;
    gl.Scissor((int)left, (int)low, (int)width, (int)height);
    gl.ClearColor((float)(color >> 16 & 255) / 255, (float)(color >> 8 & 255) / 255,
                  (float)(color & 255) / 255, 1);
    gl.Clear(GL_COLOR_BITS);
}

static void begin(unsigned width, unsigned height)
{
    drawn_width = width;
    if (has_hardware) {
        ram[FRAMEBUFFER] = (uint32_t)hardware.get_current_framebuffer();
        gl.BindFramebuffer(GL_FRAMEBUFFER, ram[FRAMEBUFFER]);
        gl.Viewport(0, 0, (int)width, (int)height);
        gl.Enable(GL_SCISSOR_TEST);
    }
}

static void send(unsigned width, unsigned height)
{
    video(has_hardware ? RETRO_HW_FRAME_BUFFER_VALID : software, width, height,
          has_hardware ? 0 : width * 4);
}

/* Different in each corner, so that nothing can be turned or moved unnoticed. */
static void draw(unsigned width, unsigned height, unsigned seed)
{
    begin(width, height);
    fill(0, 0, width, height, height, 0x102030 + seed);
    fill(0, 0, width / 2, height / 3, height, 0xC00000 + seed);
    fill(width - 5, 0, 5, 2, height, 0x00C000 + seed);
    fill(0, height - 1, 3, 1, height, 0x0000C0 + seed);
}

static void use_program(float depth, float red, float green, float blue, float alpha)
{
    gl.UseProgram(program);
    gl.Uniform4f(gl.GetUniformLocation(program, "place"), depth, 0, 0, 0);
    gl.Uniform4f(gl.GetUniformLocation(program, "tint"), red, green, blue, alpha);
    gl.DrawArrays(GL_TRIANGLES, 0, 3);
}

static void shade(unsigned width, unsigned height, unsigned seed)
{
    begin(width, height);
    gl.Disable(GL_SCISSOR_TEST);
    use_program(0, 0, 0, (float)seed / 255, 0);
}

/* Green behind red on the left half where there is depth, blue on the middle third of stencil. */
static void depths(unsigned width, unsigned height)
{
    begin(width, height);
    gl.Scissor(0, 0, (int)width, (int)height);
    gl.ClearStencil(0);
    gl.Clear(GL_COLOR_BITS | GL_DEPTH_BITS | GL_STENCIL_BITS);
    gl.Enable(GL_DEPTH_TEST);
    gl.DepthFunc(GL_LESS);
    gl.Scissor(0, 0, (int)width / 2, (int)height);
    use_program(-0.5f, 1, 0, 0, 1);
    gl.Scissor(0, 0, (int)width, (int)height);
    use_program(0.5f, 0, 1, 0, 1);
    gl.Disable(GL_DEPTH_TEST);
    gl.Scissor((int)width / 3, 0, (int)width / 3, (int)height);
    gl.ClearStencil(1);
    gl.Clear(GL_STENCIL_BITS);
    gl.Scissor(0, 0, (int)width, (int)height);
    gl.Enable(GL_STENCIL_TEST);
    gl.StencilFunc(GL_EQUAL, 1, 255);
    use_program(0, 0, 0, 1, 1);
    gl.Disable(GL_STENCIL_TEST);
}

/* ---- state that a frontend must not mind, and must leave alone ------------------------------ */

static bool has_pack_rows(void)
{
    return hardware.context_type != RETRO_HW_CONTEXT_OPENGLES2;
}

static void disturb(void)
{
    gl.PixelStorei(GL_PACK_ALIGNMENT, 8);
    if (has_pack_rows()) {
        gl.PixelStorei(GL_PACK_ROW_LENGTH, 777);
        gl.PixelStorei(GL_PACK_SKIP_ROWS, 3);
        gl.PixelStorei(GL_PACK_SKIP_PIXELS, 5);
        gl.GenBuffers(1, &pack_buffer);
        gl.BindBuffer(GL_PIXEL_PACK_BUFFER, pack_buffer);
        gl.BufferData(GL_PIXEL_PACK_BUFFER, 64, NULL, GL_STATIC_DRAW);
        gl.ReadBuffer(0);
    }
    if (hardware.context_type == RETRO_HW_CONTEXT_OPENGL) {
        gl.PixelTransferf(GL_RED_SCALE, 0.25f);
        gl.PixelTransferf(GL_GREEN_BIAS, 0.5f);
        gl.PixelStorei(GL_PACK_INVERT, 1);
    }
    gl.GenRenderbuffers(1, &other_color);
    gl.BindRenderbuffer(GL_RENDERBUFFER, other_color);
    gl.RenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, 8, 8);
    gl.GenFramebuffers(1, &other_framebuffer);
    gl.BindFramebuffer(GL_FRAMEBUFFER, other_framebuffer);
    gl.FramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, other_color);
    gl.ColorMask(1, 0, 1, 0);
    gl.ClearColor(0.25f, 0.5f, 0.75f, 1);
    gl.Enable(GL_SCISSOR_TEST);
    gl.Scissor(1, 2, 3, 4);
    if (has_pack_rows()) {
        gl.Enable(GL_RASTERIZER_DISCARD);
    }
    gl.Enable(0xFFFF); /* an error that stays until somebody asks */
}

static int setting(unsigned name)
{
    int value = -1;
    gl.GetIntegerv(name, &value);
    return value;
}

static bool is_undisturbed(void)
{
    float color[4];
    unsigned char mask[4];
    float scale = 0.25f, bias = 0.5f;
    gl.GetFloatv(GL_COLOR_CLEAR_VALUE, color);
    gl.GetBooleanv(GL_COLOR_WRITEMASK, mask);
    if (hardware.context_type == RETRO_HW_CONTEXT_OPENGL) {
        gl.GetFloatv(GL_RED_SCALE, &scale);
        gl.GetFloatv(GL_GREEN_BIAS, &bias);
        if (setting(GL_PACK_INVERT) != 1) {
            return false;
        }
    }
    if (has_pack_rows() && (setting(GL_PACK_ROW_LENGTH) != 777 || setting(GL_PACK_SKIP_ROWS) != 3 ||
                            setting(GL_PACK_SKIP_PIXELS) != 5 ||
                            setting(GL_PIXEL_PACK_BUFFER_BINDING) != (int)pack_buffer ||
                            setting(GL_READ_FRAMEBUFFER_BINDING) != (int)other_framebuffer ||
                            !gl.IsEnabled(GL_RASTERIZER_DISCARD))) {
        return false;
    }
    if (has_pack_rows()) { /* that of the frontend's framebuffer */
        gl.BindFramebuffer(GL_READ_FRAMEBUFFER, ram[FRAMEBUFFER]);
        if (setting(GL_READ_BUFFER) != 0) {
            return false;
        }
        gl.BindFramebuffer(GL_READ_FRAMEBUFFER, other_framebuffer);
    }
    return setting(GL_PACK_ALIGNMENT) == 8 &&
           setting(GL_DRAW_FRAMEBUFFER_BINDING) == (int)other_framebuffer &&
           setting(GL_RENDERBUFFER_BINDING) == (int)other_color && color[0] == 0.25f &&
           color[1] == 0.5f && color[2] == 0.75f && mask[0] && !mask[1] && mask[2] && !mask[3] &&
           gl.IsEnabled(GL_SCISSOR_TEST) && scale == 0.25f && bias == 0.5f;
}

static void set_right(void)
{
    gl.ColorMask(1, 1, 1, 1);
    if (has_pack_rows()) {
        gl.Disable(GL_RASTERIZER_DISCARD);
    }
}

/* ---- the core ------------------------------------------------------------------------------- */

#ifndef _WIN32
static void *send_picture(void *size)
{
    send(((unsigned *)size)[0], ((unsigned *)size)[1]);
    return NULL;
}
#endif

static void send_from_thread(unsigned width, unsigned height)
{
#ifndef _WIN32
    pthread_t thread;
    unsigned size[] = {width, height};
    if (pthread_create(&thread, NULL, send_picture, size) == 0) {
        pthread_join(thread, NULL);
    }
#else
    send(width, height);
#endif
}

static uint32_t perform(unsigned operation, const uint32_t *numbers)
{
    const uint32_t width = numbers[0], height = numbers[1], seed = numbers[2];
    bool can_dupe = false;
    struct retro_system_av_info info = {{width, height, width, height, 0},
                                        {CORE_FPS, CORE_SAMPLE_RATE}};
    switch (operation) {
    case DRAW:
        draw(width, height, seed);
        send(width, height);
        return 0;
    case SHADE:
        if (has_hardware) {
            shade(width, height, seed);
            send(width, height);
        }
        return 0;
    case DEPTHS:
        if (has_hardware) {
            depths(width, height);
            send(width, height);
        }
        return 0;
    case DUPE:
        video(NULL, width, height, 0);
        return 0;
    case SOFTWARE: {
        const bool before = has_hardware;
        has_hardware = false;
        draw(width, height, seed);
        send(width, height);
        has_hardware = before;
        return 0;
    }
    case AV_INFO:
        return environment(RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO, &info);
    case ASK:
        return ask(numbers[0], numbers[1], numbers[2], numbers[3], RETRO_ENVIRONMENT_SET_HW_RENDER);
    case DISTURB:
        disturb();
        return 0;
    case CHECK:
        ram[TIDY] = is_undisturbed();
        ram[GL_ERROR] = gl.GetError();
        set_right();
        return ram[TIDY];
    case SCRIBBLE:
        begin(width, height);
        fill(0, 0, width, height, height, 0xABCDEF);
        return 0;
    case ROTATION:
        return environment(RETRO_ENVIRONMENT_SET_ROTATION, (void *)numbers);
    case CAN_DUPE:
        return environment(RETRO_ENVIRONMENT_GET_CAN_DUPE, &can_dupe);
    case FROM_THREAD:
        draw(width, height, seed);
        send_from_thread(width, height);
        return 0;
    case ADD: /* to what has been drawn before: numbers are left, top, size, height */
        begin(numbers[3] & 0xFFFF, numbers[3] >> 16);
        fill(numbers[0], numbers[1], numbers[2], numbers[2], numbers[3] >> 16, 0xFFFF00);
        send(numbers[3] & 0xFFFF, numbers[3] >> 16);
        return 0;
    case SEND:
        send(width, height);
        return 0;
    case STOP:
        exit(3);
    default:
        return 0;
    }
}

void retro_get_system_av_info(struct retro_system_av_info *info)
{
    info->geometry.base_width = info->geometry.max_width = max_width;
    info->geometry.base_height = info->geometry.max_height = max_height;
    info->geometry.aspect_ratio = 0;
    info->timing.fps = CORE_FPS;
    info->timing.sample_rate = CORE_SAMPLE_RATE;
}

static void tell(void)
{
    ram[FRAME] = frame_number;
    ram[RESETS] = resets;
    ram[DESTROYS] = destroys;
    ram[CURRENT] = current_in;
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    if (content_size < 24) {
        return true;
    }
    if (content_word(5)) {
        max_width = content_word(5) & 0xFFFF;
        max_height = content_word(5) >> 16;
    }
    if (content_word(4)) {
        ram[ANSWER] = ask(content_word(0), content_word(1), content_word(2), content_word(3),
                          content_word(4));
    }
    return true;
}

void retro_run(void)
{
    input_poll();
    witness(IN_RUN);
    for (unsigned row = 0; 24 * (size_t)row + 24 < content_size; row++) {
        uint32_t words[6];
        for (unsigned i = 0; i < 6; i++) {
            words[i] = content_word(6 * row + 6 + i);
        }
        if (words[0] == frame_number) {
            ram[ROWS + row % (CORE_RAM_WORDS - ROWS)] = perform(words[1], words + 2);
        }
    }
    frame_number++;
    tell();
}

void retro_reset(void)
{
    witness(IN_RESET);
    frame_number = 0;
    tell();
}

bool retro_serialize(void *data, size_t size)
{
    witness(IN_SERIALIZE);
    if (size < sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(data, ram, sizeof ram);
    memcpy((uint8_t *)data + sizeof ram, &frame_number, sizeof frame_number);
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    witness(IN_UNSERIALIZE);
    if (size != sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(ram, data, sizeof ram);
    memcpy(&frame_number, (const uint8_t *)data + sizeof ram, sizeof frame_number);
    return true;
}

void retro_unload_game(void)
{
    log_printf(RETRO_LOG_INFO, "unloaded after %u contexts were destroyed", destroys);
}

void retro_deinit(void)
{
    log_printf(RETRO_LOG_INFO, "deinitialised");
}
