/* SPDX-License-Identifier: MIT */
/* What is banned, and what was accepted. */
#include "quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "quarantine_view.h"

/* --- Bans ----------------------------------------------------------------------------------- */

static bool is_same_input(const struct input *a, const struct input *b)
{
    return a->is_whole == b->is_whole && a->element.identity == b->element.identity &&
           a->element.content == b->element.content;
}

static struct ban *find_ban(const struct quarantine *quarantine, const struct dep *dep,
                            const struct input *input)
{
    for (size_t i = 0; i < quarantine->n_bans; i++) {
        struct ban *ban = &quarantine->bans[i];

        if (is_same_input(&ban->input, input) && slice_equal(ban->dep->key, dep->key))
            return ban;
    }
    return NULL;
}

static void ban_fini(struct ban *ban)
{
    dep_free(ban->dep);
    free(ban->what);
    free(ban->why);
}

static void describe_input(const struct document *doc, const struct input *input, struct buf *out)
{
    if (input->is_whole)
        buf_add_string(out, "the answer");
    else
        element_describe(doc, input->element.object, out);
}

void quarantine_ban(struct quarantine *quarantine, const struct dep *dep,
                    const struct document *doc, const struct input *input, const void *owner,
                    const char *why)
{
    CLEANUP(buf_fini) struct buf what = BUF_EMPTY;
    struct ban *ban;

    if (find_ban(quarantine, dep, input))
        return;
    describe_input(doc, input, &what);
    GROW(quarantine->bans, quarantine->n_bans, quarantine->cap_bans);
    ban = &quarantine->bans[quarantine->n_bans++];
    *ban = (struct ban){ .dep = dep_copy(dep),
                         .input = *input,
                         .owner = owner,
                         .what = memory_copy_string(what.ptr),
                         .why = memory_copy_string(why) };
    ban->input.dep = ban->dep;
    ban->input.element.object = NULL; /* it need not live as long */
    quarantine->generation++;
}

static void log_ban(const struct quarantine *quarantine, const struct ban *ban, bool is_out)
{
    struct log_about about = { .event = is_out ? LOG_EVENT_QUARANTINED : LOG_EVENT_CURED,
                               .group = quarantine->name };

    if (is_out)
        log_about(LOG_LEVEL_ERR, &about, "'%s': %.*s: %s is left out: %s", quarantine->name,
                  SLICE_ARG(ban->dep->key), ban->what, ban->why);
    else
        log_about(LOG_LEVEL_INFO, &about, "'%s': %.*s: %s is no longer left out", quarantine->name,
                  SLICE_ARG(ban->dep->key), ban->what);
}

#define BANS_NAMED 10 /* at a time; a whole rack may be wrong */

void quarantine_log_bans(const struct quarantine *quarantine, size_t from)
{
    for (size_t i = from; i < quarantine->n_bans && i < from + BANS_NAMED; i++)
        log_ban(quarantine, &quarantine->bans[i], true);
    if (quarantine->n_bans > from + BANS_NAMED)
        log_err("'%s': %zu more are left out", quarantine->name,
                quarantine->n_bans - from - BANS_NAMED);
}

static void drop_ban(struct quarantine *quarantine, size_t i)
{
    ban_fini(&quarantine->bans[i]);
    quarantine->n_bans--;
    memmove(&quarantine->bans[i], &quarantine->bans[i + 1],
            (quarantine->n_bans - i) * sizeof(*quarantine->bans));
    quarantine->generation++;
}

size_t quarantine_count(const struct quarantine *quarantine)
{
    return quarantine->n_bans;
}

size_t quarantine_count_of(const struct quarantine *quarantine, const void *owner)
{
    size_t n = 0;

    for (size_t i = 0; i < quarantine->n_bans; i++)
        n += quarantine->bans[i].owner == owner;
    return n;
}

bool quarantine_is_on(const struct quarantine *quarantine)
{
    return quarantine->is_on;
}

void quarantine_lift(struct quarantine *quarantine, const void *owner)
{
    if (quarantine->lifted != owner)
        quarantine->generation++;
    quarantine->lifted = owner;
}

