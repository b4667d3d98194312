/* SPDX-License-Identifier: MIT */
/* One template on its way. */
#include "job.h"

#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "escape.h"
#include "escape_check.h"
#include "host_addresses.h"
#include "io/file.h"
#include "place_book.h"
#include "tmpl/check.h"
#include "tmpl/replay.h"

#define GATHER_MS     20   /* several answers are missing: look again this long after one came */
#define PATIENCE_MS   5000 /* a template that waits that long says for what */
#define MISSING_NAMED 5    /* questions that such a line names */

const char *job_state_name(enum job_state state)
{
    switch (state) {
    case JOB_INCOMPLETE: return "incomplete";
    case JOB_CURRENT: return "current";
    case JOB_QUIET: return "quiet";
    case JOB_FAILED: return "failed";
    }
    return "?";
}

static void job_set_due(struct job *job)
{
    timer_stop(&job->quiet);
    job->is_due = true;
    loop_defer(job->due_signal);
}

void job_demand(struct job *job)
{
    job_set_due(job);
}

static void job_on_quiet(void *ctx)
{
    job_set_due(ctx);
}

static void job_on_patience(void *ctx)
{
    struct job *job = ctx;

    job->reporter->on_blocked(job->reporter->ctx, job);
}

static void job_enter(struct job *job, enum job_state next)
{
    enum job_state before = job->state;
    bool was_blocked = before == JOB_INCOMPLETE || before == JOB_FAILED;

    job->state = next;
    if (!was_blocked)
        job->blocked_ms = loop_now_ms(job->quiet.loop);
    switch (next) {
    case JOB_INCOMPLETE:
        timer_stop(&job->quiet);
        if (before != JOB_INCOMPLETE) /* else it has run since then, and spoken once */
            timer_start_ms(&job->patience, PATIENCE_MS);
        return;
    case JOB_CURRENT:
    case JOB_QUIET:
    case JOB_FAILED:
        timer_stop(&job->quiet);
        timer_stop(&job->patience);
        return;
    }
}

static void add_to_report(const struct error *err, struct slice text, struct buf *report)
{
    buf_printf(report, "%s\n", err->text);
    error_add_excerpt(err, text, report);
}

/* What errors call it: a text that stands in a configuration has no file of its own. */
static void add_name(const struct template_config *config, struct buf *out)
{
    if (config->source)
        buf_add_string(out, config->source);
    else
        buf_printf(out, "%s:%u (contents)", config->pos.source, config->pos.line);
}

static bool parse_template(const struct template_config *config, struct template **ret_tmpl,
                           struct buf *report, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY, name = BUF_EMPTY;
    struct template_options options = {
        .left_delimiter = config->left_delimiter,
        .right_delimiter = config->right_delimiter,
        .error_on_missing_key = config->error_on_missing_key,
        .denylist = (const char *const *)config->denylist,
        .n_denylist = config->n_denylist,
        .sandbox_path = config->sandbox_path,
    };

    if (config->contents)
        buf_add_string(&text, config->contents);
    else if (!file_read(config->source, LIMIT_TEMPLATE_BYTES, &text, err)) {
        error_wrap(err, "template '%s'", config->source);
        buf_printf(report, "%s\n", err->text);
        return false;
    }
    add_name(config, &name);
    if (template_new(name.ptr, buf_slice(&text), &options, ret_tmpl, err))
        return true;
    add_to_report(err, buf_slice(&text), report);
    return false;
}

/* What is certainly wrong though it parses. False if anything is. */
static bool check_template(const struct template *tmpl, struct buf *report)
{
    struct check_findings findings = CHECK_FINDINGS_EMPTY;
    bool is_ok;

    template_check(tmpl, &findings);
    is_ok = findings.n == 0;
    for (size_t i = 0; i < findings.n; i++)
        add_to_report(&findings.items[i], template_source(tmpl), report);
    if (findings.n_more)
        buf_printf(report, "and %zu more\n", findings.n_more);
    check_findings_fini(&findings);
    return is_ok;
}

