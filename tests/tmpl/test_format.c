/* SPDX-License-Identifier: MIT */
/* One argument with flags, width and precision: the bytes are those of Go's fmt. */
#include "tmpl/print_rows.h"

static void test_integers(void **state)
{
    const struct row rows[] = {
        ROW("%d", "42", I(42)),
        ROW("%d", "-42", I(-42)),
        ROW("%5d|", "   42|", I(42)),
        ROW("%-5d|", "42   |", I(42)),
        ROW("%05d", "-0042", I(-42)),
        ROW("%+d", "+42", I(42)),
        ROW("% d", " 42", I(42)),
        ROW("% d", "-42", I(-42)),
        ROW("%+ d", "+42", I(42)),
        ROW("% 05d", " 0042", I(42)),
        ROW("%+05d", "+0042", I(42)),
        ROW("%-05d|", "42   |", I(42)),
        ROW("%0-5d|", "42   |", I(42)),
        ROW("%.5d", "00042", I(42)),
        ROW("%8.5d", "   00042", I(42)),
        ROW("%-8.3d|", "042     |", I(42)),
        ROW("%08.3d", "     007", I(7)),
        ROW("%+.3d", "+007", I(7)),
        ROW("%.0d|", "|", I(0)),
        ROW("%5.0d|", "     |", I(0)),
        ROW("%05.0d|", "     |", I(0)),
        ROW("%.d|", "|", I(0)),
        ROW("%.0d", "1", I(1)),
        ROW("%b", "-101", I(-5)),
        ROW("%o", "10", I(8)),
        ROW("%#o", "010", I(8)),
        ROW("%#o", "0", I(0)),
        ROW("%O", "0o10", I(8)),
        ROW("%#O", "0o010", I(8)),
        ROW("%O", "-0o10", I(-8)),
        ROW("%x", "ff", I(255)),
        ROW("%X", "-FF", I(-255)),
        ROW("%#x", "0xff", I(255)),
        ROW("%#X", "0XFF", I(255)),
        ROW("%#b", "0b101", I(5)),
        ROW("%#08x", "0x0000002a", I(42)),
        ROW("%#.4x", "0x002a", I(42)),
        ROW("%# x", " 0x2a", I(42)),
        ROW("%+x", "+2a", I(42)),
        ROW("%d", "-9223372036854775808", I(INT64_MIN)),
        ROW("%x", "ffffffffffffffff", U(UINT64_MAX)),
        ROW("%d", "18446744073709551615", U(UINT64_MAX)),
        ROW("%064b", "0000000000000000000000000000000000000000000000000000000000000001", I(1)),
        ROW("%#v", "0x7", U(7)),
        ROW("%#v", "7", I(7)),
        ROW("%v", "-3", L(-3)),
        ROW("%20d|%-20d|", "                   1|2                   |", L(1), L(2)),
        ROW("%d", "3", U(3)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_characters(void **state)
{
    const struct row rows[] = {
        ROW("%c", "A", I(65)),
        ROW("%c", "\xe4\xb8\x96", I(19990)),
        ROW("%c", "\xef\xbf\xbd", I(-1)),
        ROW("%c", "\xef\xbf\xbd", I(1114112)),
        ROW("%c", "\xef\xbf\xbd", I(55296)),
        ROW("%5c|", "    \xe4\xb8\x96|", I(19990)),
        ROW("%05c|", "0000A|", I(65)),
        ROW("%-3c|", "A  |", I(65)),
        ROW("%q", "'A'", I(65)),
        ROW("%q", "'\\n'", I(10)),
        ROW("%q", "'\\''", I(39)),
        ROW("%q", "'\"'", I(34)),
        ROW("%q", "'\\\\'", I(92)),
        ROW("%q", "'\\x00'", I(0)),
        ROW("%q", "'\\x7f'", I(127)),
        ROW("%q", "'\\u00ad'", I(173)),
        ROW("%q", "'\xf0\x9f\x9a\x80'", I(128640)),
        ROW("%+q", "'\\u4e16'", I(19990)),
        ROW("%+q", "'\\U0001f680'", I(128640)),
        ROW("%q", "'\xef\xbf\xbd'", I(-1)),
        ROW("%#q", "'A'", I(65)),
        ROW("%6q|", "   'A'|", I(65)),
        ROW("%q", "'\xef\xbf\xbd'", I(65533)),
        ROW("%q", "'\\ue000'", I(57344)),
        ROW("%U", "U+0041", I(65)),
        ROW("%#U", "U+0041 'A'", I(65)),
        ROW("%#U", "U+000A", I(10)),
        ROW("%#U", "U+1F680 '\xf0\x9f\x9a\x80'", I(128640)),
        ROW("%U", "U+FFFFFFFFFFFFFFFF", I(-1)),
        ROW("%.6U", "U+000041", I(65)),
        ROW("%10U|", "    U+0041|", I(65)),
        ROW("%-10U|", "U+0041    |", I(65)),
        ROW("%#10U|", "U+0041 'A'|", I(65)),
        ROW("%010U|", "    U+0041|", I(65)),
        ROW("%.2U", "U+0041", I(65)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_floats(void **state)
{
    const struct row rows[] = {
        ROW("%f", "3.141590", F(3.14159)),
        ROW("%.2f", "3.14", F(3.14159)),
        ROW("%8.3f", "   3.142", F(3.14159)),
        ROW("%-8.1f|", "3.1     |", F(3.14159)),
        ROW("%08.2f", "-0003.14", F(-3.14159)),
        ROW("%+.1f", "+3.1", F(3.14159)),
        ROW("% .2f", " 1.50", F(1.5)),
        ROW("%6.0f", "     2", F(2.5)),
        ROW("%.0f", "4", F(3.5)),
        ROW("%.f", "0", F(0.5)),
        ROW("%F", "1.500000", F(1.5)),
        ROW("%e", "1.234568e+03", F(1234.5678)),
        ROW("%E", "1.234568E+03", F(1234.5678)),
        ROW("%.0e", "2e+01", F(15.0)),
        ROW("%.3e", "0.000e+00", F(0.0)),
        ROW("%g", "1e+21", F(1e+21)),
        ROW("%G", "1E-07", F(1e-07)),
        ROW("%g", "100000", F(100000.0)),
        ROW("%g", "1e+06", F(1000000.0)),
        ROW("%g", "0.0001", F(0.0001)),
        ROW("%g", "1e-05", F(1e-05)),
        ROW("%.3g", "1.23e+03", F(1234.5678)),
        ROW("%.10g", "1234.5678", F(1234.5678)),
        ROW("%.0g", "1e+03", F(1234.5678)),
        ROW("%.3g", "100", F(100.0)),
        ROW("%.3g", "1e+03", F(1000.0)),
        ROW("%v", "2.5", F(2.5)),
        ROW("%v", "1e+20", F(1e+20)),
        ROW("%v", "1.23456789e+08", F(123456789.0)),
        ROW("%v", "5e-324", F(5e-324)),
        ROW("%v", "1.7976931348623157e+308", F(1.7976931348623157e+308)),
        ROW("%v", "2.2250738585072014e-308", F(2.2250738585072014e-308)),
        ROW("%v", "5.684341886080802e-14", F(5.684341886080802e-14)),
        ROW("%v", "0.1", F(0.1)),
        ROW("%v", "-0", F(-0.0)),
        ROW("%v", "9.007199254740992e+15", F(9007199254740992.0)),
        ROW("%v", "1e+23", F(1e+23)),
        ROW("%v", "123456.7", F(123456.7)),
        ROW("%.1v", "1e+05", F(123456.7)),
        ROW("%#v", "1", F(1.0)),
        ROW("%#v", "1e+06", F(1000000.0)),
        ROW("%#g", "1.00000", F(1.0)),
        ROW("%#g", "0.00000", F(0.0)),
        ROW("%#.3g", "1.00e+06", F(1000000.0)),
        ROW("%#g", "1.00000e-07", F(1e-07)),
        ROW("%#.0f", "1.", F(1.0)),
        ROW("%#.0e", "1.e+00", F(1.0)),
        ROW("%#e", "1.000000e+00", F(1.0)),
        ROW("%#x", "0x1.0000p+00", F(1.0)),
        ROW("%#X", "0X1.8P+00", F(1.5)),
        ROW("%#.3x", "0x1.000p+00", F(1.0)),
        ROW("%x", "0x1p+00", F(1.0)),
        ROW("%X", "-0X1.8P+00", F(-1.5)),
        ROW("%x", "0x0p+00", F(0.0)),
        ROW("%x", "0x1.999999999999ap-04", F(0.1)),
        ROW("%.3x", "0x1.ffcp+00", F(1.999)),
        ROW("%.0x", "0x1p+01", F(1.5)),
        ROW("%.0x", "0x1p-01", F(0.5)),
        ROW("%.20x", "0x1.40000000000000000000p+00", F(1.25)),
        ROW("%x", "0x1p-1074", F(5e-324)),
        ROW("%x", "0x1.7e43c8800759cp+996", F(1e+300)),
        ROW("%b", "4503599627370496p-52", F(1.0)),
        ROW("%b", "-0p-1074", F(-0.0)),
        ROW("%b", "1p-1074", F(5e-324)),
        ROW("%10.1x|", " 0x1.0p+00|", F(1.0)),
        ROW("%012x|", "000000x1p+00|", F(1.0)),
        ROW("%+012x|", "+00000x1p+00|", F(1.0)),
        ROW("%v", "+Inf", F(INFINITY)),
        ROW("%f", "-Inf", F(-INFINITY)),
        ROW("%5.1f|", " +Inf|", F(INFINITY)),
        ROW("%05f|", " -Inf|", F(-INFINITY)),
        ROW("%+v", "+Inf", F(INFINITY)),
        ROW("%v", "NaN", F(NAN)),
        ROW("%+v", "NaN", F(NAN)),
        ROW("% v", " NaN", F(NAN)),
        ROW("%06.1f|", "   NaN|", F(NAN)),
        ROW("%x", "NaN", F(NAN)),
        ROW("%-6f|", "NaN   |", F(NAN)),
        ROW("% d", "%!d(float64= 1)", F(1.0)),
        ROW("%#v", "+Inf", F(INFINITY)),
        ROW("%.400f",
            "0."
            "10000000000000000555111512312578270211815834045410156250000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000",
            F(0.1)),
        ROW("%.3f", "100000000000000000000.000", F(1e+20)),
        ROW("%010.1f|", "-0000001.0|", F(-1.0)),
        ROW("%-010.1f|", "-1.0      |", F(-1.0)),
        ROW("%+.3e", "+1.000e-10", F(1e-10)),
        ROW("%.4f", "0.0000", F(9.5367431640625e-07)),
        ROW("%.25f", "0.5000000000000000000000000", F(0.5)),
        ROW("%.60e", "1.000000000000000055511151231257827021181583404541015625000000e-01", F(0.1)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_complex(void **state)
{
    const struct row rows[] = {
        ROW("%v", "(0+2i)", C(0.0, 2.0)),
        ROW("%v", "(1-2i)", C(1.0, -2.0)),
        ROW("%.1f", "(1.0+2.0i)", C(1.0, 2.0)),
        ROW("%8.2f", "(    1.00   -2.50i)", C(1.0, -2.5)),
        ROW("%+g", "(+1+2i)", C(1.0, 2.0)),
        ROW("%#v", "(1+2i)", C(1.0, 2.0)),
        ROW("%d", "%!d(complex128=(1+2i))", C(1.0, 2.0)),
        ROW("%x", "(0x1p+00+0x1p+01i)", C(1.0, 2.0)),
        ROW("% g", "( 1+2i)", C(1.0, 2.0)),
        ROW("%T", "complex128", C(1.0, 2.0)),
        ROW("%F", "(1.000000+2.000000i)", C(1.0, 2.0)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_texts(void **state)
{
    const struct row rows[] = {
        ROW("%s|%v", "a|b", S("a"), S("b")),
        ROW("%10s|", "     hello|", S("hello")),
        ROW("%-10s|", "hello     |", S("hello")),
        ROW("%010s|", "00000hello|", S("hello")),
        ROW("%.3s", "hel", S("hello")),
        ROW("%10.3s|", "       hel|", S("hello")),
        ROW("%.0s|", "|", S("hello")),
        ROW("%.9s|", "hello|", S("hello")),
        ROW("%5s|", "   \xc3\xa9\xe4\xb8\x96|", S("\xc3\xa9\xe4\xb8\x96")),
        ROW("%.2s", "\xc3\xa9\xe4\xb8\x96", S("\xc3\xa9\xe4\xb8\x96\xe7\x95\x8c")),
        ROW("%.2s", "\xff\xfe", S("\xff\xfe\xfd")),
        ROW("%4s|", "  \xff\xfe|", S("\xff\xfe")),
        ROW("%s",
            "a\x00"
            "b",
            S("a\x00"
              "b")),
        ROW("%-05s|", "ab   |", S("ab")),
        ROW("%+s", "ab", S("ab")),
        ROW("% s", "ab", S("ab")),
        ROW("%#s", "ab", S("ab")),
        ROW("%s", "", S("")),
        ROW("%3s|", "   |", S("")),
        ROW("%q", "\"he\\\"y\\n\"", S("he\"y\n")),
        ROW("%q", "\"\xc3\xa9\xe4\xb8\x96\xf0\x9f\x9a\x80\"",
            S("\xc3\xa9\xe4\xb8\x96\xf0\x9f\x9a\x80")),
        ROW("%+q", "\"\\u00e9\\u4e16\\U0001f680\"", S("\xc3\xa9\xe4\xb8\x96\xf0\x9f\x9a\x80")),
        ROW("%#q", "`plain`", S("plain")),
        ROW("%#q", "\"with`tick\"", S("with`tick")),
        ROW("%#q", "`a\tb`", S("a\tb")),
        ROW("%#q", "\"a\\nb\"", S("a\nb")),
        ROW("%#q", "\"\\xff\"", S("\xff")),
        ROW("%#+q", "\"\\u00e9`\"", S("\xc3\xa9`")),
        ROW("%#q", "\"\\ufeff\"", S("\xef\xbb\xbf")),
        ROW("%#q", "\"\\x7f\"", S("\x7f")),
        ROW("%q", "\"\\xff\xc3\xa9\\xe4\\xb8\"", S("\xff\xc3\xa9\xe4\xb8")),
        ROW("%q", "\"\\a\\b\\f\\n\\r\\t\\v\\\\'\\x00\\x1f\\x7f\"",
            S("\x07\x08\x0c\n\x0d\t\x0b\\'\x00\x1f\x7f")),
        ROW("%q", "\"\\u00a0\\u00ad\\u200b\\u2028\\ufeff\xef\xbf\xbd\\ue000\\U000e0001\xcc\x81\"",
            S("\xc2\xa0\xc2\xad\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf\xef\xbf\xbd\xee\x80\x80\xf3\xa0"
              "\x80\x81\xcc\x81")),
        ROW("%+q", "\"\\u00a0\\ufffd\\U0010ffff\"", S("\xc2\xa0\xef\xbf\xbd\xf4\x8f\xbf\xbf")),
        ROW("%8q|", "    \"ab\"|", S("ab")),
        ROW("%-8q|", "\"ab\"    |", S("ab")),
        ROW("%08q|", "0000\"ab\"|", S("ab")),
        ROW("%.1q", "\"a\"", S("ab")),
        ROW("%#v", "\"a\\\"`\"", S("a\"`")),
        ROW("%#+v", "\"\xc3\xa9\"", S("\xc3\xa9")),
        ROW("%+v", "a", S("a")),
        ROW("%6v|", "    ab|", S("ab")),
        ROW("%06v|", "0000ab|", S("ab")),
        ROW("%.1v", "x", S("xyz")),
        ROW("%x", "68656c6c6f", S("hello")),
        ROW("%X", "68656C6C6F", S("hello")),
        ROW("% x", "68 65 6c 6c 6f", S("hello")),
        ROW("%# x", "0x68 0x65 0x79", S("hey")),
        ROW("%#X", "0X686579", S("hey")),
        ROW("%# X", "0X68 0X65 0X79", S("hey")),
        ROW("%.2x", "6865", S("hello")),
        ROW("%x", "", S("")),
        ROW("%4x|", "    |", S("")),
        ROW("%04x|", "0000|", S("")),
        ROW("%8x|", "    6869|", S("hi")),
        ROW("%-8x|", "6869    |", S("hi")),
        ROW("%08x|", "00006869|", S("hi")),
        ROW("% 8x|", "   68 69|", S("hi")),
        ROW("%#x", "", S("")),
        ROW("%x", "ff00", S("\xff\x00")),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_booleans(void **state)
{
    const struct row rows[] = {
        ROW("%t|%v", "true|false", B(true), B(false)),
        ROW("%5t|", " true|", B(true)),
        ROW("%-7t|", "false  |", B(false)),
        ROW("%07t|", "00false|", B(false)),
        ROW("%.1t", "true", B(true)),
        ROW("%#v", "true", B(true)),
        ROW("%+v", "true", B(true)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers), cmocka_unit_test(test_characters),
        cmocka_unit_test(test_floats),   cmocka_unit_test(test_complex),
        cmocka_unit_test(test_texts),    cmocka_unit_test(test_booleans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
