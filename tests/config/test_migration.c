/* SPDX-License-Identifier: MIT */
/* consul-template's own configurations, as settings. */
#include "config/dump.h"
#include "config/world.h"

#define HCL_TEMPLATE "template {\n  source = \"in\"\n  destination = \"out\"\n}\n"

static const struct {
    const char *name, *text;
    bool is_lenient;
    const char *want; /* what is not the default */
} good_cases[] = {
    { "group is an owner",
      "template {\n  source = \"in\"\n  destination = \"out\"\n  group = \"edge\"\n}\n",
      .want = "template in -> out :edge\n" },
    { "the last of a name counts, as a whole; templates add up",
      "consul {\n  address = \"c:1\"\n  token = \"t\"\n}\nlog_level = \"info\"\n" HCL_TEMPLATE
      "log_level = \"warn\"\nconsul {\n  address = \"c:2\"\n  ssl { verify = false }\n"
      "  ssl { enabled = false }\n}\n"
      "template {\n  source = \"in2\"\n  destination = \"out2\"\n"
      "  wait { min = \"x\" }\n  wait { min = \"1s\" }\n}\n",
      .want = "address=c:2\ntemplate in2 -> out2\n  wait=1000:4000\nlog_level=warn\n"
              "a.hcl:5:1: 'log_level' is ignored: it is here again in line 10\n"
              "a.hcl:1:1: 'consul' is ignored: it is here again in line 11\n"
              "a.hcl:13:3: 'ssl' is ignored: it is here again in line 14\n"
              "a.hcl:19:3: 'wait' is ignored: it is here again in line 20\n" },
    { "the article's form", "consul = \"c:1\"\n\n" HCL_TEMPLATE, .want = "address=c:1\n" },
    { "what consul-template documents of itself",
      "reload_signal = \"SIGHUP\"\nkill_signal = \"SIGINT\"\nmax_stale = \"10m\"\n"
      "block_query_wait = \"60s\"\nlog_level = \"warn\"\npid_file = \"/path/to/pid\"\n"
      "wait {\n  min = \"5s\"\n  max = \"10s\"\n}\n" HCL_TEMPLATE,
      .want = "max_stale=600000\nquery_wait=60000\nwait=5000:10000\nlog_level=warn\n"
              "pid_file=/path/to/pid\n" },
    { "what it documents of Consul",
      "consul {\n  auth {\n    enabled  = true\n    username = \"test\"\n    password = \"p\"\n  "
      "}\n"
      "  address = \"127.0.0.1:8500\"\n  namespace = \"\"\n  token = \"\"\n  retry {\n"
      "    enabled = true\n    attempts = 12\n    backoff = \"250ms\"\n    max_backoff = \"1m\"\n  "
      "}\n"
      "  ssl {\n    enabled = true\n    verify = false\n    cert = \"/c\"\n    key  = \"/k\"\n"
      "    ca_cert = \"/ca\"\n    ca_path = \"cas/\"\n    server_name = \"s\"\n  "
      "}\n}\n" HCL_TEMPLATE,
      .want = "auth=test:p\nuse_tls=1\nverify_tls=0\nca_file=/ca\nca_path=cas/\nclient_cert=/c\n"
              "client_key=/k\nserver_name=s\nretry_backoff=250\nretry_max_backoff=60000\n" },
    { "what it documents of templates",
      "template {\n  destination = \"/d/r.txt\"\n  create_dest_dirs = true\n"
      "  contents = \"{{ keyOrDefault \\\"a/b@c\\\" \\\"5\\\" }}\"\n  command = \"restart foo\"\n"
      "  command_timeout = \"60s\"\n  error_on_missing_key = false\n  perms = 0600\n  user = "
      "\"u\"\n"
      "  group = \"g\"\n  backup = true\n  left_delimiter = \"{{\"\n  right_delimiter = \"}}\"\n"
      "  function_denylist = []\n  sandbox_path = \"\"\n  wait {\n    min = \"2s\"\n    max = "
      "\"10s\"\n"
      "  }\n}\n",
      .want = "template contents {{ keyOrDefault \"a/b@c\" \"5\" }} -> /d/r.txt 0600 u:g backup sh "
              "[restart foo] timeout=60000\n  left={{\n  right=}}\n  wait=2000:10000\n" },
    { "what it documents of exec mode and syslog",
      "syslog {\n  enabled = true\n  facility = \"LOCAL5\"\n  name = \"ct\"\n}\n"
      "exec {\n  command = [\"/usr/bin/app\"]\n  splay = \"5s\"\n  env {\n    pristine = false\n"
      "    custom = [\"PATH=$PATH:/etc/myapp/bin\"]\n    allowlist = [\"CONSUL_*\"]\n"
      "    denylist = [\"VAULT_*\"]\n  }\n  reload_signal = \"\"\n  kill_signal = \"SIGINT\"\n"
      "  kill_timeout = \"2s\"\n}\n" HCL_TEMPLATE,
      .want = "syslog=ct 168\nexec [/usr/bin/app] 0 2 2000 5000\n"
              "custom=PATH=$PATH:/etc/myapp/bin\nallowed=CONSUL_*\ndenied=VAULT_*\n" },
    { "permissions in decimal",
      "template {\n source = \"in\"\n destination = \"b\"\n perms = 420\n}\n",
      .want =
          "template in -> b 0644\n"
          "a.hcl:4:10: 'perms': 420 is a decimal number, so it means 0644; write it with a 0 in "
          "front if it is octal\n" },
    { "permissions in a text",
      "template {\n source = \"in\"\n destination = \"b\"\n perms = "
      "\"640\"\n}\n",
      .want = "template in -> b 0640\n" },
    { "several templates, one of them in place",
      HCL_TEMPLATE "template {\n  contents = <<-EOF\n    {{ key \"a\" }}\n    EOF\n"
                   "  destination = \"b\"\n}\n",
      .want = "template contents {{ key \"a\" }}\n -> b\n" },
    { "a command of one word is for the shell",
      "template {\n source = \"in\"\n destination = \"b\"\n command = [\"restart service "
      "foo\"]\n}\n",
      .want = "template in -> b sh [restart service foo]\n" },
    { "a command of several words",
      "template {\n source = \"in\"\n destination = \"b\"\n exec { command = [\"a\", \"b c\"] "
      "}\n}\n",
      .want = "template in -> b exec [a] [b c]\n" },
    { "how connections are made",
      "consul {\n  transport { dial_timeout = \"1s\" }\n}\n" HCL_TEMPLATE,
      .want = "a.hcl:2:3: 'transport' is ignored: connections are few and kept; 'connections' says "
              "how many\n" },
    { "parts that are not served, --lenient",
      "vault {\n  address = \"x\"\n  token = \"y\"\n}\nnomad { }\ndeduplicate { enabled = true }\n"
      "telemetry { stdout { } }\nlog_file { path = \"z\" }\n" HCL_TEMPLATE,
      .is_lenient = true,
      .want = "a.hcl:1:1: 'vault' is ignored: answers come from Consul alone\n"
              "a.hcl:5:1: 'nomad' is ignored: answers come from Consul alone\n"
              "a.hcl:6:1: 'deduplicate' is ignored: every daemon asks Consul itself\n"
              "a.hcl:7:1: 'telemetry' is ignored: it is a part of consul-template's own\n"
              "a.hcl:8:1: 'log_file' is ignored: logs go to standard error\n" },
};

