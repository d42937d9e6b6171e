/* The parts of EGL and OpenGL that drawing without a window needs: types, and numbers from the
   Khronos registries. The libraries are opened when a core first asks for a context. */
#ifndef PYLIBRETRO_EGL_H
#define PYLIBRETRO_EGL_H

#include <stdint.h>

/* ---- EGL ------------------------------------------------------------------------------------ */

typedef void *egl_handle; /* a display, a context, a surface, a configuration, a device */

enum {
    EGL_SUCCESS_CODE = 0x3000,
    EGL_BAD_ACCESS_CODE = 0x3002,
    EGL_DEPTH_SIZE_ATTRIBUTE = 0x3025,
    EGL_SURFACE_TYPE_ATTRIBUTE = 0x3033,
    EGL_NONE_ATTRIBUTE = 0x3038,
    EGL_RENDERABLE_TYPE_ATTRIBUTE = 0x3040,
    EGL_EXTENSIONS_STRING = 0x3055,
    EGL_HEIGHT_ATTRIBUTE = 0x3056,
    EGL_WIDTH_ATTRIBUTE = 0x3057,
    EGL_DRAW_SURFACE = 0x3059,
    EGL_READ_SURFACE = 0x305A,
    EGL_CONTEXT_MAJOR_ATTRIBUTE = 0x3098,
    EGL_API_OPENGL_ES = 0x30A0,
    EGL_API_OPENGL = 0x30A2,
    EGL_CONTEXT_MINOR_ATTRIBUTE = 0x30FB,
    EGL_CONTEXT_FLAGS_ATTRIBUTE = 0x30FC,
    EGL_CONTEXT_PROFILE_ATTRIBUTE = 0x30FD,
    EGL_PLATFORM_DEVICE = 0x313F,
    EGL_CONTEXT_DEBUG_ATTRIBUTE = 0x31B0,
    EGL_PLATFORM_SURFACELESS = 0x31DD
};

enum { EGL_PBUFFER_SURFACES = 0x0001 };
enum { EGL_OPENGL_ES2_CONTEXTS = 0x0004, EGL_OPENGL_CONTEXTS = 0x0008 };
enum { EGL_DEBUG_FLAG = 0x0001 };
enum { EGL_CORE_PROFILE = 0x0001, EGL_COMPATIBILITY_PROFILE = 0x0002 };

#define EGL_FUNCTIONS(X)                                                                           \
    X(int32_t, GetError, (void))                                                                   \
    X(egl_handle, GetDisplay, (void *))                                                            \
    X(unsigned, Initialize, (egl_handle, int32_t *, int32_t *))                                    \
    X(const char *, QueryString, (egl_handle, int32_t))                                            \
    X(unsigned, ChooseConfig, (egl_handle, const int32_t *, egl_handle *, int32_t, int32_t *))     \
    X(egl_handle, CreatePbufferSurface, (egl_handle, egl_handle, const int32_t *))                 \
    X(unsigned, DestroySurface, (egl_handle, egl_handle))                                          \
    X(unsigned, BindAPI, (unsigned))                                                               \
    X(unsigned, QueryAPI, (void))                                                                  \
    X(egl_handle, CreateContext, (egl_handle, egl_handle, egl_handle, const int32_t *))            \
    X(unsigned, DestroyContext, (egl_handle, egl_handle))                                          \
    X(unsigned, MakeCurrent, (egl_handle, egl_handle, egl_handle, egl_handle))                     \
    X(egl_handle, GetCurrentContext, (void))                                                       \
    X(egl_handle, GetCurrentDisplay, (void))                                                       \
    X(egl_handle, GetCurrentSurface, (int32_t))                                                    \
    X(egl_procedure, GetProcAddress, (const char *))

typedef void (*egl_procedure)(void);
typedef egl_handle (*egl_get_platform_display)(unsigned, void *, const int32_t *);
typedef unsigned (*egl_query_devices)(int32_t, egl_handle *, int32_t *);

struct egl {
#define X(result, name, parameters) result(*name) parameters;
    EGL_FUNCTIONS(X)
#undef X
};

/* ---- OpenGL and OpenGL ES ------------------------------------------------------------------- */

enum {
    GL_DEPTH_COMPONENT_BIT = 0x00000100,
    GL_STENCIL_BIT = 0x00000400,
    GL_COLOR_BIT = 0x00004000,
    GL_PIXEL_MODE_ATTRIBUTES = 0x00000020,

