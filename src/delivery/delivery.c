/* SPDX-License-Identifier: MIT */
/* One group's journey: from complete texts to installed files and a command that has succeeded. */
#include "delivery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "io/file.h"

#define MOST_DELAY_MS (UINT64_C(60) * 1000)

/* At most this part of the time goes into checking: the next check waits so many times as long as
 * the last one took. */
#define REST_FACTOR  4
#define MOST_REST_MS 60000

const char *delivery_state_name(enum delivery_state state)
{
    switch (state) {
    case DELIVERY_IDLE: return "idle";
    case DELIVERY_CHECKING: return "checking";
    case DELIVERY_REFUSED: return "refused";
    case DELIVERY_UNCHECKED: return "unchecked";
    case DELIVERY_WRITING: return "writing";
    case DELIVERY_QUEUED: return "queued";
    case DELIVERY_OWED: return "owed";
    case DELIVERY_FAILED: return "failed";
    }
    return "?";
}

static enum delivery_state delivery_state_of_commands(const struct delivery *delivery)
{
    switch (delivery->take_up.state) {
    case TAKE_UP_DONE: return DELIVERY_IDLE;
    case TAKE_UP_DUE:
    case TAKE_UP_ASKED: return DELIVERY_QUEUED;
    case TAKE_UP_RETRIED: return DELIVERY_OWED;
    case TAKE_UP_FAILED: return DELIVERY_FAILED;
    }
    return DELIVERY_FAILED;
}

enum delivery_state delivery_next_state(const struct delivery *delivery)
{
    enum delivery_state of_commands = delivery_state_of_commands(delivery);

    switch (delivery->obstacle) {
    case OBSTACLE_NONE: break;
    case OBSTACLE_WRITE: return delivery->means.is_retrying ? DELIVERY_WRITING : DELIVERY_FAILED;
    case OBSTACLE_CHECK: return delivery->means.is_retrying ? DELIVERY_UNCHECKED : DELIVERY_FAILED;
    }
    if (delivery->trial || delivery->kept.files)
        return DELIVERY_CHECKING;
    return delivery->refusal && of_commands != DELIVERY_QUEUED ? DELIVERY_REFUSED : of_commands;
}

static uint64_t delivery_rest_ms(const struct delivery *delivery)
{
    uint64_t now_ms = loop_now_ms(delivery->means.loop);

    return delivery->rest_until_ms > now_ms ? delivery->rest_until_ms - now_ms : 0;
}

void delivery_enter(struct delivery *delivery, enum delivery_state next)
{
    bool is_news = next != delivery->state;

    delivery->state = next;
    timer_stop(&delivery->timer);

    switch (next) {
    case DELIVERY_CHECKING:
        if (!delivery->trial)
            timer_start_ms(&delivery->timer, delivery_rest_ms(delivery));
        break;
    case DELIVERY_WRITING:
    case DELIVERY_UNCHECKED: timer_start_ms(&delivery->timer, delivery->delay_ms); break;
    case DELIVERY_IDLE: take_up_forget_reasons(&delivery->take_up); break;
    case DELIVERY_REFUSED:
    case DELIVERY_QUEUED:
    case DELIVERY_OWED:
    case DELIVERY_FAILED: break;
    }
    if (is_news)
        log_debug("delivery '%s': %s", delivery->options->name, delivery_state_name(next));
    if (is_news && delivery->handler.on_state)
        delivery->handler.on_state(delivery->ctx, next);
}

/* --- Obstacles ------------------------------------------------------------------------------- */

/* Ends a row of failures; appends how long it was. */
static void delivery_clear_obstacle(struct delivery *delivery, struct buf *after)
{
    retry_end(&delivery->retry, loop_now_ms(delivery->means.loop), after);
    delivery->obstacle = OBSTACLE_NONE;
    free(TAKE(delivery->obstacle_text));
}

static void delivery_keep(struct delivery *delivery, struct parcel *parcel)
{
    parcel_keep(parcel);
    parcel_fini(&delivery->kept);
    delivery->kept = parcel_take(parcel);
}

static void log_words(enum log_level level, const char *name, struct slice words)
{
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
    struct slice line;

    redact_text(words, &shown);
    words = buf_slice(&shown);
    while (words.len > 0 && slice_next(&words, '\n', &line))
        if (line.len > 0)
            log_write(level, "delivery '%s': check: %.*s", name, SLICE_ARG(line));
}

