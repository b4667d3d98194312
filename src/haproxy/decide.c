/* SPDX-License-Identifier: MIT */
/* From what is remembered and what is seen to a plan. */
#include "decide.h"

#include "structure.h"

static enum decision refuse(struct plan *plan, const char *reason)
{
    plan_fini(plan);
    plan->outcome = PLAN_RELOAD;
    plan->reason = arena_copy(&plan->arena, slice_from(reason));
    return DECISION_RELOAD;
}

static struct plan_input make_input(const struct decision_input *input,
                                    const struct haproxy_config *before)
{
    return (struct plan_input){
        .before = before,
        .after = input->after->config,
        .live = input->live,
        .can = input->can,
        .now_ms = input->now_ms,
        .drain_ms = input->options->drain_ms,
        .grace_ms = input->options->grace_ms,
        .is_registered = input->is_registered,
        .ctx = input->ctx,
    };
}

static enum decision run_plan(const struct plan_input *plan_input, struct plan *plan)
{
    plan_make(plan_input, plan);
    switch (plan->outcome) {
    case PLAN_NOTHING: return DECISION_NOTHING;
    case PLAN_STEPS: return DECISION_STEPS;
    case PLAN_RELOAD: return DECISION_RELOAD;
    }
    return DECISION_RELOAD;
}

/* The worker that we know, with what we left to do. */
static enum decision decide_same_worker(const struct decision_input *input, struct plan *plan)
{
    struct plan_input plan_input = make_input(input, input->before->config);

    if (!input->before->config || input->before->hash != input->memory->files)
        return refuse(plan, "the files have changed since it was last brought up to date");
    plan_input.pending = &input->memory->pending;
    plan_input.is_complete = input->is_look;

    enum decision decision = run_plan(&plan_input, plan);

    if (input->memory->owes_reload && decision != DECISION_RELOAD)
        return refuse(plan, "a reload was owed");
    return decision;
}

static bool have_same_structure(const struct decision_input *input)
{
    CLEANUP(buf_fini) struct buf difference = BUF_EMPTY;

    return input->before->config &&
           haproxy_config_same_structure(input->before->config, input->after->config, &difference);
}

/* Another one, which has read the files at its start: those before or the present ones. Which, the
 * times tell; within the second in which they were replaced its servers do, and then the rest of
 * both has to be the same. */
static enum decision decide_new_worker(const struct decision_input *input, struct plan *plan)
{
    const struct reading *before = input->before, *after = input->after;
    uint64_t started = input->worker.started;
    bool had_before = before->config && started >= before->changed;
    bool has_after =
        started > after->changed || (started == after->changed && have_same_structure(input));
    enum decision decision = DECISION_RELOAD;
    struct plan_input plan_input;

    if (has_after) {
        plan_input = make_input(input, after->config);
        plan_input.is_complete = true;
        decision = run_plan(&plan_input, plan);
    }
    if (decision == DECISION_RELOAD && had_before && started <= after->changed) {
        plan_fini(plan);
        plan_input = make_input(input, before->config);
        plan_input.is_complete = true;
        decision = run_plan(&plan_input, plan);
    }
    if (!has_after && !had_before)
        return refuse(plan, "it is not known which files it runs");
    return decision;
}

/* We know nothing, and have delivered nothing: if it has the servers of the files, it is taken to
 * run them. */
static enum decision decide_stranger(const struct decision_input *input, struct plan *plan)
{
    struct plan_input plan_input = make_input(input, input->after->config);

    plan_input.is_complete = true;
    return run_plan(&plan_input, plan);
}

static const char *reason_to_reload(const struct decision_input *input, bool is_same_worker)
{
    if (input->update.has_other_changes)
        return "a file that it reads beside its configuration has changed";
    if (input->update.is_doubtful)
        return "somebody else had changed its configuration";
    if (input->options->is_reload_only &&
        !(is_same_worker && input->memory->files == input->after->hash))
        return "'updates' is 'reload-only'";
    return NULL;
}

/* Of other files than ours we do not know what they say of its servers: none is touched. */
static enum decision decide_other_files(const struct decision_input *input, bool is_same_worker,
                                        struct plan *plan)
{
    const struct memory *memory = input->memory;
    bool is_current = is_same_worker && memory->files == input->after->hash &&
                      !memory->owes_reload && !memory->is_applying;
    bool is_newer = !is_same_worker && input->worker.started > input->after->changed;

    if (is_current || is_newer || (memory->worker.pid == 0 && input->is_look))
        return DECISION_NOTHING;
    return refuse(plan, input->other_files);
}

enum decision decide(const struct decision_input *input, struct plan *plan)
{
    const struct memory *memory = input->memory;
    bool is_same_worker = memory->worker.pid != 0 && worker_equal(memory->worker, input->worker);
    const char *reason = reason_to_reload(input, is_same_worker);

    if (reason)
        return refuse(plan, reason);
    if (input->other_files)
        return decide_other_files(input, is_same_worker, plan);
    if (is_same_worker && memory->is_applying)
        return input->before->config && input->before->hash == memory->files
                   ? DECISION_RESEND
                   : refuse(plan,
                            "an update was interrupted, and its files are not there any more");
    if (is_same_worker)
        return decide_same_worker(input, plan);
    if (memory->worker.pid == 0 && input->is_look)
        return decide_stranger(input, plan);
    return decide_new_worker(input, plan);
}

void decide_without_reload(const struct decision_input *input, struct plan *plan)
{
    struct plan_input plan_input = make_input(input, input->before->config);

    if (input->other_files || !input->before->config ||
        !worker_equal(input->memory->worker, input->worker))
        return;
    plan_input.pending = &input->memory->pending;
    plan_input.is_without_reload = true;
    plan_make(&plan_input, plan);
}

bool config_opens_socket(const struct haproxy_config *config, const char *socket)
{
    struct slice path = slice_from(socket);

    if (!config)
        return false;
    if (slice_starts_with(path, SLICE("unix@")))
        path = slice_sub(path, 5, path.len);
    for (size_t i = 0; i < config->n_lines; i++) {
        const struct haproxy_line *line = &config->lines[i];

        if (slice_is(line->keyword, "stats") && slice_is(line->section, "global") &&
            slice_find(line->content, path) != SLICE_NOT_FOUND)
            return true;
    }
    return false;
}
