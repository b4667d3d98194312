/* SPDX-License-Identifier: MIT */
/* What templates are shown of what Consul says. */
#include "data/belief.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "data/catalog.h"

struct conviction {
    struct dep *dep;
    struct document *shown;  /* the last one that was believed as a whole */
    struct document *latest; /* what Consul says instead; NULL unless held */
    uint64_t since_ms, changed_ms;
};

struct belief {
    struct map convictions; /* by the dep's key; of lists of instances */
    uint64_t settle_ms;
    size_t n_held;
};

/* --- Lists of instances --------------------------------------------------------------------- */

struct instances {
    const struct service_instance *const *items; /* sorted by node and ID */
    size_t n;
};

static bool is_instance_list(const struct document *doc)
{
    return doc && doc->root.type == &type_service_instance_list;
}

static struct instances instances_of(const struct document *doc)
{
    return (struct instances){ doc->root.list.items, doc->root.list.n };
}

static int compare_instances(const struct service_instance *a, const struct service_instance *b)
{
    int order = slice_compare(a->node, b->node);

    return order ? order : slice_compare(a->id, b->id);
}

/* All of `latest`, and of `old` what is missing there, in order. ret_items may be NULL. Returns how
 * many; ret_n_held: of them from `old`. */
static size_t merge(struct instances old, struct instances latest,
                    const struct service_instance **ret_items, size_t *ret_n_held)
{
    size_t n = 0, n_held = 0, i = 0;

    for (size_t k = 0; i < old.n || k < latest.n; n++) {
        int order = i == old.n      ? 1
                    : k == latest.n ? -1
                                    : compare_instances(old.items[i], latest.items[k]);
        const struct service_instance *next = order < 0 ? old.items[i] : latest.items[k];

        n_held += order < 0;
        i += order <= 0;
        k += order >= 0;
        if (ret_items)
            ret_items[n] = next;
    }
    *ret_n_held = n_held;
    return n;
}

static size_t count_missing(const struct document *shown, const struct document *latest)
{
    size_t n_held;

    merge(instances_of(shown), instances_of(latest), NULL, &n_held);
    return n_held;
}

/* Its instances stay in the documents that they come from. */
static struct document *make_merged(struct document *shown, struct document *latest)
{
    struct document *doc = document_new();
    struct instances old = instances_of(shown), new = instances_of(latest);
    const struct service_instance **items =
        ARENA_ARRAY(&doc->arena, old.n + new.n, const struct service_instance *);
    uint64_t hashes[] = { shown->content_hash, latest->content_hash };
    size_t n_held, n = merge(old, new, items, &n_held);

    doc->root = value_list(&type_service_instance_list, latest->root.list.storage, items, n);
    doc->content_hash = slice_hash(slice_of((const char *)hashes, sizeof(hashes)));
    doc->sources[0] = document_ref(shown);
    doc->sources[1] = document_ref(latest);
    return doc;
}

/* --- One question --------------------------------------------------------------------------- */

static void conviction_free(struct belief *belief, struct conviction *conviction)
{
    belief->n_held -= conviction->latest != NULL;
    document_unref(conviction->latest);
    document_unref(conviction->shown);
    dep_free(conviction->dep);
    free(conviction);
}

static struct conviction *conviction_of(struct belief *belief, const struct dep *dep)
{
    struct conviction *conviction = map_find(&belief->convictions, dep->key);

    if (conviction)
        return conviction;
    conviction = NEW(struct conviction);
    conviction->dep = dep_copy(dep);
    map_put(&belief->convictions, conviction->dep->key, conviction);
    return conviction;
}

static void set_latest(struct belief *belief, struct conviction *conviction, struct document *doc)
{
    belief->n_held += (doc != NULL) - (size_t)(conviction->latest != NULL);
    document_unref(conviction->latest);
    conviction->latest = doc;
}

static uint64_t conviction_due_ms(const struct belief *belief, const struct conviction *conviction)
{
    uint64_t due = conviction->changed_ms + belief->settle_ms;
    uint64_t last = conviction->since_ms + SETTLE_MAX_MS;

    return due < last ? due : last;
}

/* --- All of them ---------------------------------------------------------------------------- */

struct document *belief_take(struct belief *belief, const struct dep *dep, struct document *doc,
                             bool is_doubtful, uint64_t now_ms, size_t *ret_n_held)
{
    *ret_n_held = 0;
    if (!is_instance_list(doc))
        return doc;

    struct conviction *conviction = conviction_of(belief, dep);
    bool was_held = conviction->latest != NULL;
    bool may_hold = conviction->shown && belief->settle_ms > 0 && (is_doubtful || was_held);

    if (may_hold)
        *ret_n_held = count_missing(conviction->shown, doc);
    if (*ret_n_held == 0) {
        set_latest(belief, conviction, NULL);
        document_unref(conviction->shown);
        conviction->shown = document_ref(doc);
        return doc;
    }
    if (!was_held)
        conviction->since_ms = now_ms;
    conviction->changed_ms = now_ms;
    set_latest(belief, conviction, doc);
    return make_merged(conviction->shown, doc);
}

uint64_t belief_due_ms(const struct belief *belief)
{
    const struct conviction *conviction;
    uint64_t first = UINT64_MAX;

    if (belief->n_held == 0)
        return first;
    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (conviction->latest && conviction_due_ms(belief, conviction) < first)
            first = conviction_due_ms(belief, conviction);
    }
    return first;
}

bool belief_settle(struct belief *belief, uint64_t now_ms, belief_answered_fn is_answered,
                   void *ctx, const struct dep **ret_dep, struct document **ret_doc)
{
    struct conviction *conviction;

    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (!conviction->latest || conviction_due_ms(belief, conviction) > now_ms)
            continue;
        if (!is_answered(ctx, conviction->dep)) {
            conviction->since_ms = conviction->changed_ms = now_ms;
            continue;
        }
        document_unref(conviction->shown);
        conviction->shown = document_ref(conviction->latest);
        set_latest(belief, conviction, NULL);
        *ret_dep = conviction->dep;
        *ret_doc = document_ref(conviction->shown);
        return true;
    }
    return false;
}

void belief_keep_only(struct belief *belief, const struct dep_set *wanted)
{
    struct map kept = MAP_EMPTY;
    struct conviction *conviction;

    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;) {
        if (dep_set_has(wanted, conviction->dep->key))
            map_put(&kept, conviction->dep->key, conviction);
        else
            conviction_free(belief, conviction);
    }
    map_fini(&belief->convictions);
    belief->convictions = kept;
}

void belief_set_settle(struct belief *belief, uint64_t settle_ms)
{
    belief->settle_ms = settle_ms;
}

struct belief *belief_new(uint64_t settle_ms)
{
    struct belief *belief = NEW(struct belief);

    belief->settle_ms = settle_ms;
    return belief;
}

void belief_free(struct belief *belief)
{
    struct conviction *conviction;

    if (!belief)
        return;
    for (size_t i = 0; (conviction = map_next(&belief->convictions, &i)) != NULL;)
        conviction_free(belief, conviction);
    map_fini(&belief->convictions);
    free(belief);
}