static void test_good_cases(void **state)
{
    static const char *const files[] = { "a.hcl", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good_cases); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY, got = BUF_EMPTY;
        struct error err;

        print_message("%s\n", good_cases[i].name);
        flags.is_lenient = good_cases[i].is_lenient;
        write_file("a.hcl", slice_from(good_cases[i].text), 0600);
        if (!config_load(&flags, get_env, &config, &report, &err))
            fail_msg("%s", report.ptr);
        add_config(&got, config);
        keep_unusual_lines(&got);
        without_folder(&got);
        assert_string_equal(buf_slice(&got).ptr, good_cases[i].want);
        buf_fini(&got);
        config_flags_fini(&flags);
    }
    remove_file("a.hcl");
}

static const struct {
    const char *name, *text;
    const char *want; /* the report */
} bad_cases[] = {
    { "a part that is not served", "vault {\n  token = \"x\"\n}\n" HCL_TEMPLATE,
      .want = "a.hcl:1:1: 'vault' is not served: answers come from Consul alone\n"
              "     1 | vault\n"
              "       | ^\n" },
    { "a wrong value", "wait {\n  min = \"5\"\n}\n" HCL_TEMPLATE,
      .want = "a.hcl:2:9: 'min': expected a duration, found '5' without a unit; did you mean "
              "'5s'?\n"
              "     2 |   min = \"5\"\n"
              "       |         ^\n" },
    { "permissions that are none",
      "template {\n source = \"in\"\n destination = \"b\"\n perms = 4096\n}\n",
      .want = "a.hcl:4:10: 'perms': expected permissions in octal such as 0644, found '4096'\n"
              "     4 |  perms = 4096\n"
              "       |          ^\n" },
    { "an unknown key in quotes", "\"log_levl\" = \"info\"\n" HCL_TEMPLATE,
      .want = "a.hcl:1:1: unknown key 'log_levl', did you mean 'log_level'?\n"
              "     1 | \"log_levl\"\n"
              "       | ^\n" },
};

static void test_bad_cases(void **state)
{
    static const char *const files[] = { "a.hcl", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);

        print_message("%s\n", bad_cases[i].name);
        write_file("a.hcl", slice_from(bad_cases[i].text), 0600);
        expect_report(&flags, bad_cases[i].want);
        config_flags_fini(&flags);
    }
    remove_file("a.hcl");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_cases),
        cmocka_unit_test(test_bad_cases),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
