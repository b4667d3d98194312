/* SPDX-License-Identifier: MIT */
/* What each mistake in a configuration says, word for word. */
#include "base/limits.h"
#include "config/world.h"

static const struct {
    const char *name, *text;
    struct flag flags[MAX_FLAGS];
    const char *env, *tmpl;
    const char *want; /* the report */
} bad_cases[] = {
    { "an unknown key", "consul:\n  adress: c\n" TEMPLATE,
      .want = "a.yaml:2:3: unknown key 'adress', did you mean 'address'?\n"
              "     2 |   adress\n"
              "       |   ^\n" },
    { "a key like nothing", "frobnicate: 1\n" TEMPLATE,
      .want = "a.yaml:1:1: unknown key 'frobnicate'\n"
              "     1 | frobnicate\n"
              "       | ^\n" },
    { "a key in the wrong place", "token_file: x\nsource: y\n" TEMPLATE,
      .want = "a.yaml:1:1: 'token_file' does not belong here but into 'consul'\n"
              "     1 | token_file\n"
              "       | ^\n"
              "a.yaml:2:1: 'source' does not belong here but into 'template'\n"
              "     2 | source\n"
              "       | ^\n" },
    { "a global key in a template", WITH("pid_file: x"),
      .want = "a.yaml:1:42: 'pid_file' does not belong here but to the top level\n"
              "     1 | template: {source: in, destination: out, pid_file\n"
              "       |                                          ^\n" },
    { "a key twice", "wait: 1s\nwait: 2s\n" TEMPLATE,
      .want = "a.yaml:2:1: key 'wait' is here twice, first in line 1\n"
              "     2 | wait\n"
              "       | ^\n" },
    { "a key that is a list", "[a]: 1\n" TEMPLATE,
      .want = "a.yaml:1:1: expected a key, found a list\n"
              "     1 | [a]: 1\n"
              "       | ^\n" },
    { "merging no mapping", "<<: 1\n" TEMPLATE,
      .want = "a.yaml:1:5: '<<': expected a mapping, found a scalar\n"
              "     1 | <<: 1\n"
              "       |     ^\n" },
    { "haproxy: its files without this one", WITH("haproxy: {config: [a, b]}"),
      .want = "a.yaml:1:11: 'haproxy.config' lists all files that HAProxy reads, and 'out' is not "
              "among them\n"
              "     1 | template: {source: in, destination: out, haproxy: {config: [a, b]}}\n"
              "       |           ^\n" },
    { "haproxy: a folder of its files",
      "template: {source: in, destination: /x/out, haproxy: {config: [/x/]}}\n",
      .want = "a.yaml:1:11: 'haproxy.config': list the files of '/x/', or what is staged cannot "
              "take its place in a check\n"
              "     1 | template: {source: in, destination: /x/out, haproxy: {config: [/x/]}}\n"
              "       |           ^\n" },
    { "write: neither", WITH("write: append"),
      .want = "a.yaml:1:49: 'write': expected rename or in-place, found 'append'\n"
              "     1 | template: {source: in, destination: out, write: append}\n"
              "       |                                                 ^\n" },
    { "haproxy: unknown updates", WITH("haproxy: {updates: never}"),
      .want = "a.yaml:1:61: 'updates': expected auto or reload-only, found 'never'\n"
              "     1 | template: {source: in, destination: out, haproxy: {updates: never}}\n"
              "       |                                                             ^\n" },
    { "haproxy: one for two groups",
      "template:\n- {source: in, destination: a, haproxy: {}}\n"
      "- {source: in, destination: b, haproxy: {}}\n",
      .want = "a.yaml:3:3: two groups have the HAProxy at '/run/haproxy/admin.sock'; the other "
              "one: a.yaml:2\n"
              "     3 | - {source: in, destination: b, haproxy: {}}\n"
              "       |   ^\n" },
    { "haproxy: two for one group",
      "template:\n- {source: in, destination: a, group: edge, haproxy: {}}\n"
      "- {source: in, destination: b, group: edge, haproxy: {updates: auto}}\n",
      .want = "a.yaml:3:3: group 'edge' has two 'haproxy' sections; the other one: a.yaml:2\n"
              "     3 | - {source: in, destination: b, group: edge, haproxy: {updates: auto}}\n"
              "       |   ^\n" },
    { "what is never served", "vault: {address: x}\nnomad: {}\n" TEMPLATE,
      .want = "a.yaml:1:1: 'vault' is not served: answers come from Consul alone\n"
              "     1 | vault\n"
              "       | ^\n"
              "a.yaml:2:1: 'nomad' is not served: answers come from Consul alone\n"
              "     2 | nomad\n"
              "       | ^\n" },

    { "a mapping for a text", "pid_file: {a: b}\n" TEMPLATE,
      .want = "a.yaml:1:11: 'pid_file': expected a text, found a mapping\n"
              "     1 | pid_file: {a: b}\n"
              "       |           ^\n" },
    { "a text for a section", "consul: {ssl: [a], retry: maybe}\n" TEMPLATE,
      .want = "a.yaml:1:15: 'ssl': expected a mapping, found a list\n"
              "     1 | consul: {ssl: [a], retry: maybe}\n"
              "       |               ^\n"
              "a.yaml:1:27: 'enabled': expected true or false, found 'maybe'\n"
              "     1 | consul: {ssl: [a], retry: maybe}\n"
              "       |                           ^\n" },
    { "a text for a template", "template: x\n",
      .want = "a.yaml:1:11: 'template': expected a mapping or a list of mappings, found 'x'\n"
              "     1 | template: x\n"
              "       |           ^\n" },
    { "a list of no templates", "template: [x, ]\n",
      .want = "a.yaml:1:12: 'template': expected a mapping, found 'x'\n"
              "     1 | template: [x, ]\n"
              "       |            ^\n" },
    { "wrong guards", WITH("guard: maybe"),
      .want = "a.yaml:1:49: 'guard': expected on, off or a mapping, found 'maybe'\n"
              "     1 | template: {source: in, destination: out, guard: maybe}\n"
              "       |                                                 ^\n" },
    { "wrong settings of a guard", WITH("guard: {min_instances: -1, max: 3, hold: [1s]}"),
      .want =
          "a.yaml:1:65: 'min_instances': expected a number of instances, found '-1'\n"
          "     1 | template: {source: in, destination: out, guard: {min_instances: -1, max: 3, "
          "hold: [1s]}}\n"
          "       |                                                                 ^\n"
          "a.yaml:1:69: 'max' does not belong here but into 'wait'\n"
          "     1 | template: {source: in, destination: out, guard: {min_instances: -1, max\n"
          "       |                                                                     ^\n"
          "a.yaml:1:83: 'hold': expected a text, found a list\n"
          "     1 | template: {source: in, destination: out, guard: {min_instances: -1, max: 3, "
          "hold: [1s]}}\n"
          "       |                                                                               "
          "    ^\n" },
    { "a duration without a unit", "max_stale: 30\n" TEMPLATE,
      .want = "a.yaml:1:12: 'max_stale': expected a duration, found '30' without a unit; did you "
              "mean '30s'?\n"
              "     1 | max_stale: 30\n"
              "       |            ^\n" },
    { "no duration", "max_stale: 5 minutes\n" TEMPLATE,
      .want = "a.yaml:1:12: 'max_stale': expected a duration such as 30s or 1m30s, found "
              "'5 minutes'\n"
              "     1 | max_stale: 5 minutes\n"
              "       |            ^\n" },
    { "a duration out of range", "block_query_wait: 11m\n" TEMPLATE,
      .want = "a.yaml:1:19: 'block_query_wait': expected a duration from 1s to 600s\n"
              "     1 | block_query_wait: 11m\n"
              "       |                   ^\n" },
    { "a long value is cut",
      "log_level: "
      "0123456789012345678901234567890123456789012345678901234567890123456789\n" TEMPLATE,
      .want = "a.yaml:1:12: 'log_level': expected trace, debug, info, warn or err, found "
              "'012345678901234567890123456789012345678901234567...'\n"
              "     1 | log_level: 01234567890123456789012345678901234567890123456789012345678901"
              "23456789\n"
              "       |            ^\n" },
    { "control bytes in a value", "log_level: \"a\\eb\"\n" TEMPLATE,
      .want = "a.yaml:1:12: 'log_level': expected trace, debug, info, warn or err, found 'a?b'\n"
              "     1 | log_level: \"a\\eb\"\n"
              "       |            ^\n" },
    { "a NUL byte", "pid_file: \"a\\0b\"\n" TEMPLATE,
      .want = "a.yaml:1:11: 'pid_file': a NUL byte cannot be part of it\n"
              "     1 | pid_file: \"a\\0b\"\n"
              "       |           ^\n" },
    { "a tag of its own", "pid_file: !secret a\n" TEMPLATE,
      .want = "a.yaml:1:11: 'pid_file': a tag ('!...') means nothing here\n"
              "     1 | pid_file: !secret a\n"
              "       |           ^\n" },
    { "a number out of range", "consul: {connections: 11}\n" TEMPLATE,
      .want = "a.yaml:1:23: 'connections': expected a whole number from 12 to 10000, found '11'\n"
              "     1 | consul: {connections: 11}\n"
              "       |                       ^\n" },
    { "no number", "consul: {connections: 1e3}\n" TEMPLATE,
      .want = "a.yaml:1:23: 'connections': expected a whole number from 12 to 10000, found '1e3'\n"
              "     1 | consul: {connections: 1e3}\n"
              "       |                       ^\n" },
    { "perms that are not octal", WITH("perms: 0888"),
      .want = "a.yaml:1:49: 'perms': expected permissions in octal such as 0644, found '0888'\n"
              "     1 | template: {source: in, destination: out, perms: 0888}\n"
              "       |                                                 ^\n" },
    { "perms too large", WITH("perms: 10000"),
      .want = "a.yaml:1:49: 'perms': expected permissions in octal such as 0644, found '10000'\n"
              "     1 | template: {source: in, destination: out, perms: 10000}\n"
              "       |                                                 ^\n" },
    { "no signal", "kill_signal: SIGFOO\n" TEMPLATE,
      .want = "a.yaml:1:14: 'kill_signal': expected the name of a signal such as SIGHUP, found "
              "'SIGFOO'\n"
              "     1 | kill_signal: SIGFOO\n"
              "       |              ^\n" },
    { "no facility", "syslog: {facility: LOCAL8}\n" TEMPLATE,
      .want = "a.yaml:1:20: 'facility': expected a facility of syslog such as LOCAL0 or DAEMON, "
              "found 'LOCAL8'\n"
              "     1 | syslog: {facility: LOCAL8}\n"
              "       |                    ^\n" },
    { "no assignment", "exec: {command: a, env: {custom: [A=1, B]}}\n" TEMPLATE,
      .want = "a.yaml:1:40: 'custom': expected NAME=value\n"
              "     1 | exec: {command: a, env: {custom: [A=1, B]}}\n"
              "       |                                        ^\n" },
    { "a signal nobody can catch", "kill_signal: kill\n" TEMPLATE,
      .want = "a.yaml:1:14: 'kill_signal': SIGKILL cannot be used\n"
              "     1 | kill_signal: kill\n"
              "       |              ^\n" },
    { "one signal for both", "kill_signal: HUP\n" TEMPLATE,
      .want = "'reload_signal' and 'kill_signal' are the same\n" },
    { "a wait without its least", "wait: {max: 5s}\n" TEMPLATE,
      .want = "a.yaml:1:7: 'wait': 'min' is missing\n"
              "     1 | wait: {max: 5s}\n"
              "       |       ^\n" },
    { "a wait upside down", "wait: 5s:1s\n" TEMPLATE,
      .want = "a.yaml:1:7: 'wait': MAX is less than MIN\n"
              "     1 | wait: 5s:1s\n"
              "       |       ^\n" },
    { "no wait", "wait: 5s:6s:7s\n" TEMPLATE,
      .want = "a.yaml:1:7: 'wait': expected MIN or MIN:MAX such as 5s:20s, found '5s:6s:7s'\n"
              "     1 | wait: 5s:6s:7s\n"
              "       |       ^\n" },
    { "an unknown key in a wait", "wait: {minimum: 5s}\n" TEMPLATE,
      .want = "a.yaml:1:8: unknown key 'minimum'\n"
              "     1 | wait: {minimum\n"
              "       |        ^\n" },
    { "a command that is a mapping", WITH("command: {a: b}"),
      .want = "a.yaml:1:51: 'command': expected a text for the shell or a list of words, found a "
              "mapping\n"
              "     1 | template: {source: in, destination: out, command: {a: b}}\n"
              "       |                                                   ^\n" },
    { "a command with an empty word", WITH("command: [a, '']"),
      .want = "a.yaml:1:55: 'command': an empty text means nothing here\n"
              "     1 | template: {source: in, destination: out, command: [a, '']}\n"
              "       |                                                       ^\n" },
    { "another protocol", "consul: {address: 'ftp://x'}\n" TEMPLATE,
      .want = "a.yaml:1:19: 'address': expected host:port, http://..., https://... or "
              "unix://...\n"
              "     1 | consul: {address: 'ftp://x'}\n"
              "       |                   ^\n" },
    { "an address with a space", "consul: {address: [a, 'b c']}\n" TEMPLATE,
      .want = "a.yaml:1:23: 'address': an address contains no spaces or control characters\n"
              "     1 | consul: {address: [a, 'b c']}\n"
              "       |                       ^\n" },
    { "a filter without an expression", "consul: {filters: {a: ''}}\n" TEMPLATE,
      .want = "a.yaml:1:20: 'filters': a filter needs a name and an expression\n"
              "     1 | consul: {filters: {a: ''}}\n"
              "       |                    ^\n" },
    { "a key without a certificate", "consul: {ssl: {key: /k}}\n" TEMPLATE,
      .want = "'consul.ssl.key' is of no use without 'consul.ssl.cert'\n" },

    { "a template without anything", "template: [{}]\n",
      .want = "a.yaml:1:12: a template needs 'source' or 'contents'\n"
              "     1 | template: [{}]\n"
              "       |            ^\n"
              "a.yaml:1:12: a template needs a 'destination'\n"
              "     1 | template: [{}]\n"
              "       |            ^\n" },
    { "a template with both", WITH("contents: x"),
      .want = "a.yaml:1:11: a template has 'source' or 'contents', not both\n"
              "     1 | template: {source: in, destination: out, contents: x}\n"
              "       |           ^\n" },
    { "a template that eats itself", "template: {source: /x, destination: /x}\n",
      .want = "a.yaml:1:11: this template would overwrite its own source\n"
              "     1 | template: {source: /x, destination: /x}\n"
              "       |           ^\n" },
    { "one destination twice",
      "template:\n- {source: a, destination: /x/y}\n- {source: b, destination: /x/.//y}\n",
      .want = "a.yaml:3:3: two templates write '/x/.//y'; the other one: a.yaml:2\n"
              "     3 | - {source: b, destination: /x/.//y}\n"
              "       |   ^\n" },
    { "one destination by a way around",
      "template:\n- {source: a, destination: y}\n- {source: b, destination: ../../x/../y/../y}\n"
      "- {source: c, destination: /../z}\n- {source: d, destination: z/..//../../../../../../z}\n",
      .want =
          "a.yaml:5:3: two templates write 'z/..//../../../../../../z'; the other one: a.yaml:4\n"
          "     5 | - {source: d, destination: z/..//../../../../../../z}\n"
          "       |   ^\n" },
    { "one destination in a file and a flag", TEMPLATE, .tmpl = "b:./out",
      .want = "--template: two templates write './out'; the other one: a.yaml:1\n" },
    { "a signal that ends the daemon", "reload_signal: SIGTERM\n" TEMPLATE,
      .want = "'reload_signal': SIGTERM and SIGINT end the daemon\n" },
    { "no template at all", "wait: 5s\n", .want = "nothing to do: no template is configured\n" },
    { "an empty file", "# nothing\n", .want = "nothing to do: no template is configured\n" },

    { "no mapping", "- a\n- b\n",
      .want = "a.yaml:1:1: expected settings ('key: value'), found a list\n" },
    { "prose", "hello\n",
      .want = "a.yaml:1:1: expected settings ('key: value'), found text without a key\n" },
    { "two documents", TEMPLATE "---\nwait: 5s\n",
      .want = "a.yaml:2:1: a second document begins here; only one is read\n"
              "     2 | ---\n"
              "       | ^\n" },
    { "bad YAML", "wait: 5s\n  consul: x\n",
      .want = "a.yaml:2:9: a ':' cannot stand here; quote a text that contains ': ', or check the "
              "indentation\n"
              "     2 |   consul: x\n"
              "       |         ^\n" },
    { "HCL", "# the article's\nconsul = \"127.0.0.1:8500\"\n\ntemplate {\n}\n",
      .want = "a.yaml:4:1: a template needs 'source' or 'contents'\n"
              "     4 | template {\n"
              "       | ^\n"
              "a.yaml:4:1: a template needs a 'destination'\n"
              "     4 | template {\n"
              "       | ^\n" },
    { "HCL that begins with a block", "/* x */ // y\ntemplate {\n  source = a\n}\n",
      .want = "a.yaml:3:12: expected a value (a text needs quotes), found a name\n"
              "     3 |   source = a\n"
              "       |            ^\n" },

    { "a flag",
      TEMPLATE,
      { { "-wait", "wait", "x" } },
      .want = "-wait: expected MIN or MIN:MAX such as 5s:20s, found 'x'\n" },
    { "a flag that is empty",
      TEMPLATE,
      { { "--max-stale", "max_stale", "" } },
      .want = "--max-stale: expected a duration such as 30s or 1m30s, found ''\n" },
    { "a template flag without anything", TEMPLATE, .tmpl = ":",
      .want = "--template ':': a template needs 'source' or 'contents'\n"
              "--template ':': a template needs a 'destination'\n" },
    { "a variable", TEMPLATE, .env = "CONSUL_HTTP_SSL=maybe",
      .want = "CONSUL_HTTP_SSL: expected true or false, found 'maybe'\n" },
};

