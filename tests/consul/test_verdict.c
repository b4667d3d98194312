/* SPDX-License-Identifier: MIT */
/* Whether an answer is believed. */
#include <string.h>

#include "base/cleanup.h"
#include "consul/verdict.h"
#include "unit.h"

#define VANISHED                                                                                  \
    "everything has vanished without a change of the catalogue (the token may have lost rights, " \
    "or the servers their data); the last answer stays in use"

/* had: an answer of n_old_items at old_index. */
#define HAD(index, n) .has_answer = true, .old_index = (index), .n_old_items = (n)

static const struct {
    const char *name;
    struct reading reading;
    enum verdict want;
    const char *want_reason;
} cases[] = {
    { "the first answer", { ASK_FETCH, .index = 7, .n_items = 3 }, VERDICT_BELIEVE, "" },
    { "the first answer is empty", { ASK_FETCH, .index = 1 }, VERDICT_BELIEVE, "" },
    { "no usable index",
      { ASK_FETCH, .n_items = 3 },
      VERDICT_REFUSE,
      "the answer has no usable X-Consul-Index" },
    { "the first answer from a server without a leader",
      { ASK_FETCH, .index = 7, .n_items = 3, .is_doubtful = true },
      VERDICT_BELIEVE_AND_VERIFY,
      "" },
    { "the same, empty", { ASK_FETCH, .index = 1, .is_doubtful = true }, VERDICT_VERIFY, "" },
    { "the first answer is empty for lack of rights",
      { ASK_FETCH, .index = 7, .is_filtered = true },
      VERDICT_DENY,
      "the answer is empty for lack of rights" },
    { "a part is missing for lack of rights",
      { ASK_FETCH, .index = 7, .n_items = 1, .is_filtered = true },
      VERDICT_BELIEVE,
      "" },

    { "news", { ASK_BLOCKED, .index = 8, .n_items = 3, HAD(7, 3) }, VERDICT_BELIEVE, "" },
    { "the last instance has gone", { ASK_BLOCKED, .index = 8, HAD(7, 3) }, VERDICT_BELIEVE, "" },
    { "the last has gone, says a server without a leader",
      { ASK_BLOCKED, .index = 8, .is_doubtful = true, HAD(7, 3) },
      VERDICT_VERIFY,
      "" },
    { "news from a server that lags",
      { ASK_BLOCKED, .index = 8, .n_items = 2, .is_doubtful = true, HAD(7, 3) },
      VERDICT_BELIEVE_AND_VERIFY,
      "" },
    { "the wait is over",
      { ASK_BLOCKED, .index = 7, .n_items = 3, .is_same = true, HAD(7, 3) },
      VERDICT_BELIEVE,
      "" },
    { "the wait is over, but another content",
      { ASK_BLOCKED, .index = 7, .n_items = 2, HAD(7, 3) },
      VERDICT_VERIFY,
      "" },
    { "early and the same index",
      { ASK_BLOCKED, .index = 7, .n_items = 3, .is_same = true, .is_early = true, HAD(7, 3) },
      VERDICT_VERIFY,
      "" },
    { "a lower index",
      { ASK_BLOCKED, .index = 5, .n_items = 3, .is_same = true, HAD(7, 3) },
      VERDICT_VERIFY,
      "" },
    { "empty with the same index", { ASK_BLOCKED, .index = 7, HAD(7, 3) }, VERDICT_VERIFY, "" },
    { "no index any more",
      { ASK_BLOCKED, .n_items = 3, .is_same = true, HAD(7, 3) },
      VERDICT_REFUSE,
      "the answer has no usable X-Consul-Index" },

    { "after a failure, the same",
      { ASK_FETCH, .index = 7, .n_items = 3, HAD(7, 3) },
      VERDICT_BELIEVE,
      "" },
    { "after a failure, a lower index",
      { ASK_FETCH, .index = 2, .n_items = 3, HAD(7, 3) },
      VERDICT_VERIFY,
      "" },
    { "after a failure, empty", { ASK_FETCH, .index = 7, HAD(7, 3) }, VERDICT_VERIFY, "" },
    { "after a failure, gone meanwhile",
      { ASK_FETCH, .index = 9, HAD(7, 3) },
      VERDICT_BELIEVE,
      "" },
    { "after a failure, empty as before",
      { ASK_FETCH, .index = 7, HAD(7, 0) },
      VERDICT_BELIEVE,
      "" },

    { "the leader says a lower index",
      { ASK_VERIFY, .index = 5, .n_items = 3, HAD(7, 3) },
      VERDICT_BELIEVE,
      "" },
    { "the leader says empty, with a higher index",
      { ASK_VERIFY, .index = 8, HAD(7, 3) },
      VERDICT_BELIEVE,
      "" },
    { "the leader says empty, with the same index",
      { ASK_VERIFY, .index = 7, HAD(7, 3) },
      VERDICT_DENY,
      VANISHED },
    { "the leader says empty, with a lower index",
      { ASK_VERIFY, .index = 5, HAD(7, 3) },
      VERDICT_DENY,
      VANISHED },
    { "a node that is gone has a lower index",
      { ASK_VERIFY, .index = 1, .gone_lowers_index = true, HAD(7, 1) },
      VERDICT_BELIEVE,
      "" },
    { "a node that we may not see any more has the same",
      { ASK_VERIFY, .index = 7, .gone_lowers_index = true, HAD(7, 1) },
      VERDICT_DENY,
      VANISHED },

    { "the services lose Consul itself",
      { ASK_BLOCKED, .index = 8, .n_items = 4, .lost_consul = true, HAD(7, 5) },
      VERDICT_VERIFY,
      "" },
    { "the leader is asked, and it has none",
      { ASK_VERIFY, .index = 8, .n_items = 4, .is_doubtful = true, HAD(7, 3) },
      VERDICT_REFUSE,
      "the leader was asked, but a server answered that knows of none" },
    { "and the leader agrees",
      { ASK_VERIFY, .index = 8, .n_items = 4, .lost_consul = true, HAD(7, 5) },
      VERDICT_DENY,
      "the catalogue has lost Consul itself (the token may have lost rights); the last answer "
      "stays in use" },
};

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct reading reading = cases[i].reading;
        const char *reason;

        reading.needs_index = true;

        enum verdict verdict = verdict_of(&reading, &reason);

        if (verdict != cases[i].want || strcmp(reason, cases[i].want_reason) != 0)
            fail_msg("%s: want %s '%s', got %s '%s'", cases[i].name, verdict_name(cases[i].want),
                     cases[i].want_reason, verdict_name(verdict), reason);
    }
}

