/* SPDX-License-Identifier: MIT */
/* The budget of the bytes that doorbells read. */
#include "consul/doorbells.h"

#include "consul/watch.h"
#include "io/rig.h"
#include "unit.h"

#define MB ((uint64_t)1 << 20)

static void test_the_budget(void **state)
{
    static const struct {
        const char *name;
        uint64_t n_spent, n_bytes; /* in all, and in the answer at hand */
        uint64_t least_ms, most_ms;
    } cases[] = {
        { "a burst costs nothing", 15 * MB, MB, 0, 0 },
        { "what is beyond it has to wait", 17 * MB, MB, 4000, 4010 },
        { "as long as it takes", 26 * MB, 4 * MB, 40000, 40100 },
        { "a small table does not pay for a large one", 26 * MB, 26200, 1000, 1000 },
        { "but for itself", 26 * MB, 262000, 10000, 10000 },
        { "unless there is less to pay for", 17 * MB, 262000, 4000, 4010 },
    };
    struct rig *rig = *state;
    struct watch_env env = { .loop = rig->loop };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct doorbells doorbells = { .env = &env };
        uint64_t pause;

        doorbells_spend(&doorbells, cases[i].n_spent);
        pause = doorbells_pause_ms(&doorbells, cases[i].n_bytes);
        if (pause < cases[i].least_ms || pause > cases[i].most_ms)
            fail_msg("%s: %llu ms", cases[i].name, (unsigned long long)pause);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { RIG_TEST(test_the_budget) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
