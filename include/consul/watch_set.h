/* SPDX-License-Identifier: MIT */
/* All questions that somebody wants answered, each watched for changes.
 *
 * The set knows nothing of templates: it is told which questions are wanted, and tells each new
 * answer. A failed question keeps being asked for ever (jittered backoff); what was answered before
 * stays good. Files are not Consul's: DEP_FILE is not accepted here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "consul/options.h"
#include "data/dep.h"
#include "data/document.h"
#include "io/loop.h"

struct watch_set;

struct watch_set_handler {
    /* An answer whose content is new. Takes over the reference; NULL: there is no such thing. In
     * doubt it may be only a part of the truth: Consul was away, or has gone back, a moment ago. */
    void (*on_answer)(void *ctx, const struct dep *dep, struct document *doc, bool is_doubtful);
    /* Consul cannot be reached or used, or can again; optional. */
    void (*on_health)(void *ctx, bool is_healthy, const char *reason);
    /* Questions fail that did not before, or are answered again; optional. */
    void (*on_trouble)(void *ctx);
    /* With retry_attempts: a question has failed that often. Optional. */
    void (*on_give_up)(void *ctx, const struct dep *dep, const char *reason);
};

/* The options are borrowed and must outlive the set or the next watch_set_configure(). */
MUST_CHECK bool watch_set_new(struct loop *loop, const struct consul_options *options,
                              const struct watch_set_handler *handler, void *ctx,
                              struct watch_set **ret_set, struct error *err);
void watch_set_free(struct watch_set *set);
DEFINE_FREEP(struct watch_set, watch_set_free)

/* Other options from now on. Watches whose question and way of asking stay the same are kept with
 * what they have in flight; another token is used from their next request on. After a failure
 * everything is as before. */
MUST_CHECK bool watch_set_configure(struct watch_set *set, const struct consul_options *options,
                                    struct error *err);

/* Starts a watch for each question that is new. Starting is all it does: a question that is missing
 * here goes on, because a half-informed render has not seen all its branches. */
void watch_set_add(struct watch_set *set, const struct dep_set *wanted);
/* Stops the watch of each question that is not in `wanted`. */
void watch_set_keep_only(struct watch_set *set, const struct dep_set *wanted);

/* From now on a watch rests once it has an answer that is believed. For --once, which needs each
 * answer once: a blocking query that nobody waits for stays with Consul, and holds its connection
 * there, until its wait is over (Consul: 200 connections for one client address). */
void watch_set_set_resting(struct watch_set *set, bool is_resting);
/* Whether answers from now on hold what checks have said, up to LIMIT_CHECK_OUTPUT bytes for each;
 * off at first. It never makes an answer a new one. */
void watch_set_keep_output(struct watch_set *set, bool keeps_output);
/* Sends those of these questions on that rest: what they have is not what is waited for. */
void watch_set_follow(struct watch_set *set, const struct dep_set *deps);

typedef bool (*watch_wanted_fn)(void *ctx, const struct dep *dep);

/* Believes, and tells, an answer that seemed too bad to be true (DENIED for another reason than
 * rights): of one question that is wanted. False: there is none. The dep is borrowed until the next
 * turn. */
bool watch_set_release(struct watch_set *set, watch_wanted_fn is_wanted, void *ctx,
                       const struct dep **ret_dep);

enum watch_state {
    WATCH_STOPPED,
    WATCH_FETCHING,  /* asks without an index: answers at once */
    WATCH_VERIFYING, /* an answer was odd: asks the leader, without an index */
    WATCH_ARMED,     /* a blocking query is in flight */
    WATCH_COVERED,   /* a doorbell's queries tell when to ask again */
    WATCH_RESTING,   /* has its answer, asks no more: watch_set_set_resting() */
    WATCH_PAUSED,    /* wakes or verifies too often, or cannot block: waits for its turn */
    WATCH_BACKOFF,   /* the last attempt failed: waits for the next */
    WATCH_PARKED, /* Consul answers nobody, or a connection of many was lost: waits for its turn */
    WATCH_DENIED, /* rights or data are missing: keeps what it has, tries again slowly */
};

const char *watch_state_name(enum watch_state state);

struct watch_status {
    const struct dep *dep;
    enum watch_state state;
    bool has_answer;
    bool is_assumed; /* no answer yet from a datacenter that may be missing: taken for empty */
    bool is_queued;  /* its request waits for a connection */
    uint64_t index;
    uint64_t since_ok_ms; /* since the last good answer, or since the start of the watch */
    uint64_t next_try_ms; /* in how long; 0 unless in PAUSED, BACKOFF or DENIED */
    uint64_t n_bytes, n_wakes, n_changes;
    unsigned n_failures;    /* in a row */
    const char *last_error; /* "" if the last attempt was good; borrowed until the next turn */
};

/* False if the question is not watched. */
bool watch_set_get_status(const struct watch_set *set, const struct dep *dep,
                          struct watch_status *ret_status);
size_t watch_set_count(const struct watch_set *set);
/* As map_next(). */
bool watch_set_next_status(const struct watch_set *set, size_t *iterator,
                           struct watch_status *ret_status);

#define N_CONSUL_ERROR_KINDS 5

/* What all requests since the set was made, or got other addresses, have come to. */
struct consul_totals {
    uint64_t n_bytes;
    struct {
        const char *kind; /* "transport", "server", … */
        uint64_t n;
    } errors[N_CONSUL_ERROR_KINDS];
};

void watch_set_get_totals(const struct watch_set *set, struct consul_totals *ret_totals);

/* How the questions of a datacenter are asked. */
enum transport {
    TRANSPORT_STREAMS,  /* each has a stream of its own on shared connections: HTTP/2 */
    TRANSPORT_QUERIES,  /* each has a connection of its own */
    TRANSPORT_DOORBELL, /* those for services and nodes share three, those for keys one */
    TRANSPORT_TURNS,    /* there are fewer connections than questions */
};

const char *transport_name(enum transport transport);

struct transport_status {
    struct slice datacenter; /* empty: the agent's own */
    enum transport transport;
    uint64_t n_bytes; /* read by doorbells, beside what their questions read */
};

/* For each datacenter that is or was asked; *iterator is 0 at first. False: there are no more. */
bool watch_set_next_transport(const struct watch_set *set, size_t *iterator,
                              struct transport_status *ret_status);
