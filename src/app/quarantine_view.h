/* SPDX-License-Identifier: MIT */
/* What the quarantine consists of: shared by quarantine.c, which keeps what is banned and accepted,
 * quarantine_view.c, which makes answers without it, and quarantine_search.c. */
#pragma once

#include "base/map.h"
#include "data/elements.h"
#include "delivery/suspects.h"
#include "quarantine.h"

/* One input: an element of an answer, or all of an answer that is no list. */
struct input {
    const struct dep *dep;
    bool is_whole;
    struct element element; /* is_whole: content is the document's hash, the rest is 0 */
};

struct ban {
    struct dep *dep; /* owned */
    struct input input;
    const void *owner;
    char *what, *why; /* owned; why is one line */
    bool is_used;     /* it is still what Consul says */
};

/* The answer to a question at the last accepted text. */
struct accepted {
    struct dep *dep;
    struct document *doc; /* NULL: there was no such thing */
    size_t n_full;        /* its elements before any of them was banned */
};

/* The answers that texts were made of. */
struct basis {
    struct map answers; /* of struct accepted */
    uint64_t clock;     /* the store's, then */
    uint64_t questions; /* which they were: the caller's number of them */
    bool is_whole;      /* each had an answer, of which nothing was left out */
};

/* The answer to a question without what is banned: good while neither changes. */
struct view {
    struct dep *dep;
    struct document *latest, *shown; /* references; may be NULL */
    uint64_t generation;
};

struct quarantine {
    const struct store *store;
    const char *name;
    bool is_on;
    struct basis accepted, offered; /* the latter of the latest texts */
    bool has_offer, is_offer_part;  /* offered are only those that differ from the accepted ones */
    struct map views;               /* of struct view */
    struct ban *bans;
    size_t n_bans, cap_bans;
    const void *lifted;
    bool is_fresh;
    uint64_t generation; /* of everything that decides what is shown */

    struct search *search; /* NULL: none */
    bool shows_trial;      /* of it */
};

/* A search: the inputs that have changed, and which of them the trial takes. */
struct search {
    struct arena arena;
    struct dep_set deps;
    struct document **docs; /* references that keep the inputs alive */
    size_t n_docs, cap_docs;
    struct input *inputs;
    size_t *questions; /* of each */
    size_t n, cap;
    struct suspects suspects;
};

/* The answer that a search looks into, as it was when it began; false: it does not. */
bool search_find_document(const struct search *search, const struct dep *dep,
                          struct document **ret_doc);

/* Of another answer nothing is left out. */
bool quarantine_has_banned(const struct quarantine *quarantine, const struct dep *dep);
/* Whether it is left out at present. */
bool quarantine_is_out(const struct quarantine *quarantine, const struct dep *dep,
                       const struct input *input);
const struct accepted *quarantine_find_accepted(const struct quarantine *quarantine,
                                                const struct dep *dep);

/* The answer as it is shown; false: there is none yet. Borrowed. */
bool quarantine_show(struct quarantine *quarantine, const struct dep *dep,
                     struct document **ret_doc);
/* Whether too much of an answer that nobody has accepted yet would go. */
bool quarantine_goes_too_far(struct quarantine *quarantine, const struct dep *dep);
void quarantine_forget_views(struct quarantine *quarantine);

/* Takes the bans from that number on back if too much goes with them. */
bool quarantine_take_back(struct quarantine *quarantine, size_t n_before);
void quarantine_log_bans(const struct quarantine *quarantine, size_t from);

/* Bans an input of a question, unless it is banned already. doc: where the element is. */
void quarantine_ban(struct quarantine *quarantine, const struct dep *dep,
                    const struct document *doc, const struct input *input, const void *owner,
                    const char *why);
