/* SPDX-License-Identifier: MIT */
/* What HAProxy's sockets answer to a probe: its own words, and none. */
#include "io/listener.h"

#include "haproxy/probe.h"

struct trial {
    struct rig *rig;
    struct listener listener;
    const char *answer; /* NULL: it hangs up */
    struct haproxy_probe *probe;
};

static void on_server_data(struct listener *listener, struct slice piece)
{
    const struct trial *trial = listener->ctx;

    assert_true(slice_is(piece, "set server\n"));
    if (trial->answer)
        listener_send(listener, slice_from(trial->answer));
    if (!trial->answer || slice_ends_with(slice_from(trial->answer), SLICE("\n")))
        listener_hang_up(listener);
}

static void on_outcome(void *ctx, enum haproxy_probe_outcome outcome)
{
    struct trial *trial = ctx;

    haproxy_probe_free(TAKE(trial->probe));
    buf_printf(&trial->rig->trace, "%d ", outcome);
    loop_quit(trial->rig->loop, 0);
}

static void run_trial(struct rig *rig, const char *answer, const char *socket, bool is_master,
                      enum haproxy_probe_outcome want)
{
    struct trial trial = { .rig = rig, .answer = answer };
    char text[8];

    snprintf(text, sizeof(text), "%d ", want);
    listener_start(&trial.listener, rig, on_server_data, &trial);
    trial.probe = haproxy_probe_start(rig->loop, socket ? socket : trial.listener.path, is_master,
                                      on_outcome, &trial);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, text);
    listener_stop(&trial.listener);
}

static const struct {
    const char *name, *answer, *socket;
    bool is_master;
    enum haproxy_probe_outcome want;
} cases[] = {
    { "an admin", "Require 'backend/server'.\n\n", NULL, false, HAPROXY_PROBE_GOOD },
    { "one with less", "Permission denied\n\n", NULL, false, HAPROXY_PROBE_POWERLESS },
    { "it hangs up", NULL, NULL, false, HAPROXY_PROBE_SILENT },
    { "something else", "SSH-2.0\n", NULL, false, HAPROXY_PROBE_SILENT },
    { "it says nothing more", "Req", NULL, false, HAPROXY_PROBE_SILENT },
    { "nothing there", NULL, "/none/socket", false, HAPROXY_PROBE_ABSENT },
    { "nobody listens", NULL, "127.0.0.1:1", false, HAPROXY_PROBE_SILENT },
    { "a master", NULL, NULL, true, HAPROXY_PROBE_GOOD },
    { "no master", NULL, "/none/socket", true, HAPROXY_PROBE_ABSENT },
};

static void test_outcomes(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        run_trial(*state, cases[i].answer, cases[i].socket, cases[i].is_master, cases[i].want);
    }
}

static void test_freed(void **state)
{
    struct rig *rig = *state;
    struct trial trial = { .rig = rig };

    listener_start(&trial.listener, rig, on_server_data, &trial);
    haproxy_probe_free(
        haproxy_probe_start(rig->loop, trial.listener.path, false, on_outcome, &trial));
    haproxy_probe_free(NULL);
    listener_stop(&trial.listener);
    rig_assert_trace(rig, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_outcomes),
        RIG_TEST(test_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
