/* SPDX-License-Identifier: MIT */
/* What a running HAProxy says of its servers and of itself. */
#include "haproxy/state.h"

#include "expect.h"

#define HEAD_26                                                                                   \
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "          \
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "  \
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord " \
    "srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"
#define HEAD_22                                                                                  \
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "         \
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health " \
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord\n"

static void show_state(struct buf *out, const struct haproxy_state *state)
{
    for (size_t i = 0; i < state->n_servers; i++) {
        const struct live_server *server = &state->servers[i];

        buf_printf(out, "%.*s/%.*s ", SLICE_ARG(server->proxy), SLICE_ARG(server->name));
        if (server->has_address)
            haproxy_address_format(&server->address, out);
        else
            buf_add_string(out, "?");
        buf_printf(out, " id %u op %u admin %u weight %u check %u", (unsigned)server->id,
                   server->operational, server->admin, server->weight, server->check_result);
        if (server->has_check_port)
            buf_printf(out, " port %u", server->check_port);
        buf_add_string(out, live_server_is_ready(server) ? " ready\n" : "\n");
    }
}

static const struct {
    const char *name, *text, *want;
} state_cases[] = {
    { "no server", "1\n" HEAD_26 "\n", "" },
    { "servers of 2.6",
      "1\n" HEAD_26 "3 b 1 a 127.0.0.1 2 0 7 1 1 1 0 2 0 0 0 0 - 20001 - 0 0 - - 0\n"
      "4 h 6 c ::1 0 4 1 1 1 8 2 0 6 0 0 1 - 20002 - 0 1234 - - 1234\n\n",
      "b/a 127.0.0.1:20001 id 1 op 2 admin 0 weight 7 check 0 port 0 ready\n"
      "h/c [::1]:20002 id 6 op 0 admin 4 weight 1 check 2 port 1234\n" },
    { "servers of 2.2", "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 20001 -\n\n",
      "b/a 127.0.0.1:20001 id 1 op 2 admin 0 weight 1 check 0 ready\n" },
    { "maintenance and drain get nothing",
      "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 1 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 b 2 c 127.0.0.1 2 8 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 b 3 d 127.0.0.1 2 32 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 b 4 e 127.0.0.1 2 0 0 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 b 5 f 127.0.0.1 1 4 1 1 1 1 0 2 0 0 0 0 - 1 -\n",
      "b/a 127.0.0.1:1 id 1 op 2 admin 1 weight 1 check 0\n"
      "b/c 127.0.0.1:1 id 2 op 2 admin 8 weight 1 check 0\n"
      "b/d 127.0.0.1:1 id 3 op 2 admin 32 weight 1 check 0\n"
      "b/e 127.0.0.1:1 id 4 op 2 admin 0 weight 0 check 0\n"
      "b/f 127.0.0.1:1 id 5 op 1 admin 4 weight 1 check 0 ready\n" },
    { "no address", "1\n" HEAD_22 "3 b 1 a - 2 0 1 1 1 1 0 2 0 0 0 0 host 0 -\n",
      "b/a ? id 1 op 2 admin 0 weight 1 check 0 ready\n" },
    { "columns in another order",
      "1\n# srv_port srv_name be_name srv_id srv_addr srv_check_result srv_uweight "
      "srv_admin_state srv_op_state new\n9 a b 1 1.1.1.1 3 5 0 2 x\n",
      "b/a 1.1.1.1:9 id 1 op 2 admin 0 weight 5 check 3 ready\n" },
    { "another version", "2\n" HEAD_22, "'show servers state': not of version 1" },
    { "nothing", "", "'show servers state': not of version 1" },
    { "an error", "Can't find backend.\n", "'show servers state': not of version 1" },
    { "no names", "1\n3 b 1 a\n", "'show servers state': no line with the names of columns" },
    { "a column is missing", "1\n# be_name srv_name\n",
      "'show servers state': no column 'srv_id'" },
    { "a line is cut", "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1\n",
      "'show servers state': a line that is no server's" },
    { "no number", "1\n" HEAD_22 "3 b 1 a 127.0.0.1 x 0 1 1 1 1 0 2 0 0 0 0 - 20001 -\n",
      "'show servers state': a line that is no server's" },
    { "a proxy in two parts",
      "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 c 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
      "3 b 2 c 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n",
      "'show servers state': the servers of a proxy are not together" },
    { "no name", "1\n" HEAD_22 "3 b 1 a;x 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n",
      "'show servers state': a line that is no server's" },
    { "no port", "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 65536 -\n",
      "'show servers state': a line that is no server's" },
};

