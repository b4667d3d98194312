/* SPDX-License-Identifier: MIT */
/* What the cycle tells of itself: readiness, one line for people, the status document. */
#include "circle.h"

/* Why a question has no answer, as far as is known. */
static const char *cycle_reason(const void *ctx, const struct dep *dep)
{
    const struct cycle *cycle = ctx;
    const struct value *value;
    struct watch_status status;

    if (store_get(cycle->store, dep, &value) == ANSWER_ABSENT)
        return "does not exist";
    if (dep->kind == DEP_FILE)
        return file_set_reason(cycle->files, dep);
    if (cycle->data)
        return "it is not in the data";
    if (watch_set_get_status(cycle->watches, dep, &status) && *status.last_error)
        return status.last_error;
    return "no answer yet";
}

/* The latest texts are; their command may still run, or fail. */
static bool is_in_place(enum delivery_state state)
{
    switch (state) {
    case DELIVERY_CHECKING:
    case DELIVERY_REFUSED:
    case DELIVERY_UNCHECKED:
    case DELIVERY_WRITING: return false;
    case DELIVERY_IDLE:
    case DELIVERY_QUEUED:
    case DELIVERY_OWED:
    case DELIVERY_FAILED: return true;
    }
    return true;
}

bool cycle_is_ready(const struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        const struct job *job = cycle->jobs[i];

        if (!job->was_complete && cycle_relies_on_last_good(cycle, job->group))
            continue;
        if (!job->was_complete || job->is_due)
            return false;
        if (job->group->delivery && !is_in_place(delivery_get_state(job->group->delivery)))
            return false;
    }
    return true;
}

void cycle_describe_job(const struct cycle *cycle, const struct job *job, struct buf *out)
{
    if (job->state == JOB_FAILED) {
        buf_printf(out, "%s", job->last_error.text);
    } else if (job->state == JOB_INCOMPLETE) {
        buf_printf(out, "template '%s': waiting for ", job->name);
        job_describe_missing(job, cycle_reason, cycle, out);
    } else if (job->group->delivery && *delivery_last_error(job->group->delivery)) {
        buf_printf(out, "template '%s': %s", job->name, delivery_last_error(job->group->delivery));
    }
}

void cycle_describe(const struct cycle *cycle, struct buf *out)
{
    CLEANUP(buf_fini) struct buf first = BUF_EMPTY;
    size_t n_troubled = 0;

    for (size_t i = 0; i < cycle->n_jobs; i++) {
        CLEANUP(buf_fini) struct buf trouble = BUF_EMPTY;

        cycle_describe_job(cycle, cycle->jobs[i], &trouble);
        if (trouble.len && n_troubled++ == 0)
            buf_add(&first, buf_slice(&trouble));
    }
    buf_printf(out, "%zu of %zu templates up to date, %zu watches", cycle->n_jobs - n_troubled,
               cycle->n_jobs, watch_set_count(cycle->watches));
    if (n_troubled)
        buf_printf(out, "; %s", first.ptr);
    cycle_describe_stale(cycle, out);
    cycle_describe_holds(cycle, out);
    for (size_t i = 0; i < cycle->groups.n; i++)
        quarantine_describe(cycle->groups.items[i]->quarantine, out);
    if (!pause_is_empty(cycle->pause)) {
        buf_add_string(out, "; paused: ");
        pause_describe(cycle->pause, out);
    }
}

void cycle_describe_missing(const struct cycle *cycle, struct buf *out)
{
    for (size_t i = 0; i < cycle->n_jobs; i++) {
        const struct job *job = cycle->jobs[i];

        if (job->state == JOB_INCOMPLETE) {
            cycle_describe_job(cycle, job, out);
            buf_add_byte(out, '\n');
        } else if (cycle->is_finishing && job->group->delivery &&
                   delivery_get_state(job->group->delivery) == DELIVERY_QUEUED) {
            buf_printf(out, "template '%s': its command has not ended\n", job->name);
        } else if (cycle->is_finishing && job->group->delivery &&
                   delivery_get_state(job->group->delivery) == DELIVERY_CHECKING) {
            buf_printf(out, "template '%s': its check has not ended\n", job->name);
        }
    }
}

static void add_job(const struct cycle *cycle, const struct job *job, struct json_node *list)
{
    struct json_node *node = json_add_object(list, NULL);
    CLEANUP(buf_fini) struct buf trouble = BUF_EMPTY;

    cycle_describe_job(cycle, job, &trouble);
    json_add_string(node, "name", slice_from(job->name));
    json_add_string(node, "source", slice_from(job->config->source));
    json_add_string(node, "destination", slice_from(job->config->delivery.files[0].destination));
    json_add_string(node, "state", slice_from(job_state_name(job->state)));
    json_add_bool(node, "was_complete", job->was_complete);
    if (job->group->delivery)
        json_add_string(node, "delivery",
                        slice_from(delivery_state_name(delivery_get_state(job->group->delivery))));
    json_add_string(node, "trouble", buf_slice(&trouble));
    if (job->state == JOB_INCOMPLETE || job->state == JOB_FAILED)
        json_add_integer(node, "blocked_ms", loop_now_ms(cycle->loop) - job->blocked_ms);
}

