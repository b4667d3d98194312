/* SPDX-License-Identifier: MIT */
/* What the log says of failing questions. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "duration.h"

/* Different reasons that are told at once; the rest is counted. */
#define REPORT_MAX_REASONS 5

static void tell_recoveries(struct reporter *reporter)
{
    struct duration_text longest = duration_of(reporter->longest_ms);

    if (reporter->n_recovered == 1)
        log_info("%s: answered again after %s", reporter->recovered_name, longest.text);
    else if (reporter->n_recovered > 1)
        log_info("consul: %zu questions are answered again (the longest after %s)",
                 reporter->n_recovered, longest.text);
    reporter->n_recovered = 0;
    reporter->longest_ms = 0;
}

static bool is_due(const struct trouble *trouble)
{
    return !trouble->is_told && !trouble->is_hushed;
}

/* Marks all that fail for the same reason as told; returns how many. */
static size_t mark_alike(struct reporter *reporter, const struct trouble *first)
{
    size_t n = 0;

    for (struct trouble *trouble = reporter->troubles; trouble; trouble = trouble->next) {
        if (is_due(trouble) && strcmp(trouble->reason, first->reason) == 0) {
            trouble->is_told = true;
            n++;
        }
    }
    return n;
}

static void tell_troubles(struct reporter *reporter)
{
    size_t n_reasons = 0, n_rest = 0;

    for (struct trouble *trouble = reporter->troubles; trouble; trouble = trouble->next) {
        if (!is_due(trouble))
            continue;
        if (n_reasons++ >= REPORT_MAX_REASONS) {
            trouble->is_told = true;
            n_rest++;
            continue;
        }

        size_t n = mark_alike(reporter, trouble);

        if (n == 1)
            log_warn("%s: %s", trouble->name, trouble->reason);
        else
            log_warn("consul: %zu questions fail (%s is one): %s", n, trouble->name,
                     trouble->reason);
    }
    if (n_rest > 0)
        log_warn("consul: %zu more questions fail for other reasons", n_rest);
}

static void on_timer(void *ctx)
{
    struct reporter *reporter = ctx;

    tell_recoveries(reporter);
    if (!reporter->is_quiet)
        tell_troubles(reporter);
    if (reporter->on_told)
        reporter->on_told(reporter->ctx);
}

static void tell_soon(struct reporter *reporter)
{
    if (!reporter->timer.is_running)
        timer_start_ms(&reporter->timer, reporter->delay_ms);
}

void reporter_init(struct reporter *reporter, struct loop *loop, uint64_t delay_ms, loop_fn on_told,
                   void *ctx)
{
    *reporter =
        (struct reporter){ .loop = loop, .delay_ms = delay_ms, .on_told = on_told, .ctx = ctx };
    timer_init(&reporter->timer, loop, on_timer, reporter);
}

void reporter_fini(struct reporter *reporter)
{
    timer_fini(&reporter->timer);
}

void reporter_set_quiet(struct reporter *reporter, bool is_quiet)
{
    reporter->is_quiet = is_quiet;
    for (struct trouble *trouble = reporter->troubles; trouble; trouble = trouble->next)
        trouble->is_hushed = trouble->is_hushed || is_quiet;
    tell_soon(reporter);
}

static void link_trouble(struct reporter *reporter, struct trouble *trouble)
{
    trouble->next = reporter->troubles;
    if (trouble->next)
        trouble->next->previous = trouble;
    reporter->troubles = trouble;
    reporter->n_troubles++;
}

void reporter_forget(struct reporter *reporter, struct trouble *trouble)
{
    if (!trouble->reason)
        return;
    if (trouble->next)
        trouble->next->previous = trouble->previous;
    if (trouble->previous)
        trouble->previous->next = trouble->next;
    else
        reporter->troubles = trouble->next;
    reporter->n_troubles--;
    free(trouble->reason);
    *trouble = (struct trouble){ .reason = NULL };
}

void reporter_fail(struct reporter *reporter, struct trouble *trouble, const char *name,
                   const char *reason)
{
    if (!trouble->reason) {
        link_trouble(reporter, trouble);
        trouble->name = name;
        trouble->since_ms = loop_now_ms(reporter->loop);
    }
    if (!trouble->reason || strcmp(trouble->reason, reason) != 0) {
        free(trouble->reason);
        trouble->reason = memory_copy_string(reason);
    }
    trouble->is_hushed = reporter->is_quiet;
    if (is_due(trouble))
        tell_soon(reporter);
}

void reporter_recover(struct reporter *reporter, struct trouble *trouble)
{
    if (!trouble->reason)
        return;
    if (trouble->is_told) {
        uint64_t lasted_ms = loop_now_ms(reporter->loop) - trouble->since_ms;

        snprintf(reporter->recovered_name, sizeof(reporter->recovered_name), "%s", trouble->name);
        reporter->n_recovered++;
        if (lasted_ms > reporter->longest_ms)
            reporter->longest_ms = lasted_ms;
    }
    reporter_forget(reporter, trouble);
    tell_soon(reporter);
}