static void test_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(state_cases); i++) {
        CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        if (haproxy_state_parse(slice_from(state_cases[i].text), &live, &err))
            show_state(&got, live);
        else
            buf_add_string(&got, err.text);
        expect_text(state_cases[i].name, &got, state_cases[i].want);
    }
}

static void test_find(void **state)
{
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY, text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_repeated(&name, 'n', 1000);
    buf_printf(&text,
               "1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
               "3 b 2 %s 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n",
               name.ptr);
    assert_true(haproxy_state_parse(buf_slice(&text), &live, &err));
    assert_int_equal(haproxy_state_find(live, SLICE("b"), SLICE("a"))->id, 1);
    assert_int_equal(haproxy_state_find(live, SLICE("b"), buf_slice(&name))->id, 2);
    assert_null(haproxy_state_find(live, SLICE("b"), SLICE("A")));
    assert_null(haproxy_state_find(live, SLICE("c"), SLICE("a")));
}

static void test_range(void **state)
{
    CLEANUP(haproxy_state_freep) struct haproxy_state *live = NULL;
    struct error err = ERROR_EMPTY;
    struct live_range range;

    (void)state;
    assert_true(
        haproxy_state_parse(SLICE("1\n" HEAD_22 "3 b 1 a 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
                                  "3 b 2 c 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"
                                  "4 d 2 e 127.0.0.1 2 0 1 1 1 1 0 2 0 0 0 0 - 1 -\n"),
                            &live, &err));
    range = haproxy_state_range(live, SLICE("b"));
    assert_int_equal(range.n, 2);
    assert_true(slice_is(range.servers[1].name, "c"));
    assert_int_equal(haproxy_state_range(live, SLICE("d")).n, 1);
    assert_int_equal(haproxy_state_range(live, SLICE("e")).n, 0);
}

static void test_loads(void **state)
{
    static const char csv[] = "# pxname,svname,qcur,qmax,scur,smax,slim,last_chk,used_conn_cur,\n"
                              "b,a,1,2,3,4,5,\"a, \"\"b\"\"\",6,\n"
                              "b,c,0,0,0,0,,,0,\n"
                              "b,d,0,0,0,0,,,,\n"
                              "b,BACKEND,0,0,1,1,200,,,\n\n";
    struct haproxy_loads loads = HAPROXY_LOADS_EMPTY;
    const struct haproxy_load *load;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(haproxy_loads_add(&loads, slice_from(csv), &err));
    load = haproxy_loads_find(&loads, SLICE("b"), SLICE("a"));
    assert_non_null(load);
    assert_int_equal(load->queued, 1);
    assert_int_equal(load->sessions, 3);
    assert_int_equal(load->limit, 5);
    assert_int_equal(load->connections, 6);
    load = haproxy_loads_find(&loads, SLICE("b"), SLICE("c"));
    assert_int_equal(load->limit, 0);
    load = haproxy_loads_find(&loads, SLICE("b"), SLICE("BACKEND"));
    assert_int_equal(load->sessions, 1);
    assert_null(haproxy_loads_find(&loads, SLICE("b"), SLICE("d"))); /* busy, for all we know */
    assert_false(haproxy_loads_add(&loads, SLICE("No such proxy.\n"), &err));
    assert_string_equal(err.text, "'show stat': no line with the names of columns");
    assert_false(haproxy_loads_add(&loads, SLICE("# pxname,svname\nb,a\n"), &err));
    haproxy_loads_fini(&loads);
}

static const struct {
    const char *text, *want;
} info_cases[] = {
    { "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 4711\nUptime_sec: 5\nStart_time_sec: 99\n",
      "206 4711 99 5" },
    { "Version: 2.2.9\nPid: 1\nUptime_sec: 0\n\n", "202 1 0 0" },
    { "Version: 3.2-dev7-abc\nPid: 1\n", "302 1 0 0" },
    { "Version: 3\nPid: 1\n", "'show info': no value for 'Version'" },
    { "Version: x.y\nPid: 1\n", "'show info': no value for 'Version'" },
    { "Version: 3.2\nPid: -1\n", "'show info': no value for 'Pid'" },
    { "Version: 3.2\n", "'show info': no version or no process" },
    { "", "'show info': no version or no process" },
};

static void test_info(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(info_cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct haproxy_info info;

        if (haproxy_info_parse(slice_from(info_cases[i].text), &info, &err))
            buf_printf(&got, "%u %u %u %u", info.version, (unsigned)info.pid,
                       (unsigned)info.started, (unsigned)info.uptime);
        else
            buf_add_string(&got, err.text);
        expect_text(info_cases[i].text, &got, info_cases[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state), cmocka_unit_test(test_find), cmocka_unit_test(test_range),
        cmocka_unit_test(test_loads), cmocka_unit_test(test_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
