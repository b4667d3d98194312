/* SPDX-License-Identifier: MIT */
/* Having installed files taken up: what a group owes its commands, and how far they have come.
 *
 * The commands run in their order, each when the one before has succeeded. A file that is replaced
 * meanwhile begins them anew, behind what runs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "delivery/command_queue.h"
#include "delivery/options.h"
#include "hitless.h"

/*   DONE --owe--> DUE --start--> ASKED --the last has succeeded--> DONE
 *                  ^              |  ^
 *          owe ----'      failure |  | the queue's next attempt has succeeded
 *      (from anywhere)            v  |
 *                               RETRIED      without retries: FAILED
 */
enum take_up_state {
    TAKE_UP_DONE,
    TAKE_UP_DUE,     /* a file was replaced; nobody asked for the commands yet */
    TAKE_UP_ASKED,   /* one waits in the queue, or runs */
    TAKE_UP_RETRIED, /* it failed; the queue runs it again */
    TAKE_UP_FAILED,  /* it failed, and nobody runs it again */
};

struct take_up {
    const struct delivery_options *options;
    struct command_queue *queue;
    bool is_retrying;
    void (*on_change)(void *ctx); /* a run has ended; not called for a state that was asked for */
    void *ctx;
    enum take_up_state state;
    size_t next;             /* the command that is asked for */
    bool is_refused;         /* the last run could be made, and failed */
    bool is_evidence;        /* HAProxy runs, and has refused these very files */
    struct hitless *hitless; /* HAProxy itself takes it up, and asks for the commands if it has to;
                              * NULL: the commands do */
    bool is_stopping;
    char *error;      /* of the last run; NULL: it succeeded */
    struct buf files; /* for the commands: paths, a line each, replaced since they last succeeded */
    struct buf reason; /* and what changed since then */
};

/* Options and queue are borrowed. */
void take_up_init(struct take_up *take_up, const struct delivery_options *options,
                  struct command_queue *queue, bool is_retrying, void (*on_change)(void *ctx),
                  void *ctx);
/* From then on HAProxy takes up what is installed. Before anything is owed. */
void take_up_use_haproxy(struct take_up *take_up, const struct delivery_means *means);
void take_up_fini(struct take_up *take_up); /* a command that runs goes on unheard */

/* What commands learn of the files that were replaced, and why. */
void take_up_add_file(struct take_up *take_up, const char *path);
/* What was replaced was not what this program had installed. */
void take_up_doubt(struct take_up *take_up);
void take_up_add_reason(struct take_up *take_up, struct slice reason);
void take_up_forget_reasons(struct take_up *take_up); /* nothing came of them */
/* The commands are due, all of them; nothing happens where there are none. */
void take_up_owe(struct take_up *take_up);
/* What another one owes, this one owes, too. Where both have the same commands, one that waits or
 * runs is this one's from now on, and is not run again. */
void take_up_inherit(struct take_up *take_up, const struct take_up *earlier);
/* What waits or is tried again is due, until the next take_up_start(); what is under way goes on.
 */
void take_up_hold(struct take_up *take_up);
void take_up_stop(struct take_up *take_up);  /* HAProxy's pending work; on_change tells the end */
void take_up_start(struct take_up *take_up); /* queues the first command, if they are due */
