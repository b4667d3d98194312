/* SPDX-License-Identifier: MIT */
/* Decisions and the steps that follow: sent one by one, and looked at afterwards. */
#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "changes.h"
#include "driving.h"

#define LOOK_AFTER_MS 1000

/* HAProxy 3.0 and later answer `set server addr` before a task of theirs has done it. */
#define ADDRESS_MS      1000
#define VERIFY_AGAIN_MS 10

struct decision_input driver_decision_input(const struct driver *driver)
{
    return (struct decision_input){
        .memory = &driver->memory,
        .worker = driver->worker,
        .before = &driver->running,
        .after = driver->after.config ? &driver->after : &driver->running,
        .live = driver->live,
        .can = driver->can,
        .options = driver->options,
        .update = driver->doing,
        .other_files = driver->other_files,
        .is_look = driver->job == JOB_LOOK,
        .now_ms = loop_now_ms(driver->loop),
        .is_registered = driver->handler.is_registered,
        .ctx = driver->ctx,
    };
}

static void log_changes(const struct driver *driver)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (!driver->running.config)
        return;
    changes_format(driver->running.config, driver->after.config, driver->handler.cause_of,
                   driver->ctx, &text);
    if (text.len > 0)
        log_info("haproxy '%s': servers: %s", driver->name, text.ptr);
}

void driver_take_over(struct driver *driver)
{
    if (driver->after.config) {
        log_changes(driver);
        reading_fini(&driver->running);
        driver->running = driver->after;
        driver->after = READING_NONE;
    }
    driver->memory.files = driver->running.hash;
}

/* --- Steps ----------------------------------------------------------------------------------- */

static void send_next(struct driver *driver);

void driver_send_steps(struct driver *driver, const struct haproxy_step *steps, size_t n,
                       enum driver_purpose purpose)
{
    driver->steps = steps;
    driver->n_steps = n;
    driver->step_at = 0;
    driver->purpose = purpose;
    send_next(driver);
}

/* All are sent, or the first wrong answer has come. */
static void end_steps(struct driver *driver)
{
    switch (driver->purpose) {
    case PURPOSE_UPDATE:
    case PURPOSE_RESEND:
        driver->verify_until_ms = loop_now_ms(driver->loop) + ADDRESS_MS;
        driver_enter(driver, DRIVER_VERIFYING);
        return;
    case PURPOSE_TURN: driver_end_turn(driver); return;
    case PURPOSE_PARTIAL: driver_end_without_reload(driver); return;
    case PURPOSE_OVERRIDE:
        driver_finish(driver, DRIVER_RELOADED, driver->reload_reason, false);
        return;
    }
}

static void send_next(struct driver *driver)
{
    if (driver->step_at < driver->n_steps)
        driver_enter(driver, DRIVER_SENDING);
    else
        end_steps(driver);
}

static void on_wrong_answer(struct driver *driver, struct slice answer)
{
    const struct haproxy_step *step = &driver->steps[driver->step_at];
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    answer = slice_trim(answer);
    buf_printf(&text, "%.*s/%.*s: HAProxy answered '", SLICE_ARG(step->proxy),
               SLICE_ARG(step->server));
    redact_text(slice_sub(answer, 0, slice_find_byte(answer, '\n')), &text);
    buf_add_byte(&text, '\'');
    if (driver->purpose == PURPOSE_UPDATE || driver->purpose == PURPOSE_RESEND) {
        driver_reload(driver, text.ptr);
        return;
    }
    log_warn("haproxy '%s': %s", driver->name, text.ptr);
    if (driver->purpose == PURPOSE_OVERRIDE) {
        driver->step_at++; /* they do not depend on each other */
        send_next(driver);
        return;
    }
    if (driver->purpose == PURPOSE_TURN) {
        /* Somebody else has a hand in it: what runs is to be looked at as a whole. */
        driver->wants_look = true;
        driver->next_ms = loop_now_ms(driver->loop) + LOOK_AFTER_MS;
    }
    end_steps(driver);
}

void driver_on_step_answer(struct driver *driver, struct slice answer)
{
    const struct haproxy_step *step = &driver->steps[driver->step_at];
    enum step_answer judged = step_judge(step->kind, answer);
    bool was_done = driver->purpose == PURPOSE_RESEND && step->kind == STEP_ADD &&
                    slice_starts_with(slice_trim(answer), SLICE("Already exists a server"));

    if (judged == STEP_WRONG && !was_done) {
        on_wrong_answer(driver, answer);
        return;
    }
    driver->step_at++;
    driver->n_sent++;
    driver->report.n_steps++;
    send_next(driver);
}

