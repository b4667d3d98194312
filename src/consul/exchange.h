/* SPDX-License-Identifier: MIT */
/* One request to Consul and what comes back: a document, or what kind of failure it was. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "backoff.h"
#include "base/buf.h"
#include "data/dep.h"
#include "data/document.h"
#include "decode.h"
#include "io/http.h"

struct exchange;

#define EXCHANGE_REASON_BYTES 256

struct exchange_result {
    bool is_good;
    enum http_outcome outcome;
    bool was_reused;
    size_t n_room; /* requests that may be in flight where they share connections; else 0 */
    long status;
    uint64_t elapsed_ms, n_bytes;

    /* Good. */
    struct document *doc; /* the callback's; NULL: there is no such thing */
    struct decode_summary summary;
    uint64_t index; /* 0: none that can be used */
    bool is_filtered, is_leaderless;
    uint64_t last_contact_ms;

    /* Not good. */
    enum failure failure;
    uint64_t retry_after_ms; /* with FAILURE_BUSY; 0: not said */
    char reason[EXCHANGE_REASON_BYTES];
};

/* Who reads the body of a good answer where no document is to be made of it. */
struct exchange_reader {
    bool (*feed)(void *ctx, struct slice piece, struct error *err);
    bool (*end)(void *ctx, struct error *err);
};

typedef void (*exchange_fn)(void *ctx, struct exchange_result *result);

struct exchange {
    struct agent *agent;
    exchange_fn fn;
    void *ctx;
    const struct dep *dep; /* NULL: the agent's own name is asked */
    const struct exchange_reader *reader;
    struct recall *recall;
    bool is_kv, drops_output;
    uint64_t n_last_bytes;        /* of the last whole answer */
    struct http_request *request; /* NULL: idle */
    size_t address;
    /* What has come so far. */
    long status;
    bool has_index, is_filtered, is_leaderless;
    uint64_t index, last_contact_ms, retry_after_ms;
    struct decoder *decoder;
    struct buf error_text; /* the body of an error, or why the body could not be read */
};

void exchange_init(struct exchange *exchange, exchange_fn fn, void *ctx);
void exchange_fini(struct exchange *exchange);

struct exchange_call {
    const struct dep *dep; /* borrowed until the exchange is over; NULL: QUERY_AGENT_SELF */
    bool is_kv;            /* 404 with an index means: no such key */
    const char *path;
    uint64_t timeout_ms;
    bool is_fresh;
    bool drops_output;                    /* what checks have said is not kept */
    const struct exchange_reader *reader; /* NULL: a document is made; called with the ctx */
    struct recall *recall;                /* NULL: nothing is remembered; else as the dep */
};

/* The callback follows from the loop, exactly once unless it is cancelled; it may start the next
 * one. */
void exchange_start(struct exchange *exchange, struct agent *agent,
                    const struct exchange_call *call);
void exchange_cancel(struct exchange *exchange);

/* Consul closes a connection beyond its limit at once, newer ones with a 429. */
bool exchange_was_turned_away(const struct exchange_result *result, uint64_t limit_ms);
/* 429 or 503 for another reason: agent or servers have too much to do. */
bool exchange_was_too_much(const struct exchange_result *result);
