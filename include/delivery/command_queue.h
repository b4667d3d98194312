/* SPDX-License-Identifier: MIT */
/* A queue that runs commands in order, equal ones once, and those that fail again; for each of
 * those who ask, one at a time.
 *
 * A command that several groups name has one memory of its failures here: they are logged once, and
 * one run that succeeds serves all who wait for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "delivery/command.h"
#include "delivery/exec_options.h"
#include "io/child.h"
#include "io/loop.h"

struct command_queue;

struct command_request {
    const char *name;                    /* whose command it is, for the log: "delivery 'web'" */
    const struct command *command;       /* has words */
    const struct command_manner *manner; /* NULL: the usual one */
    uint64_t timeout_ms;                 /* 0: none; of a shared run, the longest counts */
    const char *files;                   /* EDGEWRIGHT_FILES: one path a line; may be NULL */
    const char *reason;                  /* EDGEWRIGHT_REASON; may be NULL */
    bool is_token_passed;                /* CONSUL_HTTP_TOKEN and the like are in its environment */
    bool is_retrying; /* a failed run is repeated, with backoff, until one succeeds */
    /* A run has ended that began after the request was made. It is the last call if the run
     * succeeded or the request is not retrying. It may add and cancel requests. */
    void (*on_run)(void *ctx, const struct child_result *result);
    void *ctx;
};

/* consul_address: what commands find in CONSUL_HTTP_ADDR; copied; NULL: left alone. */
struct command_queue *command_queue_new(struct loop *loop, const char *consul_address);
/* Another address from the next run on. secrets: "NAME=value" lines, NULL-terminated, for commands
 * with is_token_passed only (a token of the configuration); copied; may be NULL. */
void command_queue_set_consul(struct command_queue *queue, const char *consul_address,
                              const char *const *secrets);
/* How many may run at a time, of different askers; and how often each command may run: so many
 * times at once, then once in a period. By default one at a time, as often as somebody asks. */
struct command_pace {
    size_t n_running;
    uint64_t n_at_once; /* 0: no limit */
    uint64_t period_ms;
};
void command_queue_set_pace(struct command_queue *queue, const struct command_pace *pace);
void command_queue_free(struct command_queue *queue); /* what runs is killed; no callbacks */
DEFINE_FREEP(struct command_queue, command_queue_free)

/* Adds a request behind the others; everything in it is copied. Nothing starts before the loop's
 * present turn is over, so that equal commands of one turn (same words, secrets and manner) share a
 * run. What waits or was to be retried is served together with it; what runs already is run once
 * more. A ctx has one request at a time: a new one takes the place of its earlier one. */
void command_queue_add(struct command_queue *queue, const struct command_request *request);
/* Forgets the request of this ctx; a run that has begun goes on unheard. */
void command_queue_cancel(struct command_queue *queue, const void *ctx);
/* The request of this ctx is another one's from now on, with its callback and all; false if there
 * is none. */
bool command_queue_hand_over(struct command_queue *queue, const void *ctx, void *to);
/* Takes back what waits for its turn or for its next attempt. False: there is nothing like that; a
 * run that is under way goes on, and its end is told. */
bool command_queue_withdraw(struct command_queue *queue, const void *ctx);
/* Nothing runs or waits for its turn. A failed command waiting for its next attempt is idle. */
bool command_queue_is_idle(const struct command_queue *queue);

/* All runs that have ended. */
struct command_totals {
    uint64_t n_succeeded, n_failed, took_ms;
};

void command_queue_get_totals(const struct command_queue *queue, struct command_totals *ret_totals);

/* True for a result that counts as success: exit status 0. */
bool command_succeeded(const struct child_result *result);
/* It could be run, and said no. A signal, a timeout, or a shell that finds nothing to execute say
 * nothing about what the command was given. */
bool command_refused(const struct child_result *result);
