/* SPDX-License-Identifier: MIT */
/* Commands, the answers of HAProxy 2.2 to 3.2 to them, and what they change. */
#include "haproxy/step.h"

#include "haproxy/config.h"

#include "world.h"

static void test_commands(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
    struct haproxy_address address;
    struct slice b = SLICE("b"), a = SLICE("a");

    (void)state;
    assert_true(haproxy_address_parse(SLICE("[::1]:80"), &address));

    const struct haproxy_step steps[] = {
        step_make(STEP_DELETE, b, a, &arena),
        step_make(STEP_ENABLE_HEALTH, b, a, &arena),
        step_make(STEP_ENABLE_AGENT, b, a, &arena),
        step_make(STEP_DISABLE_AGENT, b, a, &arena),
        step_make(STEP_READY, b, a, &arena),
        step_make(STEP_DRAIN, b, a, &arena),
        step_make(STEP_MAINT, b, a, &arena),
        step_make_number(STEP_WEIGHT, b, a, 256, &arena),
        step_make_number(STEP_MAXCONN, b, a, 0, &arena),
        step_make_address(b, a, &address, &arena),
        step_make_number(STEP_CHECK_PORT, b, a, 8080, &arena),
        step_make_check_address(b, a, SLICE("1.1.1.1"), &arena),
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        buf_printf(&got, "%.*s\n", SLICE_ARG(steps[i].command));
    expect_text("commands", &got,
                "del server b/a\nenable health b/a\nenable agent b/a\ndisable agent b/a\n"
                "set server b/a state ready\nset server b/a state drain\n"
                "set server b/a state maint\nset server b/a weight 256\n"
                "set maxconn server b/a 0\nset server b/a addr ::1 port 80\n"
                "set server b/a check-port 8080\nset server b/a check-addr 1.1.1.1\n");
}

/* What the planner refuses because no command can say it. */
static void test_add_limits(void **state)
{
    static const struct {
        const char *name, *keywords;
        unsigned n;
        bool fits;
    } rows[] = {
        { "60 words of keywords", "set-proxy-v2-tlv-fmt(1) x ", 30, true },
        { "61 words", "set-proxy-v2-tlv-fmt(1) x ", 30, false },
        { "a long value", "cookie ", 1, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct haproxy_step step;

        buf_add_string(&text, "backend b\n");
        buf_add_string(&text, i == 1 ? " default-server check\n" : "");
        buf_add_string(&text, " server a 1.1.1.1:1 ");
        for (unsigned j = 0; j < rows[i].n; j++)
            buf_add_string(&text, rows[i].keywords);
        buf_add_repeated(&text, i == 2 ? 'x' : ' ', i == 2 ? 9000 : 1);
        text.ptr[--text.len] = '\0';

        CLEANUP(haproxy_config_freep) struct haproxy_config *config = world_config(text.ptr);
        bool fits = step_make_add(SLICE("b"), &config->proxies[0].servers[0], 300, &arena, &step);

        if (fits != rows[i].fits)
            fail_msg("%s", rows[i].name);
    }
}

static void test_add_newline(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(haproxy_config_freep)
    struct haproxy_config *config = world_config("backend b\n server a 1.1.1.1:1 sni a\\nb\n");
    struct haproxy_step step;

    (void)state;
    assert_false(step_make_add(SLICE("b"), &config->proxies[0].servers[0], 300, &arena, &step));
}

static const struct {
    enum step_kind kind;
    const char *answer;
    enum step_answer want;
} answer_rows[] = {
    { STEP_ADD, "New server registered.\n\n", STEP_DONE },
    { STEP_ADD, "[WARNING] something\nNew server registered.\n\n", STEP_DONE },
    { STEP_ADD, "Already exists a server with the same name in backend.\n\n", STEP_WRONG },
    { STEP_ADD, "'cookie' option is not accepted for dynamic server\n", STEP_WRONG },
    { STEP_ADD, "\n", STEP_WRONG },
    { STEP_ADD, "Unknown command. Please enter one of the following commands only :\n",
      STEP_WRONG },
    { STEP_DELETE, "Server deleted.\n\n", STEP_DONE },
    { STEP_DELETE, "Server still has connections attached to it, cannot remove it.\n", STEP_BUSY },
    { STEP_DELETE, "Only servers in maintenance mode can be deleted.\n", STEP_WRONG },
    { STEP_DELETE, "", STEP_WRONG },
    { STEP_READY, "\n", STEP_DONE },
    { STEP_READY, "No such server.\n\n", STEP_WRONG },
    { STEP_MAINT, "", STEP_DONE },
    { STEP_WEIGHT, "\n", STEP_DONE },
    { STEP_WEIGHT, "Backend is using a static LB algorithm.\n", STEP_WRONG },
    { STEP_ADDRESS, "IP changed from '1.1.1.1' to '2.2.2.2' by 'stats socket command'\n\n",
      STEP_DONE },
    { STEP_ADDRESS,
      "no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n\n",
      STEP_DONE },
    { STEP_ADDRESS,
      "no need to change the addr, no need to change the port by 'stats socket command'\n\n",
      STEP_DONE },
    { STEP_ADDRESS, "nothing changed\n\n", STEP_DONE },
    { STEP_ADDRESS, "Invalid addr format\n\n", STEP_WRONG },
    { STEP_ADDRESS, "\n", STEP_WRONG },
    { STEP_CHECK_PORT, "\n", STEP_DONE },
    { STEP_CHECK_PORT, "health check port updated.\n\n", STEP_DONE },
    { STEP_CHECK_PORT, "health checks are not enabled on this server\n", STEP_WRONG },
    { STEP_MAXCONN, "\n", STEP_DONE },
    { STEP_ENABLE_HEALTH, "Health check was not configured on this server, cannot enable.\n",
      STEP_WRONG },
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(answer_rows); i++) {
        if (step_judge(answer_rows[i].kind, slice_from(answer_rows[i].answer)) !=
            answer_rows[i].want)
            fail_msg("%d: %s", answer_rows[i].kind, answer_rows[i].answer);
    }
}

/* Steps, what runs after them, and the first one that is not to be seen. */
static const struct {
    const char *name, *live;
    enum step_kind kinds[3];
    size_t n;
    int invisible; /* -1: none */
} effect_rows[] = {
    { "ready", "b/a admin 0", { STEP_READY }, 1, -1 },
    { "ready, once disabled", "b/a admin 4", { STEP_READY }, 1, -1 },
    { "not ready", "b/a admin 1", { STEP_READY }, 1, 0 },
    { "drain", "b/a admin 8", { STEP_DRAIN }, 1, -1 },
    { "no drain", "b/a admin 0", { STEP_DRAIN }, 1, 0 },
    { "maint", "b/a admin 5", { STEP_MAINT }, 1, -1 },
    { "the last state counts", "b/a admin 0", { STEP_MAINT, STEP_DRAIN, STEP_READY }, 3, -1 },
    { "the last state is missing", "b/a admin 1", { STEP_DRAIN, STEP_READY }, 2, 1 },
    { "deleted", "b/a absent", { STEP_MAINT, STEP_DELETE }, 2, -1 },
    { "not deleted", "b/a admin 1", { STEP_MAINT, STEP_DELETE }, 2, 1 },
    { "not there at all", "b/a absent", { STEP_READY }, 1, 0 },
    { "what is not shown", "b/a admin 0", { STEP_ENABLE_HEALTH, STEP_ENABLE_AGENT }, 2, -1 },
};

static struct haproxy_state *state_of(const char *text, const char *change)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = world_config(text);
    struct world world = { .n = 0 };

    for (size_t i = 0; i < config->n_proxies; i++)
        world_add_proxy(&world, &config->proxies[i]);
    world_change(&world, slice_from(change));
    return world_state(&world);
}

