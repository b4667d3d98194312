/* SPDX-License-Identifier: MIT */
/* Files, flags, environment and defaults as one configuration; and what every mistake says. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "io/file.h"
#include "unit.h"

/* ---- the world of a case: a folder, an environment ---- */

static char folder[] = "/tmp/edgewright-test-XXXXXX";
static const char *env_lines; /* "NAME=value\n" of the case at hand */

static const char *get_env(const char *name)
{
    static char value[256];
    struct slice rest = slice_from(env_lines), line, key;

    while (slice_next(&rest, '\n', &line)) {
        if (slice_next(&line, '=', &key) && slice_is(key, name)) {
            snprintf(value, sizeof(value), "%.*s", SLICE_ARG(line));
            return value;
        }
    }
    return NULL;
}

static char *in_folder(const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static void write_file(const char *name, struct slice text, mode_t mode)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

static void remove_file(const char *name)
{
    char *path = in_folder(name);

    assert_int_equal(remove(path), 0);
    free(path);
}

/* The text with the folder's name taken out, so that tables can say what they want. */
static void without_folder(struct buf *text)
{
    char *raw = buf_take(text);
    struct slice rest = slice_from(raw), prefix = slice_from(folder);

    while (rest.len > 0) {
        if (slice_starts_with(rest, prefix)) {
            rest = slice_sub(rest, prefix.len + 1, rest.len);
            continue;
        }
        buf_add_byte(text, rest.ptr[0]);
        rest = slice_sub(rest, 1, rest.len);
    }
    free(raw);
}

struct flag {
    const char *flag, *key, *value;
};

#define MAX_FLAGS 3

static struct config_flags make_flags(const char *const *files, const struct flag *settings,
                                      const char *tmpl)
{
    struct config_flags flags = { .is_dry = false };

    flags.paths = memory_alloc(8 * sizeof(char *));
    for (size_t i = 0; files && files[i]; i++)
        flags.paths[flags.n_paths++] = in_folder(files[i]);
    flags.settings = memory_alloc(MAX_FLAGS * sizeof(*flags.settings));
    for (size_t i = 0; settings && i < MAX_FLAGS && settings[i].flag; i++)
        flags.settings[flags.n_settings++] = (struct config_setting){
            memory_copy_string(settings[i].flag),
            settings[i].key,
            memory_copy_string(settings[i].value),
        };
    flags.templates = memory_alloc(sizeof(char *));
    if (tmpl)
        flags.templates[flags.n_templates++] = memory_copy_string(tmpl);
    return flags;
}

/* ---- a configuration as text, a line for each setting ---- */

static void add_text(struct buf *out, const char *name, const char *text)
{
    if (text)
        buf_printf(out, "%s=%s\n", name, text);
}

static void add_list(struct buf *out, const char *name, char *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s%s", i ? "," : name, i ? "" : "=", items[i]);
    buf_add_string(out, n ? "\n" : "");
}

static void add_wait(struct buf *out, const char *name, const struct wait_options *wait)
{
    if (wait->is_set)
        buf_printf(out, "%s=%llu:%llu\n", name, (unsigned long long)wait->min_ms,
                   (unsigned long long)wait->max_ms);
}

static void add_number(struct buf *out, const char *name, uint64_t number)
{
    buf_printf(out, "%s=%llu\n", name, (unsigned long long)number);
}

static void add_consul(struct buf *out, const struct consul_options *consul)
{
    add_list(out, "address", consul->addresses, consul->n_addresses);
    add_text(out, "token", consul->token);
    add_text(out, "token_file", consul->token_file);
    add_text(out, "auth", consul->auth);
    add_number(out, "use_tls", consul->use_tls);
    add_number(out, "verify_tls", consul->verify_tls);
    add_text(out, "ca_file", consul->ca_file);
    add_text(out, "ca_path", consul->ca_path);
    add_text(out, "client_cert", consul->client_cert);
    add_text(out, "client_key", consul->client_key);
    add_text(out, "server_name", consul->server_name);
    add_text(out, "namespace", consul->namespace_name);
    add_text(out, "partition", consul->partition);
    add_number(out, "tls_min", consul->tls_min);
    add_number(out, "connections", consul->connections);
    add_number(out, "max_stale", consul->max_stale_ms);
    add_number(out, "query_wait", consul->wait_ms);
    add_number(out, "retry_backoff", consul->retry_backoff_ms);
    add_number(out, "retry_max_backoff", consul->retry_max_backoff_ms);
    add_number(out, "retry_attempts", consul->retry_attempts);
    for (size_t i = 0; i < consul->n_filters; i++)
        buf_printf(out, "filter %s=%s\n", consul->filters[i].name, consul->filters[i].expression);
}

static void add_file(struct buf *out, const struct delivery_file *file)
{
    buf_printf(out, " -> %s", file->destination ? file->destination : "(none)");
    if (file->perms != FILE_KEEP_MODE)
        buf_printf(out, " %04o", (unsigned)file->perms);
    if (file->user || file->group)
        buf_printf(out, " %s:%s", file->user ? file->user : "", file->group ? file->group : "");
    buf_add_string(out, file->create_dest_dirs ? "" : " no-dirs");
    buf_add_string(out, file->backup ? " backup" : "");
}

static void add_template(struct buf *out, const struct template_config *tmpl)
{
    const struct delivery_options *delivery = &tmpl->delivery;

    assert_int_equal(delivery->n_files, 1);
    buf_printf(out, "template %s%s", tmpl->source ? "" : "contents ",
               tmpl->source ? tmpl->source : tmpl->contents);
    add_file(out, &delivery->files[0]);
    if (delivery->command.n_words) {
        buf_add_string(out, delivery->command.is_shell ? " sh" : " exec");
        for (size_t i = 0; i < delivery->command.n_words; i++)
            buf_printf(out, " [%s]", delivery->command.words[i]);
    }
    if (delivery->command_timeout_ms != 30000)
        buf_printf(out, " timeout=%llu", (unsigned long long)delivery->command_timeout_ms);
    buf_add_string(out, delivery->pass_token ? " pass-token" : "");
    buf_add_string(out, tmpl->error_on_missing_key ? " missing-key" : "");
    buf_add_string(out, tmpl->error_fatal ? " fatal" : "");
    buf_add_byte(out, '\n');
    add_text(out, "  left", tmpl->left_delimiter);
    add_text(out, "  right", tmpl->right_delimiter);
    add_list(out, "  denylist", tmpl->denylist, tmpl->n_denylist);
    add_text(out, "  sandbox", tmpl->sandbox_path);
    add_wait(out, "  wait", &tmpl->wait);
}

static void add_config(struct buf *out, const struct config *config)
{
    add_consul(out, &config->consul);
    for (size_t i = 0; i < config->n_templates; i++)
        add_template(out, &config->templates[i]);
    add_wait(out, "wait", &config->wait);
    add_text(out, "left", config->default_left_delimiter);
    add_text(out, "right", config->default_right_delimiter);
    add_text(out, "log_level", log_level_name(config->log_level));
    if (config->has_log_format)
        add_number(out, "log_format", config->log_format);
    add_text(out, "pid_file", config->pid_file);
    add_text(out, "runtime_dir", config->runtime_dir);
    add_number(out, "reload_signal", (uint64_t)config->reload_signal);
    add_number(out, "kill_signal", (uint64_t)config->kill_signal);
    add_number(out, "ready_timeout", config->ready_timeout_ms);
    buf_add(out, buf_slice(&config->warnings));
}

static const char defaults[] = "address=127.0.0.1:8500\n"
                               "use_tls=0\n"
                               "verify_tls=1\n"
                               "tls_min=12\n"
                               "connections=120\n"
                               "max_stale=2000\n"
                               "query_wait=55000\n"
                               "retry_backoff=0\n"
                               "retry_max_backoff=0\n"
                               "retry_attempts=12\n"
                               "template in -> out\n"
                               "log_level=info\n"
                               "reload_signal=1\n"
                               "kill_signal=2\n"
                               "ready_timeout=30000\n";

/* The lines of a configuration that are not among the defaults. */
static void keep_unusual_lines(struct buf *text)
{
    char *raw = buf_take(text);
    struct slice rest = slice_from(raw), line;

    while (slice_next(&rest, '\n', &line)) {
        struct slice usual = slice_from(defaults), other;
        bool is_usual = line.len == 0;

        while (!is_usual && slice_next(&usual, '\n', &other))
            is_usual = slice_equal(line, other);
        if (!is_usual)
            buf_printf(text, "%.*s\n", SLICE_ARG(line));
    }
    free(raw);
}

/* ---- what is read ---- */

#define TEMPLATE "template: {source: in, destination: out}\n"
/* One more key of the template. */
#define WITH(more) "template: {source: in, destination: out, " more "}\n"

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

    { "wait", "wait: 5s\n" TEMPLATE, .want = "wait=5000:20000\n" },
    { "wait with both ends", "wait: '5s:10s'\n" TEMPLATE, .want = "wait=5000:10000\n" },
    { "wait as a mapping", "wait: {min: 5s}\n" TEMPLATE, .want = "wait=5000:20000\n" },
    { "wait as a full mapping", "wait: {min: 5s, max: 6s, enabled: true}\n" TEMPLATE,
      .want = "wait=5000:6000\n" },
    { "wait switched off", "wait: {enabled: false, min: 5s}\n" TEMPLATE, .want = "wait=0:0\n" },
    { "levels, files and signals",
      "log_level: DEBUG\nlog_format: json\npid_file: /p\nruntime_dir: /r\n"
      "reload_signal: usr1\nkill_signal: \"\"\nready_timeout: 1m30s\n"
      "default_left_delimiter: '[['\ndefault_right_delimiter: ']]'\n" TEMPLATE,
      .want = "left=[[\nright=]]\nlog_level=debug\nlog_format=1\npid_file=/p\n"
              "runtime_dir=/r\nreload_signal=10\nkill_signal=0\nready_timeout=90000\n" },
    { "no signal, as consul-template has it", "reload_signal: SIGNIL\n" TEMPLATE,
      .want = "reload_signal=0\n" },

    { "contents", "template: {contents: '{{ key \"a\" }}', destination: out}\n",
      .want = "template contents {{ key \"a\" }} -> out\n" },
    { "a command for the shell", WITH("command: a | b, command_timeout: 1m"),
      .want = "template in -> out sh [a | b] timeout=60000\n" },
    { "a command as words", WITH("command: [a, b c, 1]"),
      .want = "template in -> out exec [a] [b c] [1]\n" },
    { "no command", WITH("command: ' '"), .want = "" },
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
    { "the rest of a template",
      WITH("create_dest_dirs: false, backup: true, pass_token: true, error_on_missing_key: true, "
           "error_fatal: true, left_delimiter: '<<', right_delimiter: '>>', "
           "function_denylist: [env, file], sandbox_path: /s, wait: 1s"),
      .want = "template in -> out no-dirs backup pass-token missing-key fatal\n  left=<<\n"
              "  right=>>\n  denylist=env,file\n  sandbox=/s\n  wait=1000:4000\n" },
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
             "RUNTIME_DIRECTORY=/r1:/r2",
      .want = "address=c:1\ntoken=t\nauth=u:p\nuse_tls=1\nverify_tls=0\nca_file=/ca\n"
              "ca_path=/cas\nclient_cert=/c\nclient_key=/k\nserver_name=s\nnamespace=n\n"
              "partition=p\nruntime_dir=/r1\n" },
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

