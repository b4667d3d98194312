/* SPDX-License-Identifier: MIT */
/* A configuration as text, a line for each setting. */
#pragma once

#include <stdlib.h>

#include "config/config.h"
#include "io/file.h"
#include "unit.h"

static inline void add_text(struct buf *out, const char *name, const char *text)
{
    if (text)
        buf_printf(out, "%s=%s\n", name, text);
}

static inline void add_list(struct buf *out, const char *name, char *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s%s", i ? "," : name, i ? "" : "=", items[i]);
    buf_add_string(out, n ? "\n" : "");
}

static inline void add_wait(struct buf *out, const char *name, const struct wait_options *wait)
{
    if (wait->is_set)
        buf_printf(out, "%s=%llu:%llu\n", name, (unsigned long long)wait->min_ms,
                   (unsigned long long)wait->max_ms);
}

static inline void add_number(struct buf *out, const char *name, uint64_t number)
{
    buf_printf(out, "%s=%llu\n", name, (unsigned long long)number);
}

static inline void add_consul(struct buf *out, const struct consul_options *consul)
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
    for (size_t i = 0; i < consul->n_optional_datacenters; i++)
        buf_printf(out, "optional=%s\n", consul->optional_datacenters[i]);
    for (size_t i = 0; i < consul->n_filters; i++)
        buf_printf(out, "filter %s=%s\n", consul->filters[i].name, consul->filters[i].expression);
}

static inline void add_file(struct buf *out, const struct delivery_file *file)
{
    buf_printf(out, " -> %s", file->destination ? file->destination : "(none)");
    if (file->perms != FILE_KEEP_MODE)
        buf_printf(out, " %04o", (unsigned)file->perms);
    if (file->user || file->group)
        buf_printf(out, " %s:%s", file->user ? file->user : "", file->group ? file->group : "");
    buf_add_string(out, file->create_dest_dirs ? "" : " no-dirs");
    buf_add_string(out, file->backup ? " backup" : "");
    buf_add_string(out, file->is_in_place ? " in-place" : "");
}

static inline void add_environment(struct buf *out, const struct environment_options *env)
{
    buf_add_string(out, env->is_pristine ? "pristine\n" : "");
    add_list(out, "custom", env->custom, env->n_custom);
    add_list(out, "allowed", env->allowed, env->n_allowed);
    add_list(out, "denied", env->denied, env->n_denied);
}

static inline void add_command(struct buf *out, const struct delivery_command *run)
{
    buf_add_string(out, run->command.is_shell ? " sh" : " exec");
    for (size_t i = 0; i < run->command.n_words; i++)
        buf_printf(out, " [%s]", run->command.words[i]);
    if (run->timeout_ms != 30000)
        buf_printf(out, " timeout=%llu", (unsigned long long)run->timeout_ms);
    if (run->manner.kill_signal != 15 || run->manner.kill_timeout_ms != 5000)
        buf_printf(out, " kill=%d:%llu", run->manner.kill_signal,
                   (unsigned long long)run->manner.kill_timeout_ms);
    buf_add_string(out, run->pass_token ? " pass-token" : "");
}

static inline void add_haproxy(struct buf *out, const struct haproxy_options *haproxy)
{
    buf_printf(out, "  haproxy=%s %s %s %s %s %llu %llu%s\n", haproxy->socket,
               haproxy->master_socket ? haproxy->master_socket : "-", haproxy->binary,
               haproxy->reload_unit ? haproxy->reload_unit : "-",
               haproxy->is_reload_only ? "reload-only" : "auto",
               (unsigned long long)haproxy->drain_ms, (unsigned long long)haproxy->grace_ms,
               haproxy->has_unique_names ? " unique" : "");
    add_list(out, "  haproxy files", haproxy->files, haproxy->n_files);
}

