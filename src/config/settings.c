/* SPDX-License-Identifier: MIT */
/* The table of all settings. Those of consul-template's that are not served stand here, too, so
 * that they are refused by name. */
#include "base/limits.h"
#include "compound.h"
#include "guard.h"
#include "haproxy.h"
#include "process.h"
#include "schema.h"
#include "setting.h"
#include "templates.h"
#include "transaction.h"
#include "value.h"

/* Where a value goes, and a list's length. */
#define IN_DRAFT(member)          .at = offsetof(struct draft, member)
#define IN_CONFIG(member)         .at = offsetof(struct draft, config.member)
#define IN_CONFIG_N(member)       .n_at = offsetof(struct draft, config.member)
#define IN_CONSUL(member)         .at = offsetof(struct draft, config.consul.member)
#define IN_CONSUL_N(member)       .n_at = offsetof(struct draft, config.consul.member)
#define IN_TEMPLATE(member)       .at = offsetof(struct template_draft, config.member)
#define IN_TEMPLATE_N(member)     .n_at = offsetof(struct template_draft, config.member)
#define IN_TEMPLATE_FILE(member)  .at = offsetof(struct template_draft, file.member)
#define IN_TEMPLATE_RUN(member)   .at = offsetof(struct template_draft, command.member)
#define IN_HAPROXY(member)        .at = offsetof(struct template_draft, haproxy.member)
#define IN_TEMPLATE_DRAFT(member) .at = offsetof(struct template_draft, member)
#define IN_WAIT(member)           .at = offsetof(struct wait_draft, member)
#define FROM(member)              .from_at = offsetof(struct draft, member)
#define ROWS(table)               .rows = (table), .n_rows = ARRAY_SIZE(table)

#define REFUSED(key, why) .name = (key), .read = read_refused, .note = (why)
#define IGNORED(key, why) .name = (key), .read = read_ignored, .note = (why)

/* What Consul's command line takes, and a socket: host:port, http://…, https://…, unix://… */
static const char *check_address(struct slice text)
{
    static const struct slice schemes[] = { SLICE("http"), SLICE("https"), SLICE("unix") };
    size_t at = slice_find(text, SLICE("://"));

    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return "an address contains no spaces or control characters";
    }
    if (at == SLICE_NOT_FOUND)
        return NULL;
    if (at + 3 == text.len)
        return "an address is missing behind '://'";
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        if (slice_equal(slice_sub(text, 0, at), schemes[i]))
            return i < 2 && slice_find_byte(text, '@') != SLICE_NOT_FOUND
                       ? "user and password belong into 'auth'"
                       : NULL;
    }
    return "expected host:port, http://..., https://... or unix://...";
}

static const char *check_user(struct slice text)
{
    return slice_find_byte(text, ':') == SLICE_NOT_FOUND ? NULL : "it cannot contain a ':'";
}

static const struct setting wait_rows[] = {
    { "enabled", read_bool, IN_WAIT(is_enabled) },
    { "min", read_duration, IN_WAIT(min_ms) },
    { "max", read_duration, IN_WAIT(max_ms) },
};

static const struct setting splay_rows[] = {
    { "endpoints", read_duration, IN_CONFIG(splay.endpoints_ms), .initial = "0s" },
    { "structure", read_duration, IN_CONFIG(splay.structure_ms), .initial = "0s" },
};

static const struct setting auth_rows[] = {
    { "enabled", read_bool, IN_DRAFT(auth_enabled), .initial = "true" },
    { "username", read_secret, IN_DRAFT(auth_user), .check = check_user },
    { "password", read_secret, IN_DRAFT(auth_password), .is_secret = true, FROM(password_from) },
};

#define TLS_DETAIL FROM(tls_detail_from)

static const struct setting ssl_rows[] = {
    { "enabled", read_bool, IN_DRAFT(tls_enabled), FROM(tls_from), .env = "CONSUL_HTTP_SSL" },
    { "verify", read_bool, IN_CONSUL(verify_tls), TLS_DETAIL, .initial = "true",
      .env = "CONSUL_HTTP_SSL_VERIFY" },
    { "ca_cert", read_string, IN_CONSUL(ca_file), TLS_DETAIL, .env = "CONSUL_CACERT" },
    { "ca_path", read_string, IN_CONSUL(ca_path), TLS_DETAIL, .env = "CONSUL_CAPATH" },
    { "cert", read_string, IN_CONSUL(client_cert), TLS_DETAIL, .env = "CONSUL_CLIENT_CERT" },
    { "key", read_string, IN_CONSUL(client_key), TLS_DETAIL, .env = "CONSUL_CLIENT_KEY" },
    { "server_name", read_string, IN_CONSUL(server_name), TLS_DETAIL,
      .env = "CONSUL_TLS_SERVER_NAME" },
};

