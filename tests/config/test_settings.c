/* SPDX-License-Identifier: MIT */
/* Every setting: how it may be written, and which of several sources wins. */
#include "config/dump.h"
#include "config/world.h"

static const struct {
    const char *name, *text;
    struct flag flags[MAX_FLAGS];
    const char *env;
    const char *want; /* what is not the default */
} good_cases[] = {
    { "defaults", TEMPLATE, .want = "" },
    { "one template as a list", "template: [{source: in, destination: out}]\n", .want = "" },
    { "JSON", "{\"template\": [{\"source\": \"in\", \"destination\": \"out\"}]}", .want = "" },
    { "nothing means not given",
      "consul:\n  address:\n  token: null\nlog_level: ~\nwait:\n" TEMPLATE, .want = "" },

    { "Consul's address", "consul: {address: 'c:1'}\n" TEMPLATE, .want = "address=c:1\n" },
    { "several addresses", "consul: {address: [c:1, unix:///x, https://d]}\n" TEMPLATE,
      .want = "address=c:1,unix:///x,https://d\n" },
    { "Consul as in old configurations", "consul: 'c:1'\n" TEMPLATE, .want = "address=c:1\n" },
    { "token and the like",
      "consul: {token: t, namespace: n, partition: p, tls_min: 1.3, connections: 50}\n" TEMPLATE,
      .want = "token=t\nnamespace=n\npartition=p\ntls_min=13\nconnections=50\n" },
    { "a token file wins over a token beside it", "consul: {token_file: /t, token: t}\n" TEMPLATE,
      .want = "token_file=/t\n" },
    { "auth", "consul: {auth: {username: u, password: 'p:q'}}\n" TEMPLATE, .want = "auth=u:p:q\n" },
    { "auth in short", "consul: {auth: 'u:p:q'}\n" TEMPLATE, .want = "auth=u:p:q\n" },
    { "a user without a password", "consul: {auth: u}\n" TEMPLATE, .want = "auth=u:\n" },
    { "auth switched off", "consul: {auth: {enabled: false, username: u}}\n" TEMPLATE, .want = "" },
    { "TLS",
      "consul:\n  ssl:\n    enabled: yes\n    verify: off\n    ca_cert: /ca\n    ca_path: /cas\n"
      "    cert: /c\n    key: /k\n    server_name: s\n" TEMPLATE,
      .want = "use_tls=1\nverify_tls=0\nca_file=/ca\nca_path=/cas\nclient_cert=/c\n"
              "client_key=/k\nserver_name=s\n" },
    { "TLS in short", "consul: {ssl: true}\n" TEMPLATE, .want = "use_tls=1\n" },
    { "any word about TLS switches it on", "consul: {ssl: {ca_cert: /ca}}\n" TEMPLATE,
      .want = "use_tls=1\nca_file=/ca\n" },
    { "but the switch decides", "consul: {ssl: {ca_cert: /ca, enabled: false}}\n" TEMPLATE,
      .want = "ca_file=/ca\n" },
    { "retry", "consul: {retry: {attempts: 0, backoff: 250ms, max_backoff: 1m}}\n" TEMPLATE,
      .want = "retry_backoff=250\nretry_max_backoff=60000\nretry_attempts=0\n" },
    { "no retry", "consul: {retry: {enabled: false}}\n" TEMPLATE, .want = "retry_attempts=1\n" },
    { "pace and filters",
      "consul: {filters: {a: 'x == 1', b: y}}\nmax_stale: 0s\nblock_query_wait: 60s\n" TEMPLATE,
      .want = "max_stale=0\nquery_wait=60000\nfilter a=x == 1\nfilter b=y\n" },

    { "datacenters that may be missing", "consul: {optional_datacenters: [dc2, dc3]}\n" TEMPLATE,
      .want = "optional=dc2\noptional=dc3\n" },
    { "wait", "wait: 5s\n" TEMPLATE, .want = "wait=5000:20000\n" },
    { "wait with both ends", "wait: '5s:10s'\n" TEMPLATE, .want = "wait=5000:10000\n" },
    { "wait as a mapping", "wait: {min: 5s}\n" TEMPLATE, .want = "wait=5000:20000\n" },
    { "wait as a full mapping", "wait: {min: 5s, max: 6s, enabled: true}\n" TEMPLATE,
      .want = "wait=5000:6000\n" },
    { "wait switched off", "wait: {enabled: false, min: 5s}\n" TEMPLATE, .want = "wait=0:0\n" },
    { "splay", "splay: {endpoints: 1s, structure: 30s}\n" TEMPLATE, .want = "splay=1000:30000\n" },
    { "splay of commands", "splay: 30s\n" TEMPLATE, .want = "splay=0:30000\n" },
    { "levels, files and signals",
      "log_level: DEBUG\nlog_format: json\npid_file: /p\nruntime_dir: /r\nstate_dir: /s\n"
      "reload_signal: usr1\nkill_signal: \"\"\nready_timeout: 1m30s\n"
      "default_left_delimiter: '[['\ndefault_right_delimiter: ']]'\n" TEMPLATE,
      .want =
          "  left=[[\n"
          "  right=]]\n"
          "left=[[\nright=]]\nlog_level=debug\nlog_format=1\npid_file=/p\n"
          "runtime_dir=/r\nstate_dir=/s\nreload_signal=10\nkill_signal=0\nready_timeout=90000\n" },
    { "no signal, as consul-template has it", "reload_signal: SIGNIL\n" TEMPLATE,
      .want = "reload_signal=0\n" },

    { "contents", "template: {contents: '{{ key \"a\" }}', destination: out}\n",
      .want = "template contents {{ key \"a\" }} -> out\n" },
    { "a command for the shell", WITH("command: a | b, command_timeout: 1m"),
      .want = "template in -> out sh [a | b] timeout=60000\n" },
    { "a command as words", WITH("command: [a, b c, 1]"),
      .want = "template in -> out exec [a] [b c] [1]\n" },
    { "no command", WITH("command: ' '"), .want = "" },
    { "once", "once: true\n" TEMPLATE, .want = "once\n" },
    { "syslog", "syslog: {enabled: true}\n" TEMPLATE, .want = "syslog=edgewright 128\n" },
    { "any word about syslog switches it on", "syslog: {facility: daemon, name: x}\n" TEMPLATE,
      .want = "syslog=x 24\n" },
    { "but the switch decides here, too", "syslog: {facility: daemon, enabled: no}\n" TEMPLATE,
      .want = "" },
    { "syslog by flags",
      TEMPLATE,
      { { "-syslog-facility", "syslog.facility", "LOCAL5" } },
      .want = "syslog=edgewright 168\n" },
    { "exec mode", "exec: haproxy -f x\n" TEMPLATE, .want = "exec [haproxy -f x] 0 2 30000 0\n" },
    { "exec mode in full",
      "exec:\n  command: [a, b]\n  enabled: true\n  env:\n    pristine: true\n"
      "    custom: [A=1, B=]\n    allowlist: C_*\n    denylist: [D]\n  reload_signal: SIGUSR2\n"
      "  kill_signal: ''\n  kill_timeout: 2s\n  splay: 5s\n" TEMPLATE,
      .want = "exec [a] [b] 12 0 2000 5000\npristine\ncustom=A=1,B=\nallowed=C_*\ndenied=D\n" },
    { "its lists by their older names",
      "exec: {command: a, env: {whitelist: [A], blacklist: [B]}}\n" TEMPLATE,
      .want = "exec [a] 0 2 30000 0\nallowed=A\ndenied=B\n" },
    { "exec mode switched off", "exec: {command: a, enabled: false}\n" TEMPLATE, .want = "" },
    { "fatal errors", "template_error_fatal: true\n" TEMPLATE,
      .want = "'template_error_fatal' has no effect: an error in a template ends --once, never the "
              "daemon\n" },
    { "exec in a template, in full",
      WITH("exec: {command: [a], timeout: 0s, kill_signal: SIGINT, kill_timeout: 1s, "
           "env: {custom: 'A=1', allowlist: [B_*, C], blacklist: D}}"),
      .want = "template in -> out exec [a] timeout=0 kill=2:1000\n"
              "custom=A=1\nallowed=B_*,C\ndenied=D\n" },
    { "exec in a template, pristine", WITH("exec: {command: a, env: {pristine: true}}"),
      .want = "template in -> out sh [a]\npristine\n" },
    { "exec in a template, switched off",
      WITH("exec: {command: a, enabled: false, env: {custom: 'A=1'}}"), .want = "" },
    { "what means nothing to a template's command",
      WITH("exec: {command: a, reload_signal: SIGHUP, splay: 5s}"),
      .want = "template in -> out sh [a]\n"
              "a.yaml:1:61: 'reload_signal' is ignored: a template's command is run anew after "
              "each change\n"
              "a.yaml:1:84: 'splay' is ignored: nothing but the end of a command that has timed "
              "out would wait for it\n" },
    { "exec in a template", WITH("exec: {command: a, timeout: 1s}"),
      .want = "template in -> out sh [a] timeout=1000\n" },
    { "one word with spaces", WITH("command: [a b]"),
      .want = "template in -> out exec [a b]\n"
              "a.yaml:1:51: 'command': a list is executed as it stands, and its only word "
              "contains spaces; write a text instead of a list to have a shell split it\n" },
    { "perms", WITH("perms: 0640"), .want = "template in -> out 0640\n" },
    { "perms without a zero", WITH("perms: 640"), .want = "template in -> out 0640\n" },
    { "perms as a text", WITH("perms: '0640'"), .want = "template in -> out 0640\n" },
    { "perms of YAML 1.2", WITH("perms: 0o640"), .want = "template in -> out 0640\n" },
    { "perms with the sticky bits", WITH("perms: 7777"), .want = "template in -> out 7777\n" },
    { "perms of consul-template's default", WITH("perms: 0"), .want = "" },
    { "owner", WITH("user: haproxy, group: 1000"), .want = "template in -> out haproxy:1000\n" },
    { "owner by number", WITH("uid: 5, gid: 6"), .want = "template in -> out 5:6\n" },
    { "an owner beside a user", WITH("user: haproxy, group: adm"),
      .want = "template in -> out haproxy:adm\n" },
    { "a number is an owner", WITH("group: 1000"), .want = "template in -> out :1000\n" },
    { "a transaction", WITH("group: no-such-group"), .want = "  transaction=no-such-group\n" },
    { "a transaction named as a group of the system", WITH("group: root"),
      .want = "template in -> out :root\n  transaction=root\n"
              "group 'root': its templates are delivered together, and the files belong to the "
              "system's group of that name ('gid' is for another owner)\n" },
    { "a transaction beside an owner", WITH("user: u, gid: 7, group: root"),
      .want = "template in -> out u:7\n  transaction=root\n" },
    { "ways back", WITH("keep: 5, rollback: true"), .want = "  keep=5\n  rollback=1\n" },
    { "no way back", WITH("rollback: off"), .want = "  rollback=0\n" },
    { "a way back on evidence", WITH("rollback: auto"), .want = "" },
    { "the rest of a template",
      WITH("command: a, create_dest_dirs: false, backup: true, pass_token: true, "
           "error_on_missing_key: true, "
           "error_fatal: true, left_delimiter: '<<', right_delimiter: '>>', "
           "function_denylist: [env, file], sandbox_path: /s, wait: 1s"),
      .want = "template in -> out no-dirs backup sh [a] pass-token missing-key fatal\n  left=<<\n"
              "  right=>>\n  denylist=env,file\n  sandbox=/s\n  wait=1000:4000\n"
              "a.yaml:1:11: 'error_fatal: true' has no effect: an error in a template ends --once, "
              "never the daemon\n" },
    { "keys that are no secrets", "public_keys: [a/b, c/]\n" TEMPLATE,
      .want = "public_keys=a/b,c/\n" },
    { "how old a snapshot may be", "snapshot_max_age: 1h\n" TEMPLATE,
      .want = "snapshot_max_age=3600000\n" },
    { "a guard", WITH("guard: on"), .want = "  guard=1 60% 600000ms\n" },
    { "no guard", WITH("guard: off"), .want = "  guard=off\n" },
    { "a guard's settings", WITH("guard: {min_instances: 2, max_shrink: 50%, hold: forever}"),
      .want = "  guard=2 50% 18446744073709551615ms\n" },
    { "some of a guard's settings", WITH("guard: {hold: 1h}"),
      .want = "  guard=1 60% 3600000ms\n" },
    { "quarantine", WITH("quarantine: on"), .want = "" },
    { "no quarantine", WITH("quarantine: off"), .want = "  quarantine=off\n" },
    { "haproxy", WITH("haproxy: {}"),
      .want = "template in -> out check [haproxy] [-c] [-f] [{}]\n"
              "  haproxy=/run/haproxy/admin.sock /run/haproxy-master.sock haproxy - auto 0 30000 "
              "unique\n  haproxy files=out\n" },
    { "haproxy without a value", WITH("haproxy: , check: [true]"),
      .want = "template in -> out check [true]\n"
              "  haproxy=/run/haproxy/admin.sock /run/haproxy-master.sock haproxy - auto 0 30000 "
              "unique\n  haproxy files=out\n" },
    { "haproxy's settings",
      WITH("haproxy: {socket: /s, master_socket: '', config: [a, out, b], binary: /h, reload_unit: "
           "u, updates: reload-only, drain: 5s, grace: 1s, unique_names: off}"),
      .want = "template in -> out check [/h] [-c] [-f] [{a}] [-f] [{}] [-f] [{b}]\n"
              "  haproxy=/s - /h u reload-only 5000 1000\n  haproxy files=a,out,b\n" },
    { "watch_files", WITH("watch_files: [/a, b]"), .want = "  watch_files=/a,b\n" },
    { "one of watch_files", WITH("watch_files: /a"), .want = "  watch_files=/a\n" },
    { "write", WITH("write: in-place"), .want = "template in -> out in-place\n" },
    { "write as it is by default", WITH("write: rename"), .want = "" },
    { "escape", WITH("escape: haproxy"), .want = "  escape=haproxy\n" },
    { "escape switched off", WITH("escape: off"), .want = "  escape=off\n" },
    { "escape as it is by default", WITH("escape: lines"), .want = "" },
    { "an older name", WITH("function_blacklist: env"), .want = "  denylist=env\n" },

    { "merged templates",
      "template:\n- &t {source: in, destination: out, command: a, perms: 600}\n"
      "- {<<: *t, destination: b, command: c}\n",
      .want = "template in -> out 0600 sh [a]\ntemplate in -> b 0600 sh [c]\n" },
    { "merged lists", "template: {<<: [{source: in}, {source: x, destination: out}]}\n",
      .want = "" },
    { "a tag of YAML's own", "consul: {token: !!str 1}\n" TEMPLATE, .want = "token=1\n" },

    { "flags win over files",
      "wait: 5s\nconsul: {address: [a, b]}\n" TEMPLATE,
      { { "--wait", "wait", "1s" }, { "-consul-addr", "consul.address", "c" } },
      .want = "address=c\nwait=1000:4000\n" },
    { "flags of all depths",
      TEMPLATE,
      { { "--consul-ssl", "consul.ssl.enabled", "true" },
        { "--consul-ssl-verify", "consul.ssl.verify", "0" },
        { "--consul-auth", "consul.auth", "u:p" } },
      .want = "auth=u:p\nuse_tls=1\nverify_tls=0\n" },
    { "a flag may take away",
      "pid_file: /p\nkill_signal: TERM\n" TEMPLATE,
      { { "--pid-file", "pid_file", "" }, { "--kill-signal", "kill_signal", "" } },
      .want = "kill_signal=0\n" },
    { "environment", TEMPLATE,
      .env = "CONSUL_HTTP_ADDR=c:1\nCONSUL_HTTP_TOKEN=t\nCONSUL_HTTP_AUTH=u:p\n"
             "CONSUL_HTTP_SSL=1\nCONSUL_HTTP_SSL_VERIFY=false\nCONSUL_CACERT=/ca\n"
             "CONSUL_CAPATH=/cas\nCONSUL_CLIENT_CERT=/c\nCONSUL_CLIENT_KEY=/k\n"
             "CONSUL_TLS_SERVER_NAME=s\nCONSUL_NAMESPACE=n\nCONSUL_PARTITION=p\n"
             "RUNTIME_DIRECTORY=/r1:/r2\nSTATE_DIRECTORY=/s1:/s2",
      .want = "address=c:1\ntoken=t\nauth=u:p\nuse_tls=1\nverify_tls=0\nca_file=/ca\n"
              "ca_path=/cas\nclient_cert=/c\nclient_key=/k\nserver_name=s\nnamespace=n\n"
              "partition=p\nruntime_dir=/r1\nstate_dir=/s1\n" },
    { "consul-template's own variables come first", TEMPLATE,
      .env = "CONSUL_HTTP_TOKEN=t\nCONSUL_TOKEN=own\nCONSUL_TEMPLATE_LOG=debug",
      .want = "token=own\nlog_level=debug\n" },
    { "but not if they are empty", TEMPLATE,
      .env = "CONSUL_TOKEN=\nCONSUL_HTTP_TOKEN=t\nCT_LOG=warn\nCONSUL_TEMPLATE_LOG=debug",
      .want = "token=t\nlog_level=warn\n" },
    { "an empty variable is none", TEMPLATE,
      .env = "CONSUL_HTTP_ADDR=\nCONSUL_HTTP_SSL=", .want = "" },
    { "files win over the environment", "consul: {address: a, ssl: {enabled: false}}\n" TEMPLATE,
      .env = "CONSUL_HTTP_ADDR=c:1\nCONSUL_HTTP_SSL=true", .want = "address=a\n" },
    { "a file's token wins over the environment's file", "consul: {token: t}\n" TEMPLATE,
      .env = "CONSUL_HTTP_TOKEN_FILE=/t", .want = "token=t\n" },
    { "a file's token file wins over the environment's token",
      "consul: {token_file: /t}\n" TEMPLATE, .env = "CONSUL_HTTP_TOKEN=t",
      .want = "token_file=/t\n" },
    { "a flag's token wins over a file's token file",
      "consul: {token_file: /t}\n" TEMPLATE,
      { { "--consul-token", "consul.token", "t" } },
      .want = "token=t\n" },
};

