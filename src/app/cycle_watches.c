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

/* What a job asks. Its template's guard is for the questions that have none of their own. */
static void add_questions(struct dep_set *wanted, const struct job *job)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(&job->asked, &i)) != NULL;) {
        if (dep->guard.is_set || !job->config->guard.is_on) {
            dep_set_add(wanted, dep);
            continue;
        }

        struct dep guarded = *dep;

        guarded.guard = job->config->guard;
        dep_set_add(wanted, &guarded);
    }
}

static bool cycle_needs_output(const struct cycle *cycle)
{
    if (cycle->options.record)
        return true;
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        if (template_reads_output(cycle->jobs[i]->tmpl))
            return true;
    }
    return false;
}

/* Those that may have checks are asked as if for the first time; until then what is shown of them
 * would be half of it. */
static void cycle_forget_instances(struct cycle *cycle)
{
    CLEANUP(dep_set_fini) struct dep_set others = DEP_SET_EMPTY;
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(&cycle->inherited, &i)) != NULL;) {
        if (dep->kind != DEP_HEALTH_SERVICE && dep->kind != DEP_HEALTH_CONNECT)
            dep_set_add(&others, dep);
    }
    watch_set_keep_only(cycle->watches, &others);
    store_keep_only(cycle->store, &others);
}

void cycle_choose_output(struct cycle *cycle)
{
    bool is_needed = cycle_needs_output(cycle);

    if (is_needed && !cycle->keeps_output && !cycle->data)
        cycle_forget_instances(cycle);
    cycle->keeps_output = is_needed;
    watch_set_keep_output(cycle->watches, is_needed);
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
        add_questions(&wanted, cycle->jobs[i]);
    for (size_t i = 0; (dep = dep_set_next(&wanted, &i)) != NULL;) {
        if (dep->kind != DEP_FILE)
            dep_set_add(&of_consul, dep);
    }
    if (!cycle->data)
        watch_set_keep_only(cycle->watches, &of_consul);
    file_set_keep_only(cycle->files, &wanted);
    store_keep_only(cycle->store, &wanted);
    belief_follow(cycle->belief, &wanted);
    cycle_plan_settling(cycle);
    cycle_remember(cycle, &of_consul);
    if (cycle->data)
        cycle_answer_from_data(cycle, &of_consul);
    else
        watch_set_add(cycle->watches, &of_consul);
    file_set_add(cycle->files, &wanted);
}