static inline void add_template(struct buf *out, const struct template_config *tmpl)
{
    const struct delivery_options *delivery = &tmpl->delivery;

    assert_int_equal(delivery->n_files, 1);
    buf_printf(out, "template %s%s", tmpl->source ? "" : "contents ",
               tmpl->source ? tmpl->source : tmpl->contents);
    add_file(out, &delivery->files[0]);
    if (delivery->n_commands)
        add_command(out, &delivery->commands[0]);
    for (size_t i = 0; i < delivery->files[0].check.n_words; i++)
        buf_printf(out, "%s [%s]", i ? "" : " check", delivery->files[0].check.words[i]);
    buf_add_string(out, tmpl->error_on_missing_key ? " missing-key" : "");
    buf_add_string(out, tmpl->error_fatal ? " fatal" : "");
    buf_add_byte(out, '\n');
    if (delivery->n_commands)
        add_environment(out, &delivery->commands[0].manner.environment);
    add_text(out, "  transaction", tmpl->transaction);
    if (delivery->keep != 3)
        add_number(out, "  keep", delivery->keep);
    if (delivery->rollback != DELIVERY_ROLLBACK_AUTO)
        add_number(out, "  rollback", delivery->rollback == DELIVERY_ROLLBACK_ALWAYS);
    if (delivery->haproxy)
        add_haproxy(out, delivery->haproxy);
    add_text(out, "  left", tmpl->left_delimiter);
    add_text(out, "  right", tmpl->right_delimiter);
    add_list(out, "  watch_files", delivery->watch_files, delivery->n_watch_files);
    add_list(out, "  denylist", tmpl->denylist, tmpl->n_denylist);
    add_text(out, "  sandbox", tmpl->sandbox_path);
    buf_add_string(out, tmpl->quarantine ? "" : "  quarantine=off\n");
    if (tmpl->escape != ESCAPE_LINES)
        add_text(out, "  escape", tmpl->escape == ESCAPE_OFF ? "off" : "haproxy");
    add_wait(out, "  wait", &tmpl->wait);
    if (tmpl->guard.is_on)
        buf_printf(out, "  guard=%zu %zu%% %llums\n", tmpl->guard.min_instances,
                   tmpl->guard.max_shrink, (unsigned long long)tmpl->guard.hold_ms);
    else if (tmpl->guard.is_set)
        buf_add_string(out, "  guard=off\n");
}

static inline void add_exec(struct buf *out, const struct exec_options *exec)
{
    const struct environment_options *env = &exec->environment;

    if (exec->command.n_words == 0)
        return;
    buf_add_string(out, "exec");
    for (size_t i = 0; i < exec->command.n_words; i++)
        buf_printf(out, " [%s]", exec->command.words[i]);
    buf_printf(out, " %d %d %llu %llu\n", exec->reload_signal, exec->kill_signal,
               (unsigned long long)exec->kill_timeout_ms, (unsigned long long)exec->splay_ms);
    add_environment(out, env);
}

static inline void add_config(struct buf *out, const struct config *config)
{
    add_consul(out, &config->consul);
    for (size_t i = 0; i < config->n_templates; i++)
        add_template(out, &config->templates[i]);
    add_wait(out, "wait", &config->wait);
    if (config->splay.endpoints_ms || config->splay.structure_ms)
        buf_printf(out, "splay=%llu:%llu\n", (unsigned long long)config->splay.endpoints_ms,
                   (unsigned long long)config->splay.structure_ms);
    add_text(out, "left", config->default_left_delimiter);
    add_text(out, "right", config->default_right_delimiter);
    add_text(out, "log_level", log_level_name(config->log_level));
    if (config->has_log_format)
        add_number(out, "log_format", config->log_format);
    if (config->is_once)
        buf_add_string(out, "once\n");
    if (config->syslog.is_enabled)
        buf_printf(out, "syslog=%s %d\n", config->syslog.name, config->syslog.facility);
    add_exec(out, &config->exec);
    add_text(out, "pid_file", config->pid_file);
    add_text(out, "runtime_dir", config->runtime_dir);
    add_text(out, "state_dir", config->state_dir);
    add_number(out, "reload_signal", (uint64_t)config->reload_signal);
    add_number(out, "kill_signal", (uint64_t)config->kill_signal);
    add_list(out, "public_keys", config->public_keys, config->n_public_keys);
    if (config->snapshot_max_age_ms != UINT64_C(86400000))
        add_number(out, "snapshot_max_age", config->snapshot_max_age_ms);
    add_number(out, "ready_timeout", config->ready_timeout_ms);
    buf_add(out, buf_slice(&config->notes));
    buf_add(out, buf_slice(&config->warnings));
}

static const char defaults[] = "address=127.0.0.1:8500\n"
                               "use_tls=0\n"
                               "verify_tls=1\n"
                               "tls_min=12\n"
                               "connections=120\n"
                               "max_stale=2000\n"
                               "query_wait=0\n"
                               "retry_backoff=0\n"
                               "retry_max_backoff=0\n"
                               "retry_attempts=12\n"
                               "template in -> out\n"
                               "log_level=info\n"
                               "reload_signal=1\n"
                               "kill_signal=2\n"
                               "ready_timeout=30000\n";

/* The lines of a configuration that are not among the defaults. */
static inline void keep_unusual_lines(struct buf *text)
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
