/* SPDX-License-Identifier: MIT */
/* The running program. */
#include "app/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/cycle.h"
#include "app/notify.h"
#include "base/log.h"
#include "base/memory.h"
#include "control.h"
#include "exec.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/loop.h"
#include "io/reaper.h"
#include "io/timer.h"
#include "logging.h"
#include "pid_file.h"
#include "preflight.h"
#include "signal_set.h"
#include "state_dir.h"
#include "status.h"

#define STOP_PATIENCE_MS 5000 /* a command that runs when we are told to stop gets that long */

/* What exec mode passes on, unless it means something to us. */
static const int forwarded_signals[] = { SIGHUP,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
                                         SIGCONT, SIGTTIN, SIGTTOU, SIGWINCH };

#define N_OWN_SIGNALS 6
#define N_SIGNALS     (N_OWN_SIGNALS + ARRAY_SIZE(forwarded_signals))

struct daemon {
    struct daemon_options options;
    struct loop *loop;
    struct config *config;
    struct cycle *cycle;
    struct status_file *status_file;
    struct control *control;
    struct state_dir state_dir;
    struct signal_set signals;
    struct preflight *preflight; /* NULL: nothing will be needed later */
    struct reaper *reaper;       /* NULL unless we are process 1 */
    struct exec *exec;           /* NULL: no exec mode */
    bool is_exec_dropped;        /* the configuration has no exec any more: its end is not ours */
    bool is_exec_due;            /* it has to be started anew */
    uint64_t n_taken_up;         /* of cycle_count_installs() */
    struct timer ready;          /* READY even though something is still missing */
    struct timer timeout;        /* --once --timeout */
    struct timer stop;
    char *pid_file; /* that we have written */
    bool is_ready, is_stopping;
    bool is_impatient; /* is_stopping: commands are not waited for any more */
    int stop_status;   /* is_stopping: what it will end with */
    time_t since;
    uint64_t config_hash; /* of the configuration in effect */
    struct buf refusal;   /* why the configuration was refused at the last HUP; "" if it was not */
    struct buf status;    /* the last one told */
};

static const char *get_env(const char *name)
{
    return getenv(name);
}

/* --- What systemd is told ------------------------------------------------------------------ */

static void daemon_tell_status(struct daemon *daemon)
{
    CLEANUP(buf_fini) struct buf status = BUF_EMPTY;

    if (daemon->refusal.len)
        buf_printf(&status, "new configuration refused: %s; ", daemon->refusal.ptr);
    cycle_describe(daemon->cycle, &status);
    if (slice_equal(buf_slice(&status), buf_slice(&daemon->status)))
        return;
    notify_status(buf_slice(&status));
    buf_fini(&daemon->status);
    daemon->status = status;
    status = BUF_EMPTY;
}

static void daemon_tell_ready(struct daemon *daemon)
{
    if (daemon->is_ready)
        return;
    daemon->is_ready = true;
    timer_stop(&daemon->ready);
    notify_ready(buf_slice(&daemon->status));
}

static void daemon_on_ready_timeout(void *ctx)
{
    struct daemon *daemon = ctx;

    log_warn("ready, though not everything is in place: %s", buf_slice(&daemon->status).ptr);
    daemon_tell_ready(daemon);
}

/* --- The end ------------------------------------------------------------------------------- */

/* What exec mode runs is always waited for: it has its own time to end in. */
static void daemon_check_stopped(struct daemon *daemon)
{
    if (daemon->exec && exec_is_running(daemon->exec))
        return;
    if (daemon->is_impatient || !cycle_is_busy(daemon->cycle))
        loop_quit(daemon->loop, daemon->stop_status);
}

static void daemon_on_stop_timeout(void *ctx)
{
    struct daemon *daemon = ctx;

    log_warn("stopping without waiting for the command any longer");
    daemon->is_impatient = true;
    daemon_check_stopped(daemon);
}

static void daemon_stop(struct daemon *daemon, int status)
{
    daemon->is_stopping = true;
    daemon->stop_status = status;
    notify_stopping(SLICE("stopping"));
    cycle_stop(daemon->cycle);
    if (daemon->exec)
        exec_stop(daemon->exec);
    if (cycle_is_busy(daemon->cycle))
        timer_start_ms(&daemon->stop, STOP_PATIENCE_MS);
    daemon_check_stopped(daemon);
}

static void daemon_stop_by_signal(struct daemon *daemon, int signo)
{
    if (daemon->is_stopping) {
        loop_quit(daemon->loop, daemon->stop_status);
        return;
    }
    log_info("stopping: %s", strsignal(signo));
    daemon_stop(daemon, EXIT_STATUS_OK);
}

