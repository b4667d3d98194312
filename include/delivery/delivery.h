/* SPDX-License-Identifier: MIT */
/* One group's journey: from complete texts to installed files and a command that has succeeded.
 *
 * A text is installed whole or not at all, and never lost: what could not be written or applied is
 * tried again with backoff until it works or a newer text takes its place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/places.h"
#include "delivery/claims.h"
#include "delivery/command_queue.h"
#include "delivery/gate.h"
#include "delivery/journal.h"
#include "delivery/options.h"
#include "haproxy/driver.h"
#include "io/loop.h"

struct delivery;

enum delivery_state {
    DELIVERY_IDLE,      /* everything that was handed in is installed and taken up */
    DELIVERY_CHECKING,  /* staged; its checkers run or wait for their turn */
    DELIVERY_REFUSED,   /* a checker refused the latest texts; those before are in place */
    DELIVERY_UNCHECKED, /* a checker could not be run; the next attempt is timed */
    DELIVERY_WRITING,   /* the last attempt to install failed; the next one is timed */
    DELIVERY_QUEUED,    /* installed; its command waits for its turn or runs */
    DELIVERY_OWED,      /* its command failed; the next attempt is timed */
    DELIVERY_FAILED,    /* without retries (--once): a check, a write or the command failed */
};

const char *delivery_state_name(enum delivery_state state);

struct delivery_handler {
    /* The state has changed; optional. */
    void (*on_state)(void *ctx, enum delivery_state state);
    /* Files were replaced or removed; is_salvage: by the servers of refused texts, which stay
     * refused. Optional. */
    void (*on_installed)(void *ctx, bool is_salvage);
    /* The texts that were put with these places are in place, or their servers are; one for each
     * text, borrowed. Optional. */
    void (*on_places)(void *ctx, const struct places *places);
};

/* A file that the template itself has asked for: installed with the group's own ones, and removed
 * when a later pass does not bring it any more, if it was installed by this process. */
struct delivery_output {
    struct slice path;        /* absolute or from the working directory; no ".." in it */
    struct slice user, group; /* name or number; "": our own */
    mode_t perms;
    struct slice text;
};

/* What a complete pass brings. */
struct delivery_pass {
    const struct slice *texts; /* one for each file of the group, in the order of the options */
    size_t n_texts;
    const struct delivery_output *outputs;
    size_t n_outputs;
    const struct places *const *places; /* who has which in each of the texts; may be NULL */
    const char *reason; /* a short text on what changed, for EDGEWRIGHT_REASON; may be NULL */
};

/* What all deliveries work with: borrowed, and outlives them. */
struct delivery_means {
    struct loop *loop;
    struct command_queue *queue;
    struct gate *gate; /* for checkers */
    struct claims *claims;
    struct journal *journal; /* NULL: what is owed and good is forgotten with the process */
    const char *state_dir;   /* for what is known of HAProxy; NULL: nowhere; borrowed */
    /* An instance with this address is in the catalogue, and healthy; may be NULL. */
    bool (*is_registered)(void *ctx, const struct haproxy_address *address);
    /* For the log: why it has come ("registered"), or what has become of it ("critical"); NULL:
     * nobody knows. May be NULL. */
    const char *(*cause_of)(void *ctx, const struct haproxy_address *address, bool has_come);
    /* The same of its present service: healthy, and in no maintenance; may be NULL. */
    bool (*is_serving)(void *ctx, const struct haproxy_address *address);
    void *catalogue; /* ctx of these */
    /* How long what was installed waits to be taken up: by HAProxy itself, and by commands. */
    uint64_t endpoints_splay_ms, structure_splay_ms;
    bool is_retrying; /* false for --once, where a failure is final */
};

/* The options are borrowed and must outlive it; the rest is copied. The first delivery of its name
 * in this process completes what a crash has left half replaced, and owes what was owed:
 * delivery_run_command() then runs it without waiting for new texts. */
struct delivery *delivery_new(const struct delivery_means *means,
                              const struct delivery_options *options,
                              const struct delivery_handler *handler, void *ctx);
void delivery_free(struct delivery *delivery); /* a command of its that runs goes on unheard */
DEFINE_FREEP(struct delivery, delivery_free)

/* Everything is copied. Nothing is touched for a text that equals what the file holds; of an
 * output, mode and owner count, too. Without checkers it is installed before this returns; returns
 * whether any file changed; a failure to install is logged, kept and retried. The command is queued
 * by delivery_run_command(), so that all groups of one turn can install first. A file that another
 * delivery writes is a failure of this one.
 *
 * With checkers it is installed, and its command queued, when they have accepted it; texts that
 * come meanwhile are next. What they refused is not checked again. */
bool delivery_put(struct delivery *delivery, const struct delivery_pass *pass);
/* Queues the command if an installed text has not been taken up yet. */
void delivery_run_command(struct delivery *delivery);
/* The same without a splay: the process is about to end. */
void delivery_hurry(struct delivery *delivery);
/* While it is paused nothing is checked, installed or taken up, and what fails is not tried again;
 * a command that runs goes on. Nothing may be put. */
void delivery_pause(struct delivery *delivery, bool is_paused);
/* What an earlier delivery of the same group (before the configuration was read again) still owes
 * its command, a new one owes, too; outputs that it has installed the new one may remove. The
 * earlier one is freed after this one has queued its command, or the queue forgets how often that
 * has failed. */
void delivery_inherit(struct delivery *delivery, const struct delivery *earlier);

/* Whether it is known what became of the latest texts: they are in place, or a checker refused
 * them. Those that fail later, when they are taken up, were accepted. */
bool delivery_get_verdict(const struct delivery *delivery, bool *ret_is_accepted);
/* For the end of the process: what HAProxy was left to do is done within a second, on_state tells
 * when. Nothing is taken up any more. */
void delivery_stop(struct delivery *delivery);
bool delivery_is_stopping(const struct delivery *delivery);
/* The commands have succeeded since anything was installed. */
bool delivery_is_taken_up(const struct delivery *delivery);
/* False: it has no HAProxy. */
bool delivery_get_haproxy(const struct delivery *delivery, struct driver_report *ret_report);

/* A file that the group's texts name has changed, though none of ours: the next texts, also equal
 * ones, are checked and taken up. Copies the path. */
void delivery_stir(struct delivery *delivery, const char *path);
/* No input is to blame for the refusal of the latest texts: what they say of HAProxy's servers is
 * checked, installed and taken up without the rest of them. They stay refused. */
void delivery_salvage(struct delivery *delivery);
/* Somebody else had these texts checked, too, and it took that long: the group rests for it. */
void delivery_add_rest(struct delivery *delivery, uint64_t elapsed_ms);
/* Refused texts are checked again when they are put again. */
void delivery_forget_refusal(struct delivery *delivery);
enum delivery_state delivery_get_state(const struct delivery *delivery);
/* What is in place of the group before it has a text, beside what was installed last. */
enum delivery_remains {
    DELIVERY_REMAINS_MISSING, /* of a file there is nothing, or of a set only a part */
    DELIVERY_REMAINS_UNKNOWN, /* what is there may be anybody's */
    DELIVERY_REMAINS_EDITED,  /* somebody has changed it, which is his business */
    DELIVERY_REMAINS_WHOLE,
};

/* Whether it is there is looked at each time, what it holds once; what is not ours is logged. */
enum delivery_remains delivery_look_at_remains(struct delivery *delivery);
/* "" if all is well; borrowed until the next turn. */
const char *delivery_last_error(const struct delivery *delivery);
const struct delivery_options *delivery_get_options(const struct delivery *delivery);
