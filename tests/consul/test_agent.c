/* SPDX-License-Identifier: MIT */
/* Which address is asked. */
#include "consul/agent.h"

#include "base/log.h"
#include "io/rig.h"
#include "unit.h"

static void on_away(void *ctx, bool is_away)
{
    (void)ctx;
    (void)is_away;
}

static void on_token(void *ctx)
{
    (void)ctx;
}

static const struct agent_handler handler = { on_away, on_token };

/* Each word is how a request to the present address ended: status or outcome, then how long it
 * took. */
static void test_addresses(void **state)
{
    static const struct {
        const char *name;
        size_t n_addresses;
        const char *ends, *want; /* the addresses after each */
    } cases[] = {
        { "refused", 3, "refused,0 refused,0 refused,0", "1 2 0 " },
        { "one request is slow", 2, "silent,15000 200,1 silent,15000", "0 0 0 " },
        { "it hangs", 2, "silent,15000 silent,15000 200,1", "0 1 1 " },
        { "so do all, for longer each time", 2,
          "silent,15000 silent,15000 silent,15000 silent,15000 silent,15000 silent,25000 "
          "silent,25000",
          "0 1 1 1 1 1 1 " },
        { "the other one for long", 2, "silent,15000 silent,1 silent,25000 silent,1", "0 1 1 0 " },
        { "errors that come at once", 2, "500,1 500,1 503,1 500,1", "0 0 0 0 " },
        { "errors for long", 2, "500,11000 500,1", "0 1 " },
        { "errors beside answers", 2, "500,11000 404,1 500,1 403,1 500,1", "0 0 0 0 0 " },
        { "too many of us", 2, "429,11000 429,11000", "0 0 " },
        { "there is no other", 1, "silent,15000 silent,15000 silent,15000", "0 0 0 " },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *addresses[] = { (char[]){ "127.0.0.1:1" }, (char[]){ "127.0.0.1:2" },
                              (char[]){ "127.0.0.1:3" } };
        struct consul_options options = { .addresses = addresses,
                                          .n_addresses = cases[i].n_addresses };
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        CLEANUP(agent_freep) struct agent *agent = NULL;
        struct slice rest = slice_from(cases[i].ends), end;

        assert_true(agent_new(rig->loop, &options, &handler, NULL, &agent, &rig->err));
        agent_set_homing(agent, 3600000);
        while (slice_next(&rest, ' ', &end)) {
            struct http_reply reply = { .outcome = HTTP_DONE, .error = "" };
            struct slice word;

            slice_next(&end, ',', &word);
            assert_true(slice_parse_u64(end, 1000000, &reply.elapsed_ms));
            if (slice_is(word, "refused"))
                reply.outcome = HTTP_REFUSED;
            else if (slice_is(word, "silent"))
                reply.outcome = HTTP_TIMED_OUT;
            else
                reply.status = strtol(word.ptr, NULL, 10);
            agent_report(agent, agent_address(agent), &reply);
            buf_printf(&got, "%zu ", agent_address(agent));
        }
        if (!slice_is(buf_slice(&got), cases[i].want))
            fail_msg("%s: %s", cases[i].name, got.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_addresses, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
