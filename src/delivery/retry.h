/* SPDX-License-Identifier: MIT */
/* Failures in a row of something that is tried again until it works: how long to wait, and what of
 * it is worth a line in the log. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct retry {
    unsigned n_failures; /* in a row; 0: all is well */
    uint64_t since_ms;   /* the first of them */
    uint64_t hash;       /* how the last one looked */
};

#define RETRY_NONE ((struct retry){ 0, 0, 0 })

/* Counts a failure. True if it is news: the first one, or one that looks different. */
bool retry_add_failure(struct retry *retry, uint64_t now_ms, uint64_t hash);

/* Until the next attempt: somewhere (full jitter, so that machines that fail together do not come
 * back together) below a bound that doubles from failure to failure up to most_ms. */
uint64_t retry_delay_ms(const struct retry *retry, uint64_t most_ms);

/* Ends a row of failures. Appends " after 3 failures in 12.5 s", nothing if there was none. */
void retry_end(struct retry *retry, uint64_t now_ms, struct buf *out);

/* "250 ms", "12.5 s", "5 min 10 s" */
void format_duration(struct buf *out, uint64_t ms);
