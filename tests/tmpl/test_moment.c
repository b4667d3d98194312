/* SPDX-License-Identifier: MIT */
/* Times by layout, and durations: the bytes are those of Go's time package. */
#include "tmpl/moment.h"

#include "unit.h"

#define TUESDAY   1709618828, 90000000  /* 2024-03-05 06:07:08.09 */
#define REFERENCE 1136214245, 0         /* 2006-01-02 15:04:05 */
#define LAST      1735689599, 999999999 /* 2024-12-31 23:59:59.999999999 */
#define LEAP_DAY  951782400, 1          /* 2000-02-29 00:00:00.000000001 */
#define YEAR_ONE  -MOMENT_UNIX_EPOCH, 0
#define BEFORE    -67161398391, 1 /* in the year -159 */
#define FAR       253402300800, 0 /* the year 10000 */

static const struct {
    const char *layout;
    struct timespec time;
    const char *want;
} layouts[] = {
    { "2006-01-02T15:04:05Z07:00", { TUESDAY }, "2024-03-05T06:07:08Z" },
    { "2006-01-02T15:04:05.999999999Z07:00", { TUESDAY }, "2024-03-05T06:07:08.09Z" },
    { "Mon Jan _2 15:04:05 2006", { TUESDAY }, "Tue Mar  5 06:07:08 2024" },
    { "Monday, 02-Jan-06 15:04:05 MST", { TUESDAY }, "Tuesday, 05-Mar-24 06:07:08 UTC" },
    { "Mon, 02 Jan 2006 15:04:05 -0700", { REFERENCE }, "Mon, 02 Jan 2006 15:04:05 +0000" },
    { "3:04PM", { TUESDAY }, "6:07AM" },
    { "3:04PM", { REFERENCE }, "3:04PM" },
    { "3:04pm 03 15", { REFERENCE }, "3:04pm 03 15" },
    { "3 03 15 PM pm", { LAST }, "11 11 23 PM pm" },
    { "3 03 15 PM", { LEAP_DAY }, "12 12 00 AM" },
    { "3:04PM", { 43260, 0 }, "12:01PM" },
    { "January Jan 1 01", { LAST }, "December Dec 12 12" },
    { "January Jan 1 01", { TUESDAY }, "March Mar 3 03" },
    { "Monday Mon 2 02 _2 002 __2", { TUESDAY }, "Tuesday Tue 5 05  5 065  65" },
    { "Monday Mon 2 02 _2 002 __2", { LAST }, "Tuesday Tue 31 31 31 366 366" },
    { "002 __2 _2", { REFERENCE }, "002   2  2" },
    { "002", { LEAP_DAY }, "060" },
    { "002", { 1709251200, 0 }, "061" },
    { "2006 06", { TUESDAY }, "2024 24" },
    { "2006 06", { YEAR_ONE }, "0001 01" },
    { "2006 06 Monday", { BEFORE }, "-0159 59 Tuesday" },
    { "2006 06", { FAR }, "10000 00" },
    { "_2006", { TUESDAY }, "_2024" },
    { "__2006", { TUESDAY }, " 65024" },
    { "_2_2006", { TUESDAY }, " 5_2024" },
    { "2006_01", { TUESDAY }, "2024_03" },
    { "20060102150405", { TUESDAY }, "20240305060708" },
    { "200601", { TUESDAY }, "202403" },
    { "02006", { TUESDAY }, "05024" },
    { "4 04 5 05", { TUESDAY }, "7 07 8 08" },
    { "MST Z0700 Z07:00 Z07 Z070000 Z07:00:00", { TUESDAY }, "UTC Z Z Z Z Z" },
    { "-0700 -07:00 -07 -070000 -07:00:00", { TUESDAY }, "+0000 +00:00 +00 +000000 +00:00:00" },
    { "-7 Z7 -0 -070 Z070", { TUESDAY }, "-7 Z7 -0 +000 Z0" },
    { "GMT UTC MSTMST", { TUESDAY }, "GMT UTC UTCUTC" },
    { ".0 .00 .000 .000000 .000000000", { TUESDAY }, ".0 .09 .090 .090000 .090000000" },
    { ".9 .99 .999 .999999999", { TUESDAY }, " .09 .09 .09" },
    { ",000 ,999", { TUESDAY }, ",090 ,09" },
    { ".999", { REFERENCE }, "" },
    { "05.999", { REFERENCE }, "05" },
    { "05.000", { REFERENCE }, "05.000" },
    { ".99x .99", { 0, 123456789 }, ".12x .12" },
    { ".9", { 0, 5000000 }, "" },
    { ".9", { 0, 123 }, "" },
    { ".00000000000000", { TUESDAY }, ".090000000" },
    { ".9999999999999", { LAST }, ".999999999" },
    { ".0001 .9993 .000 1", { TUESDAY }, ".0003 .9996 .090 3" },
    { "..000 .,999", { TUESDAY }, "..090 .,09" },
    { ".", { TUESDAY }, "." },
    { ",", { TUESDAY }, "," },
    { ".8", { TUESDAY }, ".8" },
    { ".09 .90", { TUESDAY }, ".09 .90" },
    { "Janet January's Jan's Jane JanE", { TUESDAY }, "Janet March's Mar's Jane MarE" },
    { "Monk Monday's Monx MonX MON", { TUESDAY }, "Monk Tuesday's Monx TueX MON" },
    { "JanuaryJan", { TUESDAY }, "MarchMar" },
    { "P PA PM p pa pm aPMb", { TUESDAY }, "P PA AM p pa am aAMb" },
    { "07 08 09 00 0 000 0022", { TUESDAY }, "07 08 09 00 0 000 0655" },
    { "1 11 12 15 115 151", { TUESDAY }, "3 33 35 06 306 063" },
    { "3 33 4 44 5 55 6 7 8 9", { TUESDAY }, "6 66 7 77 8 88 6 7 8 9" },
    { "T x-y_z no fields here", { TUESDAY }, "T x-y_z no fields here" },
    { "\xe4\xb8\x96\xe7\x95\x8c \xc3\xa9", { TUESDAY }, "\xe4\xb8\x96\xe7\x95\x8c \xc3\xa9" },
    { "%d %s \\ \"", { TUESDAY }, "%d %s \\ \"" },
    { "", { TUESDAY }, "" },
    { "_ __ _1 __1 ___2", { TUESDAY }, "_ __ _3 __3 _ 65" },
    { "22 222 2002 20062006", { TUESDAY }, "55 555 5065 20242024" },
    { "15150405", { LAST }, "23235959" },
    { "M Mo MS S", { TUESDAY }, "M Mo MS S" },
    { "J Ja", { TUESDAY }, "J Ja" },
};

