/* SPDX-License-Identifier: MIT */
/* A hash table from text to pointers: open addressing, linear probing, backward-shift deletion. */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define MAP_FIRST_CAP 16

void map_fini(struct map *map)
{
    free(map->entries);
    *map = MAP_EMPTY;
}

static uint32_t hash_key(struct slice key)
{
    uint64_t hash = slice_hash(key);

    return (uint32_t)(hash ^ hash >> 32);
}

static struct slice entry_key(const struct map_entry *entry)
{
    return slice_of(entry->key, entry->key_len);
}

/* The entry with this key, or the empty place where it belongs. */
static struct map_entry *map_place(const struct map *map, struct slice key, uint32_t hash)
{
    size_t i = hash & (map->cap - 1);

    while (map->entries[i].value &&
           (map->entries[i].hash != hash || !slice_equal(entry_key(&map->entries[i]), key)))
        i = (i + 1) & (map->cap - 1);
    return &map->entries[i];
}

static void map_grow(struct map *map)
{
    struct map old = *map;

    map->cap = old.cap ? old.cap * 2 : MAP_FIRST_CAP;
    map->entries = memory_resize_array(NULL, map->cap, sizeof(*map->entries));
    for (size_t i = 0; i < map->cap; i++)
        map->entries[i] = (struct map_entry){ .value = NULL };
    for (size_t i = 0; i < old.cap; i++) {
        if (old.entries[i].value)
            *map_place(map, entry_key(&old.entries[i]), old.entries[i].hash) = old.entries[i];
    }
    free(old.entries);
}

void *map_find(const struct map *map, struct slice key)
{
    return map->n ? map_place(map, key, hash_key(key))->value : NULL;
}

void *map_put(struct map *map, struct slice key, void *value)
{
    assert(value && key.len <= UINT32_MAX);
    if (map->n * 4 >= map->cap * 3)
        map_grow(map);

    uint32_t hash = hash_key(key);
    struct map_entry *entry = map_place(map, key, hash);
    void *before = entry->value;

    *entry = (struct map_entry){ value, key.ptr, (uint32_t)key.len, hash };
    map->n += !before;
    return before;
}

void *map_remove(struct map *map, struct slice key)
{
    if (map->n == 0)
        return NULL;

    struct map_entry *entry = map_place(map, key, hash_key(key));
    void *removed = entry->value;

    if (!removed)
        return NULL;

    /* Close the gap: move back each follower that its own place allows to be here. */
    size_t mask = map->cap - 1, gap = (size_t)(entry - map->entries);

    for (size_t i = (gap + 1) & mask; map->entries[i].value; i = (i + 1) & mask) {
        size_t home = map->entries[i].hash & mask;

        if (((i - home) & mask) >= ((i - gap) & mask)) {
            map->entries[gap] = map->entries[i];
            gap = i;
        }
    }
    map->entries[gap].value = NULL;
    map->n--;
    return removed;
}

void *map_next(const struct map *map, size_t *iterator)
{
    while (*iterator < map->cap) {
        void *value = map->entries[(*iterator)++].value;

        if (value)
            return value;
    }
    return NULL;
}
