/* SPDX-License-Identifier: MIT */
/* How long the watcher waits. */
#include "base/cleanup.h"
#include "consul/backoff.h"
#include "unit.h"

static void test_delays(void **state)
{
    static const struct {
        const char *name;
        enum failure failure;
        unsigned n_failures;
        uint64_t most_ms; /* the least is half of it */
    } cases[] = {
        { "transport, the first", FAILURE_TRANSPORT, 1, 100 },
        { "transport, the third", FAILURE_TRANSPORT, 3, 400 },
        { "transport, many", FAILURE_TRANSPORT, 1000000, 5000 },
        { "5xx", FAILURE_SERVER, 2, 500 },
        { "5xx, many", FAILURE_SERVER, 7, 5000 },
        { "429", FAILURE_BUSY, 1, 1000 },
        { "429, many", FAILURE_BUSY, 6, 30000 },
        { "403", FAILURE_DENIED, 1, 5000 },
        { "403, many", FAILURE_DENIED, 5, 60000 },
        { "404", FAILURE_REQUEST, 1, 60000 },
    };
    struct watch_tuning tuning = watch_tuning_from(&(struct consul_options){ 0 });

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool differs = false;
        uint64_t last = 0;

        for (int n = 0; n < 100; n++) {
            uint64_t delay = backoff_ms(&tuning.backoff[cases[i].failure], cases[i].n_failures);

            if (delay < cases[i].most_ms / 2 || delay > cases[i].most_ms)
                fail_msg("%s: %llu ms", cases[i].name, (unsigned long long)delay);
            differs = differs || (n > 0 && delay != last);
            last = delay;
        }
        if (!differs)
            fail_msg("%s: no jitter", cases[i].name);
    }
}

static void test_options(void **state)
{
    struct consul_options options = { .wait_ms = 60000,
                                      .retry_backoff_ms = 10,
                                      .retry_max_backoff_ms = 20 };
    struct watch_tuning tuning = watch_tuning_from(&options);

    (void)state;
    assert_int_equal(tuning.wait_ms, 60000);
    assert_int_equal(watch_deadline_ms(&tuning, tuning.wait_ms), 60000 + 60000 / 16 + 15000);
    assert_in_range(backoff_ms(&tuning.backoff[FAILURE_TRANSPORT], 1), 5, 10);
    assert_in_range(backoff_ms(&tuning.backoff[FAILURE_SERVER], 9), 10, 20);
    /* Being turned away is no matter of the network: its pace is not for options. */
    assert_in_range(backoff_ms(&tuning.backoff[FAILURE_DENIED], 1), 2500, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
