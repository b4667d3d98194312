/* SPDX-License-Identifier: MIT */
/* The one circle of the program: evaluating a template discovers what it depends on, and what it
 * depends on decides what is watched.
 *
 *   answer arrives -> store -> jobs that used it become due -> render every due job
 *     -> union of all questions asked -> watch set starts what is new, stops what nobody asks
 *     -> render complete and text changed? -> delivery */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "config/config.h"
#include "data/json_document.h"
#include "io/loop.h"

struct cycle;

struct cycle_options {
    bool is_once;          /* render each template once, deliver, finish; failures are final */
    bool is_dry;           /* to standard output instead of the destinations; no commands */
    bool is_diff;          /* with is_dry: what differs from the destinations, not the texts */
    const char *data;      /* a file that answers instead of Consul; NULL: Consul does; borrowed */
    const char *record;    /* with is_once and is_dry: the answers go to this file; borrowed */
    const char *state_dir; /* where what outlives the process is kept; NULL: nowhere; borrowed */
};

struct cycle_handler {
    /* Something that cycle_describe() or cycle_is_ready() tells may have changed. */
    void (*on_progress)(void *ctx);
    /* With is_once: all is done (0), or something has failed (1, logged). With is_dry: nobody
     * reads standard output any more (1). */
    void (*on_finished)(void *ctx, int status);
};

/* The config is borrowed until the cycle is freed or given another one. On an error (ERROR_SYNTAX:
 * a template that does not parse) report gets excerpts of all of them; err is the first. */
MUST_CHECK bool cycle_new(struct loop *loop, const struct config *config,
                          const struct cycle_options *options, const struct cycle_handler *handler,
                          void *ctx, struct cycle **ret_cycle, struct buf *report,
                          struct error *err);
void cycle_free(struct cycle *cycle);
DEFINE_FREEP(struct cycle, cycle_free)

/* Another configuration: all of it, or on an error nothing. Watches, answers, running commands and
 * owed ones are kept where they serve the new templates, too. */
MUST_CHECK bool cycle_configure(struct cycle *cycle, const struct config *config,
                                struct buf *report, struct error *err);

/* No renders from now on. What is installed already still gets its command (with is_once they
 * would have waited for the last template): the next run would find the file unchanged. */
void cycle_stop(struct cycle *cycle);
/* A command runs or waits for its turn. */
bool cycle_is_busy(const struct cycle *cycle);

/* What operators do; name "": to everything. False if there is nothing of that name; out gets what
 * happened, a line each. */

/* What is held is shown as it is: of a service, or of all that a group asks. */
bool cycle_release(struct cycle *cycle, struct slice name, struct buf *out);
/* Nothing is delivered or taken up any more, of all or of a group; it is watched and rendered. */
bool cycle_pause(struct cycle *cycle, struct slice name, struct buf *out);
bool cycle_resume(struct cycle *cycle, struct slice name, struct buf *out);

/* How often files have been replaced or removed since the start. */
uint64_t cycle_count_installs(const struct cycle *cycle);
/* Every template has been rendered from complete answers and its file is in place. */
bool cycle_is_ready(const struct cycle *cycle);
/* One line that an operator can read: what is done, what is waited for and why, what has failed. */
void cycle_describe(const struct cycle *cycle, struct buf *out);
/* What --once still waits for, a line each. */
void cycle_describe_missing(const struct cycle *cycle, struct buf *out);
/* The same and each watch, as members of a status document. */
void cycle_add_status(const struct cycle *cycle, struct json_node *to);
