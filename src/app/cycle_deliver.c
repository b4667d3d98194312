/* SPDX-License-Identifier: MIT */
/* Where a complete pass goes: to its delivery, or with -dry to standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "circle.h"

/* The peer's form: where it would go, then the bytes. */
static void add_printed(struct buf *out, struct slice path, struct slice text)
{
    buf_add_string(out, "> ");
    buf_add(out, path);
    buf_add_byte(out, '\n');
    buf_add(out, text);
}

static bool print(struct slice text, struct error *err)
{
    if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        return error_set_errno(err, "standard output");
    return true;
}

/* What was printed last is not printed again. Nobody reads any more: that ends the program, whether
 * --once or not. */
static void cycle_print(struct cycle *cycle, struct job *job, struct slice text,
                        const struct render *render)
{
    CLEANUP(buf_fini) struct buf printed = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    add_printed(&printed, slice_from(job->config->delivery.files[0].destination), text);
    for (size_t i = 0; i < render->n_outputs; i++)
        add_printed(&printed, render->outputs[i].path, render->outputs[i].content);

    uint64_t hash = slice_hash(buf_slice(&printed));

    if (job->is_printed && job->printed_hash == hash)
        return;
    job->is_printed = true;
    job->printed_hash = hash;
    if (!print(buf_slice(&printed), &err)) {
        log_err("%s", err.text);
        cycle_fail(cycle);
    }
}

/* The outputs as the delivery takes them, as many as the render has; the caller frees them. */
static struct delivery_output *make_outputs(const struct render *render)
{
    struct delivery_output *outputs =
        memory_resize_array(NULL, render->n_outputs, sizeof(*outputs));

    for (size_t i = 0; i < render->n_outputs; i++) {
        const struct render_output *output = &render->outputs[i];

        outputs[i] = (struct delivery_output){
            .path = output->path,
            .user = output->user,
            .group = output->group,
            .perms = (mode_t)output->mode,
            .text = output->content,
        };
    }
    return outputs;
}

void cycle_deliver(struct cycle *cycle, struct job *job, struct slice text,
                   const struct render *render)
{
    CLEANUP(buf_fini) struct buf reason = BUF_EMPTY;

    job_take_reason(job, &reason);
    if (cycle->options.is_dry) {
        cycle_print(cycle, job, text, render);
        return;
    }

    struct delivery_output *outputs = make_outputs(render);

    delivery_put(job->delivery, &(struct delivery_pass){ .texts = &text,
                                                         .n_texts = 1,
                                                         .outputs = outputs,
                                                         .n_outputs = render->n_outputs,
                                                         .reason = reason.ptr });
    free(outputs);
    if (delivery_get_state(job->delivery) == DELIVERY_FAILED) /* only without retries */
        cycle_fail(cycle);
}
