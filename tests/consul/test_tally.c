/* SPDX-License-Identifier: MIT */
/* Which keys have changed between two rounds. */
#include "consul/tally.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/slice.h"
#include "unit.h"

/* One round: "a1 b2" are hash 1 of key a, hash 2 of key b. */
static void play(struct tally *tally, const char *text)
{
    struct slice rest = slice_from(text), word;

    tally_begin(tally);
    while (slice_next(&rest, ' ', &word)) {
        if (word.len == 2)
            assert_true(tally_add(tally, (uint64_t)word.ptr[0], (uint64_t)(word.ptr[1] - '0')));
    }
}

static const struct {
    const char *name, *before, *after, *changed;
} rounds[] = {
    { "nothing was there before", "", "a1 b2", "ab" },
    { "the same again", "a1 b2", "a1 b2", "" },
    { "in another order", "a1 a2 b2", "b2 a2 a1", "" },
    { "one has another hash", "a1 b2 c3", "a1 b4 c3", "b" },
    { "one is gone", "a1 b2 c3", "a1 c3", "b" },
    { "one is new", "a1", "a1 c3", "c" },
    { "all are gone", "a1 b2", "", "ab" },
    { "one of two entries is gone", "a1 a2", "a1", "a" },
    { "an entry with hash 0 is there, too", "a1 b0", "a1", "b" },
};

static void test_rounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
        CLEANUP(tally_fini) struct tally tally = TALLY_EMPTY;
        CLEANUP(keys_fini) struct keys ignored = KEYS_EMPTY;
        CLEANUP(keys_fini) struct keys changed = KEYS_EMPTY;
        size_t n = strlen(rounds[i].changed);

        play(&tally, rounds[i].before);
        tally_end(&tally, &ignored);
        play(&tally, rounds[i].after);
        tally_end(&tally, &changed);
        keys_sort(&changed);
        if (changed.n != n)
            fail_msg("%s: %zu keys have changed", rounds[i].name, changed.n);
        for (size_t k = 0; k < n; k++) {
            if (!keys_has(&changed, (uint64_t)rounds[i].changed[k]))
                fail_msg("%s: not %c", rounds[i].name, rounds[i].changed[k]);
        }
    }
}

static void test_a_round_that_was_not_ended_is_forgotten(void **state)
{
    CLEANUP(tally_fini) struct tally tally = TALLY_EMPTY;
    CLEANUP(keys_fini) struct keys changed = KEYS_EMPTY;

    (void)state;
    play(&tally, "a1 b2");
    tally_end(&tally, &changed);
    keys_fini(&changed);
    play(&tally, "a7 c1");
    play(&tally, "a1 b2");
    tally_end(&tally, &changed);
    assert_int_equal(changed.n, 0);
    assert_true(tally_has(&tally, 'a'));
    assert_false(tally_has(&tally, 'c'));
    assert_int_equal(tally.n_there, 2);
}

/* More than there are places at first, the key 0 among them; then all but one go. */
static void test_many_keys(void **state)
{
    CLEANUP(tally_fini) struct tally tally = TALLY_EMPTY;
    CLEANUP(keys_fini) struct keys changed = KEYS_EMPTY;

    (void)state;
    tally_begin(&tally);
    for (uint64_t key = 0; key < 1000; key += 2)
        assert_true(tally_add(&tally, key << 40, 5));
    tally_end(&tally, &changed);
    assert_int_equal(changed.n, 500);
    assert_true(tally_has(&tally, 0));
    assert_true(tally_has(&tally, (uint64_t)998 << 40));
    assert_false(tally_has(&tally, (uint64_t)997 << 40));
    keys_fini(&changed);
    tally_begin(&tally);
    assert_true(tally_add(&tally, (uint64_t)4 << 40, 5));
    tally_end(&tally, &changed);
    assert_int_equal(changed.n, 499);
    assert_int_equal(tally.n, 1);
    assert_false(tally_has(&tally, 0));
}

static void test_no_more_than_the_limit(void **state)
{
    CLEANUP(tally_fini) struct tally tally = TALLY_EMPTY;
    uint64_t n = 1;

    (void)state;
    tally_begin(&tally);
    while (n <= LIMIT_TALLY_KEYS && tally_add(&tally, n * 0x9e3779b97f4a7c15u, 1))
        n++;
    assert_int_equal(n, LIMIT_TALLY_KEYS + 1);
    assert_false(tally_add(&tally, n * 0x9e3779b97f4a7c15u, 1));
    assert_true(tally_add(&tally, 0x9e3779b97f4a7c15u, 1)); /* one that is known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_a_round_that_was_not_ended_is_forgotten),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_no_more_than_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
