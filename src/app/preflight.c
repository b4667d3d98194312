/* SPDX-License-Identifier: MIT */
/* What will be needed later, tried when we start. */
#include "preflight.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "config/config.h"
#include "delivery/environment.h"
#include "hint.h"
#include "io/bus_right.h"
#include "io/child.h"
#include "io/http.h"
#include "io/timer.h"
#include "rights.h"

/* What the first files need goes first. */
#define START_DELAY_MS     500
#define BUS_PATIENCE_MS    2000
#define CHECKER_TIMEOUT_MS 30000
#define KILL_AFTER_MS      1000

/* For each template with a HAProxy, one thing at a time:
 *
 *   STATS -> MASTER -> RELOAD -> CHECKER -> STATS of the next one, or IDLE
 *
 * What a template does not use is passed over. A master is missed only where HAProxy runs and
 * nothing else reloads it. */
enum preflight_state {
    PREFLIGHT_IDLE,
    PREFLIGHT_STATS,
    PREFLIGHT_MASTER,
    PREFLIGHT_RELOAD,
    PREFLIGHT_CHECKER,
};

struct preflight {
    struct loop *loop;
    const struct config *config;
    enum preflight_state state;
    size_t at; /* the template */
    bool is_running;
    struct timer timer;
    struct haproxy_probe *probe;
    struct bus_right *right;
    struct child *checker;
    size_t n_lines; /* of the checker */
    struct buf user;
    struct map told; /* findings; the keys are the values */
};

/* --- Findings -------------------------------------------------------------------------------- */

static const char *group_of(const struct template_config *tmpl)
{
    return tmpl->transaction ? tmpl->transaction : tmpl->delivery.name;
}

/* A line that was not told before; NULL: it was. */
static const char *told_add(struct map *told, struct slice line)
{
    if (line.len == 0 || map_find(told, line))
        return NULL;

    char *text = slice_to_string(line);

    map_put(told, slice_from(text), text);
    return text;
}

static void told_fini(struct map *told)
{
    char *text;

    for (size_t i = 0; (text = map_next(told, &i)) != NULL;)
        free(text);
    map_fini(told);
}

static void preflight_tell(struct preflight *preflight, const char *group, struct slice lines)
{
    struct slice line;

    while (slice_next(&lines, '\n', &line)) {
        const char *text = told_add(&preflight->told, line);

        if (!text)
            continue;
        if (group)
            log_about(LOG_LEVEL_WARN, &(struct log_about){ .group = group }, "preflight '%s': %s",
                      group, text);
        else
            log_warn("preflight: %s", text);
    }
}

static enum rights_missing missing_of(const struct delivery_file *file, bool is_elsewhere)
{
    if (is_elsewhere)
        return RIGHTS_MISSING_IS_FINE;
    return file->create_dest_dirs ? RIGHTS_MISSING_IS_MADE : RIGHTS_MISSING_COUNTS;
}

/* is_elsewhere: the daemon may run on another machine. */
static void check_template(const char *user, const struct template_config *tmpl, bool is_elsewhere,
                           struct buf *out)
{
    for (size_t i = 0; i < tmpl->delivery.n_files; i++) {
        const struct delivery_file *file = &tmpl->delivery.files[i];

        if (!file->destination)
            continue;
        rights_check_folder_of(user, file->destination, missing_of(file, is_elsewhere), out);
        rights_check_file(user, file->destination, out);
    }
}

static void check_own_folders(const char *user, const struct config *config, struct buf *out)
{
    if (config->state_dir)
        rights_check_folder(user, config->state_dir, RIGHTS_MISSING_IS_MADE, out);
    if (config->runtime_dir)
        rights_check_folder(user, config->runtime_dir, RIGHTS_MISSING_IS_MADE, out);
    if (config->metrics_file)
        rights_check_folder_of(user, config->metrics_file, RIGHTS_MISSING_COUNTS, out);
}

static void preflight_look_at_files(struct preflight *preflight)
{
    const struct config *config = preflight->config;
    CLEANUP(buf_fini) struct buf found = BUF_EMPTY;

    check_own_folders(preflight->user.ptr, config, &found);
    preflight_tell(preflight, NULL, buf_slice(&found));
    for (size_t i = 0; i < config->n_templates; i++) {
        buf_clear(&found);
        check_template(preflight->user.ptr, &config->templates[i], false, &found);
        preflight_tell(preflight, group_of(&config->templates[i]), buf_slice(&found));
    }
}

/* --- HAProxy --------------------------------------------------------------------------------- */

static void preflight_enter(struct preflight *preflight, enum preflight_state next);

static const struct template_config *preflight_template(const struct preflight *preflight)
{
    return &preflight->config->templates[preflight->at];
}

