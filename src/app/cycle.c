/* SPDX-License-Identifier: MIT */
/* The one circle of the program. */
#include "app/cycle.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "circle.h"
#include "hunt.h"
#include "splay.h"
#include "watched_files.h"

/* --- Answers ------------------------------------------------------------------------------- */

void cycle_show(void *ctx, const struct dep *dep, struct document *doc)
{
    struct cycle *cycle = ctx;
    const struct value *before;
    bool was_answered = store_get(cycle->store, dep, &before) != ANSWER_PENDING;

    struct document *earlier = store_find(cycle->store, dep);

    if (earlier)
        document_ref(earlier);
    if (store_put(cycle->store, dep, doc)) {
        cycle_note_returns(cycle, earlier, store_find(cycle->store, dep));
        cycle_hide(cycle, dep, earlier);
        for (size_t i = 0; i < cycle->n_jobs; i++)
            job_on_answer(cycle->jobs[i], cycle->store, dep, was_answered, earlier);
    }
    document_unref(earlier);
}

void cycle_show_fresh(struct cycle *cycle, const struct dep *dep, struct document *doc)
{
    struct watch_status status = { .index = 0 };

    cycle_note_answer(cycle, dep);
    cycle_show(cycle, dep, doc);
    if (!watch_set_get_status(cycle->watches, dep, &status))
        return;

    cycle_keep_answer(cycle, dep, status.index);
}

void cycle_plan_settling(struct cycle *cycle)
{
    uint64_t now = loop_now_ms(cycle->loop), due = belief_due_ms(cycle->belief);

    if (due == UINT64_MAX)
        timer_stop(&cycle->settle_timer);
    else
        timer_start_ms(&cycle->settle_timer, due > now ? due - now : 0);
}

static bool cycle_is_answered(void *ctx, const struct dep *dep)
{
    const struct cycle *cycle = ctx;
    struct watch_status status;

    return !watch_set_get_status(cycle->watches, dep, &status) || status.n_failures == 0;
}

/* Time has shown that what is missing will not come back. */
static void cycle_on_settled(void *ctx)
{
    struct cycle *cycle = ctx;
    const struct dep *dep;
    struct document *doc;

    while (belief_settle(cycle->belief, loop_now_ms(cycle->loop), cycle_is_answered, cycle, &dep,
                         &doc)) {
        cycle_log_released(dep, "what was missing has not come back and is believed to be gone");
        cycle_show_fresh(cycle, dep, doc);
    }
    cycle_plan_settling(cycle);
}

static void cycle_on_answer(void *ctx, const struct dep *dep, struct document *doc,
                            bool is_doubtful)
{
    struct cycle *cycle = ctx;
    uint64_t now = loop_now_ms(cycle->loop);
    struct belief_hold hold;

    doc = belief_take(cycle->belief, dep, doc, is_doubtful, now, &hold);
    if (hold.n_held > 0) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

        cycle_describe_hold(&hold, now, &text);
        cycle_log_service(LOG_LEVEL_WARN, LOG_EVENT_HELD, dep, text.ptr);
    }
    cycle_show_fresh(cycle, dep, doc);
    cycle_plan_settling(cycle);
}

static void cycle_on_health(void *ctx, bool is_healthy, const char *reason)
{
    struct cycle *cycle = ctx;

    (void)reason;
    cycle->is_consul_away = !is_healthy;
    loop_defer(cycle->turn); /* what is missing may be known from before */
    cycle->handler.on_progress(cycle->ctx);
}

static void cycle_on_trouble(void *ctx)
{
    struct cycle *cycle = ctx;

    cycle->handler.on_progress(cycle->ctx);
}

void cycle_fail(struct cycle *cycle)
{
    cycle->has_failed = true;
    loop_defer(cycle->turn);
}

static void cycle_on_give_up(void *ctx, const struct dep *dep, const char *reason)
{
    struct cycle *cycle = ctx;

    if (!cycle->options.is_once) /* a daemon never gives up */
        return;
    log_err("%.*s: given up: %s", SLICE_ARG(dep->key), reason);
    cycle_fail(cycle);
}

/* --- Rendering ------------------------------------------------------------------------------ */

/* --once renders each template exactly once. */
static bool cycle_may_render(const struct cycle *cycle, const struct job *job)
{
    return !cycle->is_finishing && !(cycle->options.is_once && job->was_complete);
}

/* --- The end ------------------------------------------------------------------------------- */