/* --- Exec mode ----------------------------------------------------------------------------- */

static void daemon_configure_exec(struct daemon *daemon);

static void daemon_on_exec_end(void *ctx, int status)
{
    struct daemon *daemon = ctx;

    if (daemon->is_stopping) {
        daemon_check_stopped(daemon);
    } else if (daemon->is_exec_dropped) {
        daemon->is_exec_dropped = false;
        exec_free(TAKE(daemon->exec));
        daemon_configure_exec(daemon);
    } else {
        daemon_stop(daemon, status);
    }
}

static void daemon_on_exec_state(void *ctx)
{
    struct daemon *daemon = ctx;

    status_file_mark(daemon->status_file);
}

static void daemon_configure_exec(struct daemon *daemon)
{
    static const struct exec_handler handler = { daemon_on_exec_end, daemon_on_exec_state };
    const struct config *config = daemon->config;
    bool is_wanted = config->exec.command.n_words > 0 && !daemon->options.is_dry;

    if (!daemon->exec && is_wanted)
        daemon->exec =
            exec_new(daemon->loop, &config->exec, config->consul.addresses[0], &handler, daemon);
    else if (daemon->exec)
        exec_configure(daemon->exec, &config->exec, config->consul.addresses[0]);
    if (!daemon->exec || daemon->is_exec_dropped)
        return;
    if (is_wanted)
        daemon->is_exec_due = exec_is_outdated(daemon->exec);
    else if (exec_stop(daemon->exec))
        daemon->is_exec_dropped = true;
    else
        exec_free(TAKE(daemon->exec));
}

/* When everything is in place and the commands have run: not for half of it. */
static void daemon_serve_exec(struct daemon *daemon)
{
    uint64_t n_installs = cycle_count_installs(daemon->cycle);

    if (!daemon->exec || daemon->options.is_once || !cycle_is_ready(daemon->cycle) ||
        cycle_is_busy(daemon->cycle))
        return;
    if (exec_is_running(daemon->exec) && n_installs == daemon->n_taken_up && !daemon->is_exec_due)
        return;
    daemon->n_taken_up = n_installs;
    daemon->is_exec_due = false;
    exec_take_up(daemon->exec);
}

/* --- Progress ------------------------------------------------------------------------------ */

static void daemon_on_progress(void *ctx)
{
    struct daemon *daemon = ctx;

    if (daemon->is_stopping) {
        daemon_check_stopped(daemon);
        return;
    }
    status_file_mark(daemon->status_file);
    daemon_tell_status(daemon);
    if (cycle_is_ready(daemon->cycle))
        daemon_tell_ready(daemon);
    daemon_serve_exec(daemon);
}

static void daemon_on_finished(void *ctx, int status)
{
    struct daemon *daemon = ctx;

    timer_stop(&daemon->timeout);
    if (status == 0 && daemon->exec) /* its end is ours */
        exec_take_up(daemon->exec);
    else
        loop_quit(daemon->loop, status ? EXIT_STATUS_FAILED : EXIT_STATUS_OK);
}

static void daemon_on_timeout(void *ctx)
{
    CLEANUP(buf_fini) struct buf missing = BUF_EMPTY;
    struct daemon *daemon = ctx;

    if (daemon->is_stopping)
        return;
    cycle_describe_missing(daemon->cycle, &missing);
    log_err("timed out after %llu ms; still missing:",
            (unsigned long long)daemon->options.timeout_ms);
    log_lines(LOG_LEVEL_ERR, buf_slice(&missing));
    daemon_stop(daemon, EXIT_STATUS_TIMEOUT);
}

/* --- Signals ------------------------------------------------------------------------------- */

static void daemon_on_signal(void *ctx, int signo); /* it may read the configuration again */

static bool daemon_set_signals(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    int wanted[N_SIGNALS] = { SIGTERM, SIGINT, SIGUSR1, config->reload_signal, config->kill_signal,
                              SIGUSR2 };

    if (config->exec.command.n_words > 0)
        memcpy(wanted + N_OWN_SIGNALS, forwarded_signals, sizeof(forwarded_signals));
    return signal_set_update(&daemon->signals, daemon->loop, wanted, N_SIGNALS, daemon_on_signal,
                             daemon, err);
}

/* --- Configuration ------------------------------------------------------------------------- */

/* --once and --dry may run beside a daemon, and leave nothing behind but the files. */
static bool daemon_is_guest(const struct daemon *daemon)
{
    return daemon->options.is_once || daemon->options.is_dry;
}

