/* SPDX-License-Identifier: MIT */
/* One group's journey: from complete texts to installed files and a command that has succeeded. */
#include "delivery/delivery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "delivery/environment.h"
#include "io/file.h"
#include "io/timer.h"
#include "retry.h"
#include "stage.h"

#define MOST_DELAY_MS (UINT64_C(60) * 1000)

/* How far the command is behind the files. */
enum take_up {
    TAKE_UP_DONE,
    TAKE_UP_DUE,     /* a file was replaced; nobody asked for the command yet */
    TAKE_UP_ASKED,   /* it waits in the queue, or runs */
    TAKE_UP_RETRIED, /* it failed; the queue runs it again */
    TAKE_UP_FAILED,  /* it failed, and nobody runs it again */
};

/*        new text          command queued       success
 *   IDLE --------> (write) --------------> QUEUED -----> IDLE
 *                   ^   |                  ^    |
 *              time |   | failure     time |    | failure
 *                   |   v                  |    v
 *                  WRITING                 OWED          without retries: FAILED
 *
 * A new text in any state is written at once, and its command comes after a run that is under way.
 * The state follows from two facts, delivery_next_state(). */
struct delivery {
    struct loop *loop;
    const struct delivery_options *options;
    struct command_queue *queue;
    bool is_retrying;
    struct delivery_handler handler;
    void *ctx;
    enum delivery_state state;
    bool is_tidy; /* leftovers of killed processes are gone */

    struct timer timer; /* WRITING */
    struct retry retry; /* of writing */
    uint64_t delay_ms;  /* until the next attempt to write */
    struct buf *kept;   /* the texts that could not be written, else NULL */
    char *write_error;  /* why; NULL: the latest texts are in place */

    enum take_up take_up;
    char *command_error; /* of the last run; NULL: it succeeded */
    bool *is_unapplied;  /* for each file: replaced since the command last succeeded */
    struct buf reason;   /* for the command: what changed since then */
};

const char *delivery_state_name(enum delivery_state state)
{
    switch (state) {
    case DELIVERY_IDLE: return "idle";
    case DELIVERY_WRITING: return "writing";
    case DELIVERY_QUEUED: return "queued";
    case DELIVERY_OWED: return "owed";
    case DELIVERY_FAILED: return "failed";
    }
    return "?";
}

static enum delivery_state delivery_next_state(const struct delivery *delivery)
{
    if (delivery->write_error)
        return delivery->is_retrying ? DELIVERY_WRITING : DELIVERY_FAILED;

    switch (delivery->take_up) {
    case TAKE_UP_DONE: return DELIVERY_IDLE;
    case TAKE_UP_DUE:
    case TAKE_UP_ASKED: return DELIVERY_QUEUED;
    case TAKE_UP_RETRIED: return DELIVERY_OWED;
    case TAKE_UP_FAILED: return DELIVERY_FAILED;
    }
    return DELIVERY_FAILED;
}

static void delivery_enter(struct delivery *delivery, enum delivery_state next)
{
    bool is_news = next != delivery->state;

    delivery->state = next;
    timer_stop(&delivery->timer);

    switch (next) {
    case DELIVERY_WRITING: timer_start_ms(&delivery->timer, delivery->delay_ms); break;
    case DELIVERY_IDLE: buf_clear(&delivery->reason); break;
    case DELIVERY_QUEUED:
    case DELIVERY_OWED:
    case DELIVERY_FAILED: break;
    }
    if (is_news)
        log_debug("delivery '%s': %s", delivery->options->name, delivery_state_name(next));
    if (is_news && delivery->handler.on_state)
        delivery->handler.on_state(delivery->ctx, next);
}

/* --- Writing --------------------------------------------------------------------------------- */

static void free_texts(struct buf *texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        buf_fini(&texts[i]);
    free(texts);
}

static void delivery_forget_texts(struct delivery *delivery)
{
    free_texts(TAKE(delivery->kept), delivery->options->n_files);
}

static void delivery_keep_texts(struct delivery *delivery, const struct slice *texts)
{
    size_t n = delivery->options->n_files;

    delivery_forget_texts(delivery);
    delivery->kept = memory_alloc(n * sizeof(*delivery->kept));
    for (size_t i = 0; i < n; i++)
        buf_add(&delivery->kept[i], texts[i]);
}

