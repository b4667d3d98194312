/* SPDX-License-Identifier: MIT */
#include "io/http_streams.h"

#include "base/cleanup.h"
#include "unit.h"

enum seen { NOTHING, HTTP_1, HTTP_2 };

static void test_caps(void **state)
{
    static const struct {
        const char *name;
        bool is_tls;
        enum seen seen;
        size_t max, n_said, n_requests, want_cap, want_room;
    } cases[] = {
        { "plain HTTP: its budget", false, HTTP_1, 120, 0, 1000, 120, 0 },
        { "plain HTTP without one", false, HTTP_1, 0, 0, 1000, 0, 0 },
        { "TLS without HTTP/2", true, HTTP_1, 120, 0, 1000, 120, 0 },
        { "not known yet: as if shared", true, NOTHING, 120, 0, 1000, 6, 0 },
        { "nothing to ask", true, HTTP_2, 120, 0, 0, 1, 28800 },
        { "one", true, HTTP_2, 120, 0, 1, 2, 28800 },
        { "a full one, and one to spare", true, HTTP_2, 120, 0, 240, 2, 28800 },
        { "one more than that", true, HTTP_2, 120, 0, 241, 3, 28800 },
        { "5000", true, HTTP_2, 120, 0, 5000, 22, 28800 },
        { "never beyond the budget", true, HTTP_2, 12, 0, 5000, 12, 2880 },
        { "no budget", true, HTTP_2, 0, 0, 5000, 22, SIZE_MAX },
        { "the peer takes ten", true, HTTP_2, 120, 10, 30, 4, 1200 },
        { "the peer takes 128: a few are spared", true, HTTP_2, 120, 128, 123, 2, 14760 },
        { "100 is what curl thinks itself", true, HTTP_2, 120, 100, 240, 2, 28800 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_streams streams;
        size_t cap, room;

        http_streams_init(&streams, cases[i].is_tls, cases[i].max);
        if (cases[i].seen != NOTHING)
            http_streams_see(&streams, cases[i].seen == HTTP_2);
        if (cases[i].n_said > 0) {
            http_streams_say(&streams, cases[i].n_said);
            assert_int_equal(http_streams_believe(&streams), cases[i].n_said != 100);
        }
        cap = http_streams_cap(&streams, cases[i].n_requests);
        room = http_streams_room(&streams);
        if (cap != cases[i].want_cap || room != cases[i].want_room)
            fail_msg("%s: %zu connections, room for %zu", cases[i].name, cap, room);
    }
}

static void test_what_is_said_is_believed_later(void **state)
{
    struct http_streams streams;

    (void)state;
    http_streams_init(&streams, true, 120);
    http_streams_say(&streams, 0);
    assert_int_equal(http_streams_cap(&streams, 10), 2);
    assert_true(http_streams_believe(&streams));
    assert_int_equal(http_streams_cap(&streams, 10), 11);
    http_streams_say(&streams, 250); /* the agent is another one now */
    assert_true(http_streams_believe(&streams));
    assert_false(http_streams_believe(&streams)); /* nothing new was said */
    assert_int_equal(http_streams_cap(&streams, 240), 2);
}

/* What waits gets connections of its own, for as long as they are needed. */
static void test_more_and_fewer(void **state)
{
    struct http_streams streams;

    (void)state;
    http_streams_init(&streams, true, 120);
    http_streams_see(&streams, true);
    assert_int_equal(http_streams_cap(&streams, 1000), 6);
    streams.n_unsent = 400; /* all six take no more of them */
    http_streams_widen(&streams, 1000, 176, 176);
    assert_int_equal(http_streams_cap(&streams, 1000), 9);
    assert_int_equal(http_streams_share(&streams, 1000), 176);
    streams.n_unsent = 1; /* nor do these */
    http_streams_widen(&streams, 1000, 176, 176);
    assert_int_equal(http_streams_cap(&streams, 1000), 10);
    streams.n_unsent = 0;
    http_streams_narrow(&streams, 1000, 9);
    assert_int_equal(http_streams_cap(&streams, 1000), 9);
    http_streams_narrow(&streams, 1000, 12); /* others' business */
    assert_int_equal(http_streams_cap(&streams, 1000), 9);
    http_streams_narrow(&streams, 1000, 5);
    assert_int_equal(http_streams_cap(&streams, 1000), 6);
    streams.n_unsent = 1;
    http_streams_widen(&streams, 1000, 176, 120);
    http_streams_say(&streams, 120); /* so this was it */
    assert_true(http_streams_believe(&streams));
    assert_int_equal(http_streams_cap(&streams, 1000), 10);
}

/* There may be no more of them: first each takes what it can, then the room is known. */
static void test_no_more_than_there_may_be(void **state)
{
    struct http_streams streams;

    (void)state;
    http_streams_init(&streams, true, 6);
    http_streams_see(&streams, true);
    streams.n_unsent = 100;
    http_streams_widen(&streams, 1000, 176, 100);
    assert_int_equal(http_streams_cap(&streams, 1000), 6);
    for (int i = 0; i < 10 && http_streams_share(&streams, 1000) < 240; i++)
        http_streams_widen(&streams, 1000, http_streams_share(&streams, 1000), 100);
    assert_int_equal(http_streams_room(&streams), 6 * 240);
    http_streams_widen(&streams, 1000, 240, 100);
    assert_int_equal(http_streams_room(&streams), 6 * 100);
    assert_int_equal(http_streams_cap(&streams, 1000), 6);
}

/* All connections carry about as many requests. */
static void test_shares(void **state)
{
    static const struct {
        size_t n_requests, want;
    } rows[] = {
        { 0, 16 }, { 100, 64 }, { 240, 128 }, { 1001, 176 }, { 1439, 208 }, { 5000, 240 }
    };
    struct http_streams streams;

    (void)state;
    http_streams_init(&streams, true, 120);
    http_streams_see(&streams, true);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t n = http_streams_share(&streams, rows[i].n_requests);

        assert_int_equal(n, rows[i].want);
        assert_true(n * http_streams_cap(&streams, rows[i].n_requests) >= rows[i].n_requests);
    }
}

static void test_shares_are_not_for_all(void **state)
{
    struct http_streams streams;

    (void)state;
    http_streams_init(&streams, false, 120);
    assert_int_equal(http_streams_share(&streams, 100), 240);
    http_streams_init(&streams, true, 120);
    http_streams_see(&streams, false);
    assert_int_equal(http_streams_share(&streams, 100), 240);
    http_streams_init(&streams, true, 120);
    streams.n_extra = 2; /* they take none of these */
    assert_int_equal(http_streams_share(&streams, 480), 176);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_what_is_said_is_believed_later),
        cmocka_unit_test(test_more_and_fewer),
        cmocka_unit_test(test_no_more_than_there_may_be),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_shares_are_not_for_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
