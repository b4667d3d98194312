/* SPDX-License-Identifier: MIT */
/* Numbers as text: what strconv reads, and the constants of a template. */
#include <math.h>
#include <stdio.h>

#include "tmpl/number.h"

#include "unit.h"

static const struct {
    const char *name, *text;
    unsigned base;
    enum number_status want;
    int64_t number;
} int_cases[] = {
    { "zero", "0", 10, NUMBER_OK, 0 },
    { "a sign", "-42", 10, NUMBER_OK, -42 },
    { "a plus", "+42", 10, NUMBER_OK, 42 },
    { "leading zeros are decimal", "0017", 10, NUMBER_OK, 17 },
    { "the largest", "9223372036854775807", 10, NUMBER_OK, INT64_MAX },
    { "the smallest", "-9223372036854775808", 10, NUMBER_OK, INT64_MIN },
    { "one above", "9223372036854775808", 10, NUMBER_OUT_OF_RANGE, 0 },
    { "one below", "-9223372036854775809", 10, NUMBER_OUT_OF_RANGE, 0 },
    { "far above", "99999999999999999999999999", 10, NUMBER_OUT_OF_RANGE, 0 },
    { "far above, then no digit", "99999999999999999999999999x", 10, NUMBER_BAD_SYNTAX, 0 },
    { "nothing", "", 10, NUMBER_BAD_SYNTAX, 0 },
    { "a sign alone", "-", 10, NUMBER_BAD_SYNTAX, 0 },
    { "two signs", "--1", 10, NUMBER_BAD_SYNTAX, 0 },
    { "a space before", " 1", 10, NUMBER_BAD_SYNTAX, 0 },
    { "a space behind", "1 ", 10, NUMBER_BAD_SYNTAX, 0 },
    { "a fraction", "1.0", 10, NUMBER_BAD_SYNTAX, 0 },
    { "an exponent", "1e3", 10, NUMBER_BAD_SYNTAX, 0 },
    { "an underscore", "1_000", 10, NUMBER_BAD_SYNTAX, 0 },
    { "a prefix", "0x10", 10, NUMBER_BAD_SYNTAX, 0 },
    { "base 16 has no prefix", "fF", 16, NUMBER_OK, 255 },
    { "base 2", "101", 2, NUMBER_OK, 5 },
    { "base 2 has no 2", "2", 2, NUMBER_BAD_SYNTAX, 0 },
    { "base 36", "z", 36, NUMBER_OK, 35 },
    { "literal: decimal", "1_000_000", 0, NUMBER_OK, 1000000 },
    { "literal: hexadecimal", "-0XfF", 0, NUMBER_OK, -255 },
    { "literal: octal", "0o17", 0, NUMBER_OK, 15 },
    { "literal: bare octal", "017", 0, NUMBER_OK, 15 },
    { "literal: bare octal with underscore", "0_7", 0, NUMBER_OK, 7 },
    { "literal: no octal digit", "089", 0, NUMBER_BAD_SYNTAX, 0 },
    { "literal: binary", "0B101", 0, NUMBER_OK, 5 },
    { "literal: underscore behind the prefix", "0x_ff", 0, NUMBER_OK, 255 },
    { "literal: underscore at the end", "1_", 0, NUMBER_BAD_SYNTAX, 0 },
    { "literal: underscore in front", "_1", 0, NUMBER_BAD_SYNTAX, 0 },
    { "literal: two underscores", "1__0", 0, NUMBER_BAD_SYNTAX, 0 },
    { "literal: a prefix alone", "0x", 0, NUMBER_BAD_SYNTAX, 0 },
    { "literal: zero", "0", 0, NUMBER_OK, 0 },
    { "literal: minus zero", "-0", 0, NUMBER_OK, 0 },
};

static void test_int(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(int_cases); i++) {
        int64_t number = 0;
        enum number_status status =
            number_parse_int(slice_from(int_cases[i].text), int_cases[i].base, &number);

        if (status != int_cases[i].want || number != int_cases[i].number)
            fail_msg("%s: status %d, number %lld", int_cases[i].name, status, (long long)number);
    }
}

static void test_uint(void **state)
{
    uint64_t number = 7;

    (void)state;
    assert_int_equal(number_parse_uint(SLICE("18446744073709551615"), 10, &number), NUMBER_OK);
    assert_true(number == UINT64_MAX);
    assert_int_equal(number_parse_uint(SLICE("18446744073709551616"), 10, &number),
                     NUMBER_OUT_OF_RANGE);
    assert_int_equal(number_parse_uint(SLICE("+1"), 10, &number), NUMBER_BAD_SYNTAX);
    assert_int_equal(number_parse_uint(SLICE("-0"), 10, &number), NUMBER_BAD_SYNTAX);
    assert_int_equal(number_parse_uint(SLICE("1\0"), 10, &number), NUMBER_BAD_SYNTAX);
    assert_true(number == UINT64_MAX); /* untouched by failures */
}