/* ---- --template ---- */

static const struct {
    const char *flag, *want;
} flag_cases[] = {
    { "in:out", "" },
    { "in:out:", "" },
    { "in:out:systemctl reload haproxy", "template in -> out sh [systemctl reload haproxy]\n" },
    { "in:out:curl http://x:80/", "template in -> out sh [curl http://x:80/]\n" },
    { "in:out:a:5s", "template in -> out sh [a]\n  wait=5000:20000\n" },
    { "in:out:a:5s:10s", "template in -> out sh [a]\n  wait=5000:10000\n" },
    { "in:out:a:b:5s:10s", "template in -> out sh [a:b]\n  wait=5000:10000\n" },
    { "in:out:a:1s:5s:10s", "template in -> out sh [a:1s]\n  wait=5000:10000\n" },
    { "in:out::5s", "  wait=5000:20000\n" },
    { "in:out:5s", "template in -> out sh [5s]\n" },
    { "in:out:a:80", "template in -> out sh [a:80]\n" },
    { "in:out:a:0", "template in -> out sh [a:0]\n" },
    { "in:out:a:80:5s", "template in -> out sh [a:80]\n  wait=5000:20000\n" },
    { "in:out:echo 10s", "template in -> out sh [echo 10s]\n" },
};

static void test_template_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(flag_cases); i++) {
        struct config_flags flags = make_flags(NULL, NULL, flag_cases[i].flag);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY, got = BUF_EMPTY;
        struct error err;

        print_message("%s\n", flag_cases[i].flag);
        assert_true(config_load(&flags, get_env, &config, &report, &err));
        add_config(&got, config);
        keep_unusual_lines(&got);
        assert_string_equal(buf_slice(&got).ptr, flag_cases[i].want);
        buf_fini(&got);
        config_flags_fini(&flags);
    }
}