static void test_bad_cases(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        struct config_flags flags = make_flags(files, bad_cases[i].flags, bad_cases[i].tmpl);

        print_message("%s\n", bad_cases[i].name);
        env_lines = bad_cases[i].env;
        write_file("a.yaml", slice_from(bad_cases[i].text), 0600);
        expect_report(&flags, bad_cases[i].want);
        config_flags_fini(&flags);
    }
    env_lines = NULL;
}

static void test_many_mistakes(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);
    struct config *config = NULL;
    struct buf text = BUF_EMPTY, report = BUF_EMPTY;
    struct error err;
    size_t n_lines = 0;

    (void)state;
    for (int i = 0; i < LIMIT_MISTAKES + 7; i++)
        buf_printf(&text, "zzzzzzzzzz%d: 1\n", i);
    write_file("a.yaml", buf_slice(&text), 0600);
    assert_false(config_load(&flags, get_env, &config, &report, &err));
    for (size_t i = 0; i < report.len; i++)
        n_lines += report.ptr[i] == '\n';
    assert_int_equal(n_lines, 3 * LIMIT_MISTAKES + 1);
    assert_true(slice_ends_with(buf_slice(&report), SLICE("\n... and 7 more\n")));
    buf_fini(&text);
    buf_fini(&report);
    config_flags_fini(&flags);
}

static void test_too_many_templates(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);
    struct buf text = BUF_EMPTY;

    (void)state;
    buf_add_string(&text, "template:\n");
    for (int i = 0; i < LIMIT_TEMPLATES + 1; i++)
        buf_printf(&text, "- {source: in, destination: o%d}\n", i);
    write_file("a.yaml", buf_slice(&text), 0600);
    expect_report(&flags, "a.yaml:10002:3: more than 10000 templates\n"
                          " 10002 | - {source: in, destination: o10000}\n"
                          "       |   ^\n");
    buf_fini(&text);
    config_flags_fini(&flags);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_cases),
        cmocka_unit_test(test_many_mistakes),
        cmocka_unit_test(test_too_many_templates),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