/* The same, of a kind of question whose answers a token can hide. */
static void test_what_may_be_hidden(void **state)
{
    static const struct {
        const char *name;
        struct reading reading;
        enum verdict want;
    } hidden[] = {
        { "empty at first", { ASK_FETCH, .index = 7 }, VERDICT_BELIEVE },
        { "still empty", { ASK_BLOCKED, .index = 8, HAD(7, 0) }, VERDICT_BELIEVE },
        { "fewer", { ASK_BLOCKED, .index = 8, .n_items = 1, HAD(7, 3) }, VERDICT_BELIEVE },
        { "blocked, all has gone", { ASK_BLOCKED, .index = 8, HAD(7, 3) }, VERDICT_ASK_RIGHTS },
        { "fetched, all has gone", { ASK_FETCH, .index = 8, HAD(7, 3) }, VERDICT_ASK_RIGHTS },
        { "says the leader", { ASK_VERIFY, .index = 8, HAD(7, 3) }, VERDICT_ASK_RIGHTS },
        { "without a leader",
          { ASK_BLOCKED, .index = 8, .is_doubtful = true, HAD(7, 3) },
          VERDICT_VERIFY },
        { "at the same index", { ASK_VERIFY, .index = 7, HAD(7, 3) }, VERDICT_DENY },
        { "filtered", { ASK_FETCH, .index = 8, .is_filtered = true, HAD(7, 3) }, VERDICT_DENY },
    };
    const char *reason;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
        struct reading reading = hidden[i].reading;

        reading.needs_index = reading.may_lack_rights = true;

        enum verdict verdict = verdict_of(&reading, &reason);

        if (verdict != hidden[i].want)
            fail_msg("%s: want %s, got %s", hidden[i].name, verdict_name(hidden[i].want),
                     verdict_name(verdict));
    }
}

static void test_answers_without_an_index(void **state)
{
    static const struct {
        const char *name;
        struct reading reading;
        enum verdict want;
    } polled[] = {
        { "the first", { ASK_FETCH, .n_items = 2 }, VERDICT_BELIEVE },
        { "less", { ASK_FETCH, .n_items = 1, HAD(0, 2) }, VERDICT_BELIEVE },
        { "nothing any more", { ASK_FETCH, HAD(0, 2) }, VERDICT_VERIFY },
        { "nothing any more, once more", { ASK_VERIFY, HAD(0, 2) }, VERDICT_BELIEVE },
    };
    const char *reason;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(polled); i++) {
        enum verdict verdict = verdict_of(&polled[i].reading, &reason);

        if (verdict != polled[i].want)
            fail_msg("%s: want %s, got %s", polled[i].name, verdict_name(polled[i].want),
                     verdict_name(verdict));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_what_may_be_hidden),
        cmocka_unit_test(test_answers_without_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
