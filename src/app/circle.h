/* SPDX-License-Identifier: MIT */
/* What the cycle consists of: shared by cycle.c, which turns it, and cycle_status.c, which tells.
 */
#pragma once

#include "app/cycle.h"
#include "consul/watch_set.h"
#include "data/store.h"
#include "delivery/command_queue.h"
#include "file_set.h"
#include "job.h"

struct cycle {
    struct loop *loop;
    struct cycle_options options;
    struct cycle_handler handler;
    void *ctx;
    const struct config *config;
    struct loop_source *turn; /* deferred: what is due at the end of a turn of the loop */
    struct store *store;
    struct watch_set *watches;
    struct file_set *files;
    struct command_queue *commands;
    struct job_reporter reporter;
    struct job **jobs;
    size_t n_jobs;
    bool is_stopped;
    bool has_failed;   /* --once: something did; -dry: standard output */
    bool is_finishing; /* no more renders, commands run */
    bool is_finished;
};

/* What keeps a job from being up to date, as "template 'x': …"; nothing if it is. */
void cycle_describe_job(const struct cycle *cycle, const struct job *job, struct buf *out);