/* Whether no delivery has anything left to do; ret_ok: and all of them have succeeded. */
static bool cycle_is_delivered(const struct cycle *cycle, bool *ret_ok)
{
    *ret_ok = true;
    for (size_t i = 0; i < cycle->groups.n; i++) {
        const struct delivery *delivery = cycle->groups.items[i]->delivery;

        if (!delivery)
            continue;
        switch (delivery_get_state(delivery)) {
        case DELIVERY_IDLE: break;
        case DELIVERY_REFUSED:
        case DELIVERY_FAILED: *ret_ok = false; break;
        case DELIVERY_CHECKING:
        case DELIVERY_UNCHECKED:
        case DELIVERY_WRITING:
        case DELIVERY_QUEUED:
        case DELIVERY_OWED: return false;
        }
    }
    return true;
}

static void cycle_run_commands(struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->groups.n; i++) {
        struct delivery *delivery = cycle->groups.items[i]->delivery;

        if (delivery && (cycle->is_stopped || cycle->options.is_once))
            delivery_hurry(delivery);
        else if (delivery)
            delivery_run_command(delivery);
    }
}

static void cycle_finish_record(struct cycle *cycle)
{
    struct error err = ERROR_EMPTY;

    if (cycle_record(cycle, &err))
        return;
    log_err("%s", err.text);
    cycle->has_failed = true;
}

/* After a failure nothing more is rendered, but what was installed is taken up: the next run would
 * find the file unchanged and owe the command for ever. */
static void cycle_check_finished(struct cycle *cycle)
{
    bool is_ok;

    if (!cycle->is_finishing &&
        (cycle->has_failed || (cycle->options.is_once && cycle_is_rendered(cycle))))
        cycle->is_finishing = true;
    if (cycle->is_finishing)
        cycle_run_commands(cycle); /* also of what was checked meanwhile */
    if (!cycle->is_finishing || cycle->is_finished || !cycle_is_delivered(cycle, &is_ok))
        return;
    cycle->is_finished = true;
    if (is_ok && !cycle->has_failed && cycle->options.record)
        cycle_finish_record(cycle);
    cycle->handler.on_finished(cycle->ctx, is_ok && !cycle->has_failed ? 0 : 1);
}

/* --- Memory -------------------------------------------------------------------------------- */

/* Soon after the start, which takes most of all, then whenever it has become quiet, or once a
 * minute if it never does: what is given back has to be asked for again. */
#define FIRST_TIDY_MS 2000
#define TIDY_MS       1000
#define MOST_TIDY_MS  60000

/* A render of a large template takes megabytes for a moment. */
static void cycle_on_tidy(void *ctx)
{
    struct cycle *cycle = ctx;

    cycle->tidied_ms = loop_now_ms(cycle->loop);
    memory_trim();
}

/* --- One turn ------------------------------------------------------------------------------ */

static void cycle_render_job(struct cycle *cycle, struct job *job)
{
    cycle_render(cycle, job);
    if (cycle->options.is_once)
        return;

    bool is_first = cycle->tidied_ms == 0;
    bool is_late = is_first || loop_now_ms(cycle->loop) - cycle->tidied_ms >= MOST_TIDY_MS;

    if (!is_late || !cycle->tidy_timer.is_running)
        timer_start_ms(&cycle->tidy_timer, is_first ? FIRST_TIDY_MS : TIDY_MS);
}

static void cycle_on_turn(void *ctx)
{
    struct cycle *cycle = ctx;

    if (cycle->is_stopped) {
        cycle->handler.on_progress(cycle->ctx);
        return;
    }
    cycle_judge_groups(cycle);
    for (size_t i = 0; i < cycle->groups.n; i++)
        group_align(cycle->groups.items[i]);
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        if (cycle->jobs[i]->is_due && cycle_may_render(cycle, cycle->jobs[i]))
            cycle_render_job(cycle, cycle->jobs[i]);
    }
    cycle_deliver_groups(cycle);
    if (!cycle->is_finishing)
        cycle_update_watches(cycle);
    cycle_fall_back(cycle);
    if (!cycle->options.is_once)
        cycle_run_commands(cycle);
    cycle_check_finished(cycle);
    cycle->handler.on_progress(cycle->ctx);
}

static void cycle_on_blocked(void *ctx, struct job *job)
{
    CLEANUP(buf_fini) struct buf missing = BUF_EMPTY;
    struct cycle *cycle = ctx;

    cycle_describe_job(cycle, job, &missing);
    log_about(LOG_LEVEL_WARN, &(struct log_about){ .event = LOG_EVENT_BLOCKED, .group = job->name },
              "%s", buf_slice(&missing).ptr);
}

/* --- Life ---------------------------------------------------------------------------------- */

static void free_jobs(struct job **jobs, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++)
        job_free(jobs[i]);
    free(jobs);
}

