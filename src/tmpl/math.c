/* SPDX-License-Identifier: MIT */
/* Functions on numbers: text to numbers, arithmetic, loops (sections 13.4 and 13.5 of the
 * language). */
#include <math.h>

#include "base/utf8.h"
#include "eval.h"
#include "function.h"
#include "loop.h"
#include "number.h"

/* --- Text to numbers ----------------------------------------------------------------------- */

#define SHOWN_CHARACTERS 64 /* of an argument in an error text */

static struct slice shorten(struct slice text)
{
    return slice_sub(text, 0, utf8_prefix(text, SHOWN_CHARACTERS));
}

static bool parse_error(enum number_status status, struct slice text, const char *type,
                        struct error *err)
{
    struct slice shown = shorten(text);
    const char *more = shown.len < text.len ? "…" : "";

    if (status == NUMBER_OUT_OF_RANGE)
        return function_error(err, "'%.*s%s' is out of the range of %s", SLICE_ARG(shown), more,
                              type);
    return function_error(err, "'%.*s%s' is not a number of type %s", SLICE_ARG(shown), more, type);
}

static bool call_parse_bool(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    static const char *const trues[] = { "1", "t", "T", "true", "TRUE", "True" };
    static const char *const falses[] = { "", "0", "f", "F", "false", "FALSE", "False" };
    struct slice text = value_slice(&args[0]);

    (void)eval, (void)n_args;
    for (size_t i = 0; i < ARRAY_SIZE(trues); i++) {
        if (slice_is(text, trues[i])) {
            *ret = value_bool(true);
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(falses); i++) {
        if (slice_is(text, falses[i])) {
            *ret = value_bool(false);
            return true;
        }
    }
    return function_error(err, "'%.*s' is neither true nor false", SLICE_ARG(shorten(text)));
}

static bool call_parse_int(struct eval *eval, const struct value *args, size_t n_args,
                           struct value *ret, struct error *err)
{
    struct slice text = value_slice(&args[0]);
    int64_t number = 0;
    enum number_status status = text.len ? number_parse_int(text, 10, &number) : NUMBER_OK;

    (void)eval, (void)n_args;
    if (status != NUMBER_OK)
        return parse_error(status, text, "int64", err);
    *ret = value_int64(number);
    return true;
}

static bool call_parse_uint(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    struct slice text = value_slice(&args[0]);
    uint64_t number = 0;
    enum number_status status = text.len ? number_parse_uint(text, 10, &number) : NUMBER_OK;

    (void)eval, (void)n_args;
    if (status != NUMBER_OK)
        return parse_error(status, text, "uint64", err);
    *ret = value_uint64(number);
    return true;
}

static bool call_parse_float(struct eval *eval, const struct value *args, size_t n_args,
                             struct value *ret, struct error *err)
{
    struct slice text = value_slice(&args[0]);
    double number = 0;
    enum number_status status = text.len ? number_parse_float(text, &number) : NUMBER_OK;

    (void)eval, (void)n_args;
    if (status != NUMBER_OK)
        return parse_error(status, text, "float64", err);
    *ret = value_float(number);
    return true;
}

/* --- Arithmetic ---------------------------------------------------------------------------- */

/* The numeric kind of an operand, or KIND_ANY. A duration is an int64 to its functions. */
static enum kind number_kind(const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_INT:
    case KIND_DURATION: return KIND_INT;
    case KIND_UINT: return KIND_UINT;
    case KIND_FLOAT: return KIND_FLOAT;
    default: return KIND_ANY;
    }
}

static bool operand_error(const struct value *value, struct error *err)
{
    return function_error(err, "%s is not a number", value->type ? value->type->name : "nil");
}

/* The bits of an integer operand: a uint64 beside an int64 counts as an int64 of the same bits. */
static uint64_t number_bits(const struct value *value)
{
    return value_kind(value) == KIND_UINT ? value->natural : (uint64_t)value->integer;
}

static double number_real(const struct value *value)
{
    switch (number_kind(value)) {
    case KIND_INT: return (double)value->integer;
    case KIND_UINT: return (double)value->natural;
    default: return value->real;
    }
}

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO };

static double calculate_float(enum operation operation, double a, double b)
{
    switch (operation) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b; /* by zero: infinity or NaN, as IEEE 754 has it */
    case MODULO: break;
    }
    return NAN; /* not reached: modulo refuses floats */
}

/* b is not zero where it divides. */
static uint64_t calculate_uint(enum operation operation, uint64_t a, uint64_t b)
{
    switch (operation) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MODULO: return a % b;
    }
    return 0;
}

/* Wraps around where the result does not fit; division truncates toward zero. */
static int64_t calculate_int(enum operation operation, int64_t a, int64_t b)
{
    if (b == -1 && operation == DIVIDE) /* the smallest number has no opposite */
        return (int64_t)(0 - (uint64_t)a);
    if (b == -1 && operation == MODULO)
        return 0;
    switch (operation) {
    case DIVIDE: return a / b;
    case MODULO: return a % b;
    default: return (int64_t)calculate_uint(operation, (uint64_t)a, (uint64_t)b);
    }
}

/* a op b; the functions take b first, so that `a | subtract b` reads well. */
static bool calculate(enum operation operation, const struct value *args, struct value *ret,
                      struct error *err)
{
    const struct value *a = &args[1], *b = &args[0];
    enum kind kind_a = number_kind(a), kind_b = number_kind(b);