static void test_layouts(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        buf_clear(&out);
        moment_add_layout(&out, slice_from(layouts[i].layout), layouts[i].time);
        if (!slice_is(buf_slice(&out), layouts[i].want))
            fail_msg("'%s': want '%s', got '%s'", layouts[i].layout, layouts[i].want, out.ptr);
    }
    buf_clear(&out);
    moment_add_layout(&out, SLICE("a\0002006\xff"), layouts[0].time);
    assert_int_equal(out.len, 7);
    assert_memory_equal(out.ptr, "a\0002024\xff", 7);
    buf_fini(&out);
}

static const struct {
    int64_t nanoseconds;
    const char *want;
} durations[] = {
    { 0, "0s" },
    { 1, "1ns" },
    { -999, "-999ns" },
    { 1000, "1µs" },
    { 1500, "1.5µs" },
    { 999999, "999.999µs" },
    { 1000000, "1ms" },
    { 1500000, "1.5ms" },
    { 1000000000, "1s" },
    { 1000000001, "1.000000001s" },
    { 59999999999, "59.999999999s" },
    { 60000000000, "1m0s" },
    { 90000000000, "1m30s" },
    { 3600000000000, "1h0m0s" },
    { 3661500000000, "1h1m1.5s" },
    { INT64_MAX, "2562047h47m16.854775807s" },
    { INT64_MIN, "-2562047h47m16.854775808s" },
};

static void test_durations(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
        buf_clear(&out);
        moment_add_duration(&out, durations[i].nanoseconds);
        assert_string_equal(out.ptr, durations[i].want);
    }
    buf_fini(&out);
}

static void test_syntax(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    moment_add_default(&out, layouts[0].time);
    assert_string_equal(out.ptr, "2024-03-05 06:07:08.09 +0000 UTC");
    buf_clear(&out);
    moment_add_go_syntax(&out, layouts[0].time);
    assert_string_equal(out.ptr, "time.Date(2024, time.March, 5, 6, 7, 8, 90000000, time.UTC)");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_syntax),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
