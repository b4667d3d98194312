/* SPDX-License-Identifier: MIT */
/* What the output of commands and checks must not carry into the log: values of the KV store. */
#include "base/log.h"
#include "base/redact.h"
#include "circle.h"
#include "data/catalog.h"
#include "data/elements.h"
#include "secret.h"

static bool is_public(const struct config *config, struct slice path)
{
    for (size_t i = 0; i < config->n_public_keys; i++) {
        struct slice key = slice_from(config->public_keys[i]);

        if (slice_equal(path, key) ||
            (slice_ends_with(key, SLICE("/")) && slice_starts_with(path, key)))
            return true;
    }
    return false;
}

static bool hide_pair(const struct config *config, const struct kv_pair *pair)
{
    return is_public(config, pair->path) || secret_hide(pair->value);
}

/* Both lists are sorted by path, as Consul has them. One that is not is hidden once more. */
static bool hide_changed_pairs(const struct config *config, const struct value *pairs,
                               const struct value *earlier)
{
    for (size_t i = 0, k = 0; i < pairs->list.n; i++) {
        const struct kv_pair *pair = value_list_get(pairs, i).object, *before = NULL;

        for (; earlier && k < earlier->list.n; k++) {
            before = value_list_get(earlier, k).object;
            if (slice_compare(before->path, pair->path) >= 0)
                break;
        }
        if (before && slice_equal(before->path, pair->path) &&
            slice_equal(before->value, pair->value))
            continue;
        if (!hide_pair(config, pair))
            return false;
    }
    return true;
}

/* What is not in the earlier answer, which may be NULL. False: there was no room for all of it. */
static bool hide_answer(const struct cycle *cycle, const struct dep *dep,
                        const struct document *earlier)
{
    const struct value *value;

    if (store_get(cycle->store, dep, &value) != ANSWER_READY)
        return true;
    if (dep->kind == DEP_KV_GET)
        return hide_pair(cycle->config, value->object);
    if (dep->kind == DEP_KV_LIST)
        return hide_changed_pairs(cycle->config, value,
                                  elements_are_listed(earlier) ? &earlier->root : NULL);
    return true;
}

static bool hide_answers(const struct cycle *cycle, const struct dep_set *asked)
{
    const struct dep *dep;
    bool is_hidden = true;

    for (size_t i = 0; (dep = dep_set_next(asked, &i)) != NULL;)
        is_hidden &= hide_answer(cycle, dep, NULL);
    return is_hidden;
}

/* What was hidden once stays so while there is room, because texts that were rendered with it may
 * still be checked. */
void cycle_hide(struct cycle *cycle, const struct dep *dep, const struct document *earlier)
{
    /* What found no room may find some, now that others may be gone. */
    bool is_hidden = hide_answer(cycle, dep, cycle->has_too_many_secrets ? NULL : earlier);

    if (is_hidden)
        return;
    redact_forget();
    is_hidden = hide_answers(cycle, &cycle->inherited);
    for (size_t i = 0; i < cycle->n_jobs; i++)
        is_hidden &= hide_answers(cycle, &cycle->jobs[i]->asked);
    if (!is_hidden && !cycle->has_too_many_secrets)
        log_warn("the KV store has more values than can be hidden: the output of commands may show "
                 "some in the log");
    cycle->has_too_many_secrets = !is_hidden;
}

void cycle_hide_inherited(struct cycle *cycle)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(&cycle->inherited, &i)) != NULL;)
        cycle_hide(cycle, dep, NULL);
}
