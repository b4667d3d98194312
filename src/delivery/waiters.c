/* SPDX-License-Identifier: MIT */
/* Those who wait for one command to be run. */
#include "waiters.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "delivery/environment.h"

struct waiter {
    TAILQ_ENTRY(waiter) link;
    char *name, *files, *reason;
    uint64_t timeout_ms;
    bool is_retrying;
    bool is_in_run; /* the run began after it came */
    bool is_told;   /* how the run ended */
    void (*on_run)(void *ctx, const struct child_result *result);
    void *ctx;
};

void waiters_init(struct waiters *waiters)
{
    TAILQ_INIT(&waiters->list);
    waiters->n = 0;
}

static void waiters_drop(struct waiters *waiters, struct waiter *waiter)
{
    TAILQ_REMOVE(&waiters->list, waiter, link);
    waiters->n--;
    free(waiter->name);
    free(waiter->files);
    free(waiter->reason);
    free(waiter);
}

void waiters_fini(struct waiters *waiters)
{
    while (waiters->n > 0)
        waiters_drop(waiters, TAILQ_FIRST(&waiters->list));
}

const struct waiter *waiters_add(struct waiters *waiters, const struct command_request *request)
{
    struct waiter *waiter = NEW(struct waiter);

    waiter->name = memory_copy_string(request->name);
    waiter->files = memory_copy_string(request->files);
    waiter->reason = memory_copy_string(request->reason);
    waiter->timeout_ms = request->timeout_ms;
    waiter->is_retrying = request->is_retrying;
    waiter->on_run = request->on_run;
    waiter->ctx = request->ctx;
    TAILQ_INSERT_TAIL(&waiters->list, waiter, link);
    waiters->n++;
    return waiter;
}

bool waiters_remove(struct waiters *waiters, const void *ctx, const struct waiter *keep)
{
    struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link) {
        if (waiter->ctx != ctx || waiter == keep)
            continue;
        waiters_drop(waiters, waiter);
        return true;
    }
    return false;
}

/* --- A run ----------------------------------------------------------------------------------- */

void waiters_begin_run(struct waiters *waiters)
{
    struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link) {
        waiter->is_in_run = true;
        waiter->is_told = false;
    }
}

bool waiters_have_newcomer(const struct waiters *waiters)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link)
        if (!waiter->is_in_run)
            return true;
    return false;
}

bool waiters_are_retrying(const struct waiters *waiters)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link)
        if (waiter->is_in_run && waiter->is_retrying)
            return true;
    return false;
}

static struct waiter *waiters_next_untold(const struct waiters *waiters)
{
    struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link)
        if (waiter->is_in_run && !waiter->is_told)
            return waiter;
    return NULL;
}

void waiters_tell(struct waiters *waiters, const struct child_result *result)
{
    struct waiter *waiter;

    /* Looking anew after each: a callback may remove any other of them. */
    while ((waiter = waiters_next_untold(waiters)) != NULL) {
        const struct waiter told = *waiter;

        waiter->is_told = true;
        if (command_succeeded(result) || !told.is_retrying)
            waiters_drop(waiters, waiter);
        told.on_run(told.ctx, result);
    }
}

/* --- What they have in common ---------------------------------------------------------------- */

uint64_t waiters_timeout_ms(const struct waiters *waiters)
{
    const struct waiter *waiter;
    uint64_t longest = 0;

    TAILQ_FOREACH (waiter, &waiters->list, link) {
        if (waiter->timeout_ms == 0)
            return 0;
        if (waiter->timeout_ms > longest)
            longest = waiter->timeout_ms;
    }
    return longest;
}

void waiters_format(const struct waiters *waiters, struct buf *out)
{
    if (waiters->n > 0)
        buf_add_string(out, TAILQ_FIRST(&waiters->list)->name);
    if (waiters->n > 1)
        buf_printf(out, " and %zu more", waiters->n - 1);
}

size_t waiters_list_files(const struct waiters *waiters, struct buf *out)
{
    const struct waiter *waiter;
    size_t n_left_out = 0;

    TAILQ_FOREACH (waiter, &waiters->list, link) {
        struct slice rest = slice_from(waiter->files), file;

        while (rest.len > 0 && slice_next(&rest, '\n', &file))
            if (!environment_list_add(out, '\n', file))
                n_left_out++;
    }
    return n_left_out;
}

void waiters_list_reasons(const struct waiters *waiters, struct buf *out)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &waiters->list, link) {
        struct slice reason = slice_from(waiter->reason);

        if (reason.len > 0 && out->len + reason.len < LIMIT_COMMAND_REASON_BYTES)
            (void)environment_list_add(out, ';', reason);
    }

    /* Names out of Consul are in it: they shall not look like lines of their own. */
    for (size_t i = 0; i < out->len; i++)
        if ((unsigned char)out->ptr[i] < 0x20 || out->ptr[i] == 0x7f)
            out->ptr[i] = '?';
}