static void test_dry_needs_no_destination(void **state)
{
    struct config_flags flags = make_flags(NULL, NULL, "in");
    CLEANUP(config_freep) struct config *config = NULL;
    struct buf report = BUF_EMPTY;
    struct error err;

    (void)state;
    assert_false(config_load(&flags, get_env, &config, &report, &err));
    assert_string_equal(report.ptr, "--template 'in': a template needs a 'destination'\n");
    buf_clear(&report);
    flags.is_dry = true;
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    assert_null(config->templates[0].delivery.files[0].destination);
    assert_string_equal(config->templates[0].delivery.name, "in");
    buf_fini(&report);
    config_flags_fini(&flags);
}

/* ---- mistakes ---- */

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
    { "a later version's keys", "syslog:\nsplay: {endpoints: 1s}\n" WITH("haproxy: "),
      .want = "a.yaml:1:1: 'syslog' is not available in this version\n"
              "     1 | syslog\n"
              "       | ^\n"
              "a.yaml:2:1: 'splay' is not available in this version\n"
              "     2 | splay\n"
              "       | ^\n"
              "a.yaml:3:42: 'haproxy' is not available in this version\n"
              "     3 | template: {source: in, destination: out, haproxy\n"
              "       |                                          ^\n" },
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
    { "one destination in a file and a flag", TEMPLATE, .tmpl = "b:./out",
      .want = "--template: two templates write './out'; the other one: a.yaml:1\n" },
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
      .want = "a.yaml:1:1: this is HCL, which this version does not read; write it as YAML "
              "('key: value') or JSON\n"
              "     1 | # the article's\n"
              "       | ^\n" },
    { "HCL that begins with a block", "/* x */ // y\ntemplate {\n  source = \"a\"\n}\n",
      .want = "a.yaml:1:1: this is HCL, which this version does not read; write it as YAML "
              "('key: value') or JSON\n"
              "     1 | /* x */ // y\n"
              "       | ^\n" },

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

