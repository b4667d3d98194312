/* SPDX-License-Identifier: MIT */
/* Two answers to the question for a service's instances, one beside the other. */
#include "data/instances.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/catalog.h"
#include "data/document.h"

struct instances {
    const struct service_instance *const *items;
    size_t n;
};

static struct instances instances_of(const struct document *doc)
{
    static const struct service_instance *const nothing[1];

    if (!doc)
        return (struct instances){ nothing, 0 };
    return (struct instances){ doc->root.list.items, doc->root.list.n };
}

bool instances_are_listed(const struct document *doc)
{
    return doc && doc->root.type == &type_service_instance_list;
}

size_t instances_count_passing(const struct document *doc)
{
    struct instances all = instances_of(doc);
    size_t n = 0;

    for (size_t i = 0; i < all.n; i++)
        n += all.items[i]->status == INSTANCE_PASSING;
    return n;
}

static int compare_instances(const struct service_instance *a, const struct service_instance *b)
{
    int order = slice_compare(a->node, b->node);

    return order ? order : slice_compare(a->id, b->id);
}

static int compare_places(const void *a, const void *b)
{
    return compare_instances(*(const struct service_instance *const *)a,
                             *(const struct service_instance *const *)b);
}

static bool is_sorted(struct instances all)
{
    for (size_t i = 1; i < all.n; i++) {
        if (compare_instances(all.items[i - 1], all.items[i]) > 0)
            return false;
    }
    return true;
}

/* The same by node and ID; *ret_copy is for the caller to free. */
static struct instances sort(struct instances all, const struct service_instance ***ret_copy)
{
    *ret_copy = NULL;
    if (is_sorted(all))
        return all;
    *ret_copy = memory_resize_array(NULL, all.n, sizeof(**ret_copy));
    memcpy(*ret_copy, all.items, all.n * sizeof(**ret_copy));
    qsort(*ret_copy, all.n, sizeof(**ret_copy), compare_places);
    return (struct instances){ *ret_copy, all.n };
}

static const struct service_instance *find(struct instances sorted,
                                           const struct service_instance *like)
{
    const struct service_instance *const *place =
        sorted.n ? bsearch(&like, sorted.items, sorted.n, sizeof(*sorted.items), compare_places)
                 : NULL;

    return place ? *place : NULL;
}

static bool has_failed(const struct service_instance *old, const struct service_instance *latest)
{
    return old->status == INSTANCE_PASSING && latest->status != INSTANCE_PASSING &&
           latest->status != INSTANCE_MAINTENANCE;
}

size_t instances_count_missing(const struct document *old, const struct document *latest,
                               bool counts_failing)
{
    const struct service_instance **copy;
    struct instances olds = instances_of(old), news = sort(instances_of(latest), &copy);
    size_t n = 0;

    for (size_t i = 0; i < olds.n; i++) {
        const struct service_instance *now = find(news, olds.items[i]);

        n += !now || (counts_failing && has_failed(olds.items[i], now));
    }
    free(copy);
    return n;
}

/* What is new of an instance, as healthy as it was. */
static const struct service_instance *keep_health(struct arena *arena,
                                                  const struct service_instance *old,
                                                  const struct service_instance *latest)
{
    struct service_instance *kept = ARENA_NEW(arena, struct service_instance);

    *kept = *latest;
    kept->status = old->status;
    kept->status_name = old->status_name;
    kept->checks = old->checks;
    return kept;
}

/* `news` in their order, then what is missing; items has room for both. */
static size_t join(struct document *doc, struct instances olds, struct instances news,
                   bool keeps_failing, const struct service_instance **items)
{
    const struct service_instance **old_copy, **new_copy;
    struct instances old_sorted = sort(olds, &old_copy), new_sorted = sort(news, &new_copy);
    size_t n = 0;

    for (size_t i = 0; i < news.n; i++) {
        const struct service_instance *old = keeps_failing ? find(old_sorted, news.items[i]) : NULL;
        bool is_kept = old && has_failed(old, news.items[i]);

        items[n++] = is_kept ? keep_health(&doc->arena, old, news.items[i]) : news.items[i];
    }
    for (size_t i = 0; i < olds.n; i++) {
        if (!find(new_sorted, olds.items[i]))
            items[n++] = olds.items[i];
    }
    free(old_copy);
    free(new_copy);
    return n;
}

/* The instances stay in the documents that they come from. */
struct document *instances_join(struct document *old, struct document *latest, bool keeps_failing)
{
    struct document *doc = document_new();
    struct instances olds = instances_of(old), news = instances_of(latest);
    const struct service_instance **items =
        ARENA_ARRAY(&doc->arena, olds.n + news.n, const struct service_instance *);
    uint64_t hashes[] = { old->content_hash, latest->content_hash, keeps_failing };
    size_t n = join(doc, olds, news, keeps_failing, items);

    if (is_sorted(olds) && is_sorted(news) && n > 1)
        qsort(items, n, sizeof(*items), compare_places);
    doc->root = value_list(&type_service_instance_list, latest->root.list.storage, items, n);
    doc->content_hash = slice_hash(slice_of((const char *)hashes, sizeof(hashes)));
    doc->sources[0] = document_ref(old);
    doc->sources[1] = document_ref(latest);
    return doc;
}

void instances_compare(const struct document *old, const struct document *latest,
                       void (*on_instance)(void *ctx, const struct service_instance *before,
                                           const struct service_instance *after),
                       void *ctx)
{
    const struct service_instance **old_copy, **new_copy;
    struct instances olds = sort(instances_of(old), &old_copy);
    struct instances news = sort(instances_of(latest), &new_copy);

    for (size_t i = 0, k = 0; i < olds.n || k < news.n;) {
        int order = i == olds.n   ? 1
                    : k == news.n ? -1
                                  : compare_instances(olds.items[i], news.items[k]);

        on_instance(ctx, order <= 0 ? olds.items[i] : NULL, order >= 0 ? news.items[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    free(old_copy);
    free(new_copy);
}
