/* SPDX-License-Identifier: MIT */
/* What the one line of a delivery says has changed. */
#include "app/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "unit.h"

static void open_with(struct ledger *ledger, const char *reason)
{
    ledger_open(ledger, NULL, slice_from(reason), 0);
}

static void test_what_comes_meanwhile_is_added(void **state)
{
    struct ledger ledger = { .change = BUF_EMPTY };
    (void)state;

    open_with(&ledger, "a: +1");
    open_with(&ledger, "b: +1");
    open_with(&ledger, "b: +1"); /* the same texts once more */
    open_with(&ledger, "");
    open_with(&ledger, "+1"); /* which the last one only ends with */
    assert_string_equal(ledger.change.ptr, "a: +1; b: +1; +1");
    ledger.is_open = false;
    open_with(&ledger, "c: +1");
    assert_string_equal(ledger.change.ptr, "c: +1");
    ledger_fini(&ledger);
}

/* A command that fails for hours, and changes all the time. */
static void test_many_are_counted(void **state)
{
    struct ledger ledger = { .change = BUF_EMPTY };
    char reason[32];
    (void)state;

    for (int i = 0; i < 1000; i++) {
        snprintf(reason, sizeof(reason), "service-%d: +1 instance", i);
        open_with(&ledger, reason);
    }
    assert_true(ledger.change.len < LIMIT_COMMAND_REASON_BYTES + 32);
    assert_non_null(strstr(ledger.change.ptr, "service-0: +1 instance; service-1: +1 instance; "));
    assert_non_null(strstr(ledger.change.ptr, " more"));

    struct slice change = buf_slice(&ledger.change);
    char *end = strstr(ledger.change.ptr, "; and ");
    int n_named = 1, n_more = 0;

    for (const char *at = ledger.change.ptr; at < end; at++)
        n_named += *at == ';';
    assert_int_equal(sscanf(end, "; and %d more", &n_more), 1);
    assert_int_equal(n_named + n_more, 1000);
    assert_true(slice_ends_with(change, SLICE(" more")));
    ledger.is_open = false;
    open_with(&ledger, "short");
    assert_string_equal(ledger.change.ptr, "short");
    ledger_fini(&ledger);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_meanwhile_is_added),
        cmocka_unit_test(test_many_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
