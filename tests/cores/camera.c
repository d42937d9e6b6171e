/* Looks through a camera. Bytes of content: bits of retro_camera_buffer, width, height, the frame
 * in which to ask (0: while loading), the frame in which to start, the frame in which to stop.
 * Notes "frame: what" of all that happens, and logs it. RAM: answers to asking and starting,
 * pictures seen, and the sum of their first pixels. */
#define CORE_NAME "camera"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_unload_game
#include "core.h"

enum { OFFERED, STARTED, SEEN, SUM };

static struct retro_camera_callback camera;

static void say(const char *what)
{
    note("%u: %s", (unsigned)frame_number, what);
    log_printf(RETRO_LOG_INFO, "%u: %s\n", (unsigned)frame_number, what);
}

static void RETRO_CALLCONV initialized(void)
{
    say("initialized");
}

static void RETRO_CALLCONV deinitialized(void)
{
    say("deinitialized");
}

static void RETRO_CALLCONV see(const uint32_t *buffer, unsigned width, unsigned height,
                               size_t pitch)
{
    const uint32_t *last = (const uint32_t *)((const uint8_t *)buffer + (height - 1) * pitch);
    note("%u: %ux%u by %u, %06x to %06x", (unsigned)frame_number, width, height, (unsigned)pitch,
         (unsigned)buffer[0], (unsigned)last[width - 1]);
    ram[SEEN]++;
    ram[SUM] += buffer[0];
}

static void ask(void)
{
    camera.caps = content_byte(0);
    camera.width = content_byte(1);
    camera.height = content_byte(2);
    camera.frame_raw_framebuffer = see;
    camera.initialized = initialized;
    camera.deinitialized = deinitialized;
    ram[OFFERED] = environment(RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE, &camera);
    if (!ram[OFFERED] && (camera.start || camera.stop)) {
        note("refused, but written to");
    }
    if (environment(RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE, NULL)) {
        note("NULL was accepted");
    }
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    if (!content_byte(3)) {
        ask();
    }
    return true;
}

void retro_run(void)
{
    frame_number++;
    if (content_byte(3) == frame_number) {
        ask();
    }
    if (content_byte(4) == frame_number && camera.start) {
        ram[STARTED] = camera.start();
    }
    if (content_byte(5) == frame_number && camera.stop) {
        camera.stop();
    }
    show_frame_number();
}

void retro_unload_game(void)
{
    say("unloaded");
}
