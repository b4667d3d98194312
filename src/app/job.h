/* SPDX-License-Identifier: MIT */
/* One template on its way: when it is rendered, what it asked, what it waits for.
 *
 * A job decides when it is due; the cycle renders due jobs at the end of a turn of the loop.
 *
 *   INCOMPLETE  some answers are missing: due again when the last of them is there (or a moment
 *               after the first of several, because branches may need other ones)
 *   CURRENT     the last pass was complete and handed over
 *   QUIET       something has changed, and `wait` asks for a moment of quiet first
 *   FAILED      all answers are there and the pass failed: due again when one changes */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "changes.h"
#include "config/config.h"
#include "data/dep.h"
#include "data/store.h"
#include "delivery/delivery.h"
#include "io/timer.h"
#include "tmpl/template.h"

enum job_state { JOB_INCOMPLETE, JOB_CURRENT, JOB_QUIET, JOB_FAILED };

struct data_file;
struct group;
struct place_book;

struct job {
    const struct template_config *config; /* borrowed */
    const struct wait_options *wait;      /* its own, or that of all; borrowed */
    const char *name;                     /* for people: the destination, or the source with -dry */
    struct template *tmpl;
    struct group *group;            /* what it is delivered with; borrowed */
    struct place_book *places;      /* what `slots` knows of before; NULL: nothing; borrowed */
    struct loop_source *due_signal; /* armed when the job becomes due; the cycle's */
    enum job_state state;
    bool is_due;
    bool was_complete; /* at least once */
    bool has_reported; /* why a pass was made, at least once */
    bool is_withheld;  /* its last complete pass was not delivered: somebody has paused it */

    bool has_new_questions;   /* the last pass has changed `asked`; the cycle resets it */
    struct dep_set asked;     /* by the last complete pass and all passes since */
    uint64_t n_asked_changes; /* of `asked`, so far: the same number, the same questions */
    struct dep_set pending;   /* what the last pass missed */
    struct replay *replay;    /* what passes repeat of the ones before */
    size_t n_unanswered;      /* of these, how many have no answer of any kind */

    bool is_printed; /* with -dry */
    uint64_t printed_hash;

    struct timer quiet;    /* QUIET: the moment of quiet; INCOMPLETE: for more answers to come in */
    struct timer patience; /* INCOMPLETE: then say what is missing */
    uint64_t first_change_ms; /* QUIET: since when */
    uint64_t blocked_ms;      /* INCOMPLETE, FAILED: since when, on the loop's clock */
    struct changes changes;   /* of answers, since the last complete pass */
    struct error last_error;  /* code ERROR_NONE: none */
    const struct job_reporter *reporter;
};

/* Who is told that a job has waited for its patience. */
struct job_reporter {
    void (*on_blocked)(void *ctx, struct job *job);
    void *ctx;
};

/* Reads and parses the template. `wait` is for a template that sets none of its own.
 * On an error, `report` gets its text and excerpt. */
MUST_CHECK bool job_new(struct loop *loop, const struct template_config *config,
                        const struct wait_options *wait, struct loop_source *due_signal,
                        const struct job_reporter *reporter, struct job **ret_job,
                        struct buf *report, struct error *err);
/* Reads, parses and checks; everything that is wrong is added to the report. With data (may be
 * NULL) also what is not wrong, but would change with `escape: haproxy`. */
bool job_check(const struct template_config *config, const struct data_file *data,
               struct buf *report);
void job_free(struct job *job);
DEFINE_FREEP(struct job, job_free)

const char *job_state_name(enum job_state state);

/* An answer has come in or changed. False if the job did not ask for it. before: what it was,
 * borrowed; NULL: there was no such thing. */
bool job_on_answer(struct job *job, const struct store *store, const struct dep *dep,
                   bool was_answered, struct document *before);

/* Ends a moment of quiet: due now. */
void job_hurry(struct job *job);
/* Due now, whether anything has changed or not. */
void job_demand(struct job *job);

/* What it is shown has changed although no answer has: due now, unless it waits for answers. */
void job_look_again(struct job *job);
/* Questions that are watched though the last complete pass did not ask them. */
void job_keep_asking(struct job *job, const struct dep_set *questions);

enum job_pass {
    JOB_PASS_COMPLETE,   /* `text` is whole */
    JOB_PASS_INCOMPLETE, /* answers are missing; the questions are in job->asked */
    JOB_PASS_FAILED,     /* job->last_error says why */
};

/* Renders once into an empty text; `render` is empty, too, and has the outputs of a complete pass.
 */
enum job_pass job_render(struct job *job, struct answer_source answers, struct buf *text,
                         struct render *render);

/* The same without any consequence: what the text would be. Whole if true is returned and nothing
 * is pending in `render`. */
MUST_CHECK bool job_try(const struct job *job, struct answer_source answers, struct buf *text,
                        struct render *render, struct error *err);

/* Why the last complete pass was made ("first render", "health.service(web), kv.get(a)"); begins
 * the next reason. */
void job_take_reason(struct job *job, struct buf *out);

/* Which of its questions keep it waiting, with their reasons, as one line. reason may return NULL.
 */
void job_describe_missing(const struct job *job,
                          const char *(*reason)(const void *ctx, const struct dep *dep),
                          const void *ctx, struct buf *out);
