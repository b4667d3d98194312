/* SPDX-License-Identifier: MIT */
/* One group's journey: from complete texts to installed files and a command that has succeeded. */
#include "delivery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "haproxy/guess.h"

/* Between two looks for an address that HAProxy is to listen at. */
#define ADDRESS_LOOK_MS 2000
/* So much of the rest after checks may be put off: a few changes in a row need not wait. */
#define BURST_MS 500

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

uint64_t delivery_rest_ms(const struct delivery *delivery)
{
    uint64_t from_ms = loop_now_ms(delivery->means.loop) + BURST_MS;

    return delivery->rest_until_ms > from_ms ? delivery->rest_until_ms - from_ms : 0;
}

void delivery_enter(struct delivery *delivery, enum delivery_state next)
{
    bool is_news = next != delivery->state;

    delivery->state = next;
    timer_stop(&delivery->timer);

    switch (next) {
    case DELIVERY_CHECKING:
        if (!delivery->trial && !delivery->is_paused)
            timer_start_ms(&delivery->timer, delivery_rest_ms(delivery));
        break;
    case DELIVERY_WRITING:
    case DELIVERY_UNCHECKED:
        if (!delivery->is_paused)
            timer_start_ms(&delivery->timer, delivery->delay_ms);
        break;
    case DELIVERY_IDLE: take_up_forget_reasons(&delivery->take_up); break;
    case DELIVERY_REFUSED:
        if (delivery->refused.awaits_address && delivery->means.is_retrying && !delivery->is_paused)
            timer_start_ms(&delivery->timer, ADDRESS_LOOK_MS);
        break;
    case DELIVERY_QUEUED:
    case DELIVERY_OWED:
    case DELIVERY_FAILED: break;
    }
    if (is_news)
        log_debug("delivery '%s': %s", delivery->options->name, delivery_state_name(next));
    if (is_news && delivery->handler.on_state)
        delivery->handler.on_state(delivery->ctx, next);
}

/* Who is called otherwise than the template says, when that is news. */
static void delivery_tell_names(struct delivery *delivery, const struct parcel *parcel)
{
    struct slice told = buf_slice(&delivery->told_names), rest = parcel->renames, line;
    struct map lines = MAP_EMPTY;

    if (slice_equal(told, rest))
        return;
    while (slice_next(&told, '\n', &line))
        map_put(&lines, line, delivery);
    while (slice_next(&rest, '\n', &line))
        if (line.len > 0 && !map_find(&lines, line))
            log_info("delivery '%s': servers of one name: %.*s", delivery->options->name,
                     SLICE_ARG(line));
    map_fini(&lines);
    buf_clear(&delivery->told_names);
    buf_add(&delivery->told_names, parcel->renames);
}

/* Once, with the first texts. */
static void delivery_hint(struct delivery *delivery, const struct delivery_pass *pass)
{
    const struct delivery_options *options = delivery->options;

    for (size_t i = 0; !delivery->has_hinted && !options->haproxy && i < pass->n_texts; i++)
        if (haproxy_is_likely(pass->texts[i]))
            log_info("delivery '%s': '%s' looks like HAProxy's configuration: with 'haproxy: {}' "
                     "it would be checked, and servers would come and go without a reload",
                     options->name, options->files[i].destination);
    delivery->has_hinted = true;
}

bool delivery_put(struct delivery *delivery, const struct delivery_pass *pass)
{
    CLEANUP(parcel_fini) struct parcel parcel = PARCEL_NONE;

    assert(pass->n_texts == delivery->options->n_files);
    delivery_hint(delivery, pass);
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
    case TAKE_UP_DONE:
        history_taken_up(&delivery->history);
        if (!delivery->refusal)
            delivery->bar_ms = 0;
        break;
    case TAKE_UP_RETRIED:
    case TAKE_UP_FAILED: delivery_roll_back(delivery); break;
    case TAKE_UP_DUE:
    case TAKE_UP_ASKED: break;
    }
    if (delivery->is_paused)
        take_up_hold(&delivery->take_up);
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

bool delivery_is_taken_up(const struct delivery *delivery)
{
    return delivery->take_up.state == TAKE_UP_DONE;
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
    return delivery->take_up.state == TAKE_UP_DUE && !delivery->is_half && !delivery->is_paused &&
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

    delivery->refused = PARCEL_NONE;
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
    parcel_fini(&delivery->refused);
    buf_fini(&delivery->stirred);
    free(delivery->obstacle_text);
    free(delivery->refusal);
    buf_fini(&delivery->told_names);
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
    *ret_is_accepted = !delivery->refusal || !delivery->is_refused_by_check;
    return !delivery->trial && !delivery->kept.files && delivery->obstacle == OBSTACLE_NONE;
}

void delivery_stir(struct delivery *delivery, const char *path)
{
    /* Twice the same is two changes: a check that is under way may have seen the first one. */
    if (delivery->stirred.len + strlen(path) < LIMIT_COMMAND_ENV_BYTES)
        buf_printf(&delivery->stirred, "%s\n", path);
    delivery_forget_refusal(delivery);
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