static const struct setting retry_rows[] = {
    { "enabled", read_bool, IN_DRAFT(retry_enabled), .initial = "true" },
    { "attempts", read_attempts, IN_CONSUL(retry_attempts), .initial = "12", .max = 1000000 },
    { "backoff", read_duration, IN_CONSUL(retry_backoff_ms) },
    { "max_backoff", read_duration, IN_CONSUL(retry_max_backoff_ms) },
};

static const struct setting consul_rows[] = {
    { "address", read_strings, IN_CONSUL(addresses), IN_CONSUL_N(n_addresses),
      .initial = "127.0.0.1:8500", .env = "CONSUL_HTTP_ADDR", .check = check_address },
    { "token", read_secret, IN_CONSUL(token), .is_secret = true,
      .env = "CONSUL_TOKEN CONSUL_HTTP_TOKEN", FROM(token_from) },
    { "token_file", read_string, IN_CONSUL(token_file), .env = "CONSUL_HTTP_TOKEN_FILE",
      FROM(token_file_from) },
    { "auth", read_credentials, ROWS(auth_rows), .is_secret = true, .env = "CONSUL_HTTP_AUTH",
      FROM(password_from) },
    { "ssl", read_section, ROWS(ssl_rows), .short_form = "enabled" },
    { "retry", read_section, ROWS(retry_rows), .short_form = "enabled" },
    { "namespace", read_string, IN_CONSUL(namespace_name), .env = "CONSUL_NAMESPACE" },
    { "partition", read_string, IN_CONSUL(partition), .env = "CONSUL_PARTITION" },
    { "tls_min", read_tls_version, IN_CONSUL(tls_min), .initial = "1.2" },
    { "connections", read_number, IN_CONSUL(connections), .initial = "120", .min = 12,
      .max = 10000 },
    { "recovery_ramp", read_duration, IN_CONSUL(recovery_ramp_ms), .initial = "10s",
      .max = 600000 },
    { "settle", read_duration, IN_CONSUL(settle_ms), .initial = "15s", .max = 60000 },
    { "cached", read_bool, IN_CONSUL(is_cached) },
    { "filters", read_filters, IN_CONSUL(filters), IN_CONSUL_N(n_filters) },
    /* Those that may be missing: without a first answer for 10 s their questions count as empty. */
    { "optional_datacenters", read_strings, IN_CONSUL(optional_datacenters),
      IN_CONSUL_N(n_optional_datacenters) },

    { IGNORED("transport", "connections are few and kept; 'connections' says how many") },
    { REFUSED("rate_limit", "questions are paced by how often their answers change") },
};

static const struct setting syslog_rows[] = {
    { "enabled", read_bool, IN_DRAFT(syslog_enabled), FROM(syslog_from) },
    { "facility", read_facility, IN_CONFIG(syslog.facility), FROM(syslog_detail_from),
      .initial = "LOCAL0" },
    { "name", read_string, IN_CONFIG(syslog.name), FROM(syslog_detail_from),
      .initial = "edgewright" },
};

