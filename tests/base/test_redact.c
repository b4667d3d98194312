/* SPDX-License-Identifier: MIT */
/* What is hidden, and what is not. */
#include "base/redact.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "unit.h"

static const struct {
    const char *name, *secrets, *text, *want; /* secrets: separated by '|' */
} cases[] = {
    { "nothing", "", "", "" },
    { "no secrets", "", "a\nb\n", "a\nb\n" },
    { "a secret", "s3cret", "password s3cret refused", "password (hidden) refused" },
    { "twice, side by side", "s3cret", "s3crets3cret", "(hidden)(hidden)" },
    { "a short one is a word of its own", "pin4",
      "pin4, 'pin4' pin44 xpin4 pin4_ \xc3\xa4pin4 a-pin4.b",
      "(hidden), '(hidden)' pin44 xpin4 pin4_ \xc3\xa4pin4 a-(hidden).b" },
    { "a short one that is no word", "p@s|-!-", "ap@s p@s x-!-x", "ap@s (hidden) x(hidden)x" },
    { "short and long ones", "abc|abc-def", "abc-def abc-de", "(hidden) (hidden)-de" },
    { "the longest short one", "ab-c|ab-cd|ab-", "ab-cd ab-c", "(hidden) (hidden)" },
    { "four digits may be a secret", "4711", "pin 4711", "pin (hidden)" },
    { "what says nothing", "a|80|443|true|FALSE|off", "a:80:443 true FALSE off",
      "a:80:443 true FALSE off" },
    { "almost", "s3cret", "s3cre s3crex", "s3cre s3crex" },
    { "the longest counts", "s3cret|s3cret-more|s3cret-m", "s3cret-more s3cret-mo",
      "(hidden) (hidden)o" },
    { "one inside another", "outer-inner|inner-", "outer-inner inner-x", "(hidden) (hidden)x" },
    { "each line of a value", "first line\n  second line  \n\nx", "second line, first lin",
      "(hidden), first lin" },
    { "a key", "",
      "a\n-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE\n-----END EC PRIVATE KEY-----\nb\n",
      "a\n-----BEGIN EC PRIVATE KEY-----\n(hidden)\n(hidden)\n-----END EC PRIVATE KEY-----\nb\n" },
    { "a key in a difference", "",
      "+-----BEGIN CERTIFICATE-----\n+MHcC\n+-----END CERTIFICATE-----",
      "+-----BEGIN CERTIFICATE-----\n(hidden)\n+-----END CERTIFICATE-----" },
    { "a key that is cut", "", "-----BEGIN X-----\nMHcC\nAQEE",
      "-----BEGIN X-----\n(hidden)\n"
      "(hidden)" },
    { "two keys", "", "-----BEGIN X-----\n-----END X-----\nb\n-----BEGIN X-----\nc",
      "-----BEGIN X-----\n-----END X-----\nb\n-----BEGIN X-----\n(hidden)" },
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct slice rest = slice_from(cases[i].secrets), secret;

        while (slice_next(&rest, '|', &secret))
            assert_true(redact_hide(secret));
        redact_text(slice_from(cases[i].text), &got);
        if (!slice_is(buf_slice(&got), cases[i].want))
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want, got.ptr);
        redact_forget();
    }
}

static void test_errors(void **state)
{
    struct error err;

    (void)state;
    assert_true(redact_hide(SLICE("s3cret")));
    error_set(&err, ERROR_EXECUTE, "t:1:4: parseInt: 's3cret' is no number");
    redact_error(&err);
    assert_string_equal(err.text, "t:1:4: parseInt: '(hidden)' is no number");
    redact_forget();
}

static void test_there_is_a_limit(void **state)
{
    char secret[32];
    size_t n = 0;

    (void)state;
    do
        snprintf(secret, sizeof(secret), "secret %zu", n++);
    while (redact_hide(slice_from(secret)));
    assert_int_equal(n, LIMIT_SECRETS + 1);
    assert_true(redact_hide(SLICE("secret 0"))); /* it is there already */
    redact_forget();
    assert_true(redact_hide(slice_from(secret)));
    redact_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_there_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
