/* SPDX-License-Identifier: MIT */
/* What is left to do: turn by turn. */
#include "haproxy/pending.h"

#include "world.h"

#define NOW_MS 1000000

#define HEAD "# pxname,svname,qcur,scur,slim,used_conn_cur\n"

/* live: lines "b/a admin 8"; load: CSV without its head. The want lists steps, then what is left,
 * then when to look again. */
static const struct row {
    const char *name, *pending, *live, *load, *say, *want;
} rows[] = {
    { "nothing", "", "", "", "", "never\n" },

    { "the first check is not known", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8\nb/c admin 0", "", "", "ready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "it has passed", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8 check 3\nb/c admin 0", "", "",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "it has passed under conditions", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8 check 4\nb/c admin 0", "", "",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "it has failed: HAProxy knows", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8 check 2 op 0\nb/c admin 0", "", "",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "its time is up", "ready b ready 0 server a 1.1.1.1:1 check\n", "b/a admin 8\nb/c admin 0",
      "", "", "set server b/a state ready\nready b ready 0 server a 1.1.1.1:1 check\nin 50\n" },
    { "its time is up soon", "ready b ready 20 server a 1.1.1.1:1 check\n",
      "b/a admin 8\nb/c admin 0", "", "", "ready b ready 20 server a 1.1.1.1:1 check\nin 20\n" },
    { "no other one is ready any more", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8\nb/c op 0", "", "",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "it is ready", "ready b ready 1500 server a 1.1.1.1:1 check\n", "b/a admin 0\nb/c admin 0",
      "", "", "never\n" },
    { "somebody holds it", "ready b ready 1500 server a 1.1.1.1:1 check\n", "b/a admin 1", "", "",
      "never\n" },
    { "it is not there", "ready b ready 1500 server a 1.1.1.1:1 check\n", "b/a absent", "", "",
      "never\n" },
    { "one of two becomes ready, as no other is",
      "ready b ready 1500 server a 1.1.1.1:1 check\nready b ready 1500 server c 2.2.2.2:2 check\n",
      "b/a admin 8\nb/c admin 8", "", "",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\n"
      "ready b ready 1500 server c 2.2.2.2:2 check\nin 50\n" },

    { "it leaves when the new one is ready",
      "retire b ready 0 server a 1.1.1.1:1\nready b ready 1500 server c 2.2.2.2:2 check\n",
      "b/a admin 0\nb/c admin 8 check 3", "", "",
      "set server b/c state ready\nset server b/a state maint\n"
      "delete b ready 30000 server a 1.1.1.1:1\nready b ready 1500 server c 2.2.2.2:2 check\n"
      "in 50\n" },
    { "it stays as long as that one waits",
      "retire b ready 0 server a 1.1.1.1:1\nready b ready 1500 server c 2.2.2.2:2 check\n",
      "b/a admin 0\nb/c admin 8", "", "",
      "retire b ready 0 server a 1.1.1.1:1\nready b ready 1500 server c 2.2.2.2:2 check\n"
      "in 50\n" },
    { "it stays as long as one moves",
      "retire b ready 0 server a 1.1.1.1:1\nmove b ready 1500 server c 2.2.2.9:2\n",
      "b/a admin 0\nb/c admin 1", "b,c,0,1,0,1\n", "",
      "retire b ready 0 server a 1.1.1.1:1\nmove b ready 1500 server c 2.2.2.9:2\nin 20\n" },
    { "it may finish", "retire b ready 0 server a 1.1.1.1:1\n", "b/a admin 0", "", "drain 5000",
      "set server b/a state drain\ndrain b ready 5000 server a 1.1.1.1:1\nin 250\n" },
    { "its agent goes first", "retire b ready 0 server a 1.1.1.1:1 agent-check agent-port 1\n",
      "b/a admin 0", "", "",
      "disable agent b/a\nset server b/a state maint\n"
      "delete b ready 30000 server a 1.1.1.1:1 agent-check agent-port 1\nin 30000\n" },

    { "it has sessions", "drain b ready 5000 server a 1.1.1.1:1\n", "b/a admin 8", "b,a,0,1,0,1\n",
      "", "drain b ready 5000 server a 1.1.1.1:1\nin 250\n" },
    { "requests wait for it", "drain b ready 5000 server a 1.1.1.1:1\n", "b/a admin 8",
      "b,a,1,0,0,0\n", "", "drain b ready 5000 server a 1.1.1.1:1\nin 250\n" },
    { "it has none any more", "drain b ready 5000 server a 1.1.1.1:1\n", "b/a admin 8",
      "b,a,0,0,0,0\n", "",
      "set server b/a state maint\ndelete b ready 30000 server a 1.1.1.1:1\nin 30000\n" },
    { "its time to finish is up", "drain b ready 0 server a 1.1.1.1:1\n", "b/a admin 8",
      "b,a,0,1,0,1\n", "",
      "set server b/a state maint\ndelete b ready 30000 server a 1.1.1.1:1\nin 30000\n" },
    { "nothing is known of its sessions", "drain b ready 5000 server a 1.1.1.1:1\n", "b/a admin 8",
      "", "", "drain b ready 5000 server a 1.1.1.1:1\nin 250\n" },

    { "a move begins", "move b ready 9000 server a 1.1.1.9:1\n", "b/a admin 0\nb/c admin 0", "", "",
      "set server b/a state maint\nmove b ready 9000 server a 1.1.1.9:1\nin 20\n" },
    { "not without another one", "move b ready 9000 server a 1.1.1.9:1\n",
      "b/a admin 0\nb/c admin 1", "", "", "move b ready 9000 server a 1.1.1.9:1\nin 20\n" },
    { "one after the other",
      "move b ready 9000 server a 1.1.1.9:1\nmove b ready 9000 server c 2.2.2.9:2\n",
      "b/a admin 0\nb/c admin 0\nb/d addr 3.3.3.3:3", "", "",
      "set server b/a state maint\nmove b ready 9000 server a 1.1.1.9:1\n"
      "move b ready 9000 server c 2.2.2.9:2\nin 20\n" },
    { "connections are in use", "move b ready 9000 server a 1.1.1.9:1\n",
      "b/a admin 1\nb/c admin 0", "b,a,0,0,0,1\n", "",
      "move b ready 9000 server a 1.1.1.9:1\nin 20\n" },
    { "none is", "move b ready 9000 server a 1.1.1.9:1\n", "b/a admin 1\nb/c admin 0",
      "b,a,0,0,0,0\n", "",
      "set server b/a addr 1.1.1.9 port 1\nset server b/a state ready\n"
      "move b ready 9000 server a 1.1.1.9:1\nin 20\n" },
    { "none is, and it stays drained", "move b drain 9000 server a 1.1.1.9:1\n",
      "b/a admin 1\nb/c admin 0", "b,a,0,0,0,0\n", "",
      "set server b/a addr 1.1.1.9 port 1\nset server b/a state drain\n"
      "move b drain 9000 server a 1.1.1.9:1\nin 20\n" },
    { "none is, and it stays in maintenance", "move b maint 9000 server a 1.1.1.9:1\n",
      "b/a admin 1\nb/c admin 0", "b,a,0,0,0,0\n", "",
      "set server b/a addr 1.1.1.9 port 1\nmove b maint 9000 server a 1.1.1.9:1\nin 20\n" },
    { "it has moved", "move b ready 9000 server a 1.1.1.9:1\n", "b/a admin 0 addr 1.1.1.9:1", "",
      "", "never\n" },
    { "it never can", "move b ready 0 server a 1.1.1.9:1\n", "b/a admin 1\nb/c admin 0",
      "b,a,0,0,0,1\n", "",
      "move b ready 0 server a 1.1.1.9:1\nin 20\n"
      "failed: b/a: connections to its old address do not end\n" },

    { "not before its time", "delete b ready 700 server a 1.1.1.1:1\n", "b/a admin 1", "", "",
      "delete b ready 700 server a 1.1.1.1:1\nin 700\n" },
    { "it is empty", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 1", "b,a,0,0,0,0\n", "",
      "del server b/a\ndelete b ready 1000 server a 1.1.1.1:1\nin 1000\n" },
    { "it has a session", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 1", "b,a,0,1,0,0\n",
      "", "delete b ready 1000 server a 1.1.1.1:1\nin 1000\n" },
    { "it has a connection", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 1",
      "b,a,0,0,0,1\n", "", "delete b ready 1000 server a 1.1.1.1:1\nin 1000\n" },
    { "somebody has enabled it", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 0",
      "b,a,0,0,0,0\n", "", "delete b ready 1000 server a 1.1.1.1:1\nin 1000\n" },
    { "it is deleted", "delete b ready 0 server a 1.1.1.1:1\n", "b/a absent", "", "", "never\n" },
    { "this HAProxy cannot", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 1",
      "b,a,0,0,0,0\n", "cannot delete", "delete b ready 0 server a 1.1.1.1:1\nnever\n" },

    { "we stop: new ones are ready", "ready b ready 1500 server a 1.1.1.1:1 check\n",
      "b/a admin 8\nb/c admin 0", "", "stop",
      "set server b/a state ready\nready b ready 1500 server a 1.1.1.1:1 check\nin 50\n" },
    { "we stop: old ones leave",
      "retire b ready 0 server a 1.1.1.1:1\ndrain b ready 5000 server c 2.2.2.2:2\n",
      "b/a admin 0\nb/c admin 8", "", "stop\ndrain 5000",
      "set server b/a state maint\nset server b/c state maint\n"
      "delete b ready 30000 server a 1.1.1.1:1\ndelete b ready 30000 server c 2.2.2.2:2\n"
      "in 30000\n" },
    { "we stop: moves are done now",
      "move b ready 9000 server a 1.1.1.9:1\nmove b ready 9000 server c 2.2.2.9:2\n",
      "b/a admin 1\nb/c admin 0", "b,a,0,0,0,9\n", "stop",
      "set server b/a addr 1.1.1.9 port 1\nset server b/a state ready\n"
      "set server b/c state maint\nset server b/c addr 2.2.2.9 port 2\n"
      "set server b/c state ready\nmove b ready 9000 server a 1.1.1.9:1\n"
      "move b ready 9000 server c 2.2.2.9:2\nin 20\n" },
    { "we stop: what has left stays", "delete b ready 0 server a 1.1.1.1:1\n", "b/a admin 1",
      "b,a,0,0,0,0\n", "stop", "delete b ready 0 server a 1.1.1.1:1\nnever\n" },
};