/* What of the environment a process sees. The lists have their older names, too. */
#define LIST_OF(type, member, list) \
    .at = offsetof(type, member.list), .n_at = offsetof(type, member.n_##list)
#define ENVIRONMENT_ROWS(type, member)                                   \
    { "pristine", read_bool, .at = offsetof(type, member.is_pristine) }, \
        { "custom", read_assignments, LIST_OF(type, member, custom) },   \
        { "allowlist", read_strings, LIST_OF(type, member, allowed) },   \
        { "whitelist", read_strings, LIST_OF(type, member, allowed) },   \
        { "denylist", read_strings, LIST_OF(type, member, denied) },     \
    {                                                                    \
        "blacklist", read_strings, LIST_OF(type, member, denied)         \
    }

static const struct setting exec_env_rows[] = {
    ENVIRONMENT_ROWS(struct draft, config.exec.environment),
};

static const struct setting template_env_rows[] = {
    ENVIRONMENT_ROWS(struct template_draft, command.manner.environment),
};

/* Exec mode: a program that is started when everything is in place. Without a reload_signal it is
 * started anew at each change. */
static const struct setting root_exec_rows[] = {
    { "command", read_command, IN_CONFIG(exec.command) },
    { "enabled", read_bool, IN_DRAFT(exec_enabled), .initial = "true" },
    { "env", read_section, ROWS(exec_env_rows) },
    { "reload_signal", read_signal, IN_CONFIG(exec.reload_signal) },
    { "kill_signal", read_signal, IN_CONFIG(exec.kill_signal), .initial = "SIGINT" },
    { "kill_timeout", read_duration, IN_CONFIG(exec.kill_timeout_ms), .initial = "30s" },
    { "splay", read_duration, IN_CONFIG(exec.splay_ms) },
};

static const struct setting root_rows[] = {
    { "consul", read_section, ROWS(consul_rows), .short_form = "address" },
    { .name = "template", .read = read_templates, .adds_up = true },
    { "max_stale", read_duration, IN_CONSUL(max_stale_ms), .initial = "2s" },
    /* Without it: 55 s, and 5 minutes where blocking queries share connections (HTTP/2). */
    { "block_query_wait", read_duration, IN_CONSUL(wait_ms), .min = 1000, .max = 600000 },
    { "wait", read_wait, IN_CONFIG(wait), ROWS(wait_rows) },
    /* Each machine waits for its own part of it, always the same one, before what was installed is
     * taken up: by HAProxy itself (endpoints), by commands (structure). */
    { "splay", read_section, ROWS(splay_rows), .short_form = "structure" },
    { "log_level", read_log_level, IN_CONFIG(log_level), .initial = "info",
      .env = "CT_LOG CONSUL_TEMPLATE_LOG" },
    { .name = "log_format", .read = read_log_format },
    { "once", read_bool, IN_CONFIG(is_once) },
    { "syslog", read_section, ROWS(syslog_rows), .short_form = "enabled" },
    { "exec", read_section, ROWS(root_exec_rows), .short_form = "command" },
    { "template_error_fatal", read_bool, IN_DRAFT(has_fatal_errors) },
    { "pid_file", read_string, IN_CONFIG(pid_file) },
    { "reload_signal", read_signal, IN_CONFIG(reload_signal), .initial = "SIGHUP" },
    { "kill_signal", read_signal, IN_CONFIG(kill_signal), .initial = "SIGINT" },
    { "default_left_delimiter", read_string, IN_CONFIG(default_left_delimiter) },
    { "default_right_delimiter", read_string, IN_CONFIG(default_right_delimiter) },
    { "runtime_dir", read_directory, IN_CONFIG(runtime_dir), .env = "RUNTIME_DIRECTORY" },
    { "state_dir", read_directory, IN_CONFIG(state_dir), .env = "STATE_DIRECTORY" },
    { "metrics_file", read_string, IN_CONFIG(metrics_file) },
    { "public_keys", read_strings, IN_CONFIG(public_keys),
      .n_at = offsetof(struct draft, config.n_public_keys) },
    { "snapshot_max_age", read_duration, IN_CONFIG(snapshot_max_age_ms), .initial = "24h" },
    { "ready_timeout", read_duration, IN_CONFIG(ready_timeout_ms), .initial = "30s" },

    { REFUSED("deduplicate", "every daemon asks Consul itself") },
    { REFUSED("err_on_failed_lookup", "a template waits until all its answers are there") },
    { REFUSED("log_file", "logs go to standard error") },
    { REFUSED("nomad", "answers come from Consul alone") },
    { REFUSED("telemetry", "it is a part of consul-template's own") },
    { REFUSED("vault", "answers come from Consul alone") },
};

static const struct setting exec_rows[] = {
    { "command", read_command, IN_TEMPLATE_RUN(command) },
    { "timeout", read_duration, IN_TEMPLATE_RUN(timeout_ms) },
    { "enabled", read_bool, IN_TEMPLATE_DRAFT(is_run_enabled), .initial = "true" },
    { "env", read_section, ROWS(template_env_rows) },
    { "kill_signal", read_signal, IN_TEMPLATE_RUN(manner.kill_signal), .initial = "SIGTERM" },
    { "kill_timeout", read_duration, IN_TEMPLATE_RUN(manner.kill_timeout_ms), .initial = "5s" },
    { IGNORED("reload_signal", "a template's command is run anew after each change") },
    { IGNORED("splay", "nothing but the end of a command that has timed out would wait for it") },
};

static const struct setting guard_rows[] = {
    { "min_instances", read_guard_member, IN_TEMPLATE(guard) },
    { "max_shrink", read_guard_member, IN_TEMPLATE(guard) },
    { "hold", read_guard_member, IN_TEMPLATE(guard) },
};

/* HAProxy reads the file: it is checked, and taken up over HAProxy's socket where that is enough.
 */
static const struct setting haproxy_rows[] = {
    /* Where it takes commands: `stats socket PATH level admin` in its `global` section. */
    { "socket", read_string, IN_HAPROXY(socket), .initial = "/run/haproxy/admin.sock" },
    /* Where its master does (`haproxy -S PATH`); without one the command reloads. */
    { "master_socket", read_string, IN_HAPROXY(master_socket),
      .initial = "/run/haproxy-master.sock" },
    /* All files that it reads, in its order, if there are more than this one. */
    { "config", read_strings, IN_HAPROXY(files),
      .n_at = offsetof(struct template_draft, haproxy.n_files) },
    { "binary", read_string, IN_HAPROXY(binary), .initial = "haproxy" },
    /* Reloads come over D-Bus, of this unit. */
    { "reload_unit", read_string, IN_HAPROXY(reload_unit) },
    { "updates", read_updates, IN_HAPROXY(is_reload_only), .initial = "auto" },
    /* How long what leaves and is still registered may finish its requests. */
    { "drain", read_duration, IN_HAPROXY(drain_ms), .initial = "0s", .max = 86400000 },
    /* How long what left stays known to HAProxy: of a server deleted too early some versions have
     * used the memory. */
    { "grace", read_duration, IN_HAPROXY(grace_ms), .initial = "30s", .max = 86400000 },
    { "unique_names", read_bool, IN_HAPROXY(has_unique_names), .initial = "true" },
};

static const struct setting template_rows[] = {
    { "source", read_string, IN_TEMPLATE(source) },
    { "contents", read_string, IN_TEMPLATE(contents) },
    { "destination", read_string, IN_TEMPLATE_FILE(destination) },
    { "create_dest_dirs", read_bool, IN_TEMPLATE_FILE(create_dest_dirs), .initial = "true" },
    { "command", read_command, IN_TEMPLATE_RUN(command) },
    { "command_timeout", read_duration, IN_TEMPLATE_RUN(timeout_ms), .initial = "30s" },
    { "exec", read_section, ROWS(exec_rows) },
    { "check", read_command, IN_TEMPLATE_FILE(check) },
    { "perms", read_perms, IN_TEMPLATE_FILE(perms), .initial = "0" },
    { "user", read_string, IN_TEMPLATE_FILE(user) },
    { "uid", read_string, IN_TEMPLATE_FILE(user) },
    { "group", read_string, IN_TEMPLATE_DRAFT(group) },
    { "gid", read_string, IN_TEMPLATE_FILE(group) },
    /* in-place: into a file that is mounted by itself and cannot be replaced. */
    { "write", read_write, IN_TEMPLATE_FILE(is_in_place), .initial = "rename" },
    { "backup", read_bool, IN_TEMPLATE_FILE(backup) },
    { "left_delimiter", read_string, IN_TEMPLATE(left_delimiter) },
    { "right_delimiter", read_string, IN_TEMPLATE(right_delimiter) },
    { "error_on_missing_key", read_bool, IN_TEMPLATE(error_on_missing_key) },
    { "error_fatal", read_bool, IN_TEMPLATE(error_fatal) },
    { "wait", read_wait, IN_TEMPLATE(wait), ROWS(wait_rows) },
    { "function_denylist", read_strings, IN_TEMPLATE(denylist), IN_TEMPLATE_N(n_denylist) },
    { "function_blacklist", read_strings, IN_TEMPLATE(denylist), IN_TEMPLATE_N(n_denylist) },
    { "sandbox_path", read_string, IN_TEMPLATE(sandbox_path) },
    /* Generations that were taken up, in state_dir: what there is to go back to. */
    { "keep", read_number, IN_TEMPLATE(delivery.keep), .initial = "3", .min = 1, .max = 100 },
    /* After a command that ran and failed: true: the last good texts again, once for each text;
     * auto: only where HAProxy itself says that it refused them. */
    { "rollback", read_rollback, IN_TEMPLATE(delivery.rollback), .initial = "auto" },
    { "pass_token", read_bool, IN_TEMPLATE_RUN(pass_token) },
    { "guard", read_guard, IN_TEMPLATE(guard), ROWS(guard_rows) },
    /* lines: a text of the catalogue cannot add a line; haproxy: not even a word; off: it can. */
    { "escape", read_escape, IN_TEMPLATE(escape), .initial = "lines" },
    /* One input that is refused is left out, instead of keeping all others out. */
    { "quarantine", read_bool, IN_TEMPLATE(quarantine), .initial = "true" },
    { "haproxy", read_haproxy, IN_TEMPLATE_DRAFT(has_haproxy), ROWS(haproxy_rows),
      .counts_empty = true },
    /* Files of others, as certificates: a change of one is checked and taken up as one of ours. */
    { "watch_files", read_strings, IN_TEMPLATE(delivery.watch_files),
      IN_TEMPLATE_N(delivery.n_watch_files) },
};

const struct setting setting_root = { "", read_section, ROWS(root_rows) };
const struct setting setting_template = { "template", read_section, ROWS(template_rows) };