static const struct haproxy_options *preflight_haproxy(const struct preflight *preflight)
{
    return preflight_template(preflight)->delivery.haproxy;
}

static void preflight_tell_hint(struct preflight *preflight, const struct buf *hint)
{
    preflight_tell(preflight, group_of(preflight_template(preflight)), buf_slice(hint));
}

/* By systemd, or by a command of its group. */
static bool preflight_needs_master(const struct preflight *preflight)
{
    const struct config *config = preflight->config;
    const char *group = group_of(preflight_template(preflight));
    const struct haproxy_options *options = preflight_haproxy(preflight);

    if (!options->master_socket || options->reload_unit || !preflight->is_running)
        return false;
    for (size_t i = 0; i < config->n_templates; i++)
        if (config->templates[i].delivery.n_commands > 0 &&
            strcmp(group_of(&config->templates[i]), group) == 0)
            return false;
    return true;
}

/* From what is done to what comes next. */
static void preflight_go_on(struct preflight *preflight)
{
    const struct haproxy_options *options = preflight_haproxy(preflight);

    switch (preflight->state) {
    case PREFLIGHT_STATS:
        if (preflight_needs_master(preflight)) {
            preflight_enter(preflight, PREFLIGHT_MASTER);
            return;
        }
        /* fall through */
    case PREFLIGHT_MASTER:
        preflight_enter(preflight, options->reload_unit ? PREFLIGHT_RELOAD : PREFLIGHT_CHECKER);
        return;
    case PREFLIGHT_RELOAD: preflight_enter(preflight, PREFLIGHT_CHECKER); return;
    case PREFLIGHT_CHECKER:
        preflight->at++;
        preflight_enter(preflight, PREFLIGHT_STATS);
        return;
    case PREFLIGHT_IDLE: return;
    }
}

static void on_stats(void *ctx, enum haproxy_probe_outcome outcome)
{
    CLEANUP(buf_fini) struct buf hint = BUF_EMPTY;
    struct preflight *preflight = ctx;

    haproxy_probe_free(TAKE(preflight->probe));
    preflight->is_running = outcome != HAPROXY_PROBE_ABSENT && outcome != HAPROXY_PROBE_SILENT;
    hint_add_stats(preflight->user.ptr, preflight_haproxy(preflight), outcome, &hint);
    preflight_tell_hint(preflight, &hint);
    preflight_go_on(preflight);
}

static void on_master(void *ctx, enum haproxy_probe_outcome outcome)
{
    CLEANUP(buf_fini) struct buf hint = BUF_EMPTY;
    struct preflight *preflight = ctx;

    haproxy_probe_free(TAKE(preflight->probe));
    hint_add_master(preflight->user.ptr, preflight_haproxy(preflight)->master_socket, outcome,
                    &hint);
    preflight_tell_hint(preflight, &hint);
    preflight_go_on(preflight);
}

static void on_right(void *ctx, enum bus_right_answer answer)
{
    CLEANUP(buf_fini) struct buf hint = BUF_EMPTY;
    struct preflight *preflight = ctx;

    bus_right_free(TAKE(preflight->right));
    if (answer == BUS_RIGHT_NO)
        hint_add_reload(preflight->user.ptr, preflight_haproxy(preflight)->reload_unit, &hint);
    preflight_tell_hint(preflight, &hint);
    preflight_go_on(preflight);
}

static void on_checker_line(void *ctx, struct slice line)
{
    CLEANUP(buf_fini) struct buf found = BUF_EMPTY;
    struct preflight *preflight = ctx;

    if (preflight->n_lines++ >= LIMIT_COMMAND_OUTPUT_LINES)
        return;
    rights_check_words(preflight->user.ptr, line, &found);
    preflight_tell_hint(preflight, &found);
}

/* Whether it accepts the present file says nothing of our rights: the words have said that. */
static void on_checker_done(void *ctx, const struct child_result *result)
{
    CLEANUP(buf_fini) struct buf hint = BUF_EMPTY;
    struct preflight *preflight = ctx;

    child_free(TAKE(preflight->checker));
    if (result->outcome == CHILD_NOT_RUN)
        hint_add_checker(preflight_haproxy(preflight)->binary, result->sys_errno, &hint);
    preflight_tell_hint(preflight, &hint);
    preflight_go_on(preflight);
}

/* What HAProxy reads at present, as its next check would. Before there is anything, only whether
 * the program is there. */
