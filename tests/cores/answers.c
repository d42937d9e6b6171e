/* Notes, at the first frame, what it gets from each simple question, "name=answer value". */
#define CORE_NAME "answers"
#define OWN_retro_run
#include "core.h"

#define ASK(name, type, format)                                                                    \
    do {                                                                                           \
        type value = 77;                                                                           \
        bool answer = environment(RETRO_ENVIRONMENT_##name, &value);                               \
        note(#name "=%d " format, answer, value);                                                  \
    } while (0)

static void ask_flags(void)
{
    static const struct {
        const char *name;
        unsigned command;
    } questions[] = {
        {"GET_OVERSCAN", RETRO_ENVIRONMENT_GET_OVERSCAN},
        {"GET_CAN_DUPE", RETRO_ENVIRONMENT_GET_CAN_DUPE},
        {"GET_FASTFORWARDING", RETRO_ENVIRONMENT_GET_FASTFORWARDING},
        {"GET_JIT_CAPABLE", RETRO_ENVIRONMENT_GET_JIT_CAPABLE},
        {"GET_VARIABLE_UPDATE", RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE},
        {"GET_SCREEN_10BPC_CAPABLE", RETRO_ENVIRONMENT_GET_SCREEN_10BPC_CAPABLE},
        {"GET_INPUT_BITMASKS", RETRO_ENVIRONMENT_GET_INPUT_BITMASKS},
    };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        uint8_t value = 77;
        bool answer = environment(questions[i].command, &value);
        note("%s=%d %u", questions[i].name, answer, (unsigned)value);
    }
}

void retro_run(void)
{
    if (frame_number++ == 0) {
        uint64_t devices = 77, quirks = 0x40 | 1;
        float rate = 77;
        struct retro_throttle_state throttle = {77, 77};
        unsigned level = 5, early = 1;
        bool yes = true;
        retro_environment_t clear_waits = NULL;
        bool answer;
        ask_flags();
        ASK(GET_LANGUAGE, unsigned, "%u");
        ASK(GET_CORE_OPTIONS_VERSION, unsigned, "%u");
        ASK(GET_PREFERRED_HW_RENDER, unsigned, "%u");
        ASK(GET_DISK_CONTROL_INTERFACE_VERSION, unsigned, "%u");
        ASK(GET_MESSAGE_INTERFACE_VERSION, unsigned, "%u");
        ASK(GET_INPUT_MAX_USERS, unsigned, "%u");
        ASK(GET_AUDIO_VIDEO_ENABLE, int, "%d");
        ASK(GET_SAVESTATE_CONTEXT, int, "%d");
        ASK(GET_TARGET_SAMPLE_RATE, unsigned, "%u");
        ASK(GET_HDR_OUTPUT_MODE, unsigned, "%u");
        answer = environment(RETRO_ENVIRONMENT_GET_INPUT_DEVICE_CAPABILITIES, &devices);
        note("GET_INPUT_DEVICE_CAPABILITIES=%d %llu", answer, (unsigned long long)devices);
        answer = environment(RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE, &rate);
        note("GET_TARGET_REFRESH_RATE=%d %.1f", answer, (double)rate);
        answer = environment(RETRO_ENVIRONMENT_GET_THROTTLE_STATE, &throttle);
        note("GET_THROTTLE_STATE=%d %u %.1f", answer, throttle.mode, (double)throttle.rate);
        answer = environment(RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL, &level);
        note("SET_PERFORMANCE_LEVEL=%d 0", answer);
        answer = environment(RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS, &yes);
        note("SET_SUPPORT_ACHIEVEMENTS=%d 0", answer);
        answer = environment(RETRO_ENVIRONMENT_SET_SAVE_STATE_IN_BACKGROUND, &yes);
        note("SET_SAVE_STATE_IN_BACKGROUND=%d 0", answer);
        answer = environment(RETRO_ENVIRONMENT_SET_SAVE_STATE_DISABLE_UNDO, &yes);
        note("SET_SAVE_STATE_DISABLE_UNDO=%d 0", answer);
        answer = environment(RETRO_ENVIRONMENT_POLL_TYPE_OVERRIDE, &early);
        note("POLL_TYPE_OVERRIDE=%d 0", answer);
        answer = environment(44, &quirks);
        note("quirks by the old number=%d %llx", answer, (unsigned long long)quirks);
        quirks = 0x40 | 1;
        answer = environment(RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS, &quirks);
        note("SET_SERIALIZATION_QUIRKS=%d %llx", answer, (unsigned long long)quirks);
        answer = environment(RETRO_ENVIRONMENT_GET_CLEAR_ALL_THREAD_WAITS_CB, (void *)&clear_waits);
        note("GET_CLEAR_ALL_THREAD_WAITS_CB=%d %d", answer, clear_waits != NULL);
        /* Cores call it without a look at the answer. */
        clear_waits(0, NULL);
    }
    show_frame_number();
}
