/* SPDX-License-Identifier: MIT */
/* A driver in the service of a delivery. */
#include "hitless.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/timer.h"
#include "retry.h"

#define MOST_DELAY_MS (UINT64_C(300) * 1000)
/* What a driver keeps is in proportion to the servers of its HAProxy. */
#define MAX_SAVED_BYTES (256u << 20)

struct hitless {
    struct delivery_means means;
    const struct delivery_options *options;
    struct hitless_handler handler;
    void *ctx;
    struct driver *driver;
    char *path;       /* where its memory is kept; NULL: nowhere */
    struct buf saved; /* the same */
    bool is_started, is_unwritable;
    bool has_other_changes; /* since the last success */
    bool is_doubtful;       /* the same: somebody else may have had it read his files */
    struct timer timer;     /* the start, then the next attempt */
    struct retry retry;
};

/* --- Its memory ------------------------------------------------------------------------------ */

/* One file for each group, whose name may be a path. */
static char *memory_path(const char *state_dir, const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/haproxy-%016llx", state_dir,
               (unsigned long long)slice_hash(slice_from(name)));
    return buf_take(&path);
}

static void hitless_load(struct hitless *hitless)
{
    struct error err = ERROR_EMPTY;

    if (!file_read(hitless->path, MAX_SAVED_BYTES, &hitless->saved, &err) &&
        err.sys_errno != ENOENT)
        log_warn("delivery '%s': what is known of HAProxy, '%s': %s", hitless->options->name,
                 hitless->path, err.text);
}

static void hitless_on_save(void *ctx, struct slice text)
{
    static const struct file_attributes private = { 0600, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    struct hitless *hitless = ctx;
    struct error err;

    buf_clear(&hitless->saved);
    buf_add(&hitless->saved, text);
    if (!hitless->path)
        return;
    if (file_install(hitless->path, text, &private, &err)) {
        hitless->is_unwritable = false;
    } else if (!hitless->is_unwritable) {
        hitless->is_unwritable = true;
        log_warn("delivery '%s': what is known of HAProxy is not kept: '%s': %s",
                 hitless->options->name, hitless->path, err.text);
    }
}

/* --- Attempts -------------------------------------------------------------------------------- */

static void hitless_start(struct hitless *hitless)
{
    if (hitless->is_started)
        return;
    hitless->is_started = true;
    driver_start(hitless->driver, buf_slice(&hitless->saved));
}

void hitless_apply(struct hitless *hitless)
{
    const struct driver_update update = { .has_other_changes = hitless->has_other_changes,
                                          .is_doubtful = hitless->is_doubtful };

    timer_stop(&hitless->timer);
    hitless_start(hitless);
    driver_apply(hitless->driver, &update);
}

static void hitless_on_timer(void *ctx)
{
    struct hitless *hitless = ctx;

    if (hitless->is_started)
        hitless_apply(hitless);
    else
        hitless_start(hitless);
}

static void hitless_on_failure(struct hitless *hitless, const char *text, bool is_evidence)
{
    CLEANUP(buf_fini) struct buf failure = BUF_EMPTY;

    buf_printf(&failure, "haproxy: %s", text);
    retry_add_failure(&hitless->retry, loop_now_ms(hitless->means.loop),
                      slice_hash(buf_slice(&failure)));
    if (hitless->means.is_retrying)
        timer_start_ms(&hitless->timer, retry_delay_ms(&hitless->retry, MOST_DELAY_MS));
    hitless->handler.on_result(hitless->ctx, failure.ptr, is_evidence);
}

static void hitless_on_result(void *ctx, const struct driver_result *result)
{
    struct hitless *hitless = ctx;

    if (result->outcome == DRIVER_FAILED) {
        hitless_on_failure(hitless, result->text, result->is_evidence);
        return;
    }
    hitless->retry = RETRY_NONE;
    hitless->has_other_changes = hitless->is_doubtful = false;
    hitless->handler.on_result(hitless->ctx, NULL, false);
}

static bool hitless_run_commands(void *ctx, const char *reason)
{
    struct hitless *hitless = ctx;

    (void)reason; /* the commands learn what has changed in the catalogue */
    return hitless->handler.run_commands(hitless->ctx);
}

static bool hitless_is_registered(void *ctx, const struct haproxy_address *address)
{
    struct hitless *hitless = ctx;

    return hitless->means.is_registered &&
           hitless->means.is_registered(hitless->means.catalogue, address);
}

static const char *hitless_cause_of(void *ctx, const struct haproxy_address *address, bool has_come)
{
    struct hitless *hitless = ctx;

    return hitless->means.cause_of
               ? hitless->means.cause_of(hitless->means.catalogue, address, has_come)
               : NULL;
}

static void hitless_on_stopped(void *ctx)
{
    struct hitless *hitless = ctx;

    hitless->handler.on_stopped(hitless->ctx);
}

/* --- Face ------------------------------------------------------------------------------------ */

struct hitless *hitless_new(const struct delivery_means *means,
                            const struct delivery_options *options,
                            const struct hitless_handler *handler, void *ctx)
{
    static const struct driver_handler of_driver = {
        .on_result = hitless_on_result,
        .on_save = hitless_on_save,
        .run_command = hitless_run_commands,
        .is_registered = hitless_is_registered,
        .cause_of = hitless_cause_of,
        .on_stopped = hitless_on_stopped,
    };
    struct hitless *hitless = NEW(struct hitless);

    hitless->means = *means;
    hitless->options = options;
    hitless->handler = *handler;
    hitless->ctx = ctx;
    timer_init(&hitless->timer, means->loop, hitless_on_timer, hitless);
    if (means->state_dir) {
        hitless->path = memory_path(means->state_dir, options->name);
        hitless_load(hitless);
    }
    hitless->driver = driver_new(means->loop, options->name, options->haproxy, &of_driver, hitless);
    timer_start_ms(&hitless->timer, 0);
    return hitless;
}

void hitless_free(struct hitless *hitless)
{
    if (!hitless)
        return;
    driver_free(hitless->driver);
    timer_fini(&hitless->timer);
    buf_fini(&hitless->saved);
    free(hitless->path);
    free(hitless);
}

void hitless_inherit(struct hitless *hitless, const struct hitless *earlier)
{
    buf_clear(&hitless->saved);
    buf_add(&hitless->saved, buf_slice(&earlier->saved));
    hitless->has_other_changes |= earlier->has_other_changes;
    hitless->is_doubtful |= earlier->is_doubtful;
}

void hitless_add_file(struct hitless *hitless, const char *path)
{
    hitless->has_other_changes |= !haproxy_options_has_file(hitless->options->haproxy, path);
}

void hitless_hold(struct hitless *hitless)
{
    if (hitless->is_started)
        timer_stop(&hitless->timer);
}

void hitless_doubt(struct hitless *hitless)
{
    hitless->is_doubtful = true;
}

void hitless_on_commands(struct hitless *hitless, bool is_ok, const char *text)
{
    driver_on_command(hitless->driver, is_ok, text);
}

void hitless_stop(struct hitless *hitless)
{
    timer_stop(&hitless->timer);
    driver_stop(hitless->driver);
}

void hitless_get_report(const struct hitless *hitless, struct driver_report *ret_report)
{
    driver_get_report(hitless->driver, ret_report);
}
