/* SPDX-License-Identifier: MIT */
/* The search for inputs that are refused, among those that have changed. */
#include <stdlib.h>

#include "base/memory.h"
#include "quarantine_view.h"

static void search_free(struct search *search)
{
    if (!search)
        return;
    for (size_t i = 0; i < search->n_docs; i++)
        document_unref(search->docs[i]);
    free(search->docs);
    free(search->inputs);
    free(search->questions);
    dep_set_fini(&search->deps);
    suspects_fini(&search->suspects);
    arena_fini(&search->arena);
    free(search);
}

/* What an element of the search refers to must live as long. */
static const struct dep *search_keep(struct search *search, const struct dep *dep,
                                     struct document *doc)
{
    GROW(search->docs, search->n_docs, search->cap_docs);
    search->docs[search->n_docs++] = doc ? document_ref(doc) : NULL;
    return dep_set_add(&search->deps, dep);
}

static void search_add(struct search *search, const struct input *input)
{
    if (search->n == search->cap) {
        search->cap = search->cap ? search->cap * 2 : 16;
        search->inputs = memory_resize_array(search->inputs, search->cap, sizeof(*search->inputs));
        search->questions =
            memory_resize_array(search->questions, search->cap, sizeof(*search->questions));
    }
    search->inputs[search->n] = *input;
    search->questions[search->n++] = search->n_docs - 1;
}

static void search_add_list(struct search *search, const struct quarantine *quarantine,
                            const struct dep *dep, struct document *latest, struct document *old)
{
    struct elements olds = elements_of(old, &search->arena);
    struct elements news = elements_of(latest, &search->arena);

    for (size_t i = 0; i < news.n; i++) {
        struct input input = { .dep = dep, .element = news.items[i] };

        if (!elements_have(&olds, &news.items[i]) && !quarantine_is_out(quarantine, dep, &input))
            search_add(search, &input);
    }
}

/* What has changed of one answer. One that is no list has no element to leave out: it needs an
 * accepted one to go back to. */
static void search_add_question(struct search *search, const struct quarantine *quarantine,
                                const struct dep *dep)
{
    const struct accepted *accepted = quarantine_find_accepted(quarantine, dep);
    struct document *latest, *old = accepted ? accepted->doc : NULL;
    struct input input = { .is_whole = true };

    if (!store_find_document(quarantine->store, dep, &latest) || latest == old)
        return;
    if (elements_are_listed(latest)) {
        dep = search_keep(search, dep, latest);
        search_add_list(search, quarantine, dep, latest, elements_are_listed(old) ? old : NULL);
        return;
    }
    if (!accepted || (latest && old && latest->content_hash == old->content_hash))
        return;
    input.element.content = latest ? latest->content_hash : 0;
    if (quarantine_is_out(quarantine, dep, &input))
        return;
    input.dep = search_keep(search, dep, latest);
    search_add(search, &input);
}

bool quarantine_begin_search(struct quarantine *quarantine, const struct dep_set *asked,
                             size_t max_trials)
{
    struct search *search = NEW(struct search);
    const struct dep *dep;

    quarantine_stop_search(quarantine);
    quarantine_lift(quarantine, NULL);
    for (size_t i = 0; quarantine->is_on && (dep = dep_set_next(asked, &i)) != NULL;)
        search_add_question(search, quarantine, dep);
    if (search->n == 0) {
        search_free(search);
        return false;
    }
    suspects_init(&search->suspects, search->questions, search->n, max_trials);
    quarantine->search = search;
    quarantine->generation++;
    return true;
}

bool quarantine_is_searching(const struct quarantine *quarantine)
{
    return quarantine->search && suspects_next(&quarantine->search->suspects);
}

void quarantine_show_trial(struct quarantine *quarantine, bool shows_trial)
{
    quarantine->shows_trial = shows_trial;
    quarantine->generation++;
}

void quarantine_judge_trial(struct quarantine *quarantine, bool is_accepted)
{
    suspects_judge(&quarantine->search->suspects, is_accepted);
    quarantine->generation++;
}

void quarantine_cut_search(struct quarantine *quarantine)
{
    if (quarantine->search)
        suspects_stop(&quarantine->search->suspects);
    quarantine->generation++;
}

void quarantine_stop_search(struct quarantine *quarantine)
{
    search_free(quarantine->search);
    quarantine->search = NULL;
    quarantine_show_trial(quarantine, false);
}

static bool ban_guilty(struct quarantine *quarantine, const struct search *search,
                       const void *owner, const char *why)
{
    size_t n_before = quarantine->n_bans;

    for (size_t i = 0; i < search->n; i++) {
        const struct input *input = &search->inputs[i];

        if (!search->suspects.is_cleared[i])
            quarantine_ban(quarantine, input->dep, search->docs[search->questions[i]], input, owner,
                           why);
    }
    if (quarantine_take_back(quarantine, n_before))
        return false;
    quarantine_log_bans(quarantine, n_before);
    return true;
}

enum quarantine_verdict quarantine_end_search(struct quarantine *quarantine, const void *owner,
                                              const char *why)
{
    struct search *search = quarantine->search;
    enum quarantine_verdict verdict = QUARANTINE_NO_CULPRIT;

    quarantine->search = NULL;
    quarantine_show_trial(quarantine, false);
    switch (search->suspects.outcome) {
    case SUSPECTS_NOT_REPEATED: verdict = QUARANTINE_NOT_REPEATED; break;
    case SUSPECTS_FOUND:
        if (ban_guilty(quarantine, search, owner, why))
            verdict = QUARANTINE_FOUND;
        break;
    case SUSPECTS_SEARCHING:
    case SUSPECTS_NOT_AMONG: break;
    }
    search_free(search);
    return verdict;
}
