/* SPDX-License-Identifier: MIT */
/* Slices: searching, splitting, numbers, durations, near words. */
#include <stdlib.h>

#include "base/slice.h"
#include "unit.h"

static void test_parts(void **state)
{
    struct slice rest = SLICE("a,,b"), item;

    (void)state;
    assert_true(slice_next(&rest, ',', &item) && slice_is(item, "a"));
    assert_true(slice_next(&rest, ',', &item) && slice_is(item, ""));
    assert_true(slice_next(&rest, ',', &item) && slice_is(item, "b"));
    assert_false(slice_next(&rest, ',', &item));
    rest = SLICE_EMPTY;
    assert_true(slice_next(&rest, ',', &item) && item.len == 0); /* one empty item */
    assert_false(slice_next(&rest, ',', &item));

    assert_true(slice_is(slice_sub(SLICE("abc"), 1, 99), "bc"));
    assert_true(slice_is(slice_sub(SLICE("abc"), 9, 1), ""));
    assert_true(slice_is(slice_trim(SLICE(" \t\r\n a b \n")), "a b"));
    assert_true(slice_is(slice_trim(SLICE(" \n")), ""));
    assert_int_equal(slice_find(SLICE("abcabc"), SLICE("ca")), 2);
    assert_true(slice_find(SLICE("abc"), SLICE("x")) == SLICE_NOT_FOUND);
    assert_int_equal(slice_find_last_byte(SLICE("a.b.c"), '.'), 3);
    assert_true(slice_compare(SLICE("10"), SLICE("9")) < 0);
    assert_true(slice_compare(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_compare(SLICE("\xc3"), SLICE("z")) > 0); /* bytes are unsigned */
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_ok;
        uint64_t want;
    } cases[] = {
        { "0", true, 0 },
        { "18446744073709551615", true, UINT64_MAX },
        { "18446744073709551616", false, 0 },
        { "", false, 0 },
        { "-1", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1x", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t number = 0;

        if (slice_parse_u64(slice_from(cases[i].text), UINT64_MAX, &number) != cases[i].is_ok ||
            number != cases[i].want)
            fail_msg("'%s'", cases[i].text);
    }

    uint64_t port;

    assert_false(slice_parse_u64(SLICE("65536"), 65535, &port));
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        bool is_ok;
        uint64_t want_ms;
    } cases[] = {
        { "0", true, 0 },          { "5s", true, 5000 },
        { "250ms", true, 250 },    { "1m30s", true, 90000 },
        { "1.5h", true, 5400000 }, { ".5s", true, 500 },
        { "1us", true, 1 },        { "2h45m0.5s", true, 9900500 },
        { "5", false, 0 },         { "", false, 0 },
        { "s", false, 0 },         { "5 s", false, 0 },
        { "-5s", false, 0 },       { "5x", false, 0 },
        { "9999999h", false, 0 },  { "99999999999999999999s", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t ms = 0;

        if (slice_parse_duration_ms(slice_from(cases[i].text), &ms) != cases[i].is_ok ||
            ms != cases[i].want_ms)
            fail_msg("'%s': %llu", cases[i].text, (unsigned long long)ms);
    }
}

static void test_nearest(void **state)
{
    static const char *const words[] = { "destination", "command", "command_timeout", "perms" };

    (void)state;
    assert_string_equal(slice_nearest(SLICE("destinaton"), words, 4), "destination");
    assert_string_equal(slice_nearest(SLICE("Command"), words, 4), "command");
    assert_string_equal(slice_nearest(SLICE("comamnd"), words, 4), "command");
    assert_string_equal(slice_nearest(SLICE("perm"), words, 4), "perms");
    assert_null(slice_nearest(SLICE("vault"), words, 4));
    assert_null(slice_nearest(SLICE(""), words, 4));
    assert_int_equal(slice_edit_distance(SLICE("ab"), SLICE("ba")), 1);
    assert_int_equal(slice_edit_distance(SLICE("kitten"), SLICE("sitting")), 3);
}

/* Each byte counts, wherever it stands, and so does the length. */
static void test_hash(void **state)
{
    char text[33] = { 0 };
    uint64_t seen[33 + 32 * 2];
    size_t n = 0;

    (void)state;
    for (size_t len = 0; len <= 32; len++)
        seen[n++] = slice_hash(slice_of(text, len));
    for (size_t i = 0; i < 32; i++) {
        text[i] = 1;
        seen[n++] = slice_hash(slice_of(text, 32));
        text[i] = (char)0x80;
        seen[n++] = slice_hash(slice_of(text, 32));
        text[i] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    /* Files of the state folder are named by it. */
    assert_true(slice_hash(SLICE("health.service(web)")) == 0xc54152f344562d7du);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),     cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_durations), cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
