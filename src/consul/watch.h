/* SPDX-License-Identifier: MIT */
/* One question, asked for ever.
 *
 *   FETCHING --good--> ARMED --news--> ARMED (or PAUSED first: too many wakes)
 *      |                 |
 *      |                 +--odd index--> VERIFYING --good--> ARMED
 *      |                                     |
 *      +--------- failure of any kind -------+--> BACKOFF or DENIED --timer--> FETCHING
 *
 * Where a doorbell tells of changes (doorbell.h), COVERED takes the place of ARMED: it asks
 * nothing, and leads to FETCHING when the doorbell rings.
 *
 * A state that asks does so when lanes.h lets it, which may take a while. With env->is_resting a
 * good answer leads to RESTING instead of ARMED.
 *
 * While its datacenter answers nobody, a watch that has failed is PARKED until breaker.h lets it
 * go. After a failure the next request never carries an index: the agent may have come back with
 * other data. What was answered once is never given up because of a failure or its age.
 *
 * Before an emptiness is believed that rights could explain, rights.h asks for them. One that is
 * DENIED because servers have lost their data keeps a blocking query, or hears the doorbell. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "backoff.h"
#include "breaker.h"
#include "consul/options.h"
#include "consul/watch_set.h"
#include "data/dep.h"
#include "data/document.h"
#include "doorbell.h"
#include "doorbells.h"
#include "exchange.h"
#include "io/loop.h"
#include "io/timer.h"
#include "lanes.h"
#include "pace.h"
#include "probe.h"
#include "recall.h"
#include "report.h"
#include "rights.h"

struct watch;

/* What all watches of a set share. */
struct watch_env {
    struct loop *loop;
    struct agent *agent;
    const struct consul_options *options;
    struct watch_tuning tuning;
    struct reporter reporter;
    struct lanes lanes;
    struct breakers breakers;
    struct doorbells doorbells;
    bool is_resting;      /* an answer is enough */
    bool keeps_output;    /* of checks */
    struct watch *canary; /* asks whether a token that Consul did not know is known; may be NULL */
    uint64_t verify_full_ms; /* the bucket of all verifications, as a clock that runs ahead */

    /* Another content, or the same in other memory; takes over the reference. NULL: there is no
     * such thing. */
    void (*on_answer)(void *ctx, struct watch *watch, struct document *doc);
    /* It has failed options->retry_attempts times in a row. */
    void (*on_give_up)(void *ctx, struct watch *watch, const char *reason);
    /* Rights are missing. */
    void (*on_denied)(void *ctx);
    /* They may not be any more: a token is good that was unknown, or nobody asks whether it is. */
    void (*on_entitled)(void *ctx);
    void *ctx;
};

/* An answer that nothing is left of, while it is asked whether that is for lack of rights. */
struct vanishing {
    struct rights *rights; /* NULL: nothing is asked */
    struct document *doc;  /* NULL: there is no such key */
    uint64_t index;
};

struct watch {
    struct watch_env *env;
    struct dep *dep;
    struct watch *next_dead; /* of those that are stopped and wait to be freed */
    enum watch_state state;
    enum watch_state after_pause;
    struct exchange exchange;
    struct recall recall;
    struct probe *probe; /* of datacenters */
    struct vanishing vanishing;
    struct timer timer;
    struct lane_ticket ticket;
    struct breaker *breaker;
    struct breaker_seat seat;
    struct listener listener;
    uint64_t delay_ms; /* for the state that is entered: PAUSED, BACKOFF, DENIED */
    uint64_t path_hash;
    uint64_t wait_ms; /* of the blocking query in flight */
    bool is_stale;    /* the request in flight may be answered by any server */
    bool is_rung;     /* the request in flight follows a ring, so the leader answers it */
    bool is_swept;    /* with all others: no news is no surprise */
    bool is_probe;    /* it asks for the index alone */
    bool is_self;     /* it asks for the agent's name */
    bool is_second_try;
    bool was_armed; /* it has had a blocking query */

    /* The answer that was believed last. */
    bool has_answer, is_absent, has_consul;
    bool is_assumed; /* there was none in time, from where there need not be one: optional.h */
    uint64_t index, content_hash;
    size_t n_items, n_skipped;
    uint64_t denied_index; /* all has vanished at this one, lower than `index`; else 0 */
    char *witness;         /* one of its items, by which we learn whether we may still read them */
    /* A later one, too bad to be true: it is believed if an operator says so. NULL: none. */
    struct exchange_result *disbelieved;

    /* Something happened after which answers may be partial; after the next good one, for how long.
     */
    bool is_shaken;
    uint64_t doubt_until_ms;

    /* Verification, refresh and failure. */
    struct pace pace;
    uint64_t verify_due_ms, refresh_due_ms;
    unsigned n_failures; /* in a row */
    /* As n_failures, of each kind; only a blocking query's success ends the row. */
    uint8_t n_backoff[N_FAILURES];
    uint64_t last_failure_ms;
    bool is_token_unknown; /* its last answer said so */
    char *last_error;      /* NULL: none */
    struct trouble trouble;

    uint64_t ok_ms; /* the last good answer, or the start */
    uint64_t n_bytes, n_wakes, n_changes;
};

/* Takes over the dep. Does not start. */
struct watch *watch_new(struct watch_env *env, struct dep *dep);
/* Not from within one of its callbacks: stop it there. */
void watch_free(struct watch *watch);

void watch_start(struct watch *watch);
void watch_stop(struct watch *watch);
/* Asks at once what waits after a failure or a refusal. */
void watch_retry(struct watch *watch);
/* Believes and tells what was not believed. False: there is no such answer. */
bool watch_release(struct watch *watch);
/* Goes on where it rests; nothing in any other state. */
void watch_follow(struct watch *watch);
/* Asks anew if the options changed how the question is put; keeps what it knows. */
void watch_reconsider(struct watch *watch);
/* Asks anew, of another agent. */
void watch_restart(struct watch *watch);

/* Its answers may be partial. */
bool watch_is_in_doubt(const struct watch *watch);

void watch_get_status(const struct watch *watch, struct watch_status *ret_status);
