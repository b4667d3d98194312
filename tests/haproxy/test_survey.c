/* SPDX-License-Identifier: MIT */
/* What is counted of HAProxy's servers. */
#include "haproxy/survey.h"

#include "world.h"

#define THREE "backend b\n server a 1.1.1.1:1\n server c 1.1.1.1:2\n server d 1.1.1.1:3\n"

static const struct {
    const char *name, *file;
    const char *live;    /* lines for world_change() */
    const char *pending; /* a server of ours, of b */
    const char *want;
} cases[] = {
    { "all is well", THREE, "", NULL, "b: 3 servers, 3 up, 0 sessions\n" },
    { "each in another state", THREE, "b/a admin 1\nb/c op 0\nb/d admin 8\n", "a",
      "b: 3 servers, 1 down, 1 drained, 1 in maint, 1 overrides, 0 sessions\n"
      "b/d state drain since 7\n" },
    { "one is missing", THREE, "b/a absent\n", NULL,
      "b: 3 servers, 2 up, 1 missing, 0 sessions\n" },
    { "those that are gone", THREE, "b/x admin 1\nb/y admin 1\nb/z admin 8\n", NULL,
      "b: 3 servers, 3 up, 1 leaving, 2 tombstones, 0 sessions\n" },
    { "an operator's weight and state", THREE, "b/a weight 9 admin 1\n", NULL,
      "b: 3 servers, 2 up, 1 in maint, 2 overrides, 0 sessions\n"
      "b/a weight 9 since 7\nb/a state maint since 7\n" },
    { "what is ours is no override", THREE, "b/a admin 8\n", "a",
      "b: 3 servers, 2 up, 1 drained, 0 sessions\n" },
    { "the file's own maintenance", "backend b\n server a 1.1.1.1:1 disabled\n", "", NULL,
      "b: 1 servers, 1 in maint, 0 sessions\n" },
    { "enabled by hand", "backend b\n server a 1.1.1.1:1 disabled\n", "b/a admin 4 op 2\n", NULL,
      "b: 1 servers, 1 up, 1 overrides, 0 sessions\nb/a state ready since 7\n" },
    { "slots are no tombstones", "backend b\n server-template s 2 1.1.1.1:1\n", "b/s1 admin 1\n",
      NULL, "b: 0 servers, 0 sessions\n" },
    { "several proxies",
      "backend b\n server a 1.1.1.1:1\nbackend empty\nlisten l\n server a 1.1.1.1:1\n",
      "l/a op 0\n", NULL, "b: 1 servers, 1 up, 0 sessions\nl: 1 servers, 1 down, 0 sessions\n" },
};

static void add_count(struct buf *out, size_t n, const char *what)
{
    if (n > 0)
        buf_printf(out, ", %zu %s", n, what);
}

static void show(const struct survey *survey, struct buf *out)
{
    for (size_t i = 0; i < survey->n_proxies; i++) {
        const struct survey_proxy *proxy = &survey->proxies[i];

        buf_printf(out, "%.*s: %zu servers", SLICE_ARG(proxy->name), proxy->n_servers);
        add_count(out, proxy->n_up, "up");
        add_count(out, proxy->n_down, "down");
        add_count(out, proxy->n_drained, "drained");
        add_count(out, proxy->n_in_maint, "in maint");
        add_count(out, proxy->n_missing, "missing");
        add_count(out, proxy->n_leaving, "leaving");
        add_count(out, proxy->n_tombstones, "tombstones");
        add_count(out, proxy->n_overrides, "overrides");
        buf_printf(out, ", %u sessions\n", (unsigned)proxy->n_sessions);
    }
    for (size_t i = 0; i < survey->n_overrides; i++) {
        const struct survey_override *override = &survey->overrides[i];

        buf_printf(out, "%.*s/%.*s %.*s since %u\n", SLICE_ARG(override->proxy),
                   SLICE_ARG(override->server), SLICE_ARG(override->what),
                   (unsigned) override->since_ms);
    }
}

static void look(struct survey *survey, const char *file, const char *changes, const char *ours,
                 const struct haproxy_loads *loads, uint64_t now_ms)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = world_config(file);
    struct pending_list pending = PENDING_LIST_EMPTY;
    struct world world = { .n = 0 };
    struct slice rest = slice_from(changes), line;

    for (size_t i = 0; i < config->n_proxies; i++)
        world_add_proxy(&world, &config->proxies[i]);
    while (slice_next(&rest, '\n', &line)) {
        if (line.len > 0)
            world_change(&world, line);
    }
    if (ours)
        pending_list_add(&pending, &(struct pending){ .kind = PENDING_DRAIN,
                                                      .proxy = SLICE("b"),
                                                      .server = slice_from(ours) });

    CLEANUP(haproxy_state_freep) struct haproxy_state *live = world_state(&world);

    survey_update(survey, &(struct survey_input){ config, live, loads, &pending, now_ms });
    pending_list_fini(&pending);
}

static void assert_shown(const struct survey *survey, const char *want)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    show(survey, &out);
    assert_string_equal(buf_slice(&out).ptr, want);
}

static void test_one_look(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct survey survey = SURVEY_EMPTY;

        print_message("%s\n", cases[i].name);
        look(&survey, cases[i].file, cases[i].live, cases[i].pending, NULL, 7);
        assert_shown(&survey, cases[i].want);
        survey_fini(&survey);
    }
}

/* Overrides have an age as long as they stay, sessions stay until they are asked for again. */
static void test_looks_in_a_row(void **state)
{
    struct haproxy_loads loads = HAPROXY_LOADS_EMPTY;
    struct survey survey = SURVEY_EMPTY;
    struct error err;

    (void)state;
    assert_true(haproxy_loads_add(&loads,
                                  SLICE("# pxname,svname,qcur,scur,slim,used_conn_cur\n"
                                        "b,BACKEND,0,12,200,\n"),
                                  &err));
    look(&survey, THREE, "b/a admin 1\nb/x admin 1\n", NULL, &loads, 10);
    assert_int_equal(survey.n_servers, 3);
    assert_int_equal(survey.n_tombstones, 1);
    assert_int_equal(survey.made_ms, 10);
    look(&survey, THREE, "b/a admin 1 weight 3\n", NULL, NULL, 20);
    assert_shown(&survey, "b: 3 servers, 2 up, 1 in maint, 2 overrides, 12 sessions\n"
                          "b/a weight 3 since 20\nb/a state maint since 10\n");
    look(&survey, THREE, "b/a weight 4\n", NULL, NULL, 30);
    assert_shown(&survey, "b: 3 servers, 3 up, 1 overrides, 12 sessions\nb/a weight 4 since 30\n");
    survey_fini(&survey);
    haproxy_loads_fini(&loads);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_look),
        cmocka_unit_test(test_looks_in_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
