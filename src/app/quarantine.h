/* SPDX-License-Identifier: MIT */
/* What a group of templates is not shown because it is refused: one bad input must not freeze an
 * edge.
 *
 * An answer is made of inputs: the elements of a list of instances, services, nodes or keys, or the
 * answer as a whole. One that is banned is left out (an instance), or its last accepted version
 * stands in its place (anything else), until it changes or is accepted after all. Of a service
 * never more than half of what runs goes that way, and never the last instance: then its last
 * accepted list stays, without those that Consul does not know any more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "data/dep.h"
#include "data/json_document.h"
#include "data/store.h"

struct quarantine;

/* name: of the group, for the log; borrowed, as the store is. is_on: else nothing is ever banned.
 */
struct quarantine *quarantine_new(const struct store *store, const char *name, bool is_on);
void quarantine_free(struct quarantine *quarantine);
DEFINE_FREEP(struct quarantine, quarantine_free)

/* The store as a render of the group sees it. */
struct answer_source quarantine_answers(struct quarantine *quarantine);

size_t quarantine_count(const struct quarantine *quarantine); /* of banned inputs */
size_t quarantine_count_of(const struct quarantine *quarantine, const void *owner);
bool quarantine_is_on(const struct quarantine *quarantine);
/* What an earlier one had accepted is the measure of this one, too. */
void quarantine_inherit(struct quarantine *quarantine, struct quarantine *earlier);
/* Shows what this owner had banned, as a try; NULL: nothing that is banned. What owners are is the
 * caller's business. */
void quarantine_lift(struct quarantine *quarantine, const void *owner);
/* The try was a success: what the owner had banned is free again, and the log says so. True if
 * there was anything. */
bool quarantine_release(struct quarantine *quarantine, const void *owner);

/* A render has failed with a foreign text: bans every input of these questions that holds it. False
 * if there is none, or if more of an answer would go than may: nothing has changed then. */
bool quarantine_blame(struct quarantine *quarantine, const struct dep_set *asked, struct slice text,
                      const void *owner, const char *why);

/* Texts were made of what is shown at present of these questions: remembered until it is known
 * whether they are accepted. `questions` is the caller's number of this set of them. */
void quarantine_offer(struct quarantine *quarantine, const struct dep_set *asked,
                      uint64_t questions);
/* The same, of questions that have the number they had when texts were last accepted: looks only at
 * the answers that have changed since. False: that cannot be done, and nothing is offered. */
bool quarantine_offer_changes(struct quarantine *quarantine, uint64_t questions);
bool quarantine_has_offer(const struct quarantine *quarantine);
/* What was offered last was accepted, all of it; nothing if nothing was. */
void quarantine_accept(struct quarantine *quarantine);
/* It was refused. */
void quarantine_drop_offer(struct quarantine *quarantine);
/* Without any accepted answers, more than half of a list may be banned (nothing runs yet). */
void quarantine_set_fresh(struct quarantine *quarantine, bool is_fresh);

/* --- The search for a culprit that nobody can name (delivery/suspects.h) ------------------- */

#define QUARANTINE_CHECKS 12 /* trials with a checker */

/* Looks at what has changed in these questions since the last accepted answers. False: nothing has,
 * or there are none. */
bool quarantine_begin_search(struct quarantine *quarantine, const struct dep_set *asked,
                             size_t max_trials);
/* A trial is due; false: there is none, and quarantine_end_search() is due. */
bool quarantine_is_searching(const struct quarantine *quarantine);
/* Shows what that trial takes, of the answers as they were when the search began. */
void quarantine_show_trial(struct quarantine *quarantine, bool shows_trial);
void quarantine_judge_trial(struct quarantine *quarantine, bool is_accepted);
/* A trial could not be made, or there is no more time: what is known by now must do. */
void quarantine_cut_search(struct quarantine *quarantine);
/* Forgets the search. */
void quarantine_stop_search(struct quarantine *quarantine);

enum quarantine_verdict {
    QUARANTINE_FOUND,        /* the culprits are banned; without them it is accepted */
    QUARANTINE_NOT_REPEATED, /* it is accepted as it is */
    QUARANTINE_NO_CULPRIT,   /* nothing has changed */
};

enum quarantine_verdict quarantine_end_search(struct quarantine *quarantine, const void *owner,
                                              const char *why);

/* --- For people ----------------------------------------------------------------------------- */

/* "; left out: …" with the first one and how many more; nothing if nothing is. */
void quarantine_describe(const struct quarantine *quarantine, struct buf *out);
/* An object each, to a list of the status. */
void quarantine_add_status(const struct quarantine *quarantine, struct json_node *list);
