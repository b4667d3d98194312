/* SPDX-License-Identifier: MIT */
/* What an operator does to the cycle: lets go what is held, stops deliveries and goes on with them.
 */
#include "base/log.h"
#include "circle.h"

/* By its group's name, its file or its template's. */
static bool job_is_called(const struct job *job, struct slice name)
{
    const char *destination = job->config->delivery.files[0].destination;

    return slice_is(name, job->group->name) || (destination && slice_is(name, destination)) ||
           (job->config->source && slice_is(name, job->config->source));
}

static bool cycle_has_job(const struct cycle *cycle, struct slice name)
{
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        if (job_is_called(cycle->jobs[i], name))
            return true;
    }
    return false;
}

/* --- Release --------------------------------------------------------------------------------- */

struct release {
    const struct cycle *cycle;
    struct slice name; /* "": everything */
};

static bool is_to_be_released(void *ctx, const struct dep *dep)
{
    const struct release *release = ctx;
    const struct cycle *cycle = release->cycle;
    struct slice name = release->name;

    if (name.len == 0 || slice_equal(dep->name, name) || slice_equal(dep->key, name))
        return true;
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        if (job_is_called(cycle->jobs[i], name) && dep_set_has(&cycle->jobs[i]->asked, dep->key))
            return true;
    }
    return false;
}

static void tell_released(const struct dep *dep, struct dep_set *released, struct buf *out)
{
    if (dep_set_has(released, dep->key))
        return;
    cycle_log_released(dep, "released by hand: what is missing is believed to be gone");
    buf_printf(out, "released: %.*s\n", SLICE_ARG(dep->key));
    dep_set_add(released, dep);
}

/* First what Consul has said and the watches did not believe: a guard may hold it next. */
bool cycle_release(struct cycle *cycle, struct slice name, struct buf *out)
{
    CLEANUP(dep_set_fini) struct dep_set released = DEP_SET_EMPTY;
    struct release release = { cycle, name };
    const struct dep *dep;
    struct document *doc;

    while (watch_set_release(cycle->watches, is_to_be_released, &release, &dep))
        tell_released(dep, &released, out);
    while (belief_release(cycle->belief, loop_now_ms(cycle->loop), is_to_be_released, &release,
                          &dep, &doc)) {
        tell_released(dep, &released, out);
        cycle_show_fresh(cycle, dep, doc);
    }
    cycle_plan_settling(cycle);
    loop_defer(cycle->turn);
    if (dep_set_count(&released) > 0)
        return true;
    if (name.len == 0)
        buf_add_string(out, "nothing is held\n");
    else
        buf_printf(out, "nothing of '%.*s' is held\n", SLICE_ARG(name));
    return name.len == 0;
}

/* --- Pause and resume ------------------------------------------------------------------------ */

static bool job_is_paused(const struct pause *pause, const struct job *job)
{
    return pause_has(pause, slice_from(job->config->delivery.files[0].destination)) ||
           pause_has(pause, slice_from(job->config->source));
}

/* A group is delivered as a whole, so one of its templates pauses all of it. */
bool cycle_is_paused(const struct cycle *cycle, const struct group *group)
{
    const struct pause *pause = cycle->pause;
    bool is_paused = pause_covers_all(pause) || pause_has(pause, slice_from(group->name));

    for (size_t i = 0; i < group->n_parts && !is_paused; i++)
        is_paused = job_is_paused(pause, group->parts[i].job);
    return is_paused;
}

void cycle_apply_pause(struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->groups.n; i++) {
        struct group *group = cycle->groups.items[i];

        if (group->delivery)
            delivery_pause(group->delivery, cycle_is_paused(cycle, group));
    }
}

static bool fail_unknown(struct slice name, struct buf *out)
{
    buf_printf(out, "no group or template is called '%.*s'\n", SLICE_ARG(name));
    return false;
}

static void add_subject(struct slice name, struct buf *out)
{
    if (name.len == 0)
        buf_add_string(out, "all deliveries");
    else
        buf_printf(out, "the deliveries of '%.*s'", SLICE_ARG(name));
}

static void tell(struct cycle *cycle, enum log_event event, const char *what, struct slice name,
                 struct buf *out)
{
    CLEANUP(buf_fini) struct buf subject = BUF_EMPTY;

    add_subject(name, &subject);
    log_about(LOG_LEVEL_INFO, &(struct log_about){ .event = event }, "%s by hand: %s", what,
              subject.ptr);
    buf_printf(out, "%s: %s\n", what, subject.ptr);
    loop_defer(cycle->turn);
}

bool cycle_pause(struct cycle *cycle, struct slice name, struct buf *out)
{
    struct error err = ERROR_EMPTY;

    if (name.len > 0 && !cycle_has_job(cycle, name))
        return fail_unknown(name, out);

    bool is_kept = pause_add(cycle->pause, name, &err);

    cycle_apply_pause(cycle);
    tell(cycle, LOG_EVENT_PAUSED, "paused", name, out);
    if (!is_kept)
        buf_printf(out, "a restart will end it: %s\n", err.text);
    return true;
}

/* What was rendered meanwhile is rendered again: that is what is current. */
void cycle_deliver_withheld(struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        struct job *job = cycle->jobs[i];

        if (job->is_withheld && !cycle_is_paused(cycle, job->group)) {
            job->is_withheld = false;
            job_demand(job);
        }
    }
}

bool cycle_resume(struct cycle *cycle, struct slice name, struct buf *out)
{
    struct error err = ERROR_EMPTY;
    bool was_all = pause_covers_all(cycle->pause);

    if (name.len > 0 && !pause_has(cycle->pause, name)) {
        if (!cycle_has_job(cycle, name))
            return fail_unknown(name, out);
        buf_printf(out,
                   was_all ? "all deliveries are paused, not '%.*s' alone: resume all\n"
                           : "'%.*s' is not paused\n",
                   SLICE_ARG(name));
        return !was_all;
    }

    bool is_kept = pause_remove(cycle->pause, name, &err);

    cycle_apply_pause(cycle);
    tell(cycle, LOG_EVENT_RESUMED, "resumed", name, out);
    cycle_deliver_withheld(cycle);
    if (!is_kept && cycle->options.state_dir)
        buf_printf(out, "a restart will pause again: %s\n", err.text);
    return true;
}
