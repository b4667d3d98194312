/* SPDX-License-Identifier: MIT */
/* Formats of printf: what is read how, and what is said of mistakes. */
#include "tmpl/print_rows.h"

static void test_nil(void **state)
{
    const struct row rows[] = {
        ROW("%v|%T|%+v|%#v|%5v|%-7v|", "<nil>|<nil>|<nil>|<nil>|<nil>|<nil>  |", NIL, NIL, NIL, NIL,
            NIL, NIL),
        ROW("%d %s %q %t %p %x %z",
            "%!d(<nil>) %!s(<nil>) %!q(<nil>) %!t(<nil>) %!p(<nil>) %!x(<nil>) %!z(<nil>)", NIL,
            NIL, NIL, NIL, NIL, NIL, NIL),
        ROW("%5d", "%!d(<nil>)", NIL),
        ROW("%.2v|", "<nil>|", NIL),
        ROW("%07v|", "00<nil>|", NIL),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_types(void **state)
{
    const struct row rows[] = {
        ROW("%T %T %T %T %T %T", "int int64 uint64 float64 bool string", I(1), L(1), U(1), F(1.0),
            B(true), S("")),
        ROW("%8T|%-8T|%.2T|", "     int|int     |st|", I(1), I(1), S("")),
        ROW("%T %T %T %T %T",
            "[]string []interface {} map[string]interface {} *demo.Pair demo.Pair", STRINGS, ANYS,
            MAP, POINTER, STRUCT),
        ROW("%T %T %T", "time.Duration time.Time []uint8", D(1), MOMENT, BYTES),
        ROW("%+T %#T", "int string", I(1), S("")),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_wrong_verbs(void **state)
{
    const struct row rows[] = {
        ROW("%d", "%!d(string=x)", S("x")),
        ROW("%s", "%!s(int=5)", I(5)),
        ROW("%t", "%!t(int=1)", I(1)),
        ROW("%f", "%!f(string=y)", S("y")),
        ROW("%d", "%!d(float64=1.5)", F(1.5)),
        ROW("%x", "%!x(bool=true)", B(true)),
        ROW("%c", "%!c(string=a)", S("a")),
        ROW("%q", "%!q(bool=true)", B(true)),
        ROW("%s", "%!s(int64=3)", L(3)),
        ROW("%s", "%!s(float64=1.5)", F(1.5)),
        ROW("%f", "%!f(int=3)", I(3)),
        ROW("%5d|%+d|%.2d|%-5d|",
            "%!d(string=    x)|%!d(string=y)|%!d(string=zz)|%!d(string=w    )|", S("x"), S("y"),
            S("zzz"), S("w")),
        ROW("%05d", "%!d(string=0000x)", S("x")),
        ROW("%+s", "%!s(int=+5)", I(5)),
        ROW("%05s", "%!s(int=00005)", I(5)),
        ROW("%#s", "%!s(int=255)", I(255)),
        ROW("%#d", "%!d(string=a)", S("a")),
        ROW("%#t", "%!t(uint64=7)", U(7)),
        ROW("% s", "%!s(float64= 1.5)", F(1.5)),
        ROW("%6.2s", "%!s(float64=   3.1)", F(3.14159)),
        ROW("%p", "%!p(string=x)", S("x")),
        ROW("%p", "%!p(int=5)", I(5)),
        ROW("%z", "%!z(int=1)", I(1)),
        ROW("%\xc3\xa9", "%!\xc3\xa9(int=1)", I(1)),
        ROW("%!", "%!!(int=1)", I(1)),
        ROW("%\xe4\xb8\x96", "%!\xe4\xb8\x96(string=a)", S("a")),
        ROW("%i", "%!i(int=1)", I(1)),
        ROW("%w", "%!w(int=1)", I(1)),
        ROW("%w", "%!w(string=e)", S("e")),
        ROW("%U", "%!U(string=a)", S("a")),
        ROW("%e", "%!e(int=1)", I(1)),
        ROW("%.3t", "%!t(string=abc)", S("abcdef")),
        ROW("%\n", "%!\n(int=1)", I(1)),
        ROW("% \t", "%!\t(int= 1)", I(1)),
        ROW("%\x00", "%!\x00(int=1)", I(1)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_formats(void **state)
{
    const struct row rows[] = {
        ROW("100%%", "100%"),
        ROW("%d%%", "50%", I(50)),
        ROW("%5%|%-5%|%05.2%|", "%|%|%|"),
        ROW("abc%", "abc%!(NOVERB)"),
        ROW("%", "%!(NOVERB)"),
        ROW("%5", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%-", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%+ ", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%.", "%!.(int=3)", I(3)),
        ROW("%5.", "%!.(int=    3)", I(3)),
        ROW("%.5", "%!(NOVERB)%!(EXTRA int=3)", I(3)),
        ROW("%s", "%!s(MISSING)"),
        ROW("%d %s %d", "1 %!s(MISSING) %!d(MISSING)", I(1)),
        ROW("%s-%s", "a-%!s(MISSING)", S("a")),
        ROW("plain", "plain"),
        ROW("", ""),
        ROW("", "%!(EXTRA int=1)", I(1)),
        ROW("plain", "plain%!(EXTRA int=1, string=x)", I(1), S("x")),
        ROW("%d", "1%!(EXTRA int=2, string=x, <nil>, float64=1.5)", I(1), I(2), S("x"), NIL,
            F(1.5)),
        ROW("%+d", "+1%!(EXTRA int=2)", I(1), I(2)),
        ROW("%!", "%!!(MISSING)"),
        ROW("%%%s", "%a", S("a")),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_indexes(void **state)
{
    const struct row rows[] = {
        ROW("%[2]s %[1]s", "b a", S("a"), S("b")),
        ROW("%[1]d %[1]x %[1]o", "255 ff 377", I(255)),
        ROW("%[3]d", "%!d(BADINDEX)", I(1)),
        ROW("%[0]d", "%!d(BADINDEX)", I(1)),
        ROW("%[-1]d", "%!d(BADINDEX)", I(1)),
        ROW("%[x]d", "%!d(BADINDEX)", I(1)),
        ROW("%[]d", "%!d(BADINDEX)", I(1)),
        ROW("%[", "%!(NOVERB)", I(1)),
        ROW("%[1", "%!(NOVERB)", I(1)),
        ROW("%[1d", "%!d(BADINDEX)", I(1)),
        ROW("%[2]*[1]d", "     3", I(3), I(6)),
        ROW("%[2]d %d", "2 3", I(1), I(2), I(3)),
        ROW("%[1]d %d %d", "1 2 %!d(MISSING)", I(1), I(2)),
        ROW("%6.2f", " 12.00", F(12.0)),
        ROW("%[3]*.[2]*[1]f", " 12.00", F(12.0), I(2), I(6)),
        ROW("%[3]*.[2]*f", "%!f(int=    06)", F(12.0), I(2), I(6)),
        ROW("%.[2]*[1]f", "12.35", F(12.3456), I(2)),
        ROW("%[1]2d", "%!d(BADINDEX)", I(1)),
        ROW("%[1].2d", "%!d(BADINDEX)", I(1)),
        ROW("%[1][2]d", "%![(int=1)2]d", I(1), I(2)),
        ROW("%[5]d %[1]d", "%!d(BADINDEX) 1", I(1)),
        ROW("%[99999999999]d", "%!d(BADINDEX)", I(1)),
        ROW("%[2]d", "2", I(1), I(2)),
        ROW("%[1]*[2]d", "%!(BADWIDTH)5", S("w"), I(5)),
        ROW("%[x]%", "%", I(1)),
        ROW("%d%[3]d", "1%!d(BADINDEX)", I(1), I(2)),
        ROW("%[1] d", "%! (int=1)d", I(1)),
        ROW("%-[1]5d|", "%!d(BADINDEX)|", I(1)),
        ROW("%[1]d", "%!d(BADINDEX)"),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_stars(void **state)
{
    const struct row rows[] = {
        ROW("%*d|", "   42|", I(5), I(42)),
        ROW("%*d|", "42   |", I(-5), I(42)),
        ROW("%-*d|", "42   |", I(5), I(42)),
        ROW("%0*d|", "00042|", I(5), I(42)),
        ROW("%0*d|", "42   |", I(-5), I(42)),
        ROW("%*d", "%!(BADWIDTH)4", S("x"), I(4)),
        ROW("%*d", "%!(BADWIDTH)%!d(MISSING)"),
        ROW("%*d", "%!d(MISSING)", I(5)),
        ROW("%.*f", "3.14", I(2), F(3.14159)),
        ROW("%.*f", "%!(BADPREC)3.141590", I(-2), F(3.14159)),
        ROW("%.*f", "%!(BADPREC)3.141590", S("x"), F(3.14159)),
        ROW("%*.*f|", "    3.14|", I(8), I(2), F(3.14159)),
        ROW("%*d|", "   1|", U(4), I(1)),
        ROW("%*d|", "   1|", L(4), I(1)),
        ROW("%*d|", "%!(BADWIDTH)1|", F(4.0), I(1)),
        ROW("%*d", "%!(BADWIDTH)42", I(10000000), I(42)),
        ROW("%*d", "%!(BADWIDTH)42", U(UINT64_MAX), I(42)),
        ROW("%.*d", "%!(BADPREC)42", I(10000000), I(42)),
        ROW("%*d|", "  1|", D(3), I(1)),
        ROW("%*d", "%!(BADWIDTH)1", NIL, I(1)),
        ROW("%.*s|", "ab|", I(2), S("abc")),
        ROW("%.*s|", "|", I(0), S("abc")),
        ROW("%*%|", "%|", I(4)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_widths(void **state)
{
    const struct row rows[] = {
        ROW("%99999999999d", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%10000010d", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%.10000010d|", "%!(NOVERB)%!(EXTRA int=1)", I(1)),
        ROW("%10000010d%d", "%!(NOVERB)%!(EXTRA int=1, int=2)", I(1), I(2)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

/* The bound is looked at before the last digit. */
static void test_widest(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct text format = { "%10000009d", 10, NULL };
    struct value arg = I(1);
    struct text_builder out;
    struct error err = ERROR_EMPTY;

    (void)state;
    text_builder_init(&out, &arena);
    assert_true(print_formatted(&out, &format, &arg, 1, &err));
    assert_int_equal(out.len, 10000009);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nil),         cmocka_unit_test(test_types),
        cmocka_unit_test(test_wrong_verbs), cmocka_unit_test(test_formats),
        cmocka_unit_test(test_indexes),     cmocka_unit_test(test_stars),
        cmocka_unit_test(test_widths),      cmocka_unit_test(test_widest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