    if (kind_a == KIND_ANY || kind_b == KIND_ANY)
        return operand_error(kind_a == KIND_ANY ? a : b, err);
    if (kind_a == KIND_FLOAT || kind_b == KIND_FLOAT) {
        if (operation == MODULO)
            return function_error(err, "float64 has no remainder");
        *ret = value_float(calculate_float(operation, number_real(a), number_real(b)));
        return true;
    }
    if ((operation == DIVIDE || operation == MODULO) && number_bits(b) == 0)
        return function_error(err, "division by zero");
    if (kind_a == KIND_UINT && kind_b == KIND_UINT)
        *ret = value_uint64(calculate_uint(operation, a->natural, b->natural));
    else
        *ret =
            value_int64(calculate_int(operation, (int64_t)number_bits(a), (int64_t)number_bits(b)));
    return true;
}

#define DEFINE_OPERATION(name, operation)                                               \
    static bool call_##name(struct eval *eval, const struct value *args, size_t n_args, \
                            struct value *ret, struct error *err)                       \
    {                                                                                   \
        (void)eval, (void)n_args;                                                       \
        return calculate(operation, args, ret, err);                                    \
    }

DEFINE_OPERATION(add, ADD)
DEFINE_OPERATION(subtract, SUBTRACT)
DEFINE_OPERATION(multiply, MULTIPLY)
DEFINE_OPERATION(divide, DIVIDE)
DEFINE_OPERATION(modulo, MODULO)

/* Whether a < b, compared in the type that arithmetic on both would have. */
static bool is_less(const struct value *a, const struct value *b)
{
    enum kind kind_a = number_kind(a), kind_b = number_kind(b);

    if (kind_a == KIND_FLOAT || kind_b == KIND_FLOAT)
        return number_real(a) < number_real(b);
    if (kind_a == KIND_UINT && kind_b == KIND_UINT)
        return a->natural < b->natural;
    return (int64_t)number_bits(a) < (int64_t)number_bits(b);
}

/* a if it is strictly the one that is wanted, else b; in the 64-bit type of its kind. */
static bool choose(bool is_minimum, const struct value *args, struct value *ret, struct error *err)
{
    const struct value *a = &args[1], *b = &args[0];

    if (number_kind(a) == KIND_ANY || number_kind(b) == KIND_ANY)
        return operand_error(number_kind(a) == KIND_ANY ? a : b, err);

    const struct value *chosen = (is_minimum ? is_less(a, b) : is_less(b, a)) ? a : b;

    switch (number_kind(chosen)) {
    case KIND_INT: *ret = value_int64(chosen->integer); break;
    case KIND_UINT: *ret = value_uint64(chosen->natural); break;
    default: *ret = value_float(chosen->real); break;
    }
    return true;
}

static bool call_minimum(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    (void)eval, (void)n_args;
    return choose(true, args, ret, err);
}

static bool call_maximum(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    (void)eval, (void)n_args;
    return choose(false, args, ret, err);
}

/* --- Loops --------------------------------------------------------------------------------- */

static bool loop_bound(const struct value *arg, int64_t *ret_bound, struct error *err)
{
    switch (value_kind(arg)) {
    case KIND_INT:
    case KIND_UINT:
    case KIND_DURATION: *ret_bound = (int64_t)number_bits(arg); return true;
    case KIND_STRING: {
        enum number_status status = number_parse_int(value_slice(arg), 10, ret_bound);

        return status == NUMBER_OK || parse_error(status, value_slice(arg), "int64", err);
    }
    default:
        return function_error(err, "%s is neither an integer nor a decimal text",
                              arg->type ? arg->type->name : "nil");
    }
}

static bool call_loop(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                      struct error *err)
{
    struct loop bounds = { 0, 0 };

    if (n_args == 2 && !loop_bound(&args[0], &bounds.next, err))
        return false;
    if (!loop_bound(&args[n_args - 1], &bounds.end, err))
        return false;

    struct loop *loop = ARENA_NEW(eval->arena, struct loop);

    *loop = bounds;
    *ret = (struct value){ .type = &type_loop, .state = loop };
    return true;
}

/* --- The table ----------------------------------------------------------------------------- */

static const struct function items[] = {
    { "parseBool", call_parse_bool, { &type_string }, &type_bool, 1, 1, 0 },
    { "parseInt", call_parse_int, { &type_string }, &type_int64, 1, 1, 0 },
    { "parseUint", call_parse_uint, { &type_string }, &type_uint64, 1, 1, 0 },
    { "parseFloat", call_parse_float, { &type_string }, &type_float64, 1, 1, 0 },
    { "add", call_add, { &type_any }, &type_any, 2, 2, 0 },
    { "subtract", call_subtract, { &type_any }, &type_any, 2, 2, 0 },
    { "multiply", call_multiply, { &type_any }, &type_any, 2, 2, 0 },
    { "divide", call_divide, { &type_any }, &type_any, 2, 2, 0 },
    { "modulo", call_modulo, { &type_any }, &type_any, 2, 2, 0 },
    { "minimum", call_minimum, { &type_any }, &type_any, 2, 2, 0 },
    { "maximum", call_maximum, { &type_any }, &type_any, 2, 2, 0 },
    { "loop", call_loop, { &type_any }, &type_loop, 1, 2, 0 },
};

const struct function_group functions_math = { items, ARRAY_SIZE(items) };
