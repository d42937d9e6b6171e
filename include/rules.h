/*
 * Rules: what a frame is worth, whether the game is over, whether to stop. They are expressions
 * over watched values; docs/rules.md defines the language, batch/rules.py translates it.
 *
 * A rule is code for a machine of 64 registers, in which every instruction makes one number of
 * two. There are no jumps: no operation can fail or be noticed, so `and`, `or` and `if` need not
 * pass over anything, they choose. One pass of rule_check() therefore proves that code stays
 * within its bounds, and rule_evaluate() checks nothing. Both are for any number of threads.
 *
 * Every operand is finite: NaN counts as 0 and an infinity as the largest double of its sign,
 * whether it was read from the console or computed. What is divided by 0 gives 0. So the result
 * is always a finite number, and a reward that is NaN never appears.
 */
#ifndef PYLIBRETRO_RULES_H
#define PYLIBRETRO_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an instruction computes of `left` and `right`; what takes one operand takes `left`. Truth
 * is 1 or 0, and all but 0 is true. The numbers are those of pylibretro.batch.rules.Operation. */
enum rule_operation {
    RULE_COPY,
    RULE_NEGATE,
    RULE_ABSOLUTE,
    RULE_SIGN,
    RULE_NOT,
    RULE_INVERT,
    RULE_ADD,
    RULE_SUBTRACT,
    RULE_MULTIPLY,
    RULE_DIVIDE,
    RULE_FLOOR_DIVIDE,
    RULE_REMAINDER,
    RULE_MINIMUM,
    RULE_MAXIMUM,
    RULE_EQUAL,
    RULE_NOT_EQUAL,
    RULE_LESS,
    RULE_LESS_EQUAL,
    RULE_AND,
    RULE_OR,
    RULE_CHOOSE,
    RULE_BIT_AND,
    RULE_BIT_OR,
    RULE_BIT_XOR,
    RULE_SHIFT_LEFT,
    RULE_SHIFT_RIGHT,
    RULE_BIT,
    RULE_OPERATION_COUNT,
};

/* Where an operand is read from. The numbers are those of pylibretro.batch.rules.Bank. */
enum rule_bank {
    RULE_REGISTERS,
    RULE_CONSTANTS,
    RULE_VALUES,
    RULE_PREVIOUS,
    RULE_INITIAL,
    RULE_FRAMES,
    RULE_BANK_COUNT,
};

enum { RULE_REGISTER_COUNT = 64 }; /* rule_check has one bit for each */

struct rule_instruction {
    uint8_t operation;
    uint8_t result; /* a register; CHOOSE also reads it: `left` if it was true, else `right` */
    uint8_t left_bank, right_bank;
    uint16_t left_index, right_index;
};

/* The value of a rule is what its last instruction computes. */
struct rule {
    const struct rule_instruction *code;
    size_t length;
    const double *constants;
    size_t constant_count;
};

/* What a rule is evaluated on: the values of all watches after this frame, after the frame before
 * it and at the last reset, and the frames since that. */
struct rule_frame {
    const double *values, *previous, *initial;
    double frames;
};

/* Whether code and constants can be given to rule_evaluate with frames of `watch_count` values. */
bool rule_check(const struct rule *rule, size_t watch_count);

/* The value of a rule that rule_check has accepted. */
double rule_evaluate(const struct rule *rule, const struct rule_frame *frame);

#endif
