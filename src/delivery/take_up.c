/* SPDX-License-Identifier: MIT */
/* Having installed files taken up. */
#include "take_up.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "delivery/environment.h"

void take_up_init(struct take_up *take_up, const struct delivery_options *options,
                  struct command_queue *queue, bool is_retrying, void (*on_change)(void *ctx),
                  void *ctx)
{
    *take_up = (struct take_up){
        .options = options,
        .queue = queue,
        .is_retrying = is_retrying,
        .on_change = on_change,
        .ctx = ctx,
        .state = TAKE_UP_DONE,
    };
}

void take_up_fini(struct take_up *take_up)
{
    hitless_free(take_up->hitless);
    command_queue_cancel(take_up->queue, take_up);
    free(take_up->error);
    buf_fini(&take_up->files);
    buf_fini(&take_up->reason);
}

void take_up_add_file(struct take_up *take_up, const char *path)
{
    if (take_up->hitless)
        hitless_add_file(take_up->hitless, path);
    if (take_up->options->n_commands > 0 &&
        !environment_list_add(&take_up->files, '\n', slice_from(path)))
        log_warn("delivery '%s': EDGEWRIGHT_FILES has no room for '%s' (limit %u bytes)",
                 take_up->options->name, path, LIMIT_COMMAND_ENV_BYTES);
}

void take_up_doubt(struct take_up *take_up)
{
    if (take_up->hitless)
        hitless_doubt(take_up->hitless);
}

/* A reason that finds no room any more is one of many: the command learns of the first ones. */
void take_up_add_reason(struct take_up *take_up, struct slice reason)
{
    if (reason.len > 0 && take_up->reason.len + reason.len < LIMIT_COMMAND_REASON_BYTES)
        (void)environment_list_add(&take_up->reason, ';', reason);
}

void take_up_forget_reasons(struct take_up *take_up)
{
    if (take_up->state == TAKE_UP_DONE)
        buf_clear(&take_up->reason);
}

static bool has_something_to_do(const struct take_up *take_up)
{
    return take_up->options->n_commands > 0 || take_up->hitless;
}

void take_up_owe(struct take_up *take_up)
{
    if (has_something_to_do(take_up))
        take_up->state = TAKE_UP_DUE;
}

static void add_files(struct take_up *take_up, struct slice files)
{
    struct slice path;

    while (files.len > 0 && slice_next(&files, '\n', &path))
        (void)environment_list_add(&take_up->files, '\n', path);
}

static bool has_commands_of(const struct take_up *take_up, const struct take_up *earlier)
{
    const struct delivery_options *own = take_up->options, *others = earlier->options;

    if (own->n_commands != others->n_commands)
        return false;
    for (size_t i = 0; i < own->n_commands; i++)
        if (!delivery_command_equal(&own->commands[i], &others->commands[i]))
            return false;
    return true;
}

void take_up_inherit(struct take_up *take_up, const struct take_up *earlier)
{
    if (take_up->hitless && earlier->hitless)
        hitless_inherit(take_up->hitless, earlier->hitless);
    if (earlier->state == TAKE_UP_DONE || !has_something_to_do(take_up))
        return;
    add_files(take_up, buf_slice(&earlier->files));
    take_up_add_reason(take_up, buf_slice(&earlier->reason));
    if (take_up->state == TAKE_UP_DONE && earlier->state == TAKE_UP_ASKED &&
        has_commands_of(take_up, earlier) &&
        command_queue_hand_over(take_up->queue, earlier, take_up)) {
        take_up->state = TAKE_UP_ASKED;
        take_up->next = earlier->next;
    } else {
        take_up_owe(take_up);
    }
}

static void take_up_ask(struct take_up *take_up);

static void take_up_on_failure(struct take_up *take_up, const struct child_result *result)
{
    struct buf how = BUF_EMPTY;

    buf_add_string(&how, "command: ");
    child_result_format(result, &how);
    take_up->error = buf_take(&how);
    if (take_up->state != TAKE_UP_DUE)
        take_up->state = take_up->is_retrying ? TAKE_UP_RETRIED : TAKE_UP_FAILED;
}

static void take_up_on_done(struct take_up *take_up)
{
    take_up->state = TAKE_UP_DONE;
    buf_clear(&take_up->files);
    buf_clear(&take_up->reason);
}

static void take_up_on_success(struct take_up *take_up)
{
    if (take_up->state == TAKE_UP_DUE)
        return;
    if (++take_up->next < take_up->options->n_commands)
        take_up_ask(take_up);
    else
        take_up_on_done(take_up);
}