static void delivery_on_written(struct delivery *delivery, const struct slice *texts,
                                const struct stage *stage)
{
    const struct delivery_options *options = delivery->options;
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;
    bool was_failing = delivery->write_error;

    retry_end(&delivery->retry, loop_now_ms(delivery->loop), &after);
    free(TAKE(delivery->write_error));
    delivery_forget_texts(delivery);

    for (size_t i = 0; i < options->n_files; i++)
        if (stage->is_changed[i])
            log_info("delivery '%s': installed '%s' (%zu bytes)%s", options->name,
                     options->files[i].destination, texts[i].len, buf_slice(&after).ptr);
    if (was_failing && stage->n_changed == 0)
        log_info("delivery '%s': nothing left to install%s", options->name, buf_slice(&after).ptr);
}

static void delivery_on_write_failed(struct delivery *delivery, const struct slice *texts,
                                     const struct error *err)
{
    CLEANUP(buf_fini) struct buf outlook = BUF_EMPTY;
    bool is_news = retry_add_failure(&delivery->retry, loop_now_ms(delivery->loop),
                                     slice_hash(slice_from(err->text)));

    free(delivery->write_error);
    delivery->write_error = memory_copy_string(err->text);
    if (delivery->is_retrying) {
        delivery->delay_ms = retry_delay_ms(&delivery->retry, MOST_DELAY_MS);
        delivery_keep_texts(delivery, texts);
        buf_add_string(&outlook, "; next attempt in ");
        format_duration(&outlook, delivery->delay_ms);
    }
    if (is_news)
        log_err("delivery '%s': %s%s", delivery->options->name, err->text, buf_slice(&outlook).ptr);
    else
        log_debug("delivery '%s': %s%s", delivery->options->name, err->text,
                  buf_slice(&outlook).ptr);
}

/* Before the first text: what an earlier life of ours may have left. */
static void delivery_tidy_up(struct delivery *delivery)
{
    if (delivery->is_tidy)
        return;
    delivery->is_tidy = true;
    for (size_t i = 0; i < delivery->options->n_files; i++)
        temp_file_remove_leftovers(delivery->options->files[i].destination);
}

/* Whether any file changed. */
static bool delivery_write(struct delivery *delivery, const struct slice *texts)
{
    CLEANUP(stage_fini) struct stage stage = STAGE_NONE;
    struct error err;

    delivery_tidy_up(delivery);

    bool is_written = stage_write(&stage, delivery->options, texts, &err) &&
                      stage_install(&stage, delivery->is_unapplied, &err);

    if (stage.n_installed > 0 && delivery->options->command.n_words > 0)
        delivery->take_up = TAKE_UP_DUE;
    if (is_written)
        delivery_on_written(delivery, texts, &stage);
    else
        delivery_on_write_failed(delivery, texts, &err);
    delivery_enter(delivery, delivery_next_state(delivery));
    return stage.n_installed > 0;
}

static void delivery_on_timer(void *ctx)
{
    struct delivery *delivery = ctx;
    size_t n = delivery->options->n_files;
    struct buf *kept = TAKE(delivery->kept); /* kept anew if it fails again */
    struct slice *texts = memory_resize_array(NULL, n, sizeof(*texts));

    for (size_t i = 0; i < n; i++)
        texts[i] = buf_slice(&kept[i]);
    delivery_write(delivery, texts);
    free(texts);
    free_texts(kept, n);
    delivery_run_command(delivery);
}

bool delivery_put(struct delivery *delivery, const struct slice *texts, size_t n_texts,
                  const char *reason)
{
    assert(n_texts == delivery->options->n_files);

    struct slice item = slice_from(reason);

    /* A reason that finds no room any more is one of many: the command learns of the first ones. */
    if (item.len > 0 && delivery->reason.len + item.len < LIMIT_COMMAND_REASON_BYTES)
        (void)environment_list_add(&delivery->reason, ';', item);
    return delivery_write(delivery, texts);
}

/* --- The command ----------------------------------------------------------------------------- */

