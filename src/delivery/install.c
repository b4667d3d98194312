/* SPDX-License-Identifier: MIT */
/* A delivery that puts staged files in place, and remembers that. */
#include <stdlib.h>

#include "base/log.h"
#include "delivery.h"
#include "foreign.h"

/* Also of what was in place already: not the text alone says who is where. */
static void delivery_tell_places(const struct delivery *delivery, const struct parcel *parcel)
{
    const struct parcel *from = parcel->is_salvage ? &delivery->refused : parcel;

    if (from->places && delivery->handler.on_places)
        delivery->handler.on_places(delivery->ctx, from->places);
}

/* That a delivery is done is its owner's to say, once: here, only that it works again. */
static void delivery_on_written(struct delivery *delivery, const struct stage *stage)
{
    const char *name = delivery->options->name;
    const struct parcel *parcel = stage->parcel;
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;
    bool was_failing = delivery->obstacle != OBSTACLE_NONE;

    delivery_clear_obstacle(delivery, &after);
    if (!parcel->is_part) {
        free(TAKE(delivery->refusal));
        parcel_fini(&delivery->refused);
    }
    for (size_t i = 0; i < parcel->n_files; i++)
        if (stage->files[i].is_changed)
            log_write(was_failing ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
                      "delivery '%s': installed '%s' (%zu bytes)%s", name,
                      parcel->files[i].how.destination, parcel->files[i].text.len,
                      buf_slice(&after).ptr);
    if (parcel->is_salvage)
        log_debug("delivery '%s': of what is refused, its servers are installed", name);
    if (was_failing && stage->n_changed == 0)
        log_info("delivery '%s': nothing left to install%s", name, buf_slice(&after).ptr);
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

    if (!parcel->is_part || parcel->is_salvage)
        delivery->installed_hash = parcel_hash(parcel);
    if (!parcel->is_part && history_must_take_up(&delivery->history, parcel) &&
        take_up->state == TAKE_UP_DONE) {
        for (size_t i = 0; i < parcel->n_files; i++)
            take_up_add_file(take_up, parcel->files[i].how.destination);
        take_up_owe(take_up);
    }
    history_end(&delivery->history, parcel, is_changed, take_up->state != TAKE_UP_DONE);
    if (take_up->state == TAKE_UP_DONE)
        history_taken_up(&delivery->history);
}

static void delivery_on_outcome(struct delivery *delivery, struct trial *trial, bool is_written,
                                const struct error *err)
{
    if (is_written) {
        delivery_tell_places(delivery, &trial->parcel);
        delivery_on_written(delivery, &trial->stage);
        delivery_remember(delivery, &trial->parcel, trial->stage.n_changed > 0);
    } else {
        delivery_on_failure(delivery, &trial->parcel, OBSTACLE_WRITE, err->text, SLICE_EMPTY);
    }
}

/* What others have changed, and this trial's checkers have seen: it is taken up with ours. */
static bool delivery_take_stirred(struct delivery *delivery, const struct trial *trial)
{
    struct slice all = buf_slice(&delivery->stirred);
    struct slice seen = slice_sub(all, 0, trial->n_stirred), path;
    struct buf rest = BUF_EMPTY;

    if (seen.len == 0)
        return false;
    while (seen.len > 0 && slice_next(&seen, '\n', &path)) {
        char *name = slice_to_string(path);

        take_up_add_file(&delivery->take_up, name);
        free(name);
    }
    buf_add(&rest, slice_sub(all, trial->n_stirred, all.len));
    buf_fini(&delivery->stirred);
    delivery->stirred = rest;
    return true;
}

bool delivery_install(struct delivery *delivery, struct trial *trial)
{
    struct stage *stage = &trial->stage;
    size_t n_removed = 0;
    struct error err;
    bool is_written, is_stirred;

    if (foreign_keep(&delivery->history, stage))
        take_up_doubt(&delivery->take_up);
    history_begin(&delivery->history, stage);
    is_written = stage_install(stage, &err);
    delivery_note_installed(delivery, stage);
    delivery->is_half = !is_written && (delivery->is_half || stage->n_installed > 0);
    is_written = is_written && (trial->parcel.is_part ||
                                installed_remove_rest(&delivery->installed, &trial->parcel,
                                                      delivery->means.claims,
                                                      delivery->options->name, &n_removed, &err));
    is_stirred = is_written && delivery_take_stirred(delivery, trial);
    if (stage->n_installed + n_removed > 0 || is_stirred)
        take_up_owe(&delivery->take_up);
    delivery_on_outcome(delivery, trial, is_written, &err);
    if (stage->n_installed + n_removed > 0 && delivery->handler.on_installed)
        delivery->handler.on_installed(delivery->ctx, trial->parcel.is_salvage);
    return stage->n_installed + n_removed > 0;
}