static struct haproxy_state *live_of(const struct row *row)
{
    CLEANUP(haproxy_config_freep)
    struct haproxy_config *config =
        world_config("backend b\n server a 1.1.1.1:1\n server c 2.2.2.2:2\n");
    struct world world = { .n = 0 };
    struct slice rest = slice_from(row->live), line;

    world_add_proxy(&world, &config->proxies[0]);
    while (slice_next(&rest, '\n', &line) && line.len > 0)
        world_change(&world, line);
    return world_state(&world);
}

static void take_word(struct pending_input *input, struct slice line)
{
    if (slice_starts_with(line, SLICE("drain ")))
        input->drain_ms = world_number(slice_sub(line, 6, line.len));
    else if (slice_is(line, "stop"))
        input->is_stopping = true;
    else if (slice_is(line, "cannot delete"))
        input->can_delete = false;
}

static void show_turn(struct buf *out, const struct pending_turn *turn,
                      const struct pending_list *list)
{
    for (size_t i = 0; i < turn->n_steps; i++)
        buf_printf(out, "%.*s\n", SLICE_ARG(turn->steps[i].command));
    pending_list_format(list, NOW_MS, out);
    if (turn->next_ms == UINT64_MAX)
        buf_add_string(out, "never\n");
    else
        buf_printf(out, "in %llu\n", (unsigned long long)(turn->next_ms - NOW_MS));
    if (turn->failed.len > 0)
        buf_printf(out, "failed: %.*s\n", SLICE_ARG(turn->failed));
}

