/* SPDX-License-Identifier: MIT */
/* The driver's life: what is asked for, what it does when, and what it tells. */
#include "haproxy/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "driving.h"

#define STOP_MS       900
#define FIRST_TURN_MS 10
#define LOOK_AGAIN_MS 1000
#define LOOK_MOST_MS  300000

const char *driver_outcome_name(enum driver_outcome outcome)
{
    switch (outcome) {
    case DRIVER_NOTHING: return "nothing";
    case DRIVER_UPDATED: return "updated";
    case DRIVER_RELOADED: return "reloaded";
    case DRIVER_NOT_RUNNING: return "not running";
    case DRIVER_FAILED: return "failed";
    }
    return "?";
}

/* --- What is kept ---------------------------------------------------------------------------- */

void driver_save(struct driver *driver)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    memory_format(&driver->memory, loop_now_ms(driver->loop), &text);
    if (slice_equal(buf_slice(&text), buf_slice(&driver->saved)))
        return;
    buf_clear(&driver->saved);
    buf_add(&driver->saved, buf_slice(&text));
    if (driver->handler.on_save)
        driver->handler.on_save(driver->ctx, buf_slice(&text));
}

/* --- Beginning and ending -------------------------------------------------------------------- */

static void driver_forget_conversation(struct driver *driver)
{
    reading_fini(&driver->after);
    haproxy_state_free(TAKE(driver->live));
    haproxy_loads_fini(&driver->loads);
    driver->loads = HAPROXY_LOADS_EMPTY;
    plan_fini(&driver->plan);
    plan_fini(&driver->overrides);
    pending_turn_fini(&driver->turn);
    free(TAKE(driver->reload_reason));
    free(TAKE(driver->failure));
    free(TAKE(driver->trouble));
    driver->is_evidence = driver->is_live_old = false;
    driver->steps = NULL;
    driver->n_steps = driver->step_at = 0;
}

static void driver_begin(struct driver *driver, enum driver_job job)
{
    timer_stop(&driver->timer);
    driver->job = job;
    driver->worker = (struct worker){ 0, 0 };
    driver->doing = (struct driver_update){ .has_other_changes = false };
    if (job == JOB_APPLY) {
        driver->doing = driver->update;
        driver->update = (struct driver_update){ .has_other_changes = false };
    }
    driver_enter(driver, DRIVER_ASKING_INFO);
}

static void driver_end_stop(struct driver *driver)
{
    driver_enter(driver, DRIVER_STOPPED);
    driver->handler.on_stopped(driver->ctx);
}

/* When nothing is under way: what is next. */
static void driver_go_on(struct driver *driver)
{
    uint64_t now_ms = loop_now_ms(driver->loop);

    if (driver->wants_stop) {
        if (driver->memory.pending.n > 0)
            driver_begin(driver, JOB_STOP);
        else
            timer_start_ms(&driver->stop_timer, 0);
    } else if (driver->wants_apply) {
        driver->wants_apply = false;
        driver_begin(driver, JOB_APPLY);
    } else if (driver->next_ms != UINT64_MAX) {
        timer_start_ms(&driver->timer, driver->next_ms > now_ms ? driver->next_ms - now_ms : 0);
    }
}

static void driver_on_timer(void *ctx)
{
    struct driver *driver = ctx;

    if (driver->state == DRIVER_VERIFYING) {
        driver_enter(driver, DRIVER_VERIFYING); /* another look */
        return;
    }
    driver->next_ms = UINT64_MAX;
    if (driver->has_result_due) {
        driver_begin(driver, JOB_APPLY); /* its reload's turn has come */
    } else if (driver->wants_look) {
        driver->wants_look = false;
        driver_begin(driver, JOB_LOOK);
    } else {
        driver_begin(driver, JOB_TURN);
    }
}

static void driver_on_stop_timer(void *ctx)
{
    struct driver *driver = ctx;

    reloader_stop(driver->reloader);
    driver_end_stop(driver);
}

static void driver_end_conversation(struct driver *driver)
{
    if (driver->state == DRIVER_STOPPED)
        surveyor_stop(driver->surveyor);
    else
        driver_see(driver);
    runtime_hang_up(driver->stats);
    if (driver->master)
        runtime_hang_up(driver->master);
    driver_forget_conversation(driver);
    timer_stop(&driver->timer);
}

void driver_enter(struct driver *driver, enum driver_state next)
{
    driver->state = next;

    switch (next) {
    case DRIVER_IDLE:
    case DRIVER_STOPPED: driver_end_conversation(driver); return;
    case DRIVER_ASKING_INFO:
    case DRIVER_ASKING_HELP:
    case DRIVER_ASKING_MASTER:
    case DRIVER_ASKING_SERVERS:
    case DRIVER_ASKING_LOADS:
    case DRIVER_SENDING:
    case DRIVER_VERIFYING: driver_ask(driver); return;
    case DRIVER_RELOADING:
        driver->is_live_old = true;
        runtime_hang_up(driver->stats);
        reloader_start(driver->reloader, driver->worker, driver->reload_reason);
        return;
    }
}