static void test_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(effect_rows); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(haproxy_state_freep)
        struct haproxy_state *live =
            state_of("backend b\n server a 1.1.1.1:1\n server c 2.2.2.2:2\n", effect_rows[i].live);
        struct haproxy_step steps[3];
        const struct haproxy_step *found;

        for (size_t j = 0; j < effect_rows[i].n; j++)
            steps[j] = step_make(effect_rows[i].kinds[j], SLICE("b"), SLICE("a"), &arena);
        found = steps_find_invisible(steps, effect_rows[i].n, live);
        if ((found ? (int)(found - steps) : -1) != effect_rows[i].invisible)
            fail_msg("%s", effect_rows[i].name);
    }
}

static void test_values(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(haproxy_config_freep)
    struct haproxy_config *config =
        world_config("backend b\n server a 1.1.1.1:1 weight 5 check port 9\n");
    CLEANUP(haproxy_state_freep)
    struct haproxy_state *live =
        state_of("backend b\n server a 1.1.1.1:1 weight 5 check port 9\n", "b/a weight 5");
    struct slice b = SLICE("b"), a = SLICE("a");
    struct haproxy_address same, other;
    struct haproxy_step step;

    (void)state;
    assert_true(haproxy_address_parse(SLICE("1.1.1.1:1"), &same));
    assert_true(haproxy_address_parse(SLICE("1.1.1.1:2"), &other));
    step = step_make_address(b, a, &same, &arena);
    assert_true(step_is_visible(&step, live));
    step = step_make_address(b, a, &other, &arena);
    assert_false(step_is_visible(&step, live));
    step = step_make_number(STEP_WEIGHT, b, a, 5, &arena);
    assert_true(step_is_visible(&step, live));
    step = step_make_number(STEP_WEIGHT, b, a, 6, &arena);
    assert_false(step_is_visible(&step, live));
    step.has_agent = true;
    assert_true(step_is_visible(&step, live));
    step = step_make_number(STEP_CHECK_PORT, b, a, 9, &arena);
    assert_true(step_is_visible(&step, live));
    step = step_make_number(STEP_CHECK_PORT, b, a, 8, &arena);
    assert_false(step_is_visible(&step, live));
    assert_true(step_make_add(b, &config->proxies[0].servers[0], 300, &arena, &step));
    assert_true(step_is_visible(&step, live));
    step.number = 6;
    assert_false(step_is_visible(&step, live));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),    cmocka_unit_test(test_add_limits),
        cmocka_unit_test(test_add_newline), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_effects),     cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