static void expect_report(const struct config_flags *flags, const char *want)
{
    struct config *config = NULL;
    struct buf report = BUF_EMPTY, first = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (config_load(flags, get_env, &config, &report, &err))
        fail_msg("no mistake found");
    assert_null(config);
    without_folder(&report);
    assert_string_equal(report.ptr, want);
    buf_add_string(&first, err.text);
    without_folder(&first);
    buf_add_byte(&first, '\n');
    assert_true(slice_starts_with(slice_from(want), buf_slice(&first)));
    buf_fini(&first);
    buf_fini(&report);
}

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

/* ---- secrets ---- */

/* All of these are mistakes, and none may show "s3cret" anywhere. */
static const char *const leaks[] = {
    "consul: {token: [s3cret]}\n",
    "consul: {token: {a: s3cret}}\n",
    "consul:\n  token:\n    - s3cret\n",
    "consul: {tokn: s3cret}\n",
    "consul: {tokne: s3cret, foo: 1}\n",
    "consul: {token: s3cret, foo: 1}\n",
    "consul: {token: s3cret, tls_min: 9}\n",
    "consul: {tls_min: 9, token: \"s3cret\"}\n",
    "consul: {\"token\" : 's3cret', \"tls_min\": 9}\n",
    "consul: {\"token\":\n\"s3cret\", \"tls_min\": 9}\n",
    "consul: {auth: {username: u, password: [s3cret]}}\n",
    "consul: {auth: {username: u, pasword: s3cret}}\n",
    "consul: {auth: [s3cret]}\n",
    "consul: {auth: 'u:s3cret', bad: 1}\n",
    "consul:\n  token: \"s3cret\n",
    "consul:\n  token: \"s3cret\n  address: x\"\n  wrong: [\n",
    "consul:\n  token: |\n    s3cret\n   bad\n",
    "consul:\n  token: s3cret: x\n",
    "consul:\n  token: \"s3cret\\x01\"\n",
    "consul:\n  token: !x s3cret\n",
    "token: s3cret\n",
    "CONSUL_HTTP_TOKEN: s3cret\n",
    "consul: {address: 'http://u:s3cret@host'}\n",
    "consul {\n  token = \"s3cret\"\n}\n",
    "token = \"s3cret\"\n",
    "vault: {token: s3cret}\n",
    "s3cret\n",
    "- s3cret\n",
};