bool quarantine_release(struct quarantine *quarantine, const void *owner)
{
    size_t n_before = quarantine->n_bans;

    for (size_t i = quarantine->n_bans; i-- > 0;) {
        if (quarantine->bans[i].owner != owner)
            continue;
        log_ban(quarantine, &quarantine->bans[i], false);
        drop_ban(quarantine, i);
    }
    quarantine_lift(quarantine, NULL);
    return quarantine->n_bans != n_before;
}

/* --- What is shown -------------------------------------------------------------------------- */

static size_t search_find(const struct search *search, const struct dep *dep,
                          const struct input *input)
{
    size_t i = 0;

    while (i < search->n && !(is_same_input(&search->inputs[i], input) &&
                              slice_equal(search->inputs[i].dep->key, dep->key)))
        i++;
    return i;
}

bool search_find_document(const struct search *search, const struct dep *dep,
                          struct document **ret_doc)
{
    for (size_t i = 0; i < search->n; i++) {
        if (!slice_equal(search->inputs[i].dep->key, dep->key))
            continue;
        *ret_doc = search->docs[search->questions[i]];
        return true;
    }
    return false;
}

bool quarantine_has_banned(const struct quarantine *quarantine, const struct dep *dep)
{
    struct document *doc;

    for (size_t i = 0; i < quarantine->n_bans; i++) {
        if (slice_equal(quarantine->bans[i].dep->key, dep->key))
            return true;
    }
    return quarantine->shows_trial && search_find_document(quarantine->search, dep, &doc);
}

bool quarantine_is_out(const struct quarantine *quarantine, const struct dep *dep,
                       const struct input *input)
{
    const struct ban *ban = find_ban(quarantine, dep, input);

    if (ban && (!quarantine->lifted || ban->owner != quarantine->lifted))
        return true;
    if (!quarantine->shows_trial)
        return false;

    const bool *is_tried = suspects_next(&quarantine->search->suspects);
    size_t i = search_find(quarantine->search, dep, input);

    return is_tried && i < quarantine->search->n && !is_tried[i];
}

static enum answer on_get(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    struct document *doc;

    if (!quarantine_show(ctx, dep, &doc))
        return ANSWER_PENDING;
    if (!doc)
        return ANSWER_ABSENT;
    *ret_value = &doc->root;
    return ANSWER_READY;
}

static uint64_t on_get_clock(void *ctx)
{
    const struct quarantine *quarantine = ctx;

    return store_clock(quarantine->store);
}

/* What is shown without something that is banned changes with the bans. */
static bool on_may_have_changed(void *ctx, const struct dep *dep, uint64_t since)
{
    const struct quarantine *quarantine = ctx;

    return quarantine_has_banned(quarantine, dep) ||
           store_has_changed(quarantine->store, dep, since);
}

struct answer_source quarantine_answers(struct quarantine *quarantine)
{
    return (struct answer_source){ on_get, quarantine, on_get_clock, on_may_have_changed };
}

/* --- Blame ---------------------------------------------------------------------------------- */

static void blame_elements(struct quarantine *quarantine, const struct dep *dep,
                           struct document *doc, struct slice text, const void *owner,
                           const char *why)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct elements elements = elements_of(doc, &arena);

    for (size_t i = 0; i < elements.n; i++) {
        struct input input = { .dep = dep, .element = elements.items[i] };

        if (element_holds(doc, elements.items[i].object, text))
            quarantine_ban(quarantine, dep, doc, &input, owner, why);
    }
}

bool quarantine_take_back(struct quarantine *quarantine, size_t n_before)
{
    bool is_too_far = false;

    for (size_t i = n_before; i < quarantine->n_bans && !is_too_far; i++)
        is_too_far = quarantine_goes_too_far(quarantine, quarantine->bans[i].dep);
    while (is_too_far && quarantine->n_bans > n_before)
        drop_ban(quarantine, quarantine->n_bans - 1);
    return is_too_far;
}

bool quarantine_blame(struct quarantine *quarantine, const struct dep_set *asked, struct slice text,
                      const void *owner, const char *why)
{
    size_t n_before = quarantine->n_bans;
    const struct dep *dep;
    struct document *doc;

    for (size_t i = 0;
         quarantine->is_on && text.len > 0 && (dep = dep_set_next(asked, &i)) != NULL;) {
        if (store_find_document(quarantine->store, dep, &doc))
            blame_elements(quarantine, dep, doc, text, owner, why);
    }
    quarantine_lift(quarantine, NULL);
    if (quarantine->n_bans == n_before || quarantine_take_back(quarantine, n_before))
        return false;
    quarantine_log_bans(quarantine, n_before);
    return true;
}

