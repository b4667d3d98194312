/* SPDX-License-Identifier: MIT */
/* Renders a job: with all there is, and if that fails, without what is to blame for it. */
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "circle.h"

#define BLAME_ROUNDS  16   /* renders, each of which may name another foreign text */
#define RENDER_TRIALS 12   /* of a search for a culprit that nobody can name */
#define SEARCH_CPU_MS 1000 /* of such a search: nothing else happens meanwhile */

/* Says what is wrong with a template, unless that is what was said last. */
static void log_failure(const struct job *job, const struct error *before)
{
    CLEANUP(buf_fini) struct buf excerpt = BUF_EMPTY;

    if (before->code != ERROR_NONE && strcmp(before->text, job->last_error.text) == 0)
        return;
    log_about(LOG_LEVEL_ERR,
              &(struct log_about){ .event = LOG_EVENT_TEMPLATE_FAILED, .group = job->name }, "%s",
              job->last_error.text);
    error_add_excerpt(&job->last_error, template_source(job->tmpl), &excerpt);
    log_lines(LOG_LEVEL_ERR, buf_slice(&excerpt));
}

/* --- Without what is to blame ---------------------------------------------------------------- */

struct attempt {
    struct job *job;
    struct quarantine *quarantine;
    struct buf text;
    struct render render;
    struct dep_set refused; /* what the failed passes asked */
};

static enum job_pass attempt_render(struct attempt *attempt)
{
    buf_clear(&attempt->text);
    render_reset(&attempt->render);
    return job_render(attempt->job, quarantine_answers(attempt->quarantine), &attempt->text,
                      &attempt->render);
}

/* Nothing is installed yet: the group has no list that it could go below. A template that fails by
 * itself says so all the same, and takes no instance away. */
static bool is_fresh(const struct attempt *attempt)
{
    const char *destination = attempt->job->config->delivery.files[0].destination;

    return attempt->job->last_error.code == ERROR_INVALID &&
           (!destination || access(destination, F_OK) != 0);
}

/* Bans what holds the text that the render failed with, and tries again, as long as that helps. */
static enum job_pass attempt_blame(struct attempt *attempt)
{
    struct job *job = attempt->job;
    enum job_pass pass = JOB_PASS_FAILED;

    for (unsigned i = 0; i < BLAME_ROUNDS && pass == JOB_PASS_FAILED; i++) {
        quarantine_set_fresh(attempt->quarantine, is_fresh(attempt));
        if (!quarantine_blame(attempt->quarantine, &job->asked, attempt->render.culprit, job,
                              job->last_error.text))
            break;
        pass = attempt_render(attempt);
    }
    return pass;
}

static uint64_t cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Finds out by trials what has changed for the worse. */
static enum job_pass attempt_search(struct attempt *attempt)
{
    struct quarantine *quarantine = attempt->quarantine;
    struct error why = attempt->job->last_error;
    uint64_t start_ms = cpu_ms();

    /* A template that has never succeeded is more likely to be wrong itself. */
    if (!attempt->job->was_complete ||
        !quarantine_begin_search(quarantine, &attempt->job->asked, RENDER_TRIALS))
        return JOB_PASS_FAILED;
    quarantine_show_trial(quarantine, true);
    while (quarantine_is_searching(quarantine)) {
        quarantine_judge_trial(quarantine, attempt_render(attempt) == JOB_PASS_COMPLETE);
        if (cpu_ms() - start_ms > SEARCH_CPU_MS)
            quarantine_cut_search(quarantine);
    }
    quarantine_end_search(quarantine, attempt->job, why.text);

    enum job_pass pass = attempt_render(attempt);

    if (pass == JOB_PASS_FAILED)
        attempt->job->last_error = why;
    return pass;
}

/* First with what this job has banned, as a try: that may have been cured. */
static enum job_pass attempt_all(struct attempt *attempt, bool *ret_is_freed)
{
    struct quarantine *quarantine = attempt->quarantine;
    bool was_active = quarantine_count(quarantine) > 0;
    enum job_pass pass;

    quarantine_lift(quarantine, attempt->job);
    pass = attempt_render(attempt);
    quarantine_lift(quarantine, NULL);
    *ret_is_freed = pass == JOB_PASS_COMPLETE && quarantine_release(quarantine, attempt->job);
    if (pass != JOB_PASS_FAILED)
        return pass;

    attempt->refused = dep_set_take(&attempt->render.questions);
    if (was_active) {
        pass = attempt_render(attempt);
        if (pass != JOB_PASS_FAILED)
            return pass;
    }
    pass = attempt_blame(attempt);
    return pass == JOB_PASS_FAILED ? attempt_search(attempt) : pass;
}

/* Templates of one group see the same. */
static void show_others(const struct group *group, const struct job *job)
{
    for (size_t i = 0; i < group->n_parts; i++) {
        if (group->parts[i].job != job)
            job_look_again(group->parts[i].job);
    }
}

static void attempt_fini(struct attempt *attempt)
{
    render_fini(&attempt->render);
    buf_fini(&attempt->text);
    dep_set_fini(&attempt->refused);
}

/* --- One pass -------------------------------------------------------------------------------- */

void cycle_render(struct cycle *cycle, struct job *job)
{
    CLEANUP(attempt_fini)
    struct attempt attempt = { .job = job,
                               .quarantine = job->group->quarantine,
                               .text = BUF_EMPTY,
                               .render = RENDER_EMPTY,
                               .refused = DEP_SET_EMPTY };
    struct error before = job->last_error;
    size_t n_bans = quarantine_count(attempt.quarantine);
    bool is_freed = false;
    enum job_pass pass = attempt_all(&attempt, &is_freed);

    if (is_freed || quarantine_count(attempt.quarantine) != n_bans)
        show_others(job->group, job);
    switch (pass) {
    case JOB_PASS_COMPLETE:
        /* Else the next try would wait for answers that nobody watches any more. */
        job_keep_asking(job, &attempt.refused);
        cycle_deliver(cycle, job, buf_slice(&attempt.text), &attempt.render);
        return;
    case JOB_PASS_INCOMPLETE: watch_set_follow(cycle->watches, &job->pending); return;
    case JOB_PASS_FAILED:
        log_failure(job, &before);
        if (cycle->options.is_once)
            cycle_fail(cycle);
        return;
    }
}
