/* SPDX-License-Identifier: MIT */
/* What a driver keeps for the time after a crash: written, read, and refused. */
#include "unit.h"

#include "haproxy/config.h"
#include "haproxy/memory.h"

#define NOW_MS 5000

static const char whole[] = "haproxy 1\nworker 123 1700000000\nfiles 18446744073709551615\n"
                            "owes reload\napplying\n"
                            "step add web a 0 100 10.0.0.1:80 add server web/a 10.0.0.1:80 check\n"
                            "step maint web b 1 0 - set server web/b state maint\n"
                            "pending\n"
                            "delete web ready 1500 server b 10.0.0.2:80\n";

static void test_round_trip(void **state)
{
    CLEANUP(memory_fini) struct memory memory = MEMORY_EMPTY;
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(memory_parse(slice_from(whole), NOW_MS, &memory, &err));
    assert_int_equal(memory.worker.pid, 123);
    assert_int_equal(memory.n_steps, 2);
    assert_int_equal(memory.steps[0].kind, STEP_ADD);
    assert_int_equal(memory.steps[0].number, 100);
    assert_int_equal(memory.steps[0].address.port, 80);
    assert_true(memory.steps[1].has_agent);
    assert_true(slice_is(memory.steps[1].command, "set server web/b state maint"));
    assert_int_equal(memory.pending.n, 1);
    assert_int_equal(memory.pending.items[0].due_ms, NOW_MS + 1500);
    memory_format(&memory, NOW_MS, &out);
    assert_string_equal(out.ptr, whole);
}

static void test_empty(void **state)
{
    CLEANUP(memory_fini) struct memory memory = MEMORY_EMPTY, again = MEMORY_EMPTY;
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    memory_format(&memory, NOW_MS, &out);
    assert_string_equal(out.ptr, "haproxy 1\nworker 0 0\nfiles 0\npending\n");
    assert_true(memory_parse(buf_slice(&out), NOW_MS, &again, &err));
    assert_false(again.is_applying || again.owes_reload);
}

static const struct {
    const char *name, *text, *want_error;
} wrong[] = {
    { "nothing", "", "what was kept of HAProxy cannot be read" },
    { "a newer form", "haproxy 2\npending\n", "what was kept of HAProxy cannot be read" },
    { "cut", "haproxy 1\nworker 1 2\n", "what was kept of HAProxy cannot be read" },
    { "a wrong worker", "haproxy 1\nworker 1\npending\n",
      "what was kept of HAProxy cannot be read" },
    { "an unknown line", "haproxy 1\nhello 1\npending\n",
      "what was kept of HAProxy cannot be read" },
    { "an unknown step", "haproxy 1\nstep jump web a 0 0 - x\npending\n",
      "what was kept of HAProxy cannot be read" },
    { "a step without its command", "haproxy 1\nstep add web a 0 0 -\npending\n",
      "what was kept of HAProxy cannot be read" },
    { "a wrong address", "haproxy 1\nstep add web a 0 0 web:80 x\npending\n",
      "what was kept of HAProxy cannot be read" },
    { "wrong pending work", "haproxy 1\npending\nsleep web\n",
      "pending work: line 1 cannot be read" },
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        CLEANUP(memory_fini) struct memory memory = MEMORY_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", wrong[i].name);
        assert_false(memory_parse(slice_from(wrong[i].text), NOW_MS, &memory, &err));
        assert_string_equal(err.text, wrong[i].want_error);
        assert_int_equal(memory.n_steps + memory.pending.n + memory.worker.pid, 0);
    }
}

static void test_worker(void **state)
{
    struct haproxy_info with_start = { .pid = 7, .started = 1000, .uptime = 50 };
    struct haproxy_info without = { .pid = 7, .uptime = 50 };
    struct worker worker = worker_from(&with_start, 1051), old = worker_from(&without, 1051);

    (void)state;
    assert_int_equal(worker.started, 1000);
    assert_int_equal(old.started, 1001);
    assert_true(worker_equal(worker, old));
    assert_false(worker_equal(worker, (struct worker){ 8, 1000 }));
    assert_false(worker_equal(worker, (struct worker){ 7, 1003 }));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
