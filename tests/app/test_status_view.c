/* SPDX-License-Identifier: MIT */
/* The status document as people and Prometheus see it. */
#include "app/status_view.h"

#include "app/metrics.h"
#include "unit.h"

static const char healthy[] =
    "{\"program\": \"edgewright 1\", \"pid\": 7, \"since\": 1000, \"time\": 5000, \"is_ready\": "
    "true,"
    " \"status\": \"1 of 1 templates up to date\", \"config_hash\": \"ab\", \"config_refusal\": "
    "\"\","
    " \"groups\": [{\"name\": \"edge\", \"state\": \"idle\", \"is_paused\": false,"
    "   \"last_delivery\": 4990, \"last_change\": \"web: +1\", \"deliveries\": 3}],"
    " \"templates\": [{\"name\": \"/etc/a\", \"state\": \"current\", \"trouble\": \"\","
    "   \"delivery\": \"idle\"}],"
    " \"watches\": [{\"question\": \"health.service(web)\", \"state\": \"armed\","
    "   \"since_ok_ms\": 1500}]}";

static const char troubled[] =
    "{\"program\": \"edgewright 1\", \"pid\": 7, \"since\": 5000, \"time\": 5000, \"is_ready\": "
    "false,"
    " \"status\": \"0 of 1\", \"config_refusal\": \"a.yaml:1:2: no\","
    " \"groups\": [{\"name\": \"e\\\"d\\\\ge\", \"state\": \"owed\", \"is_paused\": true, "
    "\"owed_ms\": 1250}],"
    " \"templates\": [{\"name\": \"/etc/a\", \"state\": \"incomplete\", \"trouble\":"
    "   \"template '/etc/a': waiting for kv.get(a)\", \"blocked_ms\": 7000}],"
    " \"held\": [{\"question\": \"health.service(web)\", \"n_held\": 5, \"text\": \"web: 5 are "
    "held\"}],"
    " \"watches\": [{\"question\": \"kv.get(a)\", \"state\": \"denied\", \"since_ok_ms\": 61000,"
    "   \"next_try_ms\": 4200, \"last_error\": \"HTTP 403\"},"
    "   {\"question\": \"kv.get(b)\", \"state\": \"armed\"}]}";

static const char running[] =
    "{\"haproxy\": [{\"group\": \"edge\", \"state\": \"running\", \"servers\": 5, \"steps\": 9,"
    "   \"updates\": 2, \"reloads\": 1, \"tombstones\": 1, \"overrides\": 2, \"old_workers\": 0,"
    "   \"last_at\": 4940, \"last\": \"updated by 3 commands in 2ms\","
    "   \"proxies\": [{\"name\": \"web\", \"servers\": 3, \"up\": 2, \"maintenance\": 1,"
    "     \"sessions\": 12}, {\"name\": \"api\", \"servers\": 2, \"up\": 1, \"down\": 1,"
    "     \"leaving\": 1}],"
    "   \"by_hand\": [{\"proxy\": \"web\", \"server\": \"a\", \"what\": \"state maint\","
    "     \"age_ms\": 300000}]}]}";

static const char containered[] =
    "{\"exec\": {\"command\": \"haproxy\", \"state\": \"running\", \"pid\": 8, \"since\": 4940,"
    "   \"restarts\": 2, \"last_exit\": \"killed by SIGKILL\"}}";

static const char waiting[] =
    "{\"exec\": {\"command\": \"haproxy\", \"state\": \"waiting\", \"pid\": 0, \"since\": 0,"
    "   \"restarts\": 0, \"last_exit\": \"\"}}";

static struct json_node *read_document(const char *text)
{
    struct json_node *document = NULL;
    struct error err;

    assert_true(json_document_parse(slice_from(text), &document, &err));
    return document;
}

