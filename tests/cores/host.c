/*
 * Asks for memory for code, puts a function there, calls it, and gives the first of two back; asks
 * for the machine's memory. Notes "name=..." of each. The content's first byte says how many bytes
 * it wants, in pages of 4096.
 */
#define CORE_NAME "host"
#define OWN_retro_load_game
#include "core.h"

static int call(void *code)
{
    int (*function)(void);
    memcpy(&function, &code, sizeof function);
    return function();
}

static void write_code(void *memory)
{
#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64)
    static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
#elif defined(__aarch64__)
    static const uint32_t code[] = {0x52800540, 0xd65f03c0}; /* mov w0, 42; ret */
#else
    static const uint8_t code[] = {0};
#endif
    memcpy(memory, code, sizeof code);
}

static void try_to_execute(struct retro_exec_mem_alloc *memory)
{
    write_code(memory->rw);
    note("same code=%d", memcmp(memory->rx, memory->rw, 6) == 0);
    if (memory->mode == RETRO_EXEC_MEM_MODE_WX_TOGGLE) {
        return; /* it would have to be made executable by each system's own function */
    }
#if defined(__aarch64__)
    __builtin___clear_cache((char *)memory->rx, (char *)memory->rx + 8);
#endif
#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(__aarch64__)
    note("returned=%d", call(memory->rx));
#endif
}

bool retro_load_game(const struct retro_game_info *game)
{
    struct retro_exec_mem_alloc question = {1, 0, 77, &question, &question};
    struct retro_exec_mem_alloc first = {1, 0, 77, NULL, NULL}, second = first;
    struct retro_exec_mem_alloc huge = {1, SIZE_MAX, 77, NULL, NULL};
    struct retro_exec_mem_free nothing = {&question};
    struct retro_memory_status memory = {7, 8};
    uint8_t capable = 77;
    bool answer;
    keep_content(game);
    answer = environment(RETRO_ENVIRONMENT_GET_JIT_CAPABLE, &capable);
    note("capable=%d %u", answer, capable);
    answer = environment(RETRO_ENVIRONMENT_EXEC_MEM_ALLOC, &question);
    note("question=%d %u %d", answer, question.mode, question.rx || question.rw);
    first.size = second.size = content_size ? 4096 * content_byte(0) - 1 : 1;
    answer = environment(RETRO_ENVIRONMENT_EXEC_MEM_ALLOC, &first);
    note("first=%d %u", answer, first.mode);
    if (answer) {
        note("size=%llu", (unsigned long long)first.size);
        note("one mapping=%d", first.rx == first.rw);
        try_to_execute(&first);
        note("second=%d", environment(RETRO_ENVIRONMENT_EXEC_MEM_ALLOC, &second));
        note("apart=%d", second.rx != first.rx && second.rw != first.rw);
        note("addresses=%p %p %p %p", first.rx, first.rw, second.rx, second.rw);
        struct retro_exec_mem_free given = {first.rx};
        note("freed=%d", environment(RETRO_ENVIRONMENT_EXEC_MEM_FREE, &given));
        note("freed again=%d", environment(RETRO_ENVIRONMENT_EXEC_MEM_FREE, &given));
    }
    note("huge=%d %u", environment(RETRO_ENVIRONMENT_EXEC_MEM_ALLOC, &huge), huge.mode);
    note("not ours=%d", environment(RETRO_ENVIRONMENT_EXEC_MEM_FREE, &nothing));
    answer = environment(RETRO_ENVIRONMENT_GET_MEMORY_STATUS, &memory);
    note("memory=%d %llu %llu", answer, (unsigned long long)memory.free,
         (unsigned long long)memory.total);
    return true;
}
