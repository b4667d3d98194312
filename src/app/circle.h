/* SPDX-License-Identifier: MIT */
/* What the cycle consists of: shared by cycle.c, which turns it, cycle_deliver.c, which hands over
 * what was rendered, cycle_watches.c, which keeps what is watched, cycle_status.c, which tells,
 * cycle_holds.c, which tells what is held, and cycle_control.c, where operators come in. */
#pragma once

#include "app/cycle.h"
#include "base/log.h"
#include "consul/watch_set.h"
#include "data/belief.h"
#include "data/store.h"
#include "data_file.h"
#include "delivery/claims.h"
#include "delivery/command_queue.h"
#include "file_set.h"
#include "group.h"
#include "io/timer.h"
#include "job.h"
#include "last_known.h"
#include "pause.h"
#include "place_book.h"

struct cycle {
    struct loop *loop;
    struct cycle_options options;
    struct cycle_handler handler;
    void *ctx;
    const struct config *config;
    struct loop_source *turn; /* deferred: what is due at the end of a turn of the loop */
    struct store *store;
    struct belief *belief; /* between what Consul says and the store */
    struct timer settle_timer;
    struct timer tidy_timer;    /* runs after a render */
    uint64_t tidied_ms;         /* when memory was given back; 0: not yet */
    struct data_file *data;     /* NULL: Consul answers */
    struct dep_set not_in_data; /* said already */
    struct last_known *known;
    struct map stale; /* answers of before this start that are shown: cycle_known.c */
    struct dep_set not_known;
    struct map returns; /* instances that serve again: cycle_registered.c */
    bool is_consul_away;
    bool has_too_many_secrets; /* said once */
    struct place_book *places; /* of `slots` */
    struct pause *pause;       /* whose passes are not delivered */
    struct watch_set *watches;
    struct file_set *files;
    struct command_queue *commands;
    struct gate *checks;
    struct journal *journal; /* NULL: there is no state_dir, or not for us */
    struct claims *claims;   /* of the jobs' deliveries */
    struct job_reporter reporter;
    /* What the jobs of the configuration before asked: watched until all of these have been
     * complete once, so that what both ask keeps its answers. */
    struct dep_set inherited;
    struct job **jobs;
    size_t n_jobs;
    struct groups groups; /* of the jobs */
    uint64_t n_installs;
    bool has_new_jobs; /* the watches do not know of them yet */
    bool keeps_output; /* of checks: a template reads it */
    bool is_stopped;
    bool has_failed;   /* --once: something did; -dry: standard output */
    bool is_finishing; /* no more renders, commands run */
    bool is_finished;
};

/* --once, or nobody reads standard output: the program is to end. */
void cycle_fail(struct cycle *cycle);

/* Renders a job that is due, and hands over or says what came out. */
void cycle_render(struct cycle *cycle, struct job *job);

/* What became of texts that had to be checked. */
void cycle_judge_groups(struct cycle *cycle);

/* A complete pass: its text and outputs go to the delivery, or with -dry to standard output. */
void cycle_deliver(struct cycle *cycle, struct job *job, struct slice text,
                   const struct render *render);

/* Groups of several templates whose last pass is complete go to their deliveries. With --once, what
 * has failed in delivery ends it. */
void cycle_deliver_groups(struct cycle *cycle);

/* Every template has been, at least once. */
bool cycle_is_rendered(const struct cycle *cycle);

/* Watches follow the questions of all jobs. Only a complete pass takes questions away. */
void cycle_update_watches(struct cycle *cycle);
/* Whether what checks have said is kept, as the jobs need it. */
void cycle_choose_output(struct cycle *cycle);

