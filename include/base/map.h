/* SPDX-License-Identifier: MIT */
/* A hash table from text to pointers. Keys are borrowed: they must outlive their entry, so they
 * usually live inside the object that the entry points to. Keys have less than 4 GB. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* A place; there are many, and some are always empty. */
struct map_entry {
    void *value; /* NULL: it is empty */
    const char *key;
    uint32_t key_len, hash;
};

struct map {
    struct map_entry *entries;
    size_t n, cap; /* cap is 0 or a power of two */
};

#define MAP_EMPTY ((struct map){ NULL, 0, 0 })

void map_fini(struct map *map);                          /* the values are not touched */
void *map_find(const struct map *map, struct slice key); /* NULL if absent */
/* Returns the value that was there before, or NULL. `value` must not be NULL. On replacement the
 * entry takes the new key, too. */
void *map_put(struct map *map, struct slice key, void *value);
void *map_remove(struct map *map, struct slice key); /* what was there, or NULL */

/* All values, in no order: `for (size_t i = 0; (v = map_next(&map, &i)) != NULL;)`. Entries must
 * not be added or removed meanwhile. */
void *map_next(const struct map *map, size_t *iterator);
