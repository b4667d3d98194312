/* SPDX-License-Identifier: MIT */
/* Reloads: when, what is done in their place, and what follows. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "driving.h"
#include "fd_limit.h"

/* Each old worker holds the memory of a whole HAProxy until its last connection ends: from so many
 * on, the next reload waits longer with each one. */
#define OLD_WORKERS    2
#define RELOAD_WAIT_MS 1000
#define RELOAD_MOST_MS 64000

static void set_text(char **text, const char *value)
{
    char *copy = memory_copy_string(value);

    free(*text);
    *text = copy;
}
/* The reload has failed, or its turn has not come. */
void driver_end_without_reload(struct driver *driver)
{
    if (driver->failure) {
        driver_finish(driver, DRIVER_FAILED, driver->failure, driver->is_evidence);
        return;
    }
    log_info("haproxy '%s': a reload is needed (%s), and waits for its turn (%zu old workers)",
             driver->name, driver->reload_reason, driver->report.n_old_workers);
    driver_wait_for_reload(driver);
}

/* What is possible meanwhile for the servers. */
static void do_without_reload(struct driver *driver)
{
    struct decision_input input = driver_decision_input(driver);

    plan_fini(&driver->plan);
    if (driver->live)
        decide_without_reload(&input, &driver->plan);
    if (driver->plan.outcome != PLAN_STEPS) {
        driver_end_without_reload(driver);
        return;
    }
    pending_list_fini(&driver->memory.pending);
    driver->memory.pending = driver->plan.pending;
    driver->plan.pending = PENDING_LIST_EMPTY;
    driver->memory.owes_reload = true;
    driver_save(driver);
    driver_send_steps(driver, driver->plan.steps, driver->plan.n_steps, PURPOSE_PARTIAL);
}

/* Only against the files that the worker runs: where a crash has left other ones, what differs is
 * what we have not done yet, and the files win. */
void driver_note_overrides(struct driver *driver)
{
    const struct memory *memory = &driver->memory;

    plan_fini(&driver->overrides);
    if (driver->live && !driver->other_files && driver->running.config &&
        driver->running.hash == memory->files && !memory->is_applying &&
        worker_equal(memory->worker, driver->worker))
        plan_overrides(driver->running.config, driver->live, &memory->pending, &driver->overrides);
}

/* What no check finds, and the reload will say only as "it did not start". */
static void warn_of_limit(struct driver *driver)
{
    const struct reading *files = driver->after.config ? &driver->after : &driver->running;
    CLEANUP(buf_fini) struct buf why = BUF_EMPTY;

    if (!files->config || driver->warned_of == files->hash ||
        !fd_limit_is_too_low(files->config, driver->worker.pid, &why))
        return;
    driver->warned_of = files->hash;
    log_warn("haproxy '%s': %s", driver->name, why.ptr);
}

void driver_reload(struct driver *driver, const char *reason)
{
    warn_of_limit(driver);
    set_text(&driver->reload_reason, reason);
    if (loop_now_ms(driver->loop) < driver->reload_at_ms)
        do_without_reload(driver);
    else
        driver_enter(driver, DRIVER_RELOADING);
}

static uint64_t reload_gap_ms(size_t n_old_workers)
{
    uint64_t gap_ms = RELOAD_WAIT_MS;

    if (n_old_workers <= OLD_WORKERS)
        return 0;
    for (size_t i = OLD_WORKERS + 1; i < n_old_workers && gap_ms < RELOAD_MOST_MS; i++)
        gap_ms *= 2;
    return gap_ms;
}

/* Those whose server the new worker has. */
static size_t keep_overrides(struct driver *driver)
{
    const struct haproxy_config *config =
        driver->after.config ? driver->after.config : driver->running.config;
    struct plan *plan = &driver->overrides;
    size_t n = 0;

    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct haproxy_step *step = &plan->steps[i];
        const struct haproxy_proxy *proxy = haproxy_config_find(config, step->proxy);

        if (proxy && haproxy_proxy_find(proxy, step->server))
            plan->steps[n++] = *step;
    }
    return n;
}

/* Whether a delivery has replaced the files since they were read: the new worker may have read them
 * before or after that. */
static bool has_newer_files(const struct driver *driver)
{
    struct reading now = READING_NONE;
    struct error err;
    bool is_newer = !reading_take(driver->options->files, driver->options->n_files, &now, &err) ||
                    now.hash != driver->running.hash;

    reading_fini(&now);
    return is_newer;
}

static void on_reload(void *ctx, const struct reloader_result *result)
{
    struct driver *driver = ctx;
    size_t n_overrides;

    if (!result->is_done) {
        driver->is_evidence = result->is_evidence;
        set_text(&driver->failure, result->text);
        do_without_reload(driver);
        return;
    }
    driver->report.n_old_workers = result->n_old_workers;
    driver->reload_at_ms = loop_now_ms(driver->loop) + reload_gap_ms(result->n_old_workers);
    memory_fini(&driver->memory);
    driver->worker = driver->memory.worker = result->worker;
    n_overrides = keep_overrides(driver);
    driver_take_over(driver);
    if (has_newer_files(driver))
        driver->memory.worker = (struct worker){ 0, 0 }; /* one that we do not know */
    driver_save(driver);
    if (n_overrides > 0)
        driver_send_steps(driver, driver->overrides.steps, n_overrides, PURPOSE_OVERRIDE);
    else
        driver_finish(driver, DRIVER_RELOADED, driver->reload_reason, false);
}

static bool on_run_command(void *ctx, const char *reason)
{
    struct driver *driver = ctx;

    return driver->handler.run_command && driver->handler.run_command(driver->ctx, reason);
}

const struct reloader_handler driver_reloader_handler = {
    .on_result = on_reload,
    .run_command = on_run_command,
};

/* HAProxy runs, or may run, and cannot be asked what: only a reload is sure. */
void driver_reload_blindly(struct driver *driver, const char *why)
{
    struct error err;

    if (driver->job != JOB_APPLY) {
        driver_finish(driver, DRIVER_FAILED, why, false);
        return;
    }
    if (!driver->after.config &&
        !reading_take(driver->options->files, driver->options->n_files, &driver->after, &err))
        reading_fini(&driver->running); /* what it will run is not known */
    driver_reload(driver, why);
}
