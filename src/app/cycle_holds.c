/* SPDX-License-Identifier: MIT */
/* What is held back of Consul's answers: told to people, and released by them. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "circle.h"

#define HOLDS_NAMED 3 /* questions that one line names */

/* Whole seconds, as Go writes durations: they are for people. */
static void add_duration(uint64_t ms, struct buf *out)
{
    uint64_t s = (ms + 999) / 1000;

    if (s >= 3600)
        buf_printf(out, "%" PRIu64 "h", s / 3600);
    if (s >= 60)
        buf_printf(out, "%" PRIu64 "m", s / 60 % 60);
    buf_printf(out, "%" PRIu64 "s", s % 60);
}

static void add_wall_time(uint64_t from_now_ms, struct buf *out)
{
    time_t at = time(NULL) + (time_t)(from_now_ms / 1000);
    char text[16];
    struct tm local;

    strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&at, &local));
    buf_add_string(out, text);
}

static uint64_t left_ms(uint64_t due_ms, uint64_t now_ms)
{
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

void cycle_log_service(enum log_level level, enum log_event event, const struct dep *dep,
                       const char *text)
{
    char *name = slice_to_string(dep->name);

    log_about(level, &(struct log_about){ event, .service = name }, "%s", text);
    free(name);
}

void cycle_log_released(const struct dep *dep, const char *why)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_printf(&text, "%.*s: %s", SLICE_ARG(dep->key), why);
    cycle_log_service(LOG_LEVEL_INFO, LOG_EVENT_RELEASED, dep, text.ptr);
}

void cycle_describe_hold(const struct belief_hold *hold, uint64_t now_ms, struct buf *out)
{
    buf_printf(out, "%.*s: ", SLICE_ARG(hold->dep->key));
    if (hold->is_guarded)
        buf_printf(out,
                   "%zu of %zu instances are left: the guard holds %zu that are gone or failing",
                   hold->n_now, hold->n_before, hold->n_held);
    else
        buf_printf(out,
                   "%zu instances are missing since Consul was away or went back, or we were away; "
                   "they stay until that has settled",
                   hold->n_held);
    if (hold->due_ms == GUARD_FOREVER) {
        buf_add_string(out, ", until they are released");
    } else if (hold->is_guarded) {
        buf_add_string(out, ", until ");
        add_wall_time(left_ms(hold->due_ms, now_ms), out);
        buf_add_string(out, " (");
        add_duration(hold->held_ms + left_ms(hold->due_ms, now_ms), out);
        buf_add_string(out, ") or until they are released");
    }
}

void cycle_describe_holds(const struct cycle *cycle, struct buf *out)
{
    uint64_t now = loop_now_ms(cycle->loop);
    struct belief_hold hold;
    size_t n = 0;

    for (size_t i = 0; belief_next_hold(cycle->belief, &i, now, &hold);) {
        if (n++ >= HOLDS_NAMED)
            continue;
        buf_add_string(out, "; ");
        cycle_describe_hold(&hold, now, out);
    }
    if (n > HOLDS_NAMED)
        buf_printf(out, "; and %zu more are held", n - HOLDS_NAMED);
}

void cycle_add_holds(const struct cycle *cycle, struct json_node *to)
{
    uint64_t now = loop_now_ms(cycle->loop);
    struct json_node *list = json_add_array(to, "held");
    struct belief_hold hold;

    for (size_t i = 0; belief_next_hold(cycle->belief, &i, now, &hold);) {
        struct json_node *node = json_add_object(list, NULL);
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

        cycle_describe_hold(&hold, now, &text);
        json_add_string(node, "question", hold.dep->key);
        json_add_string(node, "text", buf_slice(&text));
        json_add_integer(node, "n_held", hold.n_held);
        json_add_integer(node, "passing", hold.n_now);
        json_add_integer(node, "passing_before", hold.n_before);
        json_add_bool(node, "is_settling", hold.is_settling);
        json_add_bool(node, "is_guarded", hold.is_guarded);
        json_add_integer(node, "since_ms", hold.held_ms);
        json_add_bool(node, "is_forever", hold.due_ms == GUARD_FOREVER);
        if (hold.due_ms != GUARD_FOREVER)
            json_add_integer(node, "left_ms", left_ms(hold.due_ms, now));
    }
}
