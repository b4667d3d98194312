/* SPDX-License-Identifier: MIT */
/* UTF-8: what is a sequence, and what an invalid byte. */
#include "base/utf8.h"

#include "unit.h"

static const struct {
    const char *name, *text;
    size_t want_length;
    uint32_t want_rune;
} cases[] = {
    { "ASCII", "a", 1, 'a' },
    { "two bytes", "\xc3\xa9", 2, 0xe9 },
    { "three bytes", "\xe4\xb8\x96", 3, 0x4e16 },
    { "four bytes", "\xf0\x9f\x9a\x80", 4, 0x1f680 },
    { "the first of two bytes", "\xc2\x80", 2, 0x80 },
    { "the first of three bytes", "\xe0\xa0\x80", 3, 0x800 },
    { "the first of four bytes", "\xf0\x90\x80\x80", 4, 0x10000 },
    { "the last of all", "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
    { "a well-formed replacement", "\xef\xbf\xbd", 3, 0xfffd },
    { "a continuation alone",
      "\x80"
      "a",
      1, 0xfffd },
    { "overlong in two bytes", "\xc0\x80", 1, 0xfffd },
    { "overlong in two bytes, too", "\xc1\xbf", 1, 0xfffd },
    { "overlong in three bytes", "\xe0\x9f\xbf", 1, 0xfffd },
    { "overlong in four bytes", "\xf0\x8f\xbf\xbf", 1, 0xfffd },
    { "a surrogate", "\xed\xa0\x80", 1, 0xfffd },
    { "before the surrogates", "\xed\x9f\xbf", 3, 0xd7ff },
    { "above the last", "\xf4\x90\x80\x80", 1, 0xfffd },
    { "no first byte", "\xf5\x80\x80\x80", 1, 0xfffd },
    { "no byte of UTF-8", "\xff", 1, 0xfffd },
    { "cut in three bytes", "\xe4\xb8", 1, 0xfffd },
    { "a wrong third byte",
      "\xe4\xb8"
      "a",
      1, 0xfffd },
    { "a wrong fourth byte",
      "\xf0\x9f\x9a"
      "a",
      1, 0xfffd },
};

static void test_decode(void **state)
{
    uint32_t rune = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t length = utf8_decode(slice_from(cases[i].text), &rune);

        if (length != cases[i].want_length || rune != cases[i].want_rune)
            fail_msg("%s: %zu bytes, U+%04X", cases[i].name, length, rune);
    }
    assert_int_equal(utf8_decode(SLICE_EMPTY, &rune), 0);
    assert_int_equal(utf8_decode(SLICE("\0"), &rune), 1);
    assert_int_equal(rune, 0);
}

static void test_encode(void **state)
{
    char bytes[UTF8_MAX_BYTES];
    uint32_t rune;

    (void)state;
    for (uint32_t i = 0; i <= RUNE_MAX; i += i < 0x11000 ? 1 : 0x101) {
        size_t length = utf8_encode(i, bytes);

        if (utf8_decode(slice_of(bytes, length), &rune) != length ||
            rune != (rune_is_valid(i) ? i : RUNE_REPLACEMENT))
            fail_msg("U+%04X came back as U+%04X", i, rune);
    }
    assert_int_equal(utf8_encode(0x110000, bytes), 3);
    assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(SLICE("h\xc3\xa9\xff\xe4\xb8\x96\xe4\xb8")), 6);
    assert_int_equal(utf8_count(SLICE_EMPTY), 0);
    assert_int_equal(utf8_prefix(SLICE("h\xc3\xa9\xff!"), 2), 3);
    assert_int_equal(utf8_prefix(SLICE("h\xc3\xa9\xff!"), 3), 4);
    assert_int_equal(utf8_prefix(SLICE("h\xc3\xa9"), 9), 3);
    assert_int_equal(utf8_prefix(SLICE("h\xc3\xa9"), 0), 0);
}

static const struct {
    const char *name;
    struct slice text;
    size_t want_length;
    uint32_t want_rune;
} last_cases[] = {
    { "nothing", SLICE(""), 0, 7 },
    { "ASCII", SLICE("\u00e9a"), 1, 'a' },
    { "NUL", SLICE("\0"), 1, 0 },
    { "two bytes", SLICE("a\u00e9"), 2, 0xe9 },
    { "three bytes", SLICE("a\u4e16"), 3, 0x4e16 },
    { "four bytes", SLICE("\u00e9\U0001f680"), 4, 0x1f680 },
    { "a well-formed replacement", SLICE("\ufffd"), 3, 0xfffd },
    { "a continuation too many", SLICE("\u00e9\x80"), 1, 0xfffd },
    { "a first byte alone", SLICE("a\xc3"), 1, 0xfffd },
    { "cut in three bytes", SLICE("\xe4\xb8"), 1, 0xfffd },
    { "five continuations", SLICE("\x80\x80\x80\x80\x80"), 1, 0xfffd },
};

static void test_decode_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(last_cases); i++) {
        uint32_t rune = 7;
        size_t length = utf8_decode_last(last_cases[i].text, &rune);

        if (length != last_cases[i].want_length || rune != last_cases[i].want_rune)
            fail_msg("%s: %zu bytes, U+%04X", last_cases[i].name, length, rune);
    }
}

static void test_valid_len(void **state)
{
    (void)state;
    assert_int_equal(utf8_valid_len(SLICE_EMPTY), 0);
    assert_int_equal(utf8_valid_len(SLICE("a\u00e9\ufffd\U0001f680")), 10);
    assert_int_equal(utf8_valid_len(SLICE("ab\xff")), 2);
    assert_int_equal(utf8_valid_len(SLICE("\u4e16\xe4\xb8")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),    cmocka_unit_test(test_encode),
        cmocka_unit_test(test_count),     cmocka_unit_test(test_decode_last),
        cmocka_unit_test(test_valid_len),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
