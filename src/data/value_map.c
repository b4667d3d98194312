/* SPDX-License-Identifier: MIT */
/* Maps of the template language: those made while rendering, and those of documents.
 *
 * A made map keeps its entries sorted by key, because everything that shows a map shows it in key
 * order. An insertion moves what follows, 64 bytes an entry; entries that arrive in order, as most
 * do, move nothing. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "data/value.h"

struct map_object {
    struct arena *arena;
    struct value_pair *items; /* in key order */
    size_t n, cap;
};

/* The order of kinds among keys of interface type. */
static int kind_rank(const struct value *key)
{
    if (!key->type)
        return 0;
    switch (key->type->kind) {
    case KIND_BOOL: return 1;
    case KIND_INT: return 2;
    case KIND_UINT: return 3;
    case KIND_FLOAT: return 4;
    case KIND_COMPLEX: return 5;
    case KIND_STRING: return 6;
    default: return 7;
    }
}

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !!isnan(b) - !!isnan(a); /* NaN sorts first */
    return (a > b) - (a < b);
}

static int compare_keys(const struct value *a, const struct value *b)
{
    int rank_a = kind_rank(a), rank_b = kind_rank(b);

    if (rank_a != rank_b)
        return rank_a - rank_b;
    if (!a->type)
        return 0;
    switch (a->type->kind) {
    case KIND_BOOL: return a->boolean - b->boolean;
    case KIND_INT: return (a->integer > b->integer) - (a->integer < b->integer);
    case KIND_UINT: return (a->natural > b->natural) - (a->natural < b->natural);
    case KIND_FLOAT: return compare_doubles(a->real, b->real);
    case KIND_STRING: return slice_compare(value_slice(a), value_slice(b));
    default: return 0;
    }
}

struct value value_map_new(struct arena *arena, const struct type *type)
{
    struct value map = { .type = type };

    assert(type->kind == KIND_MAP);
    map.map.object = ARENA_NEW(arena, struct map_object);
    map.map.object->arena = arena;
    map.map.storage = STORED_VALUES;
    return map;
}

/* Merges two sorted neighbours of `from` into `to`; of equal keys the left one comes first. */
static void merge_runs(const struct value_pair *from, struct value_pair *to, size_t n_left,
                       size_t n)
{
    size_t left = 0, right = n_left;

    for (size_t i = 0; i < n; i++) {
        if (right == n || (left < n_left && compare_keys(&from[left].key, &from[right].key) <= 0))
            to[i] = from[left++];
        else
            to[i] = from[right++];
    }
}

/* A merge sort, because it must keep the order of equal keys; the result is in the array returned,
 * which is one of the two. */
static struct value_pair *sort_pairs(struct value_pair *pairs, struct value_pair *spare, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t rest = n - at;
            size_t n_left = rest < width ? rest : width;

            merge_runs(pairs + at, spare + at, n_left, rest < 2 * width ? rest : 2 * width);
        }

        struct value_pair *sorted = spare;

        spare = pairs;
        pairs = sorted;
    }
    return pairs;
}

static bool is_sorted(const struct value_pair *pairs, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (compare_keys(&pairs[i - 1].key, &pairs[i].key) >= 0)
            return false;
    }
    return true;
}

struct value value_map_from_pairs(struct arena *arena, const struct type *type,
                                  struct value_pair *pairs, size_t n)
{
    struct value map = value_map_new(arena, type);
    size_t n_kept = 0;

    if (!is_sorted(pairs, n)) {
        pairs = sort_pairs(pairs, ARENA_ARRAY(arena, n, struct value_pair), n);
        for (size_t i = 0; i < n; i++) {
            if (n_kept && compare_keys(&pairs[n_kept - 1].key, &pairs[i].key) == 0)
                n_kept--;
            pairs[n_kept++] = pairs[i];
        }
    } else {
        n_kept = n;
    }
    map.map.object->items = pairs;
    map.map.object->n = n_kept;
    map.map.object->cap = n;
    return map;
}