static void add_group(const struct cycle *cycle, const struct group *group, struct json_node *list)
{
    struct json_node *node = json_add_object(list, NULL), *files;

    json_add_string(node, "name", slice_from(group->name));
    json_add_bool(node, "is_paused", cycle_is_paused(cycle, group));
    files = json_add_array(node, "files");
    for (size_t i = 0; i < group->options.n_files; i++)
        json_add_string(files, NULL, slice_from(group->options.files[i].destination));
    if (!group->delivery)
        return;
    json_add_string(node, "state",
                    slice_from(delivery_state_name(delivery_get_state(group->delivery))));
    json_add_string(node, "trouble", slice_from(delivery_last_error(group->delivery)));
    ledger_add_status(&group->ledger, group->delivery, loop_now_ms(cycle->loop), node);
}

static void add_commands(const struct cycle *cycle, struct json_node *to)
{
    struct command_totals totals;

    command_queue_get_totals(cycle->commands, &totals);
    json_add_integer(to, "commands_succeeded", totals.n_succeeded);
    json_add_integer(to, "commands_failed", totals.n_failed);
    json_add_integer(to, "commands_ms", totals.took_ms);
}

static void add_consul(const struct cycle *cycle, struct json_node *to)
{
    struct consul_totals totals;
    struct json_node *errors;

    watch_set_get_totals(cycle->watches, &totals);
    json_add_integer(to, "consul_bytes", totals.n_bytes);
    errors = json_add_object(to, "consul_errors");
    for (size_t i = 0; i < N_CONSUL_ERROR_KINDS; i++)
        json_add_integer(errors, totals.errors[i].kind, totals.errors[i].n);
}

static void add_watch(const struct watch_status *status, struct json_node *list)
{
    struct json_node *node = json_add_object(list, NULL);

    json_add_string(node, "question", status->dep->key);
    json_add_string(node, "state", slice_from(watch_state_name(status->state)));
    json_add_bool(node, "has_answer", status->has_answer);
    json_add_bool(node, "is_assumed", status->is_assumed);
    json_add_bool(node, "is_queued", status->is_queued);
    json_add_integer(node, "index", status->index);
    json_add_integer(node, "since_ok_ms", status->since_ok_ms);
    json_add_integer(node, "next_try_ms", status->next_try_ms);
    json_add_integer(node, "bytes", status->n_bytes);
    json_add_integer(node, "wakes", status->n_wakes);
    json_add_integer(node, "changes", status->n_changes);
    json_add_integer(node, "failures", status->n_failures);
    json_add_string(node, "last_error", slice_from(status->last_error));
}

/* How each datacenter is asked; the agent's own has no name. */
static void add_transports(const struct cycle *cycle, struct json_node *to)
{
    struct json_node *list = json_add_array(to, "transports"), *node;
    struct transport_status status;

    for (size_t i = 0; watch_set_next_transport(cycle->watches, &i, &status);) {
        node = json_add_object(list, NULL);
        json_add_string(node, "datacenter", status.datacenter);
        json_add_string(node, "transport", slice_from(transport_name(status.transport)));
        json_add_integer(node, "bytes", status.n_bytes);
    }
}

void cycle_add_status(const struct cycle *cycle, struct json_node *to)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;
    struct json_node *list;
    struct watch_status status;

    cycle_describe(cycle, &line);
    json_add_string(to, "status", buf_slice(&line));
    json_add_bool(to, "is_ready", cycle_is_ready(cycle));
    list = json_add_array(to, "templates");
    for (size_t i = 0; i < cycle->n_jobs; i++)
        add_job(cycle, cycle->jobs[i], list);
    list = json_add_array(to, "groups");
    for (size_t i = 0; i < cycle->groups.n; i++)
        add_group(cycle, cycle->groups.items[i], list);
    cycle_add_stale(cycle, to);
    cycle_add_holds(cycle, to);
    list = json_add_array(to, "quarantined");
    for (size_t i = 0; i < cycle->groups.n; i++)
        quarantine_add_status(cycle->groups.items[i]->quarantine, list);
    pause_add_status(cycle->pause, to);
    cycle_add_haproxies(cycle, to);
    add_commands(cycle, to);
    add_consul(cycle, to);
    add_transports(cycle, to);
    list = json_add_array(to, "watches");
    for (size_t i = 0; watch_set_next_status(cycle->watches, &i, &status);)
        add_watch(&status, list);
}
