/* SPDX-License-Identifier: MIT */
/* The functions on numbers: what they read, compute, refuse. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "tmpl/eval.h"
#include "tmpl/function.h"
#include "tmpl/loop.h"

#include "unit.h"

#define B(x)   value_bool(x)
#define I(n)   value_int(n)
#define L(n)   value_int64(n)
#define U(n)   value_uint64(n)
#define F(x)   value_float(x)
#define S(lit) value_string(SLICE(lit))
#define D(n)   ((struct value){ .type = &type_duration, .integer = (n) })

struct row {
    const char *function;
    struct value a, b;            /* in the order of the call */
    const char *want, *want_type; /* want_type NULL: want is an error */
};

static const struct function *find(const char *name)
{
    for (size_t i = 0; i < functions_math.n; i++) {
        if (strcmp(functions_math.items[i].name, name) == 0)
            return &functions_math.items[i];
    }
    fail_msg("no function %s", name);
    return NULL;
}

static void show(const struct value *value, char *text, size_t size)
{
    switch (value_kind(value)) {
    case KIND_BOOL: snprintf(text, size, "%s", value->boolean ? "true" : "false"); break;
    case KIND_INT: snprintf(text, size, "%" PRId64, value->integer); break;
    case KIND_UINT: snprintf(text, size, "%" PRIu64, value->natural); break;
    case KIND_FLOAT: snprintf(text, size, "%.17g", isnan(value->real) ? NAN : value->real); break;
    default: snprintf(text, size, "?"); break;
    }
}

static void check(const struct row *row, size_t n_args)
{
    const struct function *function = find(row->function);
    struct value args[] = { row->a, row->b };
    struct value got = VALUE_NIL;
    struct error err = ERROR_EMPTY;
    char text[64];

    assert_in_range(n_args, function->min_args, function->max_args);

    bool is_ok = function->call(NULL, args, n_args, &got, &err);

    show(&got, text, sizeof(text));
    if (!is_ok)
        assert_int_equal(err.code, ERROR_EXECUTE);
    if (is_ok != (row->want_type != NULL) || strcmp(is_ok ? text : err.text, row->want) != 0 ||
        (is_ok && strcmp(got.type->name, row->want_type) != 0))
        fail_msg("%s: want %s, got %s of type %s", row->function, row->want,
                 is_ok ? text : err.text, got.type ? got.type->name : "nil");
}

