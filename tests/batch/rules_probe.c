/* Exports rules for tests/batch/test_rules.py; with PROBE_MAIN, feeds them code that nobody
 * compiled. */
#include "rules.h"

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE size_t probe_instruction_size(void);
PROBE int probe_check(const struct rule_instruction *code, size_t length, const double *constants,
                      size_t constant_count, size_t watch_count);
PROBE double probe_evaluate(const struct rule_instruction *code, size_t length,
                            const double *constants, size_t constant_count, const double *values,
                            const double *previous, const double *initial, double frames);

size_t probe_instruction_size(void)
{
    return sizeof(struct rule_instruction);
}

int probe_check(const struct rule_instruction *code, size_t length, const double *constants,
                size_t constant_count, size_t watch_count)
{
    struct rule rule = {code, length, constants, constant_count};
    return rule_check(&rule, watch_count);
}

double probe_evaluate(const struct rule_instruction *code, size_t length, const double *constants,
                      size_t constant_count, const double *values, const double *previous,
                      const double *initial, double frames)
{
    struct rule rule = {code, length, constants, constant_count};
    struct rule_frame frame = {values, previous, initial, frames};
    return rule_evaluate(&rule, &frame);
}

#ifdef PROBE_MAIN
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 32) % below;
}

/* Numbers at which conversions, shifts and divisions go wrong, and ordinary ones. */
static double draw_number(void)
{
    static const double edges[] = {
        0.0,
        -0.0,
        1.0,
        -1.0,
        63.0,
        64.0,
        65.0,
        0.5,
        0x1p31,
        0x1p32,
        0x1p53,
        0x1p63,
        -0x1p63,
        0x1p64,
        DBL_MAX,
        -DBL_MAX,
        DBL_MIN,
        -DBL_MIN,
        INFINITY,
        -INFINITY,
        NAN,
        0x1p-1074,
        0x1.fffffffffffffp62,
        -0x1p65,
    };
    unsigned edge = draw(40);
    return edge < sizeof edges / sizeof *edges ? edges[edge] : (double)draw(2000) / 8 - 100;
}

/* In blocks of exactly their size, so that a sanitizer sees the first byte too far. */
static double *draw_numbers(size_t count)
{
    double *numbers = malloc(count * sizeof *numbers + (count == 0));
    for (size_t i = 0; numbers && i < count; i++) {
        numbers[i] = draw_number();
    }
    return numbers;
}

/* Mostly what could be right, and else any byte. */
static unsigned draw_field(unsigned usual, unsigned limit)
{
    return draw(50) ? draw(usual ? usual : 1) : draw(limit);
}

int main(void)
{
    unsigned accepted = 0, rejected = 0;
    for (int round = 0; round < 200000; round++) {
        size_t length = draw(7), constant_count = draw(4), watch_count = draw(4);
        struct rule_instruction *code = malloc(length * sizeof *code + (length == 0));
        double *constants = draw_numbers(constant_count), *values = draw_numbers(watch_count);
        double *previous = draw_numbers(watch_count), *initial = draw_numbers(watch_count);
        if (!code || !constants || !values || !previous || !initial) {
            return EXIT_FAILURE;
        }
        for (size_t i = 0; i < length; i++) {
            code[i].operation = (uint8_t)draw_field(RULE_OPERATION_COUNT, 256);
            code[i].result = (uint8_t)draw_field(draw(9) ? 3 : RULE_REGISTER_COUNT, 256);
            code[i].left_bank = (uint8_t)draw_field(RULE_BANK_COUNT, 256);
            code[i].right_bank = (uint8_t)draw_field(RULE_BANK_COUNT, 256);
            code[i].left_index = (uint16_t)draw_field(3, 65536);
            code[i].right_index = (uint16_t)draw_field(3, 65536);
        }
        if (probe_check(code, length, constants, constant_count, watch_count)) {
            double result = probe_evaluate(code, length, constants, constant_count, values,
                                           previous, initial, draw_number());
            if (!(fabs(result) <= DBL_MAX)) {
                fprintf(stderr, "round %d gives %g\n", round, result);
                return EXIT_FAILURE;
            }
            accepted++;
        } else {
            rejected++;
        }
        free(code);
        free(constants);
        free(values);
        free(previous);
        free(initial);
    }
    printf("%u %u\n", accepted, rejected);
    return EXIT_SUCCESS;
}
#endif
