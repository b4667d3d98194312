/* SPDX-License-Identifier: MIT */
/* A delivery that tries texts: stages them, has them judged, and what comes of that. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/redact.h"
#include "delivery.h"
#include "io/file.h"

#define MOST_DELAY_MS (UINT64_C(60) * 1000)

/* In the long run one part in so many of the time goes into checking, at most. */
#define CHECK_SHARE  5
#define MOST_REST_MS 60000

/* --- Obstacles ------------------------------------------------------------------------------- */

/* Ends a row of failures; appends how long it was. */
void delivery_clear_obstacle(struct delivery *delivery, struct buf *after)
{
    retry_end(&delivery->retry, loop_now_ms(delivery->means.loop), after);
    delivery->obstacle = OBSTACLE_NONE;
    free(TAKE(delivery->obstacle_text));
}

void delivery_keep(struct delivery *delivery, struct parcel *parcel)
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
    log_about(level,
              &(struct log_about){ .event = obstacle == OBSTACLE_CHECK ? LOG_EVENT_CHECK_FAILED
                                                                       : LOG_EVENT_WRITE_FAILED,
                                   .group = name,
                                   .reason = text },
              "delivery '%s': %s%s", name, text, buf_slice(&outlook).ptr);
}

/* --- Trying ---------------------------------------------------------------------------------- */

/* Before the first text: what an earlier life of ours may have left. */
static void delivery_tidy_up(struct delivery *delivery, const struct parcel *parcel)
{
    if (delivery->is_tidy)
        return;
    delivery->is_tidy = true;
    for (size_t i = 0; i < parcel->n_files; i++)
        temp_file_remove_leftovers(parcel->files[i].how.destination);
}

static void delivery_on_refusal(struct delivery *delivery, struct trial *trial,
                                const struct trial_result *result)
{
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY, paths = BUF_EMPTY;
    const char *name = delivery->options->name;

    delivery_clear_obstacle(delivery, &after);
    free(delivery->refusal);
    delivery->refusal = memory_copy_string(result->text);
    delivery->refused_hash = parcel_hash(&trial->parcel);
    delivery->is_refused_by_check = true;
    log_words(LOG_LEVEL_ERR, name, result->words);
    history_reject(&delivery->history, &trial->stage, result->text, result->words, &paths);
    log_about(LOG_LEVEL_ERR,
              &(struct log_about){ LOG_EVENT_REFUSED, .group = name, .reason = result->text },
              "delivery '%s': %s; nothing was installed%s%s", name, result->text,
              paths.len > 0 ? "; kept for you: " : "", buf_slice(&paths).ptr);
    if (!delivery_is_barred(delivery, &trial->parcel))
        delivery->barred_until_ms = 0; /* that was of another structure */
    parcel_fini(&delivery->refused);
    if (delivery->options->haproxy)
        delivery->refused = parcel_take(&trial->parcel);
}

/* An address that comes when another machine has lost it is nobody's change: it is looked for. */
static void delivery_await_address(struct delivery *delivery)
{
    CLEANUP(parcel_fini) struct parcel parcel = PARCEL_NONE;
    struct error err;

    if (!parcel_can_bind(&delivery->refused, delivery->options->haproxy, &err)) {
        delivery_enter(delivery, DELIVERY_REFUSED);
        return;
    }
    log_info("delivery '%s': the address is there now: what was refused is tried again",
             delivery->options->name);
    delivery_forget_refusal(delivery);
    parcel = parcel_take(&delivery->refused);
    parcel.awaits_address = false;
    delivery_try(delivery, &parcel);
}

static void delivery_judge(struct delivery *delivery, struct trial *trial,
                           const struct trial_result *result)
{
    switch (result->verdict) {
    case TRIAL_ACCEPTED:
        log_words(LOG_LEVEL_DEBUG, delivery->options->name, result->words);
        delivery_install(delivery, trial);
        return;
    case TRIAL_REFUSED:
        if (!trial->parcel.is_salvage)
            delivery_on_refusal(delivery, trial, result);
        return;
    case TRIAL_NOT_RUN:
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_CHECK, result->text, result->words);
        return;
    }
}

void delivery_add_rest(struct delivery *delivery, uint64_t elapsed_ms)
{
    uint64_t now_ms = loop_now_ms(delivery->means.loop);
    uint64_t start_ms = now_ms > elapsed_ms ? now_ms - elapsed_ms : 0;
    /* A check that began while there was still something to rest has not rested meanwhile. */
    uint64_t from_ms = delivery->rest_until_ms > start_ms ? delivery->rest_until_ms : start_ms;
    uint64_t until_ms = from_ms + elapsed_ms * CHECK_SHARE;

    delivery->rest_until_ms = until_ms < now_ms + MOST_REST_MS ? until_ms : now_ms + MOST_REST_MS;
}