    GL_READ_BUFFER_STATE = 0x0C02,
    GL_SCISSOR = 0x0C11,
    GL_COLOR_CLEAR_STATE = 0x0C22,
    GL_COLOR_MASK_STATE = 0x0C23,
    GL_PACK_SWAP = 0x0D00,
    GL_PACK_ROW = 0x0D02,
    GL_PACK_ROWS_SKIPPED = 0x0D03,
    GL_PACK_PIXELS_SKIPPED = 0x0D04,
    GL_PACK_ALIGNED = 0x0D05,
    GL_MAP_COLORS = 0x0D10,
    GL_RED_SCALED = 0x0D14,
    GL_RED_BIASED = 0x0D15,
    GL_GREEN_SCALED = 0x0D18,
    GL_GREEN_BIASED = 0x0D19,
    GL_BLUE_SCALED = 0x0D1A,
    GL_BLUE_BIASED = 0x0D1B,
    GL_UNSIGNED_BYTES = 0x1401,
    GL_RGBA_PIXELS = 0x1908,
    GL_VENDOR_STRING = 0x1F00,
    GL_RENDERER_STRING = 0x1F01,
    GL_VERSION_STRING = 0x1F02,
    GL_EXTENSIONS_STRING = 0x1F03,
    GL_RGBA8_STORAGE = 0x8058,
    GL_DEPTH16_STORAGE = 0x81A5,
    GL_DEPTH24_STORAGE = 0x81A6,
    GL_EXTENSION_COUNT = 0x821D,
    GL_MAX_RENDERBUFFER_SIDE = 0x84E8,
    GL_PACK_INVERTED = 0x8758,
    GL_PIXEL_PACK = 0x88EB,
    GL_PIXEL_PACK_BOUND = 0x88ED,
    GL_DEPTH24_STENCIL8_STORAGE = 0x88F0,
    GL_DISCARD = 0x8C89,
    GL_FRAMEBUFFER_BOUND = 0x8CA6, /* the one that is drawn to */
    GL_RENDERBUFFER_BOUND = 0x8CA7,
    GL_READ_FRAMEBUFFERS = 0x8CA8,
    GL_DRAW_FRAMEBUFFERS = 0x8CA9,
    GL_READ_FRAMEBUFFER_BOUND = 0x8CAA,
    GL_COMPLETE = 0x8CD5,
    GL_COLOR_ATTACHED = 0x8CE0,
    GL_DEPTH_ATTACHED = 0x8D00,
    GL_STENCIL_ATTACHED = 0x8D20,
    GL_FRAMEBUFFERS = 0x8D40,
    GL_RENDERBUFFERS = 0x8D41,
    GL_PACK_REVERSED = 0x93A4 /* what OpenGL ES calls inverted */
};

#define GL_FUNCTIONS(X)                                                                            \
    X(void, BindFramebuffer, (unsigned, unsigned))                                                 \
    X(void, BindRenderbuffer, (unsigned, unsigned))                                                \
    X(unsigned, CheckFramebufferStatus, (unsigned))                                                \
    X(void, Clear, (unsigned))                                                                     \
    X(void, ClearColor, (float, float, float, float))                                              \
    X(void, ColorMask, (unsigned char, unsigned char, unsigned char, unsigned char))               \
    X(void, Disable, (unsigned))                                                                   \
    X(void, Enable, (unsigned))                                                                    \
    X(void, FramebufferRenderbuffer, (unsigned, unsigned, unsigned, unsigned))                     \
    X(void, GenFramebuffers, (int, unsigned *))                                                    \
    X(void, GenRenderbuffers, (int, unsigned *))                                                   \
    X(void, GetBooleanv, (unsigned, unsigned char *))                                              \
    X(void, GetFloatv, (unsigned, float *))                                                        \
    X(void, GetIntegerv, (unsigned, int *))                                                        \
    X(const unsigned char *, GetString, (unsigned))                                                \
    X(unsigned char, IsEnabled, (unsigned))                                                        \
    X(void, PixelStorei, (unsigned, int))                                                          \
    X(void, ReadPixels, (int, int, int, int, unsigned, unsigned, void *))                          \
    X(void, RenderbufferStorage, (unsigned, unsigned, int, int))                                   \
    X(void, Scissor, (int, int, int, int))                                                         \
    X(void, Viewport, (int, int, int, int))

/* Not in every kind and version of context. */
#define GL_OPTIONAL_FUNCTIONS(X)                                                                   \
    X(void, BindBuffer, (unsigned, unsigned))                                                      \
    X(void, ColorMaski, (unsigned, unsigned char, unsigned char, unsigned char, unsigned char))    \
    X(const unsigned char *, GetStringi, (unsigned, unsigned))                                     \
    X(void, PixelTransferf, (unsigned, float))                                                     \
    X(void, PixelTransferi, (unsigned, int))                                                       \
    X(void, PopAttrib, (void))                                                                     \
    X(void, PushAttrib, (unsigned))                                                                \
    X(void, ReadBuffer, (unsigned))

struct gl {
#define X(result, name, parameters) result(*name) parameters;
    GL_FUNCTIONS(X)
    GL_OPTIONAL_FUNCTIONS(X)
#undef X
};

#endif
