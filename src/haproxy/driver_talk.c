/* SPDX-License-Identifier: MIT */
/* What the driver asks HAProxy, and what follows from the answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "command_line.h"
#include "driving.h"

static bool is_turn(const struct driver *driver)
{
    return driver->job == JOB_TURN || driver->job == JOB_STOP;
}

/* --- Turns ----------------------------------------------------------------------------------- */

static void do_turn(struct driver *driver)
{
    struct pending_list *list = &driver->memory.pending;
    struct pending_input input = {
        .live = driver->live,
        .loads = &driver->loads,
        .now_ms = loop_now_ms(driver->loop),
        .drain_ms = driver->options->drain_ms,
        .grace_ms = driver->options->grace_ms,
        .can_delete = driver->can.can_delete,
        .is_stopping = driver->job == JOB_STOP,
    };

    pending_list_turn(list, &input, &driver->turn);
    driver->next_ms = driver->turn.next_ms;
    driver_save(driver);
    if (driver->turn.failed.len > 0 && driver->job == JOB_TURN) {
        driver_note_overrides(driver);
        driver->job = JOB_LOOK; /* without a result, and with the files */
        struct error err;

        if (!reading_take(driver->options->files, driver->options->n_files, &driver->after, &err))
            driver_finish(driver, DRIVER_FAILED, err.text, false);
        else
            driver_reload(driver, driver->turn.failed.ptr);
        return;
    }
    driver_send_steps(driver, driver->turn.steps, driver->turn.n_steps, PURPOSE_TURN);
}

/* The next proxy whose load counts, from load_at on; SLICE_EMPTY: no other one. */
static struct slice next_load(struct driver *driver)
{
    const struct pending_list *list = &driver->memory.pending;
    uint64_t now_ms = loop_now_ms(driver->loop);

    for (; driver->load_at < list->n; driver->load_at++) {
        struct slice proxy = list->items[driver->load_at].proxy;
        bool is_known =
            driver->load_at > 0 && slice_equal(proxy, list->items[driver->load_at - 1].proxy);

        if (!is_known && pending_list_wants(list, proxy, now_ms))
            return proxy;
    }
    return SLICE_EMPTY;
}

static void ask_loads(struct driver *driver)
{
    if (next_load(driver).len > 0)
        driver_enter(driver, DRIVER_ASKING_LOADS);
    else
        do_turn(driver);
}

/* --- Questions ------------------------------------------------------------------------------- */

void driver_ask(struct driver *driver)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;

    switch (driver->state) {
    case DRIVER_ASKING_INFO: runtime_ask(driver->stats, SLICE("show info"), false); return;
    case DRIVER_ASKING_HELP: runtime_ask(driver->stats, SLICE("help"), false); return;
    case DRIVER_ASKING_MASTER: runtime_ask(driver->master, SLICE("show proc"), false); return;
    case DRIVER_ASKING_SERVERS:
    case DRIVER_VERIFYING: runtime_ask(driver->stats, SLICE("show servers state"), false); return;
    case DRIVER_ASKING_LOADS:
        buf_printf(&command, "show stat %.*s 4 -1", SLICE_ARG(next_load(driver)));
        runtime_ask(driver->stats, buf_slice(&command), false);
        return;
    case DRIVER_SENDING:
        runtime_ask(driver->stats, driver->steps[driver->step_at].command, true);
        return;
    case DRIVER_IDLE:
    case DRIVER_RELOADING:
    case DRIVER_STOPPED: return;
    }
}

static void on_not_running(struct driver *driver)
{
    memory_fini(&driver->memory); /* its servers went with it */
    driver_take_over(driver);     /* it will read them */
    driver_save(driver);
    driver_finish(driver, DRIVER_NOT_RUNNING, "", false);
}

/* Nobody listens on the stats socket. */
static void on_nobody(struct driver *driver, const char *why)
{
    struct error err;

    if (is_turn(driver)) {
        driver_end_turn(driver);
        return;
    }
    reading_fini(&driver->after);
    if (!reading_take(driver->options->files, driver->options->n_files, &driver->after, &err) &&
        driver->job == JOB_LOOK) {
        driver_on_unreadable(driver, err.text);
        return;
    }
    if (driver->master) {
        driver->trouble = memory_copy_string(why);
        driver_enter(driver, DRIVER_ASKING_MASTER);
    } else if (config_opens_socket(driver->after.config, driver->options->socket)) {
        on_not_running(driver);
    } else {
        driver_reload_blindly(driver, why);
    }
}