/* --- Results --------------------------------------------------------------------------------- */

/* The same failure of the next attempts is no news. */
static void driver_log_failure(const struct driver *driver, const char *text)
{
    bool is_news = !driver->last_failure || strcmp(driver->last_failure, text) != 0;
    enum log_level level = is_news ? LOG_LEVEL_ERR : LOG_LEVEL_DEBUG;

    if (driver->reload_reason)
        log_write(level, "haproxy '%s': %s; a reload is needed: %s", driver->name, text,
                  driver->reload_reason);
    else
        log_write(level, "haproxy '%s': %s", driver->name, text);
}

/* What its owner is told is its owner's to say, where it went well. */
static void driver_log_result(const struct driver *driver, const struct driver_result *result,
                              bool is_told)
{
    enum log_level level = is_told ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    unsigned long long ms = result->elapsed_ms;

    switch (result->outcome) {
    case DRIVER_NOTHING: return;
    case DRIVER_UPDATED:
        log_write(level, "haproxy '%s': updated at run time (%zu commands, %llums)", driver->name,
                  result->n_steps, ms);
        return;
    case DRIVER_RELOADED:
        log_write(level,
                  "haproxy '%s': reloaded, because %s (%llums, worker %llu, %zu old workers)",
                  driver->name, result->text, ms, (unsigned long long)driver->worker.pid,
                  driver->report.n_old_workers);
        return;
    case DRIVER_NOT_RUNNING:
        log_write(level, "haproxy '%s': not running; it reads the files when it starts",
                  driver->name);
        return;
    case DRIVER_FAILED: driver_log_failure(driver, result->text); return;
    }
}

static void driver_note_result(struct driver *driver, const struct driver_result *result)
{
    struct driver_report *report = &driver->report;
    uint64_t now_ms = loop_now_ms(driver->loop);

    switch (result->outcome) {
    case DRIVER_UPDATED:
        report->update_ms = now_ms;
        report->update_took_ms = result->elapsed_ms;
        report->n_update_steps = result->n_steps;
        report->n_updates++;
        return;
    case DRIVER_RELOADED:
        report->reload_ms = now_ms;
        report->reloads_took_ms += result->elapsed_ms;
        report->n_reloads++;
        free(driver->last_reason);
        driver->last_reason = memory_copy_string(result->text);
        return;
    case DRIVER_FAILED: report->n_failures++; return;
    case DRIVER_NOTHING:
    case DRIVER_NOT_RUNNING: return;
    }
}

/* A look that failed is repeated: nobody else asks for it. */
static void driver_plan_look(struct driver *driver)
{
    uint64_t delay_ms = LOOK_AGAIN_MS;

    for (unsigned i = 0; i < driver->n_looks_failed && delay_ms < LOOK_MOST_MS; i++)
        delay_ms *= 2;
    driver->n_looks_failed++;
    driver->wants_look = true;
    driver->next_ms = loop_now_ms(driver->loop) + delay_ms;
}

/* What was asked for with a reload that did not happen is asked for with the next one. */
static void driver_keep_update(struct driver *driver)
{
    driver->update.has_other_changes |= driver->doing.has_other_changes;
    driver->update.is_doubtful |= driver->doing.is_doubtful;
}

void driver_finish(struct driver *driver, enum driver_outcome outcome, const char *text,
                   bool is_evidence)
{
    char *copy = memory_copy_string(text);
    struct driver_result result = {
        .outcome = outcome,
        .n_steps = driver->n_sent,
        .elapsed_ms = loop_now_ms(driver->loop) - driver->begun_ms,
        .text = copy,
        .is_evidence = is_evidence,
    };
    bool is_told = driver->has_result_due && !driver->wants_apply && !driver->wants_stop;

    driver->next_ms = driver->memory.pending.n > 0 || driver->wants_look
                          ? loop_now_ms(driver->loop) + FIRST_TURN_MS
                          : UINT64_MAX;
    if (outcome == DRIVER_UPDATED || outcome == DRIVER_RELOADED || is_told ||
        (outcome == DRIVER_FAILED && driver->n_looks_failed == 0))
        driver_log_result(driver, &result, is_told);
    if (outcome == DRIVER_FAILED)
        driver_keep_update(driver);
    if (outcome != DRIVER_FAILED)
        driver->n_looks_failed = 0;
    else if (!driver->has_result_due)
        driver_plan_look(driver);
    driver_note_result(driver, &result);
    free(driver->last_failure);
    driver->last_failure = outcome == DRIVER_FAILED ? memory_copy_string(text) : NULL;
    driver_enter(driver, DRIVER_IDLE);
    if (is_told)
        driver->has_result_due = false;
    driver_go_on(driver);
    if (is_told)
        driver->handler.on_result(driver->ctx, &result);
    free(copy);
}

