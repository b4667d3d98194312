/* SPDX-License-Identifier: MIT */
/* A delivery whose texts were refused, by a checker or at the reload, and what it takes of them all
 * the same: the servers of its HAProxy, in the installed texts. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "delivery.h"
#include "haproxy/config.h"
#include "haproxy/splice.h"
#include "io/file.h"

#define FIRST_BAR_MS 60000
#define MOST_BAR_MS  300000

/* --- Reloads that fail ----------------------------------------------------------------------- */

/* A failed reload stops HAProxy's listeners for a while: not for each server that comes. */
void delivery_bar(struct delivery *delivery, struct parcel *failed)
{
    if (!delivery->options->haproxy)
        return;
    parcel_keep(failed);
    parcel_fini(&delivery->refused);
    delivery->refused = parcel_take(failed);
    delivery->bar_ms = delivery->bar_ms == 0                ? FIRST_BAR_MS
                       : delivery->bar_ms * 2 < MOST_BAR_MS ? delivery->bar_ms * 2
                                                            : MOST_BAR_MS;
    delivery->barred_until_ms = loop_now_ms(delivery->means.loop) + delivery->bar_ms;
}

static bool has_same_structure(struct slice a, struct slice b)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *one = NULL, *other = NULL;
    CLEANUP(buf_fini) struct buf difference = BUF_EMPTY;
    struct error err;

    return haproxy_config_new(&(struct haproxy_file){ "", a }, 1, &one, &err) &&
           haproxy_config_new(&(struct haproxy_file){ "", b }, 1, &other, &err) &&
           haproxy_config_same_structure(one, other, &difference);
}

/* What else the group has may be what mends it. */
bool delivery_is_barred(const struct delivery *delivery, const struct parcel *parcel)
{
    bool is_same = delivery->bar_ms > 0 && !parcel->is_part &&
                   loop_now_ms(delivery->means.loop) < delivery->barred_until_ms;

    if (delivery->refused.n_files == 0 || delivery->refused.n_files > parcel->n_files)
        return false;
    for (size_t i = 0; is_same && i < delivery->refused.n_files; i++) {
        struct slice text = parcel->files[i].text, refused = delivery->refused.files[i].text;

        is_same = slice_equal(text, refused) ||
                  (haproxy_options_has_file(delivery->options->haproxy,
                                            parcel->files[i].how.destination) &&
                   has_same_structure(text, refused));
    }
    return is_same;
}

bool delivery_take_barred(struct delivery *delivery, struct parcel *parcel)
{
    CLEANUP(buf_fini) struct buf after = BUF_EMPTY;

    if (!delivery_is_barred(delivery, parcel))
        return false;
    if (delivery->is_refused_by_check) {
        free(delivery->refusal);
        delivery->refusal = memory_copy_string("HAProxy has refused to reload with this structure");
    }
    delivery_clear_obstacle(delivery, &after);
    delivery->refused_hash = parcel_hash(parcel);
    delivery->is_refused_by_check = false;
    parcel_fini(&delivery->refused);
    delivery->refused = parcel_take(parcel);
    return true;
}

/* --- Servers --------------------------------------------------------------------------------- */

static bool can_salvage(const struct delivery *delivery)
{
    return delivery->refused.files && delivery->means.is_retrying && !delivery->is_paused &&
           !delivery->is_half && !delivery->trial && delivery->obstacle == OBSTACLE_NONE;
}

static bool is_serving(void *ctx, const struct haproxy_address *address)
{
    const struct delivery_means *means = ctx;

    return means->is_serving && means->is_serving(means->catalogue, address);
}

/* One of the group's own files as it is installed, or with the servers of the refused text. */
static bool salvage_file(struct delivery *delivery, const struct parcel_file *refused,
                         struct parcel *parcel, bool *is_changed)
{
    CLEANUP(buf_fini) struct buf installed = BUF_EMPTY, text = BUF_EMPTY;
    struct parcel_file *file = &parcel->files[parcel->n_files++];
    struct splice splice = { .refused = refused->text,
                             .form = delivery->salvage_form,
                             .is_serving = is_serving,
                             .ctx = &delivery->means };
    struct error err;

    *file = *refused;
    if (!file_read(refused->how.destination, LIMIT_OUTPUT_BYTES, &installed, &err))
        return false;
    splice.accepted = buf_slice(&installed);
    if (haproxy_options_has_file(delivery->options->haproxy, refused->how.destination) &&
        splice_servers(&splice, &text))
        *is_changed = true;
    else
        buf_add(&text, splice.accepted);
    file->text = arena_copy(&parcel->arena, buf_slice(&text));
    return true;
}

/* In the first form from this one on that is not refused already. */
static void salvage(struct delivery *delivery, enum splice_form form)
{
    CLEANUP(parcel_fini) struct parcel parcel = parcel_make_part(delivery->options->n_files);
    bool is_changed = false;

    delivery->salvage_form = form;
    parcel.is_salvage = true;
    for (size_t i = 0; i < delivery->options->n_files; i++)
        if (!salvage_file(delivery, &delivery->refused.files[i], &parcel, &is_changed))
            return;
    if (is_changed && parcel_hash(&parcel) != delivery->refused_hash)
        delivery_try(delivery, &parcel);
    else if (is_changed && form == SPLICE_AS_WRITTEN)
        salvage(delivery, SPLICE_AS_BEFORE);
}

/* Newer texts wait meanwhile, whatever comes of it. */
static void salvage_first(struct delivery *delivery, enum splice_form form)
{
    CLEANUP(parcel_fini) struct parcel newer = parcel_take(&delivery->kept);

    salvage(delivery, form);
    if (newer.files) {
        delivery_keep(delivery, &newer);
        delivery_enter(delivery, delivery_next_state(delivery));
    }
}

void delivery_salvage(struct delivery *delivery)
{
    if (can_salvage(delivery))
        salvage_first(delivery, SPLICE_AS_WRITTEN);
}

void delivery_on_salvage_refused(struct delivery *delivery, const struct trial_result *result)
{
    bool is_last = delivery->salvage_form == SPLICE_AS_BEFORE;

    log_write(is_last ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
              "delivery '%s': of what is refused, its servers cannot be had alone: %s",
              delivery->options->name, result->text);
    if (!is_last && can_salvage(delivery))
        salvage_first(delivery, SPLICE_AS_BEFORE);
}
