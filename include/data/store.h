/* SPDX-License-Identifier: MIT */
/* The latest answer to every question asked so far.
 *
 * The store owns its documents; a value from store_get() is borrowed and stays good until control
 * returns to the event loop. The store fetches nothing: consul/watch_set.h puts answers in. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "data/dep.h"
#include "data/document.h"

struct store;

struct store *store_new(void);
void store_free(struct store *store);
DEFINE_FREEP(struct store, store_free)

/* Takes over the caller's reference; NULL: the thing asked for does not exist. True when the
 * content differs from what was there before (the first answer always does). */
bool store_put(struct store *store, const struct dep *dep, struct document *doc);
enum answer store_get(const struct store *store, const struct dep *dep,
                      const struct value **ret_value);
/* The document itself, borrowed; NULL: there is no such thing, or no answer. */
struct document *store_find(const struct store *store, const struct dep *dep);
/* The same, and whether there is an answer: false, if there is none yet. */
bool store_find_document(const struct store *store, const struct dep *dep,
                         struct document **ret_doc);
/* Counts puts, of which some replace an answer by the same one. */
uint64_t store_clock(const struct store *store);
/* Whether there is no answer, or it was put after the clock stood at `since`. */
bool store_has_changed(const struct store *store, const struct dep *dep, uint64_t since);
/* The questions of all puts since then, borrowed, some of them perhaps twice. False: there were
 * more than STORE_RECENT of them. */
#define STORE_RECENT 8
bool store_list_changes(const struct store *store, uint64_t since,
                        const struct dep *ret_deps[STORE_RECENT], size_t *ret_n);
/* Forgets what nobody asks any more. */
void store_keep_only(struct store *store, const struct dep_set *wanted);

struct answer_source store_answers(struct store *store); /* the store as a render sees it */
