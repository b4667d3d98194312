/* SPDX-License-Identifier: MIT */
/* The settings of guards, and when they trip. */
#include "data/guard.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

static void add_guard(struct buf *out, const struct guard *guard)
{
    if (!guard->is_on) {
        buf_add_string(out, guard->is_set ? "off" : "unset");
        return;
    }
    buf_printf(out, "%zu %zu%% ", guard->min_instances, guard->max_shrink);
    if (guard->hold_ms == GUARD_FOREVER)
        buf_add_string(out, "forever");
    else
        buf_printf(out, "%llu", (unsigned long long)guard->hold_ms);
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "on", "1 60% 600000" },
        { "off", "off" },
        { "min_instances=0", "0 60% 600000" },
        { "min_instances=3, max_shrink=100% ,hold=1h30m", "3 100% 5400000" },
        { "hold=forever", "1 60% forever" },
        { "hold=0s,max_shrink=0%", "1 0% 0" },
        { "", "expected on, off or settings such as 'min_instances=2,max_shrink=50%'" },
        { "min_instances", "expected 'setting=value', found 'min_instances'" },
        { "on,", "expected 'setting=value', found 'on'" },
        { "min_instances=-1", "'min_instances': expected a number of instances, found '-1'" },
        { "min_instances=1000001",
          "'min_instances': expected a number of instances, found '1000001'" },
        { "max_shrink=60", "'max_shrink': expected a share from 0% to 100%, found '60'" },
        { "max_shrink=101%", "'max_shrink': expected a share from 0% to 100%, found '101%'" },
        { "max_shrink=%", "'max_shrink': expected a share from 0% to 100%, found '%'" },
        { "max_shrink=", "'max_shrink': expected a share from 0% to 100%, found ''" },
        { "hold=ever", "'hold': expected a duration such as 10m, or 'forever', found 'ever'" },
        { "maximum=1", "unknown setting 'maximum': expected min_instances, max_shrink or hold" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct guard guard;

        if (guard_parse(slice_from(cases[i].text), &guard, &err))
            add_guard(&got, &guard);
        else
            buf_add_string(&got, err.text);
        if (!slice_is(buf_slice(&got), cases[i].want))
            fail_msg("'%s': want '%s', got '%s'", cases[i].text, cases[i].want, got.ptr);
    }
}

static struct guard make_guard(const char *text)
{
    struct guard guard = { .is_set = false };
    struct error err;

    if (*text)
        assert_true(guard_parse(slice_from(text), &guard, &err));
    return guard;
}

static void test_the_strictest(void **state)
{
    static const struct {
        const char *a, *b, *want;
    } cases[] = {
        { "", "", "unset" },
        { "", "off", "off" },
        { "off", "off", "off" },
        { "on", "", "1 60% 600000" },
        { "on", "off", "1 60% 600000" },
        { "min_instances=2,max_shrink=90%,hold=1s", "on", "2 60% 600000" },
        { "max_shrink=10%", "hold=forever", "1 10% forever" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct guard a = make_guard(cases[i].a), b = make_guard(cases[i].b);
        struct guard both[] = { guard_strictest(&a, &b), guard_strictest(&b, &a) };

        for (size_t k = 0; k < 2; k++) {
            CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

            add_guard(&got, &both[k]);
            assert_string_equal(got.ptr, cases[i].want);
        }
    }
}

/* "0=10 60=4": counts that were believed at that second. */
static void play(struct guard_history *history, struct slice script)
{
    struct slice word, time;

    while (slice_next(&script, ' ', &word) && word.len > 0) {
        uint64_t at, n;

        slice_next(&word, '=', &time);
        assert_true(slice_parse_u64(time, UINT64_MAX, &at));
        assert_true(slice_parse_u64(word, UINT64_MAX, &n));
        guard_history_put(history, n, at * 1000);
    }
}

static void test_trips(void **state)
{
    static const struct {
        const char *name, *guard, *history;
        uint64_t at;
        size_t n;
        bool want;
    } cases[] = {
        { "switched off", "off", "0=100", 1, 0, false },
        { "nothing was there", "on", "0=0", 1, 0, false },
        { "the last one", "on", "0=1", 1, 0, true },
        { "the last one, of which none need be there", "min_instances=0", "0=1", 1, 0, false },
        { "below the least, but more than before", "min_instances=5", "0=1", 1, 2, false },
        { "below the least", "min_instances=5", "0=5", 1, 4, true },
        { "exactly the share", "on", "0=10", 1, 4, false },
        { "more than the share", "on", "0=10", 1, 3, true },
        { "more than the share, but few", "on", "0=6", 1, 2, false },
        { "and exactly as many as count", "on", "0=7", 1, 2, true },
        { "a share of nothing", "max_shrink=0%", "0=100", 1, 95, true },
        { "everything may go", "max_shrink=100%,min_instances=0", "0=100", 1, 0, false },
        { "slow bleeding", "on", "0=10 100=8 200=6 300=5 400=4", 500, 3, true },
        { "slower than the window", "on", "0=10 100=8 200=6 300=5 400=4", 1000, 3, false },
        { "the window has an edge", "on", "0=10 100=4", 699, 3, true },
        { "and behind it nothing is left", "on", "0=10 100=4", 700, 3, false },
        { "what came back was not lost", "on", "0=10 100=8 200=20 300=10", 899, 7, true },
        { "and what was there before is nothing", "on", "0=100 1=10 2=10 3=10", 601, 8, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct guard guard = make_guard(cases[i].guard);
        struct guard_history history = { .n_now = 0 };

        play(&history, slice_from(cases[i].history));
        if (guard_trips(&guard, &history, cases[i].n, cases[i].at * 1000) != cases[i].want)
            fail_msg("%s", cases[i].name);
        guard_history_fini(&history);
    }
}

/* A history of any length takes the same space, and never forgets the most. */
static void test_long_histories(void **state)
{
    struct guard_history history = { .n_now = 0 };

    (void)state;
    for (size_t n = 10000; n > 0; n--) {
        guard_history_put(&history, n, 10000 - n);
        assert_int_equal(guard_history_most(&history, 10000 - n), 10000);
    }
    assert_true(history.n_peaks <= GUARD_MAX_PEAKS);
    assert_int_equal(guard_history_most(&history, 10000 + GUARD_WINDOW_MS), 1);
    guard_history_fini(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_the_strictest),
        cmocka_unit_test(test_trips),
        cmocka_unit_test(test_long_histories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
