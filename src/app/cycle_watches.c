/* SPDX-License-Identifier: MIT */
/* What the cycle watches: the questions that its templates ask. */
#include "circle.h"

bool cycle_is_rendered(const struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        if (!cycle->jobs[i]->was_complete)
            return false;
    }
    return true;
}

void cycle_update_watches(struct cycle *cycle)
{
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY, of_consul = DEP_SET_EMPTY;
    const struct dep *dep;
    bool has_changed = cycle->has_new_jobs;

    cycle->has_new_jobs = false;
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        has_changed |= cycle->jobs[i]->has_new_questions;
        cycle->jobs[i]->has_new_questions = false;
    }
    if (dep_set_count(&cycle->inherited) > 0 && cycle_is_rendered(cycle)) {
        dep_set_fini(&cycle->inherited);
        has_changed = true;
    }
    if (!has_changed)
        return;
    dep_set_add_all(&wanted, &cycle->inherited);
    for (size_t i = 0; i < cycle->n_jobs; i++)
        dep_set_add_all(&wanted, &cycle->jobs[i]->asked);
    for (size_t i = 0; (dep = dep_set_next(&wanted, &i)) != NULL;) {
        if (dep->kind != DEP_FILE)
            dep_set_add(&of_consul, dep);
    }
    watch_set_keep_only(cycle->watches, &of_consul);
    file_set_keep_only(cycle->files, &wanted);
    store_keep_only(cycle->store, &wanted);
    belief_keep_only(cycle->belief, &wanted);
    watch_set_add(cycle->watches, &of_consul);
    file_set_add(cycle->files, &wanted);
}