static bool daemon_move_pid_file(struct daemon *daemon, const struct config *config,
                                 struct error *err)
{
    return pid_file_move(&daemon->pid_file, daemon_is_guest(daemon) ? NULL : config->pid_file, err);
}

static bool is_changed(const char *old, const char *now)
{
    return strcmp(old ? old : "", now ? now : "") != 0;
}

static void warn_if_changed(const char *key, const char *old, const char *now)
{
    if (is_changed(old, now))
        log_warn("'%s' has changed: that takes effect at the next start", key);
}

/* What is seen of us while we run, in the folder that the present configuration names. */
static void daemon_open_runtime_dir(struct daemon *daemon)
{
    bool is_guest = daemon_is_guest(daemon);
    const char *path = is_guest ? NULL : daemon->config->runtime_dir;
    const struct status_facts facts = {
        .since = daemon->since,
        .config_hash = &daemon->config_hash,
        .config_refusal = &daemon->refusal,
        .exec = &daemon->exec,
    };

    struct error ignored; /* those who need it say what is wrong */

    if (path)
        (void)!folder_make(path, 0755, &ignored);
    control_free(daemon->control);
    status_file_free(daemon->status_file);
    daemon->control = control_new(daemon->loop, path, daemon->cycle);
    if (control_is_taken(daemon->control)) /* so is the status there */
        path = NULL;
    daemon->status_file = status_file_new(
        daemon->loop, path, is_guest ? NULL : daemon->config->metrics_file, &facts, daemon->cycle);
    status_file_mark(daemon->status_file);
}

/* Up to the swap: the pid file is the one thing outside of us that may fail. */
static bool daemon_prepare(struct daemon *daemon, struct config **ret_config, struct buf *report,
                           struct error *err)
{
    CLEANUP(config_freep) struct config *config = NULL;
    struct error ignored;

    if (!config_load(daemon->options.flags, get_env, &config, report, err) ||
        !daemon_move_pid_file(daemon, config, err))
        return false;
    if (!cycle_configure(daemon->cycle, config, report, err)) {
        if (!daemon_move_pid_file(daemon, daemon->config, &ignored))
            log_warn("%s", ignored.text);
        return false;
    }
    *ret_config = TAKE(config);
    return true;
}

static bool daemon_try_reload(struct daemon *daemon, struct buf *report, struct error *err)
{
    struct config *old = daemon->config;

    if (!daemon_prepare(daemon, &daemon->config, report, err))
        return false;
    daemon->config_hash = daemon->config->hash;
    if (is_changed(old->runtime_dir, daemon->config->runtime_dir) ||
        is_changed(old->metrics_file, daemon->config->metrics_file))
        daemon_open_runtime_dir(daemon);
    warn_if_changed("state_dir", old->state_dir, daemon->config->state_dir);
    if (daemon->preflight)
        preflight_start(daemon->preflight, daemon->config);
    config_free(old);
    daemon_configure_exec(daemon);
    return daemon_set_signals(daemon, err);
}

/* All or nothing: what is wrong is reported, and the old set goes on. */
static void daemon_reload(struct daemon *daemon)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    notify_reloading(SLICE("reading the configuration again"));
    buf_fini(&daemon->refusal);
    if (daemon_try_reload(daemon, &report, &err)) {
        logging_apply(daemon->config);
        log_about(LOG_LEVEL_INFO, &(struct log_about){ .event = LOG_EVENT_CONFIG_READ },
                  "configuration read again: %zu templates", daemon->config->n_templates);
    } else {
        log_about(LOG_LEVEL_ERR,
                  &(struct log_about){ .event = LOG_EVENT_CONFIG_REFUSED, .reason = err.text },
                  "new configuration refused, the old one goes on:");
        log_lines(LOG_LEVEL_ERR, report.len ? buf_slice(&report) : slice_from(err.text));
        buf_add_string(&daemon->refusal, err.text);
    }
    daemon_tell_status(daemon);
    status_file_mark(daemon->status_file);
    if (daemon->is_ready)
        notify_ready(buf_slice(&daemon->status));
}