static void test_screens(void **state)
{
    static const struct {
        const char *name, *document, *want;
    } rows[] = {
        { "healthy", healthy,
          "edgewright 1  pid 7  up 1h6m  healthy\n1 of 1 templates up to date\n"
          "\nGroups\n  edge                         idle  10s ago: web: +1\n"
          "\nTemplates\n  /etc/a                       current, idle\n"
          "\nConsul\n  1 questions: 1 armed\n" },
        { "troubled", troubled,
          "edgewright 1  pid 7  up 0s  degraded\n0 of 1\n"
          "\nTo look at\n  new configuration refused: a.yaml:1:2: no\n"
          "  template '/etc/a': waiting for kv.get(a)\n  web: 5 are held\n"
          "  group 'e\"d\\ge' is paused\n"
          "  consul: 1 of 2 questions are not answered (kv.get(a): HTTP 403)\n"
          "\nGroups\n  e\"d\\ge                       paused\n"
          "\nTemplates\n  /etc/a                       incomplete\n"
          "\nConsul\n  2 questions: 1 armed, 1 denied\n"
          "  kv.get(a)                    denied for 1m1s, next try in 5s: HTTP 403\n" },
        { "HAProxy's servers", running,
          "  pid 0  degraded\n\n\nHAProxy\n"
          "  edge                         running  5 servers, 2 updates, 1 reloads, 1 tombstones, "
          "2 overrides\n"
          "                               1m0s ago: updated by 3 commands in 2ms\n"
          "    web                        3 servers, 2 up, 1 in maintenance, 12 sessions\n"
          "    api                        2 servers, 1 up, 1 down, 1 leaving\n"
          "    by hand: web/a state maint, for 5m0s\n" },
        { "a program", containered,
          "  pid 0  degraded\n\n\nProgram\n"
          "  haproxy                      running (pid 8), up 1m0s, 2 restarts, the last one "
          "ended: killed by SIGKILL\n" },
        { "a program that has not been started", waiting,
          "  pid 0  degraded\n\n\nProgram\n  haproxy                      waiting\n" },
        { "nothing is wrong, and it is not ready",
          "{\"program\": \"edgewright 1\", \"time\": 4999, \"is_ready\": false}",
          "edgewright 1  pid 0  degraded\n\n" },
        { "all was well, and then it stood still",
          "{\"program\": \"edgewright 1\", \"time\": 4900, \"is_ready\": true}",
          "edgewright 1  pid 0  degraded\n\n" },
        { "of a version that knows nothing", "{}", "  pid 0  degraded\n\n" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(json_document_freep) struct json_node *document = read_document(rows[i].document);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        print_message("%s\n", rows[i].name);
        status_view_format(document, 5000, false, &out);
        assert_string_equal(out.ptr, rows[i].want);
    }
}

/* The lines of one metric. */
static void assert_metric(const char *document_text, const char *name, const char *want)
{
    CLEANUP(json_document_freep) struct json_node *document = read_document(document_text);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY, found = BUF_EMPTY;
    struct slice rest, line;

    metrics_format(document, &out);
    buf_add_string(&found, "");
    rest = buf_slice(&out);
    while (slice_next(&rest, '\n', &line)) {
        if (slice_starts_with(line, slice_from(name)))
            buf_printf(&found, "%.*s\n", SLICE_ARG(line));
    }
    assert_string_equal(buf_slice(&found).ptr, want);
}

static void test_metrics(void **state)
{
    (void)state;
    assert_metric(healthy, "edgewright_degraded", "edgewright_degraded 0\n");
    assert_metric(troubled, "edgewright_degraded", "edgewright_degraded 1\n");
    assert_metric(healthy, "edgewright_ready", "edgewright_ready 1\n");
    assert_metric(troubled, "edgewright_ready", "edgewright_ready 0\n");
    assert_metric(healthy, "edgewright_info", "edgewright_info{version=\"edgewright 1\"} 1\n");
    assert_metric(healthy, "edgewright_config_info", "edgewright_config_info{hash=\"ab\"} 1\n");
    assert_metric(troubled, "edgewright_config_info", "");
    assert_metric(troubled, "edgewright_config_refused", "edgewright_config_refused 1\n");
    assert_metric(troubled, "edgewright_paused", "edgewright_paused{group=\"e\\\"d\\\\ge\"} 1\n");
    assert_metric(troubled, "edgewright_reload_owed",
                  "edgewright_reload_owed_seconds{group=\"e\\\"d\\\\ge\"} 1.250\n");
    assert_metric(troubled, "edgewright_template_blocked",
                  "edgewright_template_blocked_seconds{template=\"/etc/a\"} 7.000\n");
    assert_metric(troubled, "edgewright_held",
                  "edgewright_held_instances{question=\"health.service(web)\"} 5\n");
    assert_metric(
        troubled, "edgewright_watches",
        "edgewright_watches{state=\"denied\"} 1\nedgewright_watches{state=\"armed\"} 1\n");
    assert_metric(troubled, "edgewright_watch_age",
                  "edgewright_watch_age_seconds{question=\"kv.get(a)\"} 61.000\n");
    assert_metric(healthy, "edgewright_watch_age", "");
    assert_metric(running, "edgewright_runtime_steps",
                  "edgewright_runtime_steps_total{group=\"edge\"} 9\n");
    assert_metric(running, "edgewright_overrides", "edgewright_overrides{group=\"edge\"} 2\n");
    assert_metric(healthy, "edgewright_deliveries",
                  "edgewright_deliveries_total{group=\"edge\"} 3\n");
}

static void test_terminals_are_safe(void **state)
{
    CLEANUP(json_document_freep)
    struct json_node *document =
        read_document("{\"status\": \"a\\u001b[2Jb\\u009bc\\u007fd\\u202e caf\\u00e9\"}");
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    (void)state;

    json_format(document, false, &text);
    assert_string_equal(text.ptr,
                        "{\"status\":\"a\\u001b[2Jb\\u009bc\\u007fd\\u202e caf\xc3\xa9\"}\n");
    json_make_printable(document);
    assert_string_equal(json_get_string(document, "status"), "a?[2Jb??c?d??? caf\xc3\xa9");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_terminals_are_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