static void delivery_on_run(void *ctx, const struct child_result *result)
{
    struct delivery *delivery = ctx;
    CLEANUP(buf_fini) struct buf how = BUF_EMPTY;

    free(TAKE(delivery->command_error));
    if (!command_succeeded(result)) {
        buf_add_string(&how, "command: ");
        child_result_format(result, &how);
        delivery->command_error = buf_take(&how);
    }
    /* A newer text is in place already, and this run may not have seen it. */
    if (delivery->take_up == TAKE_UP_DUE)
        return;

    if (delivery->command_error) {
        delivery->take_up = delivery->is_retrying ? TAKE_UP_RETRIED : TAKE_UP_FAILED;
    } else {
        delivery->take_up = TAKE_UP_DONE;
        memset(delivery->is_unapplied, 0,
               delivery->options->n_files * sizeof(*delivery->is_unapplied));
    }
    if (delivery->state != delivery_next_state(delivery))
        delivery_enter(delivery, delivery_next_state(delivery));
}

/* The paths that were replaced since the command last succeeded, one a line. */
static void delivery_list_unapplied(const struct delivery *delivery, struct buf *out)
{
    for (size_t i = 0; i < delivery->options->n_files; i++)
        if (delivery->is_unapplied[i])
            buf_printf(out, "%s%s", out->len > 0 ? "\n" : "",
                       delivery->options->files[i].destination);
}

void delivery_run_command(struct delivery *delivery)
{
    const struct delivery_options *options = delivery->options;
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY, files = BUF_EMPTY;

    /* Half a group is not taken up. */
    if (delivery->take_up != TAKE_UP_DUE || delivery->write_error)
        return;

    buf_printf(&name, "delivery '%s'", options->name);
    delivery_list_unapplied(delivery, &files);

    struct command_request request = {
        .name = name.ptr,
        .command = &options->command,
        .timeout_ms = options->command_timeout_ms,
        .files = buf_slice(&files).ptr,
        .reason = buf_slice(&delivery->reason).ptr,
        .is_token_passed = options->pass_token,
        .is_retrying = delivery->is_retrying,
        .on_run = delivery_on_run,
        .ctx = delivery,
    };

    delivery->take_up = TAKE_UP_ASKED;
    command_queue_add(delivery->queue, &request);
}

/* --- Birth, death, questions ----------------------------------------------------------------- */

struct delivery *delivery_new(struct loop *loop, const struct delivery_options *options,
                              struct command_queue *queue, bool is_retrying,
                              const struct delivery_handler *handler, void *ctx)
{
    struct delivery *delivery = NEW(struct delivery);

    delivery->loop = loop;
    delivery->options = options;
    delivery->queue = queue;
    delivery->is_retrying = is_retrying;
    if (handler)
        delivery->handler = *handler;
    delivery->ctx = ctx;
    delivery->state = DELIVERY_IDLE;
    delivery->is_unapplied = memory_alloc(options->n_files * sizeof(*delivery->is_unapplied));
    timer_init(&delivery->timer, loop, delivery_on_timer, delivery);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    command_queue_cancel(delivery->queue, delivery);
    timer_fini(&delivery->timer);
    delivery_forget_texts(delivery);
    free(delivery->write_error);
    free(delivery->command_error);
    free(delivery->is_unapplied);
    buf_fini(&delivery->reason);
    free(delivery);
}

static bool delivery_has_unapplied(const struct delivery *delivery, const char *destination)
{
    for (size_t i = 0; i < delivery->options->n_files; i++)
        if (delivery->is_unapplied[i] &&
            strcmp(delivery->options->files[i].destination, destination) == 0)
            return true;
    return false;
}

void delivery_inherit(struct delivery *delivery, const struct delivery *earlier)
{
    const struct delivery_options *options = delivery->options;

    if (earlier->take_up == TAKE_UP_DONE || options->command.n_words == 0)
        return;
    for (size_t i = 0; i < options->n_files; i++)
        if (delivery_has_unapplied(earlier, options->files[i].destination))
            delivery->is_unapplied[i] = true;
    buf_clear(&delivery->reason);
    buf_add(&delivery->reason, buf_slice(&earlier->reason));
    delivery->take_up = TAKE_UP_DUE;
    delivery_enter(delivery, delivery_next_state(delivery));
}

enum delivery_state delivery_get_state(const struct delivery *delivery)
{
    return delivery->state;
}

const char *delivery_last_error(const struct delivery *delivery)
{
    if (delivery->write_error)
        return delivery->write_error;
    return delivery->command_error ? delivery->command_error : "";
}

const struct delivery_options *delivery_get_options(const struct delivery *delivery)
{
    return delivery->options;
}