/* --- What was accepted ------------------------------------------------------------------------ */

static void accepted_free(struct accepted *accepted)
{
    document_unref(accepted->doc);
    dep_free(accepted->dep);
    free(accepted);
}

static void accepted_clear(struct map *map)
{
    struct accepted *accepted;

    for (size_t i = 0; (accepted = map_next(map, &i)) != NULL;)
        accepted_free(accepted);
    map_fini(map);
    *map = MAP_EMPTY;
}

const struct accepted *quarantine_find_accepted(const struct quarantine *quarantine,
                                                const struct dep *dep)
{
    return map_find(&quarantine->accepted.answers, dep->key);
}

/* A ban of what Consul does not say any more is over: what came in its place is another input. */
static bool is_current(const struct quarantine *quarantine, const struct ban *ban)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct document *doc;

    if (!store_find_document(quarantine->store, ban->dep, &doc))
        return false;
    if (ban->input.is_whole)
        return (doc ? doc->content_hash : 0) == ban->input.element.content;

    struct elements elements = elements_of(doc, &arena);

    return elements_have(&elements, &ban->input.element);
}

static void drop_old_bans(struct quarantine *quarantine)
{
    for (size_t i = quarantine->n_bans; i-- > 0;) {
        if (is_current(quarantine, &quarantine->bans[i]))
            continue;
        log_ban(quarantine, &quarantine->bans[i], false);
        drop_ban(quarantine, i);
    }
}

/* One ban after the other must not wear a service down. */
static size_t count_full(const struct quarantine *quarantine, const struct dep *dep,
                         const struct document *doc)
{
    const struct accepted *before = quarantine_find_accepted(quarantine, dep);
    size_t n = elements_are_listed(doc) ? doc->root.list.n : 0;

    return before && quarantine_has_banned(quarantine, dep) && before->n_full > n ? before->n_full
                                                                                  : n;
}

static void offer_answer(struct quarantine *quarantine, const struct dep *dep)
{
    struct accepted *entry;
    struct document *doc;

    if (!quarantine_show(quarantine, dep, &doc)) {
        quarantine->offered.is_whole = false;
        return;
    }
    entry = NEW(struct accepted);
    entry->dep = dep_copy(dep);
    entry->doc = doc ? document_ref(doc) : NULL;
    entry->n_full = count_full(quarantine, dep, doc);
    map_put(&quarantine->offered.answers, entry->dep->key, entry);
}

static void begin_offer(struct quarantine *quarantine, uint64_t questions)
{
    accepted_clear(&quarantine->offered.answers);
    quarantine->offered.clock = store_clock(quarantine->store);
    quarantine->offered.questions = questions;
    quarantine->offered.is_whole = quarantine->n_bans == 0 && !quarantine->shows_trial;
    quarantine->is_offer_part = false;
    quarantine->has_offer = true;
}

void quarantine_offer(struct quarantine *quarantine, const struct dep_set *asked,
                      uint64_t questions)
{
    const struct dep *dep;

    begin_offer(quarantine, questions);
    for (size_t i = 0; quarantine->is_on && (dep = dep_set_next(asked, &i)) != NULL;)
        offer_answer(quarantine, dep);
}

bool quarantine_offer_changes(struct quarantine *quarantine, uint64_t questions)
{
    const struct basis *accepted = &quarantine->accepted;
    const struct dep *deps[STORE_RECENT];
    size_t n;

    if (!accepted->is_whole || accepted->questions != questions || quarantine->n_bans > 0 ||
        quarantine->shows_trial ||
        !store_list_changes(quarantine->store, accepted->clock, deps, &n))
        return false;
    begin_offer(quarantine, questions);
    quarantine->is_offer_part = true;
    for (size_t i = 0; i < n; i++) {
        if (map_find(&accepted->answers, deps[i]->key) &&
            !map_find(&quarantine->offered.answers, deps[i]->key))
            offer_answer(quarantine, deps[i]);
    }
    return true;
}

