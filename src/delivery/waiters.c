/* SPDX-License-Identifier: MIT */
/* Those who wait for one command to be run. */
#include "waiters.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "delivery/environment.h"

struct waiter {
    char *name, *files, *reason;
    uint64_t timeout_ms;
    bool is_retrying;
    bool is_in_run; /* the run began after it came */
    bool is_told;   /* how the run ended */
    void (*on_run)(void *ctx, const struct child_result *result);
    void *ctx;
};

static void waiter_free(struct waiter *waiter)
{
    free(waiter->name);
    free(waiter->files);
    free(waiter->reason);
    free(waiter);
}

static void waiters_drop(struct waiters *waiters, size_t i)
{
    waiter_free(waiters->items[i]);
    waiters->n--;
    memmove(&waiters->items[i], &waiters->items[i + 1],
            (waiters->n - i) * sizeof(waiters->items[0]));
}

void waiters_fini(struct waiters *waiters)
{
    for (size_t i = 0; i < waiters->n; i++)
        waiter_free(waiters->items[i]);
    free(waiters->items);
    *waiters = WAITERS_NONE;
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
    GROW(waiters->items, waiters->n, waiters->cap);
    waiters->items[waiters->n++] = waiter;
    return waiter;
}

bool waiters_remove(struct waiters *waiters, const void *ctx, const struct waiter *keep)
{
    for (size_t i = 0; i < waiters->n; i++) {
        if (waiters->items[i]->ctx != ctx || waiters->items[i] == keep)
            continue;
        waiters_drop(waiters, i);
        return true;
    }
    return false;
}

bool waiters_hand_over(struct waiters *waiters, const void *ctx, void *to)
{
    for (size_t i = 0; i < waiters->n; i++) {
        if (waiters->items[i]->ctx != ctx)
            continue;
        waiters->items[i]->ctx = to;
        return true;
    }
    return false;
}

bool waiters_have(const struct waiters *waiters, const void *ctx)
{
    for (size_t i = 0; i < waiters->n; i++)
        if (waiters->items[i]->ctx == ctx)
            return true;
    return false;
}

bool waiters_have_in_run(const struct waiters *waiters, const void *ctx)
{
    for (size_t i = 0; i < waiters->n; i++)
        if (waiters->items[i]->ctx == ctx && waiters->items[i]->is_in_run)
            return true;
    return false;
}

size_t waiters_list_askers(const struct waiters *waiters, const void **askers)
{
    for (size_t i = 0; i < waiters->n; i++)
        askers[i] = waiters->items[i]->ctx;
    return waiters->n;
}

/* --- A run ----------------------------------------------------------------------------------- */

void waiters_begin_run(struct waiters *waiters)
{
    for (size_t i = 0; i < waiters->n; i++) {
        waiters->items[i]->is_in_run = true;
        waiters->items[i]->is_told = false;
    }
}

bool waiters_have_newcomer(const struct waiters *waiters)
{
    for (size_t i = 0; i < waiters->n; i++)
        if (!waiters->items[i]->is_in_run)
            return true;
    return false;
}

bool waiters_are_retrying(const struct waiters *waiters)
{
    for (size_t i = 0; i < waiters->n; i++)
        if (waiters->items[i]->is_in_run && waiters->items[i]->is_retrying)
            return true;
    return false;
}

static bool waiters_find_untold(const struct waiters *waiters, size_t *ret_i)
{
    for (size_t i = 0; i < waiters->n; i++) {
        if (!waiters->items[i]->is_in_run || waiters->items[i]->is_told)
            continue;
        *ret_i = i;
        return true;
    }
    return false;
}

void waiters_tell(struct waiters *waiters, const struct child_result *result)
{
    size_t i;

    /* Looking anew after each: a callback may remove any other of them. */
    while (waiters_find_untold(waiters, &i)) {
        struct waiter *waiter = waiters->items[i];
        void (*on_run)(void *, const struct child_result *) = waiter->on_run;
        void *ctx = waiter->ctx;

        waiter->is_told = true;
        if (command_succeeded(result) || !waiter->is_retrying)
            waiters_drop(waiters, i);
        on_run(ctx, result);
    }
}

/* --- What they have in common ---------------------------------------------------------------- */

uint64_t waiters_timeout_ms(const struct waiters *waiters)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < waiters->n; i++) {
        uint64_t timeout_ms = waiters->items[i]->timeout_ms;

        if (timeout_ms == 0)
            return 0;
        if (timeout_ms > longest)
            longest = timeout_ms;
    }
    return longest;
}

void waiters_format(const struct waiters *waiters, struct buf *out)
{
    if (waiters->n > 0)
        buf_add_string(out, waiters->items[0]->name);
    if (waiters->n > 1)
        buf_printf(out, " and %zu more", waiters->n - 1);
}

size_t waiters_list_files(const struct waiters *waiters, struct buf *out)
{
    size_t n_left_out = 0;

    for (size_t i = 0; i < waiters->n; i++) {
        struct slice rest = slice_from(waiters->items[i]->files), file;

        while (rest.len > 0 && slice_next(&rest, '\n', &file))
            if (!environment_list_add(out, '\n', file))
                n_left_out++;
    }
    return n_left_out;
}

void waiters_list_reasons(const struct waiters *waiters, struct buf *out)
{
    for (size_t i = 0; i < waiters->n; i++) {
        struct slice reason = slice_from(waiters->items[i]->reason);

        if (reason.len > 0 && out->len + reason.len < LIMIT_COMMAND_REASON_BYTES)
            (void)environment_list_add(out, ';', reason);
    }

    /* Names out of Consul are in it: they shall not look like lines of their own. */
    for (size_t i = 0; i < out->len; i++)
        if ((unsigned char)out->ptr[i] < 0x20 || out->ptr[i] == 0x7f)
            out->ptr[i] = '?';
}
