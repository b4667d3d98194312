/* SPDX-License-Identifier: MIT */
/* state_dir/snapshot: what was shown last of each question, for a start without Consul, and as the
 * measure for what Consul says then. One file a question, written a little later than it changes.
 *
 * The time of a file says when its answer was known to be good, which is later than when it was
 * written: a good answer that does not change is confirmed from time to time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "consul/snapshot.h"
#include "data/dep.h"
#include "data/document.h"
#include "data/store.h"
#include "io/loop.h"

struct last_known;

struct last_known_options {
    const char *state_dir; /* NULL: nothing is kept */
    const char *from;      /* Consul's address, for people */
    uint64_t max_age_ms;   /* what is older is not used, and removed */
    const struct store *store;
    /* Whether the store's answer is good at present. */
    bool (*is_good)(void *ctx, const struct dep *dep);
    void *ctx;
};

/* Everything is copied but the store, which must outlive it. What cannot be written or read is
 * logged and done without. */
struct last_known *last_known_new(struct loop *loop, const struct last_known_options *options);
void last_known_free(struct last_known *known);
DEFINE_FREEP(struct last_known, last_known_free)
void last_known_set_max_age(struct last_known *known, uint64_t max_age_ms);

bool last_known_is_kept(const struct last_known *known); /* there is a folder */
/* What is remembered besides an answer. */
struct last_known_facts {
    struct snapshot_facts said;
    int64_t time; /* when it was known to be good, as time() */
};

/* The store has another answer now. */
void last_known_note(struct last_known *known, const struct dep *dep,
                     const struct snapshot_facts *facts);
/* False: there is none that may be used. */
bool last_known_find(struct last_known *known, const struct dep *dep, struct document **ret_doc,
                     struct last_known_facts *ret_facts);
/* Questions that nobody asks any more are written and confirmed no more. */
void last_known_keep_only(struct last_known *known, const struct dep_set *wanted);
/* Writes and confirms everything now: at the end of the process. */
void last_known_flush(struct last_known *known);
