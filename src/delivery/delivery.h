/* SPDX-License-Identifier: MIT */
/* A delivery from within: shared by delivery.c, its face, attempt.c, which tries texts, install.c,
 * which puts them in place, salvage.c, which takes the servers of refused ones, and resume.c and
 * remains.c, which take up where an earlier process was. */
#pragma once

#include "claimant.h"
#include "delivery/delivery.h"
#include "haproxy/splice.h"
#include "history.h"
#include "installed.h"
#include "io/timer.h"
#include "parcel.h"
#include "retry.h"
#include "stage.h"
#include "take_up.h"
#include "trial.h"

/* Why the latest texts are not in place. */
enum obstacle {
    OBSTACLE_NONE,
    OBSTACLE_WRITE, /* they could not be staged or installed */
    OBSTACLE_CHECK, /* a checker could not be run */
};

/*              checkers          accepted          command queued      success
 *   any --put--> CHECKING ---> (install) -------------> QUEUED ----------> IDLE
 *          |     |   ^  |      ^ |    ^                 ^    |
 *  without |     |   |  `----. | | failure         time |    | failure
 *  checkers|     |   | time  | | v    | time            |    v
 *          |     |   UNCHECKED | WRITING                OWED
 *          |     `--> REFUSED  |
 *          `-------------------'              without retries a failure is FAILED
 *
 * A new text in any state is tried at once, only a check that is under way is heard first; its
 * command comes after a run that is under way. The state follows from a few facts,
 * delivery_next_state(). */
struct delivery {
    struct delivery_means means;
    const struct delivery_options *options;
    struct delivery_handler handler;
    void *ctx;
    enum delivery_state state;
    bool is_tidy; /* leftovers of killed processes are gone */
    bool is_ending;
    bool is_paused;  /* nothing is tried, installed or taken up: pause.c */
    bool has_hinted; /* at the `haproxy` section, if there was a reason to */

    struct trial *trial;    /* the check that is under way */
    uint64_t rest_until_ms; /* what the checks so far have cost is rested then */
    struct parcel kept;     /* what is tried next: what came meanwhile, or could not be installed */
    struct timer timer;     /* until that, or the next look for the address that `refused` awaits */

    enum obstacle obstacle;
    char *obstacle_text; /* OBSTACLE_NONE: NULL */
    struct retry retry;
    uint64_t delay_ms; /* until the next attempt */

    char *refusal;         /* of the latest texts; NULL: there is none */
    uint64_t refused_hash; /* of these */
    bool is_refused_by_check;
    struct parcel refused; /* themselves, if there is an HAProxy whose servers they may name */
    enum splice_form salvage_form; /* how these are taken over: salvage.c */
    /* HAProxy has failed to reload with the structure of `refused`: until then nothing of that
     * structure is installed. The last wait; 0: no reload has failed. */
    uint64_t barred_until_ms, bar_ms;

    struct buf
        stirred; /* paths of others' files that have changed, a line each; not taken up yet */

    bool is_half; /* only some of the latest files are in place: that is not taken up */
    struct claimant claimant;
    struct installed installed; /* outputs */
    struct take_up take_up;
    struct history history;
    struct buf told_names;   /* of the renamed servers, a line each, as they were told last */
    struct timer splay;      /* until what is due is taken up */
    uint64_t installed_hash; /* of the texts that were put in place last */
    enum delivery_remains remains;
    bool has_looked; /* at what remains */
};

enum delivery_state delivery_next_state(const struct delivery *delivery);
void delivery_enter(struct delivery *delivery, enum delivery_state next);
/* Puts staged files in place. Whether any file changed; what could not be installed is kept for the
 * next attempt. */
bool delivery_install(struct delivery *delivery, struct trial *trial);
/* Tries texts: stages them, and has them checked or installs them. Whether any file changed. */
bool delivery_try(struct delivery *delivery, struct parcel *parcel);
void delivery_keep(struct delivery *delivery, struct parcel *parcel); /* to be tried next */
void delivery_on_timer(void *ctx);                                    /* it is time for them */
uint64_t delivery_rest_ms(const struct delivery *delivery); /* until the next check may be */
/* Ends a row of failures; appends how long it was. */
void delivery_clear_obstacle(struct delivery *delivery, struct buf *after);
/* Something is in the way of these texts: said, if it is news, and tried again. */
void delivery_on_failure(struct delivery *delivery, struct parcel *parcel, enum obstacle obstacle,
                         const char *text, struct slice words);

/* Installed texts with the servers of refused ones were refused, too. */
void delivery_on_salvage_refused(struct delivery *delivery, const struct trial_result *result);

/* HAProxy has refused these texts; takes them over. */
void delivery_bar(struct delivery *delivery, struct parcel *failed);
bool delivery_is_barred(const struct delivery *delivery, const struct parcel *parcel);
/* Texts that the checkers accept, but of a structure that is barred: they are refused ones now. */
bool delivery_take_barred(struct delivery *delivery, struct parcel *parcel);

/* What an earlier process has left is completed and owed. */
void delivery_resume(struct delivery *delivery);
/* The commands have failed: the last good texts, if that is wanted and possible. */
void delivery_roll_back(struct delivery *delivery);
/* The staged texts are ones that were taken back before. */
bool delivery_was_rolled_back(struct delivery *delivery, struct trial *trial);