static void test_parse(void **state)
{
    const struct row rows[] = {
        { "parseBool", S("1"), VALUE_NIL, "true", "bool" },
        { "parseBool", S("t"), VALUE_NIL, "true", "bool" },
        { "parseBool", S("True"), VALUE_NIL, "true", "bool" },
        { "parseBool", S("TRUE"), VALUE_NIL, "true", "bool" },
        { "parseBool", S("F"), VALUE_NIL, "false", "bool" },
        { "parseBool", S("0"), VALUE_NIL, "false", "bool" },
        { "parseBool", S(""), VALUE_NIL, "false", "bool" },
        { "parseBool", S("tRUE"), VALUE_NIL, "'tRUE' is neither true nor false", NULL },
        { "parseBool", S("yes"), VALUE_NIL, "'yes' is neither true nor false", NULL },
        { "parseBool", S(" true"), VALUE_NIL, "' true' is neither true nor false", NULL },
        { "parseInt", S("-42"), VALUE_NIL, "-42", "int64" },
        { "parseInt", S("+42"), VALUE_NIL, "42", "int64" },
        { "parseInt", S("007"), VALUE_NIL, "7", "int64" },
        { "parseInt", S(""), VALUE_NIL, "0", "int64" },
        { "parseInt", S("1.0"), VALUE_NIL, "'1.0' is not a number of type int64", NULL },
        { "parseInt", S("0x1"), VALUE_NIL, "'0x1' is not a number of type int64", NULL },
        { "parseInt", S("1_0"), VALUE_NIL, "'1_0' is not a number of type int64", NULL },
        { "parseInt", S(" 1"), VALUE_NIL, "' 1' is not a number of type int64", NULL },
        { "parseInt", S("9223372036854775808"), VALUE_NIL,
          "'9223372036854775808' is out of the range of int64", NULL },
        { "parseUint", S("18446744073709551615"), VALUE_NIL, "18446744073709551615", "uint64" },
        { "parseUint", S(""), VALUE_NIL, "0", "uint64" },
        { "parseUint", S("-1"), VALUE_NIL, "'-1' is not a number of type uint64", NULL },
        { "parseUint", S("+1"), VALUE_NIL, "'+1' is not a number of type uint64", NULL },
        { "parseFloat", S("1e3"), VALUE_NIL, "1000", "float64" },
        { "parseFloat", S("0x1p-1"), VALUE_NIL, "0.5", "float64" },
        { "parseFloat", S("-inf"), VALUE_NIL, "-inf", "float64" },
        { "parseFloat", S("NaN"), VALUE_NIL, "nan", "float64" },
        { "parseFloat", S("1_0.5"), VALUE_NIL, "10.5", "float64" },
        { "parseFloat", S(""), VALUE_NIL, "0", "float64" },
        { "parseFloat", S("1,5"), VALUE_NIL, "'1,5' is not a number of type float64", NULL },
        { "parseFloat", S("1e999"), VALUE_NIL, "'1e999' is out of the range of float64", NULL },
        { "parseInt", S("0123456789012345678901234567890123456789012345678901234567890123456789x"),
          VALUE_NIL,
          "'0123456789012345678901234567890123456789012345678901234567890123…' is not a number "
          "of type int64",
          NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check(&rows[i], 1);
}

static void test_arithmetic(void **state)
{
    const struct row rows[] = {
        { "add", I(1), I(2), "3", "int64" },
        { "add", I(1), L(2), "3", "int64" },
        { "add", U(1), U(2), "3", "uint64" },
        { "add", U(3), I(-4), "-1", "int64" },
        { "add", I(4), U(3), "7", "int64" },
        { "add", F(1.5), I(2), "3.5", "float64" },
        { "add", I(1), F(2.5), "3.5", "float64" },
        { "add", U(UINT64_MAX), F(0), "1.8446744073709552e+19", "float64" },
        { "add", L(INT64_MAX), I(1), "-9223372036854775808", "int64" },
        { "add", U(UINT64_MAX), I(2), "1", "int64" },
        { "add", U(UINT64_MAX), U(2), "1", "uint64" },
        { "add", D(1), I(2), "3", "int64" },
        { "add", B(true), I(1), "bool is not a number", NULL },
        { "add", VALUE_NIL, I(1), "nil is not a number", NULL },
        { "add", I(1), S("1"), "string is not a number", NULL },
        { "subtract", I(2), I(10), "8", "int64" },
        { "subtract", U(3), U(1), "18446744073709551614", "uint64" },
        { "subtract", I(1), L(INT64_MIN), "9223372036854775807", "int64" },
        { "subtract", F(0.5), I(1), "0.5", "float64" },
        { "multiply", I(-3), I(7), "-21", "int64" },
        { "multiply", L(INT64_MAX), I(2), "-2", "int64" },
        { "multiply", F(0), F(-1), "-0", "float64" },
        { "divide", I(4), I(10), "2", "int64" },
        { "divide", I(2), I(-7), "-3", "int64" },
        { "divide", I(-1), L(INT64_MIN), "-9223372036854775808", "int64" },
        { "divide", U(2), U(UINT64_MAX), "9223372036854775807", "uint64" },
        { "divide", U(2), I(-7), "-3", "int64" },
        { "divide", U(UINT64_MAX), I(7), "-7", "int64" },
        { "divide", F(0), I(1), "inf", "float64" },
        { "divide", F(0), I(-1), "-inf", "float64" },
        { "divide", F(0), F(0), "nan", "float64" },
        { "divide", I(0), I(1), "division by zero", NULL },
        { "divide", U(0), I(1), "division by zero", NULL },
        { "divide", U(0), U(1), "division by zero", NULL },
        { "divide", I(0), F(1), "inf", "float64" },
        { "modulo", I(3), I(10), "1", "int64" },
        { "modulo", I(3), I(-10), "-1", "int64" },
        { "modulo", I(-3), I(10), "1", "int64" },
        { "modulo", I(-1), L(INT64_MIN), "0", "int64" },
        { "modulo", U(3), U(UINT64_MAX), "0", "uint64" },
        { "modulo", I(0), I(1), "division by zero", NULL },
        { "modulo", I(2), F(5.5), "float64 has no remainder", NULL },
        { "modulo", F(2), I(5), "float64 has no remainder", NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check(&rows[i], 2);
}

static void test_choice(void **state)
{
    const struct row rows[] = {
        { "minimum", I(1), I(2), "1", "int64" },
        { "minimum", I(2), I(1), "1", "int64" },
        { "minimum", I(1), F(2.5), "1", "int64" },
        { "minimum", I(3), F(2.5), "2.5", "float64" },
        { "minimum", F(1), I(1), "1", "float64" }, /* equal: the first */
        { "minimum", U(1), I(-1), "-1", "int64" },
        { "minimum", F(NAN), I(1), "nan", "float64" },
        { "minimum", I(1), F(NAN), "1", "int64" },
        { "maximum", I(1), I(2), "2", "int64" },
        { "maximum", U(7), I(3), "7", "uint64" },
        { "maximum", I(2), F(2.5), "2.5", "float64" },
        { "maximum", U(UINT64_MAX), I(1), "1", "int64" }, /* compared as int64 */
        { "maximum", U(UINT64_MAX), U(1), "18446744073709551615", "uint64" },
        { "maximum", U(UINT64_MAX), F(1), "18446744073709551615", "uint64" },
        { "maximum", D(5), I(1), "5", "int64" },
        { "maximum", S("a"), I(1), "string is not a number", NULL },
        { "minimum", I(1), VALUE_NIL, "nil is not a number", NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check(&rows[i], 2);
}

static void test_loop(void **state)
{
    const struct {
        size_t n_args;
        struct value args[2];
        int64_t want_first, want_last; /* first > last: nothing */
        const char *want_error;
    } rows[] = {
        { 1, { I(3) }, 0, 2, NULL },
        { 1, { U(1) }, 0, 0, NULL },
        { 1, { S("2") }, 0, 1, NULL },
        { 1, { I(0) }, 0, -1, NULL },
        { 1, { I(-5) }, 0, -1, NULL },
        { 2, { I(5), I(8) }, 5, 7, NULL },
        { 2, { S("-2"), U(1) }, -2, 0, NULL },
        { 2, { I(8), I(5) }, 0, -1, NULL },
        { 2, { L(INT64_MAX - 1), L(INT64_MAX) }, INT64_MAX - 1, INT64_MAX - 1, NULL },
        { 1, { F(3) }, 0, 0, "float64 is neither an integer nor a decimal text" },
        { 2, { I(1), VALUE_NIL }, 0, 0, "nil is neither an integer nor a decimal text" },
        { 1, { S("") }, 0, 0, "'' is not a number of type int64" },
        { 1, { S("1e3") }, 0, 0, "'1e3' is not a number of type int64" },
    };
    struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct value got;
        struct error err = ERROR_EMPTY;
        int64_t number = 0;

        if (!find("loop")->call(&eval, rows[i].args, rows[i].n_args, &got, &err)) {
            assert_string_equal(err.text, rows[i].want_error ? rows[i].want_error : "no error");
            continue;
        }
        assert_null(rows[i].want_error);
        assert_ptr_equal(got.type, &type_loop);
        for (int64_t want = rows[i].want_first; want <= rows[i].want_last; want++) {
            assert_true(loop_take(got.state, &number));
            assert_int_equal(number, want);
        }
        assert_false(loop_take(got.state, &number));
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