static void test_secrets_stay_secret(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(leaks); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);
        struct config *config = NULL;
        struct buf report = BUF_EMPTY;
        struct error err;

        print_message("%s", leaks[i]);
        write_file("a.yaml", slice_from(leaks[i]), 0600);
        assert_false(config_load(&flags, get_env, &config, &report, &err));
        assert_int_equal(slice_find(buf_slice(&report), SLICE("s3cret")), SLICE_NOT_FOUND);
        assert_int_equal(slice_find(slice_from(err.text), SLICE("s3cret")), SLICE_NOT_FOUND);
        buf_fini(&report);
        config_flags_fini(&flags);
    }
}

static void test_readable_secret(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };
    static const struct {
        const char *text;
        mode_t mode;
        const char *want;
    } rows[] = {
        { "consul: {token: x}\n" TEMPLATE, 0644,
          "'a.yaml': everybody can read this file, and it holds a secret (mode 0644)\n" },
        { "consul: {auth: 'a:b'}\n" TEMPLATE, 0604,
          "'a.yaml': everybody can read this file, and it holds a secret (mode 0604)\n" },
        { "consul: {token: x}\n" TEMPLATE, 0640, "" },
        { "consul: {token_file: x}\n" TEMPLATE, 0644, "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY;
        struct error err;

        write_file("a.yaml", slice_from(rows[i].text), rows[i].mode);
        assert_true(config_load(&flags, get_env, &config, &report, &err));
        without_folder(&config->warnings);
        assert_string_equal(buf_slice(&config->warnings).ptr, rows[i].want);
        config_flags_fini(&flags);
    }
}

static void test_long_token(void **state)
{
    struct buf token = BUF_EMPTY;

    (void)state;
    buf_add_repeated(&token, 'x', LIMIT_TOKEN_BYTES + 1);

    struct flag settings[MAX_FLAGS] = { { "--consul-token", "consul.token", token.ptr } };
    struct config_flags flags = make_flags(NULL, settings, "in:out");

    expect_report(&flags, "--consul-token: longer than 4096 bytes\n");
    config_flags_fini(&flags);
    buf_fini(&token);
}

/* ---- several files ---- */

