/* SPDX-License-Identifier: MIT */
/* Timers: when they fire, and what their callbacks may do to them. */
#include "io/rig.h"

struct timed {
    struct timer timer;
    struct rig *rig;
    const char *word;
    struct timed *stops, *starts;
    uint64_t starts_after_ms, fired_ms;
    bool finishes_itself, quits;
};

static void on_timed(void *ctx)
{
    struct timed *timed = ctx;

    assert_false(timed->timer.is_running);
    timed->fired_ms = loop_now_ms(timed->rig->loop);
    rig_note(timed->rig, timed->word);
    if (timed->stops)
        timer_stop(&timed->stops->timer);
    if (timed->starts) {
        timer_start_ms(&timed->starts->timer, timed->starts_after_ms);
        timed->starts = NULL;
    }
    if (timed->quits)
        loop_quit(timed->rig->loop, 0);
    if (timed->finishes_itself)
        timer_fini(&timed->timer);
}

static void timed_init(struct timed *timed, struct rig *rig, const char *word)
{
    *timed = (struct timed){ .rig = rig, .word = word };
    timer_init(&timed->timer, rig->loop, on_timed, timed);
}

static void test_one_after_the_other_and_never_early(void **state)
{
    struct rig *rig = *state;
    struct timed a, b, c;

    timed_init(&a, rig, "a");
    timed_init(&b, rig, "b");
    timed_init(&c, rig, "c");
    /* Each starts the next: of timers that are overdue together, any may be first. */
    a.starts = &b;
    a.starts_after_ms = 10;
    b.starts = &c;
    b.starts_after_ms = 30;
    c.quits = true;
    timer_start_ms(&a.timer, 0);
    assert_true(a.timer.is_running);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "a b c ");
    assert_true(a.fired_ms >= a.timer.due_ms);
    assert_true(b.fired_ms >= b.timer.due_ms);
    assert_true(c.fired_ms >= c.timer.due_ms);
    timer_fini(&a.timer);
    timer_fini(&b.timer);
    timer_fini(&c.timer);
}

static void test_a_short_delay_is_not_coalesced(void **state)
{
    struct rig *rig = *state;
    struct timed timed;
    uint64_t best_ms = UINT64_MAX;

    timed_init(&timed, rig, "t");
    timed.quits = true;
    /* The best of a few: a busy machine may be late, a wrong accuracy always is. */
    for (int i = 0; i < 5 && best_ms > 100; i++) {
        uint64_t start_ms = loop_now_ms(rig->loop);

        timer_start_ms(&timed.timer, 5);
        assert_int_equal(rig_run(rig), 0);
        if (timed.fired_ms - start_ms < best_ms)
            best_ms = timed.fired_ms - start_ms;
    }
    assert_in_range(best_ms, 5, 100);
    timer_fini(&timed.timer);
}

static void test_stopped_and_set_anew(void **state)
{
    struct rig *rig = *state;
    struct timed a, b, c;

    timed_init(&a, rig, "a");
    timed_init(&b, rig, "b");
    timed_init(&c, rig, "c");
    a.stops = &b;
    c.quits = true;
    timer_start_ms(&a.timer, 60000);
    timer_start_ms(&a.timer, 1); /* set anew */
    timer_start_ms(&b.timer, 5);
    timer_start_ms(&c.timer, 10);
    assert_int_equal(rig_run(rig), 0);
    assert_false(b.timer.is_running);
    rig_assert_trace(rig, "a c ");
    timer_stop(&b.timer); /* not running: nothing to do */
    timer_fini(&a.timer);
    timer_fini(&b.timer);
    timer_fini(&c.timer);
}

static void test_started_again_in_its_callback(void **state)
{
    struct rig *rig = *state;
    struct timed a;

    timed_init(&a, rig, "a");
    a.starts = &a;
    a.starts_after_ms = 1;
    a.quits = true;
    timer_start_ms(&a.timer, 1);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "a a ");
    timer_fini(&a.timer);
}

static void test_released_in_its_callback(void **state)
{
    struct rig *rig = *state;
    struct timed a;

    timed_init(&a, rig, "a");
    a.finishes_itself = a.quits = true;
    timer_start_ms(&a.timer, 0);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "a ");
}

static void test_never_started_and_for_ever(void **state)
{
    struct rig *rig = *state;
    struct timed a, b;

    timed_init(&a, rig, "a");
    timer_stop(&a.timer);
    timer_fini(&a.timer);
    timed_init(&a, rig, "a");
    timed_init(&b, rig, "b");
    b.quits = true;
    timer_start_ms(&a.timer, UINT64_MAX);
    timer_start_ms(&b.timer, 2);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "b ");
    timer_fini(&a.timer);
    timer_fini(&b.timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_one_after_the_other_and_never_early),
        RIG_TEST(test_a_short_delay_is_not_coalesced),
        RIG_TEST(test_stopped_and_set_anew),
        RIG_TEST(test_started_again_in_its_callback),
        RIG_TEST(test_released_in_its_callback),
        RIG_TEST(test_never_started_and_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