static void daemon_on_signal(void *ctx, int signo)
{
    struct daemon *daemon = ctx;

    bool is_reload = signo == daemon->config->reload_signal;
    bool is_stop = signo == SIGTERM || signo == SIGINT || signo == daemon->config->kill_signal;

    /* Whoever makes SIGUSR1 one of the two means that. */
    if (is_reload && daemon->is_stopping)
        log_info("stopping: the configuration is not read again");
    else if (is_reload && !daemon->options.is_once)
        daemon_reload(daemon);
    else if (!is_stop && !is_reload && daemon->exec)
        exec_signal(daemon->exec, signo);
    else if (signo == SIGUSR2 && !is_stop && !is_reload)
        log_warn("SIGUSR2 means nothing here: it would reload HAProxy");
    else if (!is_stop && !is_reload)
        log_info("status: %s", buf_slice(&daemon->status).ptr);
    else
        daemon_stop_by_signal(daemon, signo);
}

/* --- Life ---------------------------------------------------------------------------------- */

static bool daemon_open_state_dir(struct daemon *daemon, struct error *err)
{
    return daemon_is_guest(daemon) ||
           state_dir_open(&daemon->state_dir, daemon->config->state_dir, err);
}

static void daemon_start_preflight(struct daemon *daemon)
{
    if (daemon_is_guest(daemon))
        return;
    daemon->preflight = preflight_new(daemon->loop);
    preflight_start(daemon->preflight, daemon->config);
}

static bool daemon_start(struct daemon *daemon, struct buf *report, struct error *err)
{
    struct cycle_options cycle_options = {
        .is_dry = daemon->options.is_dry,
        .is_diff = daemon->options.is_diff,
        .data = daemon->options.data,
        .record = daemon->options.record,
    };
    static const struct cycle_handler handler = { daemon_on_progress, daemon_on_finished };

    if (!config_load(daemon->options.flags, get_env, &daemon->config, report, err))
        return false;
    daemon->since = time(NULL);
    daemon->config_hash = daemon->config->hash;
    logging_apply(daemon->config);
    daemon->options.is_once |= daemon->config->is_once;
    if (!daemon_open_state_dir(daemon, err) || !loop_new(&daemon->loop, err) ||
        !daemon_set_signals(daemon, err) ||
        (getpid() == 1 && !reaper_new(daemon->loop, &daemon->reaper, err)))
        return false;
    cycle_options.is_once = daemon->options.is_once;
    cycle_options.state_dir = daemon->state_dir.path;
    daemon_configure_exec(daemon);
    timer_init(&daemon->ready, daemon->loop, daemon_on_ready_timeout, daemon);
    timer_init(&daemon->timeout, daemon->loop, daemon_on_timeout, daemon);
    timer_init(&daemon->stop, daemon->loop, daemon_on_stop_timeout, daemon);
    if (!cycle_new(daemon->loop, daemon->config, &cycle_options, &handler, daemon, &daemon->cycle,
                   report, err) ||
        !daemon_move_pid_file(daemon, daemon->config, err))
        return false;
    daemon_open_runtime_dir(daemon);
    daemon_start_preflight(daemon);
    loop_enable_watchdog(daemon->loop);
    if (!daemon->options.is_once)
        timer_start_ms(&daemon->ready, daemon->config->ready_timeout_ms);
    if (daemon->options.timeout_ms)
        timer_start_ms(&daemon->timeout, daemon->options.timeout_ms);
    return true;
}

static void daemon_fini(struct daemon *daemon)
{
    struct error ignored; /* nothing is written */

    (void)!pid_file_move(&daemon->pid_file, NULL, &ignored);
    preflight_free(daemon->preflight);
    control_free(daemon->control);
    status_file_free(daemon->status_file);
    cycle_free(daemon->cycle);
    if (daemon->loop) {
        timer_fini(&daemon->ready);
        timer_fini(&daemon->timeout);
        timer_fini(&daemon->stop);
    }
    exec_free(daemon->exec);
    reaper_free(daemon->reaper);
    signal_set_fini(&daemon->signals);
    loop_free(daemon->loop);
    state_dir_close(&daemon->state_dir);
    config_free(daemon->config);
    buf_fini(&daemon->refusal);
    buf_fini(&daemon->status);
    logging_fini();
}

int daemon_run(const struct daemon_options *options)
{
    CLEANUP(daemon_fini)
    struct daemon daemon = { .options = *options, .state_dir = STATE_DIR_NONE };
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    int status = EXIT_STATUS_FAILED;

    if (!daemon_start(&daemon, &report, &err)) {
        if (report.len)
            fputs(report.ptr, stderr); /* has err's text, and everything else that is wrong */
        else
            fprintf(stderr, "edgewright: %s\n", err.text);
        return EXIT_STATUS_USAGE;
    }
    if (!loop_run(daemon.loop, &status, &err)) {
        log_err("%s", err.text);
        return EXIT_STATUS_FAILED;
    }
    return status;
}
