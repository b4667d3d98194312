/* SPDX-License-Identifier: MIT */
/* A group's HAProxy, which takes up what is installed: its driver, with what that keeps in
 * state_dir, its failures tried again, and the group's commands as its last resort. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "delivery/delivery.h"
#include "haproxy/driver.h"

struct hitless;

struct hitless_handler {
    /* What was installed is taken up (NULL), or why not; then it is tried again, if it is to be.
     * is_evidence: HAProxy runs, and refused the files. */
    void (*on_result)(void *ctx, const char *failure, bool is_evidence);
    /* Runs the group's commands once; hitless_on_commands() tells the end. False: there are none.
     */
    bool (*run_commands)(void *ctx);
    void (*on_stopped)(void *ctx);
};

/* Options and ctx are borrowed; means are copied. */
struct hitless *hitless_new(const struct delivery_means *means,
                            const struct delivery_options *options,
                            const struct hitless_handler *handler, void *ctx);
void hitless_free(struct hitless *hitless);
DEFINE_FREEP(struct hitless, hitless_free)

/* Goes on where the one of the configuration before was, in the turn in which it was made. */
void hitless_inherit(struct hitless *hitless, const struct hitless *earlier);
/* A file was put in place; whether a reload is needed for it, the driver is told with the next
 * hitless_apply(). */
void hitless_add_file(struct hitless *hitless, const char *path);
/* Somebody else had written what was replaced: HAProxy may run that. */
void hitless_doubt(struct hitless *hitless);
void hitless_apply(struct hitless *hitless);
void hitless_hold(struct hitless *hitless); /* no further attempt before that */
void hitless_on_commands(struct hitless *hitless, bool is_ok, const char *text);
void hitless_stop(struct hitless *hitless); /* within a second; then on_stopped */
void hitless_get_report(const struct hitless *hitless, struct driver_report *ret_report);