static void test_turn(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(haproxy_state_freep) struct haproxy_state *live = live_of(&rows[i]);
        CLEANUP(haproxy_loads_fini) struct haproxy_loads loads = HAPROXY_LOADS_EMPTY;
        CLEANUP(pending_list_fini) struct pending_list list = PENDING_LIST_EMPTY;
        CLEANUP(pending_turn_fini) struct pending_turn turn = PENDING_TURN_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY, csv = BUF_EMPTY;
        struct pending_input input = {
            .live = live, .loads = &loads, .now_ms = NOW_MS, .grace_ms = 30000, .can_delete = true
        };
        struct slice rest = slice_from(rows[i].say), line;
        struct error err = ERROR_EMPTY;

        while (slice_next(&rest, '\n', &line))
            take_word(&input, line);
        buf_printf(&csv, HEAD "%s", rows[i].load);
        assert_true(haproxy_loads_add(&loads, buf_slice(&csv), &err));
        if (!pending_list_parse(slice_from(rows[i].pending), NOW_MS, &list, &err))
            fail_msg("%s: %s", rows[i].name, err.text);
        pending_list_turn(&list, &input, &turn);
        show_turn(&got, &turn, &list);
        expect_text(rows[i].name, &got, rows[i].want);
    }
}

/* A delete that does not succeed is tried at growing distances. */
static void test_delete_backs_off(void **state)
{
    static const uint64_t want[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    static const struct row row = { .live = "b/a admin 1" };
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = live_of(&row);
    CLEANUP(haproxy_loads_fini) struct haproxy_loads loads = HAPROXY_LOADS_EMPTY;
    CLEANUP(pending_list_fini) struct pending_list list = PENDING_LIST_EMPTY;
    struct pending_input input = {
        .live = live, .loads = &loads, .now_ms = NOW_MS, .can_delete = true
    };
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(
        pending_list_parse(SLICE("delete b ready 0 server a 1.1.1.1:1\n"), NOW_MS, &list, &err));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        CLEANUP(pending_turn_fini) struct pending_turn turn = PENDING_TURN_EMPTY;

        pending_list_turn(&list, &input, &turn);
        assert_int_equal(turn.next_ms - input.now_ms, want[i]);
        input.now_ms = turn.next_ms;
    }
}