/* The connection has ended in the middle. */
void driver_on_steps_cut(struct driver *driver, const char *why)
{
    switch (driver->purpose) {
    case PURPOSE_UPDATE:
    case PURPOSE_RESEND: driver_reload_blindly(driver, why); return;
    case PURPOSE_TURN:
    case PURPOSE_PARTIAL:
    case PURPOSE_OVERRIDE: end_steps(driver); return;
    }
}

void driver_on_verified(struct driver *driver)
{
    const struct haproxy_step *missing =
        steps_find_invisible(driver->steps, driver->n_steps, driver->live);
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (missing && missing->kind == STEP_ADDRESS &&
        loop_now_ms(driver->loop) < driver->verify_until_ms) {
        timer_start_ms(&driver->timer, VERIFY_AGAIN_MS);
        return;
    }
    if (missing) {
        buf_printf(&text, "'%.*s' has no effect", SLICE_ARG(slice_sub(missing->command, 0, 128)));
        driver_reload(driver, text.ptr);
        return;
    }
    driver->memory.is_applying = false;
    memory_set_steps(&driver->memory, NULL, 0);
    driver_save(driver);
    if (driver->purpose == PURPOSE_RESEND) {
        driver_enter(driver, DRIVER_ASKING_SERVERS); /* and from there to what is installed now */
    } else {
        driver_take_over(driver);
        driver_finish(driver, DRIVER_UPDATED, "", false);
    }
}

/* --- Decisions ------------------------------------------------------------------------------- */

static void take_pending(struct driver *driver)
{
    pending_list_fini(&driver->memory.pending);
    driver->memory.pending = driver->plan.pending;
    driver->plan.pending = PENDING_LIST_EMPTY;
    if (!worker_equal(driver->memory.worker, driver->worker)) {
        driver->memory.is_applying = driver->memory.owes_reload = false; /* the earlier one's */
        memory_set_steps(&driver->memory, NULL, 0);
    }
    driver->memory.worker = driver->worker;
}

static void do_steps(struct driver *driver)
{
    struct memory *memory = &driver->memory;

    take_pending(driver);
    memory_set_steps(memory, driver->plan.steps, driver->plan.n_steps);
    memory->is_applying = true;
    memory->files = driver->after.config ? driver->after.hash : driver->running.hash;
    driver_save(driver);
    driver_send_steps(driver, memory->steps, memory->n_steps, PURPOSE_UPDATE);
}

/* The first look is at the files as they were when we began: what is delivered meanwhile is applied
 * after it. */
static bool read_files(struct driver *driver, struct error *err)
{
    bool is_first = driver->job == JOB_LOOK && !driver->has_looked;

    reading_fini(&driver->after);
    driver->has_looked = true;
    if (is_first && driver->running.config)
        return true;
    return reading_take(driver->options->files, driver->options->n_files, &driver->after, err);
}

/* HAProxy's own check has accepted what we cannot read: nothing but a reload takes it up. Before
 * the first delivery there may be no files, and that is nobody's failure. */
void driver_on_unreadable(struct driver *driver, const char *why)
{
    if (driver->job != JOB_APPLY) {
        driver_finish(driver, DRIVER_NOTHING, why, false);
        return;
    }
    reading_fini(&driver->running);
    driver_reload(driver, why);
}

void driver_decide(struct driver *driver)
{
    struct decision_input input;
    struct error err;

    plan_fini(&driver->plan);
    if (!read_files(driver, &err)) {
        driver_on_unreadable(driver, err.text);
        return;
    }
    input = driver_decision_input(driver);
    switch (decide(&input, &driver->plan)) {
    case DECISION_NOTHING:
        take_pending(driver);
        driver_take_over(driver);
        driver_save(driver);
        driver_finish(driver, DRIVER_NOTHING, "", false);
        return;
    case DECISION_STEPS:
        driver_note_overrides(driver);
        do_steps(driver);
        return;
    case DECISION_RELOAD:
        driver_note_overrides(driver);
        driver_reload(driver, driver->plan.reason.ptr);
        return;
    case DECISION_RESEND:
        driver_send_steps(driver, driver->memory.steps, driver->memory.n_steps, PURPOSE_RESEND);
        return;
    }
}