void driver_wait_for_reload(struct driver *driver)
{
    driver_keep_update(driver);
    driver->wants_look = !driver->has_result_due;
    driver->next_ms = driver->reload_at_ms;
    driver_enter(driver, DRIVER_IDLE);
    driver_go_on(driver);
}

void driver_end_turn(struct driver *driver)
{
    bool is_last = driver->job == JOB_STOP;

    driver_enter(driver, DRIVER_IDLE);
    if (is_last)
        timer_start_ms(&driver->stop_timer, 0);
    else
        driver_go_on(driver);
}

/* --- Face ------------------------------------------------------------------------------------ */

struct driver *driver_new(struct loop *loop, const char *name,
                          const struct haproxy_options *options,
                          const struct driver_handler *handler, void *ctx)
{
    struct driver *driver = NEW(struct driver);
    struct error err;

    driver->loop = loop;
    driver->name = name;
    driver->options = options;
    driver->handler = *handler;
    driver->ctx = ctx;
    driver->state = DRIVER_IDLE;
    driver->next_ms = UINT64_MAX;
    driver->memory = MEMORY_EMPTY;
    driver->plan = driver->overrides = PLAN_EMPTY;
    driver->turn = PENDING_TURN_EMPTY;
    driver->stats =
        runtime_new(loop, RUNTIME_WORKER, options->socket, &driver_stats_handler, driver);
    if (options->master_socket)
        driver->master = runtime_new(loop, RUNTIME_MASTER, options->master_socket,
                                     &driver_master_handler, driver);
    driver->reloader = reloader_new(loop, options, &driver_reloader_handler, driver);
    driver->surveyor = surveyor_new(loop, options, &driver_surveyor_handler, driver);
    driver->survey = SURVEY_EMPTY;
    timer_init(&driver->timer, loop, driver_on_timer, driver);
    timer_init(&driver->stop_timer, loop, driver_on_stop_timer, driver);
    if (!reading_take(options->files, options->n_files, &driver->running, &err))
        log_debug("haproxy '%s': as installed at present: %s", name, err.text);
    return driver;
}

void driver_free(struct driver *driver)
{
    if (!driver)
        return;
    runtime_free(driver->stats);
    runtime_free(driver->master);
    reloader_free(driver->reloader);
    surveyor_free(driver->surveyor);
    survey_fini(&driver->survey);
    timer_fini(&driver->timer);
    timer_fini(&driver->stop_timer);
    driver_forget_conversation(driver);
    memory_fini(&driver->memory);
    reading_fini(&driver->running);
    buf_fini(&driver->saved);
    free(driver->last_reason);
    free(driver->other_files);
    free(driver->last_failure);
    free(driver);
}

void driver_start(struct driver *driver, struct slice saved)
{
    struct error err;

    if (saved.len > 0 && !memory_parse(saved, loop_now_ms(driver->loop), &driver->memory, &err))
        log_warn("haproxy '%s': %s", driver->name, err.text);
    driver->wants_look = true;
    driver->next_ms = 0;
    if (driver->state == DRIVER_IDLE)
        driver_go_on(driver);
}

void driver_apply(struct driver *driver, const struct driver_update *update)
{
    if (!driver->has_result_due) {
        driver->begun_ms = loop_now_ms(driver->loop);
        driver->n_sent = 0;
    }
    driver->has_result_due = driver->wants_apply = true;
    driver->update.has_other_changes |= update->has_other_changes;
    driver->update.is_doubtful |= update->is_doubtful;
    if (driver->state == DRIVER_IDLE)
        driver_go_on(driver);
}

void driver_on_command(struct driver *driver, bool is_ok, const char *text)
{
    reloader_on_command(driver->reloader, is_ok, text);
}

void driver_stop(struct driver *driver)
{
    driver->wants_stop = true;
    timer_start_ms(&driver->stop_timer, STOP_MS);
    if (driver->state == DRIVER_IDLE)
        driver_go_on(driver);
}

bool driver_is_busy(const struct driver *driver)
{
    bool is_asked = driver->wants_apply || (driver->wants_look && driver->n_looks_failed == 0);

    return driver->state != DRIVER_STOPPED && (driver->state != DRIVER_IDLE || is_asked);
}

void driver_get_report(const struct driver *driver, struct driver_report *ret_report)
{
    *ret_report = driver->report;
    ret_report->worker = driver->memory.worker.pid;
    ret_report->version = driver->can.version;
    ret_report->seen = &driver->survey;
    ret_report->owes_reload = driver->memory.owes_reload;
    ret_report->n_pending = driver->memory.pending.n;
    ret_report->reload_reason = driver->last_reason ? driver->last_reason : "";
}
