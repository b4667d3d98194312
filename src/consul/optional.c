/* SPDX-License-Identifier: MIT */
/* Datacenters that may be missing. */
#include "optional.h"

#include "base/log.h"
#include "decode.h"
#include "duration.h"
#include "watch.h"

static bool is_optional(const struct optional *optional, const struct watch *watch)
{
    const struct consul_options *options = optional->options;

    if (watch->has_answer || watch->is_assumed || watch->dep->dc.len == 0)
        return false;
    for (size_t i = 0; i < options->n_optional_datacenters; i++) {
        if (slice_is(watch->dep->dc, options->optional_datacenters[i]))
            return true;
    }
    return false;
}

/* The question that has waited longest, and for how long; NULL: none waits. */
static struct watch *find_oldest(const struct optional *optional, uint64_t *ret_waited_ms)
{
    struct watch *watch, *oldest = NULL;

    for (size_t i = 0; (watch = map_next(optional->watches, &i)) != NULL;) {
        if (is_optional(optional, watch) && (!oldest || watch->ok_ms < oldest->ok_ms))
            oldest = watch;
    }
    if (oldest)
        *ret_waited_ms = loop_now_ms(optional->loop) - oldest->ok_ms;
    return oldest;
}

static void assume(struct optional *optional, struct watch *watch, uint64_t waited_ms)
{
    log_warn(
        "%.*s: no answer for %s: taken for empty until there is one, because datacenter '%.*s' "
        "is one of consul.optional_datacenters",
        SLICE_ARG(watch->dep->key), duration_of(waited_ms).text, SLICE_ARG(watch->dep->dc));
    watch->is_assumed = true;
    optional->on_assumed(optional->ctx, watch, decode_nothing(watch->dep));
}

static void on_timer(void *ctx)
{
    struct optional *optional = ctx;
    uint64_t waited_ms;
    struct watch *watch;

    while ((watch = find_oldest(optional, &waited_ms)) != NULL) {
        if (waited_ms < optional->patience_ms) {
            timer_start_ms(&optional->timer, optional->patience_ms - waited_ms);
            return;
        }
        assume(optional, watch, waited_ms);
    }
}

void optional_init(struct optional *optional, struct loop *loop)
{
    optional->loop = loop;
    timer_init(&optional->timer, loop, on_timer, optional);
}

void optional_fini(struct optional *optional)
{
    timer_fini(&optional->timer);
}

void optional_look(struct optional *optional)
{
    if (optional->options->n_optional_datacenters > 0 && !optional->timer.is_running)
        timer_start_ms(&optional->timer, 0);
}
