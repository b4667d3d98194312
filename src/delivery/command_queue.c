/* SPDX-License-Identifier: MIT */
/* A queue that runs commands in order, equal ones once. */
#include "delivery/command_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "budget.h"
#include "delivery/environment.h"
#include "io/timer.h"
#include "output.h"
#include "retry.h"
#include "waiters.h"

#define MOST_DELAY_MS (UINT64_C(5) * 60 * 1000)
#define SHOWN_BYTES   200 /* of a command, in the log */

/*      WAITING --its turn--> RUNNING --success, or nobody retries--> gone
 *         ^  ^                 |  |
 *         |  `--somebody came--'  | failure
 *         |     meanwhile         v
 *         `--------time-------- BACKOFF
 */
enum job_state { JOB_WAITING, JOB_RUNNING, JOB_BACKOFF };

/* A command, and all who wait for it. */
struct job {
    struct command_queue *queue;
    struct command command;
    struct command_manner manner;
    bool is_token_passed;
    enum job_state state;
    struct waiters waiters;
    struct retry retry;
    struct timer timer; /* BACKOFF */
    uint64_t delay_ms;  /* until the next attempt */
    /* The present or last run. */
    struct child *child;
    const void *
        *served; /* who had asked when it began, also those who have not waited for its end */
    size_t n_served;
    char *subject;
    struct output output;
};

struct command_queue {
    struct loop *loop;
    struct loop_source *starter;
    struct job **jobs; /* those that wait: in the order of their turns */
    size_t n_jobs, cap_jobs;
    char *consul_address;
    struct environment secrets;
    size_t most_running;
    struct budget budget;
    struct timer budget_timer; /* until a command may run again */
    struct command_totals totals;
};

void command_queue_get_totals(const struct command_queue *queue, struct command_totals *ret_totals)
{
    *ret_totals = queue->totals;
}

bool command_succeeded(const struct child_result *result)
{
    return result->outcome == CHILD_EXITED && result->status == 0;
}

/* What a shell says of a command that it cannot execute, or not find. */
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127

bool command_refused(const struct child_result *result)
{
    return result->outcome == CHILD_EXITED && result->status != 0 &&
           result->status != STATUS_NOT_EXECUTABLE && result->status != STATUS_NOT_FOUND;
}

static void queue_append(struct command_queue *queue, struct job *job)
{
    GROW(queue->jobs, queue->n_jobs, queue->cap_jobs);
    queue->jobs[queue->n_jobs++] = job;
}

static void queue_remove(struct command_queue *queue, const struct job *job)
{
    size_t i = 0;

    while (queue->jobs[i] != job)
        i++;
    queue->n_jobs--;
    memmove(&queue->jobs[i], &queue->jobs[i + 1], (queue->n_jobs - i) * sizeof(queue->jobs[0]));
}

/* --- Jobs ------------------------------------------------------------------------------------ */

static void job_enter(struct job *job, enum job_state next);

static void job_on_timer(void *ctx)
{
    job_enter(ctx, JOB_WAITING);
}

static const struct command_manner *manner_of(const struct command_request *request)
{
    static const struct command_manner usual = { .kill_timeout_ms = 5000 };

    return request->manner ? request->manner : &usual;
}

static struct job *job_new(struct command_queue *queue, const struct command_request *request)
{
    struct job *job = NEW(struct job);

    job->queue = queue;
    job->command = command_copy(request->command);
    job->manner = command_manner_copy(manner_of(request));
    job->is_token_passed = request->is_token_passed;
    job->state = JOB_WAITING;
    job->output = OUTPUT_NONE;
    job->waiters = WAITERS_NONE;
    timer_init(&job->timer, queue->loop, job_on_timer, job);
    queue_append(queue, job);
    return job;
}

static void job_free(struct job *job)
{
    waiters_fini(&job->waiters);
    child_free(job->child);
    timer_fini(&job->timer);
    output_fini(&job->output);
    command_fini(&job->command);
    command_manner_fini(&job->manner);
    free(job->served);
    free(job->subject);
    free(job);
}

static void queue_drop(struct command_queue *queue, struct job *job)
{
    queue_remove(queue, job);
    job_free(job);
}