bool job_check(const struct template_config *config, const struct data_file *data,
               struct buf *report)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    struct error err = ERROR_EMPTY;

    if (!parse_template(config, &tmpl, report, &err) || !check_template(tmpl, report))
        return false;
    if (data && config->escape != ESCAPE_HAPROXY)
        escape_check(tmpl, data, report);
    return true;
}

/* The peer renders a template whose untaken branch is wrong: so do we, after a word. */
static void warn_of_findings(const struct template *tmpl)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;

    check_template(tmpl, &report);
    log_lines(LOG_LEVEL_WARN, buf_slice(&report));
}

bool job_new(struct loop *loop, const struct template_config *config,
             const struct wait_options *wait, struct loop_source *due_signal,
             const struct job_reporter *reporter, struct job **ret_job, struct buf *report,
             struct error *err)
{
    CLEANUP(job_freep) struct job *job = NEW(struct job);

    job->config = config;
    job->wait = config->wait.is_set ? &config->wait : wait;
    job->name = config->delivery.name;
    job->due_signal = due_signal;
    job->reporter = reporter;
    timer_init(&job->quiet, loop, job_on_quiet, job);
    timer_init(&job->patience, loop, job_on_patience, job);
    if (!parse_template(config, &job->tmpl, report, err))
        return false;
    warn_of_findings(job->tmpl);
    job->replay = replay_new(LIMIT_REPLAY_BYTES);
    job->state = JOB_INCOMPLETE;
    job->blocked_ms = loop_now_ms(loop);
    timer_start_ms(&job->patience, PATIENCE_MS);
    job_set_due(job);
    *ret_job = TAKE(job);
    return true;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    timer_fini(&job->quiet);
    timer_fini(&job->patience);
    template_free(job->tmpl);
    replay_free(job->replay);
    dep_set_fini(&job->asked);
    dep_set_fini(&job->pending);
    changes_fini(&job->changes);
    free(job);
}

/* A change after a complete pass: due at once, or after a moment of quiet; each further change
 * prolongs that, up to the maximum after the first one. */
static void job_on_change(struct job *job)
{
    const struct wait_options *wait = job->wait;
    uint64_t now = loop_now_ms(job->quiet.loop);

    if (!wait->is_set || wait->min_ms == 0 || !job->was_complete) {
        job_set_due(job);
        return;
    }
    if (job->state != JOB_QUIET) {
        job->first_change_ms = now;
        job_enter(job, JOB_QUIET);
    }

    uint64_t latest = job->first_change_ms + wait->max_ms;
    uint64_t at = now + wait->min_ms < latest ? now + wait->min_ms : latest;

    timer_start_ms(&job->quiet, at > now ? at - now : 0);
}

void job_hurry(struct job *job)
{
    if (job->state == JOB_QUIET && !job->is_due)
        job_set_due(job);
}

void job_take_reason(struct job *job, struct buf *out)
{
    if (job->changes.n > 0)
        changes_take(&job->changes, out);
    else
        buf_add_string(out, job->has_reported ? "what is left out has changed" : "first render");
    job->has_reported = true;
}

bool job_on_answer(struct job *job, const struct store *store, const struct dep *dep,
                   bool was_answered, struct document *before)
{
    if (!dep_set_has(&job->asked, dep->key))
        return false;
    if (job->was_complete)
        changes_add(&job->changes, store, dep, before);
    if (job->is_due)
        return true;
    if (job->state != JOB_INCOMPLETE) {
        job_on_change(job);
        return true;
    }
    if (!was_answered && job->n_unanswered > 0 && dep_set_has(&job->pending, dep->key))
        job->n_unanswered--;
    if (job->n_unanswered == 0)
        job_set_due(job);
    else if (!job->quiet.is_running)
        timer_start_ms(&job->quiet, GATHER_MS);
    return true;
}

void job_look_again(struct job *job)
{
    if (job->state != JOB_INCOMPLETE && !job->is_due)
        job_set_due(job);
}

