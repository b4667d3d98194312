/* SPDX-License-Identifier: MIT */
/* What a table of Consul's says of each key (a service, a node), as one hash for each: two rounds
 * of reading tell which keys have changed.
 *
 * A key's hash is the sum over its entries, so their order does not matter. Keys are hashes, too:
 * two names that share one are taken for changed together, which costs a question and loses
 * nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of keys; sorted after keys_sort(). */
struct keys {
    uint64_t *items;
    size_t n, cap;
};

#define KEYS_EMPTY ((struct keys){ NULL, 0, 0 })

void keys_fini(struct keys *keys); /* empty and usable afterwards */
void keys_add(struct keys *keys, uint64_t key);
void keys_sort(struct keys *keys);
bool keys_has(const struct keys *keys, uint64_t key);

struct tally_entry {
    uint64_t key; /* 0: empty place */
    uint64_t sum, next;
    uint32_t round; /* that next belongs to */
};

struct tally {
    struct tally_entry *entries;
    size_t n, cap;  /* cap is 0 or a power of two */
    size_t n_there; /* keys of the last whole round */
    uint32_t round;
};

#define TALLY_EMPTY ((struct tally){ .entries = NULL })

void tally_fini(struct tally *tally);
/* A new round; one that was begun and not ended is forgotten. */
void tally_begin(struct tally *tally);
/* False: there are more than LIMIT_TALLY_KEYS. */
bool tally_add(struct tally *tally, uint64_t key, uint64_t hash);
/* The round is complete. Adds the keys to `changed` whose entries are others than in the round
 * before, those that came and went included. */
void tally_end(struct tally *tally, struct keys *changed);
/* In the last complete round. */
bool tally_has(const struct tally *tally, uint64_t key);
