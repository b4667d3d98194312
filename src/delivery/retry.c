/* SPDX-License-Identifier: MIT */
/* Failures in a row of something that is tried again until it works. */
#include "retry.h"

#include <inttypes.h>

#include "io/loop.h"

/* Short enough that a hiccup is not noticed, long enough not to spin. */
#define LEAST_DELAY_MS 250

bool retry_add_failure(struct retry *retry, uint64_t now_ms, uint64_t hash)
{
    bool is_news = retry->n_failures == 0 || retry->hash != hash;

    if (retry->n_failures == 0)
        retry->since_ms = now_ms;
    if (retry->n_failures < UINT32_MAX)
        retry->n_failures++;
    retry->hash = hash;
    return is_news;
}

uint64_t retry_delay_ms(const struct retry *retry, uint64_t most_ms)
{
    uint64_t bound = LEAST_DELAY_MS;

    for (unsigned i = 0; i < retry->n_failures && bound < most_ms; i++)
        bound *= 2;
    if (bound > most_ms)
        bound = most_ms;
    return random_between(LEAST_DELAY_MS, bound);
}

void retry_end(struct retry *retry, uint64_t now_ms, struct buf *out)
{
    if (retry->n_failures > 0) {
        buf_printf(out, " after %u failure%s in ", retry->n_failures,
                   retry->n_failures == 1 ? "" : "s");
        format_duration(out, now_ms - retry->since_ms);
    }
    *retry = RETRY_NONE;
}

void format_duration(struct buf *out, uint64_t ms)
{
    if (ms < 1000)
        buf_printf(out, "%" PRIu64 " ms", ms);
    else if (ms < 60000)
        buf_printf(out, "%" PRIu64 ".%" PRIu64 " s", ms / 1000, ms % 1000 / 100);
    else
        buf_printf(out, "%" PRIu64 " min %" PRIu64 " s", ms / 60000, ms / 1000 % 60);
}
