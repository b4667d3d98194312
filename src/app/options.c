/* SPDX-License-Identifier: MIT */
/* All options. Those of consul-template's that are not served are listed, too: they are refused by
 * name. */
#include "options.h"

#include <assert.h>
#include <string.h>

#include "app/cli.h"

#define SETTING(key)      .kind = OPTION_SETTING, .text = (key)
#define BOOL_OF(key)      .kind = OPTION_SETTING_BOOL, .text = (key)
#define IN_CLI(member)    .at = offsetof(struct cli, member)
#define REFUSED(opt, why) .name = (opt), .kind = OPTION_REFUSED, .text = (why)

static const struct option render_options[] = {
    { "config", "PATH", .kind = OPTION_CONFIG,
      .help = "A configuration file, or a folder of them in lexical order; may be repeated, the "
              "later one wins." },
    { "template", "IN:OUT[:COMMAND[:WAIT]]", .kind = OPTION_TEMPLATE,
      .help = "Renders IN to OUT, runs COMMAND after a change, waits as with --wait; may be "
              "repeated." },
    { "once", .kind = OPTION_BOOL, IN_CLI(once), .help = "Renders everything once and ends." },
    { "data", "FILE", .kind = OPTION_TEXT, IN_CLI(data),
      .help = "Takes all answers from a file that the command record has written, or somebody by "
              "hand; Consul is not asked." },
    { "timeout", "DURATION", .kind = OPTION_DURATION, IN_CLI(timeout_ms),
      .help = "With --once: how long to wait for answers before giving up with exit status 3." },
    { "dry", .kind = OPTION_BOOL, IN_CLI(dry),
      .help = "Prints what it renders; writes no file and runs no command." },
    { "diff", .kind = OPTION_BOOL, IN_CLI(diff),
      .help = "With --dry: prints a diff against the present file." },
    { "lenient", .kind = OPTION_BOOL, IN_CLI(flags.is_lenient),
      .help = "Ignores sections of consul-template's configuration that are not served, with a "
              "warning." },
    { "parse-only", .kind = OPTION_CHECK, .help = "The same as the command check." },
    { "wait", "MIN[:MAX]", SETTING("wait"),
      .help = "How long answers must be quiet before a template is rendered, and how long it "
              "waits for that at most (default: four times MIN)." },
    { "default-left-delimiter", "TEXT", SETTING("default_left_delimiter"),
      .help = "What begins an action in templates (default: {{)." },
    { "default-right-delimiter", "TEXT", SETTING("default_right_delimiter"),
      .help = "What ends it (default: }})." },
};

static const struct option consul_options[] = {
    { "consul-addr", "ADDRESS", SETTING("consul.address"),
      .help = "host:port, http(s)://..., or unix:///path (default: 127.0.0.1:8500)." },
    { "consul-token", "TOKEN", SETTING("consul.token"),
      .help = "The ACL token. Others can see it in the list of processes; better use a file." },
    { "consul-token-file", "PATH", SETTING("consul.token_file"),
      .help = "A file that holds the token." },
    { "consul-auth", "USER[:PASSWORD]", SETTING("consul.auth"),
      .help = "HTTP basic authentication." },
    { "consul-namespace", "NAME", SETTING("consul.namespace"),
      .help = "The namespace where a question names none." },
    { "consul-ssl", BOOL_OF("consul.ssl.enabled"),
      .help = "Uses TLS for addresses without a scheme." },
    { "consul-ssl-ca-cert", "PATH", SETTING("consul.ssl.ca_cert"),
      .help = "The certificates that Consul's is checked against." },
    { "consul-ssl-ca-path", "PATH", SETTING("consul.ssl.ca_path"),
      .help = "A folder of such certificates." },
    { "consul-ssl-cert", "PATH", SETTING("consul.ssl.cert"), .help = "Our own certificate." },
    { "consul-ssl-key", "PATH", SETTING("consul.ssl.key"), .help = "Its key." },
    { "consul-ssl-server-name", "NAME", SETTING("consul.ssl.server_name"),
      .help = "The name that Consul's certificate must have." },
    { "consul-ssl-verify", BOOL_OF("consul.ssl.verify"),
      .help = "Checks Consul's certificate (default: true)." },
    { "consul-retry", BOOL_OF("consul.retry.enabled"),
      .help = "With --once: asks again after an error (default: true). Without --once it always "
              "does." },
    { "consul-retry-attempts", "NUMBER", SETTING("consul.retry.attempts"),
      .help = "With --once: attempts before giving up (default: 12; 0: no end)." },
    { "consul-retry-backoff", "DURATION", SETTING("consul.retry.backoff"),
      .help = "The first pause after an error; each further one is twice as long." },
    { "consul-retry-max-backoff", "DURATION", SETTING("consul.retry.max_backoff"),
      .help = "The longest pause." },
    { "max-stale", "DURATION", SETTING("max_stale"),
      .help = "How old an answer of a Consul server may be that is not the leader (default: 2s; "
              "0: ask the leader)." },
    { "block-query-wait", "DURATION", SETTING("block_query_wait"),
      .help = "How long Consul holds a question while nothing changes (default: 55s)." },
};

static const struct option exec_options[] = {
    { "exec", "COMMAND", SETTING("exec.command"),
      .help =
          "Starts COMMAND when everything is in place, reloads it after changes, passes signals "
          "on to it, and ends with it." },
    { "exec-reload-signal", "SIGNAL", SETTING("exec.reload_signal"),
      .help = "What tells it to reload (default: none; it is started anew)." },
    { "exec-kill-signal", "SIGNAL", SETTING("exec.kill_signal"),
      .help = "What tells it to end (default: SIGINT)." },
    { "exec-kill-timeout", "DURATION", SETTING("exec.kill_timeout"),
      .help = "How long it may take to end before it is killed (default: 30s)." },
    { "exec-splay", "DURATION", SETTING("exec.splay"),
      .help = "Reloads wait for a random part of it (default: 0s)." },
};

