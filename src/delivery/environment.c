/* SPDX-License-Identifier: MIT */
/* The environment that commands get. */
#include "delivery/environment.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/memory.h"
#include "delivery/exec_options.h"

/* sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). By full name: a LISTEN_ADDRESS of the
 * operator's own is no business of ours. */
static const char *const systemd_names[] = {
    "NOTIFY_SOCKET", "WATCHDOG_PID",   "WATCHDOG_USEC",  "LISTEN_PID",
    "LISTEN_FDS",    "LISTEN_FDNAMES", "LISTEN_PIDFDID",
};

/* The client certificate goes with its key: Consul's tools refuse one without the other. */
static const char *const secret_names[] = {
    "CONSUL_TOKEN",     "CONSUL_HTTP_TOKEN",  "CONSUL_HTTP_TOKEN_FILE",
    "CONSUL_HTTP_AUTH", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY",
    "VAULT_TOKEN",      "NOMAD_TOKEN",        "CREDENTIALS_DIRECTORY",
};

static const char *const no_lines[] = { NULL };

static bool is_listed(const char *const *names, size_t n_names, struct slice name)
{
    for (size_t i = 0; i < n_names; i++)
        if (slice_is(name, names[i]))
            return true;
    return false;
}

/* What is before the '='; all of it if there is none. */
static struct slice line_name(const char *line)
{
    return slice_of(line, strcspn(line, "="));
}

void environment_fini(struct environment *env)
{
    for (size_t i = 0; i < env->n; i++)
        free(env->lines[i]);
    free(env->lines);
    *env = ENVIRONMENT_EMPTY;
}

static void environment_take_line(struct environment *env, char *line)
{
    if (env->n + 1 >= env->cap) { /* one more for the NULL */
        env->cap = env->cap ? env->cap * 2 : 32;
        env->lines = memory_resize_array(env->lines, env->cap, sizeof(*env->lines));
    }
    env->lines[env->n++] = line;
    env->lines[env->n] = NULL;
}

void environment_inherit(struct environment *env, char *const *base, bool with_secrets)
{
    for (; *base; base++) {
        struct slice name = line_name(*base);

        if (is_listed(systemd_names, ARRAY_SIZE(systemd_names), name) ||
            (!with_secrets && is_listed(secret_names, ARRAY_SIZE(secret_names), name)))
            continue;
        environment_take_line(env, memory_copy_string(*base));
    }
}

static bool matches_any(char *const *patterns, size_t n_patterns, const char *name)
{
    for (size_t i = 0; i < n_patterns; i++)
        if (fnmatch(patterns[i], name, FNM_PATHNAME) == 0)
            return true;
    return false;
}

static bool lets_through(const struct environment_options *options, const char *line)
{
    char *name = slice_to_string(line_name(line));
    bool is_let =
        !options->is_pristine &&
        (options->n_allowed == 0 || matches_any(options->allowed, options->n_allowed, name)) &&
        !matches_any(options->denied, options->n_denied, name);

    free(name);
    return is_let;
}

void environment_restrict(struct environment *env, const struct environment_options *options)
{
    size_t n = 0;

    for (size_t i = 0; i < env->n; i++) {
        if (lets_through(options, env->lines[i]))
            env->lines[n++] = env->lines[i];
        else
            free(env->lines[i]);
    }
    env->n = n;
    if (env->lines)
        env->lines[n] = NULL;
    for (size_t i = 0; i < options->n_custom; i++)
        environment_set_line(env, options->custom[i]);
}

void environment_set_line(struct environment *env, const char *line)
{
    struct slice name = line_name(line);

    for (size_t i = 0; i < env->n; i++) {
        if (!slice_equal(line_name(env->lines[i]), name))
            continue;
        free(env->lines[i]);
        env->lines[i] = memory_copy_string(line);
        return;
    }
    environment_take_line(env, memory_copy_string(line));
}

void environment_set(struct environment *env, const char *name, const char *value)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;

    buf_add_string(&line, name);
    buf_add_byte(&line, '=');
    buf_add_string(&line, value);
    environment_set_line(env, line.ptr);
}

const char *const *environment_lines(const struct environment *env)
{
    return env->n > 0 ? (const char *const *)env->lines : no_lines;
}

bool environment_list_add(struct buf *list, char separator, struct slice item)
{
    struct slice rest = buf_slice(list), present;

    while (list->len > 0 && slice_next(&rest, separator, &present))
        if (slice_equal(present, item))
            return true;
    if (list->len + item.len + 1 > LIMIT_COMMAND_ENV_BYTES)
        return false;
    if (list->len > 0)
        buf_add_byte(list, separator);
    buf_add(list, item);
    return true;
}