static void delivery_try_kept(struct delivery *delivery)
{
    CLEANUP(parcel_fini) struct parcel parcel = parcel_take(&delivery->kept);

    delivery_try(delivery, &parcel);
}

/* Texts that came during the check are next, whatever became of these; only the servers of refused
 * ones come before. */
static void delivery_on_verdict(void *ctx, const struct trial_result *result)
{
    struct delivery *delivery = ctx;
    bool is_barred = false;
    CLEANUP(trial_freep) struct trial *trial = TAKE(delivery->trial);
    CLEANUP(parcel_fini) struct parcel newer = parcel_take(&delivery->kept);
    bool is_salvage = trial->parcel.is_salvage, has_newer = newer.files;

    delivery_add_rest(delivery, result->elapsed_ms);
    if (result->verdict == TRIAL_ACCEPTED)
        is_barred = delivery_take_barred(delivery, &trial->parcel);
    if (!is_barred)
        delivery_judge(delivery, trial, result);
    if (is_salvage && result->verdict == TRIAL_REFUSED)
        delivery_on_salvage_refused(delivery, result);
    else if (is_barred || (has_newer && result->verdict == TRIAL_REFUSED))
        delivery_salvage(delivery); /* nobody looks for a culprit before the last verdict */
    if (newer.files)
        delivery_keep(delivery, &newer);
    if (has_newer && !delivery->trial)
        delivery_try_kept(delivery);
    else
        delivery_enter(delivery, delivery_next_state(delivery));
    if (delivery->means.is_retrying)
        delivery_run_command(delivery);
}

/* What is the same as what was refused is not tried again. */
static bool delivery_is_refused(struct delivery *delivery, struct trial *trial)
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

/* While the checker runs. */
static void delivery_sync(struct delivery *delivery)
{
    CLEANUP(trial_freep) struct trial *failed = NULL;
    struct error err;

    if (!delivery->trial || stage_sync(&delivery->trial->stage, &err))
        return;
    failed = TAKE(delivery->trial);
    if (err.sys_errno == ENOSPC)
        (void)history_make_room(&delivery->history);
    delivery_on_failure(delivery, &failed->parcel, OBSTACLE_WRITE, err.text, SLICE_EMPTY);
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
    /* Servers would never have their turn while changes go on; the next texts rest longer. */
    if (delivery_rest_ms(delivery) > 0 && !trial->parcel.is_salvage) {
        delivery_keep(delivery, &trial->parcel);
        return false;
    }
    delivery->trial = TAKE(trial);
    trial_check(delivery->trial, delivery->means.gate, delivery_on_verdict, delivery);
    delivery_sync(delivery);
    return false;
}

/* What is checked is synced meanwhile. */
static bool stage_whole(struct trial *trial, struct error *err)
{
    return trial_stage(trial, err) && (trial_needs_check(trial) || stage_sync(&trial->stage, err));
}

/* Where the disk is full, what we keep for ourselves goes first. */
static bool delivery_stage(struct delivery *delivery, struct trial *trial, struct error *err)
{
    if (stage_whole(trial, err))
        return true;
    return err->code == ERROR_SYSTEM && err->sys_errno == ENOSPC &&
           history_make_room(&delivery->history) && stage_whole(trial, err);
}

/* Whether any file changed. */
bool delivery_try(struct delivery *delivery, struct parcel *parcel)
{
    CLEANUP(trial_freep)
    struct trial *trial =
        trial_new(delivery->means.loop, delivery->options, &delivery->installed, parcel);
    bool is_changed = false;
    struct error err;

    trial->n_stirred = delivery->stirred.len;
    trial->is_forced = trial->n_stirred > 0;
    delivery_tidy_up(delivery, &trial->parcel);
    if (parcel_check(&trial->parcel, &err) &&
        (trial->parcel.is_part || claimant_take(&delivery->claimant, &trial->parcel, &err)) &&
        delivery_stage(delivery, trial, &err)) {
        is_changed = delivery_go_on(delivery, TAKE(trial));
    } else {
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_WRITE, err.text, SLICE_EMPTY);
    }
    delivery_enter(delivery, delivery_next_state(delivery));
    return is_changed;
}

void delivery_on_timer(void *ctx)
{
    struct delivery *delivery = ctx;

    if (delivery->state == DELIVERY_REFUSED)
        delivery_await_address(delivery);
    else
        delivery_try_kept(delivery);
    delivery_run_command(delivery);
}