/* The options of a group's delivery are the group's and the config's, which outlive it. */
static void cycle_make_groups(struct cycle *cycle, const struct config *config,
                              struct job *const *jobs, struct claims *claims, struct groups *groups)
{
    const struct delivery_means means = {
        .loop = cycle->loop,
        .queue = cycle->commands,
        .gate = cycle->checks,
        .claims = claims,
        .journal = cycle->journal,
        .state_dir = cycle->options.state_dir,
        .is_registered = cycle_is_registered,
        .is_serving = cycle_is_serving,
        .cause_of = cycle_cause_of,
        .catalogue = cycle,
        .endpoints_splay_ms = splay_of(config->splay.endpoints_ms),
        .structure_splay_ms = splay_of(config->splay.structure_ms),
        .is_retrying = !cycle->options.is_once,
    };

    groups_init(groups, jobs, config->n_templates, cycle->store);
    for (size_t i = 0; !cycle->options.is_dry && i < groups->n; i++) {
        struct group *group = groups->items[i];

        group_set_delivery(group, &means, cycle->turn, &cycle->n_installs);
        delivery_pause(group->delivery, cycle_is_paused(cycle, group));
        if (!cycle->options.is_once && quarantine_is_on(group->quarantine))
            group->hunt = hunt_new(cycle->loop, cycle->checks, group);
    }
    if (!cycle->options.is_dry && !cycle->options.is_once)
        groups->watched = watched_files_new(cycle->loop, groups, group_stir);
    if (cycle->journal)
        journal_flush(cycle->journal);
}

/* The jobs of a configuration, all or none; every template's errors are reported. */
static bool cycle_make_jobs(struct cycle *cycle, const struct config *config,
                            struct job ***ret_jobs, struct buf *report, struct error *err)
{
    struct job **jobs = memory_resize_array(NULL, config->n_templates, sizeof(struct job *));
    size_t n_jobs = 0;
    bool is_ok = true;

    for (size_t i = 0; i < config->n_templates; i++) {
        struct error own = ERROR_EMPTY;

        if (job_new(cycle->loop, &config->templates[i], &config->wait, cycle->turn,
                    &cycle->reporter, &jobs[n_jobs], report, &own)) {
            jobs[n_jobs++]->places = cycle->places;
            continue;
        }
        if (is_ok)
            *err = own;
        is_ok = false;
    }
    if (!is_ok) {
        free_jobs(jobs, n_jobs);
        return false;
    }
    *ret_jobs = jobs;
    return true;
}

/* The address that commands find in CONSUL_HTTP_ADDR, and what pass_token lets through. */
static void cycle_set_command_environment(struct cycle *cycle, const struct consul_options *consul)
{
    CLEANUP(buf_fini) struct buf token = BUF_EMPTY;
    const char *secrets[] = { NULL, NULL };

    if (consul->token) {
        buf_printf(&token, "CONSUL_HTTP_TOKEN=%s", consul->token);
        secrets[0] = token.ptr;
    }
    command_queue_set_consul(cycle->commands, consul->addresses[0], secrets);
}

bool cycle_new(struct loop *loop, const struct config *config, const struct cycle_options *options,
               const struct cycle_handler *handler, void *ctx, struct cycle **ret_cycle,
               struct buf *report, struct error *err)
{
    static const struct watch_set_handler watch_handler = {
        .on_answer = cycle_on_answer,
        .on_health = cycle_on_health,
        .on_trouble = cycle_on_trouble,
        .on_give_up = cycle_on_give_up,
    };
    CLEANUP(cycle_freep) struct cycle *cycle = NEW(struct cycle);

    cycle->loop = loop;
    cycle->options = *options;
    cycle->handler = *handler;
    cycle->ctx = ctx;
    cycle->config = config;
    cycle->reporter = (struct job_reporter){ cycle_on_blocked, cycle };
    cycle->store = store_new();
    cycle->claims = claims_new();
    cycle->belief = belief_new(config->consul.settle_ms);
    cycle->pause = pause_new(options->state_dir);
    cycle->places = place_book_new(options->state_dir);
    place_book_keep_only(cycle->places, config);
    cycle->known = cycle_make_last_known(cycle);
    timer_init(&cycle->settle_timer, loop, cycle_on_settled, cycle);
    timer_init(&cycle->tidy_timer, loop, cycle_on_tidy, cycle);
    if (options->state_dir)
        cycle->journal = journal_open(loop, options->state_dir);
    cycle->checks = gate_new(loop, LIMIT_CHECKS_AT_ONCE);
    cycle->commands = command_queue_new(loop, config->consul.addresses[0]);
    if (!options->is_once)
        command_queue_set_pace(cycle->commands,
                               &(struct command_pace){ LIMIT_COMMANDS_AT_ONCE, LIMIT_COMMAND_BURST,
                                                       LIMIT_COMMAND_PERIOD_MS });
    cycle_set_command_environment(cycle, &config->consul);
    if (!loop_add_deferred(loop, cycle_on_turn, cycle, &cycle->turn, err) ||
        !file_set_new(loop, cycle_show, cycle, &cycle->files, err) ||
        !watch_set_new(loop, &config->consul, &watch_handler, cycle, &cycle->watches, err) ||
        !data_file_new(options->data, &cycle->data, err) ||
        !cycle_make_jobs(cycle, config, &cycle->jobs, report, err))
        return false;
    cycle_make_groups(cycle, config, cycle->jobs, cycle->claims, &cycle->groups);
    watch_set_set_resting(cycle->watches, options->is_once);
    cycle->n_jobs = config->n_templates;
    cycle_choose_output(cycle);
    *ret_cycle = TAKE(cycle);
    return true;
}

