/*
 * Rules: what a frame is worth, whether the game is over, whether to stop. They are expressions
 * over watched values; docs/rules.md tells the language, pylibretro/batch/rules.py translates it.
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

#include <float.h>
#include <math.h>
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
static inline bool rule_check(const struct rule *rule, size_t watch_count);

/* The value of a rule that rule_check has accepted. */
static inline double rule_evaluate(const struct rule *rule, const struct rule_frame *frame);

/* --------------------------------------------------------------------------------- checking -- */

static inline bool rule_operand_exists(const size_t *bank_sizes, uint64_t written, unsigned bank,
                                       unsigned index)
{
    if (bank >= RULE_BANK_COUNT || index >= bank_sizes[bank]) {
        return false;
    }
    return bank != RULE_REGISTERS || (written >> index & 1);
}

static inline bool rule_check(const struct rule *rule, size_t watch_count)
{
    const size_t bank_sizes[RULE_BANK_COUNT] = {
        RULE_REGISTER_COUNT, rule->constant_count, watch_count, watch_count, watch_count, 1,
    };
    uint64_t written = 0;
    for (size_t i = 0; i < rule->length; i++) {
        const struct rule_instruction *step = &rule->code[i];
        if (step->operation >= RULE_OPERATION_COUNT || step->result >= RULE_REGISTER_COUNT ||
            !rule_operand_exists(bank_sizes, written, step->left_bank, step->left_index) ||
            !rule_operand_exists(bank_sizes, written, step->right_bank, step->right_index)) {
            return false;
        }
        uint64_t result = (uint64_t)1 << step->result;
        if (step->operation == RULE_CHOOSE && !(written & result)) {
            return false;
        }
        written |= result;
    }
    return rule->length > 0;
}

/* ------------------------------------------------------------------------------- evaluating -- */

static inline double rule_finite(double number)
{
    if (fabs(number) <= DBL_MAX) {
        return number;
    }
    return number > 0 ? DBL_MAX : number < 0 ? -DBL_MAX : 0;
}

/* Towards zero; what is outside the 64-bit integers becomes the nearest of them. */
static inline int64_t rule_integer(double number)
{
    if (number >= 0x1p63) {
        return INT64_MAX;
    }
    return number > -0x1p63 ? (int64_t)number : INT64_MIN;
}

static inline unsigned rule_shift_count(double number)
{
    return number <= 0 ? 0 : number >= 64 ? 64 : (unsigned)number;
}

/* Bits that leave are lost, as in a 64-bit register. */
static inline double rule_shift_left(double number, double count)
{
    unsigned bits = rule_shift_count(count);
    return bits == 64 ? 0 : (double)(int64_t)((uint64_t)rule_integer(number) << bits);
}

/* C leaves the sign of a shifted negative number to the compiler; this keeps it, as Python does. */
static inline double rule_shift_right(double number, double count)
{
    int64_t value = rule_integer(number);
    unsigned bits = rule_shift_count(count);
    uint64_t magnitude = (uint64_t)(value < 0 ? ~value : value);
    int64_t shifted = bits == 64 ? 0 : (int64_t)(magnitude >> bits);
    return (double)(value < 0 ? ~shifted : shifted);
}

/* Bits above the 63rd are as the sign. */
static inline double rule_bit(double number, double position)
{
    unsigned bit = rule_shift_count(position);
    return (double)((uint64_t)rule_integer(number) >> (bit < 63 ? bit : 63) & 1);
}

/* Python's %, whose result has the sign of the divisor. */
static inline double rule_remainder(double number, double divisor)
{
    if (divisor == 0) {
        return 0;
    }
    double remainder = fmod(number, divisor);
    if (remainder == 0) {
        return copysign(0, divisor);
    }
    return (remainder < 0) == (divisor < 0) ? remainder : remainder + divisor;
}

/* Python's //: the quotient is made of the exact remainder, because number / divisor may already
 * have been rounded up to the next integer. */
static inline double rule_floor_divide(double number, double divisor)
{
    if (divisor == 0) {
        return 0;
    }
    double remainder = fmod(number, divisor);
    double quotient = (number - remainder) / divisor;
    if (remainder != 0 && (remainder < 0) != (divisor < 0)) {
        quotient -= 1;
    }
    if (quotient == 0) {
        return copysign(0, number / divisor);
    }
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}

static inline double rule_evaluate(const struct rule *rule, const struct rule_frame *frame)
{
    double registers[RULE_REGISTER_COUNT];
    const double *const banks[RULE_BANK_COUNT] = {
        registers, rule->constants, frame->values, frame->previous, frame->initial, &frame->frames,
    };
    double result = 0;
    for (size_t i = 0; i < rule->length; i++) {
        const struct rule_instruction *step = &rule->code[i];
        double left = rule_finite(banks[step->left_bank][step->left_index]);
        double right = rule_finite(banks[step->right_bank][step->right_index]);
        switch ((enum rule_operation)step->operation) {
        case RULE_COPY:
            result = left;
            break;
        case RULE_NEGATE:
            result = -left;
            break;
        case RULE_ABSOLUTE:
            result = fabs(left);
            break;
        case RULE_SIGN:
            result = (left > 0) - (left < 0);
            break;
        case RULE_NOT:
            result = left == 0;
            break;
        case RULE_INVERT:
            result = (double)~rule_integer(left);
            break;
        case RULE_ADD:
            result = left + right;
            break;
        case RULE_SUBTRACT:
            result = left - right;
            break;
        case RULE_MULTIPLY:
            result = left * right;
            break;
        case RULE_DIVIDE:
            result = right == 0 ? 0 : left / right;
            break;
        case RULE_FLOOR_DIVIDE:
            result = rule_floor_divide(left, right);
            break;
        case RULE_REMAINDER:
            result = rule_remainder(left, right);
            break;
        case RULE_MINIMUM:
            result = right < left ? right : left;
            break;
        case RULE_MAXIMUM:
            result = right > left ? right : left;
            break;
        case RULE_EQUAL:
            result = left == right;
            break;
        case RULE_NOT_EQUAL:
            result = left != right;
            break;
        case RULE_LESS:
            result = left < right;
            break;
        case RULE_LESS_EQUAL:
            result = left <= right;
            break;
        case RULE_AND:
            result = left == 0 ? left : right;
            break;
        case RULE_OR:
            result = left == 0 ? right : left;
            break;
        case RULE_CHOOSE:
            result = registers[step->result] == 0 ? right : left;
            break;
        case RULE_BIT_AND:
            result = (double)(rule_integer(left) & rule_integer(right));
            break;
        case RULE_BIT_OR:
            result = (double)(rule_integer(left) | rule_integer(right));
            break;
        case RULE_BIT_XOR:
            result = (double)(rule_integer(left) ^ rule_integer(right));
            break;
        case RULE_SHIFT_LEFT:
            result = rule_shift_left(left, right);
            break;
        case RULE_SHIFT_RIGHT:
            result = rule_shift_right(left, right);
            break;
        case RULE_BIT:
            result = rule_bit(left, right);
            break;
        case RULE_OPERATION_COUNT:
            break;
        }
        registers[step->result] = result;
    }
    return rule_finite(result);
}

#endif
