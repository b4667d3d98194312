/* SPDX-License-Identifier: MIT */
/* What a table of Consul's says of each key, as one hash for each. */
#include "tally.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"

#define TALLY_LEAST_PLACES 64

/* --- Sets of keys --------------------------------------------------------------------------- */

void keys_fini(struct keys *keys)
{
    free(keys->items);
    *keys = KEYS_EMPTY;
}

void keys_add(struct keys *keys, uint64_t key)
{
    GROW(keys->items, keys->n, keys->cap);
    keys->items[keys->n++] = key;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

void keys_sort(struct keys *keys)
{
    if (keys->n > 1)
        qsort(keys->items, keys->n, sizeof(*keys->items), compare_keys);
}

bool keys_has(const struct keys *keys, uint64_t key)
{
    return keys->n > 0 &&
           bsearch(&key, keys->items, keys->n, sizeof(*keys->items), compare_keys) != NULL;
}

/* --- Places --------------------------------------------------------------------------------- */

/* 0 marks an empty place. */
static uint64_t usable(uint64_t key)
{
    return key ? key : 1;
}

/* The key's place, or the empty one where it belongs. */
static struct tally_entry *find_place(const struct tally *tally, uint64_t key)
{
    size_t mask = tally->cap - 1, i = (key ^ key >> 32) & mask;

    while (tally->entries[i].key != 0 && tally->entries[i].key != key)
        i = (i + 1) & mask;
    return &tally->entries[i];
}

/* Moves to other places, without the keys that are gone. */
static void tally_move(struct tally *tally, size_t cap)
{
    struct tally old = *tally;

    tally->entries = memory_alloc(cap * sizeof(*tally->entries));
    tally->cap = cap;
    tally->n = 0;
    for (size_t i = 0; i < old.cap; i++) {
        const struct tally_entry *entry = &old.entries[i];

        if (entry->key != 0 && (entry->sum != 0 || entry->round == tally->round)) {
            *find_place(tally, entry->key) = *entry;
            tally->n++;
        }
    }
    free(old.entries);
}

void tally_fini(struct tally *tally)
{
    free(tally->entries);
    *tally = TALLY_EMPTY;
}

/* --- Rounds --------------------------------------------------------------------------------- */

void tally_begin(struct tally *tally)
{
    tally->round++;
}

bool tally_add(struct tally *tally, uint64_t key, uint64_t hash)
{
    if (tally->n * 4 >= tally->cap * 3)
        tally_move(tally, tally->cap ? tally->cap * 2 : TALLY_LEAST_PLACES);

    struct tally_entry *entry = find_place(tally, usable(key));

    if (entry->key == 0) {
        if (tally->n >= LIMIT_TALLY_KEYS)
            return false;
        tally->n++;
        *entry = (struct tally_entry){ .key = usable(key) };
    }
    if (entry->round != tally->round) {
        entry->round = tally->round;
        entry->next = 0;
    }
    entry->next += hash;
    entry->next += entry->next == 0; /* 0: not there */
    return true;
}

void tally_end(struct tally *tally, struct keys *changed)
{
    size_t n_gone = 0;

    tally->n_there = 0;
    for (size_t i = 0; i < tally->cap; i++) {
        struct tally_entry *entry = &tally->entries[i];

        if (entry->key == 0)
            continue;

        uint64_t sum = entry->round == tally->round ? entry->next : 0;

        if (sum != entry->sum)
            keys_add(changed, entry->key);
        entry->sum = sum;
        tally->n_there += sum != 0;
        n_gone += sum == 0;
    }
    if (n_gone > 0)
        tally_move(tally, tally->cap);
}

bool tally_has(const struct tally *tally, uint64_t key)
{
    return tally->cap > 0 && find_place(tally, usable(key))->sum != 0;
}