static void test_later_file_wins(void **state)
{
    static const char *const files[] = { "a.yaml", "b.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, "in3:out3");
    CLEANUP(config_freep) struct config *config = NULL;
    struct buf report = BUF_EMPTY, got = BUF_EMPTY;
    struct error err;

    (void)state;
    write_file("a.yaml",
               slice_from("consul: {address: a, namespace: n, filters: {f: 1, g: 2}}\nwait: 1s\n"
                          "template: {source: in1, destination: out1}\n"),
               0600);
    write_file("b.yaml",
               slice_from("consul: {address: [b, c], filters: {g: 3}}\n"
                          "template: {source: in2, destination: out2}\n"),
               0600);
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    add_config(&got, config);
    keep_unusual_lines(&got);
    assert_string_equal(got.ptr, "address=b,c\nnamespace=n\nfilter f=1\nfilter g=3\n"
                                 "template in1 -> out1\ntemplate in2 -> out2\n"
                                 "template in3 -> out3\nwait=1000:4000\n");
    assert_int_equal(config->n_sources, 2);
    assert_ptr_equal(config->templates[1].pos.source, config->sources[1]);
    assert_int_equal(config->templates[1].pos.line, 2);
    buf_fini(&got);
    config_flags_fini(&flags);
    remove_file("b.yaml");
}

static void test_folder(void **state)
{
    static const char *const files[] = { "d/", NULL };
    static const char *const names[] = { "d/20.yaml", "d/10.json", "d/15/x", "d/.hidden",
                                         "d/9.yml~" };
    struct config_flags flags = make_flags(files, NULL, NULL);
    CLEANUP(config_freep) struct config *config = NULL;
    char *sub = in_folder("d"), *subsub = in_folder("d/15"), *link = in_folder("d/loop");
    struct buf report = BUF_EMPTY, got = BUF_EMPTY;
    struct error err;

    (void)state;
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(mkdir(subsub, 0700), 0);
    assert_int_equal(symlink(".", link), 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf text = BUF_EMPTY;

        buf_printf(&text, "template: {source: in, destination: %s}\n", names[i]);
        write_file(names[i], buf_slice(&text), 0600);
        buf_fini(&text);
    }
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    for (size_t i = 0; i < config->n_sources; i++)
        buf_printf(&got, "%s\n", config->sources[i]);
    without_folder(&got);
    assert_string_equal(got.ptr, "d/10.json\nd/15/x\nd/20.yaml\nd/9.yml~\n");
    assert_string_equal(config->templates[0].delivery.name, "d/10.json");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        remove_file(names[i]);
    remove_file("d/loop");
    remove_file("d/15");
    remove_file("d");
    free(sub);
    free(subsub);
    free(link);
    buf_fini(&got);
    config_flags_fini(&flags);
}

static void test_missing_file(void **state)
{
    static const char *const files[] = { "none.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);

    (void)state;
    expect_report(&flags, "--config: 'none.yaml': No such file or directory\n");
    config_flags_fini(&flags);
}

static void test_unreadable_files(void **state)
{
    static const char *const files[] = { "device", "large", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);
    char *device = in_folder("device");
    struct buf text = BUF_EMPTY;

    (void)state;
    assert_int_equal(symlink("/dev/null", device), 0);
    buf_add_repeated(&text, '#', LIMIT_CONFIG_BYTES + 1);
    write_file("large", buf_slice(&text), 0600);
    expect_report(&flags, "'device': is not a regular file\n"
                          "'large': larger than the limit of 4194304 bytes\n");
    remove_file("device");
    remove_file("large");
    buf_fini(&text);
    free(device);
    config_flags_fini(&flags);
}

static void test_hcl_by_name(void **state)
{
    static const char *const files[] = { "x.hcl", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);

    (void)state;
    write_file("x.hcl", slice_from("x"), 0600);
    expect_report(&flags, "x.hcl:1:1: this is HCL, which this version does not read; write it as "
                          "YAML ('key: value') or JSON\n"
                          "     1 | x\n"
                          "       | ^\n");
    remove_file("x.hcl");
    config_flags_fini(&flags);
}

/* ---- limits ---- */

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

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char *path = in_folder("a.yaml");

    (void)state;
    unlink(path);
    free(path);
    return rmdir(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_cases),      cmocka_unit_test(test_defaults_are_complete),
        cmocka_unit_test(test_template_flags),  cmocka_unit_test(test_dry_needs_no_destination),
        cmocka_unit_test(test_bad_cases),       cmocka_unit_test(test_secrets_stay_secret),
        cmocka_unit_test(test_readable_secret), cmocka_unit_test(test_long_token),
        cmocka_unit_test(test_later_file_wins), cmocka_unit_test(test_folder),
        cmocka_unit_test(test_missing_file),    cmocka_unit_test(test_hcl_by_name),
        cmocka_unit_test(test_many_mistakes),   cmocka_unit_test(test_too_many_templates),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