static const struct option process_options[] = {
    { "log-level", "LEVEL", SETTING("log_level"),
      .help = "trace, debug, info, warn or err (default: info)." },
    { "log-format", "FORMAT", SETTING("log_format"),
      .help = "text, json or journal (default: journal below systemd, else text)." },
    { "syslog", BOOL_OF("syslog.enabled"), .help = "Logs to syslog instead of standard error." },
    { "syslog-facility", "FACILITY", SETTING("syslog.facility"),
      .help = "DAEMON, LOCAL0 to LOCAL7 and so on (default: LOCAL0); logs to syslog." },
    { "syslog-name", "NAME", SETTING("syslog.name"),
      .help = "What its lines are filed under (default: edgewright); logs to syslog." },
    { "pid-file", "PATH", SETTING("pid_file"), .help = "Where to write the process id." },
    { "reload-signal", "SIGNAL", SETTING("reload_signal"),
      .help = "Reads configuration and templates again (default: SIGHUP; \"\": none)." },
    { "kill-signal", "SIGNAL", SETTING("kill_signal"),
      .help = "Stops gracefully, as SIGTERM does (default: SIGINT; \"\": none)." },
    { "runtime-dir", "PATH", SETTING("runtime_dir"),
      .help = "A folder for what is to be seen while it runs (default: $RUNTIME_DIRECTORY)." },
    { "state-dir", "PATH", SETTING("state_dir"),
      .help = "A folder for what is to outlive the process (default: $STATE_DIRECTORY)." },
    { "template-error-fatal", BOOL_OF("template_error_fatal"),
      .help = "Is taken and has no effect: an error in a template ends --once, never the daemon." },
    { "version", .short_name = "v", .kind = OPTION_BOOL, IN_CLI(is_version),
      .help = "Prints the version." },
    { "help", .short_name = "h", .kind = OPTION_BOOL, IN_CLI(is_help),
      .help = "Prints this text." },
};

static const struct option status_options[] = {
    { "json", .kind = OPTION_BOOL, IN_CLI(status.is_json), .help = "The whole status file." },
    { "prometheus", .kind = OPTION_BOOL, IN_CLI(status.is_prometheus),
      .help = "Metrics in Prometheus' text form." },
    { "watch", .kind = OPTION_BOOL, IN_CLI(status.is_watching),
      .help = "Shows it again every second." },
    { "max-age", "DURATION", .kind = OPTION_DURATION, IN_CLI(status.max_age_ms),
      .help = "Exit status 1 only if Consul's answers are older than that; at least 2m makes "
              "sense, because a question may stay open that long while nothing changes." },
};

static const struct option other_options[] = {
    { REFUSED("auth", "it is called --consul-auth by now") },
    { REFUSED("consul", "it is called --consul-addr by now") },
    { REFUSED("consul-transport-",
              "connections are few and kept; 'consul.connections' says how many") },
    { REFUSED("dedup", "every daemon asks Consul itself") },
    { REFUSED("err-on-failed-lookup", "a template waits until all its answers are there") },
    { REFUSED("log-file", "logs go to standard error") },
    { REFUSED("log-rotate-", "logs go to standard error") },
    { REFUSED("nomad-", "answers come from Consul alone") },
    { REFUSED("retry", "it is called --consul-retry-backoff by now") },
    { REFUSED("ssl", "it is called --consul-ssl by now") },
    { REFUSED("token", "it is called --consul-token by now") },
    { REFUSED("vault-", "answers come from Consul alone") },
};

const struct option_group option_groups[] = {
    { "What to render, and when", render_options, ARRAY_SIZE(render_options) },
    { "Consul", consul_options, ARRAY_SIZE(consul_options) },
    { "A program in the foreground", exec_options, ARRAY_SIZE(exec_options) },
    { "The process", process_options, ARRAY_SIZE(process_options) },
    { "Of the command status", status_options, ARRAY_SIZE(status_options) },
    { NULL, other_options, ARRAY_SIZE(other_options) },
};
const size_t n_option_groups = ARRAY_SIZE(option_groups);

bool option_is_served(const struct option *option)
{
    return option->kind != OPTION_REFUSED;
}

static bool option_matches(const struct option *option, struct slice name)
{
    struct slice own = slice_from(option->name);

    if (!option_is_served(option) && slice_ends_with(own, SLICE("-")))
        return slice_starts_with(name, own);
    return slice_equal(name, own) || (option->short_name && slice_is(name, option->short_name));
}

const struct option *option_find(struct slice name)
{
    for (size_t i = 0; i < n_option_groups; i++) {
        for (size_t j = 0; j < option_groups[i].n_options; j++) {
            if (option_matches(&option_groups[i].options[j], name))
                return &option_groups[i].options[j];
        }
    }
    return NULL;
}

#define MAX_SERVED_OPTIONS 128

const char *option_nearest(struct slice name)
{
    const char *names[MAX_SERVED_OPTIONS];
    size_t n = 0;

    for (size_t i = 0; i < n_option_groups; i++) {
        for (size_t j = 0; j < option_groups[i].n_options; j++) {
            if (!option_is_served(&option_groups[i].options[j]))
                continue;
            assert(n < MAX_SERVED_OPTIONS);
            names[n++] = option_groups[i].options[j].name;
        }
    }
    return slice_nearest(name, names, n);
}
