/* SPDX-License-Identifier: MIT */
/* The elements of the last answer to a question, known again by their bytes. */
#include "recall.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "fingerprint.h"

#define WASTE_BYTES      (64u << 10) /* of a pool, beside half of what is of use */
#define MOST_WASTE_BYTES (1u << 20)  /* beside as much as is of use */

static void forget(struct recall *recall)
{
    document_unref(TAKE(recall->pool));
    free(TAKE(recall->items));
    free(TAKE(recall->slots));
    recall->n = recall->n_slots = recall->n_used = 0;
}

void recall_fini(struct recall *recall)
{
    forget(recall);
    *recall = (struct recall){ .pool = NULL };
}

static size_t waste_of(const struct document *pool, size_t n_used)
{
    return pool->arena.used > n_used ? pool->arena.used - n_used : 0;
}

bool recall_starts_anew(struct recall *recall)
{
    if (recall->pool && waste_of(recall->pool, recall->n_used) > WASTE_BYTES + recall->n_used / 2)
        forget(recall);
    return !recall->pool;
}

const struct recalled *recall_find(const struct recall *recall, uint64_t bytes)
{
    size_t mask = recall->n_slots - 1;

    for (size_t i = bytes & mask; recall->n_slots > 0 && recall->slots[i]; i = (i + 1) & mask) {
        const struct recalled *item = &recall->items[recall->slots[i] - 1];

        if (item->bytes == bytes)
            return item;
    }
    return NULL;
}

const struct recalled *recall_match(const struct recall *recall, size_t number, struct slice text)
{
    const struct recalled *item = number < recall->n ? &recall->items[number] : NULL;

    if (!item || item->n_bytes > text.len ||
        item->bytes != fingerprint_of(slice_sub(text, 0, item->n_bytes)))
        return NULL;
    return item;
}

/* At most half full, so that a search ends soon. */
static void make_slots(struct recall *recall)
{
    recall->n_slots = (size_t)2 * RECALL_LEAST;
    while (recall->n_slots < 2 * recall->n)
        recall->n_slots *= 2;
    recall->slots = memory_alloc(recall->n_slots * sizeof(*recall->slots));
    for (size_t k = 0; k < recall->n; k++) {
        size_t i = recall->items[k].bytes & (recall->n_slots - 1);

        while (recall->slots[i])
            i = (i + 1) & (recall->n_slots - 1);
        recall->slots[i] = (uint32_t)(k + 1);
    }
}

static struct recalled *by_number(struct recalled *items, size_t n)
{
    struct recalled *sorted = memory_alloc(n * sizeof(*sorted));

    for (size_t i = 0; i < n; i++)
        sorted[items[i].number] = items[i];
    free(items);
    return sorted;
}

bool recall_shares(const struct recall *recall, const struct document *pool, size_t n)
{
    return pool == recall->pool || n >= RECALL_LEAST;
}

void recall_replace(struct recall *recall, struct document *pool, struct recalled *items, size_t n)
{
    size_t n_used = 0;

    for (size_t i = 0; i < n; i++)
        n_used += items[i].size;
    document_ref(pool);
    recall->is_moved |= recall->is_pooled && pool != recall->pool;
    recall->is_pooled = recall_shares(recall, pool, n);
    recall->is_wasteful = recall->is_pooled && waste_of(pool, n_used) > MOST_WASTE_BYTES + n_used;
    forget(recall);
    if (n < RECALL_LEAST || recall->is_wasteful) {
        free(items);
        document_unref(pool);
        return;
    }
    recall->pool = pool;
    recall->items = by_number(items, n);
    recall->n = n;
    recall->n_used = n_used;
    make_slots(recall);
}
