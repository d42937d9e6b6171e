/*
 * Save states in the manner of content[0]. ram[1] counts serialize calls, ram[2] the last size
 * given, ram[3] sizes asked, ram[4] the last savestate context, ram[5] its answer.
 */
#define CORE_NAME "states"
#define OWN_retro_run
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

enum {
    PLAIN,
    GROWS, /* a byte a frame */
    REFUSES_SAVE,
    REFUSES_LOAD,
    SIZE_ZERO,
    HUGE_SIZE,       /* 1 << 62 */
    SHRINKS,         /* at the first frame, like nestopia */
    FILLS,           /* writes every byte it was promised */
    NEEDS_A_FRAME,   /* refuses before the first retro_run */
    WRITES_TOO_MUCH, /* eight bytes more than it promised */
    TAKES_LATE       /* no state in the first content[1] frames since it was started */
};

static unsigned frames_since_start;

size_t retro_serialize_size(void)
{
    ram[3]++;
    switch (content_byte(0)) {
    case GROWS:
        return 16 + frame_number;
    case SIZE_ZERO:
        return 0;
    case HUGE_SIZE:
        return (size_t)1 << (8 * sizeof(size_t) - 2);
    case SHRINKS:
        return frame_number ? 16 : 64;
    default:
        return 16;
    }
}

bool retro_serialize(void *data, size_t size)
{
    int context = 99;
    ram[1]++;
    ram[2] = (uint32_t)size;
    ram[5] = environment(RETRO_ENVIRONMENT_GET_SAVESTATE_CONTEXT, &context);
    ram[4] = (uint32_t)context;
    if (content_byte(0) == REFUSES_SAVE || (content_byte(0) == NEEDS_A_FRAME && !frame_number)) {
        return false;
    }
    size_t length = content_byte(0) == FILLS ? size : content_byte(0) == WRITES_TOO_MUCH ? 24 : 16;
    memset(data, 0xab, length);
    memcpy(data, &frame_number, sizeof frame_number);
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    if (content_byte(0) == REFUSES_LOAD || size < 16) {
        log_printf(RETRO_LOG_ERROR, "this state does not fit\n");
        return false;
    }
    if (content_byte(0) == TAKES_LATE &&
        (frames_since_start < content_byte(1) || *(const uint8_t *)data == 0xff)) {
        return false;
    }
    memcpy(&frame_number, data, sizeof frame_number);
    ram[2] = (uint32_t)size;
    return true;
}

void retro_run(void)
{
    frames_since_start++;
    frame_number++;
    ram[0] = frame_number;
    show_frame_number();
}