static void job_note_questions(struct job *job)
{
    job->has_new_questions = true;
    job->n_asked_changes++;
}

void job_keep_asking(struct job *job, const struct dep_set *questions)
{
    if (dep_set_add_all(&job->asked, questions))
        job_note_questions(job);
}

static const char *job_get_env(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

/* Takes over what the pass has asked. A complete pass says all that is needed; an incomplete one
 * has not seen all branches, so it only adds. */
static void job_take_questions(struct job *job, struct render *render, struct answer_source answers,
                               bool is_complete)
{
    const struct dep *dep;
    const struct value *value;

    if (is_complete && !dep_set_equal(&job->asked, &render->questions)) {
        dep_set_fini(&job->asked);
        job->asked = dep_set_take(&render->questions);
        job_note_questions(job);
    } else if (!is_complete) {
        job_keep_asking(job, &render->questions);
    }
    dep_set_fini(&job->pending);
    job->pending = dep_set_take(&render->pending);
    job->n_unanswered = 0;
    for (size_t i = 0; (dep = dep_set_next(&job->pending, &i)) != NULL;)
        job->n_unanswered += answers.get(answers.ctx, dep, &value) == ANSWER_PENDING;
}

static bool job_run(const struct job *job, struct replay *replay, struct answer_source answers,
                    struct buf *text, struct render *render, struct error *err)
{
    CLEANUP(host_addresses_fini) struct host_addresses addresses = { .is_read = false };
    struct render_environment environment = { .answers = answers,
                                              .get_env = job_get_env,
                                              .get_addresses = host_addresses_get,
                                              .addresses_ctx = &addresses,
                                              .asked_before = &job->asked,
                                              .replay = replay };
    struct escape escape;
    struct text_sink sink = escape_begin(&escape, job->config->escape, text);

    clock_gettime(CLOCK_REALTIME, &environment.now);
    if (job->places)
        environment.places = place_book_get(job->places, job->name);
    escape_add_files(&escape, &environment);
    return template_render(job->tmpl, &environment, &sink, render, err);
}

bool job_try(const struct job *job, struct answer_source answers, struct buf *text,
             struct render *render, struct error *err)
{
    return job_run(job, NULL, answers, text, render, err);
}

enum job_pass job_render(struct job *job, struct answer_source answers, struct buf *text,
                         struct render *render)
{
    struct error err = ERROR_EMPTY;

    job->is_due = false;

    bool is_rendered = job_run(job, job->replay, answers, text, render, &err);
    bool is_complete = dep_set_count(&render->pending) == 0;

    /* An error while answers are missing may be theirs: an index into a list that is still empty.
     */
    job_take_questions(job, render, answers, is_rendered && is_complete);
    if (!is_complete) {
        job_enter(job, JOB_INCOMPLETE);
        return JOB_PASS_INCOMPLETE;
    }
    if (!is_rendered) {
        redact_error(&err); /* it may quote a key's value */
        job->last_error = err;
        job_enter(job, JOB_FAILED);
        return JOB_PASS_FAILED;
    }
    job->last_error = ERROR_EMPTY;
    job->was_complete = true;
    job_enter(job, JOB_CURRENT);
    return JOB_PASS_COMPLETE;
}

void job_describe_missing(const struct job *job,
                          const char *(*reason)(const void *ctx, const struct dep *dep),
                          const void *ctx, struct buf *out)
{
    size_t n = dep_set_count(&job->pending), n_named = 0;
    const struct dep *dep;

    if (n == 0)
        buf_add_string(out, "its first render");
    for (size_t i = 0;
         n_named < MISSING_NAMED && (dep = dep_set_next(&job->pending, &i)) != NULL;) {
        const char *why = reason(ctx, dep);

        buf_printf(out, "%s%.*s", n_named++ ? ", " : "", SLICE_ARG(dep->key));
        if (why && *why)
            buf_printf(out, " (%s)", why);
    }
    if (n > n_named)
        buf_printf(out, " and %zu more", n - n_named);
}