/* "delivery 'web' and 2 more", and the same with ": command 'systemctl reload haproxy'". */
static void job_name_run(struct job *job)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY, askers = BUF_EMPTY;
    struct buf subject = BUF_EMPTY;

    command_format(&job->command, &command);
    waiters_format(&job->waiters, &askers);
    buf_printf(&subject, "%s: command '%.*s%s'", askers.ptr,
               SLICE_ARG(slice_sub(buf_slice(&command), 0, SHOWN_BYTES)),
               command.len > SHOWN_BYTES ? "…" : "");
    free(job->subject);
    job->subject = buf_take(&subject);

    /* What nobody sees as it comes is kept, so that a failure can still show it. */
    output_begin(&job->output, askers.ptr,
                 job->retry.n_failures > 0 || !log_is_enabled(LOG_LEVEL_INFO));
}

static void job_make_environment(const struct job *job, struct environment *env)
{
    CLEANUP(buf_fini) struct buf files = BUF_EMPTY, reason = BUF_EMPTY;
    const struct command_queue *queue = job->queue;
    size_t n_left_out = waiters_list_files(&job->waiters, &files);

    if (n_left_out > 0)
        log_warn("%s: EDGEWRIGHT_FILES has no room for %zu more paths (limit %u bytes)",
                 job->subject, n_left_out, LIMIT_COMMAND_ENV_BYTES);
    waiters_list_reasons(&job->waiters, &reason);

    environment_inherit(env, environ, job->is_token_passed);
    if (queue->consul_address)
        environment_set(env, "CONSUL_HTTP_ADDR", queue->consul_address);
    for (size_t i = 0; job->is_token_passed && i < queue->secrets.n; i++)
        environment_set_line(env, queue->secrets.lines[i]);
    environment_restrict(env, &job->manner.environment);
    environment_set(env, "EDGEWRIGHT_FILES", buf_slice(&files).ptr);
    environment_set(env, "EDGEWRIGHT_REASON", buf_slice(&reason).ptr);
}

/* --- A run ----------------------------------------------------------------------------------- */

static void job_on_line(void *ctx, struct slice line)
{
    struct job *job = ctx;

    output_add_line(&job->output, line);
}

/* Its askers say what has come of it: here, only that it works again. */
static void job_log_success(struct job *job, uint64_t elapsed_ms)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    bool was_failing = job->retry.n_failures > 0;
    const struct log_about about = { .event = was_failing ? LOG_EVENT_RECOVERED : LOG_EVENT_NONE };

    buf_printf(&text, "%s succeeded (", job->subject);
    format_duration(&text, elapsed_ms);
    buf_add_byte(&text, ')');
    output_end(&job->output, true, LOG_LEVEL_INFO);
    retry_end(&job->retry, loop_now_ms(job->queue->loop), &text);
    log_about(was_failing ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, &about, "%s", text.ptr);
}

/* Ends a line about a failure: what happens next. */
static void job_add_outlook(const struct job *job, struct buf *text)
{
    if (waiters_have_newcomer(&job->waiters)) {
        buf_add_string(text, "; it runs again at once");
    } else if (waiters_are_retrying(&job->waiters)) {
        buf_add_string(text, "; next attempt in ");
        format_duration(text, job->delay_ms);
    }
}

static void job_log_failure(struct job *job, const struct child_result *result)
{
    CLEANUP(buf_fini) struct buf how = BUF_EMPTY, text = BUF_EMPTY;

    child_result_format(result, &how);

    uint64_t hash = slice_hash(buf_slice(&how)) ^ job->output.hash;
    bool is_news = retry_add_failure(&job->retry, loop_now_ms(job->queue->loop), hash);

    job->delay_ms = retry_delay_ms(&job->retry, MOST_DELAY_MS);
    buf_printf(&text, "%s failed: %s", job->subject, how.ptr);
    job_add_outlook(job, &text);
    output_end(&job->output, is_news, LOG_LEVEL_ERR);
    log_about(is_news ? LOG_LEVEL_ERR : LOG_LEVEL_DEBUG,
              &(struct log_about){ .event = LOG_EVENT_COMMAND_FAILED, .reason = how.ptr }, "%s",
              text.ptr);
}