bool quarantine_has_offer(const struct quarantine *quarantine)
{
    return quarantine->has_offer;
}

void quarantine_drop_offer(struct quarantine *quarantine)
{
    accepted_clear(&quarantine->offered.answers);
    quarantine->has_offer = false;
}

/* Completes the offer with what was accepted before. */
static void accept_part(struct quarantine *quarantine)
{
    struct map *whole = &quarantine->accepted.answers, *part = &quarantine->offered.answers;
    struct accepted *entry;

    for (size_t i = 0; (entry = map_next(part, &i)) != NULL;) {
        struct accepted *before = map_remove(whole, entry->dep->key);

        if (before)
            accepted_free(before);
        map_put(whole, entry->dep->key, entry);
    }
    map_fini(part);
    *part = *whole;
}

void quarantine_accept(struct quarantine *quarantine)
{
    if (!quarantine->has_offer)
        return;
    if (quarantine->is_offer_part)
        accept_part(quarantine);
    else
        accepted_clear(&quarantine->accepted.answers);
    quarantine->accepted = quarantine->offered;
    quarantine->offered.answers = MAP_EMPTY;
    quarantine->has_offer = quarantine->is_fresh = false;
    drop_old_bans(quarantine);
    quarantine->generation++;
    if (quarantine->n_bans == 0)
        quarantine_forget_views(quarantine);
}

void quarantine_set_fresh(struct quarantine *quarantine, bool is_fresh)
{
    quarantine->is_fresh = is_fresh;
}

/* --- Life ----------------------------------------------------------------------------------- */

struct quarantine *quarantine_new(const struct store *store, const char *name, bool is_on)
{
    struct quarantine *quarantine = NEW(struct quarantine);

    quarantine->store = store;
    quarantine->name = name;
    quarantine->is_on = is_on;
    return quarantine;
}

void quarantine_inherit(struct quarantine *quarantine, struct quarantine *earlier)
{
    accepted_clear(&quarantine->accepted.answers);
    quarantine->accepted.answers = earlier->accepted.answers;
    quarantine->accepted.is_whole = false; /* the questions may be others */
    earlier->accepted.answers = MAP_EMPTY;
}

void quarantine_free(struct quarantine *quarantine)
{
    if (!quarantine)
        return;
    quarantine_stop_search(quarantine);
    quarantine_forget_views(quarantine);
    accepted_clear(&quarantine->accepted.answers);
    accepted_clear(&quarantine->offered.answers);
    for (size_t i = 0; i < quarantine->n_bans; i++)
        ban_fini(&quarantine->bans[i]);
    free(quarantine->bans);
    free(quarantine);
}

/* --- For people ----------------------------------------------------------------------------- */

static void describe_ban(const struct quarantine *quarantine, const struct ban *ban,
                         struct buf *out)
{
    buf_printf(out, "left out of '%s': %s of %.*s (%s)", quarantine->name, ban->what,
               SLICE_ARG(ban->dep->key), ban->why);
}

void quarantine_describe(const struct quarantine *quarantine, struct buf *out)
{
    if (quarantine->n_bans == 0)
        return;
    buf_add_string(out, "; ");
    describe_ban(quarantine, quarantine->bans, out);
    if (quarantine->n_bans > 1)
        buf_printf(out, " and %zu more", quarantine->n_bans - 1);
}

void quarantine_add_status(const struct quarantine *quarantine, struct json_node *list)
{
    for (size_t i = 0; i < quarantine->n_bans; i++) {
        const struct ban *ban = &quarantine->bans[i];
        struct json_node *node = json_add_object(list, NULL);
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY, input = BUF_EMPTY;

        describe_ban(quarantine, ban, &text);
        buf_printf(&input, "%.*s: %s", SLICE_ARG(ban->dep->key), ban->what);
        json_add_string(node, "input", buf_slice(&input)); /* which no other one has */
        json_add_string(node, "group", slice_from(quarantine->name));
        json_add_string(node, "question", ban->dep->key);
        json_add_string(node, "what", slice_from(ban->what));
        json_add_string(node, "why", slice_from(ban->why));
        json_add_string(node, "text", buf_slice(&text));
    }
}
