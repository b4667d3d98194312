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
    command_queue_cancel(take_up->queue, take_up);
    free(take_up->error);
    buf_fini(&take_up->files);
    buf_fini(&take_up->reason);
}

void take_up_add_file(struct take_up *take_up, const char *path)
{
    if (take_up->options->n_commands > 0 &&
        !environment_list_add(&take_up->files, '\n', slice_from(path)))
        log_warn("delivery '%s': EDGEWRIGHT_FILES has no room for '%s' (limit %u bytes)",
                 take_up->options->name, path, LIMIT_COMMAND_ENV_BYTES);
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

void take_up_owe(struct take_up *take_up)
{
    if (take_up->options->n_commands > 0)
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
    if (earlier->state == TAKE_UP_DONE || take_up->options->n_commands == 0)
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

static void take_up_on_success(struct take_up *take_up)
{
    if (take_up->state == TAKE_UP_DUE)
        return;
    if (++take_up->next < take_up->options->n_commands) {
        take_up_ask(take_up);
        return;
    }
    take_up->state = TAKE_UP_DONE;
    buf_clear(&take_up->files);
    buf_clear(&take_up->reason);
}

/* In DUE a newer text is in place already, and this run may not have seen it. */
static void take_up_on_run(void *ctx, const struct child_result *result)
{
    struct take_up *take_up = ctx;

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
        .is_retrying = take_up->is_retrying,
        .on_run = take_up_on_run,
        .ctx = take_up,
    };

    take_up->state = TAKE_UP_ASKED;
    command_queue_add(take_up->queue, &request);
}

void take_up_start(struct take_up *take_up)
{
    if (take_up->state != TAKE_UP_DUE)
        return;
    take_up->next = 0;
    take_up_ask(take_up);
}