static const struct {
    const char *text;
    enum number_status want;
    double number;
} float_cases[] = {
    { "0", NUMBER_OK, 0 },
    { "1e3", NUMBER_OK, 1000 },
    { ".5", NUMBER_OK, 0.5 },
    { "1.", NUMBER_OK, 1 },
    { "-1.5E-7", NUMBER_OK, -1.5e-7 },
    { "+2", NUMBER_OK, 2 },
    { "010", NUMBER_OK, 10 },
    { "1_000.5", NUMBER_OK, 1000.5 },
    { "1e1_0", NUMBER_OK, 1e10 },
    { "0x1p4", NUMBER_OK, 16 },
    { "0X1.8P+1", NUMBER_OK, 3 },
    { "0x_1p-2", NUMBER_OK, 0.25 },
    { "0x.8p0", NUMBER_OK, 0.5 },
    { "inf", NUMBER_OK, INFINITY },
    { "-Inf", NUMBER_OK, -INFINITY },
    { "+INFINITY", NUMBER_OK, INFINITY },
    { "1e308", NUMBER_OK, 1e308 },
    { "1.7976931348623157e308", NUMBER_OK, 1.7976931348623157e308 },
    { "1.7976931348623159e308", NUMBER_OUT_OF_RANGE, 0 },
    { "1e309", NUMBER_OUT_OF_RANGE, 0 },
    { "-1e99999999999", NUMBER_OUT_OF_RANGE, 0 },
    { "0x1p1024", NUMBER_OUT_OF_RANGE, 0 },
    { "1e-400", NUMBER_OK, 0 },
    { "4.9e-324", NUMBER_OK, 0x1p-1074 },
    { "9007199254740993", NUMBER_OK, 9007199254740992.0 },
    { "", NUMBER_BAD_SYNTAX, 0 },
    { ".", NUMBER_BAD_SYNTAX, 0 },
    { "-", NUMBER_BAD_SYNTAX, 0 },
    { "1.2.3", NUMBER_BAD_SYNTAX, 0 },
    { "1e", NUMBER_BAD_SYNTAX, 0 },
    { "1e+", NUMBER_BAD_SYNTAX, 0 },
    { "e5", NUMBER_BAD_SYNTAX, 0 },
    { "1e5x", NUMBER_BAD_SYNTAX, 0 },
    { "1 ", NUMBER_BAD_SYNTAX, 0 },
    { " 1", NUMBER_BAD_SYNTAX, 0 },
    { "0x1", NUMBER_BAD_SYNTAX, 0 }, /* needs its exponent */
    { "0x1e5", NUMBER_BAD_SYNTAX, 0 },
    { "0xp1", NUMBER_BAD_SYNTAX, 0 },
    { "0x", NUMBER_BAD_SYNTAX, 0 },
    { "1p4", NUMBER_BAD_SYNTAX, 0 },
    { "0b1", NUMBER_BAD_SYNTAX, 0 },
    { "_1", NUMBER_BAD_SYNTAX, 0 },
    { "1_", NUMBER_BAD_SYNTAX, 0 },
    { "1_.5", NUMBER_BAD_SYNTAX, 0 },
    { "1._5", NUMBER_BAD_SYNTAX, 0 },
    { "1e_5", NUMBER_BAD_SYNTAX, 0 },
    { "+nan", NUMBER_BAD_SYNTAX, 0 },
    { "infinit", NUMBER_BAD_SYNTAX, 0 },
    { "infinityx", NUMBER_BAD_SYNTAX, 0 },
    { "nan(1)", NUMBER_BAD_SYNTAX, 0 },
    { "1,5", NUMBER_BAD_SYNTAX, 0 },
};

static void test_float(void **state)
{
    double number;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(float_cases); i++) {
        number = 0;

        enum number_status status = number_parse_float(slice_from(float_cases[i].text), &number);

        if (status != float_cases[i].want || number != float_cases[i].number)
            fail_msg("'%s': status %d, number %g", float_cases[i].text, status, number);
    }
    assert_int_equal(number_parse_float(SLICE("NaN"), &number), NUMBER_OK);
    assert_true(isnan(number));
    assert_int_equal(number_parse_float(SLICE("-0"), &number), NUMBER_OK);
    assert_true(number == 0 && signbit(number));
    assert_int_equal(number_parse_float(SLICE("1\0"), &number), NUMBER_BAD_SYNTAX);
}

static void test_long_float(void **state)
{
    char text[2001];
    double number = 0;

    (void)state;
    memset(text, '9', sizeof(text));
    text[1] = '.';
    assert_int_equal(number_parse_float(slice_of(text, sizeof(text)), &number), NUMBER_OK);
    assert_true(number == 10);
}

static const struct {
    const char *name, *text;
    size_t want;
} scan_cases[] = {
    { "digits", "123 ", 3 },
    { "no letters", "12abc", 2 },
    { "hexadecimal", "0x1Fg", 4 },
    { "an octal has no 8", "0o178", 4 },
    { "an 8 behind a bare zero is scanned", "089", 3 },
    { "binary without exponent", "0b101e3", 5 },
    { "a sign", "-7|", 2 },
    { "a sign alone", "+ ", 1 },
    { "a float", "1_0.5e-3)", 8 },
    { "an exponent without digits", "1e", 2 },
    { "a hex float", "0x1.8p+4}", 8 },
    { "an 'e' of hexadecimal", "0x1e+5", 4 },
    { "one point only", "1.2.3", 3 },
    { "imaginary", "2i ", 2 },
    { "the first half of a complex constant", "1+2i", 1 },
    { "a point alone", ".x", 1 },
    { "nothing", "x", 0 },
    { "the end", "", 0 },
};

