/* SPDX-License-Identifier: MIT */
/* The times of the watcher. */
#include "backoff.h"

#include "base/cleanup.h"
#include "io/loop.h"
#include "io/machine.h"

const char *failure_name(enum failure failure)
{
    switch (failure) {
    case FAILURE_TRANSPORT: return "transport";
    case FAILURE_SERVER: return "server";
    case FAILURE_BUSY: return "busy";
    case FAILURE_DENIED: return "denied";
    case FAILURE_REQUEST: return "request";
    }
    return "?";
}

struct watch_tuning watch_tuning_from(const struct consul_options *options)
{
    struct watch_tuning tuning = {
        .backoff = {
            [FAILURE_TRANSPORT] = { 100, 5000 },
            [FAILURE_SERVER] = { 250, 5000 },
            [FAILURE_BUSY] = { 1000, 30000 },
            [FAILURE_DENIED] = { 5000, 60000 },
            [FAILURE_REQUEST] = { 60000, 60000 },
        },
        .breaker = { 100, 2000 },
        .window_ms = 1000,
        .ramp_ms = options->recovery_ramp_ms,
        .machine = machine_hash(),
        .retry_after_cap_ms = 300000,
        .wait_ms = 55000, /* proxies like to cut at 60 s */
        .first_wait_ms = 10000,
        .shared_wait_ms = 300000, /* HTTP/2: one that is dropped costs the agent no connection */
        .deadline_slack_ms = 15000, /* Consul's rpc_hold_timeout of 7 s, and the transfer */
        .fetch_timeout_ms = 15000,
        .turn_ms = 1000,
        .queue_ms = 5000,
        .limit_ms = 500,
        .growth_ms = 60000,
        .poll_ms = 15000,
        .refresh_ms = 600000,
        .pace_ms = 250,
        .pace_max_ms = 15000,
        .verify_ms = 1000,
        .verify_all_ms = 50,
        .report_ms = 250,
        .ring_ms = 100,
        .explain_ms = 20,
        .sweep_ms = 5000,
        .sweep_gap_ms = 1000,
        .blind_ms = 2000,
        .optional_ms = 10000,
        .token_ms = 1000,
        .homing_ms = 5000,
    };

    if (options->wait_ms)
        tuning.wait_ms = tuning.shared_wait_ms = options->wait_ms;
    for (enum failure f = FAILURE_TRANSPORT; f <= FAILURE_SERVER; f++) {
        if (options->retry_backoff_ms)
            tuning.backoff[f].base_ms = options->retry_backoff_ms;
        if (options->retry_max_backoff_ms)
            tuning.backoff[f].cap_ms = options->retry_max_backoff_ms;
    }
    return tuning;
}

uint64_t backoff_ms(const struct backoff *backoff, unsigned n_failures)
{
    uint64_t delay = backoff->base_ms;

    for (unsigned i = 1; i < n_failures && delay < backoff->cap_ms; i++)
        delay *= 2;
    if (delay > backoff->cap_ms)
        delay = backoff->cap_ms;
    return random_between(delay / 2, delay);
}

uint64_t watch_deadline_ms(const struct watch_tuning *tuning, uint64_t wait_ms)
{
    return wait_ms + wait_ms / 16 + tuning->deadline_slack_ms;
}
