/* SPDX-License-Identifier: MIT */
/* One blocking query on a table that rings for many questions.
 *
 *   FETCHING --good--> PAUSED --timer--> ARMED --good--> PAUSED
 *   any of them --failure--> BACKOFF --timer--> FETCHING; PARKED while breaker.h says so
 *
 * The pause keeps rings apart, so that many changes make one ring and the tables' bytes stay within
 * their budget. The next query carries the index of the answer before it, so what happens meanwhile
 * ends it at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backoff.h"
#include "breaker.h"
#include "data/dep.h"
#include "exchange.h"
#include "io/timer.h"
#include "report.h"
#include "table.h"

struct watch_env;
struct bell;

enum bell_state {
    BELL_STOPPED,
    BELL_FETCHING, /* asks without an index */
    BELL_ARMED,    /* a blocking query is in flight */
    BELL_PAUSED,
    BELL_BACKOFF,
    BELL_PARKED,
};

enum bell_news {
    BELL_QUIET,  /* the wait is over, or it is there again as it was */
    BELL_RUNG,   /* the table has changed */
    BELL_RESET,  /* the table has gone back: whatever was heard before may be wrong */
    BELL_FAILED, /* no answer; it goes on trying */
};

/* bell->changes is the callback's to read; it is cleared afterwards. */
typedef void (*bell_fn)(void *ctx, struct bell *bell, enum bell_news news);

struct bell {
    struct watch_env *env;
    const struct dep *tenancy; /* the owner's: datacenter, namespace, partition, peer; prefix */
    bell_fn fn;
    void *ctx;
    char *name; /* for the log: "doorbell catalog.nodes(?dc=dc2)" */
    enum bell_state state;
    struct table table;
    struct table_changes changes;
    struct exchange exchange;
    struct timer timer;
    struct breaker *breaker;
    struct breaker_seat seat;
    struct trouble trouble;
    bool has_answer;
    bool is_useless;   /* refused, or failing on and on */
    bool needs_leader; /* the next question goes to the leader */
    bool is_stale, is_second_try, has_gone_back;
    uint64_t index, wait_ms, delay_ms;
    unsigned n_failures; /* in a row */
    uint64_t fetch_ms;   /* what the last answer without a wait took */
    uint64_t ok_ms, n_bytes, n_rings;
};

void bell_init(struct bell *bell, enum table_kind kind, struct watch_env *env,
               const struct dep *tenancy, bell_fn fn, void *ctx);
void bell_fini(struct bell *bell);
/* Asks anew, as if for the first time. */
void bell_start(struct bell *bell);
/* What waits after a failure asks at once. */
void bell_retry(struct bell *bell);
void bell_stop(struct bell *bell);