/* Said when it is new, and not again with each worker. */
static void look_at_command_line(struct driver *driver)
{
    const struct haproxy_options *options = driver->options;
    CLEANUP(buf_fini) struct buf files = BUF_EMPTY, text = BUF_EMPTY;
    char *before = TAKE(driver->other_files);

    if (command_line_differs(driver->worker.pid, options->files, options->n_files, &files)) {
        buf_printf(&text, "it reads %s, which is not what 'config' says", files.ptr);
        driver->other_files = buf_take(&text);
        if (!before || strcmp(before, driver->other_files) != 0)
            log_warn("haproxy '%s': %s: its servers are changed by reloads alone", driver->name,
                     driver->other_files);
    }
    free(before);
}

static void on_info(struct driver *driver, struct slice answer)
{
    struct haproxy_info info;
    struct error err;

    if (!haproxy_info_parse(answer, &info, &err)) {
        driver_reload_blindly(driver, err.text);
        return;
    }
    driver->worker = worker_from(&info, (uint64_t)time(NULL));
    if (worker_equal(driver->can_of, driver->worker)) {
        driver_enter(driver, DRIVER_ASKING_SERVERS);
        return;
    }
    driver->can = haproxy_capabilities_from(info.version, SLICE_EMPTY);
    driver->can_of = driver->worker;
    look_at_command_line(driver);
    driver_enter(driver, DRIVER_ASKING_HELP);
}

static void on_state(struct driver *driver, struct slice answer)
{
    struct haproxy_state *live;
    struct error err;

    if (!haproxy_state_parse(answer, &live, &err)) {
        driver_reload_blindly(driver, err.text);
        return;
    }
    haproxy_state_free(driver->live);
    driver->live = live;
    driver->is_live_old = false;
    if (driver->state == DRIVER_VERIFYING) {
        driver_on_verified(driver);
    } else if (!is_turn(driver)) {
        driver_decide(driver);
    } else if (!worker_equal(driver->worker, driver->memory.worker)) {
        driver->wants_look = true; /* another worker: what was left to do was the old one's */
        driver->next_ms = 0;
        driver_end_turn(driver);
    } else {
        driver->load_at = 0;
        ask_loads(driver);
    }
}

static void on_loads(struct driver *driver, struct slice answer)
{
    struct error err;

    if (!haproxy_loads_add(&driver->loads, answer, &err))
        log_debug("haproxy '%s': %s", driver->name, err.text);
    driver->load_at++;
    ask_loads(driver);
}

static void on_answer(void *ctx, struct slice answer)
{
    struct driver *driver = ctx;

    switch (driver->state) {
    case DRIVER_ASKING_INFO: on_info(driver, answer); return;
    case DRIVER_ASKING_HELP:
        driver->can = haproxy_capabilities_from(driver->can.version, answer);
        driver_enter(driver, DRIVER_ASKING_SERVERS);
        return;
    case DRIVER_ASKING_SERVERS:
    case DRIVER_VERIFYING: on_state(driver, answer); return;
    case DRIVER_ASKING_LOADS: on_loads(driver, answer); return;
    case DRIVER_SENDING: driver_on_step_answer(driver, answer); return;
    case DRIVER_ASKING_MASTER:
    case DRIVER_IDLE:
    case DRIVER_RELOADING:
    case DRIVER_STOPPED: return;
    }
}

static void on_failure(void *ctx, const struct error *err, bool is_sent)
{
    struct driver *driver = ctx;
    bool is_nobody = err->sys_errno == ENOENT || err->sys_errno == ECONNREFUSED;

    (void)is_sent;
    if (driver->state == DRIVER_ASKING_INFO && is_nobody)
        on_nobody(driver, err->text);
    else if (driver->state == DRIVER_SENDING)
        driver_on_steps_cut(driver, err->text);
    else if (is_turn(driver))
        driver_end_turn(driver);
    else
        driver_reload_blindly(driver, err->text);
}

static void on_master_answer(void *ctx, struct slice answer)
{
    struct driver *driver = ctx;
    char *why = TAKE(driver->trouble);

    (void)answer;
    driver_reload_blindly(driver, why);
    free(why);
}

static void on_master_failure(void *ctx, const struct error *err, bool is_sent)
{
    struct driver *driver = ctx;
    char *why = TAKE(driver->trouble);

    (void)err;
    (void)is_sent;
    if (config_opens_socket(driver->after.config, driver->options->socket))
        on_not_running(driver);
    else
        driver_reload_blindly(driver, why);
    free(why);
}

const struct runtime_handler driver_stats_handler = { on_answer, on_failure };
const struct runtime_handler driver_master_handler = { on_master_answer, on_master_failure };