static void test_scan(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(scan_cases); i++) {
        size_t got = number_scan(slice_from(scan_cases[i].text));

        if (got != scan_cases[i].want)
            fail_msg("%s: %zu", scan_cases[i].name, got);
    }
    assert_int_equal(number_scan(SLICE("1\0")), 1);
}

/* What a constant can be: i int, u uint, f float, c complex; and its type without a wanted one. */
static const struct {
    const char *text;
    enum number_status want;
    const char *can_be, *type;
    double number;
} literal_cases[] = {
    { "0", NUMBER_OK, "iuf", "int", 0 },
    { "-0", NUMBER_OK, "iuf", "int", 0 },
    { "-7", NUMBER_OK, "if", "int", -7 },
    { "+9", NUMBER_OK, "if", "int", 9 }, /* a sign makes no unsigned constant */
    { "0x1F", NUMBER_OK, "iuf", "int", 31 },
    { "0x1e", NUMBER_OK, "iuf", "int", 30 },
    { "-0x1e", NUMBER_OK, "if", "float64", -30 },
    { "0b101", NUMBER_OK, "iuf", "int", 5 },
    { "1e3", NUMBER_OK, "iuf", "float64", 1000 },
    { "1.0", NUMBER_OK, "iuf", "float64", 1 },
    { "1.5", NUMBER_OK, "f", "float64", 1.5 },
    { "-1.0", NUMBER_OK, "if", "float64", -1 },
    { "1e30", NUMBER_OK, "f", "float64", 1e30 },
    { "9223372036854775808.0", NUMBER_OK, "uf", "float64", 0x1p63 },
    { "18446744073709551616.0", NUMBER_OK, "f", "float64", 0x1p64 },
    { "-9223372036854775808.0", NUMBER_OK, "if", "float64", -0x1p63 },
    { "0x1p4", NUMBER_OK, "iuf", "float64", 16 },
    { "9223372036854775807", NUMBER_OK, "iuf", "int", 0x1p63 },
    { "9223372036854775808", NUMBER_OK, "uf", "overflow", 0x1p63 },
    { "18446744073709551616", NUMBER_OUT_OF_RANGE, NULL, NULL, 0 },
    { "-9223372036854775809", NUMBER_OUT_OF_RANGE, NULL, NULL, 0 },
    { "1e999", NUMBER_OUT_OF_RANGE, NULL, NULL, 0 },
    { "089", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "1_", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "+", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { ".", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "1e", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "0x", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "2i", NUMBER_OK, "c", "complex128", 0 },
    { "1+2i", NUMBER_OK, "c", "complex128", 1 },
    { "1.5e1-0x1p1i", NUMBER_OK, "c", "complex128", 15 },
    { "0i", NUMBER_OK, "iufc", "complex128", 0 },
    { "3+0i", NUMBER_OK, "iufc", "complex128", 3 },
    { "2i+3i", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "0b1+2i", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "0x2i", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "1+i", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
    { "i", NUMBER_BAD_SYNTAX, NULL, NULL, 0 },
};

static void check_literal(size_t i, const struct number *number)
{
    char can_be[8];
    struct value value = VALUE_NIL;
    const char *type = number_to_value(number, &value) ? value.type->name : "overflow";

    snprintf(can_be, sizeof(can_be), "%s%s%s%s", number->is_int ? "i" : "",
             number->is_uint ? "u" : "", number->is_float ? "f" : "",
             number->is_complex ? "c" : "");
    if (strcmp(can_be, literal_cases[i].can_be) != 0 || number->real != literal_cases[i].number ||
        strcmp(type, literal_cases[i].type) != 0)
        fail_msg("'%s': can be %s, is %s, %g", literal_cases[i].text, can_be, type, number->real);
}

static void test_literal(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(literal_cases); i++) {
        struct number number = { .is_int = false };
        enum number_status status =
            number_parse_literal(slice_from(literal_cases[i].text), &number);

        if (status != literal_cases[i].want)
            fail_msg("'%s': status %d", literal_cases[i].text, status);
        if (status == NUMBER_OK)
            check_literal(i, &number);
    }
}

static void test_rune(void **state)
{
    struct number number = number_from_rune('e');
    struct value value;

    (void)state;
    assert_true(number.is_int && number.is_uint && number.is_float && !number.is_complex);
    assert_true(number_to_value(&number, &value));
    assert_ptr_equal(value.type, &type_int);
    assert_int_equal(value.integer, 'e');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int),   cmocka_unit_test(test_uint),
        cmocka_unit_test(test_float), cmocka_unit_test(test_long_float),
        cmocka_unit_test(test_scan),  cmocka_unit_test(test_literal),
        cmocka_unit_test(test_rune),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