void delivery_on_failure(struct delivery *delivery, struct parcel *parcel, enum obstacle obstacle,
                         const char *text, struct slice words)
{
    const char *name = delivery->options->name;
    CLEANUP(buf_fini) struct buf outlook = BUF_EMPTY;
    bool is_news = retry_add_failure(&delivery->retry, loop_now_ms(delivery->means.loop),
                                     slice_hash(slice_from(text)));
    enum log_level level = is_news ? LOG_LEVEL_ERR : LOG_LEVEL_DEBUG;

    free(delivery->obstacle_text);
    delivery->obstacle = obstacle;
    delivery->obstacle_text = memory_copy_string(text);
    if (delivery->means.is_retrying) {
        delivery->delay_ms = retry_delay_ms(&delivery->retry, MOST_DELAY_MS);
        delivery_keep(delivery, parcel);
        buf_add_string(&outlook, "; next attempt in ");
        format_duration(&outlook, delivery->delay_ms);
    }
    log_words(level, name, words);
    log_write(level, "delivery '%s': %s%s", name, text, buf_slice(&outlook).ptr);
}

/* --- Installing ------------------------------------------------------------------------------ */

static void delivery_on_written(struct delivery *delivery, const struct stage *stage)
{
    const char *name = delivery->options->name;
    const struct parcel *parcel = stage->parcel;
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;
    bool was_failing = delivery->obstacle != OBSTACLE_NONE;

    delivery_clear_obstacle(delivery, &after);
    free(TAKE(delivery->refusal));
    for (size_t i = 0; i < parcel->n_files; i++)
        if (stage->files[i].is_changed)
            log_info("delivery '%s': installed '%s' (%zu bytes)%s", name,
                     parcel->files[i].how.destination, parcel->files[i].text.len,
                     buf_slice(&after).ptr);
    if (was_failing && stage->n_changed == 0)
        log_info("delivery '%s': nothing left to install%s", name, buf_slice(&after).ptr);
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

/* What is in place is remembered, and whether it has been taken up. */
static void delivery_remember(struct delivery *delivery, const struct parcel *parcel,
                              bool is_changed)
{
    struct take_up *take_up = &delivery->take_up;

    if (!parcel->is_part) {
        delivery->installed_hash = parcel_hash(parcel);
        if (history_must_take_up(&delivery->history, parcel) && take_up->state == TAKE_UP_DONE) {
            for (size_t i = 0; i < parcel->n_files; i++)
                take_up_add_file(take_up, parcel->files[i].how.destination);
            take_up_owe(take_up);
        }
    }
    history_end(&delivery->history, parcel, is_changed, take_up->state != TAKE_UP_DONE);
    if (take_up->state == TAKE_UP_DONE)
        history_taken_up(&delivery->history);
}

static void delivery_on_outcome(struct delivery *delivery, struct trial *trial, bool is_written,
                                const struct error *err)
{
    if (is_written) {
        delivery_on_written(delivery, &trial->stage);
        delivery_remember(delivery, &trial->parcel, trial->stage.n_changed > 0);
    } else {
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_WRITE, err->text, SLICE_EMPTY);
    }
}

bool delivery_install(struct delivery *delivery, struct trial *trial)
{
    struct stage *stage = &trial->stage;
    size_t n_removed = 0;
    struct error err;
    bool is_written;

    history_begin(&delivery->history, stage);
    is_written = stage_install(stage, &err);
    delivery_note_installed(delivery, stage);
    delivery->is_half = !is_written && (delivery->is_half || stage->n_installed > 0);
    is_written = is_written && (trial->parcel.is_part ||
                                installed_remove_rest(&delivery->installed, &trial->parcel,
                                                      delivery->means.claims,
                                                      delivery->options->name, &n_removed, &err));
    if (stage->n_installed + n_removed > 0)
        take_up_owe(&delivery->take_up);
    delivery_on_outcome(delivery, trial, is_written, &err);
    if (stage->n_installed + n_removed > 0 && delivery->handler.on_installed)
        delivery->handler.on_installed(delivery->ctx);
    return stage->n_installed + n_removed > 0;
}

/* --- Trying ---------------------------------------------------------------------------------- */

static bool delivery_try(struct delivery *delivery, struct parcel *parcel);

static void delivery_on_refusal(struct delivery *delivery, const struct trial *trial,
                                const struct trial_result *result)
{
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY, paths = BUF_EMPTY;
    const char *name = delivery->options->name;

    delivery_clear_obstacle(delivery, &after);
    free(delivery->refusal);
    delivery->refusal = memory_copy_string(result->text);
    delivery->refused_hash = parcel_hash(&trial->parcel);
    log_words(LOG_LEVEL_ERR, name, result->words);
    history_reject(&delivery->history, &trial->stage, result->text, result->words, &paths);
    log_err("delivery '%s': %s; nothing was installed%s%s", name, result->text,
            paths.len > 0 ? "; kept for you: " : "", buf_slice(&paths).ptr);
}

