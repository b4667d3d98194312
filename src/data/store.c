/* SPDX-License-Identifier: MIT */
/* The latest answer to every question asked so far. */
#include "data/store.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"

struct entry {
    struct dep *dep;
    struct document *doc; /* NULL: the thing does not exist */
};

struct store {
    struct map entries; /* by the dep's key */
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
    free(store);
}

static bool is_same(const struct document *a, const struct document *b)
{
    return a == b || (a && b && a->content_hash == b->content_hash);
}

bool store_put(struct store *store, const struct dep *dep, struct document *doc)
{
    struct entry *entry = map_find(&store->entries, dep->key);

    if (!entry) {
        entry = NEW(struct entry);
        entry->dep = dep_copy(dep);
        entry->doc = doc;
        map_put(&store->entries, entry->dep->key, entry);
        return true;
    }

    bool is_new = !is_same(entry->doc, doc);

    /* The newer one even so: what the hash leaves out (a check's output) is fresher there. */
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
        if (dep_set_has(wanted, entry->dep->key))
            map_put(&kept, entry->dep->key, entry);
        else
            entry_free(entry);
    }
    map_fini(&store->entries);
    store->entries = kept;
}

static enum answer on_get(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    return store_get(ctx, dep, ret_value);
}

static uint64_t on_get_version(void *ctx, const struct dep *dep)
{
    struct document *doc;

    return store_find_document(ctx, dep, &doc) ? document_version(doc) : ANSWER_VERSION_PENDING;
}

struct answer_source store_answers(struct store *store)
{
    return (struct answer_source){ on_get, store, on_get_version };
}
