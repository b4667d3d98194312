/* SPDX-License-Identifier: MIT */
/* Base64: both directions, and what is none. */
#include "base/base64.h"

#include "unit.h"

static const struct {
    const char *name;
    struct slice bytes;
    const char *text;
} pairs[] = {
    { "nothing", { "", 0 }, "" },
    { "one byte", { "f", 1 }, "Zg==" },
    { "two bytes", { "fo", 2 }, "Zm8=" },
    { "three bytes", { "foo", 3 }, "Zm9v" },
    { "four bytes", { "foob", 4 }, "Zm9vYg==" },
    { "the last characters", { "\xfb\xff\xbf", 3 }, "+/+/" },
    { "zeros", { "\0\0\0\0", 4 }, "AAAAAA==" },
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct buf text = BUF_EMPTY, bytes = BUF_EMPTY;

        print_message("%s\n", pairs[i].name);
        base64_encode(pairs[i].bytes, &text);
        assert_true(slice_is(buf_slice(&text), pairs[i].text));
        assert_true(base64_decode(buf_slice(&text), &bytes));
        assert_true(slice_equal(buf_slice(&bytes), pairs[i].bytes));
        buf_fini(&text);
        buf_fini(&bytes);
    }
}

static const struct {
    const char *name, *text, *want; /* want NULL: it is no base64 */
} texts[] = {
    { "line ends anywhere", "\nZ\r\ng=\n=\n", "f" },
    { "bits behind the end do not matter", "Zh==", "f" },
    { "no padding", "Zg", NULL },
    { "half of the padding", "Zg=", NULL },
    { "more padding", "Zg===", NULL },
    { "only padding", "====", NULL },
    { "padding for three characters", "Z===", NULL },
    { "something behind padding", "Zg==Zg==", NULL },
    { "something inside padding", "Zg=g", NULL },
    { "a space", "Zm 9v", NULL },
    { "the other alphabet", "-_-_", NULL },
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct buf bytes = BUF_EMPTY;

        print_message("%s\n", texts[i].name);
        assert_int_equal(base64_decode(slice_from(texts[i].text), &bytes), texts[i].want != NULL);
        if (texts[i].want)
            assert_true(slice_is(buf_slice(&bytes), texts[i].want));
        buf_fini(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
