/* SPDX-License-Identifier: MIT */
/* Tests of delivery/retry.h. */
#include "delivery/retry.h"

#include "unit.h"

#include "base/cleanup.h"

static void test_what_is_news(void **state)
{
    struct retry retry = RETRY_NONE;
    (void)state;

    assert_true(retry_add_failure(&retry, 1000, 7));
    assert_false(retry_add_failure(&retry, 2000, 7));
    assert_true(retry_add_failure(&retry, 3000, 8));
    assert_false(retry_add_failure(&retry, 4000, 8));
    assert_int_equal(retry.n_failures, 4);
    assert_int_equal(retry.since_ms, 1000);
}

static void test_delay(void **state)
{
    static const struct {
        const char *name;
        unsigned n_failures;
        uint64_t bound_ms;
    } cases[] = {
        { "the first is short", 1, 500 },
        { "it doubles", 2, 1000 },
        { "and doubles", 5, 8000 },
        { "up to the bound", 8, 60000 },
        { "and not beyond", 4000000000u, 60000 },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct retry retry = { .n_failures = cases[i].n_failures };
        uint64_t least = UINT64_MAX, most = 0;

        print_message("%s\n", cases[i].name);
        for (int n = 0; n < 1000; n++) {
            uint64_t delay = retry_delay_ms(&retry, 60000);

            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        assert_in_range(least, 250, cases[i].bound_ms / 2 + 250);
        assert_in_range(most, cases[i].bound_ms / 2, cases[i].bound_ms);
    }
}

static void test_end(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct retry retry = RETRY_NONE;
    (void)state;

    retry_end(&retry, 5000, &text);
    assert_int_equal(text.len, 0);

    (void)retry_add_failure(&retry, 5000, 7);
    retry_end(&retry, 5900, &text);
    assert_string_equal(text.ptr, " after 1 failure in 900 ms");

    buf_clear(&text);
    (void)retry_add_failure(&retry, 5000, 7);
    (void)retry_add_failure(&retry, 7000, 7);
    retry_end(&retry, 17500, &text);
    assert_string_equal(text.ptr, " after 2 failures in 12.5 s");
    assert_true(retry_add_failure(&retry, 20000, 7)); /* a new row: news again */
}

static void test_duration(void **state)
{
    static const struct {
        uint64_t ms;
        const char *want;
    } cases[] = {
        { 0, "0 ms" },       { 999, "999 ms" },      { 1000, "1.0 s" },
        { 59999, "59.9 s" }, { 60000, "1 min 0 s" }, { 310999, "5 min 10 s" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

        format_duration(&text, cases[i].ms);
        assert_string_equal(text.ptr, cases[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_news),
        cmocka_unit_test(test_delay),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_duration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
