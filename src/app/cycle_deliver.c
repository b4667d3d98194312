/* SPDX-License-Identifier: MIT */
/* Where a complete pass goes: to its delivery, or with -dry to standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "circle.h"
#include "delivery/difference.h"

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

/* Against the file that is there; all of the text where there is none to compare with. */
static bool add_difference(struct buf *out, struct slice path, struct slice text, struct error *err)
{
    char *name = slice_to_string(path);
    bool is_good = difference_format(path.len ? name : "/dev/null", text, 0, out, err);

    free(name);
    return is_good;
}

static bool add_pass(const struct cycle *cycle, struct buf *out, struct slice path,
                     struct slice text, struct error *err)
{
    if (cycle->options.is_diff)
        return add_difference(out, path, text, err);
    add_printed(out, path, text);
    return true;
}

/* What was printed last is not printed again. Nobody reads any more: that ends the program, whether
 * --once or not. */
static void cycle_print(struct cycle *cycle, struct job *job, struct slice text,
                        const struct render *render)
{
    CLEANUP(buf_fini) struct buf printed = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_good = add_pass(cycle, &printed, slice_from(job->config->delivery.files[0].destination),
                            text, &err);

    for (size_t i = 0; i < render->n_outputs && is_good; i++)
        is_good =
            add_pass(cycle, &printed, render->outputs[i].path, render->outputs[i].content, &err);

    uint64_t hash = slice_hash(buf_slice(&printed));

    if (job->is_printed && job->printed_hash == hash)
        return;
    job->is_printed = true;
    job->printed_hash = hash;
    if (!is_good || !print(buf_slice(&printed), &err)) {
        log_err("%s", err.text);
        cycle_fail(cycle);
    }
}

void cycle_deliver(struct cycle *cycle, struct job *job, struct slice text,
                   const struct render *render)
{
    if (cycle->options.record)
        return;
    if (cycle->options.is_dry) {
        cycle_print(cycle, job, text, render);
        return;
    }
    job->is_withheld = cycle_is_paused(cycle, job->group) || cycle_would_go_back(cycle, job);
    if (!job->is_withheld)
        group_take(job->group, job, text, render);
}

/* A failure, which is final with --once alone, may come from a checker, long after the text. */
static void cycle_notice_failure(struct cycle *cycle, const struct group *group)
{
    enum delivery_state state =
        group->delivery ? delivery_get_state(group->delivery) : DELIVERY_IDLE;

    if (state == DELIVERY_FAILED || state == DELIVERY_REFUSED)
        cycle_fail(cycle);
}

void cycle_judge_groups(struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->groups.n; i++) {
        if (cycle->groups.items[i]->delivery)
            group_judge(cycle->groups.items[i]);
    }
}

void cycle_deliver_groups(struct cycle *cycle)
{
    for (size_t i = 0; i < cycle->groups.n; i++) {
        struct group *group = cycle->groups.items[i];

        if (!cycle_is_paused(cycle, group))
            group_deliver(group);
        if (cycle->options.is_once && !cycle->has_failed)
            cycle_notice_failure(cycle, group);
    }
}
