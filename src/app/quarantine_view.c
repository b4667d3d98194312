/* SPDX-License-Identifier: MIT */
/* Answers without what is banned. */
#include "quarantine_view.h"

#include <stdlib.h>

#include "base/memory.h"

/* An answer that is put together of newer and older ones keeps those: this many, then what would
 * need one more is left out. */
#define MAX_AGES 8

static bool is_too_old(const struct document *doc)
{
    size_t n = 0;

    for (; doc && n < MAX_AGES; n++)
        doc = doc->sources[1] ? doc->sources[1] : doc->sources[0];
    return n == MAX_AGES;
}

/* An answer in the making. */
struct cut {
    struct arena arena;
    struct document *latest, *old;
    struct elements latest_elements, old_elements;
    size_t n_full; /* see struct accepted */
    const void **objects;
    size_t n, n_out; /* in it; left out without anything in their place */
    bool is_changed; /* something is not as in the latest */
    bool needs_old;
};

static void cut_init(struct cut *cut, struct document *latest, struct document *old)
{
    *cut = (struct cut){ .arena = ARENA_EMPTY, .latest = latest, .old = old };
    cut->latest_elements = elements_of(latest, &cut->arena);
    cut->old_elements = elements_of(old, &cut->arena);
    cut->objects =
        ARENA_ARRAY(&cut->arena, cut->latest_elements.n + cut->old_elements.n + 1, const void *);
}

/* What stands in the place of an element that is out. */
static void cut_leave_out(struct cut *cut, const struct element *element)
{
    const struct element *before = NULL;

    cut->is_changed = true;
    if (!elements_are_instances(cut->latest) && cut->old && !is_too_old(cut->old))
        before = elements_find(&cut->old_elements, element->identity);
    if (!before) {
        cut->n_out++;
        return;
    }
    cut->objects[cut->n++] = before->object;
    cut->needs_old = true;
}

static void cut_take(struct cut *cut, const struct quarantine *quarantine, const struct dep *dep)
{
    for (size_t i = 0; i < cut->latest_elements.n; i++) {
        const struct element *element = &cut->latest_elements.items[i];
        struct input input = { .dep = dep, .element = *element };

        if (quarantine_is_out(quarantine, dep, &input))
            cut_leave_out(cut, element);
        else
            cut->objects[cut->n++] = element->object;
    }
}

/* The last accepted list, without what is gone. */
static struct document *cut_fall_back(struct cut *cut)
{
    cut->n = 0;
    for (size_t i = 0; i < cut->old_elements.n; i++) {
        const struct element *element = &cut->old_elements.items[i];

        if (elements_find(&cut->latest_elements, element->identity))
            cut->objects[cut->n++] = element->object;
    }
    if (cut->n == 0 || cut->n == cut->old_elements.n)
        return document_ref(cut->old);
    return elements_join(cut->old, NULL, cut->objects, cut->n);
}

/* Half of what ran before any of it was banned, as far as it is still there. */
static bool is_too_much_out(const struct cut *cut)
{
    size_t n_full = cut->n_full < cut->latest_elements.n ? cut->n_full : cut->latest_elements.n;

    return cut->n_out > 0 && cut->old_elements.n > 0 && (cut->n == 0 || 2 * cut->n < n_full);
}

static struct document *cut_finish(struct cut *cut)
{
    if (!cut->is_changed)
        return document_ref(cut->latest);
    if (is_too_much_out(cut))
        return cut_fall_back(cut);
    return elements_join(cut->latest, cut->needs_old ? cut->old : NULL, cut->objects, cut->n);
}

/* The answer with what is out replaced or left out. */
static struct document *make_shown(const struct quarantine *quarantine, const struct dep *dep,
                                   struct document *latest)
{
    const struct accepted *accepted = quarantine_find_accepted(quarantine, dep);
    struct document *old = accepted ? accepted->doc : NULL, *shown;
    struct cut cut;

    if (!elements_are_listed(latest)) {
        struct input input = { .dep = dep,
                               .is_whole = true,
                               .element.content = latest ? latest->content_hash : 0 };

        if (accepted && quarantine_is_out(quarantine, dep, &input))
            latest = old;
        return latest ? document_ref(latest) : NULL;
    }
    cut_init(&cut, latest, elements_are_listed(old) ? old : NULL);
    cut.n_full = accepted ? accepted->n_full : 0;
    cut_take(&cut, quarantine, dep);
    shown = cut_finish(&cut);
    arena_fini(&cut.arena);
    return shown;
}

static void view_clear(struct view *view)
{
    document_unref(view->latest);
    document_unref(view->shown);
    view->latest = view->shown = NULL;
}

static void view_make(struct view *view, const struct quarantine *quarantine,
                      struct document *latest)
{
    struct document *shown = make_shown(quarantine, view->dep, latest);

    if (latest)
        document_ref(latest);
    view_clear(view);
    view->latest = latest;
    view->shown = shown;
    view->generation = quarantine->generation;
}

bool quarantine_show(struct quarantine *quarantine, const struct dep *dep,
                     struct document **ret_doc)
{
    struct view *view;

    if (!store_find_document(quarantine->store, dep, ret_doc))
        return false;
    if (!quarantine_has_banned(quarantine, dep))
        return true;
    if (quarantine->shows_trial)
        search_find_document(quarantine->search, dep, ret_doc);
    view = map_find(&quarantine->views, dep->key);
    if (!view) {
        view = NEW(struct view);
        view->dep = dep_copy(dep);
        view_make(view, quarantine, *ret_doc);
        map_put(&quarantine->views, view->dep->key, view);
    } else if (view->generation != quarantine->generation || view->latest != *ret_doc) {
        view_make(view, quarantine, *ret_doc);
    }
    *ret_doc = view->shown;
    return true;
}

void quarantine_forget_views(struct quarantine *quarantine)
{
    struct view *view;

    for (size_t i = 0; (view = map_next(&quarantine->views, &i)) != NULL;) {
        view_clear(view);
        dep_free(view->dep);
        free(view);
    }
    map_fini(&quarantine->views);
    quarantine->views = MAP_EMPTY;
}

bool quarantine_goes_too_far(struct quarantine *quarantine, const struct dep *dep)
{
    struct document *latest, *shown;

    if (quarantine->is_fresh || quarantine_find_accepted(quarantine, dep) ||
        !store_find_document(quarantine->store, dep, &latest) || !elements_are_listed(latest) ||
        !quarantine_show(quarantine, dep, &shown))
        return false;
    return 2 * shown->root.list.n < latest->root.list.n;
}
