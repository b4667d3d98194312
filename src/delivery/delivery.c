/* SPDX-License-Identifier: MIT */
/* One group's journey: from complete texts to installed files and a command that has succeeded. */
#include "delivery/delivery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "claimant.h"
#include "installed.h"
#include "io/file.h"
#include "io/timer.h"
#include "parcel.h"
#include "retry.h"
#include "stage.h"
#include "take_up.h"

#define MOST_DELAY_MS (UINT64_C(60) * 1000)

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
    bool is_retrying;
    struct delivery_handler handler;
    void *ctx;
    enum delivery_state state;
    bool is_tidy; /* leftovers of killed processes are gone */

    struct timer timer; /* WRITING */
    struct retry retry; /* of writing */
    uint64_t delay_ms;  /* until the next attempt to write */
    struct parcel kept; /* what could not be written, else PARCEL_NONE */
    char *write_error;  /* why; NULL: the latest texts are in place */

    struct claimant claimant;
    struct installed installed; /* outputs */

    struct take_up take_up;
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

    switch (delivery->take_up.state) {
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
    case DELIVERY_IDLE: take_up_forget_reasons(&delivery->take_up); break;
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

static void delivery_on_written(struct delivery *delivery, const struct stage *stage)
{
    const char *name = delivery->options->name;
    const struct parcel *parcel = stage->parcel;
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;
    bool was_failing = delivery->write_error;

    retry_end(&delivery->retry, loop_now_ms(delivery->loop), &after);
    free(TAKE(delivery->write_error));

    for (size_t i = 0; i < parcel->n_files; i++)
        if (stage->files[i].is_changed)
            log_info("delivery '%s': installed '%s' (%zu bytes)%s", name,
                     parcel->files[i].how.destination, parcel->files[i].text.len,
                     buf_slice(&after).ptr);
    if (was_failing && stage->n_changed == 0)
        log_info("delivery '%s': nothing left to install%s", name, buf_slice(&after).ptr);
}

static void delivery_on_write_failed(struct delivery *delivery, struct parcel *parcel,
                                     const struct error *err)
{
    CLEANUP(buf_fini) struct buf outlook = BUF_EMPTY;
    bool is_news = retry_add_failure(&delivery->retry, loop_now_ms(delivery->loop),
                                     slice_hash(slice_from(err->text)));

    free(delivery->write_error);
    delivery->write_error = memory_copy_string(err->text);
    if (delivery->is_retrying) {
        delivery->delay_ms = retry_delay_ms(&delivery->retry, MOST_DELAY_MS);
        parcel_keep(parcel);
        delivery->kept = parcel_take(parcel);
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
static void delivery_tidy_up(struct delivery *delivery, const struct parcel *parcel)
{
    if (delivery->is_tidy)
        return;
    delivery->is_tidy = true;
    for (size_t i = 0; i < parcel->n_files; i++)
        temp_file_remove_leftovers(parcel->files[i].how.destination);
}

/* What is in place now, of all or of a part. */
static void delivery_note_installed(struct delivery *delivery, const struct stage *stage)
{
    for (size_t i = 0; i < stage->n_files; i++) {
        const struct parcel_file *file = &stage->parcel->files[i];

        if (!stage->files[i].is_installed)
            continue;
        if (file->is_output)
            installed_add(&delivery->installed, file->how.destination, stage->files[i].id);
        take_up_add_file(&delivery->take_up, file->how.destination);
    }
}

/* Whether any file changed. What could not be written goes over into `kept`. */
static bool delivery_write(struct delivery *delivery, struct parcel *parcel)
{
    CLEANUP(stage_fini) struct stage stage = STAGE_NONE;
    size_t n_removed = 0;
    struct error err;

    delivery_tidy_up(delivery, parcel);

    bool is_written = parcel_check(parcel, &err) &&
                      claimant_take(&delivery->claimant, parcel, &err) &&
                      stage_write(&stage, parcel, &err) && stage_install(&stage, &err);

    delivery_note_installed(delivery, &stage);
    is_written =
        is_written && installed_remove_rest(&delivery->installed, parcel, delivery->claimant.claims,
                                            delivery->options->name, &n_removed, &err);
    if (stage.n_installed + n_removed > 0)
        take_up_owe(&delivery->take_up);
    if (is_written)
        delivery_on_written(delivery, &stage);
    else
        delivery_on_write_failed(delivery, parcel, &err);
    if (stage.n_installed + n_removed > 0 && delivery->handler.on_installed)
        delivery->handler.on_installed(delivery->ctx);
    delivery_enter(delivery, delivery_next_state(delivery));
    return stage.n_installed + n_removed > 0;
}

static void delivery_on_timer(void *ctx)
{
    struct delivery *delivery = ctx;
    CLEANUP(parcel_fini) struct parcel parcel = parcel_take(&delivery->kept);

    delivery_write(delivery, &parcel);
    delivery_run_command(delivery);
}

bool delivery_put(struct delivery *delivery, const struct delivery_pass *pass)
{
    CLEANUP(parcel_fini) struct parcel parcel = PARCEL_NONE;

    assert(pass->n_texts == delivery->options->n_files);
    take_up_add_reason(&delivery->take_up, slice_from(pass->reason));
    parcel_fini(&delivery->kept); /* a newer one takes its place */
    parcel_init(&parcel, delivery->options, pass);
    return delivery_write(delivery, &parcel);
}

/* --- The commands ---------------------------------------------------------------------------- */

static void delivery_on_taken_up(void *ctx)
{
    struct delivery *delivery = ctx;

    if (delivery->state != delivery_next_state(delivery))
        delivery_enter(delivery, delivery_next_state(delivery));
}

void delivery_run_command(struct delivery *delivery)
{
    if (!delivery->write_error) /* half a group is not taken up */
        take_up_start(&delivery->take_up);
}

/* --- Birth, death, questions ----------------------------------------------------------------- */

struct delivery *delivery_new(struct loop *loop, const struct delivery_options *options,
                              struct command_queue *queue, struct claims *claims, bool is_retrying,
                              const struct delivery_handler *handler, void *ctx)
{
    struct delivery *delivery = NEW(struct delivery);

    delivery->loop = loop;
    delivery->options = options;
    take_up_init(&delivery->take_up, options, queue, is_retrying, delivery_on_taken_up, delivery);
    claimant_init(&delivery->claimant, claims, options);
    delivery->is_retrying = is_retrying;
    if (handler)
        delivery->handler = *handler;
    delivery->ctx = ctx;
    delivery->state = DELIVERY_IDLE;
    timer_init(&delivery->timer, loop, delivery_on_timer, delivery);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    take_up_fini(&delivery->take_up);
    timer_fini(&delivery->timer);
    claimant_fini(&delivery->claimant);
    installed_fini(&delivery->installed);
    parcel_fini(&delivery->kept);
    free(delivery->write_error);
    free(delivery);
}

/* Claimed until a pass says what is written from now on. */
static void delivery_inherit_outputs(struct delivery *delivery, const struct installed *earlier)
{
    installed_add_all(&delivery->installed, earlier);
    for (size_t i = 0; i < earlier->n; i++)
        claimant_take_output(&delivery->claimant, earlier->files[i].path);
}

void delivery_inherit(struct delivery *delivery, const struct delivery *earlier)
{
    delivery_inherit_outputs(delivery, &earlier->installed);
    take_up_inherit(&delivery->take_up, &earlier->take_up);
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
    return delivery->take_up.error ? delivery->take_up.error : "";
}

const struct delivery_options *delivery_get_options(const struct delivery *delivery)
{
    return delivery->options;
}