static const char **checker_argv(const struct haproxy_options *options)
{
    const char **argv = memory_resize_array(NULL, 2 * options->n_files + 3, sizeof(*argv));
    size_t n = 0;
    bool is_there = true;

    for (size_t i = 0; i < options->n_files; i++)
        is_there &= access(options->files[i], F_OK) == 0;
    argv[n++] = options->binary;
    argv[n++] = is_there ? "-c" : "-v";
    for (size_t i = 0; is_there && i < options->n_files; i++) {
        argv[n++] = "-f";
        argv[n++] = options->files[i];
    }
    argv[n] = NULL;
    return argv;
}

static void preflight_run_checker(struct preflight *preflight)
{
    static const struct child_handler handler = { on_checker_line, on_checker_done };
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    const char **argv = checker_argv(preflight_haproxy(preflight));

    environment_inherit(&env, environ, false);

    const struct child_options options = { .argv = argv,
                                           .envp = environment_lines(&env),
                                           .timeout_ms = CHECKER_TIMEOUT_MS,
                                           .kill_after_ms = KILL_AFTER_MS };

    preflight->n_lines = 0;
    preflight->checker = child_start(preflight->loop, &options, &handler, preflight);
    free(argv);
}

/* The next template with a HAProxy, the present one included; false: there is none. */
static bool preflight_find(struct preflight *preflight)
{
    while (preflight->at < preflight->config->n_templates && !preflight_haproxy(preflight))
        preflight->at++;
    return preflight->at < preflight->config->n_templates;
}

static void preflight_enter(struct preflight *preflight, enum preflight_state next)
{
    if (next == PREFLIGHT_STATS && !preflight_find(preflight)) {
        log_debug("preflight: done");
        next = PREFLIGHT_IDLE;
    }
    preflight->state = next;

    switch (next) {
    case PREFLIGHT_IDLE:
        timer_stop(&preflight->timer);
        haproxy_probe_free(TAKE(preflight->probe));
        bus_right_free(TAKE(preflight->right));
        child_free(TAKE(preflight->checker));
        return;
    case PREFLIGHT_STATS:
        preflight->probe = haproxy_probe_start(
            preflight->loop, preflight_haproxy(preflight)->socket, false, on_stats, preflight);
        return;
    case PREFLIGHT_MASTER:
        preflight->probe =
            haproxy_probe_start(preflight->loop, preflight_haproxy(preflight)->master_socket, true,
                                on_master, preflight);
        return;
    case PREFLIGHT_RELOAD:
        preflight->right = bus_right_ask(preflight->loop, preflight_haproxy(preflight)->reload_unit,
                                         BUS_PATIENCE_MS, on_right, preflight);
        return;
    case PREFLIGHT_CHECKER: preflight_run_checker(preflight); return;
    }
}

/* --- Life ------------------------------------------------------------------------------------ */

static void on_timer(void *ctx)
{
    preflight_enter(ctx, PREFLIGHT_STATS);
}

struct preflight *preflight_new(struct loop *loop)
{
    struct preflight *preflight = NEW(struct preflight);

    preflight->loop = loop;
    timer_init(&preflight->timer, loop, on_timer, preflight);
    rights_add_user(&preflight->user);
    return preflight;
}

void preflight_start(struct preflight *preflight, const struct config *config)
{
    preflight_enter(preflight, PREFLIGHT_IDLE);
    preflight->config = config;
    preflight->at = 0;
    preflight_look_at_files(preflight);
    timer_start_ms(&preflight->timer, START_DELAY_MS);
}

void preflight_free(struct preflight *preflight)
{
    if (!preflight)
        return;
    preflight_enter(preflight, PREFLIGHT_IDLE);
    timer_fini(&preflight->timer);
    told_fini(&preflight->told);
    buf_fini(&preflight->user);
    free(preflight);
}

/* --- Without a daemon ------------------------------------------------------------------------ */

/* A daemon says so when it opens its connections to Consul. */
static void check_tls_files(const struct consul_options *consul, struct buf *out)
{
    struct http_options http = { .ca_file = consul->ca_file,
                                 .client_cert = consul->client_cert,
                                 .client_key = consul->client_key };
    struct error err;

    if (consul->use_tls && !http_check_tls_files(&http, &err))
        buf_printf(out, "preflight: consul.ssl: %s\n", err.text);
}

void preflight_check_files(const struct config *config, struct buf *out)
{
    CLEANUP(buf_fini) struct buf user = BUF_EMPTY, found = BUF_EMPTY;
    CLEANUP(told_fini) struct map told = MAP_EMPTY;
    struct slice rest, line;

    check_tls_files(&config->consul, out);
    rights_add_user(&user);
    for (size_t i = 0; i < config->n_templates; i++)
        check_template(user.ptr, &config->templates[i], true, &found);
    rest = buf_slice(&found);
    while (slice_next(&rest, '\n', &line))
        if (told_add(&told, line))
            buf_printf(out, "preflight: %.*s\n", SLICE_ARG(line));
}
