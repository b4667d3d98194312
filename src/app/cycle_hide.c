/* SPDX-License-Identifier: MIT */
/* What the output of commands and checks must not carry into the log: values of the KV store. */
#include "base/log.h"
#include "base/redact.h"
#include "circle.h"
#include "data/catalog.h"

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
    return is_public(config, pair->path) || redact_hide(pair->value);
}

/* False: there was no room for all of it. */
static bool hide_answer(const struct cycle *cycle, const struct dep *dep)
{
    const struct value *value;

    if (store_get(cycle->store, dep, &value) != ANSWER_READY)
        return true;
    if (dep->kind == DEP_KV_GET)
        return hide_pair(cycle->config, value->object);
    for (size_t i = 0; dep->kind == DEP_KV_LIST && i < value->list.n; i++) {
        if (!hide_pair(cycle->config, value_list_get(value, i).object))
            return false;
    }
    return true;
}

/* What was hidden once stays so while there is room, because texts that were rendered with it may
 * still be checked. */
void cycle_hide(struct cycle *cycle, const struct dep *dep)
{
    bool is_hidden = hide_answer(cycle, dep);

    if (is_hidden)
        return;
    redact_forget();
    is_hidden = true;
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        const struct dep_set *asked = &cycle->jobs[i]->asked;

        for (size_t k = 0; (dep = dep_set_next(asked, &k)) != NULL;)
            is_hidden &= hide_answer(cycle, dep);
    }
    if (!is_hidden && !cycle->has_too_many_secrets)
        log_warn("the KV store has more values than can be hidden: the output of commands may show "
                 "some in the log");
    cycle->has_too_many_secrets = !is_hidden;
}
