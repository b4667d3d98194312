/* SPDX-License-Identifier: MIT */
/* Brings a running HAProxy to what the installed files say: over its socket where that is enough,
 * else by one reload that is verified. The face of haproxy/ for delivery/.
 *
 * The driver reads the installed files itself: what it applies is what the next reload would read.
 * It remembers which worker runs what, in a text that its owner keeps for it, and finishes what is
 * left to do (first checks, drains, grace periods) on timers of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "haproxy/address.h"
#include "haproxy/options.h"
#include "haproxy/survey.h"
#include "io/loop.h"

struct driver;

enum driver_outcome {
    DRIVER_NOTHING,     /* HAProxy runs what the files say already */
    DRIVER_UPDATED,     /* over the socket */
    DRIVER_RELOADED,    /* a new worker runs the files */
    DRIVER_NOT_RUNNING, /* nothing to do: it reads the files when it starts */
    DRIVER_FAILED,      /* worth another attempt, after a while */
};

const char *driver_outcome_name(enum driver_outcome outcome);

struct driver_result {
    enum driver_outcome outcome;
    size_t n_steps;      /* commands over the socket, also before a failure */
    uint64_t elapsed_ms; /* from driver_apply() on */
    /* Why it was a reload, or what has failed; a line, borrowed. "" for others. */
    const char *text;
    /* Of a failure: HAProxy runs, and refused these very files when it was told to reload. */
    bool is_evidence;
};

struct driver_update {
    /* Files that HAProxy reads and that are none of its configurations (maps, certificates,
     * lists) have changed: only a reload makes it read them. */
    bool has_other_changes;
    /* The configurations were not what this program had installed before they were replaced. */
    bool is_doubtful;
};

struct driver_handler {
    /* The one result of a driver_apply(). It may apply again. */
    void (*on_result)(void *ctx, const struct driver_result *result);
    /* To be kept where a crash does not reach it, in place of the text before, when this returns:
     * it says which worker runs what, and which steps are about to be sent. Text of several lines,
     * without secrets. May be NULL. */
    void (*on_save)(void *ctx, struct slice text);
    /* Runs the group's command, which reloads HAProxy; driver_on_command() tells its end. False:
     * there is none. */
    bool (*run_command)(void *ctx, const char *reason);
    /* An instance with this address is registered and healthy. NULL: none that leaves is. */
    bool (*is_registered)(void *ctx, const struct haproxy_address *address);
    /* What driver_stop() has begun is done. */
    void (*on_stopped)(void *ctx);
    /* For the log, in a few words: why the instance at this address has come ("registered"), or
     * what has become of it ("deregistered"); NULL: nobody knows. May be NULL. */
    const char *(*cause_of)(void *ctx, const struct haproxy_address *address, bool has_come);
};

/* Reads the files as they are installed at present, for the first comparison: make it before
 * anything new is installed. Name, options and ctx are borrowed. The name is for the log. Nothing
 * is asked of HAProxy before driver_start(). */
struct driver *driver_new(struct loop *loop, const char *name,
                          const struct haproxy_options *options,
                          const struct driver_handler *handler, void *ctx);
void driver_free(struct driver *driver); /* what is under way is dropped, without a callback */
DEFINE_FREEP(struct driver, driver_free)

/* Takes up what on_save() was last given, of this or of an earlier process; empty: nothing is
 * known. Finishes the steps that a crash has left, and what is left to do after them; brings
 * HAProxy to the files if it does not run them. There is no on_result for this. */
void driver_start(struct driver *driver, struct slice saved);

/* The files are checked and installed: bring HAProxy there. One at a time: a second one before the
 * result of the first takes its place and shares that one's result. */
void driver_apply(struct driver *driver, const struct driver_update *update);
/* Ends what driver_handler.run_command has begun; the text says what went wrong, if anything. */
void driver_on_command(struct driver *driver, bool is_ok, const char *text);

/* For the end of the process: what waits for its first check serves, what was to leave gets no
 * request any more. Within a second; then on_stopped(). No result follows for what was applied. */
void driver_stop(struct driver *driver);
/* An update or a reload is under way. What waits on a timer is not. */
bool driver_is_busy(const struct driver *driver);

/* For the status. */
struct driver_report {
    uint64_t worker; /* its process; 0: HAProxy does not run, or nobody has looked yet */
    unsigned version;
    size_t n_old_workers;
    bool owes_reload;
    size_t n_pending;              /* servers that wait for a check, a drain or their deletion */
    uint64_t update_ms, reload_ms; /* when they were last, on the loop's clock; 0: never */
    uint64_t update_took_ms;
    size_t n_update_steps, n_updates, n_reloads;
    uint64_t n_steps;          /* of all updates */
    uint64_t reloads_took_ms;  /* all of them together */
    size_t n_failures;         /* attempts that came to nothing */
    bool is_answering;         /* the last look found what it looked for */
    const struct survey *seen; /* of the last look, which is a minute ago at most; borrowed */
    const char *reload_reason; /* of the last one; "" */
};

void driver_get_report(const struct driver *driver, struct driver_report *ret_report);