static void test_good_cases(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good_cases); i++) {
        struct config_flags flags = make_flags(files, good_cases[i].flags, NULL);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY, got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", good_cases[i].name);
        env_lines = good_cases[i].env;
        write_file("a.yaml", slice_from(good_cases[i].text), 0600);
        if (!config_load(&flags, get_env, &config, &report, &err))
            fail_msg("%s", report.ptr);
        assert_int_equal(report.len, 0);
        add_config(&got, config);
        keep_unusual_lines(&got);
        without_folder(&got);
        assert_string_equal(buf_slice(&got).ptr, good_cases[i].want);
        buf_fini(&got);
        buf_fini(&report);
        config_flags_fini(&flags);
    }
    env_lines = NULL;
}

static void test_defaults_are_complete(void **state)
{
    struct config_flags flags = make_flags(NULL, NULL, "in:out");
    CLEANUP(config_freep) struct config *config = NULL;
    struct buf report = BUF_EMPTY, got = BUF_EMPTY;
    struct error err;

    (void)state;
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    add_config(&got, config);
    assert_string_equal(got.ptr, defaults);
    assert_string_equal(config->templates[0].delivery.name, "out");
    assert_string_equal(config->templates[0].pos.source, "--template");
    buf_fini(&got);
    config_flags_fini(&flags);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_cases),
        cmocka_unit_test(test_defaults_are_complete),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
