/* SPDX-License-Identifier: MIT */
/* What the driver knows of its HAProxy for the status: from what it sees while it works, and from a
 * look a minute. */
#include "driving.h"

#define LOOK_SOON_MS 1000

static void driver_survey(struct driver *driver, const struct haproxy_state *live,
                          const struct haproxy_loads *loads)
{
    const struct survey_input input = {
        .config = driver->running.config,
        .live = live,
        .loads = loads,
        .pending = &driver->memory.pending,
        .now_ms = loop_now_ms(driver->loop),
    };

    driver->report.is_answering = true;
    if (input.config)
        survey_update(&driver->survey, &input);
}

static void on_seen(void *ctx, const struct haproxy_state *live, const struct haproxy_loads *loads,
                    const size_t *n_old_workers)
{
    struct driver *driver = ctx;

    if (driver->state != DRIVER_IDLE) {
        surveyor_look(driver->surveyor, LOOK_SOON_MS); /* half of it may be of before a change */
        return;
    }
    if (n_old_workers)
        driver->report.n_old_workers = *n_old_workers;
    driver_survey(driver, live, loads);
}

static void on_failure(void *ctx)
{
    struct driver *driver = ctx;

    driver->report.is_answering = false;
}

const struct surveyor_handler driver_surveyor_handler = { on_seen, on_failure };

void driver_see(struct driver *driver)
{
    bool is_late = driver->purpose == PURPOSE_TURN || driver->purpose == PURPOSE_PARTIAL;

    if (driver->memory.worker.pid == 0)
        survey_fini(&driver->survey); /* it went with its worker */
    /* What was sent in the last steps of these is not to be seen yet. */
    if (driver->live && !driver->is_live_old && (driver->n_steps == 0 || !is_late))
        driver_survey(driver, driver->live, NULL);
    surveyor_look(driver->surveyor, LOOK_SOON_MS);
}
