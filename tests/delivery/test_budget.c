/* SPDX-License-Identifier: MIT */
/* Tests of how often a command may run, on a clock of their own. */
#include "delivery/budget.h"

#include "unit.h"

#define RELOAD SLICE("systemctl reload haproxy")

/* Runs as early as it may, n times; when the last one was. */
static uint64_t run(struct budget *budget, struct slice command, uint64_t now_ms, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        now_ms += budget_wait_ms(budget, command, now_ms);
        assert_int_equal(budget_wait_ms(budget, command, now_ms), 0);
        budget_spend(budget, command, now_ms);
    }
    return now_ms;
}

static void test_some_at_once_then_evenly(void **state)
{
    struct budget budget = { 3, 1000, MAP_EMPTY };

    (void)state;
    assert_int_equal(run(&budget, RELOAD, 5000, 3), 5000);
    assert_int_equal(budget_wait_ms(&budget, RELOAD, 5000), 1000);
    assert_int_equal(budget_wait_ms(&budget, RELOAD, 5400), 600);
    assert_int_equal(run(&budget, RELOAD, 5000, 1), 6000);
    assert_int_equal(run(&budget, RELOAD, 6000, 4), 10000);
    budget_fini(&budget);
}

static void test_quiet_fills_it_up_again(void **state)
{
    struct budget budget = { 3, 1000, MAP_EMPTY };

    (void)state;
    run(&budget, RELOAD, 0, 3);
    assert_int_equal(run(&budget, RELOAD, 2000, 2), 2000);
    assert_int_equal(budget_wait_ms(&budget, RELOAD, 2000), 1000);
    assert_int_equal(run(&budget, RELOAD, 60000, 3), 60000);
    assert_int_equal(budget_wait_ms(&budget, RELOAD, 60000), 1000);
    budget_fini(&budget);
}

static void test_commands_have_budgets_of_their_own(void **state)
{
    struct budget budget = { 1, 1000, MAP_EMPTY };

    (void)state;
    run(&budget, RELOAD, 0, 1);
    assert_int_equal(budget_wait_ms(&budget, SLICE("true"), 0), 0);
    assert_int_equal(budget_wait_ms(&budget, RELOAD, 0), 1000);
    budget_fini(&budget);
}

static void test_none(void **state)
{
    struct budget budget = BUDGET_NONE;

    (void)state;
    assert_int_equal(run(&budget, RELOAD, 0, 1000), 0);
    budget_fini(&budget);
}

/* In a storm over hours it never exceeds what it should: no window holds more than the runs at once
 * and one for each period. */
static void test_no_window_holds_too_many(void **state)
{
    struct budget budget = { 4, 250, MAP_EMPTY };
    uint64_t times[2000], now_ms = 0, random = 1;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        now_ms = run(&budget, RELOAD, now_ms + (random >> 33) % 400, 1);
        times[i] = now_ms;
        for (size_t k = 0; k < i; k++)
            assert_true(i - k + 1 <= 4 + (now_ms - times[k]) / 250);
    }
    budget_fini(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_some_at_once_then_evenly),
        cmocka_unit_test(test_quiet_fills_it_up_again),
        cmocka_unit_test(test_commands_have_budgets_of_their_own),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_no_window_holds_too_many),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