static void delivery_judge(struct delivery *delivery, struct trial *trial,
                           const struct trial_result *result)
{
    switch (result->verdict) {
    case TRIAL_ACCEPTED:
        log_words(LOG_LEVEL_DEBUG, delivery->options->name, result->words);
        delivery_install(delivery, trial);
        return;
    case TRIAL_REFUSED: delivery_on_refusal(delivery, trial, result); return;
    case TRIAL_NOT_RUN:
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_CHECK, result->text, result->words);
        return;
    }
}

/* Texts that came during the check are next, whatever became of these. */
static void delivery_on_verdict(void *ctx, const struct trial_result *result)
{
    struct delivery *delivery = ctx;
    CLEANUP(trial_freep) struct trial *trial = TAKE(delivery->trial);
    CLEANUP(parcel_fini) struct parcel newer = parcel_take(&delivery->kept);
    uint64_t rest_ms = result->elapsed_ms * REST_FACTOR;

    delivery->rest_until_ms =
        loop_now_ms(delivery->means.loop) + (rest_ms < MOST_REST_MS ? rest_ms : MOST_REST_MS);
    delivery_judge(delivery, trial, result);
    if (newer.files) {
        parcel_fini(&delivery->kept);
        delivery_try(delivery, &newer);
    } else {
        delivery_enter(delivery, delivery_next_state(delivery));
    }
    if (delivery->means.is_retrying)
        delivery_run_command(delivery);
}

/* What is the same as what was refused is not tried again. */
static bool delivery_is_refused(struct delivery *delivery, const struct trial *trial)
{
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;

    if (trial->stage.n_changed == 0)
        return false;
    if (!(delivery->refusal && parcel_hash(&trial->parcel) == delivery->refused_hash) &&
        !delivery_was_rolled_back(delivery, trial))
        return false;
    delivery_clear_obstacle(delivery, &after);
    return true;
}

/* Texts that are staged: checked, or installed at once. */
static bool delivery_go_on(struct delivery *delivery, struct trial *staged)
{
    CLEANUP(trial_freep) struct trial *trial = staged;

    if (delivery_is_refused(delivery, trial))
        return false;
    if (!trial_needs_check(trial))
        return delivery_install(delivery, trial);
    delivery->obstacle = OBSTACLE_NONE; /* how often it was in the way is not forgotten */
    if (delivery_rest_ms(delivery) > 0) {
        delivery_keep(delivery, &trial->parcel);
        return false;
    }
    delivery->trial = TAKE(trial);
    trial_check(delivery->trial, delivery->means.gate, delivery_on_verdict, delivery);
    return false;
}

/* Whether any file changed. */
static bool delivery_try(struct delivery *delivery, struct parcel *parcel)
{
    CLEANUP(trial_freep)
    struct trial *trial = trial_new(delivery->means.loop, delivery->options, parcel);
    bool is_changed = false;
    struct error err;

    delivery_tidy_up(delivery, &trial->parcel);
    if (parcel_check(&trial->parcel, &err) &&
        claimant_take(&delivery->claimant, &trial->parcel, &err) && trial_stage(trial, &err)) {
        is_changed = delivery_go_on(delivery, TAKE(trial));
    } else {
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_WRITE, err.text, SLICE_EMPTY);
    }
    delivery_enter(delivery, delivery_next_state(delivery));
    return is_changed;
}

static void delivery_on_timer(void *ctx)
{
    struct delivery *delivery = ctx;
    CLEANUP(parcel_fini) struct parcel parcel = parcel_take(&delivery->kept);

    delivery_try(delivery, &parcel);
    delivery_run_command(delivery);
}

/* Who is called otherwise than the template says, when that is news. */
static void delivery_tell_names(struct delivery *delivery, const struct parcel *parcel)
{
    uint64_t hash = slice_hash(parcel->renames);
    struct slice rest = parcel->renames, line;

    if (parcel->renames.len == 0 || hash == delivery->names_hash)
        return;
    delivery->names_hash = hash;
    while (slice_next(&rest, '\n', &line))
        if (line.len > 0)
            log_info("delivery '%s': servers of one name: %.*s", delivery->options->name,
                     SLICE_ARG(line));
}

bool delivery_put(struct delivery *delivery, const struct delivery_pass *pass)
{
    CLEANUP(parcel_fini) struct parcel parcel = PARCEL_NONE;

    assert(pass->n_texts == delivery->options->n_files);
    take_up_add_reason(&delivery->take_up, slice_from(pass->reason));
    parcel_fini(&delivery->kept); /* a newer one takes its place */
    parcel_init(&parcel, delivery->options, pass);
    delivery_tell_names(delivery, &parcel);
    if (!delivery->trial)
        return delivery_try(delivery, &parcel);
    delivery_keep(delivery, &parcel);
    return false;
}