static void test_wants(void **state)
{
    static const char text[] = "ready r ready 5 server a 1.1.1.1:1\nretire t ready 5 server a "
                               "1.1.1.1:1\ndrain d ready 5 server a 1.1.1.1:1\n"
                               "move m ready 5 server a 1.1.1.1:1\n"
                               "delete e ready 0 server a 1.1.1.1:1\n"
                               "delete f ready 5 server a 1.1.1.1:1\n";
    CLEANUP(pending_list_fini) struct pending_list list = PENDING_LIST_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(pending_list_parse(slice_from(text), NOW_MS, &list, &err));
    assert_false(pending_list_wants(&list, SLICE("r"), NOW_MS));
    assert_false(pending_list_wants(&list, SLICE("t"), NOW_MS));
    assert_true(pending_list_wants(&list, SLICE("d"), NOW_MS));
    assert_true(pending_list_wants(&list, SLICE("m"), NOW_MS));
    assert_true(pending_list_wants(&list, SLICE("e"), NOW_MS));
    assert_false(pending_list_wants(&list, SLICE("f"), NOW_MS));
    assert_true(pending_list_wants(&list, SLICE("f"), NOW_MS + 5));
    assert_false(pending_list_wants(&list, SLICE("x"), NOW_MS));
}

static const struct {
    const char *text, *want;
} parse_rows[] = {
    { "ready b ready 5 server a 1.1.1.1:1 cookie a\\ b\n\nmove c drain 0 server d x\n",
      "ready b ready 5 server a 1.1.1.1:1 cookie a\\ b\nmove c drain 0 server d x\n" },
    { "sleep b ready 5 server a 1.1.1.1:1\n", "pending work: line 1 cannot be read" },
    { "ready b ready 5 server a x\nready b never 5 server a x\n",
      "pending work: line 2 cannot be read" },
    { "ready b ready -5 server a x\n", "pending work: line 1 cannot be read" },
    { "ready b ready 99999999999999999999 server a x\n", "pending work: line 1 cannot be read" },
    { "ready b ready 5 server a\n", "pending work: line 1 cannot be read" },
    { "ready b ready 5 backend a x\n", "pending work: line 1 cannot be read" },
    { "ready b ready 5 server 'a x\n", "pending work: line 1 cannot be read" },
    { "ready b ready 5\n", "pending work: line 1 cannot be read" },
    { "ready\n", "pending work: line 1 cannot be read" },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(parse_rows); i++) {
        CLEANUP(pending_list_fini) struct pending_list list = PENDING_LIST_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        if (pending_list_parse(slice_from(parse_rows[i].text), NOW_MS, &list, &err))
            pending_list_format(&list, NOW_MS, &got);
        else
            buf_add_string(&got, err.text);
        expect_text(parse_rows[i].text, &got, parse_rows[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_delete_backs_off),
        cmocka_unit_test(test_wants),
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
