/* SPDX-License-Identifier: MIT */
/* How much of a service may vanish before it is asked whether that is true. */
#include "data/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MAX_INSTANCES 1000000

/* --- Settings -------------------------------------------------------------------------------- */

static bool set_min_instances(struct guard *guard, struct slice value, struct error *err)
{
    uint64_t number;

    if (!slice_parse_u64(value, MAX_INSTANCES, &number))
        return error_set(err, ERROR_INVALID, "expected a number of instances, found '%.*s'",
                         SLICE_ARG(slice_sub(value, 0, 48)));
    guard->min_instances = number;
    return true;
}

static bool set_max_shrink(struct guard *guard, struct slice value, struct error *err)
{
    struct slice number = slice_sub(value, 0, value.len ? value.len - 1 : 0);
    uint64_t percent;

    if (!slice_ends_with(value, SLICE("%")) || !slice_parse_u64(number, 100, &percent))
        return error_set(err, ERROR_INVALID, "expected a share from 0%% to 100%%, found '%.*s'",
                         SLICE_ARG(slice_sub(value, 0, 48)));
    guard->max_shrink = percent;
    return true;
}

static bool set_hold(struct guard *guard, struct slice value, struct error *err)
{
    if (slice_is(value, "forever"))
        guard->hold_ms = GUARD_FOREVER;
    else if (!slice_parse_duration_ms(value, &guard->hold_ms))
        return error_set(err, ERROR_INVALID,
                         "expected a duration such as 10m, or 'forever', found '%.*s'",
                         SLICE_ARG(slice_sub(value, 0, 48)));
    return true;
}

bool guard_set(struct guard *guard, struct slice name, struct slice value, struct error *err)
{
    static const struct {
        const char *name;
        bool (*set)(struct guard *guard, struct slice value, struct error *err);
    } settings[] = {
        { "min_instances", set_min_instances },
        { "max_shrink", set_max_shrink },
        { "hold", set_hold },
    };

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (slice_is(name, settings[i].name))
            return settings[i].set(guard, value, err) || error_wrap(err, "'%s'", settings[i].name);
    }
    return error_set(err, ERROR_INVALID,
                     "unknown setting '%.*s': expected min_instances, max_shrink or hold",
                     SLICE_ARG(slice_sub(name, 0, 48)));
}

bool guard_parse(struct slice text, struct guard *ret_guard, struct error *err)
{
    struct guard guard = GUARD_ON;
    struct slice rest = text, setting;

    if (slice_is(text, "off")) {
        *ret_guard = GUARD_OFF;
        return true;
    }
    if (slice_is(text, "on"))
        rest = SLICE_EMPTY;
    else if (text.len == 0)
        return error_set(err, ERROR_INVALID,
                         "expected on, off or settings such as 'min_instances=2,max_shrink=50%%'");
    while (rest.len && slice_next(&rest, ',', &setting)) {
        struct slice value = slice_trim(setting), name;

        if (!slice_next(&value, '=', &name) || !value.ptr)
            return error_set(err, ERROR_INVALID, "expected 'setting=value', found '%.*s'",
                             SLICE_ARG(slice_sub(setting, 0, 48)));
        if (!guard_set(&guard, name, value, err))
            return false;
    }
    *ret_guard = guard;
    return true;
}

bool guard_equal(const struct guard *a, const struct guard *b)
{
    return a->is_set == b->is_set && a->is_on == b->is_on && a->min_instances == b->min_instances &&
           a->max_shrink == b->max_shrink && a->hold_ms == b->hold_ms;
}

struct guard guard_strictest(const struct guard *a, const struct guard *b)
{
    if (!a->is_on || !b->is_on)
        return b->is_on || !a->is_set ? *b : *a;
    return (struct guard){
        .is_set = true,
        .is_on = true,
        .min_instances = a->min_instances > b->min_instances ? a->min_instances : b->min_instances,
        .max_shrink = a->max_shrink < b->max_shrink ? a->max_shrink : b->max_shrink,
        .hold_ms = a->hold_ms > b->hold_ms ? a->hold_ms : b->hold_ms,
    };
}

/* --- How many there were --------------------------------------------------------------------- */

/* Makes room: of the two oldest, the higher count for the longer time. That sees too much rather
 * than too little. */
static void merge_oldest(struct guard_history *history)
{
    history->peaks[1].n = history->peaks[0].n;
    memmove(history->peaks, history->peaks + 1, (history->n_peaks - 1) * sizeof(*history->peaks));
    history->n_peaks--;
}

void guard_history_fini(struct guard_history *history)
{
    free(history->peaks);
    *history = (struct guard_history){ .n_now = 0 };
}

void guard_history_put(struct guard_history *history, size_t n, uint64_t now_ms)
{
    size_t before = history->n_now;

    history->n_now = n;
    /* What was there later, and as many, makes an earlier peak meaningless. */
    while (history->n_peaks > 0 &&
           history->peaks[history->n_peaks - 1].n <= (n > before ? n : before))
        history->n_peaks--;
    if (n >= before)
        return;
    if (history->n_peaks == GUARD_MAX_PEAKS)
        merge_oldest(history);
    GROW(history->peaks, history->n_peaks, history->cap);
    history->peaks[history->n_peaks++] = (struct guard_peak){ before, now_ms };
}

size_t guard_history_most(const struct guard_history *history, uint64_t now_ms)
{
    for (size_t i = 0; i < history->n_peaks; i++) {
        if (history->peaks[i].until_ms + GUARD_WINDOW_MS > now_ms)
            return history->peaks[i].n;
    }
    return history->n_now;
}

bool guard_trips(const struct guard *guard, const struct guard_history *history, size_t n,
                 uint64_t now_ms)
{
    size_t most = guard_history_most(history, now_ms);

    if (!guard->is_on || n >= history->n_now)
        return false;
    if (n < guard->min_instances)
        return true;
    return most - n >= GUARD_FLOOR && (most - n) * 100 > most * guard->max_shrink;
}
