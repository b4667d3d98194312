/* SPDX-License-Identifier: MIT */
/* How often a watch may be woken. */
#include "consul/backoff.h"
#include "consul/pace.h"
#include "unit.h"

static const struct watch_tuning tuning = { .pace_ms = 250, .pace_max_ms = 15000 };

/* Wakes as fast as the pace lets them; returns the time at the end. */
static uint64_t storm(struct pace *pace, uint64_t now_ms, unsigned n, bool is_useful)
{
    for (unsigned i = 0; i < n; i++)
        now_ms += 1 + pace_wake(pace, &tuning, now_ms, is_useful);
    return now_ms;
}

static void test_a_burst_of_two(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);
    assert_int_equal(pace_wake(&pace, &tuning, 1000, true), 0);
    assert_int_equal(pace_wake(&pace, &tuning, 1000, true), 0);
    assert_int_equal(pace_wake(&pace, &tuning, 1000, true), 250);
    assert_int_equal(pace_wake(&pace, &tuning, 1250, true), 250);
    /* A second without wakes fills it again. */
    assert_int_equal(pace_wake(&pace, &tuning, 2500, true), 0);
    assert_int_equal(pace_wake(&pace, &tuning, 2500, true), 0);
}

static void test_useful_wakes_keep_four_a_second(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);

    uint64_t took_ms = storm(&pace, 1000, 100, true) - 1000;

    assert_in_range(took_ms, 98 * 250, 99 * 250);
}

static void test_useless_wakes_grow_to_one_in_15_s(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);

    uint64_t now_ms = storm(&pace, 1000, 20, false);

    assert_int_equal(pace.interval_ms, 15000);
    /* From then on each one waits that long, no longer. */
    for (int i = 0; i < 10; i++) {
        uint64_t delay = pace_wake(&pace, &tuning, now_ms, false);

        assert_in_range(delay, 14900, 15000);
        now_ms += 1 + delay;
    }
}

static void test_news_ends_the_slowness(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);

    uint64_t now_ms = storm(&pace, 1000, 20, false);

    /* One in five brings something: less than 80 % are useless. */
    now_ms = storm(&pace, now_ms, 4, true);
    assert_int_equal(pace.interval_ms, 250);
    assert_in_range(pace_wake(&pace, &tuning, now_ms, true), 0, 750);
}

static void test_rare_useless_wakes_cost_no_delay(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);
    for (uint64_t now_ms = 1000; now_ms < 1000000; now_ms += 1000)
        assert_int_equal(pace_wake(&pace, &tuning, now_ms, false), 0);
    assert_int_equal(pace.interval_ms, 250);
}

static void test_a_storm_that_calms_down_is_forgiven(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, &tuning);

    uint64_t now_ms = storm(&pace, 1000, 20, false);

    for (int i = 0; i < 7; i++)
        pace_wake(&pace, &tuning, now_ms += 40000, false);
    assert_int_equal(pace.interval_ms, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_of_two),
        cmocka_unit_test(test_useful_wakes_keep_four_a_second),
        cmocka_unit_test(test_useless_wakes_grow_to_one_in_15_s),
        cmocka_unit_test(test_news_ends_the_slowness),
        cmocka_unit_test(test_rare_useless_wakes_cost_no_delay),
        cmocka_unit_test(test_a_storm_that_calms_down_is_forgiven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
