/* SPDX-License-Identifier: MIT */
/* A delivery that takes up where an earlier process was, or goes back to what was good. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "delivery.h"
#include "io/file.h"

/* Texts that were checked once, without their checkers. */
static bool put_in_place(struct delivery *delivery, struct parcel *parcel, size_t *ret_n_changed)
{
    CLEANUP(trial_freep)
    struct trial *trial =
        trial_new(delivery->means.loop, delivery->options, &delivery->installed, parcel);
    struct error err;

    if (!trial_stage(trial, &err)) {
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_WRITE, err.text, SLICE_EMPTY);
        return false;
    }
    *ret_n_changed = trial->stage.n_changed;
    delivery_install(delivery, trial);
    return delivery->obstacle == OBSTACLE_NONE;
}

/* --- The start ------------------------------------------------------------------------------- */

static void complete(struct delivery *delivery, struct parcel *parcel)
{
    size_t n_changed = 0;

    /* Whatever comes of it, the commands have not seen these files. */
    for (size_t i = 0; i < parcel->n_files; i++)
        take_up_add_file(&delivery->take_up, parcel->files[i].how.destination);
    take_up_owe(&delivery->take_up);
    if (!put_in_place(delivery, parcel, &n_changed))
        delivery->is_half = true;
    else if (n_changed > 0)
        log_warn("delivery '%s': the process before ended between its files; they are complete now",
                 delivery->options->name);
}

void delivery_resume(struct delivery *delivery)
{
    CLEANUP(parcel_fini) struct parcel pending = PARCEL_NONE;
    bool is_owed = history_owes(&delivery->history, &delivery->take_up);
    struct error err;

    history_list_outputs(&delivery->history, &delivery->installed);
    for (size_t i = 0; i < delivery->installed.n; i++)
        claimant_take_output(&delivery->claimant, delivery->installed.files[i].path);
    if (is_owed)
        take_up_owe(&delivery->take_up);
    if (!history_get_pending(&delivery->history, &pending, &err)) {
        log_err("delivery '%s': the process before ended between its files, and they cannot be "
                "completed before the next texts: %s",
                delivery->options->name, err.text);
        delivery->is_half = true;
    } else if (pending.n_files > 0) {
        complete(delivery, &pending);
    } else if (is_owed) {
        delivery->is_half = !history_is_intact(&delivery->history);
    }
    if (delivery->state != delivery_next_state(delivery))
        delivery_enter(delivery, delivery_next_state(delivery));
}

/* --- Back ------------------------------------------------------------------------------------ */

static bool wants_rollback(const struct delivery *delivery)
{
    switch (delivery->options->rollback) {
    case DELIVERY_ROLLBACK_ALWAYS: return true;
    case DELIVERY_ROLLBACK_AUTO: /* a command's exit status is no evidence */
        return delivery->take_up.is_evidence;
    case DELIVERY_ROLLBACK_NEVER: return false;
    }
    return false;
}

/* The group's own files as they are; none where one cannot be read. */
static struct parcel read_installed(const struct delivery *delivery)
{
    CLEANUP(parcel_fini) struct parcel parcel = parcel_make_part(delivery->options->n_files);

    for (size_t i = 0; i < delivery->options->n_files; i++) {
        const struct delivery_file *file = &delivery->options->files[i];
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct error err;

        if (!file_read(file->destination, LIMIT_OUTPUT_BYTES, &text, &err))
            return PARCEL_NONE;
        parcel.files[parcel.n_files++] =
            (struct parcel_file){ *file, arena_copy(&parcel.arena, buf_slice(&text)), false };
    }
    return parcel_take(&parcel);
}

/* Newer texts that are on their way may mend it. */
static bool can_roll_back(const struct delivery *delivery)
{
    return wants_rollback(delivery) && delivery->take_up.is_refused && !delivery->trial &&
           !delivery->kept.files && delivery->obstacle == OBSTACLE_NONE && !delivery->is_half &&
           history_can_roll_back(&delivery->history);
}

void delivery_roll_back(struct delivery *delivery)
{
    CLEANUP(parcel_fini) struct parcel good = PARCEL_NONE;
    const char *name = delivery->options->name;
    uint64_t failed_hash = delivery->installed_hash;
    CLEANUP(parcel_fini) struct parcel failed = PARCEL_NONE;
    struct buf refusal = BUF_EMPTY;
    size_t n_changed;
    struct error err;

    if (!can_roll_back(delivery))
        return;
    failed = read_installed(delivery);
    buf_printf(&refusal, "%s; the last good texts are back", delivery->take_up.error);
    delivery_bar(delivery, &failed);
    if (!history_roll_back(&delivery->history, &good, &err)) {
        log_err("delivery '%s': no way back to the last good texts: %s", name, err.text);
    } else if (put_in_place(delivery, &good, &n_changed)) {
        free(delivery->refusal);
        delivery->refusal = buf_take(&refusal);
        delivery->refused_hash = failed_hash;
        delivery->is_refused_by_check = false;
        log_about(LOG_LEVEL_ERR, &(struct log_about){ LOG_EVENT_ROLLED_BACK, .group = name },
                  "delivery '%s': ROLLED BACK: %s", name, delivery->refusal);
        if (delivery->means.is_retrying)
            delivery_run_command(delivery);
        delivery_salvage(delivery);
    }
    buf_fini(&refusal);
}

bool delivery_was_rolled_back(struct delivery *delivery, struct trial *trial)
{
    /* HAProxy's own evidence holds over a restart; with a HUP somebody has looked. */
    bool is_meant = delivery->options->rollback == DELIVERY_ROLLBACK_AUTO
                        ? delivery->history.is_resumed
                        : wants_rollback(delivery);

    if (!is_meant || !history_was_rolled_back(&delivery->history, &trial->parcel))
        return false;
    if (!delivery->refusal)
        log_err("delivery '%s': a command has failed with these texts before; those in place stay",
                delivery->options->name);
    free(delivery->refusal);
    delivery->refusal =
        memory_copy_string("a command has failed with these texts before; those in place stay");
    delivery->refused_hash = parcel_hash(&trial->parcel);
    delivery->is_refused_by_check = false;
    delivery_bar(delivery, &trial->parcel);
    return true;
}
