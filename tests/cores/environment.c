/*
 * Sends the commands the content lists, as words: first the entry point to send them from (0 run,
 * 1 load_game, 2 deinit, 3 set_environment is not possible, for there is no content yet), then the
 * commands. Each goes out twice, with a buffer of 512 bytes of 0xa5 and, unless bit 31 of the word
 * is set, with NULL. ram holds four words for each: the answer, how many bytes were changed, the
 * answer to NULL, and the first word of the buffer. From deinit the answers go to the log.
 */
#define CORE_NAME "environment"
#define CORE_RAM_WORDS 8192
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_deinit
#include "core.h"

enum { RUN, LOAD_GAME, DEINIT, UNTOUCHED = 0xa5, NO_NULL = 1u << 31 };

static void send_commands(void)
{
    static union {
        uint8_t bytes[512];
        uint32_t word;
        void *pointer;
    } data;
    for (size_t i = 1; 4 * i < content_size && 4 * i + 3 < CORE_RAM_WORDS; i++) {
        uint32_t word = content_word(i), command = word & ~(uint32_t)NO_NULL;
        uint32_t *answers = &ram[4 * (i - 1)];
        memset(&data, UNTOUCHED, sizeof data);
        answers[0] = environment(command, &data);
        answers[1] = 0;
        for (size_t k = 0; k < sizeof data; k++) {
            answers[1] += data.bytes[k] != UNTOUCHED;
        }
        answers[2] = word & NO_NULL ? 99 : environment(command, NULL);
        answers[3] = data.word;
    }
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    if (content_word(0) == LOAD_GAME) {
        send_commands();
    }
    return true;
}

void retro_run(void)
{
    if (frame_number++ == 0 && content_word(0) == RUN) {
        send_commands();
    }
    show_frame_number();
}

void retro_deinit(void)
{
    if (content_word(0) == DEINIT) {
        send_commands();
        for (size_t i = 1; 4 * i < content_size; i++) {
            log_printf(RETRO_LOG_INFO, "command %x answered %u\n", (unsigned)content_word(i),
                       (unsigned)ram[4 * (i - 1)]);
        }
    }
}