/* What templates see from now on; takes over the document. */
void cycle_show(void *ctx, const struct dep *dep, struct document *doc);
/* An instance with this address is in the catalogue, and not critical. For deliveries. */
bool cycle_is_registered(void *ctx, const struct haproxy_address *address);
/* It is healthy, and in no maintenance. */
bool cycle_is_serving(void *ctx, const struct haproxy_address *address);
/* Why it has come, or what has become of it, in a few words; NULL: it is no instance's. */
const char *cycle_cause_of(void *ctx, const struct haproxy_address *address, bool has_come);
/* An answer has taken the place of another one; NULL: there was, or is, no such thing. */
void cycle_note_returns(struct cycle *cycle, const struct document *before,
                        const struct document *after);
void cycle_forget_returns(struct cycle *cycle);
bool cycle_is_paused(const struct cycle *cycle, const struct group *group);
void cycle_apply_pause(struct cycle *cycle); /* to the deliveries */
/* What was not delivered is rendered again, unless it is still paused. */
void cycle_deliver_withheld(struct cycle *cycle);

/* What it says must not be read in the log: values of the KV store, unless they are public. Those
 * in the answer before (NULL: none) have been hidden. */
void cycle_hide(struct cycle *cycle, const struct dep *dep, const struct document *earlier);
/* With another configuration, other keys are public. */
void cycle_hide_inherited(struct cycle *cycle);

/* The same for what Consul has just said. */
void cycle_show_fresh(struct cycle *cycle, const struct dep *dep, struct document *doc);

/* --- Last known good, cycle_known.c ---------------------------------------------------------- */

struct last_known *cycle_make_last_known(struct cycle *cycle);
/* What is wanted and has no answer yet will be compared with what was known before. */
void cycle_remember(struct cycle *cycle, const struct dep_set *wanted);
/* The store has another answer of Consul's, with that index, for the next process. */
void cycle_keep_answer(struct cycle *cycle, const struct dep *dep, uint64_t index);
/* Consul has answered itself. */
void cycle_note_answer(struct cycle *cycle, const struct dep *dep);
void cycle_forget_stale(struct cycle *cycle);
/* While Consul is away: groups of which a file is missing are rendered from what was known. */
void cycle_fall_back(struct cycle *cycle);
/* Consul is away and the group's files are in place as they were installed in an earlier life, or
 * as somebody has changed them since. */
bool cycle_relies_on_last_good(const struct cycle *cycle, const struct group *group);
/* A file that is in place may be newer than the stale answers that this job uses. */
bool cycle_would_go_back(const struct cycle *cycle, const struct job *job);
void cycle_describe_stale(const struct cycle *cycle, struct buf *out);
void cycle_add_stale(const struct cycle *cycle, struct json_node *to); /* as "stale" */

/* HAProxies that are kept up to date while they run, as "haproxy"; cycle_haproxy.c */
void cycle_add_haproxies(const struct cycle *cycle, struct json_node *to);

/* --- Ways around Consul, cycle_data.c -------------------------------------------------------- */

/* --data: what is wanted and has no answer yet is looked up there. */
void cycle_answer_from_data(struct cycle *cycle, const struct dep_set *wanted);
/* Another file, taken over: its answers are looked up anew; those of local files are kept. */
void cycle_change_data(struct cycle *cycle, struct data_file *data);
MUST_CHECK bool cycle_record(const struct cycle *cycle, struct error *err);

/* The timer follows what is held. */
void cycle_plan_settling(struct cycle *cycle);

/* What of a question is held, why and until when, as one line. */
/* One line of the log that is about the service of a question. */
void cycle_log_service(enum log_level level, enum log_event event, const struct dep *dep,
                       const char *text);
void cycle_log_released(const struct dep *dep, const char *why);
void cycle_describe_hold(const struct belief_hold *hold, uint64_t now_ms, struct buf *out);
/* The same of all that is held, behind "; "; nothing if nothing is. */
void cycle_describe_holds(const struct cycle *cycle, struct buf *out);
void cycle_add_holds(const struct cycle *cycle, struct json_node *to); /* as "held" */

/* What keeps a job from being up to date, as "template 'x': …"; nothing if it is. */
void cycle_describe_job(const struct cycle *cycle, const struct job *job, struct buf *out);