/* --- The commands ---------------------------------------------------------------------------- */

static void delivery_on_taken_up(void *ctx)
{
    struct delivery *delivery = ctx;

    switch (delivery->take_up.state) {
    case TAKE_UP_DONE: history_taken_up(&delivery->history); break;
    case TAKE_UP_RETRIED:
    case TAKE_UP_FAILED: delivery_roll_back(delivery); break;
    case TAKE_UP_DUE:
    case TAKE_UP_ASKED: break;
    }
    if (delivery->state != delivery_next_state(delivery))
        delivery_enter(delivery, delivery_next_state(delivery));
    else if (delivery->is_ending && delivery->handler.on_state)
        delivery->handler.on_state(delivery->ctx, delivery->state);
}

void delivery_stop(struct delivery *delivery)
{
    delivery->is_ending = true;
    take_up_stop(&delivery->take_up);
}

bool delivery_is_stopping(const struct delivery *delivery)
{
    return delivery->take_up.is_stopping;
}

bool delivery_get_haproxy(const struct delivery *delivery, struct driver_report *ret_report)
{
    if (delivery->take_up.hitless)
        hitless_get_report(delivery->take_up.hitless, ret_report);
    return delivery->take_up.hitless;
}

static uint64_t delivery_splay_ms(const struct delivery *delivery)
{
    return delivery->options->haproxy ? delivery->means.endpoints_splay_ms
                                      : delivery->means.structure_splay_ms;
}

/* Half a group is not taken up. */
static bool delivery_is_due(const struct delivery *delivery)
{
    return delivery->take_up.state == TAKE_UP_DUE && !delivery->is_half &&
           delivery->obstacle != OBSTACLE_WRITE;
}

void delivery_hurry(struct delivery *delivery)
{
    timer_stop(&delivery->splay);
    if (delivery_is_due(delivery))
        take_up_start(&delivery->take_up);
}

static void delivery_on_splay(void *ctx)
{
    delivery_hurry(ctx);
}

/* What comes during the splay goes with it. */
void delivery_run_command(struct delivery *delivery)
{
    if (delivery_splay_ms(delivery) == 0)
        delivery_hurry(delivery);
    else if (delivery_is_due(delivery) && !delivery->splay.is_running)
        timer_start_ms(&delivery->splay, delivery_splay_ms(delivery));
}

/* --- Birth, death, questions ----------------------------------------------------------------- */

struct delivery *delivery_new(const struct delivery_means *means,
                              const struct delivery_options *options,
                              const struct delivery_handler *handler, void *ctx)
{
    struct delivery *delivery = NEW(struct delivery);

    delivery->means = *means;
    delivery->options = options;
    claimant_init(&delivery->claimant, means->claims, options);
    take_up_init(&delivery->take_up, options, means->queue, means->is_retrying,
                 delivery_on_taken_up, delivery);
    if (options->haproxy)
        take_up_use_haproxy(&delivery->take_up, means);
    if (handler)
        delivery->handler = *handler;
    delivery->ctx = ctx;
    delivery->state = DELIVERY_IDLE;
    timer_init(&delivery->timer, means->loop, delivery_on_timer, delivery);
    timer_init(&delivery->splay, means->loop, delivery_on_splay, delivery);
    history_init(&delivery->history, means->journal, options);
    delivery_resume(delivery);
    return delivery;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    trial_free(delivery->trial);
    take_up_fini(&delivery->take_up);
    history_fini(&delivery->history);
    timer_fini(&delivery->timer);
    timer_fini(&delivery->splay);
    claimant_fini(&delivery->claimant);
    installed_fini(&delivery->installed);
    parcel_fini(&delivery->kept);
    free(delivery->obstacle_text);
    free(delivery->refusal);
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

bool delivery_get_verdict(const struct delivery *delivery, bool *ret_is_accepted)
{
    *ret_is_accepted = !delivery->refusal;
    return !delivery->trial && !delivery->kept.files && delivery->obstacle == OBSTACLE_NONE;
}

void delivery_forget_refusal(struct delivery *delivery)
{
    delivery->refused_hash = 0; /* of no text */
}

enum delivery_state delivery_get_state(const struct delivery *delivery)
{
    return delivery->state;
}

const char *delivery_last_error(const struct delivery *delivery)
{
    if (delivery->obstacle != OBSTACLE_NONE)
        return delivery->obstacle_text;
    if (delivery->refusal)
        return delivery->refusal;
    return delivery->take_up.error ? delivery->take_up.error : "";
}

const struct delivery_options *delivery_get_options(const struct delivery *delivery)
{
    return delivery->options;
}