/* --- HAProxy --------------------------------------------------------------------------------- */

static void take_up_on_haproxy(void *ctx, const char *failure, bool is_evidence)
{
    struct take_up *take_up = ctx;

    take_up->is_refused = take_up->is_evidence = is_evidence;
    free(take_up->error);
    take_up->error = memory_copy_string(failure);
    if (take_up->state != TAKE_UP_DUE) {
        if (!failure)
            take_up_on_done(take_up);
        else
            take_up->state = take_up->is_retrying ? TAKE_UP_RETRIED : TAKE_UP_FAILED;
    }
    take_up->on_change(take_up->ctx);
}

static bool take_up_run_for_haproxy(void *ctx)
{
    struct take_up *take_up = ctx;

    take_up->next = 0;
    if (take_up->options->n_commands > 0)
        take_up_ask(take_up);
    return take_up->options->n_commands > 0;
}

/* One run of one of the commands that HAProxy has asked for: only it knows what follows. */
static void take_up_on_run_for_haproxy(struct take_up *take_up, const struct child_result *result)
{
    CLEANUP(buf_fini) struct buf how = BUF_EMPTY;

    if (command_succeeded(result) && ++take_up->next < take_up->options->n_commands) {
        take_up_ask(take_up);
        return;
    }
    buf_add_string(&how, "command: ");
    child_result_format(result, &how);
    hitless_on_commands(take_up->hitless, command_succeeded(result), how.ptr);
}

static void take_up_on_stopped(void *ctx)
{
    struct take_up *take_up = ctx;

    take_up->is_stopping = false;
    take_up->on_change(take_up->ctx);
}

void take_up_use_haproxy(struct take_up *take_up, const struct delivery_means *means)
{
    static const struct hitless_handler handler = { take_up_on_haproxy, take_up_run_for_haproxy,
                                                    take_up_on_stopped };

    take_up->hitless = hitless_new(means, take_up->options, &handler, take_up);
}

void take_up_hold(struct take_up *take_up)
{
    bool is_held = false;

    switch (take_up->state) {
    case TAKE_UP_DONE:
    case TAKE_UP_DUE:
    case TAKE_UP_FAILED: return;
    case TAKE_UP_ASKED:
        is_held = !take_up->hitless && command_queue_withdraw(take_up->queue, take_up);
        break;
    case TAKE_UP_RETRIED:
        is_held = take_up->hitless || command_queue_withdraw(take_up->queue, take_up);
        if (take_up->hitless)
            hitless_hold(take_up->hitless);
        break;
    }
    if (is_held)
        take_up->state = TAKE_UP_DUE;
}

void take_up_stop(struct take_up *take_up)
{
    if (!take_up->hitless || take_up->is_stopping)
        return;
    take_up->is_stopping = true;
    hitless_stop(take_up->hitless);
}

/* --- Commands -------------------------------------------------------------------------------- */

/* In DUE a newer text is in place already, and this run may not have seen it. */
static void take_up_on_run(void *ctx, const struct child_result *result)
{
    struct take_up *take_up = ctx;

    if (take_up->hitless) {
        take_up_on_run_for_haproxy(take_up, result);
        return;
    }
    free(TAKE(take_up->error));
    take_up->is_refused = command_refused(result);
    if (command_succeeded(result))
        take_up_on_success(take_up);
    else
        take_up_on_failure(take_up, result);
    take_up->on_change(take_up->ctx);
}

static void take_up_ask(struct take_up *take_up)
{
    const struct delivery_command *run = &take_up->options->commands[take_up->next];
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY;

    buf_printf(&name, "delivery '%s'", take_up->options->name);

    struct command_request request = {
        .name = name.ptr,
        .command = &run->command,
        .manner = &run->manner,
        .timeout_ms = run->timeout_ms,
        .files = buf_slice(&take_up->files).ptr,
        .reason = buf_slice(&take_up->reason).ptr,
        .is_token_passed = run->pass_token,
        .is_retrying = take_up->is_retrying && !take_up->hitless,
        .on_run = take_up_on_run,
        .ctx = take_up,
    };

    if (!take_up->hitless)
        take_up->state = TAKE_UP_ASKED;
    command_queue_add(take_up->queue, &request);
}

void take_up_start(struct take_up *take_up)
{
    if (take_up->state != TAKE_UP_DUE || take_up->is_stopping)
        return;
    take_up->next = 0;
    if (take_up->hitless) {
        take_up->state = TAKE_UP_ASKED;
        hitless_apply(take_up->hitless);
    } else {
        take_up_ask(take_up);
    }
}
