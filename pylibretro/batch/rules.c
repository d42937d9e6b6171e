#include "rules.h"

#include <float.h>
#include <math.h>

/* --------------------------------------------------------------------------------- checking -- */

static bool operand_exists(const size_t *bank_sizes, uint64_t written, unsigned bank,
                           unsigned index)
{
    if (bank >= RULE_BANK_COUNT || index >= bank_sizes[bank]) {
        return false;
    }
    return bank != RULE_REGISTERS || (written >> index & 1);
}

bool rule_check(const struct rule *rule, size_t watch_count)
{
    const size_t bank_sizes[RULE_BANK_COUNT] = {
        RULE_REGISTER_COUNT, rule->constant_count, watch_count, watch_count, watch_count, 1,
    };
    uint64_t written = 0;
    for (size_t i = 0; i < rule->length; i++) {
        const struct rule_instruction *step = &rule->code[i];
        if (step->operation >= RULE_OPERATION_COUNT || step->result >= RULE_REGISTER_COUNT ||
            !operand_exists(bank_sizes, written, step->left_bank, step->left_index) ||
            !operand_exists(bank_sizes, written, step->right_bank, step->right_index)) {
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

static double finite_number(double number)
{
    if (fabs(number) <= DBL_MAX) {
        return number;
    }
    return number > 0 ? DBL_MAX : number < 0 ? -DBL_MAX : 0;
}

/* Towards zero; what is outside the 64-bit integers becomes the nearest of them. */
static int64_t integer(double number)
{
    if (number >= 0x1p63) {
        return INT64_MAX;
    }
    return number > -0x1p63 ? (int64_t)number : INT64_MIN;
}

static unsigned shift_count(double number)
{
    return number <= 0 ? 0 : number >= 64 ? 64 : (unsigned)number;
}

/* Bits that leave are lost, as in a 64-bit register. */
static double shift_left(double number, double count)
{
    unsigned bits = shift_count(count);
    return bits == 64 ? 0 : (double)(int64_t)((uint64_t)integer(number) << bits);
}

/* C leaves the sign of a shifted negative number to the compiler; this keeps it, as Python does. */
static double shift_right(double number, double count)
{
    int64_t value = integer(number);
    unsigned bits = shift_count(count);
    uint64_t magnitude = (uint64_t)(value < 0 ? ~value : value);
    int64_t shifted = bits == 64 ? 0 : (int64_t)(magnitude >> bits);
    return (double)(value < 0 ? ~shifted : shifted);
}

/* Bits above the 63rd are as the sign. */
static double bit_at(double number, double position)
{
    unsigned bit = shift_count(position);
    return (double)((uint64_t)integer(number) >> (bit < 63 ? bit : 63) & 1);
}

/* Python's %, whose result has the sign of the divisor. */
static double remainder_of(double number, double divisor)
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
static double floor_divide(double number, double divisor)
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

/* `kept` is the register of the result, which CHOOSE alone may read: others may be the first to
 * write it. */
static double operate(enum rule_operation operation, double left, double right, const double *kept)
{
    switch (operation) {
    case RULE_COPY:
        return left;
    case RULE_NEGATE:
        return -left;
    case RULE_ABSOLUTE:
        return fabs(left);
    case RULE_SIGN:
        return (left > 0) - (left < 0);
    case RULE_NOT:
        return left == 0;
    case RULE_INVERT:
        return (double)~integer(left);
    case RULE_ADD:
        return left + right;
    case RULE_SUBTRACT:
        return left - right;
    case RULE_MULTIPLY:
        return left * right;
    case RULE_DIVIDE:
        return right == 0 ? 0 : left / right;
    case RULE_FLOOR_DIVIDE:
        return floor_divide(left, right);
    case RULE_REMAINDER:
        return remainder_of(left, right);
    case RULE_MINIMUM:
        return right < left ? right : left;
    case RULE_MAXIMUM:
        return right > left ? right : left;
    case RULE_EQUAL:
        return left == right;
    case RULE_NOT_EQUAL:
        return left != right;
    case RULE_LESS:
        return left < right;
    case RULE_LESS_EQUAL:
        return left <= right;
    case RULE_AND:
        return left == 0 ? left : right;
    case RULE_OR:
        return left == 0 ? right : left;
    case RULE_CHOOSE:
        return *kept == 0 ? right : left;
    case RULE_BIT_AND:
        return (double)(integer(left) & integer(right));
    case RULE_BIT_OR:
        return (double)(integer(left) | integer(right));
    case RULE_BIT_XOR:
        return (double)(integer(left) ^ integer(right));
    case RULE_SHIFT_LEFT:
        return shift_left(left, right);
    case RULE_SHIFT_RIGHT:
        return shift_right(left, right);
    case RULE_BIT:
        return bit_at(left, right);
    case RULE_OPERATION_COUNT:
        break;
    }
    return 0;
}

double rule_evaluate(const struct rule *rule, const struct rule_frame *frame)
{
    double registers[RULE_REGISTER_COUNT];
    const double *const banks[RULE_BANK_COUNT] = {
        registers, rule->constants, frame->values, frame->previous, frame->initial, &frame->frames,
    };
    double result = 0;
    for (size_t i = 0; i < rule->length; i++) {
        const struct rule_instruction *step = &rule->code[i];
        double left = finite_number(banks[step->left_bank][step->left_index]);
        double right = finite_number(banks[step->right_bank][step->right_index]);
        result =
            operate((enum rule_operation)step->operation, left, right, &registers[step->result]);
        registers[step->result] = result;
    }
    return finite_number(result);
}