void cycle_free(struct cycle *cycle)
{
    if (!cycle)
        return;
    groups_fini(&cycle->groups);
    free_jobs(cycle->jobs, cycle->n_jobs);
    claims_free(cycle->claims);
    command_queue_free(cycle->commands);
    gate_free(cycle->checks);
    journal_free(cycle->journal);
    watch_set_free(cycle->watches);
    file_set_free(cycle->files);
    dep_set_fini(&cycle->inherited);
    timer_fini(&cycle->settle_timer);
    timer_fini(&cycle->tidy_timer);
    pause_free(cycle->pause);
    place_book_free(cycle->places);
    last_known_free(cycle->known);
    cycle_forget_stale(cycle);
    dep_set_fini(&cycle->not_known);
    cycle_forget_returns(cycle);
    data_file_free(cycle->data);
    dep_set_fini(&cycle->not_in_data);
    belief_free(cycle->belief);
    store_free(cycle->store);
    loop_source_free(cycle->turn);
    free(cycle);
}

/* What a group of the old configuration owes, those that write its files owe from now on. */
static void cycle_inherit(const struct groups *groups, const struct groups *old)
{
    for (size_t i = 0; i < groups->n; i++)
        for (size_t k = 0; k < old->n; k++)
            group_inherit(groups->items[i], old->items[k]);
}

bool cycle_configure(struct cycle *cycle, const struct config *config, struct buf *report,
                     struct error *err)
{
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    CLEANUP(data_file_freep) struct data_file *data = NULL;
    struct groups groups = GROUPS_NONE;
    struct job **jobs;

    if (!cycle_make_jobs(cycle, config, &jobs, report, err))
        return false;
    if (!data_file_new(cycle->options.data, &data, err) ||
        !watch_set_configure(cycle->watches, &config->consul, err)) {
        free_jobs(jobs, config->n_templates);
        return false;
    }
    belief_set_settle(cycle->belief, config->consul.settle_ms);
    last_known_set_max_age(cycle->known, config->snapshot_max_age_ms);
    place_book_keep_only(cycle->places, config);
    cycle_plan_settling(cycle);
    cycle_set_command_environment(cycle, &config->consul);
    cycle_make_groups(cycle, config, jobs, claims, &groups);
    cycle_inherit(&groups, &cycle->groups);
    for (size_t i = 0; i < cycle->n_jobs; i++)
        dep_set_add_all(&cycle->inherited, &cycle->jobs[i]->asked);
    cycle->has_new_jobs = true;
    if (data)
        cycle_change_data(cycle, TAKE(data));
    groups_fini(&cycle->groups);
    cycle->groups = groups;
    free_jobs(cycle->jobs, cycle->n_jobs);
    cycle->jobs = jobs;
    cycle->n_jobs = config->n_templates;
    cycle_choose_output(cycle);
    claims_free(cycle->claims); /* after the deliveries that hold some */
    cycle->claims = TAKE(claims);
    cycle->config = config;
    cycle_hide_inherited(cycle);
    return true;
}

void cycle_stop(struct cycle *cycle)
{
    cycle->is_stopped = true;
    last_known_flush(cycle->known);
    cycle_run_commands(cycle);
    for (size_t i = 0; i < cycle->groups.n; i++)
        if (cycle->groups.items[i]->delivery)
            delivery_stop(cycle->groups.items[i]->delivery);
}

uint64_t cycle_count_installs(const struct cycle *cycle)
{
    return cycle->n_installs;
}

bool cycle_is_busy(const struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->groups.n; i++)
        if (cycle->groups.items[i]->delivery &&
            delivery_is_stopping(cycle->groups.items[i]->delivery))
            return true;
    return !command_queue_is_idle(cycle->commands);
}
