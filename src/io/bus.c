/* SPDX-License-Identifier: MIT */
/* A unit's reload over the system bus. */
#include "io/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/memory.h"
#include "io/timer.h"
#include "source.h"

#define SYSTEMD      "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER      "org.freedesktop.systemd1.Manager"

struct bus_reload {
    bus_reload_fn fn;
    void *ctx;
    char *unit;
    sd_bus *bus;
    sd_bus_slot *removed_slot, *reload_slot;
    char *job;          /* its object's path, once systemd has told it */
    struct timer timer; /* the deadline; a failure at the start is told by it, too */
    uint64_t timeout_ms;
    struct error err;
};

/* The last thing that happens: fn may free it. */
static void bus_reload_end(struct bus_reload *reload)
{
    struct error err = reload->err;

    timer_stop(&reload->timer);
    sd_bus_slot_unref(TAKE(reload->removed_slot));
    reload->fn(reload->ctx, &err);
}

static void bus_reload_fail(struct bus_reload *reload, const char *what)
{
    error_set(&reload->err, ERROR_UNAVAILABLE, "reload of '%s' over D-Bus: %s", reload->unit, what);
}

/* On the next turn, out of every callback. */
static void bus_reload_fail_later(struct bus_reload *reload, const char *what)
{
    bus_reload_fail(reload, what);
    timer_start_ms(&reload->timer, 0);
}

static void bus_reload_on_timer(void *ctx)
{
    struct bus_reload *reload = ctx;

    if (reload->err.code == ERROR_NONE)
        bus_reload_fail(reload, "systemd did not finish it in time");
    bus_reload_end(reload);
}

/* "done", "canceled", "timeout", "failed", "dependency", "skipped"; "invalid": there is nothing
 * active that could be reloaded */
static int bus_reload_on_removed(sd_bus_message *message, void *ctx, sd_bus_error *bus_error)
{
    struct bus_reload *reload = ctx;
    const char *job, *unit, *result;
    uint32_t id;
    char text[128];

    (void)bus_error;
    if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0 || !reload->job ||
        strcmp(job, reload->job) != 0)
        return 0;
    if (strcmp(result, "invalid") == 0) {
        bus_reload_fail(reload, "it is not active");
    } else if (strcmp(result, "done") != 0) {
        snprintf(text, sizeof(text), "its job ended as '%s'", result);
        bus_reload_fail(reload, text);
    }
    bus_reload_end(reload);
    return 0;
}

static int bus_reload_on_job(sd_bus_message *message, void *ctx, sd_bus_error *bus_error)
{
    struct bus_reload *reload = ctx;
    const sd_bus_error *failure = sd_bus_message_get_error(message);
    const char *job;

    (void)bus_error;
    if (failure)
        bus_reload_fail_later(reload, failure->message ? failure->message : failure->name);
    else if (sd_bus_message_read(message, "o", &job) < 0)
        bus_reload_fail_later(reload, "an answer without a job");
    else
        reload->job = memory_copy_string(job);
    return 0;
}

static int bus_reload_ask(struct bus_reload *reload, struct loop *loop)
{
    int r = sd_bus_open_system(&reload->bus);

    if (r >= 0)
        r = sd_bus_attach_event(reload->bus, loop_get_event(loop), SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = sd_bus_match_signal_async(reload->bus, &reload->removed_slot, SYSTEMD, MANAGER_PATH,
                                      MANAGER, "JobRemoved", bus_reload_on_removed, NULL, reload);
    /* Without it the manager tells nobody. What it answers does not matter: the job's end does. */
    if (r >= 0)
        r = sd_bus_call_method_async(reload->bus, NULL, SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe",
                                     NULL, NULL, NULL);
    if (r >= 0)
        r = sd_bus_call_method_async(reload->bus, &reload->reload_slot, SYSTEMD, MANAGER_PATH,
                                     MANAGER, "ReloadUnit", bus_reload_on_job, reload, "ss",
                                     reload->unit, "replace");
    return r;
}

struct bus_reload *bus_reload_start(struct loop *loop, const char *unit, uint64_t timeout_ms,
                                    bus_reload_fn fn, void *ctx)
{
    struct bus_reload *reload = NEW(struct bus_reload);
    int r;

    reload->fn = fn;
    reload->ctx = ctx;
    reload->unit = memory_copy_string(unit);
    timer_init(&reload->timer, loop, bus_reload_on_timer, reload);
    r = bus_reload_ask(reload, loop);
    if (r < 0)
        bus_reload_fail_later(reload, strerror(-r));
    else
        timer_start_ms(&reload->timer, timeout_ms);
    return reload;
}

void bus_reload_free(struct bus_reload *reload)
{
    if (!reload)
        return;
    timer_fini(&reload->timer);
    sd_bus_slot_unref(reload->removed_slot);
    sd_bus_slot_unref(reload->reload_slot);
    sd_bus_close_unref(reload->bus);
    free(reload->job);
    free(reload->unit);
    free(reload);
}