/* Where the key is, or where it belongs. */
static bool map_object_search(const struct map_object *object, const struct value *key,
                              size_t *ret_at)
{
    size_t from = 0, to = object->n;

    /* Most maps are filled in key order: look at the end first. */
    if (to && compare_keys(&object->items[to - 1].key, key) < 0)
        from = to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_keys(&object->items[middle].key, key);

        if (order == 0) {
            *ret_at = middle;
            return true;
        }
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *ret_at = from;
    return false;
}

size_t value_map_len(const struct value *map)
{
    return map->map.storage == STORED_VALUES ? map->map.object->n : map->map.n;
}

/* The key of the i-th entry of a document's map. */
static struct slice fixed_key(const struct value *map, size_t i)
{
    return map->map.storage == STORED_POINTERS ? map->map.objects[i].key : map->map.pairs[i].key;
}

static struct value fixed_value(const struct value *map, size_t i)
{
    switch (map->map.storage) {
    case STORED_POINTERS:
        return (struct value){ .type = map->type->elem, .object = map->map.objects[i].object };
    case STORED_FOREIGN_SLICES: return value_foreign_string(map->map.pairs[i].value);
    default: return value_string(map->map.pairs[i].value);
    }
}

static bool fixed_search(const struct value *map, struct slice key, size_t *ret_at)
{
    size_t from = 0, to = map->map.n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = slice_compare(fixed_key(map, middle), key);

        if (order == 0) {
            *ret_at = middle;
            return true;
        }
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

bool value_map_find(const struct value *map, const struct value *key, struct value *ret_value)
{
    size_t at;

    if (map->map.storage != STORED_VALUES) {
        if (!value_is_string(key) || !fixed_search(map, value_slice(key), &at))
            return false;
        *ret_value = fixed_value(map, at);
        return true;
    }
    if (!map_object_search(map->map.object, key, &at))
        return false;
    *ret_value = map->map.object->items[at].value;
    return true;
}

bool value_map_find_string(const struct value *map, struct slice key, struct value *ret_value)
{
    struct value string = value_string(key);

    return value_map_find(map, &string, ret_value);
}

void value_map_at(const struct value *map, size_t i, struct value *ret_key, struct value *ret_value)
{
    assert(i < value_map_len(map));
    if (map->map.storage == STORED_VALUES) {
        *ret_key = map->map.object->items[i].key;
        *ret_value = map->map.object->items[i].value;
        return;
    }
    *ret_key = map->map.storage == STORED_SLICES ? value_string(fixed_key(map, i))
                                                 : value_foreign_string(fixed_key(map, i));
    *ret_value = fixed_value(map, i);
}

static void map_object_insert(struct map_object *object, size_t at, struct value key,
                              struct value value)
{
    if (object->n == object->cap) {
        size_t cap = object->cap ? object->cap * 2 : 8;
        struct value_pair *items = ARENA_ARRAY(object->arena, cap, struct value_pair);

        if (object->n)
            memcpy(items, object->items, object->n * sizeof(*items));
        object->items = items;
        object->cap = cap;
    }
    memmove(&object->items[at + 1], &object->items[at], (object->n - at) * sizeof(*object->items));
    object->items[at] = (struct value_pair){ key, value };
    object->n++;
}

void value_map_put(const struct value *map, struct arena *arena, struct value key,
                   struct value value)
{
    struct map_object *object = map->map.object;
    size_t at;

    assert(map->map.storage == STORED_VALUES && arena == object->arena);
    if (map_object_search(object, &key, &at))
        object->items[at].value = value;
    else
        map_object_insert(object, at, key, value);
}

void value_map_remove(const struct value *map, const struct value *key)
{
    struct map_object *object = map->map.object;
    size_t at;

    assert(map->map.storage == STORED_VALUES);
    if (!map_object_search(object, key, &at))
        return;
    object->n--;
    memmove(&object->items[at], &object->items[at + 1], (object->n - at) * sizeof(*object->items));
}
