/* SPDX-License-Identifier: MIT */
#include "consul/lanes.h"

#include "delivery/log.h"
#include "io/rig.h"
#include "unit.h"

static struct watch_tuning tuning = { .window_ms = 20, .growth_ms = 1, .turn_ms = 1 };

static void on_second(void *ctx)
{
    loop_quit(ctx, 0);
}

static void pass_ms(struct rig *rig, uint64_t ms)
{
    struct timer timer;

    timer_init(&timer, rig->loop, on_second, rig->loop);
    timer_start_ms(&timer, ms);
    assert_int_equal(rig_run(rig), 0);
    timer_fini(&timer);
}

/* Half as many for complaints that come together, never fewer than there must be, eight more with
 * each quiet while, and no more than there were. */
static void test_too_much(void **state)
{
    static const size_t halves[] = { 60, 30, 15, 12, 12 };
    struct rig *rig = *state;
    struct lanes lanes;

    log_begin(LOG_LEVEL_INFO);
    assert_true(lanes_init(&lanes, rig->loop, 120, &tuning, &rig->err));
    tuning.growth_ms = 60000;
    for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
        lanes_halve(&lanes);
        lanes_halve(&lanes);
        assert_int_equal(lanes.max, halves[i]);
        pass_ms(rig, tuning.window_ms + 1);
    }
    tuning.growth_ms = 1;
    lanes_halve(&lanes);
    while (lanes.max == 12)
        pass_ms(rig, 1);
    assert_int_equal(lanes.max % 8, 4); /* 12 and some eights */
    while (lanes.max < 120)
        pass_ms(rig, 1);
    pass_ms(rig, 3);
    assert_int_equal(lanes.max, 120);
    assert_string_equal(logged.ptr, "warn consul: the agent has too much to do: using 60 "
                                    "connections at most, more with each quiet minute\n");
    lanes_fini(&lanes);
    log_end();
}

/* Connections that are shared are not what is scarce. */
static void test_room(void **state)
{
    static const struct {
        const char *name;
        size_t n_questions, n_room;
        bool want;
    } cases[] = {
        { "HTTP/1.1", 10, 0, false },
        { "room for all", 1000, 28800, true },
        { "and not for all", 1000, 1000, false },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct lanes lanes;

        assert_true(lanes_init(&lanes, rig->loop, 120, &tuning, &rig->err));
        lanes_set_demand(&lanes, cases[i].n_questions);
        lanes_see_room(&lanes, cases[i].n_room);
        if (lanes.is_shared != cases[i].want)
            fail_msg("%s", cases[i].name);
        lanes_halve(&lanes);
        assert_int_equal(lanes.max, cases[i].want ? 120 : 60);
        lanes_fini(&lanes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_too_much, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_room, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
