/* SPDX-License-Identifier: MIT */
/* The latest answer to every question asked so far. */
#include "data/store.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"

struct entry {
    struct dep *dep;
    struct document *doc; /* NULL: the thing does not exist */
    uint64_t put_at;      /* by the clock */
};

struct store {
    struct map entries; /* by the dep's key */
    uint64_t clock;
    struct dep *recent[STORE_RECENT]; /* what was put at that clock, modulo their number */
};

struct store *store_new(void)
{
    return NEW(struct store);
}

static void entry_free(struct entry *entry)
{
    dep_free(entry->dep);
    document_unref(entry->doc);
    free(entry);
}

void store_free(struct store *store)
{
    struct entry *entry;

    if (!store)
        return;
    for (size_t i = 0; (entry = map_next(&store->entries, &i)) != NULL;)
        entry_free(entry);
    map_fini(&store->entries);
    for (size_t i = 0; i < STORE_RECENT; i++)
        dep_free(store->recent[i]);
    free(store);
}

static bool is_same(const struct document *a, const struct document *b)
{
    return a == b || (a && b && a->content_hash == b->content_hash);
}

static void store_note_change(struct store *store, struct entry *entry)
{
    struct dep **recent = &store->recent[++store->clock % STORE_RECENT];

    entry->put_at = store->clock;
    dep_free(*recent);
    *recent = dep_copy(entry->dep);
}

bool store_put(struct store *store, const struct dep *dep, struct document *doc)
{
    struct entry *entry = map_find(&store->entries, dep->key);

    if (!entry) {
        entry = NEW(struct entry);
        entry->dep = dep_copy(dep);
        entry->doc = doc;
        map_put(&store->entries, entry->dep->key, entry);
        store_note_change(store, entry);
        return true;
    }

    bool is_new = !is_same(entry->doc, doc);

    /* The newer one even so: what the hash leaves out (a check's output) is fresher there. */
    if (entry->doc != doc)
        store_note_change(store, entry);
    document_unref(entry->doc);
    entry->doc = doc;
    return is_new;
}

enum answer store_get(const struct store *store, const struct dep *dep,
                      const struct value **ret_value)
{
    const struct entry *entry = map_find(&store->entries, dep->key);

    if (!entry)
        return ANSWER_PENDING;
    if (!entry->doc)
        return ANSWER_ABSENT;
    *ret_value = &entry->doc->root;
    return ANSWER_READY;
}

bool store_find_document(const struct store *store, const struct dep *dep,
                         struct document **ret_doc)
{
    const struct entry *entry = map_find(&store->entries, dep->key);

    if (entry)
        *ret_doc = entry->doc;
    return entry != NULL;
}

struct document *store_find(const struct store *store, const struct dep *dep)
{
    struct document *doc = NULL;

    store_find_document(store, dep, &doc);
    return doc;
}

void store_keep_only(struct store *store, const struct dep_set *wanted)
{
    struct map kept = MAP_EMPTY;
    struct entry *entry;

    for (size_t i = 0; (entry = map_next(&store->entries, &i)) != NULL;) {
        if (dep_set_has(wanted, entry->dep->key)) {
            map_put(&kept, entry->dep->key, entry);
        } else {
            store_note_change(store, entry);
            entry_free(entry);
        }
    }
    map_fini(&store->entries);
    store->entries = kept;
}

static enum answer on_get(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    return store_get(ctx, dep, ret_value);
}

uint64_t store_clock(const struct store *store)
{
    return store->clock;
}

bool store_has_changed(const struct store *store, const struct dep *dep, uint64_t since)
{
    const struct entry *entry;

    if (store->clock - since > STORE_RECENT) {
        entry = map_find(&store->entries, dep->key);
        return !entry || entry->put_at > since;
    }
    for (uint64_t at = since + 1; at <= store->clock; at++) {
        if (slice_equal(store->recent[at % STORE_RECENT]->key, dep->key))
            return true;
    }
    return false;
}

bool store_list_changes(const struct store *store, uint64_t since,
                        const struct dep *ret_deps[STORE_RECENT], size_t *ret_n)
{
    if (store->clock - since > STORE_RECENT)
        return false;
    *ret_n = 0;
    for (uint64_t at = since + 1; at <= store->clock; at++)
        ret_deps[(*ret_n)++] = store->recent[at % STORE_RECENT];
    return true;
}

static uint64_t on_get_clock(void *ctx)
{
    return store_clock(ctx);
}

static bool on_may_have_changed(void *ctx, const struct dep *dep, uint64_t since)
{
    return store_has_changed(ctx, dep, since);
}

struct answer_source store_answers(struct store *store)
{
    return (struct answer_source){ on_get, store, on_get_clock, on_may_have_changed };
}
