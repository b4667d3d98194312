/* SPDX-License-Identifier: MIT */
/* Looks at HAProxy once in a while, on a connection of its own: at servers, sessions and old
 * workers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "haproxy/options.h"
#include "haproxy/state.h"
#include "io/loop.h"

struct surveyor;

struct surveyor_handler {
    /* Both are borrowed. n_old_workers is NULL without a master that tells. May not free the
     * surveyor. */
    void (*on_seen)(void *ctx, const struct haproxy_state *live, const struct haproxy_loads *loads,
                    const size_t *n_old_workers);
    /* Nobody answers, or in a way that cannot be read. */
    void (*on_failure)(void *ctx);
};

/* Options and ctx are borrowed. Nothing is asked before surveyor_look(). */
struct surveyor *surveyor_new(struct loop *loop, const struct haproxy_options *options,
                              const struct surveyor_handler *handler, void *ctx);
void surveyor_free(struct surveyor *surveyor);
DEFINE_FREEP(struct surveyor, surveyor_free)

/* The next look is after that time, if none is due before; from then on one a minute. */
void surveyor_look(struct surveyor *surveyor, uint64_t delay_ms);
void surveyor_stop(struct surveyor *surveyor); /* what was asked is not heard any more */
