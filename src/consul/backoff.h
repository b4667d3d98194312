/* SPDX-License-Identifier: MIT */
/* The times of the watcher: how long it waits, and how long after which failure. */
#pragma once

#include <stdint.h>

#include "consul/options.h"

enum failure {
    FAILURE_TRANSPORT, /* no answer, or not a whole one, or one that cannot be read */
    FAILURE_SERVER,    /* 5xx and all that is not below, or an answer without a usable index */
    FAILURE_BUSY,      /* 429, 503: there are too many of us */
    FAILURE_DENIED,    /* 403, or an answer that shows that rights are missing */
    FAILURE_REQUEST,   /* 400, 404, 405: asking again will not help soon */
};
#define N_FAILURES 5

const char *failure_name(enum failure failure);

struct backoff {
    uint64_t base_ms, cap_ms;
};

/* Everything that a test wants to be shorter. */
struct watch_tuning {
    struct backoff backoff[N_FAILURES];
    struct backoff breaker;      /* of the one that asks while a datacenter does not answer */
    uint64_t window_ms;          /* failures within this time may be one */
    uint64_t ramp_ms;            /* over which all ask again; 0: at once */
    uint64_t machine;            /* which order and which moments of the ramp are ours */
    uint64_t retry_after_cap_ms; /* the most that a Retry-After is believed */
    uint64_t wait_ms;            /* of a blocking query */
    uint64_t first_wait_ms;      /* of a watch's first one, at most */
    uint64_t shared_wait_ms;     /* where it shares its connection with others */
    uint64_t deadline_slack_ms;  /* what an answer may take beyond the wait */
    uint64_t fetch_timeout_ms;   /* of a query that does not block */
    uint64_t turn_ms;            /* of a blocking query, where they have to take turns */
    uint64_t queue_ms;           /* beyond a round's time, until a plain query stands in for one */
    uint64_t limit_ms;           /* a connection that is closed sooner was turned away */
    uint64_t growth_ms;          /* from one try to use more connections to the next */
    uint64_t poll_ms;            /* between two of those that cannot block */
    uint64_t refresh_ms;         /* between two answers that no blocking query brought */
    uint64_t pace_ms, pace_max_ms;
    uint64_t verify_ms;     /* between two verifications of one watch */
    uint64_t verify_all_ms; /* between two of all watches, on average */
    uint64_t report_ms;     /* failures within this time make one log line */
    uint64_t ring_ms;       /* between two rings of a doorbell */
    uint64_t explain_ms;    /* in which another table may explain a ring that shows no change */
    uint64_t sweep_ms;      /* after a ring that shows some changes and may hide others */
    uint64_t sweep_gap_ms;  /* between two times that all are asked, at least */
    uint64_t blind_ms;      /* after which an answer must show in the doorbell's tables */
    uint64_t homing_ms; /* between two questions to an agent that is preferred to the present one */
    uint64_t optional_ms; /* until a datacenter that may be missing is taken for empty */
    uint64_t token_ms;    /* how often the token file is looked at while rights are missing */
};

/* Its own numbers, and those of the options where they have any. */
struct watch_tuning watch_tuning_from(const struct consul_options *options);

/* Full jitter: at random between half of what is due after that many failures in a row and all of
 * it, so that watches that failed together do not ask again together. n_failures is 1 or more. */
uint64_t backoff_ms(const struct backoff *backoff, unsigned n_failures);

/* How long the client waits for the end of a blocking query: Consul adds up to a sixteenth of the
 * wait as jitter. */
uint64_t watch_deadline_ms(const struct watch_tuning *tuning, uint64_t wait_ms);