static void job_on_done(void *ctx, const struct child_result *result)
{
    struct job *job = ctx;
    struct command_queue *queue = job->queue;

    child_free(TAKE(job->child));
    job->n_served = 0;
    queue->totals.took_ms += result->elapsed_ms;
    if (command_succeeded(result)) {
        queue->totals.n_succeeded++;
        job_log_success(job, result->elapsed_ms);
    } else {
        queue->totals.n_failed++;
        job_log_failure(job, result);
    }
    waiters_tell(&job->waiters, result);

    if (job->waiters.n == 0)
        queue_drop(queue, job);
    else
        job_enter(job, waiters_have_newcomer(&job->waiters) ? JOB_WAITING : JOB_BACKOFF);
    loop_defer(queue->starter);
}

static void job_run(struct job *job)
{
    static const struct child_handler handler = { .on_line = job_on_line, .on_done = job_on_done };
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    const char **argv = command_argv(&job->command);

    waiters_begin_run(&job->waiters);
    job->served = memory_resize_array(job->served, job->waiters.n, sizeof(*job->served));
    job->n_served = waiters_list_askers(&job->waiters, job->served);
    job_name_run(job);
    job_make_environment(job, &env);
    log_debug("%s starts", job->subject);

    struct child_options options = { .argv = argv,
                                     .envp = environment_lines(&env),
                                     .timeout_ms = waiters_timeout_ms(&job->waiters),
                                     .kill_after_ms = job->manner.kill_timeout_ms,
                                     .stop_signal = job->manner.kill_signal };

    job->child = child_start(job->queue->loop, &options, &handler, job);
    free(argv);
}

static void job_enter(struct job *job, enum job_state next)
{
    struct command_queue *queue = job->queue;

    job->state = next;
    timer_stop(&job->timer);

    switch (next) {
    case JOB_WAITING:
        queue_remove(queue, job);
        queue_append(queue, job);
        loop_defer(queue->starter);
        return;
    case JOB_RUNNING: job_run(job); return;
    case JOB_BACKOFF: timer_start_ms(&job->timer, job->delay_ms); return;
    }
}

/* --- The queue ------------------------------------------------------------------------------- */

static struct job *queue_find_in_state(const struct command_queue *queue, enum job_state state)
{
    for (size_t i = 0; i < queue->n_jobs; i++)
        if (queue->jobs[i]->state == state)
            return queue->jobs[i];
    return NULL;
}

/* One of those who wait for it is served by a run of another command: that one ends first. */
static bool job_is_blocked(const struct job *job)
{
    const struct command_queue *queue = job->queue;

    for (size_t i = 0; i < queue->n_jobs; i++)
        for (size_t k = 0; k < queue->jobs[i]->n_served; k++)
            if (waiters_have(&job->waiters, queue->jobs[i]->served[k]))
                return true;
    return false;
}

static uint64_t job_wait_ms(const struct job *job)
{
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;

    command_format(&job->command, &key);
    return budget_wait_ms(&job->queue->budget, buf_slice(&key), loop_now_ms(job->queue->loop));
}

static void job_start(struct job *job)
{
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;

    command_format(&job->command, &key);
    budget_spend(&job->queue->budget, buf_slice(&key), loop_now_ms(job->queue->loop));
    job_enter(job, JOB_RUNNING);
}

static size_t count_running(const struct command_queue *queue)
{
    size_t n = 0;

    for (size_t i = 0; i < queue->n_jobs; i++)
        n += queue->jobs[i]->state == JOB_RUNNING;
    return n;
}

/* All that may run now. */
static void queue_start_next(void *ctx)
{
    struct command_queue *queue = ctx;
    size_t n_running = count_running(queue);
    uint64_t soonest_ms = UINT64_MAX;

    for (size_t i = 0; i < queue->n_jobs && n_running < queue->most_running; i++) {
        struct job *job = queue->jobs[i];
        uint64_t wait_ms;

        if (job->state != JOB_WAITING || job_is_blocked(job))
            continue;
        wait_ms = job_wait_ms(job);
        if (wait_ms == 0) {
            job_start(job);
            n_running++;
        } else if (wait_ms < soonest_ms) {
            soonest_ms = wait_ms;
        }
    }
    if (soonest_ms < UINT64_MAX)
        timer_start_ms(&queue->budget_timer, soonest_ms);
}

