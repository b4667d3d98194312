/* SPDX-License-Identifier: MIT */
/* Those who wait for one command to be run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "delivery/command_queue.h"

struct waiter;

struct waiters {
    struct waiter **items; /* in the order they came */
    size_t n, cap;
};

#define WAITERS_NONE ((struct waiters){ NULL, 0, 0 })

void waiters_fini(struct waiters *waiters);

/* The result is good until it is removed. */
const struct waiter *waiters_add(struct waiters *waiters, const struct command_request *request);
/* Removes the one of this ctx that is not `keep`; false if there is none. */
bool waiters_remove(struct waiters *waiters, const void *ctx, const struct waiter *keep);
bool waiters_hand_over(struct waiters *waiters, const void *ctx, void *to); /* the same */

bool waiters_have(const struct waiters *waiters, const void *ctx);
bool waiters_have_in_run(const struct waiters *waiters, const void *ctx); /* no newcomer */
/* Their ctxs; there is room for all. */
size_t waiters_list_askers(const struct waiters *waiters, const void **askers);

/* All that are there now belong to the run that begins; those that come later are newcomers: their
 * files may be newer than what the run sees. */
void waiters_begin_run(struct waiters *waiters);
bool waiters_have_newcomer(const struct waiters *waiters);
bool waiters_are_retrying(const struct waiters *waiters); /* one of the run, at least */
/* Tells all that belong to the run, and removes those who have what they wanted, or who do not
 * retry. Their callbacks may add and remove any. */
void waiters_tell(struct waiters *waiters, const struct child_result *result);

uint64_t waiters_timeout_ms(const struct waiters *waiters);          /* the longest; 0: none */
void waiters_format(const struct waiters *waiters, struct buf *out); /* "delivery 'x' and 2 more" */
/* All their files, one a line; returns how many found no room. */
size_t waiters_list_files(const struct waiters *waiters, struct buf *out);
/* All their reasons, as one line of printable text. */
void waiters_list_reasons(const struct waiters *waiters, struct buf *out);
