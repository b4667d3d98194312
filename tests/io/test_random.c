/* SPDX-License-Identifier: MIT */
/* Random numbers: their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/loop.h"

static void test_bounds(void **state)
{
    static const struct {
        const char *name;
        uint64_t from, to;
    } cases[] = {
        { "one number", 5, 5 },
        { "two", 0, 1 },
        { "a few", 10, 13 },
        { "all", 0, UINT64_MAX },
        { "the last ones", UINT64_MAX - 2, UINT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t n = cases[i].to - cases[i].from;
        uint64_t seen = 0; /* a bit for each offset of a narrow range */

        for (int round = 0; round < 1000; round++) {
            uint64_t offset = random_between(cases[i].from, cases[i].to) - cases[i].from;

            if (offset > n)
                fail_msg("%s: out of bounds", cases[i].name);
            if (n < 64)
                seen |= UINT64_C(1) << offset;
        }
        if (n < 64 && seen != (UINT64_C(2) << n) - 1)
            fail_msg("%s: some never came", cases[i].name);
    }
}

static void test_numbers_differ(void **state)
{
    (void)state;
    assert_true(random_u64() != random_u64());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_numbers_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