struct command_queue *command_queue_new(struct loop *loop, const char *consul_address)
{
    struct command_queue *queue = NEW(struct command_queue);
    struct error err;

    queue->loop = loop;
    queue->secrets = ENVIRONMENT_EMPTY;
    queue->most_running = 1;
    queue->budget = BUDGET_NONE;
    timer_init(&queue->budget_timer, loop, queue_start_next, queue);
    command_queue_set_consul(queue, consul_address, NULL);
    if (!loop_add_deferred(loop, queue_start_next, queue, &queue->starter, &err)) {
        log_err("commands: %s", err.text);
        abort(); /* nothing but memory can be missing here */
    }
    return queue;
}

void command_queue_set_consul(struct command_queue *queue, const char *consul_address,
                              const char *const *secrets)
{
    free(queue->consul_address);
    queue->consul_address = memory_copy_string(consul_address);
    environment_fini(&queue->secrets);
    for (; secrets && *secrets; secrets++)
        environment_set_line(&queue->secrets, *secrets);
}

void command_queue_set_pace(struct command_queue *queue, const struct command_pace *pace)
{
    queue->most_running = pace->n_running;
    queue->budget.n_at_once = pace->n_at_once;
    queue->budget.period_ms = pace->period_ms;
}

void command_queue_free(struct command_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->n_jobs; i++)
        job_free(queue->jobs[i]);
    free(queue->jobs);
    timer_fini(&queue->budget_timer);
    budget_fini(&queue->budget);
    loop_source_free(queue->starter);
    environment_fini(&queue->secrets);
    free(queue->consul_address);
    free(queue);
}

static struct job *queue_find_job(const struct command_queue *queue,
                                  const struct command_request *request)
{
    for (size_t i = 0; i < queue->n_jobs; i++) {
        struct job *job = queue->jobs[i];

        if (job->is_token_passed == request->is_token_passed &&
            command_equal(&job->command, request->command) &&
            command_manner_equal(&job->manner, manner_of(request)))
            return job;
    }
    return NULL;
}

/* Of the requests of a ctx (there is one, or a new one besides) the one that is not `keep`. */
static void queue_remove_request(struct command_queue *queue, const void *ctx,
                                 const struct waiter *keep)
{
    for (size_t i = 0; i < queue->n_jobs; i++) {
        struct job *job = queue->jobs[i];

        if (!waiters_remove(&job->waiters, ctx, keep))
            continue;
        if (job->waiters.n == 0 && job->state != JOB_RUNNING)
            queue_drop(queue, job);
        return;
    }
}

void command_queue_add(struct command_queue *queue, const struct command_request *request)
{
    assert(request->command->n_words > 0);

    struct job *job = queue_find_job(queue, request);

    if (!job)
        job = job_new(queue, request);

    /* The new one before the old one goes: the job shall not lose its memory of failures. */
    const struct waiter *waiter = waiters_add(&job->waiters, request);

    queue_remove_request(queue, request->ctx, waiter);
    if (job->state == JOB_BACKOFF)
        job_enter(job, JOB_WAITING);
    loop_defer(queue->starter);
}

void command_queue_cancel(struct command_queue *queue, const void *ctx)
{
    queue_remove_request(queue, ctx, NULL);
}

bool command_queue_withdraw(struct command_queue *queue, const void *ctx)
{
    for (size_t i = 0; i < queue->n_jobs; i++) {
        const struct job *job = queue->jobs[i];

        if (!waiters_have(&job->waiters, ctx))
            continue;
        if (job->child && waiters_have_in_run(&job->waiters, ctx))
            return false;
        queue_remove_request(queue, ctx, NULL);
        return true;
    }
    return false;
}

bool command_queue_hand_over(struct command_queue *queue, const void *ctx, void *to)
{
    for (size_t i = 0; i < queue->n_jobs; i++)
        if (waiters_hand_over(&queue->jobs[i]->waiters, ctx, to))
            return true;
    return false;
}

bool command_queue_is_idle(const struct command_queue *queue)
{
    return !queue_find_in_state(queue, JOB_WAITING) && !queue_find_in_state(queue, JOB_RUNNING);
}
